"""Highlights and support verdicts against SciFact's annotations.

    python benchmarks/verdicts.py [--data ../shared/data] [--json]

Highlight: whether a sentence of the gold rationale stands first, or among the first three, of its
abstract; for the similarity alone, for the shipped weights on the folds that they were not fitted
on, and for weights fitted anew in ten-fold cross-validation over all claims. Verdicts: macro-F1,
confusion and AUC of the shipped head on the folds that its file names as held back; the cited
abstract is given (the oracle setting), its sentences are chosen by the highlight. No document of a
fold that is measured was trained on. The weights that the
other folds give are printed too: those are the shipped ones.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retort.agent.verdicts import edits, head
from retort.agent.verdicts.labels import LABELS
from retort.agent.verdicts.measures import auc, measured
from retort.agent.verdicts.pairs import FOLDS, Case, read_cases, shown, stripped
from retort.retrieval.encode import Encoder, load_encoder
from retort.retrieval.highlight import FEATURES, WEIGHTS, features

Floats = NDArray[np.float64]
HELD_BACK = (0, 1)
"""folds that neither the highlight's weights nor the head were fitted on"""


def fit(tables: Sequence[Floats], gold: Sequence[Floats], steps: int = 600) -> Floats:
    """Weights of a conditional logit: which sentence of its abstract is one of the rationale.

    Args:
        tables: (sentences, features) per abstract.
        gold: (sentences,) of 0 and 1 per abstract.
        steps: of Adam at rate 0.08, on standardised features with an L2 of 0.001.
    """
    longest = max(map(len, tables))
    x = np.zeros((len(tables), longest, len(FEATURES)))
    y, absent = np.zeros((len(tables), longest)), np.full((len(tables), longest), -1e9)
    scale = np.concatenate(tables).std(axis=0) + 1e-9
    for row, (table, right) in enumerate(zip(tables, gold, strict=True)):
        x[row, : len(table)], y[row, : len(table)], absent[row, : len(table)] = table, right, 0
    x /= scale
    weights, mean, square = (np.zeros(len(FEATURES)) for _ in range(3))
    for step in range(1, steps + 1):
        scores = x @ weights + absent
        p = np.exp(scores - scores.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        wanted = p * y
        wanted /= wanted.sum(axis=1, keepdims=True) + 1e-12
        rise = np.einsum("nsk,ns->k", x, wanted - p) / len(x) - 1e-3 * weights
        mean = 0.9 * mean + 0.1 * rise
        square = 0.999 * square + 0.001 * rise**2
        weights += 0.08 * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.999**step)) + 1e-8)
    return np.asarray(weights / scale)


def placed(scores: Sequence[Floats], gold: Sequence[Floats]) -> dict[str, float]:
    """How often a gold sentence stands first, and among the first three."""
    found = [
        right[np.argsort(-own, kind="stable")] for own, right in zip(scores, gold, strict=True)
    ]
    return {
        "first": round(float(np.mean([right[0] for right in found])), 3),
        "in_three": round(float(np.mean([right[:3].max() for right in found])), 3),
        "abstracts": len(found),
    }


def highlights(cases: Sequence[Case], encoder: Encoder) -> dict[str, Any]:
    evident = [case for case in cases if case.gold]
    tables = [features(case.claim, case.sentences, encoder) for case in evident]
    gold = [
        np.array([float(n in case.gold) for n in range(len(case.sentences))]) for case in evident
    ]
    held = [n for n, case in enumerate(evident) if case.fold in HELD_BACK]
    validated: list[Floats] = [np.zeros(0)] * len(evident)
    for fold in range(FOLDS):
        others = [n for n, case in enumerate(evident) if case.fold != fold]
        weights = fit([tables[n] for n in others], [gold[n] for n in others])
        for n, case in enumerate(evident):
            if case.fold == fold:
                validated[n] = tables[n] @ weights
    rest = [n for n in range(len(evident)) if n not in held]
    return {
        "similarity alone, all": placed([table[:, 0] for table in tables], gold),
        "cross-validated, all": placed(validated, gold),
        "similarity alone, held back": placed(
            [tables[n][:, 0] for n in held], [gold[n] for n in held]
        ),
        "shipped, held back": placed([tables[n] @ WEIGHTS for n in held], [gold[n] for n in held]),
        "weights": fit([tables[n] for n in rest], [gold[n] for n in rest]).round(2).tolist(),
    }


