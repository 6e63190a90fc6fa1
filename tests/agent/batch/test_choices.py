"""Multiple choice: the letter, the text or the evidence; and when nothing is chosen."""

from __future__ import annotations

import pytest

from retort.agent.batch.choices import Choice, asked, read, supported
from retort.agent.batch.records import Item

TARGETS = ("EGFR", "ALK", "BTK", "EGFR and ALK")


def test_a_language_model_is_shown_the_choices() -> None:
    text = asked(Item("1", "Which kinase?", choices=("EGFR", "ALK")))
    assert text.startswith("Which kinase?") and "A) EGFR\nB) ALK" in text
    assert asked(Item("1", "Which kinase?")) == "Which kinase?"


@pytest.mark.parametrize(
    ("answer", "letter", "by"),
    [
        ("B) ALK is its target [1].", "B", "letter"),
        ("**B) ALK** is its target [1].", "B", "letter"),
        ("The answer is C [1].", "C", "letter"),
        ("The correct answer is (a) [1].", "A", "letter"),
        ("Option B is correct [2].", "B", "letter"),
        ("Crizotinib was made against the kinase named in (B) [1].", "B", "letter"),
        ("As a matter of fact it inhibits BTK [1]. ALK is not inhibited [2].", "C", "text"),
        ("It inhibits both EGFR and ALK [1].", "D", "text"),
        ("Let us see.\n\nIt inhibits BTK [1].", "C", "text"),
        ("B", "B", "letter"),
        ("It inhibits BTK, and not ALK [1].", "", "unclear"),
        ("It inhibits a kinase [1].", "", "unclear"),
        ("E) none of them [1].", "", "unclear"),
        ("Insufficient: the passages name no kinase [1].", "", "insufficient"),
        ("", "", "unclear"),
    ],
)
def test_a_choice_is_read_from_the_first_cited_statement(answer: str, letter: str, by: str) -> None:
    assert read(answer, "answered", TARGETS) == Choice(letter, by)


def test_only_an_answer_chooses() -> None:
    assert read("B) ALK [1].", "abstained", TARGETS) == Choice("", "abstained")
    assert read("B) ALK [1].", "failed", TARGETS) == Choice("", "abstained")


@pytest.mark.parametrize(
    ("quotes", "choices", "letter"),
    [
        (["Imatinib inhibits BCR-ABL1."], ("EGFR", "BCR-ABL1"), "B"),
        (["Imatinib inhibits a kinase."], ("EGFR", "BCR-ABL1"), ""),
        (["Imatinib inhibits EGFR and BCR-ABL1."], ("EGFR", "BCR-ABL1"), ""),
        (["The molecular weight is 180.16 g/mol."], ("180.2 g/mol", "206.3 g/mol"), "A"),
        (["The molecular weight is 180.16 g/mol."], ("180.3 g/mol", "206.3 g/mol"), ""),
        (["It lowers the dose of warfarin."], ("lower dose", "much lower dose"), ""),
        (["A much lower dose is needed."], ("lower dose", "much lower dose"), "B"),
        (["Unrelated.", "Venetoclax blocks BCL2."], ("BCL2", "MCL1"), "A"),
        ([], ("BCL2", "MCL1"), ""),
    ],
)
def test_the_evidence_chooses_only_where_one_choice_stands_in_it(
    quotes: list[str], choices: tuple[str, ...], letter: str
) -> None:
    found = supported([{"quote": quote} for quote in quotes], "What is it?", choices)
    assert found == Choice(letter, "evidence" if letter else "unclear")


def test_words_of_the_question_choose_nothing() -> None:
    quote = [{"quote": "Warfarin and aspirin were given."}]
    choices = ("warfarin", "clopidogrel")
    assert supported(quote, "Does warfarin bind CYP2C9?", choices) == Choice("", "unclear")


def test_the_choice_that_holds_all_of_another_and_more_is_the_one_spoken_of() -> None:
    choices = ("ER", "ER alpha", "AR")
    assert supported([{"quote": "It binds ER alpha."}], "Which one?", choices).letter == "B"
    assert supported([{"quote": "It binds ER."}], "Which one?", choices).letter == "A"
