"""Pretraining of the SMILES encoder: masked tokens and regression onto descriptors, together.

Half of the molecules of a batch have 30 % of their tokens masked, to be told again (more than the
usual 15 % helps: MolEncoder 2025); all of them give the state that the descriptors are regressed
from (ChemBERTa-2, arXiv 2209.01712). Half are spelt at random. Owns this objective and the files
it leaves; knows no endpoint.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from retort.retrieval.errors import RetortError
from retort.tools.predictors.networks import autocast
from retort.tools.predictors.smiles import tokens
from retort.tools.predictors.smiles.network import Encoder, readout
from retort.tools.predictors.training.corpus import Corpus
from retort.tools.predictors.training.loop import Run, Schedule, train
from retort.tools.predictors.training.sequences import Ints, Sequences, batches

ENCODER_FILE = "encoder.safetensors"
SHIPPED = Path(tokens.__file__).parent / ENCODER_FILE
"""the encoder that comes with the package"""
MASKED = 0.3
"""share of the tokens of a masked molecule"""
MASKED_ROWS = 0.5
RESPELT = 0.5
HELD_BACK = 0.02
"""share of the corpus that only validates"""
FEWEST_HELD_BACK = 10
REGRESSION_WEIGHT = 5.0
"""brings both losses to about one size"""
IGNORED = -100


@dataclass(frozen=True, slots=True)
class Settings:
    """What an encoder is and how it is pretrained."""

    width: int = 256
    depth: int = 4
    batch: int = 64
    schedule: Schedule = field(default_factory=lambda: Schedule(epochs=4, rate=8e-4, warmup=0.05))


@dataclass(frozen=True, slots=True)
class Losses:
    """Means over the molecules that were held back."""

    tokens: float
    """cross entropy of a masked token, in nats"""
    accuracy: float
    """share of masked tokens told right"""
    descriptors: float
    """R2 of the descriptors, the median over them"""

    def __str__(self) -> str:
        return (
            f"masked tokens {self.tokens:.3f} nats, {self.accuracy:.1%} right; "
            f"descriptors R2 {self.descriptors:.3f}"
        )


class Pretrainer(nn.Module):
    """An encoder with the two heads of pretraining."""

    def __init__(self, settings: Settings, targets: int) -> None:
        super().__init__()
        vocabulary = len(tokens.shipped().tokens)
        self.encoder = Encoder(vocabulary, settings.width, settings.depth)
        self.tell = nn.Linear(settings.width, vocabulary)
        self.tell.weight = self.encoder.embedding.weight
        self.regress = nn.Sequential(
            nn.Linear(2 * settings.width, 2 * settings.width),
            nn.ReLU(),
            nn.Linear(2 * settings.width, targets),
        )

    def forward(self, numbers: Tensor, hidden: Tensor) -> tuple[Tensor, Tensor]:
        """Token scores (m, v) where ``hidden`` (b, l) is true, and descriptors (b, d)."""
        states = self.encoder(numbers)
        return self.tell(states[hidden]), self.regress(readout(states, numbers))


def mask(numbers: Ints, rng: np.random.Generator, rows: float) -> tuple[Ints, NDArray[np.bool_]]:
    """Hide tokens.

    Args:
        numbers: (b, l) token numbers.
        rng: draws rows and tokens.
        rows: share of the rows that are masked at all.

    Returns:
        The numbers with ``<mask>`` in the hidden places, and where these are.
    """
    chosen = rng.random(len(numbers))[:, None] < rows
    hidden = chosen & (rng.random(numbers.shape) < MASKED) & (numbers > tokens.UNKNOWN)
    return np.where(hidden, tokens.MASK, numbers), hidden


def pretrain(corpus: Corpus, settings: Settings, run: Run) -> tuple[Encoder, Losses]:
    """Pretrain an encoder; with a folder in ``run``, go on where an earlier run was stopped.

    Returns:
        The encoder and its losses on the molecules that were held back. With a folder, the encoder
        is also written there (``ENCODER_FILE``).

    Raises:
        RetortError: the folder holds another run.
    """
    device = run.torch_device()
    torch.manual_seed(run.seed)
    model = Pretrainer(settings, len(corpus.names)).to(device)
    sequences = Sequences.of(corpus.smiles)
    lengths = sequences.lengths()
    kept = len(corpus.smiles) - max(FEWEST_HELD_BACK, int(len(corpus.smiles) * HELD_BACK))
    learnt, held_back = np.arange(kept), np.arange(kept, len(corpus.smiles))

    def loss(rows: Ints, rng: np.random.Generator) -> Tensor:
        seen = sequences.batch(rows, rng, RESPELT)
        numbers, hidden = mask(seen, rng, MASKED_ROWS)
        scores, values = model(*_tensors(device, numbers, hidden))
        truth, targets = _tensors(device, seen[hidden], np.asarray(corpus.targets[rows]))
        told = functional.cross_entropy(scores.float(), truth) if hidden.any() else 0.0
        return told + REGRESSION_WEIGHT * functional.smooth_l1_loss(values.float(), targets.float())

    def order(epoch: int) -> list[Ints]:
        return batches(learnt, lengths, settings.batch, run.seed, epoch)

    train(model, order, loss, settings.schedule, run)
    losses = validate(model, corpus, sequences, held_back, run)
    encoder = Encoder.from_arrays(model.encoder.arrays())
    if run.folder:
        save(encoder, run.folder, _card(corpus, settings, run, losses))
    return encoder, losses


@torch.no_grad()
def validate(
    model: Pretrainer, corpus: Corpus, sequences: Sequences, rows: Ints, run: Run
) -> Losses:
    """The losses on some rows of the corpus, spelt canonically; tokens masked in all of them."""
    device = run.torch_device()
    rng = np.random.default_rng(run.seed)
    told: list[tuple[float, int, int]] = []
    predicted: list[NDArray[np.float32]] = []
    model.eval()
    for start in range(0, len(rows), 256):
        seen = sequences.batch(rows[start : start + 256], rng)
        numbers, hidden = mask(seen, rng, rows=1.0)
        with autocast(device):
            scores, _ = model(*_tensors(device, numbers, hidden))
            _, values = model(*_tensors(device, seen, np.zeros_like(hidden)))
        (truth,) = _tensors(device, seen[hidden])
        cost = float(functional.cross_entropy(scores.float(), truth, reduction="sum"))
        told.append((cost, int((scores.argmax(1) == truth).sum()), len(truth)))
        predicted.append(values.float().cpu().numpy())
    cost, right, count = (sum(column) for column in zip(*told, strict=True))
    targets = np.asarray(corpus.targets[rows], dtype=np.float32)
    residual = ((np.concatenate(predicted) - targets) ** 2).sum(0)
    spread = ((targets - targets.mean(0)) ** 2).sum(0)
    r2 = 1 - residual[spread > 0] / spread[spread > 0]
    return Losses(cost / max(count, 1), right / max(count, 1), float(np.median(r2)))


def _tensors(device: torch.device, *arrays: NDArray[Any]) -> list[Tensor]:
    return [torch.from_numpy(array).to(device) for array in arrays]


def _card(corpus: Corpus, settings: Settings, run: Run, losses: Losses) -> dict[str, Any]:
    return {
        "molecules": len(corpus.smiles),
        "descriptors": list(corpus.names),
        "settings": asdict(settings),
        "seed": run.seed,
        "held_back": asdict(losses),
    }


def save(encoder: Encoder, folder: Path, card: dict[str, Any]) -> None:
    """Write an encoder and, beside it as JSON, what it was made of."""
    from safetensors.numpy import save_file

    folder.mkdir(parents=True, exist_ok=True)
    path = folder / ENCODER_FILE
    save_file(encoder.arrays(), path)
    card = {"sha256": hashlib.sha256(path.read_bytes()).hexdigest(), **card}
    path.with_suffix(".json").write_text(json.dumps(card, indent=1), encoding="utf-8")


def load(path: Path) -> Encoder:
    """The encoder of a file, or of the ``ENCODER_FILE`` in a folder.

    Raises:
        RetortError: there is none, or it is no encoder of this vocabulary.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    file = path / ENCODER_FILE if path.is_dir() else path
    try:
        return Encoder.from_arrays(load_file(file))
    except (OSError, SafetensorError) as error:
        why = f"{error}."
        raise RetortError(f"Cannot read an encoder from {file}.", why, "Pretrain one.") from error
