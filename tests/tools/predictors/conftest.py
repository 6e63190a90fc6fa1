"""A toy data folder: three training sets of some sixty molecules, held-out keys, drugs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from retort.tools.predictors import featurise
from retort.tools.predictors.endpoints import Source, spec
from retort.tools.predictors.training import fit
from retort.tools.predictors.training.boosting import Growth
from retort.tools.structures import molecule_from_smiles

CORES = ("c1ccccc1", "c1ccncc1", "C1CCCCC1", "c1ccoc1", "C1CCNCC1", "c1ccc2ccccc2c1")
TAILS = ("C", "CC", "CCO", "C(=O)O", "CN", "CCN(C)C", "F", "Cl", "OC", "N#CC")
MOLECULES = tuple(f"{tail}{core}" for core in CORES for tail in TAILS)
HELD_OUT = "CCc1ccccc1"
SALT = "CC(=O)[O-].[Na+]"
TOYS = tuple(
    replace(
        spec(name),
        sources=(Source(f"Toy {name}", "table", f"toy/{name}.csv", f"Toy 2020 {name}", "CC0"),),
    )
    for name in ("solubility", "lipophilicity", "herg")
)
GROWTH = Growth(rounds=20, num_leaves=7, min_data_in_leaf=3, feature_fraction=1.0)
GROWTHS = {fit.ADMET: GROWTH, fit.TARGETS: GROWTH}


def value_of(smiles: str, task: str) -> float:
    """A value that follows from the structure: carbons, or whether there is a nitrogen."""
    carbons = sum(letter in "cC" for letter in smiles)
    return float("N" in smiles.upper()) if task == "classification" else 1.0 - 0.4 * carbons


@pytest.fixture(scope="session")
def toy_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in the layout that training reads."""
    data = tmp_path_factory.mktemp("data")
    sets = data / "molecules" / "toy"
    sets.mkdir(parents=True)
    for toy in TOYS:
        rows = [(smiles, value_of(smiles, toy.task)) for smiles in (*MOLECULES, SALT)]
        lines = [f"{index},{smiles},{value}" for index, (smiles, value) in enumerate(rows)]
        lines += ["bad,C1CC(,1.0", f"twice,{MOLECULES[5]},{rows[5][1]}"]
        text = "\n".join(["Drug_ID,Drug,Y", *lines]) + "\n"
        (sets / f"{toy.name}.csv").write_text(text, encoding="utf-8")
    key = featurise.structure_keys(molecule_from_smiles(HELD_OUT))[0]
    held = data / "molecules" / "tdc_admet"
    held.mkdir()
    (held / "holdout_inchikey14.txt").write_text(f"{key}\n", encoding="ascii")
    drugs = data / "molecules" / "drughelper"
    drugs.mkdir()
    table = ["Chemblid\tDrug\tcanonical\tmax_phase"]
    table += [f"D{index}\tD\t{smiles}\t4.0" for index, smiles in enumerate(MOLECULES)]
    table += ["E\tE\tCCCCCC\t3.0", "F\tF\t\t4.0"]
    (drugs / "datosChembl.tsv").write_text("\n".join(table) + "\n", encoding="utf-8")
    return data


@pytest.fixture(scope="session")
def toy_work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The work folder in which the toy checkpoints were made."""
    return tmp_path_factory.mktemp("work")


@pytest.fixture(scope="session")
def toy_checkpoints(
    toy_data: Path, toy_work: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Checkpoints of trees grown on the toy sets."""
    out = tmp_path_factory.mktemp("checkpoints")
    fit.fit(toy_data, toy_work, out, TOYS, seeds=(0, 1), growths=GROWTHS, workers=1)
    return out


@pytest.fixture
def toys() -> Any:
    """The toy endpoints and how their trees are grown."""
    return SimpleNamespace(TOYS=TOYS, GROWTH=GROWTH, GROWTHS=GROWTHS)
