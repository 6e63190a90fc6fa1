"""Terms: one spelling for one name, the same for a query and a passage."""

from __future__ import annotations

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retort.retrieval import tokens
from retort.retrieval.tokens import terms


def test_the_examples_hold() -> None:
    assert doctest.testmod(tokens).failed == 0


@pytest.mark.parametrize(
    "spellings",
    [
        ("IL-6", "IL6", "il\u20106", "IL\u20136"),
        ("5-HT2A", "5ht2a", "5\u2011HT2A"),
        ("TNF-α", "TNF-alpha", "tnf-ALPHA"),
        ("inhibits", "Inhibiting", "INHIBITED"),
        ("ﬁbrosis", "fibrosis"),
    ],
)
def test_spellings_of_one_name_share_a_term(spellings: tuple[str, ...]) -> None:
    assert set.intersection(*(set(terms(spelling)) for spelling in spellings))


@pytest.mark.parametrize("name", ["CYP2C9*3", "rs9923231", "T790M", "c.1236G>A", "IL28B"])
def test_names_are_kept_whole(name: str) -> None:
    assert name.casefold() in terms(f"carriers of {name}, who")


@given(st.text(max_size=100))
def test_any_text_has_plain_terms(text: str) -> None:
    for term in terms(text):
        assert term and "\n" not in term and " " not in term
        assert isinstance(term, str)


def test_blank_text_has_no_terms() -> None:
    assert terms("") == terms(" \n") == terms("of the and") == []
