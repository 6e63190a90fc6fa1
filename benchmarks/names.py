"""How well names are understood: every known name of a drug, and names with one typing error.

    python benchmarks/names.py [--data ../shared/data] [--errors 4000] [--seed 5] [--json]

The drugs of drughelper that the starter file holds are asked for by each of their names and
synonyms; a name resolves when it leads to the drug, to a salt or solvate of it, or back. Then one
random letter of a name is put in, left out, changed or swapped: the right drug should be the first
that is suggested, and a name with an error must never become another drug without a note. Names
of fewer than five letters are counted apart. Exits 1 when a promise is broken, and 0 with a
message when the data are not there.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import statistics
import string
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from retort.retrieval.errors import RetortError
from retort.tools import structures
from retort.tools.chembl import starter
from retort.tools.chembl.local import LocalSource
from retort.tools.identity import Molecule
from retort.tools.molecule import MoleculeBook
from retort.tools.spelling import fold

WANTED = 0.95
SHORT = 5
"""letters below which a name with an error is counted apart"""

Name = tuple[str, str]
"""a name and the first InChIKey block of the drug's parent"""


def block(smiles: str) -> str:
    """The first block of the InChIKey of the parent, metals and salts as they are kept."""
    molecule = structures.molecule_from_smiles(smiles)
    return structures.first_block(structures.inchikey(structures.standardise(molecule)))


def names_of(data: Path) -> Iterator[tuple[str, str, bool]]:
    """(name, parent's block, whether the starter's own tables hold the name)."""
    held = {row["chembl_id"]: block(row["smiles"]) for row in starter.rows("drugs")}
    own = {name.casefold() for name, _ in starter.names()}
    seen: set[tuple[str, str]] = set()
    table = data / "molecules" / "drughelper" / "datosChembl.tsv"
    with table.open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            if row["Chemblid"] not in held:
                continue
            for name in (row["Drug"], *row["synonyms"].split(";;;")):
                key = (name.strip().casefold(), row["Chemblid"])
                if name.strip() and key not in seen:
                    seen.add(key)
                    yield name.strip(), held[row["Chemblid"]], name.strip().casefold() in own


def resolved(book: MoleculeBook, name: str) -> Molecule | None:
    """The molecule of a name, or None where it is refused."""
    try:
        return book.resolve(name)
    except RetortError:
        return None


def spoil(name: str, random_: random.Random) -> tuple[str, str]:
    """A name with one typing error that changes its letters, and the kind of error."""
    while True:
        at = random_.randrange(len(name))
        letter = random_.choice(string.ascii_lowercase)
        kind = random_.choice(("insert", "delete", "replace", "transpose"))
        wrong = {
            "insert": name[:at] + letter + name[at:],
            "delete": name[:at] + name[at + 1 :],
            "replace": name[:at] + letter + name[at + 1 :],
            "transpose": name[:at] + name[at : at + 2][::-1] + name[at + 2 :],
        }[kind]
        if fold(wrong) != fold(name) and fold(wrong):
            return wrong, kind


def every_name(source: LocalSource, names: list[tuple[str, str, bool]]) -> dict[str, Any]:
    """Each name asked for once, each in a conversation of its own."""
    reasons: Counter[str] = Counter()
    failed, seconds = [], []
    held = 0
    for name, wanted, is_held in names:
        start = time.perf_counter()
        found = resolved(MoleculeBook(source), name)
        seconds.append(time.perf_counter() - start)
        held += is_held
        if found and found.smiles and block(found.smiles) == wanted:
            continue
        reason = f"leads to {found.label}" if found else "not among the starter's synonyms"
        reason = reason if not is_held or found else "held and not found"
        reasons["leads elsewhere" if found else reason] += 1
        failed.append({"name": name, "reason": reason, "held": is_held})
    return {
        "names": len(names),
        "held": held,
        "resolved": len(names) - len(failed),
        "held_not_resolved": [item for item in failed if item["held"]],
        "not_resolved": failed,
        "reasons": dict(reasons),
        "median_ms": 1e3 * statistics.median(seconds),
        "slowest_ms": 1e3 * max(seconds),
    }


def with_errors(source: LocalSource, count: int, seed: int) -> dict[str, Any]:
    """Names of the starter with one typing error each."""
    random_ = random.Random(seed)
    held = {row["chembl_id"]: block(row["smiles"]) for row in starter.rows("drugs")}
    names = [(name, held[key]) for name, key in starter.names()]
    tallies = {"long": Counter[str](), "short": Counter[str]()}
    silent, missed, seconds = [], [], []
    for _ in range(count):
        name, wanted = random_.choice(names)
        wrong, kind = spoil(name, random_)
        tally = tallies["short" if len(fold(name)) < SHORT else "long"]
        tally["asked"] += 1
        start = time.perf_counter()
        found = resolved(MoleculeBook(source), wrong)
        near = [found.name] if found else source.suggest(wrong)
        seconds.append(time.perf_counter() - start)
        best = resolved(MoleculeBook(source), near[0]) if near else None
        if found and (not found.smiles or block(found.smiles) != wanted):
            told = "told" if found.note or found.matched_by != "name" else "silent"
            is_other_name = any(wrong.casefold() == other.casefold() for other, _ in names)
            tally["another known name" if is_other_name else f"wrong, {told}"] += 1
            if told == "silent" and not is_other_name:
                silent.append({"name": name, "typed": wrong, "became": found.label})
        if best and best.smiles and block(best.smiles) == wanted:
            tally["first"] += 1
        else:
            missed.append({"name": name, "typed": wrong, "kind": kind, "near": near[:3]})
    return {
        "tallies": {size: dict(tally) for size, tally in tallies.items()},
        "silent": silent,
        "missed": missed,
        "median_ms": 1e3 * statistics.median(seconds),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--errors", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    if not (args.data / "molecules" / "drughelper").is_dir():
        print(f"skipped: no molecules/drughelper in {args.data} (say where with --data)")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        source = LocalSource(starter.path_for(Path(folder)))
        source.suggest("warm", 1)
        known = every_name(source, list(names_of(args.data)))
        spoilt = with_errors(source, args.errors, args.seed)
        source.close()
    long = spoilt["tallies"]["long"]
    share = long.get("first", 0) / long["asked"]
    if args.json:
        print(json.dumps({"names": known, "errors": spoilt}, ensure_ascii=False, indent=1))
    else:
        print(f"names and synonyms: {known['resolved']} of {known['names']} resolve; of the")
        print(f"  {known['held']} that the starter holds, {len(known['held_not_resolved'])} do not")
        for item in known["not_resolved"]:
            print(f"  {item['name']}: {item['reason']}")
        print(f"  {known['median_ms']:.2f} ms per name, slowest {known['slowest_ms']:.0f} ms")
        print(f"one typing error: first in {share:.2%} of {long['asked']} names")
        for size, tally in spoilt["tallies"].items():
            print(f"  {size}: {tally}")
        for item in spoilt["missed"][:20]:
            print(f"  missed: {item}")
        print(f"  {spoilt['median_ms']:.2f} ms per name")
        print(f"  another drug without a word: {spoilt['silent']}")
    broken = known["held_not_resolved"] or share < WANTED or spoilt["silent"]
    return int(bool(broken))


if __name__ == "__main__":
    sys.exit(main())
