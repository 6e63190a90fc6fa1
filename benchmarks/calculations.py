"""Calculations: agreement with RDKit's own functions, and the time of all of them.

    python benchmarks/calculations.py [--data ../shared/data] [--molecules 2000] [--rows 10000]

Molecules are drawn from ``molecules/pretrain_union``, the same ones every time. Agreement is of
the text that a table shows with RDKit's value rounded to as many decimals; of the scores of RDKit's
Contrib with the scripts that come with RDKit. The time is CPU seconds of this process, which
another process on the same core makes longer but not by as much as it does the wall clock.
"""

from __future__ import annotations

import argparse
import gzip
import importlib.util
import json
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rdkit import Chem, RDConfig, RDLogger
from rdkit.Chem import QED, Descriptors, FilterCatalog, rdMolDescriptors

from retort.tools import calculation_columns, structures
from retort.tools.calculation_columns import COLUMNS, Sheet
from retort.tools.properties import PROPERTIES


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--molecules", type=int, default=2_000)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    union = options.data / "molecules" / "pretrain_union" / "smiles_union.txt.gz"
    if not union.exists():
        print(f"Skipped: no molecules/pretrain_union under {options.data}.")
        return 0
    RDLogger.DisableLog("rdApp.*")
    with gzip.open(union, "rt", encoding="ascii") as file:
        lines = file.read().split()
    random.Random(0).shuffle(lines)
    readable = [text for text in lines[: 2 * options.rows] if structures.read_smiles(text)[0]]
    found = {
        "agreement": agreement(readable[: options.molecules]),
        "time": timed(readable[: options.rows]),
    }
    if options.json:
        print(json.dumps(found))
    else:
        for name, (equal, total) in found["agreement"].items():
            print(f"{name}: {equal:,} of {total:,} equal RDKit's own")
        print("; ".join(f"{name} {value:,}" for name, value in found["time"].items()))
    return 0 if all(equal == total for equal, total in found["agreement"].values()) else 1


def agreement(smiles: list[str]) -> dict[str, tuple[int, int]]:
    """How many values equal RDKit's own, by column."""
    theirs = own_functions()
    equal = dict.fromkeys(theirs, 0)
    for text in smiles:
        sheet = Sheet.of(text)
        for name, (compute, of_whole) in theirs.items():
            structure = (sheet.whole if of_whole else sheet.parent).structure
            # A new molecule: nothing that our side may have stored in the other is used.
            fresh = Chem.MolFromSmiles(text) if of_whole else Chem.Mol(structure)
            equal[name] += COLUMNS[name].text(sheet) == written(name, compute(fresh))
    return {name: (count, len(smiles)) for name, count in equal.items()}


def written(name: str, value: Any) -> str:
    """A value as the table writes it; zero has no sign."""
    if name not in PROPERTIES:
        return str(value)
    item = PROPERTIES[name]
    return item.text(round(value, item.digits) + 0.0 if item.digits else value)


def own_functions() -> dict[str, tuple[Callable[[Any], Any], bool]]:
    """RDKit's function for each column that it has one for, and whether it is of the whole."""
    counts = {
        "hbd": rdMolDescriptors.CalcNumHBD,
        "hba": rdMolDescriptors.CalcNumHBA,
        "rotatable_bonds": rdMolDescriptors.CalcNumRotatableBonds,
        "rings": rdMolDescriptors.CalcNumRings,
        "aromatic_rings": rdMolDescriptors.CalcNumAromaticRings,
        "heavy_atoms": Descriptors.HeavyAtomCount,
        "lipinski_donors": rdMolDescriptors.CalcNumLipinskiHBD,
        "lipinski_acceptors": rdMolDescriptors.CalcNumLipinskiHBA,
        "heteroatoms": Descriptors.NumHeteroatoms,
        "logp": lambda molecule: rdMolDescriptors.CalcCrippenDescriptors(molecule)[0],
        "molar_refractivity": lambda molecule: rdMolDescriptors.CalcCrippenDescriptors(molecule)[1],
        "tpsa": Descriptors.TPSA,
        "fsp3": Descriptors.FractionCSP3,
        "qed": QED.default,
        "sa_score": contrib("SA_Score", "sascorer").calculateScore,
        "np_likeness": natural(),
    }
    for name in ("PAINS", "BRENK", "NIH", "CHEMBL"):
        counts[f"{name.lower()}_alerts"] = alerts(name)
    whole = {
        "molecular_weight": rdMolDescriptors._CalcMolWt,
        "exact_mass": rdMolDescriptors.CalcExactMolWt,
        "formula": rdMolDescriptors.CalcMolFormula,
        "formal_charge": Chem.GetFormalCharge,
    }
    return {
        **{name: (compute, False) for name, compute in counts.items()},
        **{name: (compute, True) for name, compute in whole.items()},
    }


def natural() -> Callable[[Any], float]:
    scorer = contrib("NP_Score", "npscorer")
    model = scorer.readNPModel()
    return lambda molecule: scorer.scoreMol(molecule, model)


def alerts(name: str) -> Callable[[Any], str]:
    params = FilterCatalog.FilterCatalogParams()
    params.AddCatalog(getattr(FilterCatalog.FilterCatalogParams.FilterCatalogs, name))
    catalog = FilterCatalog.FilterCatalog(params)

    def names(molecule: Any) -> str:
        found = (entry.GetDescription() for entry in catalog.GetMatches(molecule))
        return "; ".join(dict.fromkeys(found)) or calculation_columns.NONE

    return names


def contrib(folder: str, module: str) -> Any:
    """A script of RDKit's Contrib, which is no package."""
    path = Path(RDConfig.RDContribDir) / folder / f"{module}.py"
    spec = importlib.util.spec_from_file_location(module, path)
    assert spec is not None and spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def timed(smiles: list[str]) -> dict[str, float]:
    """CPU seconds of every column, group by group, after tables and catalogues are loaded."""
    calculation_columns.texts("CC(=O)Oc1ccccc1C(=O)O", tuple(COLUMNS.values()))
    found: dict[str, float] = {"molecules": len(smiles)}
    started = time.process_time()
    for text in smiles:
        Sheet.of(text)
    found["reading and parent, CPU s"] = round(time.process_time() - started, 1)
    started = time.process_time()
    for text in smiles:
        calculation_columns.texts(text, tuple(COLUMNS.values()))
    found["all, CPU s"] = round(time.process_time() - started, 1)
    return found


if __name__ == "__main__":
    sys.exit(main())
