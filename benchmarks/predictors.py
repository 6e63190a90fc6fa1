"""Quality and speed of the property predictors: ``python benchmarks/predictors.py``.

Prints what the model cards say of every endpoint: out-of-fold scores of each member and of the
stack on scaffold folds, beside published lines; the coverage of the 90 % intervals by similarity;
then the shipped models on sets that nothing was trained on, and their speed. ``retort predictors
fit`` writes the cards' scores; nothing here is trained.
"""

from __future__ import annotations

import argparse
import csv
import resource
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from math import log10
from pathlib import Path
from typing import Any

from retort.retrieval.errors import RetortError
from retort.tools.predictors import Endpoint, Predictors
from retort.tools.predictors.groups import members
from retort.tools.predictors.stack import MEMBERS
from retort.tools.predictors.training.external import judge
from retort.tools.predictors.training.stacking import USUAL
from retort.tools.structures import molecule_from_smiles

PUBLISHED: Mapping[str, tuple[str, str, str]] = {
    "caco2": ("MAE", "0.256", "0.300"),
    "hia": ("AUROC", "0.989-0.994", "0.981"),
    "pgp_inhibition": ("AUROC", "-", "0.946"),
    "bioavailability": ("AUROC", "0.748", "0.783"),
    "lipophilicity": ("MAE", "0.456; Chemprop-RDKit 0.467", "0.431"),
    "solubility": ("MAE", "0.741; Chemprop-RDKit 0.761", "0.674"),
    "bbb": ("AUROC", "0.924", "0.939"),
    "ppb": ("MAE", "7.440", "7.754"),
    "vdss": ("Spearman", "-", "R2 -0.61"),
    "cyp2c9_inhibition": ("AUPRC", "0.859 (leaked); Chemprop-RDKit 0.777", "AUROC 0.809"),
    "cyp2d6_inhibition": ("AUPRC", "0.790 (leaked); Chemprop-RDKit 0.673", "0.734"),
    "cyp3a4_inhibition": ("AUPRC", "0.916 (leaked); MapLight 0.881", "0.882"),
    "cyp2c9_substrate": ("AUPRC", "0.437", "0.300"),
    "cyp2d6_substrate": ("AUPRC", "0.731", "0.574"),
    "cyp3a4_substrate": ("AUROC", "0.667", "0.714"),
    "half_life": ("Spearman", "-", "R2 -1.55"),
    "clearance_hepatocyte": ("Spearman", "-", "R2 0.30"),
    "clearance_microsome": ("Spearman", "-", "R2 0.30"),
    "ld50": ("MAE", "-", "0.437"),
    "herg": ("AUROC", "0.880", "0.859"),
    "ames": ("AUROC", "-", "0.892"),
    "dili": ("AUROC", "0.925", "0.865"),
}
"""Metric, best published line and ADMET-AI's own cross-validation. The published ones are official
test scores of models that learnt all of train_val; ours are scaffold cross-validation on what the
held-out list leaves of it. Another split, another size: for orientation, not for a rank."""

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
    parser.add_argument("--checkpoints", type=Path, help="others than the shipped ones")
    parser.add_argument("--speed-only", action="store_true")
    options = parser.parse_args()
    predictors = speed(options.checkpoints)
    if options.speed_only:
        return 0
    endpoints = predictors.endpoints()
    scores(members("admet", endpoints))
    panel(members("targets", endpoints))
    coverage(members("admet", endpoints))
    external(predictors, options.data)
    return 0


def speed(checkpoints: Path | None) -> Predictors:
    """Seconds to load, milliseconds for one molecule, molecules per second in one process."""
    started = time.perf_counter()
    predictors = Predictors.load(checkpoints)
    loaded = time.perf_counter()
    predictors.predict(DRUGS[:1], ["admet"])
    first = time.perf_counter()
    single = []
    for size in range(20):
        begun = time.perf_counter()
        predictors.predict([f"{'C' * size}c1ccc(NC(=O)C2CCN(C)CC2)cc1"], ["admet"])
        single.append(time.perf_counter() - begun)
    many = [f"{'C' * size}{tail}" for size in range(2, 40) for tail in ("O", "N", "C(=O)O", "Cl")]
    begun = time.perf_counter()
    predictors.predict(many, ["admet"])
    rate = len(many) / (time.perf_counter() - begun)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"load {loaded - started:.2f} s; first prediction {first - loaded:.2f} s; one new "
        f"molecule, ADMET, warm, {1000 * sorted(single)[10]:.0f} ms; in one process {rate:.0f} "
        f"molecules/s, peak memory {peak:.0f} MB\nFiles: benchmarks/predict_files.py"
    )
    return predictors


def scores(endpoints: list[Endpoint]) -> None:
    """Every ADMET endpoint: members, stack, published lines."""
    head = ("endpoint", "molecules", "metric", *MEMBERS, "stack (95 % interval)", "splits")
    _line(*head, "coverage", "best published", "ADMET-AI")
    print("|---|--:|---|" + "--:|" * len(MEMBERS) + "---|---|--:|---|---|")
    for endpoint in endpoints:
        found = endpoint.card["evaluation"]
        _, best, peer = PUBLISHED.get(endpoint.name, ("", "-", "-"))
        seeds = found["by_seed"]["stack"]
        low, high = found["score_interval"]
        kept = tuple(endpoint.card["stack"])
        _line(
            endpoint.name + (" (rank only)" if endpoint.rank_only else ""),
            f"{found['molecules']:,}",
            found["metric"],
            *(_number(found["members"].get(name)) for name in MEMBERS),
            f"**{found['score']:.3f}** ({low:.3f}-{high:.3f})"
            + (f" {'+'.join(kept)}" if kept != USUAL else ""),
            f"{min(seeds):.3f}-{max(seeds):.3f}",
            _number(found["coverage"]),
            best,
            peer,
        )
    least = min(len(e.card["evaluation"]["by_seed"]["stack"]) for e in endpoints)
    print(f"scores are means over {least} splits or more; smiles on the first")


