"""Our predictors beside published recipes: the same molecules, the same scaffold folds, one run.

    python benchmarks/predictor_peers.py --work FOLDER [--endpoint NAME] [--recipe NAME] [--folds N]

Other projects report scores on splits of their own, which cannot be compared with ours; here their
recipes are trained on our folds instead:

forest    random forest on Morgan bits (2,048, radius 2): scikit-learn's defaults with 300 trees
maplight  CatBoost on counts, ErG and 200 descriptors: Notwell and Wood 2023, arXiv 2310.00174
          (needs ``pip install catboost``, which is no dependency of Retort)

FOLDER is what ``retort predictors fit --work`` made: our out-of-fold outputs are read from it.
Every recipe and our trees learn the same rows, auxiliary sets included; our networks learn the
other endpoints as well. Only primary rows are scored: MAE over all of them; AUROC, AUPRC and
Spearman in each fold, then averaged. The interval is of the difference, ours minus MapLight's,
over resampled scaffolds (95 %). It knows nothing of the seed, of which there is one, and one
endpoint in twenty lies outside it by chance. The settings of our trees were chosen on scaffold
folds of some of these sets; those of the recipes were not.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retort.tools.predictors.endpoints import Spec, specs
from retort.tools.predictors.training import (
    evaluation,
    fit,
    members,
    metrics,
    stacking,
    teaching,
)
from retort.tools.predictors.training.evaluation import Outcome
from retort.tools.predictors.training.labels import FOLDS
from retort.tools.predictors.training.members import Teaching, Work
from retort.tools.structures import silenced

Floats = NDArray[np.float64]
Learn = Callable[[Sequence[str], Floats, Sequence[str], Spec, int], Floats]

TREES = 300
CEILING = 1e30
"""of a descriptor; Ipc overflows float32 on large molecules"""
NEWER = frozenset(
    "SPS AvgIpc Phi NumAmideBonds NumAtomStereoCenters NumBridgeheadAtoms NumHeterocycles "
    "NumSpiroAtoms NumUnspecifiedAtomStereoCenters BCUT2D_MWHI BCUT2D_MWLOW BCUT2D_CHGHI "
    "BCUT2D_CHGLO BCUT2D_LOGPHI BCUT2D_LOGPLOW BCUT2D_MRHI BCUT2D_MRLOW".split()
)
"""RDKit descriptors that are not among MapLight's 200"""


@dataclass(frozen=True, slots=True)
class Recipe:
    """A published way to learn one endpoint."""

    name: str
    needs: str
    """the package that it is made with"""
    settings: str
    """tells kept results apart"""
    learn: Learn
    """takes structures, values in the learnt scale, held-out structures, endpoint and seed; gives
    outputs of the held-out ones in the members' scale"""


@cache
def _bits(smiles: str) -> NDArray[np.uint8]:
    """Morgan fingerprint (2048,) of radius 2."""
    from rdkit import Chem
    from rdkit.Chem import rdFingerprintGenerator

    made = rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=2048)
    return np.asarray(made.GetFingerprintAsNumPy(Chem.MolFromSmiles(smiles)), dtype=np.uint8)


def forest(
    smiles: Sequence[str], values: Floats, asked: Sequence[str], spec: Spec, seed: int
) -> Floats:
    """The usual baseline: a random forest on fingerprint bits."""
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

    seen, held = (np.array([_bits(text) for text in some]) for some in (smiles, asked))
    if spec.task == "regression":
        regressor = RandomForestRegressor(TREES, random_state=seed).fit(seen, values)
        return np.asarray(regressor.predict(held))
    classifier = RandomForestClassifier(TREES, random_state=seed).fit(seen, values == 1.0)
    return _log_odds(classifier.predict_proba(held)[:, 1])


def _log_odds(probabilities: Any) -> Floats:
    inside = np.clip(np.asarray(probabilities, dtype=np.float64), 1e-6, 1 - 1e-6)
    return np.asarray(np.log(inside / (1 - inside)))


@cache
def _counts_and_descriptors(smiles: str) -> NDArray[np.float32]:
    """What MapLight describes a molecule with, (2563,).

    Morgan counts of radius 2 (1,024), Avalon counts (1,024), ErG (315), RDKit descriptors (200).
    """
    from rdkit import Chem, DataStructs
    from rdkit.Avalon import pyAvalonTools
    from rdkit.Chem import Descriptors, rdFingerprintGenerator, rdReducedGraphs

    molecule = Chem.MolFromSmiles(smiles)
    made = rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=1024)
    avalon = np.zeros(1024)
    with silenced():
        DataStructs.ConvertToNumpyArray(pyAvalonTools.GetAvalonCountFP(molecule, 1024), avalon)
        try:
            pairs = np.asarray(rdReducedGraphs.GetErGFingerprint(molecule))
        except (RuntimeError, ValueError):
            pairs = np.zeros(315)
        named = [function(molecule) for name, function in Descriptors.descList if name not in NEWER]
    parts = [made.GetCountFingerprintAsNumPy(molecule), avalon, pairs, named]
    found = np.clip(np.concatenate(parts), -CEILING, CEILING)
    return np.asarray(found, dtype=np.float32)


