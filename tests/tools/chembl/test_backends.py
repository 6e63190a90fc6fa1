"""Both backends give the same rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from retort.tools.chembl.local import LocalSource
from retort.tools.chembl.records import ActivityQuery
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
