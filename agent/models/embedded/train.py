"""Train the intent classifier: ``python -m retort.agent.models.embedded.train``.

Reads weights/phrasings.tsv, fills its patterns, holds out whole families of phrasings to choose the
thresholds, then fits on everything and writes weights/planner.safetensors. Prints what it measured.
Takes a few minutes on one core.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from retort.agent.models.embedded.classifier import (
    FLAGS,
    INTENTS,
    WEIGHTS,
    Array,
    IntentClassifier,
    SentenceEncoder,
    features,
)
from retort.agent.models.embedded.entities import find_entities
from retort.agent.models.embedded.gazetteer import Gazetteer
from retort.agent.models.embedded.phrasings import Phrasing, read_fillings, read_phrasings


@dataclass(frozen=True, slots=True)
class Example:
    """One question with its intents; families of both halves where it was joined from two."""

    families: tuple[str, ...]
    intents: frozenset[str]
    text: str


def fill(pattern: str, rng: random.Random) -> str:
    """One question from a pattern: alternatives chosen, slots filled, innermost first."""
    while True:
        slot = re.search(r"\{(\w+)\}", pattern)
        if choice := re.search(r"\(([^()]*\|[^()]*)\)", pattern):
            chosen = rng.choice(choice.group(1).split("|"))
            pattern = pattern[: choice.start()] + chosen + pattern[choice.end() :]
        elif slot:
            chosen = rng.choice(read_fillings()[slot.group(1).rstrip("23")])
            pattern = pattern[: slot.start()] + chosen + pattern[slot.end() :]
        else:
            return " ".join(pattern.split())


def examples(phrasings: Sequence[Phrasing], seed: int = 0, per_pattern: int = 10) -> list[Example]:
    """Questions from the phrasings: filled, some of them mistyped, and some joined."""
    rng = random.Random(seed)
    found: dict[str, Example] = {}
    for phrasing in phrasings:
        for _ in range(per_pattern):
            text = _roughen(fill(phrasing.pattern, rng), rng)
            found[text] = Example((phrasing.family,), frozenset(phrasing.intents), text)
    askable = [
        p for p in phrasings if "out_of_scope" not in p.intents and "{claim}" not in p.pattern
    ]
    first = [p for p in askable if "{drug}" in p.pattern]
    later = [p for p in askable if "fup" in p.family] * 2 + first
    for _ in range(4 * len(phrasings)):
        one, two = rng.choice(first), rng.choice(later)
        if set(one.intents) & set(two.intents) or len(one.intents) + len(two.intents) > 3:
            continue
        joint = rng.choice((", and ", " and ", "? ", ". ", "; "))
        text = fill(one.pattern, rng).rstrip("?. ") + joint + fill(two.pattern, rng)
        text = re.sub(r"\band and\b", "and", text)
        found[text] = Example((one.family, two.family), frozenset(one.intents + two.intents), text)
    return list(found.values())


def _roughen(text: str, rng: random.Random) -> str:
    """Sometimes what people type: no capital, no question mark, two letters swapped."""
    if rng.random() < 0.3:
        text = text[:1].lower() + text[1:]
    if rng.random() < 0.3:
        text = text.rstrip("?")
    if rng.random() < 0.15 and not re.search(r"[=#\[\]]|c1", text):
        text = text.lower()
    if rng.random() < 0.1 and len(text.split()) > 5:
        text = " ".join(
            word for word in text.split() if word not in ("the", "a", "an", "is", "does")
        )
    if rng.random() < 0.12:
        words = [
            m
            for m in re.finditer(r"\b[a-z]{5,}\b", text)
            if m.group() not in read_fillings()["drug"]
        ]
        if words:
            at = rng.choice(words).start() + rng.randint(1, 3)
            text = text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    return text


def fit(x: Array, y: Array, steps: int = 600, decay: float = 2e-4) -> tuple[Array, Array]:
    """Logistic regressions by full-batch Adam.

    Args:
        x: (n, d) float32 features.
        y: (n, k) float32 of 0 and 1.
        steps: of the optimiser.
        decay: L2 on the weights.

    Returns:
        Weights (k, d) and bias (k,).
    """
    n, d = x.shape
    balance = np.clip((n - y.sum(0)) / np.maximum(y.sum(0), 1), 1, 6) ** 0.5
    theta = np.zeros((y.shape[1], d + 1))
    inputs = np.hstack([x, np.ones((n, 1), dtype=np.float32)])
    mean, square = np.zeros_like(theta), np.zeros_like(theta)
    for step in range(1, steps + 1):
        p = 1 / (1 + np.exp(-inputs @ theta.T))
        cost = (p - y) * np.where(y > 0, balance, 1.0)
        gradient = cost.T @ inputs / n
        gradient[:, :-1] += decay * theta[:, :-1]
        mean = 0.9 * mean + 0.1 * gradient
        square = 0.999 * square + 0.001 * gradient**2
        rate = 0.25 * (1 - step / (steps + 1))
        theta -= rate * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.999**step)) + 1e-8)
    return theta[:, :-1].astype(np.float32), theta[:, -1].astype(np.float32)


def choose_thresholds(p: Array, y: Array) -> Array:
    """(k,) thresholds: the middle of the range that gives the best F1 of each intent."""
    grid = np.arange(0.10, 0.91, 0.02)
    chosen = []
    for k in range(y.shape[1]):
        f1 = np.array([_f1(p[:, k] >= t, y[:, k] > 0) for t in grid])
        chosen.append(float(np.median(grid[f1 >= f1.max() - 1e-9])))
    return np.array(chosen, dtype=np.float32)


def _f1(said: np.ndarray, true: np.ndarray) -> float:
    hits = float((said & true).sum())
    return 2 * hits / max(1.0, float(said.sum() + true.sum()))


def train(encoder: SentenceEncoder, seed: int = 0) -> tuple[IntentClassifier, dict[str, object]]:
    """Thresholds from held-out families, weights from all; and what was measured."""
    rows = examples(read_phrasings(), seed)
    gazetteer = Gazetteer.of({name: name for name in read_fillings()["drug"]})
    x = features([find_entities(row.text, gazetteer) for row in rows], encoder)
    y = np.array([[i in row.intents for i in INTENTS] for row in rows], dtype=np.float32)
    families = sorted({family for row in rows for family in row.families})
    order = np.random.default_rng(seed).permutation(len(families))
    p = np.full_like(y, np.nan)
    for fold in range(5):
        out = {families[i] for i in order[fold::5]}
        single = np.array([len(row.families) == 1 for row in rows])
        held = np.array([any(family in out for family in row.families) for row in rows])
        scored = np.array([all(family in out for family in row.families) for row in rows])
        weights, bias = fit(x[~held], y[~held])
        fold_p = IntentClassifier(weights, bias, np.ones(len(INTENTS), np.float32)).probabilities(x)
        p[scored & (single | np.isnan(p[:, 0]))] = fold_p[scored & (single | np.isnan(p[:, 0]))]
    seen = ~np.isnan(p[:, 0])
    thresholds = choose_thresholds(p[seen], y[seen])
    said, true = p[seen] >= thresholds, y[seen] > 0
    report = {
        "examples": len(rows),
        "families": len(families),
        "scored": int(seen.sum()),
        "exact": round(float((said == true).all(1).mean()), 4),
        "f1": {name: round(_f1(said[:, k], true[:, k]), 3) for k, name in enumerate(INTENTS)},
        "thresholds": {
            name: round(float(t), 2) for name, t in zip(INTENTS, thresholds, strict=True)
        },
    }
    weights, bias = fit(x, y)
    return IntentClassifier(weights, bias, thresholds), report


def main() -> None:
    """Train with the named encoder and write the weights."""
    from retort.retrieval.encode import load_encoder

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--encoder", default="bundled")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    classifier, report = train(load_encoder(arguments.encoder), arguments.seed)
    classifier.save(
        metadata={
            "intents": ",".join(INTENTS),
            "flags": ",".join(FLAGS),
            "encoder": arguments.encoder,
        }
    )
    print(json.dumps(report, indent=1))
    print(f"wrote {WEIGHTS.name}, {WEIGHTS.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