def maplight(
    smiles: Sequence[str], values: Floats, asked: Sequence[str], spec: Spec, seed: int
) -> Floats:
    """CatBoost's defaults but for ``random_strength`` 2, as in the authors' notebook.

    Regression minimises the absolute error of the standardised value; where we learn a logarithm,
    so do they: of the value plus one.
    """
    catboost: Any = import_module("catboost")

    seen, held = (np.array([_counts_and_descriptors(t) for t in some]) for some in (smiles, asked))
    common: dict[str, Any] = {
        "random_strength": 2,
        "random_seed": seed,
        "verbose": 0,
        "thread_count": 1,
        "allow_writing_files": False,
    }
    if spec.task == "classification":
        classifier = catboost.CatBoostClassifier(loss_function="Logloss", **common)
        classifier.fit(seen, values)
        return np.asarray(classifier.predict(held, prediction_type="RawFormulaVal"))
    logarithmic = spec.transform == "log10"
    target = np.log10(10.0**values + 1.0) if logarithmic else values
    mean, spread = float(target.mean()), float(target.std())
    regressor = catboost.CatBoostRegressor(loss_function="MAE", **common)
    regressor.fit(seen, (target - mean) / spread)
    found = np.asarray(regressor.predict(held)) * spread + mean
    return np.log10(np.maximum(10.0**found - 1.0, 1e-6)) if logarithmic else found


RECIPES = (
    Recipe("forest", "sklearn", f"{TREES} trees, 2048 bits", forest),
    Recipe("maplight", "catboost", "random strength 2", maplight),
)
JUDGED = "maplight"
"""the recipe that ours is subtracted from"""


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--encoder", type=Path, help="that the work folder's networks began with")
    parser.add_argument("--endpoint", action="append", help="default: all ADMET, small ones first")
    parser.add_argument("--recipe", action="append", choices=[r.name for r in RECIPES])
    parser.add_argument("--folds", type=int, default=FOLDS, help="only the first so many")
    parser.add_argument("--keep", type=Path, help="folder of finished folds; default WORK/peers")
    options = parser.parse_args()
    for folder, what in ((options.data / "molecules", "data"), (options.work, "work folder")):
        if not folder.is_dir():
            print(f"Skipped: there is no {what} at {folder}.")
            return 0
    chosen = [r for r in RECIPES if r.name in (options.recipe or [r.name for r in RECIPES])]
    for recipe in chosen:
        if not find_spec(recipe.needs):
            print(f"Left out: {recipe.name}, since {recipe.needs} is not installed.")
    chosen = [recipe for recipe in chosen if find_spec(recipe.needs)]
    # The table of all ADMET endpoints, whichever are asked for: the folds are those of the table.
    admet = fit.groups_of(specs())[fit.ADMET]
    group = fit.collect(fit.ADMET, admet, options.data, options.work, fit.GROWTHS[fit.ADMET])
    teachings = networks(group.work, options.encoder)
    print(f"Networks in the stack: {', '.join(t.kind for t in teachings) or 'none'}.", flush=True)
    names = [recipe.name for recipe in chosen]
    ours = ["trees", *(["stack"] if teachings else [])]
    _line("endpoint", "n", "metric", *names, *ours, *(f"{o} - {JUDGED}" for o in ours), "CPU s")
    print("|" + "---|" * (4 + len(names) + 2 * len(ours)))
    keep = options.keep or options.work / "peers"
    for spec in sorted(admet, key=lambda one: len(group.work.labels.rows(one.name))):
        if not options.endpoint or spec.name in options.endpoint:
            compare(group.work, spec, chosen, teachings, options.folds, keep)
    return 0


def networks(work: Work, encoder: Path | None) -> list[Teaching]:
    """The kinds of network that the work folder has finished outputs of."""
    found = []
    for kind in teaching.usual(encoder=encoder):
        try:
            members.network_of(work, kind, work.labels.tasks[0], fit.SEED)
        except FileNotFoundError:
            continue
        found.append(kind)
    return found


