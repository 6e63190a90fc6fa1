"""Sets of molecules: seconds and results of every analysis, and a check of the matched pairs.

    python benchmarks/series.py [--data ../shared/data] [--json]

Compounds with pIC50 on EGFR (teachopencadd). Seconds are of the processor, in one thread. The
matched pairs of a subset are found again by brute force: every pair of molecules is compared by the
sets of their cuts, without the index and its rules of order.
"""

from __future__ import annotations

import argparse
import csv
import json
import time
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any

from rdkit import Chem

from retort.tools.series import analyses, conformers, members, pairs
from retort.tools.series.members import Entry, Series

SET = Path("molecules") / "teachopencadd" / "EGFR_compounds.csv"
MACROCYCLE = "C1" + "C(=O)NCC" * 29 + "C(=O)N1"
"""149 heavy atoms, one ring"""


def main() -> None:
    """Measure, and print a line each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    path = options.data / SET
    if not path.exists():
        print(f"Skipped: no {SET} under {options.data}.")
        return
    with path.open(encoding="utf-8", newline="") as file:
        rows = [
            Entry(row["molecule_chembl_id"], row["smiles"], members.number(row["pIC50"]))
            for row in csv.DictReader(file)
        ]
    found: list[dict[str, Any]] = []

    def note(name: str, action: Callable[[], Any], say: Callable[[Any], str]) -> Any:
        started = time.process_time()
        made = action()
        seconds = round(time.process_time() - started, 1)
        found.append({"what": name, "seconds": seconds, "result": say(made)})
        if not options.json:
            print(f"{name}: {seconds} s; {say(made)}", flush=True)
        return made

    sets: dict[int, Series] = {}
    for count in (5_000, 2_000):
        sets[count] = note(
            f"reading {count}", lambda n=count: members.gather(rows[:n], "pIC50"), Series.remarks
        )
    for count, by in (
        (5_000, "scaffold"),
        (5_000, "clusters"),
        (5_000, "diverse"),
        (2_000, "common_core"),
        (2_000, "matched_pairs"),
    ):
        series = sets[count]
        note(f"{by} of {count}", lambda b=by, s=series: analyses.analyse(s, b), _told)
    core = analyses.Wish(core="c1ccc(Nc2ncnc3ccccc23)cc1")
    note("r_groups of 2000", lambda: analyses.analyse(sets[2_000], "r_groups", core), _told)
    note("matched pairs against brute force", lambda: agreement(sets[2_000], 300), str)
    for name, smiles in (("an inhibitor", inhibitor(rows)), ("macrocycle", MACROCYCLE)):
        molecule = Chem.MolFromSmiles(smiles)
        note(
            f"10 conformers of {name} ({molecule.GetNumHeavyAtoms()} heavy atoms)",
            lambda m=molecule: conformers.conformers(m, 10, seconds=30),
            lambda made: (
                f"{len(made.conformers)} distinct of {made.embedded}, "
                f"{'cut off' if made.is_timed_out else 'finished'}"
            ),
        )
    if options.json:
        print(json.dumps(found))


def inhibitor(rows: list[Entry]) -> str:
    """The first anilinoquinazoline of the set with a basic chain."""
    wanted = Chem.MolFromSmarts("c1ccc(Nc2ncnc3ccccc23)cc1")
    chain = Chem.MolFromSmarts("OCCCN1CCOCC1")
    for row in rows:
        molecule = Chem.MolFromSmiles(row.smiles)
        if molecule.HasSubstructMatch(wanted) and molecule.HasSubstructMatch(chain):
            return row.smiles
    return rows[0].smiles


def _told(found: Any) -> str:
    first = found.evidence[0].quote if found.evidence else ""
    return f"{found.summary}; first: {first[:160]}"


def agreement(series: Series, count: int) -> dict[str, Any]:
    """Whether index and brute force find the same pairs in ``count`` molecules, and changes."""
    subset = series.members[:count]
    made = pairs.matched_pairs(subset)
    indexed = {
        (min(pair.one, pair.other), max(pair.one, pair.other)): pair
        for item in made.transformations
        for pair in item.pairs
    }
    sides = [dict[str, set[str]]() for _ in subset]
    for at, member in enumerate(subset):
        for constant, variable in pairs.cuts(member.structure):
            sides[at].setdefault(constant, set()).add(variable)
    capped = [{_with_hydrogen(constant) for constant in held} for held in sides]
    forced: set[tuple[int, int]] = set()
    for one, other in combinations(range(len(subset)), 2):
        shared = sides[one].keys() & sides[other].keys()
        is_pair = any(sides[one][c] != sides[other][c] for c in shared) or any(
            subset[bare].smiles in capped[cut] for bare, cut in ((one, other), (other, one))
        )
        if is_pair:
            forced.add((one, other))
    return {
        "molecules": count,
        "pairs": len(indexed),
        "by brute force": len(forced),
        "the same pairs": indexed.keys() == forced,
        "changes are differences of the values": all(
            pair.change == (subset[pair.other].value or 0.0) - (subset[pair.one].value or 0.0)
            for pair in indexed.values()
        ),
    }


def _with_hydrogen(constant: str) -> str:
    """A shared part with a hydrogen in place of the substituent, made by editing its graph."""
    molecule = Chem.RWMol(Chem.MolFromSmiles(constant))
    for atom in molecule.GetAtoms():
        if atom.GetAtomicNum() == 0:
            atom.SetAtomMapNum(0)
            atom.SetAtomicNum(1)
    return str(Chem.MolToSmiles(Chem.RemoveHs(molecule)))


if __name__ == "__main__":
    main()