def panel(endpoints: list[Endpoint]) -> None:
    """The off-target panel in one line per family of scores."""
    if not endpoints:
        return
    errors = sorted(e.card["evaluation"]["mae"] for e in endpoints)
    r2 = sorted(e.card["evaluation"]["r2"] for e in endpoints)
    covered = [e.card["evaluation"]["coverage"] for e in endpoints]
    middle = len(endpoints) // 2
    print(
        f"\noff-target panel: {len(endpoints)} targets, MAE median {errors[middle]:.2f} "
        f"({errors[0]:.2f} to {errors[-1]:.2f}) pChEMBL, R2 median {r2[middle]:.2f}, "
        f"{sum(e.rank_only for e in endpoints)} rank only, coverage {min(covered):.3f} to "
        f"{max(covered):.3f}\n"
    )


def coverage(endpoints: list[Endpoint]) -> None:
    """Coverage of the 90 % intervals and class sets by similarity, and the error in each."""
    first = endpoints[0].card["evaluation"]
    bins = list(first["by_similarity"])
    print()
    _line("", *(f"Tanimoto {name}" for name in bins), *first["by_domain"], "all")
    print("|" + "---|" * (2 + len(bins) + len(first["by_domain"])))
    for endpoint in endpoints:
        _line(endpoint.name, *_covered([endpoint.card["evaluation"]]))
    for kind in ("regression", "classification"):
        own = [e.card["evaluation"] for e in endpoints if e.task == kind]
        if own:
            _line(f"**{kind}**", *_covered(own))


def _covered(evaluations: Sequence[Mapping[str, Any]]) -> list[str]:
    """Coverage of several endpoints together, with the molecules: by part, then of all."""
    parts = [[*e["by_similarity"].values(), *e["by_domain"].values(), e] for e in evaluations]
    cells = []
    for same in zip(*parts, strict=True):
        total = sum(part["molecules"] for part in same)
        held = sum(part["coverage"] * part["molecules"] for part in same if part["molecules"])
        cells.append(f"{held / total:.3f} ({total:,})" if total else "-")
    return cells


def _same(smiles: str, value: float) -> float:
    return value


def _molar(smiles: str, log_micrograms: float) -> float:
    """log10 of micrograms per mL in log mol/L."""
    from rdkit.Chem.Descriptors import MolWt

    return log_micrograms - 3 - log10(MolWt(molecule_from_smiles(smiles)))


def _back(smiles: str, logarithm: float) -> float:
    return float(10**logarithm)


EXTERNAL: tuple[tuple[str, str, str, str, Callable[[str, float], float], str], ...] = (
    (
        "lipophilicity",
        "pharmabench/logd_reg_final_data.csv",
        "Smiles_unify",
        "value",
        _same,
        "logD of many laboratories at pH 7.4",
    ),
    (
        "solubility",
        "biogen_adme/ADME_Sol_train.csv",
        "smiles",
        "activity",
        _molar,
        "kinetic, at pH 6.8: another quantity than the training set's",
    ),
    (
        "clearance_microsome",
        "biogen_adme/ADME_HLM_train.csv",
        "smiles",
        "activity",
        _back,
        "scaled to mL/min/kg: only the order can be compared",
    ),
)
"""Endpoint, file below ``molecules``, columns of SMILES and value, to the endpoint's unit, what the
values are. No molecule or value of these files is trained on; see the model cards."""


def external(predictors: Predictors, data: Path) -> None:
    """The shipped models on measurements that none of them was trained on."""
    print()
    head = ("external set", "molecules", "trained on", "MAE", "Spearman", "coverage")
    _line(*head, "MAE inside the domain", "what was measured")
    print("|" + "---|" * 8)
    for name, file, smiles, value, convert, what in EXTERNAL:
        path = data / "molecules" / file
        if not path.is_file():
            print(f"Skipped: there is no molecules/{file} under {data}.")
            continue
        with path.open(encoding="utf-8", newline="") as opened:
            rows = [(row[smiles], row[value]) for row in csv.DictReader(opened)]
        measured = []
        for text, cell in rows:
            with suppress(ValueError, RetortError):
                measured.append((text, convert(text, float(cell))))
        found = judge(predictors, name, measured)
        inside = found["by_domain"]["inside"]
        compared = convert is not _back
        _line(
            f"{name}: {file}",
            found["molecules"],
            found["trained_on"],
            _number(found.get("MAE")) if compared else "-",
            _number(found["Spearman"]),
            _number(found.get("coverage")) if compared else "-",
            f"{_number(inside.get('MAE')) if compared else '-'} ({inside['molecules']:,})",
            what,
        )


def _number(value: Any) -> str:
    return "-" if value is None else f"{value:.3f}"


def _line(*cells: object) -> None:
    print("| " + " | ".join(map(str, cells)) + " |", flush=True)


if __name__ == "__main__":
    sys.exit(main())
