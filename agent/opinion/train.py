"""Train both heads of the second opinion: ``python -m retort.agent.opinion.train``.

Fills the patterns of weights/phrasings.tsv, holds out whole patterns, a tenth at a time, to
calibrate and to choose the thresholds, fits on everything, and writes weights/opinion.safetensors;
then the same for the head of ``patient`` (``train_patients``). Prints what it measured on the
patterns held out. Two minutes on one core. Needs ``retort[train]``.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from retort.agent.hazards import MENTIONED, NAMED
from retort.agent.opinion import patient
from retort.agent.opinion.judge import (
    PHRASINGS,
    WEIGHTS,
    Array,
    SentenceEncoder,
    Weights,
    features,
    vectors,
)
from retort.agent.opinion.phrasings import fill, phrasings, slots
from retort.agent.opinion.train_patients import train_patients
from retort.agent.plain import plainest
from retort.agent.safety import review

FALSE_ALARMS = 0.035
"""share of ordinary questions in unseen wording that may be suspected, by themselves; of those that
name a hazard and of those that name none. The phrasings are the hardest that there are: of what is
really asked it is far less"""
MISSED = 0.03
"""share of hazardous questions in unseen wording, among those that the patterns refuse, that may be
cleared"""
_PER_PATTERN = 12
_SEED = 0

_ARM = "sarin;VX;soman;tabun;a nerve agent;mustard gas;novichok;ricin;abrin;anthrax"
_DRUG = (
    "fentanyl;heroin;MDMA;methamphetamine;cocaine;LSD;ketamine;morphine;carfentanil;GHB;psilocybin"
)
_EXPLOSIVE = "TATP;RDX;TNT;a pipe bomb;PETN;nitroglycerin;plastic explosives"
_MEDICINE = (
    "ibuprofen;imatinib;sitagliptin;warfarin;osimertinib;donepezil;metformin;apixaban;sertraline"
    ";nirmatrelvir;amlodipine;aspirin;insulin;digoxin"
)
FILLINGS = slots(
    {
        "arm": _ARM,
        "armclass": "nerve agents;chemical weapons;toxins;war gases;V-series agents",
        "class": "nerve agent;poison;explosive;illegal drug;toxin;war gas",
        "drug": _DRUG,
        "drugish": f"{_DRUG};meth;speed;crank;ecstasy",
        "explosive": _EXPLOSIVE,
        "hazard": f"{_ARM};{_DRUG};{_EXPLOSIVE}",
        "slang": "crystal;crank;molly;ice;speed;smack;china white;tina;acid;crack;dope;lean;meth",
        "pill": "oxy;xanax;percocet;adderall;oxycodone;valium;vicodin;morphine",
        "natural": "ricin;abrin;psilocybin;cocaine;mescaline;DMT;opium;the toxin;the drug",
        "precursorish": "fentanyl;morphine;one agent;the precursor;phosphorus chemicals",
        "medicine": _MEDICINE,
        "tracer": "carfentanil;raclopride;cocaine;flumazenil",
        "anything": f"{_MEDICINE};{_DRUG};sarin;VX;ricin;TNT",
    }
)
"""what may fill a slot of a pattern"""


@dataclass(frozen=True, slots=True)
class Example:
    """One question, its pattern, the subject of that, and whether it is hazardous."""

    pattern: str
    subject: str
    is_hazard: bool
    text: str


def examples(path: Path = PHRASINGS) -> list[Example]:
    """Questions from the patterns of a file, each once, in plain words, some without their mark."""
    rng = random.Random(_SEED)
    found: dict[str, Example] = {}
    for row in phrasings(path):
        for _ in range(_PER_PATTERN):
            text = fill(row.pattern, FILLINGS, rng) + rng.choice(("", "?"))
            plain = plainest(text, MENTIONED)
            found[plain] = Example(row.pattern, row.subject, row.kind == "hazard", plain)
    return list(found.values())


def fit(x: Array, y: Array) -> tuple[Array, float]:
    """Weights (d,) and bias of a logistic regression in which both kinds weigh the same."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=1.0, class_weight="balanced", max_iter=2000)
    model.fit(x, y)
    return model.coef_[0].astype(np.float32), float(model.intercept_[0])


