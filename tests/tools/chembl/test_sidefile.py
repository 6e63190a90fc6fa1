"""The side files of a dump: the same answers as without them, rebuilt when the dump changes."""

from __future__ import annotations

import os
import shutil
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from retort.tools.chembl import describing, sidefile
from retort.tools.chembl.database import Database
from retort.tools.chembl.fingerprints import Structures
from retort.tools.chembl.local import LocalSource
from retort.tools.chembl.records import ActivityQuery

QUESTIONS: tuple[Callable[[LocalSource], Any], ...] = (
    *(
        lambda source, text=text: source.molecules(text)
        for text in ("osimertinib", "tarceva", "ZD-1839", "chembl25", "BSYNRYMUTXBXSQ-UHFFFAOYSA-N")
    ),
    *(
        lambda source, text=text: source.targets(text)
        for text in ("EGFR", "p00533", "CHEMBL203", "ERBB1", "cox 2", "cyclooxyg", "HER-2")
    ),
    *(
        lambda source, query=query: source.activities(query)
        for query in (
            ActivityQuery(target_id="CHEMBL203"),
            ActivityQuery(target_id="CHEMBL203", limit=4, offset=7),
            ActivityQuery(target_id="CHEMBL203", types=("IC50",), max_value_nm=10),
            ActivityQuery(target_id="CHEMBL203", flagged=True, duplicates=True),
            ActivityQuery(molecule_ids=("CHEMBL1079742", "CHEMBL25"), organism="homo sapiens"),
            ActivityQuery(document_id="CHEMBL1134862", min_value_nm=10),
            ActivityQuery(target_id="CHEMBL203", variant="t790m"),
        )
    ),
    lambda source: source.suggest("osimertinb"),
    lambda source: source.name_of("BSYNRYMUTXBXSQ"),
    lambda source: source.mechanisms(target_id="CHEMBL203"),
    lambda source: source.indications(molecule_id="CHEMBL3353410"),
    lambda source: source.documents("10.1021/JM000000A"),
    lambda source: source.documents("PMID: 15000001"),
)


@pytest.fixture
def dump(chembl_file: Path, tmp_path: Path) -> Path:
    """A copy of the fixture that may be changed."""
    return Path(shutil.copy(chembl_file, tmp_path / "chembl_35.db"))


@pytest.fixture
def indexed(
    dump: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], LocalSource]:
    """Opens the copy as if it were a dump of many gigabytes."""
    monkeypatch.setattr(sidefile, "LARGE_BYTES", 0)
    return lambda: LocalSource(dump, tmp_path / "cache")


def lookups(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "cache").rglob("lookups-*.sqlite"))


@pytest.mark.parametrize("number", range(len(QUESTIONS)))
def test_the_side_file_changes_no_answer(
    local: LocalSource, indexed: Callable[[], LocalSource], number: int
) -> None:
    question = QUESTIONS[number]
    answer = question(local)
    assert answer and question(indexed()) == answer


def test_it_is_built_once_and_again_for_a_changed_dump(
    dump: Path, indexed: Callable[[], LocalSource], tmp_path: Path
) -> None:
    indexed()
    (first,) = lookups(tmp_path)
    built = first.stat().st_mtime_ns
    indexed()
    assert first.stat().st_mtime_ns == built
    with closing(sqlite3.connect(dump)) as connection, connection:
        connection.execute("UPDATE molecule_dictionary SET pref_name = 'X' WHERE molregno = 1")
    os.utime(dump, ns=(1, 1))
    assert indexed().molecules("aspirin")[0].matched_by == "synonym"
    (second,) = lookups(tmp_path)
    assert second != first


def test_the_dump_is_not_written_to(
    dump: Path, indexed: Callable[[], LocalSource], tmp_path: Path
) -> None:
    before = dump.read_bytes()
    dump.chmod(0o444)
    source = indexed()
    assert source.molecules("aspirin")
    assert dump.read_bytes() == before
    assert {path.name for path in tmp_path.iterdir()} == {dump.name, "cache"}


def test_without_room_for_it_the_file_is_read_as_it_is(
    dump: Path, indexed: Callable[[], LocalSource], tmp_path: Path
) -> None:
    (tmp_path / "cache").write_text("no folder")
    assert indexed().targets("EGFR")[0].chembl_id == "CHEMBL203"


def test_an_interrupted_build_leaves_nothing_that_is_read(
    dump: Path, indexed: Callable[[], LocalSource], tmp_path: Path
) -> None:
    def interrupt(done: int, total: int, note: str) -> None:
        if done == 2:
            raise KeyboardInterrupt

    place = sidefile.place_for(dump, "ChEMBL 35", tmp_path / "cache")
    with pytest.raises(KeyboardInterrupt):
        sidefile.build_lookups(Database(dump), place, interrupt)
    assert not any(place.folder.iterdir())
    assert indexed().molecules("aspirin")


def test_fingerprints_go_on_where_they_were_stopped(
    dump: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(describing, "PART", 1)
    db = Database(dump)
    place = sidefile.place_for(dump, "ChEMBL 35", tmp_path / "cache")
    stop = threading.Event()
    assert describing.build_fingerprints(db, place, 1, lambda *_: stop.set(), stop) is None
    # five structures, of which erlotinib hydrochloride is a salt of another
    assert describing.count(db) == 4
    assert 1 <= len(list(place.folder.rglob("*.npz"))) < 4
    folder = describing.build_fingerprints(db, place, 1, lambda *_: None)
    assert folder == place.fingerprints and not list(place.folder.rglob("*.npz"))
    on_disk, in_memory = Structures.open(folder), describing.described(db)
    for name in Structures.__slots__:
        assert (getattr(on_disk, name) == getattr(in_memory, name)).all()


@pytest.mark.parametrize(
    "condition",
    [
        "measured WHERE tid = (SELECT tid FROM target_dictionary WHERE chembl_id = ?)",
        "measured WHERE doc_id = (SELECT doc_id FROM docs WHERE chembl_id = ?)",
        "measured WHERE molregno = CAST(? AS INTEGER)",
        "named WHERE name = ? COLLATE NOCASE",
        "keyed WHERE inchikey = ?",
        "aimed WHERE name = ? COLLATE NOCASE",
        "cited WHERE reference = ? COLLATE NOCASE",
    ],
)
def test_a_lookup_reads_no_whole_relation(dump: Path, tmp_path: Path, condition: str) -> None:
    place = sidefile.place_for(dump, "ChEMBL 35", tmp_path / "cache")
    side = sidefile.build_lookups(Database(dump), place, lambda *_: None)
    plan = Database(dump, side).rows(f"EXPLAIN QUERY PLAN SELECT * FROM {condition}", ("1",))
    relation = condition.split()[0]
    assert any(row["detail"].startswith(f"SEARCH {relation} ") for row in plan)
