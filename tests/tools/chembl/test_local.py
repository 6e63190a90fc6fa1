"""The local backend: what it finds, what it refuses, older releases, threads."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retort.retrieval.errors import RetortError, UsageError
from retort.tools.chembl.database import Database
from retort.tools.chembl.local import LocalSource
from retort.tools.chembl.records import ActivityQuery

EGFR = "CHEMBL203"


def _changed(chembl_file: Path, tmp_path: Path, statements: Sequence[str]) -> LocalSource:
    path = tmp_path / "older release.sqlite"
    shutil.copy(chembl_file, path)
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in statements:
            connection.execute(statement)
    return LocalSource(path)


def test_a_molecule_is_found_by_every_door(local: LocalSource) -> None:
    rows = [local.molecules(text)[0] for text in ("Osimertinib", "tagrisso", "chembl3353410")]
    assert {row.chembl_id for row in rows} == {"CHEMBL3353410"}
    assert [row.matched_by for row in rows] == ["name", "synonym", "ChEMBL id"]
    assert rows[0].name == "Osimertinib"
    assert rows[0].max_phase == 4
    assert rows[0].release == "ChEMBL 35"
    key = local.molecules("bsynrymutxbxsq-uhfffaoysa-n")[0]
    assert (key.name, key.matched_by, key.formula) == ("Aspirin", "InChIKey", "C9H8O4")


def test_a_shared_trade_name_means_the_parent_first(local: LocalSource) -> None:
    rows = local.molecules("Tarceva")
    assert [row.name for row in rows] == ["Erlotinib", "Erlotinib hydrochloride"]
    assert rows[1].parent_chembl_id == rows[0].chembl_id


def test_flags_are_yes_no_or_unknown(local: LocalSource) -> None:
    warnings = [local.molecules(name)[0].black_box_warning for name in ("aspirin", "celecoxib")]
    assert warnings == [False, True]
    assert local.molecules("erlotinib hydrochloride")[0].black_box_warning is None


def test_near_names(local: LocalSource) -> None:
    assert local.suggest("osimertinb")[0] == "Osimertinib"
    assert local.suggest("Tagriso") == ["Tagrisso"]
    assert local.suggest("unobtainium") == []


@pytest.mark.parametrize(
    ("text", "first", "matched_by"),
    [
        ("EGFR", EGFR, "gene symbol"),
        ("erbb1", EGFR, "synonym"),
        ("P00533", EGFR, "UniProt accession"),
        ("chembl203", EGFR, "ChEMBL id"),
        ("Q01279", "CHEMBL3608", "UniProt accession"),
        ("epidermal growth factor receptor", EGFR, "name"),
        ("COX2", "CHEMBL230", "synonym"),
        ("human cox 2", "CHEMBL230", "synonym"),
        ("cyclooxyg", "CHEMBL221", "part of the name"),
        ("100%_kin\\", "CHEMBL2363049", "part of the name"),
    ],
)
def test_the_human_single_protein_comes_first(
    local: LocalSource, text: str, first: str, matched_by: str
) -> None:
    best = local.targets(text)[0]
    assert (best.chembl_id, best.matched_by) == (first, matched_by)


def test_all_meanings_of_a_gene_symbol(local: LocalSource) -> None:
    rows = local.targets("EGFR")
    assert [row.chembl_id for row in rows] == [EGFR, "CHEMBL2363049", "CHEMBL3608"]
    assert rows[1].gene == "EGFR, ERBB2"
    assert rows[0].synonyms == ("ERBB1", "Proto-oncogene c-ErbB-1")


def test_wildcards_in_a_name_are_letters(local: LocalSource) -> None:
    assert local.targets("%%%") == []
    assert local.targets("___") == []


def test_below_10_nm_takes_rows_that_prove_it(local: LocalSource) -> None:
    page = local.activities(ActivityQuery(target_id=EGFR, types=("IC50",), max_value_nm=10))
    found = {(row.activity_id, row.relation, row.value) for row in page.rows}
    assert found == {
        ("101", "=", 0.17),
        ("103", "=", 1.2),
        ("106", "=", 2),
        ("107", "=", 0.9),
        ("108", "<", 5),
        ("114", "=", 1),
    }
    assert page.total == 6
    assert page.flagged == 1


def test_best_first_and_nothing_doubted(local: LocalSource) -> None:
    page = local.activities(ActivityQuery(target_id=EGFR, limit=100))
    strength = [-1.0 if row.pchembl is None else row.pchembl for row in page.rows]
    assert strength == sorted(strength, reverse=True)
    assert not {"115", "116"} & {row.activity_id for row in page.rows}
    assert (page.total, page.flagged, page.duplicates) == (17, 1, 1)
    assert len(page.rows) == page.total


def test_a_row_tells_where_it_comes_from(local: LocalSource) -> None:
    mutant = next(
        row
        for row in local.activities(ActivityQuery(target_id=EGFR)).rows
        if row.activity_id == "114"
    )
    assert (mutant.variant, mutant.gene, mutant.assay_chembl_id) == (
        "T790M",
        "EGFR",
        "CHEMBL674638",
    )
    assert (mutant.document_chembl_id, mutant.year, mutant.doi) == ("CHEMBL3259999", 2014, "")
    assert mutant.confidence_score == 8
    first = local.activities(ActivityQuery(target_id=EGFR)).rows
    assert next(row for row in first if row.activity_id == "101").pubmed_id == "15000001"


def test_a_molecule_stands_for_its_salts(local: LocalSource) -> None:
    pages = [
        local.activities(ActivityQuery(target_id=EGFR, molecule_ids=(name,), types=("IC50",)))
        for name in ("CHEMBL553", "CHEMBL1079742")
    ]
    assert pages[0] == pages[1]
    assert {row.molecule_chembl_id for row in pages[0].rows} == {"CHEMBL553", "CHEMBL1079742"}
    assert {row.parent_chembl_id for row in pages[0].rows} == {"CHEMBL553"}


def test_activities_of_nothing_is_wrong_use() -> None:
    with pytest.raises(UsageError, match="Neither a target nor a molecule"):
        ActivityQuery()


@given(
    limit=st.integers(1, 7),
    types=st.sets(st.sampled_from(["IC50", "Ki", "Inhibition"])),
    max_value_nm=st.none() | st.floats(0.1, 50),
    min_pchembl=st.none() | st.floats(7, 10),
)
def test_pages_put_together_are_the_whole(
    chembl_file: Path,
    limit: int,
    types: set[str],
    max_value_nm: float | None,
    min_pchembl: float | None,
) -> None:
    local = LocalSource(chembl_file)

    def page(limit: int, offset: int) -> ActivityQuery:
        return ActivityQuery(
            target_id=EGFR,
            types=tuple(sorted(types)),
            max_value_nm=max_value_nm,
            min_pchembl=min_pchembl,
            limit=limit,
            offset=offset,
        )

    whole = local.activities(page(1000, 0))
    pieces = [
        row
        for offset in range(0, whole.total, limit)
        for row in local.activities(page(limit, offset)).rows
    ]
    everything = local.activities(ActivityQuery(target_id=EGFR, limit=1000)).rows
    assert tuple(pieces) == whole.rows
    assert list(whole.rows) == [row for row in everything if page(1, 0).accepts(row)]
    local.close()


def test_mechanism_of_a_salt_is_that_of_its_family(local: LocalSource) -> None:
    rows = local.mechanisms(molecule_id="CHEMBL553")
    assert [(row.molecule_name, row.gene) for row in rows] == [("Erlotinib hydrochloride", "EGFR")]


def test_drugs_of_a_target_include_those_of_its_family(local: LocalSource) -> None:
    rows = local.mechanisms(target_id="CHEMBL230")
    assert [(row.molecule_name, row.target_name) for row in rows] == [
        ("Aspirin", "Cyclooxygenase"),
        ("Celecoxib", "Cyclooxygenase-2"),
    ]


def test_a_mechanism_without_a_target(local: LocalSource) -> None:
    (row,) = local.mechanisms(molecule_id="CHEMBL1201585")
    assert (row.mechanism, row.action_type, row.target_chembl_id) == ("Unknown", "", "")


def test_indications_once_each_highest_phase_first(local: LocalSource) -> None:
    rows = local.indications("CHEMBL25")
    assert [(row.indication, row.max_phase) for row in rows] == [
        ("Pain", 4),
        ("Colorectal Neoplasms", 3),
        ("migraine disorder", 0.5),
    ]
    assert [row.max_phase for row in local.indications("CHEMBL3353410")] == [4]


def test_an_older_release_lacks_columns_and_tables(chembl_file: Path, tmp_path: Path) -> None:
    source = _changed(
        chembl_file,
        tmp_path,
        [
            "ALTER TABLE molecule_dictionary DROP COLUMN withdrawn_flag",
            "ALTER TABLE activities DROP COLUMN potential_duplicate",
            "ALTER TABLE assays DROP COLUMN variant_id",
            "ALTER TABLE drug_indication DROP COLUMN efo_term",
            "DROP TABLE compound_properties",
            "DROP TABLE molecule_hierarchy",
            "DROP TABLE molecule_synonyms",
            "DROP TABLE docs",
            "DROP TABLE component_synonyms",
            "DROP TABLE variant_sequences",
            "DROP TABLE version",
        ],
    )
    row = source.molecules("aspirin")[0]
    assert (row.withdrawn, row.formula, row.synonyms) == (None, "", ())
    assert (row.parent_chembl_id, row.release) == ("CHEMBL25", "ChEMBL, unknown release")
    page = source.activities(ActivityQuery(target_id=EGFR, limit=100))
    assert (page.total, page.duplicates) == (18, 0)
    assert page.rows[0].document_chembl_id == page.rows[0].gene == page.rows[0].variant == ""
    assert source.targets("P00533")[0].chembl_id == EGFR
    assert source.indications("CHEMBL25")[0].indication == "Pain"
    assert source.mechanisms(molecule_id="CHEMBL25")[0].molecule_name == "Aspirin"
    source.close()


def test_what_a_release_cannot_know_is_not_answered_by_none(
    chembl_file: Path, tmp_path: Path
) -> None:
    source = _changed(
        chembl_file, tmp_path, ["DROP TABLE drug_indication", "DROP TABLE drug_mechanism"]
    )
    with pytest.raises(RetortError, match="does not hold indications") as caught:
        source.indications("CHEMBL25")
    assert "RETORT_CHEMBL" in caught.value.next
    with pytest.raises(RetortError, match="does not hold mechanisms"):
        source.mechanisms(molecule_id="CHEMBL25")
    source.close()


def test_files_that_are_refused(tmp_path: Path, chembl_file: Path) -> None:
    missing, text, other, empty = (tmp_path / name for name in ("a", "b", "c", "d"))
    text.write_text("not a database, but long enough to be read as one" * 50)
    with closing(sqlite3.connect(other)) as connection, connection:
        connection.execute("CREATE TABLE molecule_dictionary (molregno)")
    empty.touch()
    damaged = tmp_path / "damaged.sqlite"
    content = chembl_file.read_bytes()
    damaged.write_bytes(content[:100] + b"\xff" * 4000 + content[4100:])
    reasons = {
        missing: "no such file",
        tmp_path: "not a file",
        text: "file is not a database",
        other: "is not a ChEMBL database",
        empty: "is not a ChEMBL database",
        damaged: "malformed",
    }
    for path, reason in reasons.items():
        with pytest.raises(RetortError, match=reason) as caught:
            LocalSource(path)
        assert "retort doctor" in caught.value.next


def test_damage_met_later_is_told(chembl_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "chembl.sqlite"
    content = chembl_file.read_bytes()
    path.write_bytes(content[: 4096 * 3])
    with pytest.raises(RetortError, match="malformed"):
        LocalSource(path).activities(ActivityQuery(target_id=EGFR))


def test_reading_leaves_no_trace(chembl_file: Path, tmp_path: Path) -> None:
    folder = tmp_path / "a folder #1?"
    folder.mkdir()
    path = folder / "chembl.sqlite"
    shutil.copy(chembl_file, path)
    before = hashlib.sha256(path.read_bytes()).hexdigest()
    source = LocalSource(path)
    source.activities(ActivityQuery(target_id=EGFR))
    with pytest.raises(RetortError, match="readonly"):
        Database(path).rows("CREATE TABLE mark (x)")
    source.close()
    assert hashlib.sha256(path.read_bytes()).hexdigest() == before
    assert [item.name for item in folder.iterdir()] == ["chembl.sqlite"]


def test_many_threads_get_the_same_rows(local: LocalSource) -> None:
    query = ActivityQuery(target_id=EGFR, limit=100)
    with ThreadPoolExecutor(8) as pool:
        pages = list(pool.map(lambda _: local.activities(query), range(64)))
        names = list(pool.map(lambda _: local.molecules("Tarceva"), range(64)))
    assert all(page == pages[0] for page in pages)
    assert all(rows == names[0] and len(rows) == 2 for rows in names)


def test_a_closed_source_says_so(chembl_file: Path) -> None:
    source = LocalSource(chembl_file)
    source.close()
    with pytest.raises(RetortError, match="was closed"):
        source.targets("EGFR")
