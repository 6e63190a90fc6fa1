"""Both backends give the same rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import chembl_queries
import pytest
from chembl_service import ChemblServer

from retort.retrieval.errors import RetortError
from retort.tools.chembl.local import LocalSource
from retort.tools.chembl.records import WILD_TYPE, ActivityQuery
from retort.tools.chembl.web import WebSource

MOLECULES = [
    "osimertinib",
    "OSIMERTINIB Mesylate",
    "Tarceva",
    "zd-1839",
    "chembl25",
    "aspirin",
    "AAKJLRGGTJKAMG-UHFFFAOYSA-N",
    "bsynrymutxbxsq-uhfffaoysa-n",
    "Herceptin",
    "CHEMBL999001",
    "CHEMBL424242",
    "unobtainium",
    "",
]
TARGETS = [
    "EGFR",
    "egfr",
    "human EGFR",
    "P00533",
    "CHEMBL203",
    "Epidermal growth factor receptor",
    "ERBB1",
    "cox 2",
    "COX2",
    "Cyclooxygenase",
    "cyclooxyg",
    "100%_kin\\",
    "HepG2",
    "HER-2",
    "unobtainase",
    "",
]
QUERIES = [
    ActivityQuery(target_id="CHEMBL203"),
    ActivityQuery(target_id="CHEMBL203", limit=3),
    ActivityQuery(target_id="CHEMBL203", limit=4, offset=7),
    ActivityQuery(target_id="CHEMBL203", limit=4, offset=99),
    ActivityQuery(target_id="CHEMBL203", types=("IC50",), max_value_nm=10),
    ActivityQuery(target_id="CHEMBL203", types=("IC50", "Ki"), min_pchembl=7.9),
    ActivityQuery(target_id="CHEMBL203", molecule_ids=("CHEMBL553",)),
    ActivityQuery(target_id="CHEMBL203", molecule_ids=("CHEMBL1079742",)),
    ActivityQuery(molecule_ids=("CHEMBL939", "CHEMBL25")),
    ActivityQuery(molecule_ids=("CHEMBL424242",)),
    ActivityQuery(target_id="CHEMBL424242"),
    ActivityQuery(target_id="CHEMBL395", max_value_nm=1e9),
]


def test_same_release(local: LocalSource, web: Callable[..., WebSource]) -> None:
    assert local.release() == web().release() == "ChEMBL 35"


@pytest.mark.parametrize("text", MOLECULES)
def test_same_molecules(local: LocalSource, web: Callable[..., WebSource], text: str) -> None:
    assert local.molecules(text) == web().molecules(text)


@pytest.mark.parametrize("text", TARGETS)
def test_same_targets(local: LocalSource, web: Callable[..., WebSource], text: str) -> None:
    assert local.targets(text) == web().targets(text)


@pytest.mark.parametrize("query", QUERIES, ids=str)
def test_same_activities(
    local: LocalSource, web: Callable[..., WebSource], query: ActivityQuery
) -> None:
    assert local.activities(query) == web().activities(query)


@pytest.mark.parametrize(
    "question",
    [
        {"molecule_id": "CHEMBL3353410"},
        {"molecule_id": "CHEMBL553"},
        {"molecule_id": "CHEMBL1201585"},
        {"molecule_id": "CHEMBL424242"},
        {"target_id": "CHEMBL203"},
        {"target_id": "CHEMBL230"},
        {"target_id": "CHEMBL395"},
        {"target_id": "CHEMBL424242"},
        {"molecule_id": "CHEMBL25", "target_id": "CHEMBL230"},
        {},
    ],
    ids=str,
)
def test_same_mechanisms(
    local: LocalSource, web: Callable[..., WebSource], question: dict[str, Any]
) -> None:
    assert local.mechanisms(**question) == web().mechanisms(**question)


@pytest.mark.parametrize("molecule", ["CHEMBL25", "CHEMBL3545063", "CHEMBL939", "CHEMBL424242"])
def test_same_indications(local: LocalSource, web: Callable[..., WebSource], molecule: str) -> None:
    assert local.indications(molecule) == web().indications(molecule)


@pytest.mark.parametrize("text", ["osimertinb", "gefitnib", "xx"])
def test_same_suggestions(local: LocalSource, web: Callable[..., WebSource], text: str) -> None:
    assert local.suggest(text) == web().suggest(text)


FILTERED = [
    ActivityQuery(document_id="CHEMBL3259999", limit=50),
    ActivityQuery(document_id="CHEMBL3259999", flagged=True, duplicates=True, limit=50),
    ActivityQuery(document_id="CHEMBL424242"),
    ActivityQuery(target_id="CHEMBL203", flagged=True, limit=50),
    ActivityQuery(target_id="CHEMBL203", duplicates=True, limit=50),
    ActivityQuery(target_id="CHEMBL203", relations=("",)),
    ActivityQuery(target_id="CHEMBL203", relations=("", "<", "~"), limit=50),
    ActivityQuery(target_id="CHEMBL203", relations=(">",), min_value_nm=1),
    ActivityQuery(target_id="CHEMBL203", relations=(">",), max_value_nm=1),
    ActivityQuery(target_id="CHEMBL203", min_value_nm=1, max_value_nm=10),
    ActivityQuery(target_id="CHEMBL203", units=("%", "ug.mL-1")),
    ActivityQuery(target_id="CHEMBL203", units=("%",), max_value_nm=10),
    ActivityQuery(target_id="CHEMBL203", min_confidence=9, limit=4, offset=3),
    ActivityQuery(target_id="CHEMBL203", min_confidence=9, flagged=True, limit=50),
    ActivityQuery(target_id="CHEMBL203", variant="t790m"),
    ActivityQuery(target_id="CHEMBL203", variant=WILD_TYPE, limit=50),
    ActivityQuery(molecule_ids=("CHEMBL939",), organism="mus musculus"),
    ActivityQuery(molecule_ids=("CHEMBL25",), assay_types=("F", "A")),
]


@pytest.mark.parametrize("query", FILTERED, ids=str)
def test_same_filters(
    local: LocalSource, web: Callable[..., WebSource], query: ActivityQuery
) -> None:
    assert local.activities(query) == web().activities(query)


@pytest.mark.parametrize("disease", ["neoplasms", "MIGRAINE", "lung", "carcinoma", "%", "nothing"])
def test_same_drugs_for_a_disease(
    local: LocalSource, web: Callable[..., WebSource], disease: str
) -> None:
    assert local.indications(disease=disease) == web().indications(disease=disease)
    both = {"molecule_id": "CHEMBL25", "disease": disease}
    assert local.indications(**both) == web().indications(**both)


@pytest.mark.parametrize("molecule", ["CHEMBL118", "CHEMBL3353410", "CHEMBL25", "CHEMBL424242"])
def test_same_warnings(local: LocalSource, web: Callable[..., WebSource], molecule: str) -> None:
    assert local.warnings(molecule) == web().warnings(molecule)


@pytest.mark.parametrize(
    "text",
    ["10.1021/JM000000A", "doi:10.1021/jm000000a", "PMID 15000001", "chembl3259999", "on it", ""],
)
def test_same_documents(local: LocalSource, web: Callable[..., WebSource], text: str) -> None:
    assert local.documents(text) == web().documents(text)


def test_a_structure_is_never_sent(service: Any, web: Callable[..., WebSource]) -> None:
    for ask in (
        lambda: web().similar("C#Cc1cccc(N)c1"),
        lambda: web().similar("[O-]C(=O)/C=C/c1ccccc1.[Na+]"),
        lambda: web().substructure("c1ccccc1C#N"),
    ):
        with pytest.raises(RetortError, match="never leaves this machine"):
            ask()
    assert service.requests == []


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LocalSource, WebSource]]:
    folder = tmp_path_factory.mktemp("starter")
    path = chembl_queries.build(folder / "starter.sqlite")
    here, service = LocalSource(path), ChemblServer(path)
    yield here, WebSource(service.url, cache=folder / "kept")
    service.close()
    here.close()


def test_sixty_queries() -> None:
    assert len(chembl_queries.QUERIES) == 60


@pytest.mark.parametrize("name", chembl_queries.QUERIES)
def test_same_answers_about_the_starter(both: tuple[LocalSource, WebSource], name: str) -> None:
    ask = chembl_queries.QUERIES[name]
    here, there = (chembl_queries.answer(ask, source) for source in both)
    assert here == there
