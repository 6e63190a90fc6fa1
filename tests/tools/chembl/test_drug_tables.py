"""Warnings, references, documents and diseases, and what older releases lack of them."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from retort.retrieval.errors import RetortError
from retort.tools.chembl import reading
from retort.tools.chembl.local import LocalSource
from retort.tools.chembl.records import Reference

MORE = """
DROP TABLE IF EXISTS drug_warning;
CREATE TABLE drug_warning (warning_id INTEGER PRIMARY KEY, molregno INTEGER, warning_type TEXT,
  warning_class TEXT, warning_description TEXT, warning_country TEXT, warning_year INTEGER);
DROP TABLE IF EXISTS warning_refs;
CREATE TABLE warning_refs (warnref_id INTEGER PRIMARY KEY, warning_id INTEGER, ref_type TEXT,
  ref_id TEXT, ref_url TEXT);
DROP TABLE IF EXISTS mechanism_refs;
CREATE TABLE mechanism_refs (mecref_id INTEGER PRIMARY KEY, mec_id INTEGER, ref_type TEXT,
  ref_id TEXT, ref_url TEXT);
DROP TABLE IF EXISTS indication_refs;
CREATE TABLE indication_refs (indref_id INTEGER PRIMARY KEY, drugind_id INTEGER, ref_type TEXT,
  ref_id TEXT, ref_url TEXT);
INSERT INTO drug_warning VALUES
  (1, 9, 'Black Box Warning', 'cardiotoxicity', NULL, 'United States', NULL),
  (2, 4, 'Withdrawn', 'hepatotoxicity', 'Invented for the test', 'France; Spain', 2001);
INSERT INTO warning_refs VALUES
  (1, 2, 'PubMed', '11111111', 'http://europepmc.org/abstract/MED/11111111'),
  (2, 2, 'FDA', 'label', NULL);
INSERT INTO mechanism_refs VALUES (1, 2, 'PubMed', '15118073', NULL);
INSERT INTO indication_refs VALUES (1, 1, 'ATC', 'N02BA01', NULL);
"""


@pytest.fixture
def recent(chembl_file: Path, tmp_path: Path) -> LocalSource:
    """The fixture with the tables of a recent release."""
    path = Path(shutil.copy(chembl_file, tmp_path / "recent.db"))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(MORE)
    return LocalSource(path)


@pytest.fixture
def without(chembl_file: Path, tmp_path: Path) -> Callable[[str], LocalSource]:
    """The fixture as an older release, after a statement that takes something away."""

    def make(statement: str) -> LocalSource:
        path = Path(shutil.copy(chembl_file, tmp_path / f"older-{len(statement)}.db"))
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.executescript(statement)
        return LocalSource(path)

    return make


def test_warnings_of_a_family_with_their_references(recent: LocalSource) -> None:
    # the salt's warning is the drug's: asked of the parent, found on the hydrochloride
    (row,) = recent.warnings("CHEMBL553")
    assert (row.molecule_chembl_id, row.type, row.warning_class) == (
        "CHEMBL1079742",
        "Withdrawn",
        "hepatotoxicity",
    )
    assert (row.country, row.year, row.release) == ("France; Spain", 2001, "ChEMBL 35")
    assert row.references == (
        Reference("FDA", "label"),
        Reference("PubMed", "11111111", "http://europepmc.org/abstract/MED/11111111"),
    )
    assert recent.warnings("CHEMBL118")[0].year is None
    assert recent.warnings("CHEMBL25") == recent.warnings("CHEMBL424242") == []


def test_mechanisms_and_indications_carry_their_references(recent: LocalSource) -> None:
    assert recent.mechanisms("CHEMBL939")[0].references == (Reference("PubMed", "15118073"),)
    assert recent.indications("CHEMBL25")[0].references == (Reference("ATC", "N02BA01"),)


def test_drugs_for_a_disease_are_parents_with_their_highest_phase(local: LocalSource) -> None:
    (lung,) = local.indications(disease="carcinoma, NON-small")
    # phase 3 of osimertinib and phase 4 of its mesylate: one drug, phase 4
    assert (lung.molecule_chembl_id, lung.max_phase) == ("CHEMBL3353410", 4)
    assert [row.max_phase for row in local.indications(disease="colorectal")] == [3]
    # an EFO term is searched where MeSH has no heading; % and _ are letters
    assert local.indications(disease="migraine")[0].indication == "migraine disorder"
    assert local.indications(disease="%") == local.indications() == []


@pytest.mark.parametrize(
    "text",
    [
        "CHEMBL1134862",
        "chembl1134862",
        "10.1021/JM000000A",
        "https://doi.org/10.1021/jm000000a",
        "doi: 10.1021/jm000000a.",
        "15000001",
        "PMID:15000001",
        "https://pubmed.ncbi.nlm.nih.gov/15000001/",
    ],
)
def test_a_document_by_each_of_its_ids(local: LocalSource, text: str) -> None:
    (row,) = local.documents(text)
    assert (row.chembl_id, row.title, row.year) == ("CHEMBL1134862", "On gefitinib", 2004)
    assert (row.doi, row.pubmed_id) == ("10.1021/jm000000a", "15000001")


@pytest.mark.parametrize("text", ["", "gefitinib", "10.1021", "PMC123", "10.9999/none", "999"])
def test_no_document(local: LocalSource, text: str) -> None:
    assert local.documents(text) == []


def test_a_column_that_a_release_lacks_is_empty(without: Callable[[str], LocalSource]) -> None:
    (row,) = without("ALTER TABLE docs DROP COLUMN title").documents("CHEMBL1134862")
    assert (row.title, row.year) == ("", 2004)


def test_a_release_without_the_table_says_so(without: Callable[[str], LocalSource]) -> None:
    older = without("DROP TABLE IF EXISTS drug_warning")
    with pytest.raises(RetortError, match="does not hold drug warnings"):
        older.warnings("CHEMBL25")
    with pytest.raises(RetortError, match="does not hold documents"):
        without("DROP TABLE docs").documents("CHEMBL1134862")


def test_a_release_without_hierarchy_takes_each_form_by_itself(
    without: Callable[[str], LocalSource],
) -> None:
    older = without("DROP TABLE molecule_hierarchy")
    phases = [row.max_phase for row in older.indications(disease="lung")]
    assert phases == [4, 3]
    assert older.similar("CHEMBL553", 0.9).total == 2


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("wt", "wild type"),
        ("Wild-Type", "wild type"),
        ("l858r / t790m", "L858R,T790M"),
        ("T790M", "T790M"),
        ("", ""),
    ],
)
def test_variants_as_chembl_writes_them(asked: str, found: str) -> None:
    assert reading.variant(asked) == found


def test_types_of_assay() -> None:
    assert reading.assay_types("Binding") == reading.assay_types("b") == ("B",)
    assert reading.assay_types("") == ()
    with pytest.raises(RetortError):
        reading.assay_types("nice")
