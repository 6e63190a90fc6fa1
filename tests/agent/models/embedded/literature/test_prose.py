"""Which sentences can be quoted: whole statements that can be understood alone."""

from __future__ import annotations

import pytest

from retort.agent.models.embedded.literature import prose


def texts(passage: str) -> list[str]:
    return [sentence.text for sentence in prose.quotable(passage)]


@pytest.mark.parametrize(
    "sentence",
    [
        "It lowered the warfarin dose in a third of all carriers.",
        "This drug is metabolised by CYP2C9 in the liver of adults.",
        "However, these patients needed a lower warfarin dose than others.",
        "In these patients the dose of warfarin was lower by a third.",
        "Their dose of warfarin was lower than that of the others.",
        "The latter was stable on a lower dose of warfarin for years.",
        "Both groups were given the same dose of warfarin for a year.",
    ],
)
def test_a_sentence_that_leans_on_the_one_before_is_not_quoted(sentence: str) -> None:
    assert prose.is_prose(sentence)
    assert texts(sentence) == []


@pytest.mark.parametrize(
    "sentence",
    [
        "This study shows that carriers of CYP2C9*3 need less warfarin.",
        "These results suggest that carriers of CYP2C9*3 need less warfarin.",
        "It is known that carriers of CYP2C9*3 need less warfarin.",
        "Ischemia was less frequent in carriers who were given warfarin.",
        "Both imatinib and dasatinib inhibit the kinase of the fusion protein.",
        "We compared two doses of warfarin and found no difference in bleeding.",
    ],
)
def test_a_sentence_that_stands_alone_is_quoted(sentence: str) -> None:
    assert texts(sentence) == [sentence]


@pytest.mark.parametrize(
    "sentence",
    [
        "We aimed to determine whether carriers of CYP2C9*3 need less warfarin.",
        "The aim of this study was to compare two doses of warfarin in carriers.",
        "To determine whether carriers of CYP2C9*3 need less warfarin than others.",
        "OBJECTIVE Two doses of warfarin were to be compared in all carriers.",
    ],
)
def test_an_aim_is_not_quoted(sentence: str) -> None:
    assert texts(sentence) == []


def test_a_heading_glued_to_a_sentence_is_cut_off_and_tells_its_kind() -> None:
    passage = (
        "BACKGROUND: Warfarin is given to patients with atrial fibrillation.\n"
        "METHODS AND RESULTS Carriers of the allele needed a lower warfarin dose.\n"
        "CONCLUSIONS: Carriers of the allele need a lower warfarin dose."
    )
    found = list(prose.quotable(passage))
    assert [sentence.kind for sentence in found] == ["background", "result", "conclusion"]
    assert all(passage[s.start : s.end] == s.text for s in found)
    assert found[2].text == "Carriers of the allele need a lower warfarin dose."
    assert [sentence.position for sentence in found] == [0.0, 0.5, 1.0]


def test_a_sentence_that_was_cut_off_is_not_quoted() -> None:
    assert texts("Kidney failure is associated with a very high risk of heart di") == []
    whole = "Kidney failure is associated with a very high risk of heart disease"
    assert texts(whole) == [whole]
    cited = "Kidney failure is associated with a very high risk of heart disease [4]."
    assert texts(cited) == ["Kidney failure is associated with a very high risk of heart disease"]


@pytest.mark.parametrize(
    ("sentence", "kind"),
    [
        ("We conclude that warfarin is safe in carriers of the allele.", "conclusion"),
        ("Carriers were significantly older than patients without a variant.", "result"),
        ("Patients were randomised to warfarin or to a placebo for a year.", "method"),
        ("The role of the allele remains unclear in patients on warfarin.", "background"),
        ("Warfarin inhibits the recycling of vitamin K in the liver.", "statement"),
    ],
)
def test_kinds_by_words(sentence: str, kind: str) -> None:
    assert prose.kind_of(sentence) == kind
