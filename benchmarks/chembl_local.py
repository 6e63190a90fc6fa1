"""How long a local ChEMBL takes: side file, lookups cold and warm, search by structure.

A synthetic dump is written with the table names, keys and constraints of a real one, in a temporary
folder: structures from the pretraining set, invented measurements. "Cold" is the first question of
a newly opened source; the operating system's page cache stays as it is. Exits 0 with a message when
the data are not there.

    python benchmarks/chembl_local.py [--structures 200000] [--activities 1000000]
"""

from __future__ import annotations

import argparse
import gzip
import os
import random
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

from retort.tools.chembl import describing, sidefile
from retort.tools.chembl.database import Database
from retort.tools.chembl.local import LocalSource, release_of
from retort.tools.chembl.records import ActivityQuery

SCHEMA = """
CREATE TABLE version (name TEXT);
CREATE TABLE molecule_dictionary (molregno BIGINT NOT NULL PRIMARY KEY,
  chembl_id TEXT NOT NULL UNIQUE, pref_name TEXT, max_phase NUMERIC);
CREATE TABLE molecule_synonyms (molsyn_id BIGINT NOT NULL PRIMARY KEY, molregno BIGINT,
  synonyms TEXT, syn_type TEXT);
CREATE TABLE molecule_hierarchy (molregno BIGINT NOT NULL PRIMARY KEY, parent_molregno BIGINT);
CREATE TABLE compound_structures (molregno BIGINT NOT NULL PRIMARY KEY, canonical_smiles TEXT,
  standard_inchi_key TEXT);
CREATE TABLE target_dictionary (tid BIGINT NOT NULL PRIMARY KEY, chembl_id TEXT NOT NULL UNIQUE,
  pref_name TEXT, target_type TEXT, organism TEXT);
CREATE TABLE component_sequences (component_id BIGINT NOT NULL PRIMARY KEY, accession TEXT);
CREATE TABLE component_synonyms (compsyn_id BIGINT NOT NULL PRIMARY KEY, component_id BIGINT,
  component_synonym TEXT, syn_type TEXT, UNIQUE (component_id, component_synonym, syn_type));
CREATE TABLE target_components (targcomp_id BIGINT NOT NULL PRIMARY KEY, tid BIGINT,
  component_id BIGINT, UNIQUE (tid, component_id));
CREATE TABLE docs (doc_id BIGINT NOT NULL PRIMARY KEY, chembl_id TEXT NOT NULL UNIQUE, title TEXT,
  year INTEGER, doi TEXT, pubmed_id BIGINT);
CREATE TABLE assays (assay_id BIGINT NOT NULL PRIMARY KEY, chembl_id TEXT NOT NULL UNIQUE,
  tid BIGINT, assay_type TEXT, confidence_score INTEGER, description TEXT);
CREATE TABLE activities (activity_id BIGINT NOT NULL PRIMARY KEY, assay_id BIGINT, doc_id BIGINT,
  molregno BIGINT, standard_type TEXT, standard_relation TEXT, standard_value NUMERIC,
  standard_units TEXT, pchembl_value NUMERIC, data_validity_comment TEXT,
  potential_duplicate INTEGER);
"""
TARGETS, ASSAYS, NAMED = 2_000, 20_000, 10
"""one molecule in ``NAMED`` has a name and a synonym"""


