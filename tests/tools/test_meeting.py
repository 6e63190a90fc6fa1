"""Molecules named by calls that run side by side get their handles before any of them runs."""

from __future__ import annotations

from typing import Any

import pytest

from retort.retrieval.errors import RetortError
from retort.tools.molecule import MoleculeBook


def test_molecules_of_calls_side_by_side_are_met_in_the_order_of_the_calls(
    book: MoleculeBook,
) -> None:
    compared = {"other": ["CCO", "aspirin"], "molecule": "imatinib"}
    listed = {"molecules": "CCN, CCO, CCC", "by": "scaffold"}
    book.meet([{"query": "CCCl"}, compared, {"molecule": "no such name"}, listed])
    named = [each.name or each.smiles for each in book.all()]
    assert named == ["Imatinib", "CCO", "Aspirin", "CCN", "CCC"]
    with pytest.raises(RetortError, match="no such name"):
        book.resolve("no such name")


def test_names_are_met_until_the_service_is_down(book: MoleculeBook, chembl: Any) -> None:
    chembl.is_down = True
    book.meet([{"molecule": "imatinib"}, {"molecule": "aspirin"}])
    assert chembl.asked == ["imatinib"]
