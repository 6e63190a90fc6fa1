"""Folding and ranking of names, salt words and accepted pairs."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retort.tools.nomenclature import foreign, of_the_acid, punctuated, readings
from retort.tools.spelling import fold, folded, rank, salt_apart

NAMES = folded(
    [
        "Imatinib",
        "Nilotinib",
        "Dasatinib",
        "Prednisone",
        "Prednisolone",
        "Hydroxyzine",
        "Hydralazine",
        "Hydroxychloroquine",
        "Metformin",
        "Sulfamethoxazole",
        "Paracetamol",
        "STI-571",
    ]
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Sulphamethoxazole", "sulfamethoxazole"),
        ("oestradiol", "Estradiol"),
        ("cephalexin", "CEFALEXIN"),
        ("imatinib mesylate", "imatinib mesilate"),
        ("STI 571", "sti-571"),
        ("β-carotene", "beta carotene"),
        ("Аspirin", "aspirin"),  # a Cyrillic A
        ("aluminum", "aluminium"),
        ("5\u2011FU", "5-FU"),
        ("naïve", "naive"),
    ],
)
def test_spellings_of_one_name_fold_alike(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("(+)-ketamine", "(-)-ketamine"),
        ("(±)-ketamine", "(+)-ketamine"),
        ("4'-hydroxy", "4-hydroxy"),
        ("prednisone", "prednisolone"),
        ("STI-571", "STI-572"),
    ],
)
def test_names_of_two_molecules_stay_apart(one: str, other: str) -> None:
    assert fold(one) != fold(other)


@settings(max_examples=200)
@given(st.text(max_size=40))
def test_folding_any_text_ends_and_is_plain(text: str) -> None:
    assert not any(sign.isspace() for sign in fold(text))
    assert isinstance(rank(text, NAMES), list)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("imatinub", "Imatinib"),
        ("imtainib", "Imatinib"),
        ("mimatinib", "Imatinib"),
        ("prednisolon", "Prednisolone"),
        ("prednison", "Prednisone"),
        ("hydroxychlor", "Hydroxychloroquine"),
        ("imatinub mesylate", "Imatinib"),
        ("metfromin hcl", "Metformin"),
        ("sulphametoxazol", "Sulfamethoxazole"),
        ("paracetemol", "Paracetamol"),
        ("hydroxizine", "Hydroxyzine"),
    ],
)
def test_the_name_that_was_meant_is_first(typed: str, meant: str) -> None:
    assert rank(typed, NAMES)[0] == meant


@pytest.mark.parametrize("text", ["", "q", "unobtainium", "tinib"])
def test_far_names_are_not_offered(text: str) -> None:
    assert rank(text, NAMES) == []


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("metformin hydrochloride", ("metformin", "hydrochloride")),
        ("sodium valproate", ("valproate", "sodium")),
        ("imatinib mesilate", ("imatinib", "mesilate")),
        ("caffeine anhydrous", ("caffeine", "anhydrous")),
        ("sodium chloride", ("sodium", "chloride")),
        ("sodium", ("sodium", "")),
        ("aspirin", ("aspirin", "")),
    ],
)
def test_salt_words_are_put_apart(text: str, parts: tuple[str, str]) -> None:
    assert salt_apart(text) == parts


def test_accepted_names_are_tried_with_their_reason() -> None:
    (other,) = readings("adrenaline")
    assert other.text == "epinephrine" and "nonproprietary" in other.note
    assert [each.text for each in readings("salbutamol sulphate")][-1] == "albuterol sulphate"
    assert "metformin hydrochloride" in [each.text for each in readings("metformin hcl")]
    assert readings("imatinib") == []
    assert set(punctuated("sti571")) == {"sti-571"}
    assert of_the_acid("valproate") == "valproic acid" and of_the_acid("aspirin") == ""


@pytest.mark.parametrize(
    ("text", "database"),
    [
        ("DB00619", "DrugBank"),
        ("CID:2244", "PubChem"),
        ("50-78-2", "CAS"),
        ("CHEBI:15365", "ChEBI"),
        ("aspirin", ""),
        ("CHEMBL25", ""),
        ("AZD-9291", ""),
    ],
)
def test_ids_of_other_databases_are_known_by_their_form(text: str, database: str) -> None:
    assert foreign(text) == database
