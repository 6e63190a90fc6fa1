"""Quality and speed of the property predictors: ``python benchmarks/predictors.py``.

Times loading and predicting with the shipped checkpoints, then repeats the honest evaluation from
the code of the package: the whole procedure refitted on four fifths of the scaffolds, judged on the
rest.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any

from retort.tools.predictors import Predictors, datasets, evaluation
from retort.tools.predictors.endpoints import SPECS, Spec

DRUGS = (
    "CC(=O)Nc1ccc(O)cc1",
    "CC(=O)Oc1ccccc1C(=O)O",
    "CN1CCC[C@H]1c1cccnc1",
    "COc1cc2ncnc(Nc3ccc(F)c(Cl)c3)c2cc1OCCCN1CCOCC1",
    "Cc1ccc(NC(=O)c2ccc(CN3CCN(C)CC3)cc2)cc1Nc1nccc(-c2cccnc2)n1",
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--endpoint", choices=[spec.name for spec in SPECS], action="append")
    parser.add_argument("--seeds", type=int, help="repeats; as the model cards say if not given")
    parser.add_argument("--speed-only", action="store_true")
    options = parser.parse_args()
    speed()
    if options.speed_only:
        return 0
    if not (options.data / "molecules" / "tdc_admet").is_dir():
        print(f"Skipped the evaluation: no molecules/tdc_admet under {options.data}.")
        return 0
    held_out = datasets.held_out_keys(options.data)
    print("\n| endpoint | molecules | metric | score | 95 % interval | coverage of 90 % |")
    print("|---|--:|---|--:|---|--:|", flush=True)
    found = {}
    for spec in SPECS:
        if options.endpoint and spec.name not in options.endpoint:
            continue
        rows = datasets.load(spec, options.data, held_out).rows
        repeats = options.seeds or spec.seeds
        outcomes = [evaluation.outcome(spec, rows, seed) for seed in range(repeats)]
        found[spec] = scores = evaluation.scores(spec, outcomes)
        low, high = scores["score_interval"]
        print(
            f"| {spec.name} | {len(rows):,} | {scores['metric']} | {scores['score']:.3f} "
            f"| {low:.3f} to {high:.3f} | {scores['coverage']:.3f} |",
            flush=True,
        )
    print("\n| endpoint | part | molecules | error | coverage |\n|---|---|--:|--:|--:|")
    for spec, scores in found.items():
        parts(spec, scores)
    return 0


def parts(spec: Spec, scores: dict[str, Any]) -> None:
    """Error (MAE, or Brier score) and coverage by similarity and domain."""
    pieces = {f"Tanimoto {name}": part for name, part in scores["by_similarity"].items()}
    pieces |= {name.replace("_", " "): scores[name] for name in ("in_domain", "out_of_domain")}
    error = "mae" if spec.task == "regression" else "brier"
    for name, part in pieces.items():
        if part["molecules"]:
            print(
                f"| {spec.name} | {name} | {part['molecules']:,} "
                f"| {part[error]:.3f} | {part['coverage']:.3f} |"
            )


def speed() -> None:
    """Seconds to load, milliseconds for one molecule, molecules per second."""
    started = time.perf_counter()
    predictors = Predictors.load()
    loaded = time.perf_counter()
    predictors.predict(DRUGS[:1])
    first = time.perf_counter()
    rounds = 10
    for _ in range(rounds):
        for smiles in DRUGS:
            predictors.predict([smiles])
    single = (time.perf_counter() - first) / (rounds * len(DRUGS))
    many = time.perf_counter()
    predictors.predict(DRUGS * 40)
    rate = len(DRUGS) * 40 / (time.perf_counter() - many)
    print(
        f"load {loaded - started:.2f} s; first prediction {first - loaded:.2f} s; one molecule, "
        f"all endpoints, warm {single * 1000:.0f} ms; {rate:.0f} molecules/s in a batch"
    )


if __name__ == "__main__":
    sys.exit(main())
