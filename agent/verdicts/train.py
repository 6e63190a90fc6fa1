"""Trains the head of the support verdict, and measures it on claims that it never saw.

    python -m retort.agent.verdicts.train [--data ../shared/data] [--held-back 0 1] [--epochs 2]

Folds of SciFact's training claims share no document. Two are held back and only measured; one sets
the calibration; the rest, BioASQ and abstracts that no claim cites are learnt from. Some 20 minutes
on two cores.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from retort.agent.verdicts import pairs
from retort.agent.verdicts.head import WEIGHTS, tokenizer
from retort.agent.verdicts.labels import LABELS
from retort.agent.verdicts.measures import Measured, measured
from retort.agent.verdicts.pairs import Case, Pair
from retort.agent.verdicts.signs import signs
from retort.retrieval import minilm
from retort.retrieval.encode import Encoder, load_encoder
from retort.tools.predictors.networks import autocast
from retort.tools.predictors.training import loop
from retort.tools.predictors.training.loop import Run, Schedule

if TYPE_CHECKING:
    import torch

    from retort.agent.verdicts.head import Tokenizer
    from retort.agent.verdicts.network import Network

BATCH = 32
RATE = 1.5e-3
ADAPTER_RATE = 0.8
"""learning rate of the updates as a share of the head's"""
ABSTRACTS = 500
SMOOTHING = 0.05
"""of the labels: rules and annotators err"""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Read:
    """A pair as the upper layers take it."""

    states: torch.Tensor
    """(length, 384) from the frozen layers, bfloat16"""
    types: torch.Tensor
    """(length,)"""
    seen: torch.Tensor
    """(len(SIGNS),) what the rules see"""
    label: int


def read(network: Network, tokens: Tokenizer, examples: Sequence[Pair]) -> list[Read]:
    """The frozen layers' states of each pair, computed once."""
    import torch

    found: list[Read | None] = [None] * len(examples)
    order = sorted(range(len(examples)), key=lambda n: len(examples[n].evidence))
    for start in range(0, len(order), BATCH):
        batch = order[start : start + BATCH]
        ids, types, mask = tokens([(examples[n].statement, examples[n].evidence) for n in batch])
        with autocast(ids.device):
            states = network.lower(ids, types, mask).to(torch.bfloat16)
        for row, n in enumerate(batch):
            length = int(mask[row].sum())
            label = LABELS.index(examples[n].label)
            seen = torch.from_numpy(signs(examples[n].statement, examples[n].evidence))
            found[n] = Read(states[row, :length].clone(), types[row, :length].clone(), seen, label)
    return [item for item in found if item is not None]


def stack(batch: Sequence[Read]) -> tuple[torch.Tensor, ...]:
    """States, types, mask and signs of some pairs, padded to the longest."""
    import torch
    from torch.nn.utils.rnn import pad_sequence

    states = pad_sequence([item.states for item in batch], batch_first=True).float()
    types = pad_sequence([item.types for item in batch], batch_first=True)
    ones = [torch.ones_like(item.types) for item in batch]
    seen = torch.stack([item.seen for item in batch])
    return states, types, pad_sequence(ones, batch_first=True), seen


def fit(network: Network, examples: Sequence[Read], epochs: int, run: Run) -> None:
    """Learn the updates and the head, in place."""
    import torch
    from torch.nn import functional as F

    lengths = np.array([len(item.types) for item in examples])

    def order(epoch: int) -> list[NDArray[np.int64]]:
        rng = np.random.default_rng((run.seed, epoch))
        by_length = np.argsort(lengths + rng.uniform(0, 16, len(lengths)))
        batches = [by_length[at : at + BATCH] for at in range(0, len(by_length), BATCH)]
        return [batches[place] for place in rng.permutation(len(batches))]

    def loss(chosen: NDArray[np.int64], rng: np.random.Generator) -> torch.Tensor:
        batch = [examples[place] for place in chosen]
        labels = torch.tensor([item.label for item in batch])
        logits = network.upper(*stack(batch))
        return F.cross_entropy(logits.float(), labels, label_smoothing=SMOOTHING)

    updates = [*network.down.values(), *network.up.values()]
    head = [*network.hidden.parameters(), *network.out.parameters()]
    groups = [{"params": head, "rate": 1.0}, {"params": updates, "rate": ADAPTER_RATE}]
    loop.train(network, order, loss, Schedule(epochs=epochs, rate=RATE), run, groups)


def calibrate(network: Network, learnt: Sequence[Pair], setting: Sequence[Read]) -> None:
    """Fit the rules' opinion, then how much it and the network's count, in place.

    Args:
        network: that has learnt.
        learnt: cases as they are judged, of the folds that it learnt from: the rules' nine weights
            for each label are a logistic regression on them.
        setting: cases of a fold that nothing has seen yet: two shares and an offset for each label
            are fitted on them (a log-linear pool, Genest and Zidek 1986; with the rules' share at 0
            this is the temperature of Guo et al. 2017).
    """
    import torch
    from torch.nn import functional as F

    seen = torch.from_numpy(np.stack([signs(pair.statement, pair.evidence) for pair in learnt]))
    wanted = torch.tensor([LABELS.index(pair.label) for pair in learnt])
    rules = network.rules
    parts = [rules.weight, rules.bias]
    _minimise(
        parts, lambda: F.cross_entropy(rules(seen), wanted) + 1e-3 * rules.weight.square().sum()
    )
    raw = raw_logits(network, setting)
    held = torch.stack([item.seen for item in setting])
    labels = torch.tensor([item.label for item in setting])
    shares, offset = network.shares, network.offset

    def cost() -> torch.Tensor:
        pull = 0.01 * (shares - 0.5).square().sum() + 0.01 * offset.square().sum()
        return F.cross_entropy(network.pooled(raw, held), labels) + pull

    _minimise([shares, offset], cost)