def write(path: Path, smiles: list[str], activities: int, seed: int) -> None:
    """A dump of these structures; targets are measured as unevenly as in ChEMBL (by 1 / rank)."""
    draw = random.Random(seed)
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

    def key() -> str:
        return "-".join("".join(draw.choices(letters, k=n)) for n in (14, 10, 1))

    def name() -> str:
        return "".join(draw.choice("BCDFGLMNPRST") + draw.choice("AEIOU") for _ in range(4)) + "IB"

    n = len(smiles)
    assays = draw.choices(range(TARGETS), weights=[1 / (i + 1) for i in range(TARGETS)], k=ASSAYS)

    def measured() -> Iterator[tuple[object, ...]]:
        for number in range(activities):
            p = round(draw.uniform(4, 10), 2)
            assay, molecule = draw.randrange(ASSAYS), draw.randrange(n)
            value = float(f"{10 ** (9 - p):.4g}")
            yield number, assay, assay // 4, molecule, "IC50", "=", value, "nM", p, None, 0

    rows: dict[str, Any] = {
        "version": [("ChEMBL_0",)],
        "molecule_dictionary": (
            (i, f"CHEMBL{i}", name() if i % NAMED == 0 else None, None) for i in range(n)
        ),
        "molecule_synonyms": ((i, i, name(), "TRADE_NAME") for i in range(0, n, NAMED)),
        "molecule_hierarchy": ((i, i) for i in range(n)),
        "compound_structures": ((i, smiles[i], key()) for i in range(n)),
        "target_dictionary": (
            (i, f"CHEMBL{n + i}", f"Target number {i}", "SINGLE PROTEIN", "Homo sapiens")
            for i in range(TARGETS)
        ),
        "component_sequences": ((i, f"P{i:05}") for i in range(TARGETS)),
        "component_synonyms": ((i, i, f"GEN{i}", "GENE_SYMBOL") for i in range(TARGETS)),
        "target_components": ((i, i, i) for i in range(TARGETS)),
        "docs": (
            (i, f"CHEMBL{2 * n + i}", f"Paper {i}", 2000, f"10.1021/jm{i:06}", 10_000_000 + i)
            for i in range(ASSAYS // 4)
        ),
        "assays": (
            (i, f"CHEMBL{3 * n + i}", assays[i], "B", 9, "Inhibition") for i in range(ASSAYS)
        ),
        "activities": measured(),
    }
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.executescript(SCHEMA)
        for table, found in rows.items():
            columns = connection.execute("SELECT name FROM pragma_table_info(?)", (table,))
            marks = ",".join("?" for _ in columns)
            connection.executemany(f"INSERT INTO {table} VALUES ({marks})", found)


def lookups(path: Path, cache: Path, repeats: int) -> list[tuple[str, float, float]]:
    """Milliseconds of each question: of the first after opening, and the median of further ones."""
    with closing(sqlite3.connect(path)) as connection:
        names = [
            row[0]
            for row in connection.execute(
                "SELECT pref_name FROM molecule_dictionary WHERE pref_name IS NOT NULL LIMIT ?",
                (repeats + 1,),
            )
        ]
        keys = [
            row[0]
            for row in connection.execute(
                "SELECT standard_inchi_key FROM compound_structures LIMIT ?", (repeats + 1,)
            )
        ]
        targets = [
            row[0]
            for row in connection.execute("SELECT chembl_id FROM target_dictionary LIMIT 200")
        ]
    questions: dict[str, Callable[[LocalSource, int], object]] = {
        "molecule by name": lambda source, i: source.molecules(names[i].title()),
        "molecule by InChIKey": lambda source, i: source.molecules(keys[i]),
        "near names": lambda source, i: source.suggest(names[i][:-1]),
        "target by gene": lambda source, i: source.targets(f"gen{i}"),
        "document by DOI": lambda source, i: source.documents(f"10.1021/JM{i:06}"),
        "activities of a molecule": lambda source, i: source.activities(
            ActivityQuery(molecule_ids=(f"CHEMBL{i}",))
        ),
        "activities, the most measured target": lambda source, i: source.activities(
            ActivityQuery(target_id=targets[0])
        ),
        "activities, a target at rank 100 and on": lambda source, i: source.activities(
            ActivityQuery(target_id=targets[100 + i % 100])
        ),
    }
    rows = []
    for label, ask in questions.items():
        source = LocalSource(path, cache)
        cold = _milliseconds(ask, source, repeats)
        warm = [_milliseconds(ask, source, i) for i in range(repeats)]
        source.close()
        rows.append((label, cold, median(warm)))
    return rows


def searches(source: LocalSource, smiles: list[str]) -> list[tuple[str, float, str]]:
    """Milliseconds of searches by structure, and what each found."""
    rows = []
    source.similar(smiles[0], 0.9)  # maps the files
    queries = smiles[:: max(1, len(smiles) // 10)][:10]
    for threshold in (0.8, 0.7, 0.5, 0.3):
        timed = [_timed(source.similar, query, threshold) for query in queries]
        spent, found = (median(column) for column in zip(*timed, strict=True))
        rows.append((f"similar, {threshold:g} or more", spent, f"{found:g} found"))
    for pattern in (
        "COc1cc2ncnc(Nc3ccccc3)c2cc1",
        "c1ccc2ncncc2c1",
        "N1CCOCC1",
        "c1ccccc1",
        "[CX3](=O)[OX2H1]",
    ):
        start = time.perf_counter()
        page = source.substructure(pattern)
        spent = 1000 * (time.perf_counter() - start)
        cut = f", {page.of - page.searched} not compared in time" if page.searched < page.of else ""
        rows.append((f"holds {pattern}", spent, f"{page.total} found{cut}"))
    return rows


def _timed(search: Callable[[str, float], Any], query: str, threshold: float) -> tuple[float, int]:
    """Milliseconds of a search, and how many it found."""
    start = time.perf_counter()
    page = search(query, threshold)
    return 1000 * (time.perf_counter() - start), page.total


def _milliseconds(ask: Callable[[LocalSource, int], object], source: LocalSource, i: int) -> float:
    start = time.perf_counter()
    ask(source, i)
    return 1000 * (time.perf_counter() - start)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--structures", type=int, default=200_000)
    parser.add_argument("--activities", type=int, default=1_000_000)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--repeats", type=int, default=30)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    union = asked.data / "molecules" / "pretrain_union" / "smiles_union.txt.gz"
    if not union.is_file():
        print(f"Skipped: {union} is not there.", file=sys.stderr)
        return
    with gzip.open(union, "rt", encoding="utf-8") as lines:
        smiles = [line.split()[0] for line in islice(lines, asked.structures)]
    with tempfile.TemporaryDirectory() as folder:
        path, cache = Path(folder) / "chembl_0.db", Path(folder) / "cache"
        write(path, smiles, asked.activities, asked.seed)
        sidefile.LARGE_BYTES = 0
        db = Database(path)
        place = sidefile.place_for(path, release_of(db), cache)
        start = time.perf_counter()
        sidefile.build_lookups(db, place, lambda *_: None)
        built = time.perf_counter() - start
        size = place.lookups.stat().st_size / 2**20
        print(
            f"dump: {len(smiles):,} structures, {asked.activities:,} activities, "
            f"{path.stat().st_size / 2**20:,.0f} MB"
        )
        print(
            f"side file: {built:.1f} s, {size:,.0f} MB "
            f"({1e6 * built / asked.activities:.1f} s per million activities)\n"
        )
        print(f"{'lookup':<42}{'cold ms':>9}{'warm ms':>9}")
        for label, cold, warm in lookups(path, cache, asked.repeats):
            print(f"{label:<42}{cold:9.1f}{warm:9.1f}")
        start = time.perf_counter()
        made = describing.build_fingerprints(db, place, asked.processes, lambda *_: None)
        built = time.perf_counter() - start
        assert made is not None
        size = sum(file.stat().st_size for file in made.iterdir()) / 2**20
        print(
            f"\nfingerprints: {built:.0f} s on {asked.processes} processes, {size:,.0f} MB "
            f"({1e6 * built / len(smiles):.0f} s per million structures)\n"
        )
        print(f"{'search by structure':<42}{'ms':>9}  found")
        for label, spent, found in searches(LocalSource(path, cache), smiles):
            print(f"{label:<42}{spent:9.1f}  {found}")


if __name__ == "__main__":
    main()