def verdicts(cases: Sequence[Case], encoder: Encoder) -> dict[str, Any]:
    judge = head.shared()
    if judge is None:
        return {"skipped": "there is no head: see the log"}
    held = [case for case in cases if case.fold in HELD_BACK]
    texts = [(case.claim, shown(case.claim, case.sentences, encoder)) for case in held]
    started = time.perf_counter()
    rows = np.concatenate([judge.probabilities([pair]) for pair in texts])
    milliseconds = (time.perf_counter() - started) / len(texts) * 1000
    # The same claims beside another's evidence: what the wording of a claim alone gives away.
    swapped = [
        (pair[0], other[1]) for pair, other in zip(texts, texts[1:] + texts[:1], strict=True)
    ]
    labels = _labels(held)
    alone = measured(np.log(judge.probabilities(swapped)), labels)
    found = measured(np.log(rows), labels)
    majority = np.log(np.tile([0.9, 0.05, 0.05], (len(labels), 1)))
    return {
        **found.as_dict(),
        "auc_with_evidence_of_another_claim": alone.auc,
        "contrasts": contrasts(held, judge),
        "macro_f1_of_the_majority": measured(majority, labels).macro_f1,
        "reliability": reliability(rows, labels),
        "milliseconds_per_pair": round(milliseconds, 1),
    }


def contrasts(cases: Sequence[Case], judge: head.Head) -> dict[str, float]:
    """Sentences of held-back abstracts in fours: as they are, and one change in either and in both.

    In each four either text stands once with a supported and once with a contradicted partner, so
    that no wording of one text can tell the verdict. The changes are rules of the training's kind.
    """
    rng = random.Random(0)
    texts: list[tuple[str, str]] = []
    for sentences in {case.doc_id: case.sentences for case in cases}.values():
        sentence = rng.choice([text for text in sentences if len(text) > 60] or sentences)
        said = stripped(sentence)
        for rule in (edits.turned, edits.negated):
            after = rule(said, rng)
            if other := edits.transferred(said, after, sentence) if after else "":
                texts += [(said, sentence), (after, other), (after, sentence), (said, other)]
    logits = np.log(np.concatenate([judge.probabilities([pair]) for pair in texts]))
    leaning = logits[:, 0] - logits[:, 1]
    supported = np.tile([True, True, False, False], len(texts) // 4)
    return {
        "pairs": len(texts),
        "auc": round(auc(leaning, supported), 3),
        "accuracy": round(float(((leaning > 0) == supported).mean()), 3),
    }


def _labels(cases: Sequence[Case]) -> NDArray[np.int64]:
    return np.array([LABELS.index(case.label) for case in cases])


def reliability(rows: Floats, labels: NDArray[np.int64]) -> list[dict[str, float]]:
    """How often verdicts said with at least some probability are right, and how many are said."""
    sure, right = rows.max(axis=1), rows.argmax(axis=1) == labels
    return [
        {
            "from": least,
            "said": round(float((sure >= least).mean()), 3),
            "right": round(float(right[sure >= least].mean()), 3),
        }
        for least in (0.0, 0.5, 0.6, 0.7, 0.8)
        if (sure >= least).any()
    ]


def show(found: dict[str, Any]) -> None:
    print("| highlight | abstracts | gold first | gold in three |\n|---|--:|--:|--:|")
    for name, row in found["highlight"].items():
        if name != "weights":
            print(f"| {name} | {row['abstracts']} | {row['first']:.3f} | {row['in_three']:.3f} |")
    print("weights:", dict(zip(FEATURES, found["highlight"]["weights"], strict=True)))
    verdict = found["verdict"]
    if "skipped" in verdict:
        print(verdict["skipped"])
        return
    low, high = verdict["interval"]
    print(f"\nmacro-F1 {verdict['macro_f1']:.3f} ({low:.3f} to {high:.3f}), ", end="")
    print(f"majority {verdict['macro_f1_of_the_majority']:.3f}, {verdict['pairs']} pairs; ", end="")
    print(f"AUC supported v contradicted {verdict['auc']:.3f} ", end="")
    print(f"(beside another claim's evidence {verdict['auc_with_evidence_of_another_claim']:.3f})")
    fours = verdict["contrasts"]
    print(f"one change made by rule, {fours['pairs']} pairs: AUC {fours['auc']:.3f}, ", end="")
    print(f"accuracy {fours['accuracy']:.3f}")
    print("AUC evidence v none ", end="")
    print(f"{verdict['evidence_auc']:.3f}; {verdict['milliseconds_per_pair']:.0f} ms a pair\n")
    print(f"| annotated | {' | '.join(LABELS)} |\n|---|--:|--:|--:|")
    for label, counts in zip(LABELS, verdict["confusion"], strict=True):
        print(f"| {label} | {' | '.join(map(str, counts))} |")
    for row in verdict["reliability"]:
        print(f"said from {row['from']:.1f}: {row['said']:.0%} of pairs, {row['right']:.0%} right")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    folder = chosen.data / "literature" / "scifact"
    if not folder.is_dir():
        print(f"skipped: there is no {folder}", file=sys.stderr)
        return
    cases, encoder = read_cases(folder), load_encoder()
    found = {"highlight": highlights(cases, encoder), "verdict": verdicts(cases, encoder)}
    if chosen.json:
        print(json.dumps(found))
    else:
        show(found)


if __name__ == "__main__":
    main()
