"""``retort models``: language models that fit, what of them is here, and what ``auto`` takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from retort.agent.settings import Settings
from retort.ui import terminal
from retort.ui.options import JSON

if TYPE_CHECKING:
    from retort.agent.models.catalogue import Cached, Model


def models(json: JSON = False) -> None:
    """List language models by the memory they need, which are on disk, and what auto would take.

    No network is used.
    """
    from retort.agent.models import catalogue, select

    settings = Settings.from_environment()
    on_disk = {each.name: each for each in catalogue.cached()}
    choice = select.choose()
    memory = select.gpu_memory()
    known = [_row(model, on_disk.pop(model.name, None)) for model in catalogue.MODELS]
    others = [
        {"name": each.name, "gib_on_disk": round(each.gib, 1), "state": _state(each)}
        for each in on_disk.values()
    ]
    if json:
        terminal.emit(
            {
                "model": settings.model,
                "auto": {"model": choice.spec, "why": choice.why},
                "gpu": memory and {"free_gib": memory.free_gib, "total_gib": memory.total_gib},
                "context_counted": catalogue.CONTEXT_KEPT,
                "known": known,
                "on_disk": others,
            }
        )
        return
    print(f"RETORT_MODEL  {settings.model}\nauto          {choice.spec} ({choice.why})")
    print(f"GPU           {memory.told() if memory else 'none'}\n")
    header = ("model", "parameters", "weights", "context", "memory", "licence", "here")
    rows = [
        (
            each["name"],
            f"{each['parameters_b']:g} billion",
            each["weights"],
            f"{each['context']:,}",
            f"{each['needs_gib']:.0f} GiB",
            each["licence"],
            each["state"],
        )
        for each in known
    ]
    print(terminal.table(rows, header))
    if others:
        print("\nAlso on disk")
    for each in others:
        print(f"  {each['name']}  {each['gib_on_disk']} GiB, {each['state']}")
    least = catalogue.FOR_AUTO[-1]
    served = next(each for each in reversed(catalogue.MODELS) if not each.is_plain)
    terminal.say(
        f"\nmemory: an estimate, with {catalogue.CONTEXT_KEPT:,} tokens of context\n"
        f"fetch:  {least.fetch()}\n"
        f'use:    retort ask {least.use()} "..."\n'
        f"4-bit:  {served.use()}\n"
        "server: --model http://127.0.0.1:PORT/v1#NAME for any that runs already"
    )


def _row(model: Model, found: Cached | None) -> dict[str, Any]:
    """One known model on the wire."""
    return {
        "name": model.name,
        "parameters_b": model.parameters_b,
        "weights": model.weights,
        "context": model.context,
        "needs_gib": round(model.needs_gib, 1),
        "licence": model.licence,
        "state": _state(found),
        "fetch": model.fetch(),
        "use": model.use(),
    }


def _state(found: Cached | None) -> str:
    if found is None:
        return "no"
    return "yes" if found.is_whole else "in part"