def compare(
    work: Work,
    spec: Spec,
    recipes: Sequence[Recipe],
    teachings: Sequence[Teaching],
    folds: int,
    keep: Path,
) -> None:
    """Print the line of an endpoint."""
    try:
        one = fit.outcome(work, spec, teachings)
    except FileNotFoundError:
        print(f"Skipped: {spec.name} has no out-of-fold trees in {work.folder}.")
        return
    outputs = {"trees": one.outputs["trees"]}
    if teachings:
        outputs["stack"] = stacking.cross_fitted(one.outputs, one.values, one.folds, spec.task)
    ours, seconds = list(outputs), []
    rows = work.labels.rows(spec.name)
    scored = work.labels.primary[rows, work.labels.tasks.index(spec.name)]
    for recipe in recipes:
        found, cost = out_of_fold(recipe, work, spec, folds, keep)
        outputs[recipe.name] = found[scored]
        seconds.append(f"{cost:.0f}")
    one = replace(one, outputs=outputs)
    one = one.part(one.folds < folds)
    differences = (
        [difference(one, name) for name in ours] if JUDGED in outputs else ["-"] * len(ours)
    )
    names = [*(recipe.name for recipe in recipes), *ours]
    _line(
        spec.name,
        f"{len(one.values):,}",
        spec.metric,
        *(f"{score(one, name):.3f}" for name in names),
        *differences,
        " + ".join(seconds),
    )


def out_of_fold(
    recipe: Recipe, work: Work, spec: Spec, folds: int, keep: Path
) -> tuple[Floats, float]:
    """Outputs (m,) of a recipe for the rows of an endpoint, and the CPU seconds they took.

    NaN in folds that are left out. A finished fold is kept, and not done again.
    """
    labels = work.labels
    rows = labels.rows(spec.name)
    smiles = [labels.smiles[row] for row in rows]
    values = labels.values[rows, labels.tasks.index(spec.name)].astype(np.float64)
    split = labels.folds(fit.SEED)[rows]
    same = json.dumps([smiles, values.tolist(), split.tolist(), recipe.settings])
    digest = hashlib.sha256(same.encode()).hexdigest()[:12]
    outputs, seconds = np.full(len(rows), np.nan), 0.0
    for fold in range(folds):
        file = keep / f"{spec.name}-{recipe.name}-{digest}-{fold}.json"
        held = split == fold
        if not file.is_file():
            started = time.process_time()
            seen, asked = (np.flatnonzero(mask).tolist() for mask in (~held, held))
            found = recipe.learn(
                [smiles[at] for at in seen], values[~held], [smiles[at] for at in asked], spec, fold
            )
            cost = time.process_time() - started
            keep.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps({"seconds": cost, "outputs": found.tolist()}))
        kept = json.loads(file.read_text(encoding="utf-8"))
        outputs[held] = kept["outputs"]
        seconds += kept["seconds"]
    return outputs, seconds


def score(one: Outcome, name: str) -> float:
    """The endpoint's metric: of all molecules for an error, else the mean over folds.

    Outputs of different folds come from different models; ranking them together would judge how
    these are shifted against each other as well.
    """
    spec, outputs = one.spec, one.outputs[name]
    if spec.metric == "MAE":
        return evaluation.member_score(spec, one.values, outputs)
    parts = [
        evaluation.member_score(spec, one.values[here], outputs[here])
        for here in (one.folds == fold for fold in np.unique(one.folds))
    ]
    return float(np.nanmean(parts))


def difference(one: Outcome, name: str) -> str:
    """A score of ours minus that of the judged recipe, and its interval over drawn scaffolds."""
    rng = np.random.default_rng(0)
    groups = []
    for fold in np.unique(one.folds):
        places = np.flatnonzero(one.folds == fold)
        order = places[np.argsort(one.scaffolds[places], kind="stable")]
        of = one.scaffolds[order]
        groups.append(np.split(order, np.flatnonzero(of[1:] != of[:-1]) + 1))
    found = []
    for _ in range(metrics.RESAMPLES):
        drawn = [own[at] for own in groups for at in rng.integers(0, len(own), len(own)).tolist()]
        rows = np.concatenate(drawn)
        sample = replace(
            one,
            values=one.values[rows],
            folds=one.folds[rows],
            outputs={key: one.outputs[key][rows] for key in (name, JUDGED)},
        )
        found.append(score(sample, name) - score(sample, JUDGED))
    low, high = np.nanpercentile(found, [2.5, 97.5])
    middle = score(one, name) - score(one, JUDGED)
    better = -middle if one.spec.metric == "MAE" else middle
    verdict = "level" if low <= 0 <= high else "better" if better > 0 else "worse"
    return f"{middle:+.3f} ({low:+.3f} to {high:+.3f}) {verdict}"


def _line(*cells: object) -> None:
    print("| " + " | ".join(map(str, cells)) + " |", flush=True)


if __name__ == "__main__":
    sys.exit(main())
