"""The one training loop of the networks: seeded, resumable, in bfloat16 where that is quick.

Owns steps, learning rate, saved states, TensorBoard logs and progress. Knows no molecule: what a
batch is and what it costs is the caller's.
"""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from retort.retrieval.errors import RetortError
from retort.tools.predictors.networks import autocast

if TYPE_CHECKING:
    import torch

SAVE_SECONDS = 120.0
"""between two saved states: what a kill can cost"""
STATE = "state.pt"

Progress = Callable[[int, int, str], None]
"""takes (steps done, steps in all, note)"""


@dataclass(frozen=True, slots=True)
class Schedule:
    """How long and how fast a network learns (AdamW; linear warm-up, then half a cosine to 0)."""

    epochs: int
    rate: float
    """highest learning rate"""
    warmup: float = 0.1
    """share of all steps"""
    weight_decay: float = 0.01
    clip: float = 1.0
    """largest norm of the gradient"""


@dataclass(frozen=True, slots=True)
class Run:
    """Where a network trains, and who watches."""

    seed: int = 0
    device: str = "auto"
    """``cpu``, ``cuda``, ``cuda:1`` ...; ``auto`` takes a GPU where there is one"""
    folder: Path | None = None
    """holds the state to resume from and the TensorBoard logs; without one there is neither"""
    progress: Progress | None = None

    def torch_device(self) -> torch.device:
        """The device that ``device`` means here.

        Raises:
            RetortError: a GPU was asked for and there is none.
        """
        import torch

        name = self.device
        if name == "auto":
            name = "cuda" if torch.cuda.is_available() else "cpu"
        if name.startswith("cuda") and not torch.cuda.is_available():
            raise RetortError(
                f"Cannot train on {name}.",
                "PyTorch finds no CUDA device here.",
                "Leave --device out, or say --device cpu.",
            )
        return torch.device(name)


def train(
    model: torch.nn.Module,
    order: Callable[[int], Sequence[Any]],
    loss: Callable[[Any, np.random.Generator], torch.Tensor],
    schedule: Schedule,
    run: Run,
    groups: Sequence[dict[str, Any]] | None = None,
) -> None:
    """Train a model in place; a run that was stopped goes on from its last saved state.

    Args:
        model: on the run's device already.
        order: the batches of an epoch, each in whatever form ``loss`` takes; the same for the same
            epoch, and equally many in every epoch.
        loss: the loss of one batch, computed under ``autocast``; the generator is seeded by the
            step, so that a resumed run draws what the unbroken one would have.
        schedule: steps and rates.
        run: device, seed, folder, progress.
        groups: parameter groups for AdamW with their ``rate`` as a share of the schedule's; all
            parameters at 1 if None.

    Raises:
        RetortError: the folder holds the state of another run, or the loss became infinite.
    """
    import torch

    device = run.torch_device()
    torch.manual_seed(run.seed)
    groups = groups or [{"params": list(model.parameters()), "rate": 1.0}]
    optimiser = torch.optim.AdamW(
        [{"params": group["params"], "share": group["rate"]} for group in groups],
        lr=schedule.rate,
        weight_decay=schedule.weight_decay,
    )
    length = len(order(0))
    total = length * schedule.epochs
    done = _resume(model, optimiser, schedule, run, total)
    log = _writer(run)
    saved = shown = time.monotonic()
    mean = float("nan")
    model.train()
    for step in range(done, total):
        epoch, within = divmod(step, length)
        if within == 0 or step == done:
            batches = order(epoch)
        rate = schedule.rate * _factor(step, total, schedule.warmup)
        for group in optimiser.param_groups:
            group["lr"] = rate * group["share"]
        torch.manual_seed(run.seed * 1_000_003 + step)
        with autocast(device):
            cost = loss(batches[within], np.random.default_rng((run.seed, step)))
        optimiser.zero_grad(set_to_none=True)
        cost.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), schedule.clip)
        optimiser.step()
        now, last = time.monotonic(), step + 1 == total
        if now - shown > 1.0 or last:
            value = float(cost.detach())
            if not math.isfinite(value):
                why = f"The loss became {value} at step {step + 1:,}."
                raise RetortError("The training failed.", why, "Use a lower learning rate.")
            mean = value if math.isnan(mean) else 0.9 * mean + 0.1 * value
            shown = now
            if log:
                log.add_scalar("loss", value, step + 1)
                log.add_scalar("rate", rate, step + 1)
            if run.progress:
                run.progress(step + 1, total, f"epoch {epoch + 1}, loss {mean:.4f}")
        if now - saved > SAVE_SECONDS or last:
            _save(model, optimiser, schedule, run, step + 1, total)
            saved = now
    if log:
        log.close()
    model.eval()


def _factor(step: int, total: int, warmup: float) -> float:
    """Share of the highest learning rate at a step."""
    rising = max(1, int(total * warmup))
    if step < rising:
        return (step + 1) / rising
    return 0.5 * (1 + math.cos(math.pi * (step - rising) / max(1, total - rising)))


def _identity(schedule: Schedule, run: Run, total: int) -> str:
    return json.dumps({"schedule": asdict(schedule), "seed": run.seed, "steps": total})


def _save(
    model: torch.nn.Module,
    optimiser: torch.optim.Optimizer,
    schedule: Schedule,
    run: Run,
    step: int,
    total: int,
) -> None:
    """Write the state beside the old one, then put it in its place."""
    import torch

    if not run.folder:
        return
    run.folder.mkdir(parents=True, exist_ok=True)
    state = {
        "identity": _identity(schedule, run, total),
        "step": step,
        "model": model.state_dict(),
        "optimiser": optimiser.state_dict() if step < total else None,
    }
    fresh = run.folder / (STATE + ".new")
    torch.save(state, fresh)
    os.replace(fresh, run.folder / STATE)


def _resume(
    model: torch.nn.Module,
    optimiser: torch.optim.Optimizer,
    schedule: Schedule,
    run: Run,
    total: int,
) -> int:
    """Load the saved state; the number of steps that are done."""
    import torch

    path = run.folder / STATE if run.folder else None
    if path is None or not path.is_file():
        return 0
    state = torch.load(path, map_location=run.torch_device(), weights_only=True)
    if state["identity"] != _identity(schedule, run, total):
        raise RetortError(
            f"Cannot go on from {path}.",
            "It was saved by a run with another schedule, seed or data.",
            f"Remove {path.parent} to begin anew, or give another folder.",
        )
    model.load_state_dict(state["model"])
    if state["optimiser"] is not None:
        optimiser.load_state_dict(state["optimiser"])
    return int(state["step"])


def _writer(run: Run) -> Any:
    """A TensorBoard writer, or None without a folder or without TensorBoard."""
    if not run.folder:
        return None
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        return None
    return SummaryWriter(str(run.folder))
