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
        ("TNFα", "TNF-α", "TNF-alpha", "tnf‑Alpha"),
        ("17β-estradiol", "17-β-estradiol", "17beta-estradiol", "17\u2011β\u2011estradiol"),
        ("α-tocopherol", "alpha-tocopherol"),
        ("HLA-B*57:01", "HLA-B*5701", "hla\u2010b*57:01"),
        ("IC50", "IC₅₀", "ic50"),
        ("H2O2", "H₂O₂"),
        ("5-FU", "5\u2011FU", "5FU"),
        (
            "2-(4-isobutylphenyl)propanoic acid",
            "2-(4-Isobutylphenyl)-propanoic",
            "[2-(4-isobutylphenyl)propanoic]",
        ),
        ("3,4-methylenedioxymethamphetamine", "(3,4-Methylenedioxymethamphetamine)."),
    ],
)
def test_spellings_of_one_name_share_a_term(spellings: tuple[str, ...]) -> None:
    assert set.intersection(*(set(terms(spelling)) for spelling in spellings))


@pytest.mark.parametrize(
    "name", ["CYP2C9*3", "rs9923231", "T790M", "c.1236G>A", "IL28B", "CHEMBL25", "CYP2D6*4"]
)
def test_names_are_kept_whole(name: str) -> None:
    assert name.casefold() in terms(f"carriers of {name}, who")


@given(st.text(max_size=100))
def test_any_text_has_plain_terms(text: str) -> None:
    for term in terms(text):
        assert term and "\n" not in term and " " not in term
        assert isinstance(term, str)


def test_a_systematic_name_is_one_term_and_another_isomer_another() -> None:
    whole = set(terms("2-(4-isobutylphenyl)propanoic acid")) - set(
        terms("2-(3-isobutylphenyl)propanoic acid")
    )
    assert "24isobutylphenylpropanoic" in whole
    assert terms("(see 12, above)") == ["see", "12", "abov"]


def test_n_acetylcysteine_is_found_by_its_parts_too() -> None:
    assert {"nacetylcysteine", "acetylcystein"} <= set(terms("N-acetylcysteine"))


def test_blank_text_has_no_terms() -> None:
    assert terms("") == terms(" \n") == terms("of the and") == []
