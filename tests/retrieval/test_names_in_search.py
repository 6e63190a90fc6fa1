"""Names of genes, alleles and receptors are found exactly, however they are spelt."""

from __future__ import annotations

from pathlib import Path

import pytest

from retort.retrieval.encode import HashingEncoder
from retort.retrieval.library import Library
from retort.retrieval.records import Paper
from retort.retrieval.search import search

TEXTS = {
    "kit": "Imatinib blocks c-kit in these tumours.",
    "kits": "The assay kits in these tumours were compared.",
    "allele3": "CYP2C9*3 carriers need less of it.",
    "allele13": "CYP2C9*13 carriers need less of it.",
    "il6": "IL-6 rose in these patients.",
    "il8": "IL-8 rose in these patients.",
    "pgp": "P-gp carries it out of the cell.",
}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("c-kit in tumours", "kit"),
        ("cKIT in tumours", "kit"),
        ("CYP2C9*3", "allele3"),
        ("CYP2C9*13", "allele13"),
        ("IL6 in patients", "il6"),
        ("il‐8 in patients", "il8"),
        ("Pgp", "pgp"),
    ],
)
def test_the_passage_with_the_name_comes_first(tmp_path: Path, query: str, expected: str) -> None:
    with Library.open(tmp_path / "lib", HashingEncoder(), create=True) as library:
        library.add(Paper(name, name, "", text) for name, text in TEXTS.items())
        assert search(library, query, 1, "lexical")[0].passage.paper_id == expected
