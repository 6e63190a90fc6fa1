"""``retort models``: language models that fit, what of them is here, and what ``auto`` takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from retort.agent.settings import Settings
from retort.ui import terminal
from retort.ui.options import JSON

if TYPE_CHECKING:
    from retort.agent.models.catalogue import Cached, Model, Size
    from retort.agent.models.memory import Memory


def models(json: JSON = False) -> None:
    """List language models: what each needs, whether it fits, what is here, what auto takes.

    No network is used.
    """
    from retort.agent.models import catalogue, select
    from retort.agent.models import memory as machine
    from retort.agent.models.memory import CONTEXT_KEPT

    settings = Settings.from_environment()
    on_disk = {each.name: each for each in catalogue.cached()}
    choice = select.choose(settings.quantisation)
    memory = machine.gpu_memory()
    known = [
        _row(model, settings.quantisation, memory, on_disk.pop(model.name, None))
        for model in catalogue.MODELS
    ]
    others = [
        {"name": each.name, "gib_on_disk": round(each.gib, 1), "state": _state(each)}
        for each in on_disk.values()
    ]
    if json:
        terminal.emit(
            {
                "model": settings.model,
                "quantisation": settings.quantisation,
                "auto": {"model": choice.spec, "why": choice.why},
                "gpu": memory and {"free_gib": memory.free_gib, "total_gib": memory.total_gib},
                "context_counted": CONTEXT_KEPT,
                "known": known,
                "on_disk": others,
                "sizes": [_size(each) for each in catalogue.sizes()],
            }
        )
        return
    print(f"RETORT_MODEL  {settings.model}\nauto          {choice.spec} ({choice.why})")
    print(f"GPU           {memory.told() if memory else 'none'}\n")
    header = ("model", "weights", "needs", "fits the GPU", "here", "licence")
    keys = ("name", "weights", "needs_gib", "fits", "state", "licence")
    print(terminal.table([[_cell(each[key]) for key in keys] for each in known], header))
    if others:
        print("\nAlso on disk")
    for each in others:
        print(f"  {each['name']}  {each['gib_on_disk']} GiB, {each['state']}")
    print("\nWhat auto takes, by free GPU memory, with the context that fits")
    print(terminal.table(_sizes(), ("memory", "16 bits", "8bit", "4bit")))
    least = catalogue.FOR_AUTO[-1]
    served = next(each for each in reversed(catalogue.MODELS) if each.is_awq)
    terminal.say(
        f"\nneeds:  GiB, an estimate, with {CONTEXT_KEPT:,} tokens of context\n"
        f"fetch:  {least.fetch()}\n"
        f'use:    retort ask {least.use()} "..."\n'
        "4-bit:  RETORT_QUANTISATION=4bit (or 8bit), after pip install 'bitsandbytes>=0.49'\n"
        f"AWQ:    {served.use()}\n"
        "server: --model http://127.0.0.1:PORT/v1#NAME for any that runs already"
    )


def _row(
    model: Model, quantisation: str, memory: Memory | None, found: Cached | None
) -> dict[str, Any]:
    """One known model on the wire."""
    held = "" if model.is_awq else quantisation
    needs_gib = model.need(held).gib
    return {
        "name": model.name,
        "parameters_b": round(model.shape.parameters / 1e9, 2),
        "weights": held or model.weights,
        "context": model.shape.context,
        "needs_gib": round(needs_gib, 1),
        "fits": memory is not None and needs_gib <= memory.free_gib,
        "licence": model.licence,
        "state": _state(found),
        "fetch": model.fetch(),
        "use": model.use(),
    }


def _cell(value: Any) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def _size(row: Size) -> dict[str, Any]:
    """One row of the size table on the wire."""
    return {
        "free_gib": row.free_gib,
        "quantisation": row.quantisation,
        "model": row.model and row.model.name,
        "context": row.context,
    }


def _sizes() -> list[list[str]]:
    """The size table as a terminal shows it: a line for each memory."""
    from retort.agent.models import catalogue

    lines: dict[float, list[str]] = {}
    for row in catalogue.sizes():
        name = row.model.name.split("/")[1] if row.model else "embedded"
        held = f"{name}, {row.context:,}" if row.model else name
        lines.setdefault(row.free_gib, [f"{row.free_gib:g} GiB"]).append(held)
    return list(lines.values())


def _state(found: Cached | None) -> str:
    if found is None:
        return "no"
    return "yes" if found.is_whole else "in part"