def _minimise(parts: Sequence[torch.Tensor], cost: Callable[[], torch.Tensor]) -> None:
    """Full-batch L-BFGS on a few parameters, in place; they are fixed again afterwards."""
    import torch

    for part in parts:
        part.requires_grad_(True)
    optimiser = torch.optim.LBFGS(parts, max_iter=200, line_search_fn="strong_wolfe")

    def closure() -> float:
        optimiser.zero_grad()
        value = cost()
        value.backward()  # type: ignore[no-untyped-call]
        return float(value.detach())

    optimiser.step(closure)  # type: ignore[no-untyped-call]
    for part in parts:
        part.requires_grad_(False)


def raw_logits(network: Network, examples: Sequence[Read]) -> torch.Tensor:
    """(n, 3) of the network alone, for pairs that were read."""
    import torch

    with torch.no_grad():
        rows = [
            network.upper(*stack(examples[start : start + BATCH]))
            for start in range(0, len(examples), BATCH)
        ]
    return torch.cat(rows)


def pooled_logits(network: Network, examples: Sequence[Read]) -> Floats:
    """(n, 3) as they are judged, for pairs that were read."""
    import torch

    seen = torch.stack([item.seen for item in examples])
    with torch.no_grad():
        found: Floats = network.pooled(raw_logits(network, examples), seen).double().numpy()
    return found


def material(
    folder: Path,
    cases: Sequence[Case],
    learnt: Sequence[Case],
    encoder: Encoder,
    rng: random.Random,
) -> list[Pair]:
    """All that is learnt from; no document of a claim that is not learnt stands in it."""
    banned = {pairs.normal(text) for case in cases for text in case.sentences}
    cited = {case.doc_id for case in cases}
    return [
        *pairs.annotated(learnt, encoder, rng),
        *pairs.questions(folder / "bioasq", banned, rng),
        *pairs.abstracts(folder / "scifact", cited, ABSTRACTS, rng),
    ]


def as_judged(cases: Sequence[Case], encoder: Encoder) -> list[Pair]:
    """The cases as they are judged: the gold abstract given, its sentences chosen by us."""
    return [
        Pair(case.claim, pairs.shown(case.claim, case.sentences, encoder), case.label)
        for case in cases
    ]


def train(
    folder: Path, held_back: Sequence[int], epochs: int, run: Run, encoder: Encoder
) -> tuple[Network, dict[str, str], Measured]:
    """Train, calibrate, measure.

    Args:
        folder: of the literature data; holds ``scifact`` and ``bioasq``.
        held_back: folds that are measured only.
        epochs: passes over what is learnt.
        run: seed and progress.
        encoder: chooses the sentences.

    Returns:
        The network, the metadata of its file, and what was measured on the folds held back.
    """
    import torch

    from retort.agent.verdicts.network import Network

    at = minilm.folder()
    torch.manual_seed(run.seed)
    network = Network(minilm.weights(at))
    tokens = tokenizer(at)
    cases = pairs.read_cases(folder / "scifact")
    unseen = (*held_back, setting_fold(held_back))
    learnt = [case for case in cases if case.fold not in unseen]
    made = material(folder, cases, learnt, encoder, random.Random(run.seed))
    states = read(network, tokens, made)
    fit(network, states, epochs, run)

    return network, *measure(network, tokens, cases, held_back, encoder)


def measure(
    network: Network,
    tokens: Tokenizer,
    cases: Sequence[Case],
    held_back: Sequence[int],
    encoder: Encoder,
) -> tuple[dict[str, str], Measured]:
    """Calibrate a network that has learnt, and measure it: metadata of its file, and figures."""
    setting = setting_fold(held_back)

    def of(folds: Sequence[int]) -> list[Pair]:
        return as_judged([case for case in cases if case.fold in folds], encoder)

    learnt = [fold for fold in range(pairs.FOLDS) if fold not in (*held_back, setting)]
    calibrate(network, of(learnt), read(network, tokens, of([setting])))
    rows = read(network, tokens, of(held_back))
    metadata = {
        "held_back": ",".join(map(str, held_back)),
        "labels": ",".join(LABELS),
        "encoder": minilm.SHA256,
    }
    labels = np.array([row.label for row in rows])
    return metadata, measured(pooled_logits(network, rows), labels)


def setting_fold(held_back: Sequence[int]) -> int:
    """The fold that calibration is set on."""
    return (max(held_back) + 1) % pairs.FOLDS


def main() -> None:
    """Train, write the weights, print what was measured."""
    from safetensors.torch import save_file

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--held-back", type=int, nargs="+", default=[0, 1])
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, default=WEIGHTS)
    chosen = parser.parse_args()

    def progress(done: int, total: int, note: str) -> None:
        print(f"\r{done}/{total} {note}", end="", file=sys.stderr, flush=True)

    run = Run(seed=chosen.seed, device="cpu", progress=progress)
    network, metadata, found = train(
        chosen.data / "literature", chosen.held_back, chosen.epochs, run, load_encoder()
    )
    save_file(network.arrays(), chosen.output, metadata=metadata)
    report: dict[str, Any] = found.as_dict()
    print(json.dumps(report | metadata, indent=1))


if __name__ == "__main__":
    main()