def held_out_logits(x: Array, y: Array, groups: list[str], folds: int = 10) -> Array:
    """(n,) logits, each from a fit that saw no question of the same group."""
    names = sorted(set(groups))
    order = np.random.default_rng(_SEED).permutation(len(names))
    logits = np.zeros(len(y), np.float32)
    for fold in range(folds):
        out = {names[i] for i in order[fold::folds]}
        held = np.array([group in out for group in groups])
        weights, bias = fit(x[~held], y[~held])
        logits[held] = x[held] @ weights + bias
    return logits


def temperature(logits: Array, y: Array) -> float:
    """What logits are divided by to be calibrated (Guo et al. 2017, arXiv:1706.04599)."""
    grid = np.exp(np.linspace(np.log(0.3), np.log(10), 60))
    costs = [np.logaddexp(0, np.where(y > 0, -logits, logits) / t).mean() for t in grid]
    return float(grid[int(np.argmin(costs))])


def train(encoder: SentenceEncoder) -> tuple[Weights, dict[str, Any]]:
    """The weights, and what was measured on patterns held out."""
    rows = examples()
    texts = [row.text for row in rows]
    x = features(texts, vectors(texts, encoder))
    y = np.array([row.is_hazard for row in rows], np.float32)
    logits = held_out_logits(x, y, [row.pattern for row in rows])
    strict = held_out_logits(x, y, [row.subject for row in rows])
    scale = temperature(logits, y)
    p = 1 / (1 + np.exp(-logits / scale))
    is_named = np.array([bool(NAMED.search(row.text)) for row in rows])
    is_refused = np.array([review(row.text) is not None for row in rows])
    named, unnamed = (
        max(0.5, float(np.quantile(p[(y == 0) & group], 1 - FALSE_ALARMS)))
        for group in (is_named, ~is_named)
    )
    clear = min(0.5, float(np.quantile(p[(y == 1) & is_refused], MISSED)))
    suspected = p >= np.where(is_named, named, unnamed)
    weights, bias = fit(x, y)
    subjects = sorted({row.subject for row in rows if row.is_hazard})
    of = {name: np.array([row.subject == name for row in rows]) for name in subjects}
    report = {
        "questions": len(rows),
        "patterns": len({row.pattern for row in rows}),
        "hazardous": int(y.sum()),
        "right at 0.5": _share((p >= 0.5) == (y > 0)),
        "right at 0.5, whole subjects held out": _share((strict >= 0) == (y > 0)),
        "hazardous suspected": _share(suspected[y == 1]),
        "hazardous refused by the patterns": _share(is_refused[y == 1]),
        "hazardous suspected or refused": _share((suspected | is_refused)[y == 1]),
        "ordinary suspected": _share(suspected[y == 0]),
        "ordinary refused by the patterns": _share(is_refused[y == 0]),
        "of these cleared": _share(p[(y == 0) & is_refused] < clear),
        "Brier score": round(float(((p - y) ** 2).mean()), 4),
        "temperature": round(scale, 2),
        "named": round(named, 3),
        "unnamed": round(unnamed, 3),
        "clear": round(clear, 3),
        "suspected by subject": {name: _share(suspected[of[name]]) for name in subjects},
    }
    learned = Weights(
        weights / np.float32(scale), bias / scale, named, unnamed, clear, encoder.digest
    )
    return learned, report


def _share(true: npt.NDArray[np.bool_]) -> float:
    return round(float(true.mean()), 4)


def main() -> None:
    """Train both heads over the bundled encoder and write the weights."""
    from retort.retrieval.encode import load_encoder

    encoder = load_encoder()
    weights, of_hazards = train(encoder)
    head, of_patients = train_patients(encoder, FILLINGS)
    weights.save()
    head.save()
    print(json.dumps({"hazards": of_hazards, "patients": of_patients}, indent=1))
    for path in (WEIGHTS, patient.WEIGHTS):
        print(f"wrote {path.name}, {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
