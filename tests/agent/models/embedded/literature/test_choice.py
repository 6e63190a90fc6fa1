"""Quotes from the literature: exact, several papers, relevant or none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from retort.agent.models.embedded import literature, named
from retort.agent.models.embedded.entities import find_entities
from retort.agent.models.embedded.gazetteer import Gazetteer

QUESTION = "Which CYP2C9 variants lower the warfarin dose"
TEXTS = (
    "CYP2C9*2 and *3 carriers needed a lower warfarin dose than patients without a variant. "
    "Blood was drawn on day three in all the participating hospitals.",
    "## Results\n\nIn this cohort the CYP2C9*3 allele reduced the warfarin dose by a third. "
    "Is CYP2C9 the reason for a lower warfarin dose in all of them?",
    "Patients with CYP2C9*2 were stable on a lower warfarin dose [4,5]. "
    "The CYP2C9 genotype was taken from older work [6] and lowers the warfarin dose, too.",
)


def quotes(texts: tuple[str, ...], question: str, make: Any, encoder: Any) -> Any:
    gazetteer = Gazetteer.of({"warfarin": "warfarin"})
    items = [make(f"E{i}", text, f"Author{i}, A", 2000 + i) for i, text in enumerate(texts, 1)]
    return literature.choose(question, find_entities(question, gazetteer), items, encoder)


def test_quotes_are_slices_from_several_papers(passage: Callable[..., Any], encoder: Any) -> None:
    found = quotes(TEXTS, QUESTION, passage, encoder)
    assert {q.item["key"] for q in found} == {"E1", "E2", "E3"}
    assert all(q.text in q.item["quote"] for q in found)
    text = literature.write(QUESTION, found)
    assert text.startswith("Variants named in the quoted passages: ")
    assert "`CYP2C9*3` [E" in text and "`CYP2C9*2` [E" in text
    assert 'Author2 2002: "In this cohort the CYP2C9*3 allele reduced' in text


def test_what_is_no_statement_is_not_quoted(passage: Callable[..., Any], encoder: Any) -> None:
    said = " ".join(q.text for q in quotes(TEXTS, QUESTION, passage, encoder))
    assert "?" not in said and "##" not in said and "[6]" not in said
    assert "Blood was drawn" not in said


@pytest.mark.parametrize(
    "question", ["What is the capital of France", "How does unobtainium lower the warfarin dose"]
)
def test_below_the_gate_nothing_is_quoted(
    question: str, passage: Callable[..., Any], encoder: Any
) -> None:
    gazetteer = Gazetteer.of({"warfarin": "warfarin"})
    entities = find_entities(question, gazetteer)
    items = [passage(f"E{i}", text) for i, text in enumerate(TEXTS, 1)]
    if "unobtainium" in question:
        entities = find_entities("dose of unobtainium and mechanism of unobtainium", gazetteer)
        assert not entities.molecules[0].is_known
        question = "dose of unobtainium and mechanism of unobtainium"
    assert literature.choose(question, entities, items, encoder) == ()


def test_a_passage_must_speak_to_the_questions_own_words(
    passage: Callable[..., Any], encoder: Any
) -> None:
    assert quotes(TEXTS, "Does quantum entanglement affect warfarin", passage, encoder) == ()


def test_a_sentence_with_an_unlisted_verb_is_prose_and_a_title_is_not(
    passage: Callable[..., Any], encoder: Any
) -> None:
    told = "Warfarin antagonises the recycling of vitamin K in the liver cell."
    title = "Warfarin Recycling of Vitamin K in the Human Liver Cell"
    found = quotes((told, title), "warfarin and recycling of vitamin K", passage, encoder)
    assert [quote.text for quote in found] == [told]


def test_a_question_that_may_not_belong_here_needs_its_own_words(
    passage: Callable[..., Any], encoder: Any
) -> None:
    items = [passage("E1", "The Cheng-Prusoff equation converts IC50 to Ki for an inhibitor.")]
    for question, count in (("What is the Cheng-Prusoff equation", 1), ("What is a unicorn", 0)):
        entities = find_entities(question, Gazetteer.of({}))
        assert len(literature.choose(question, entities, items, encoder, True)) == count


def test_no_evidence_gives_no_quote(encoder: Any) -> None:
    assert quotes((), QUESTION, None, encoder) == ()


def test_variants_of_a_gene_that_was_not_asked_for_are_left_out() -> None:
    asked = named.asked_for("Which CYP2C9 variants matter?")
    assert asked is not None
    texts = {
        "CYP2C9 (rs1799853, rs1057910) and VKORC1 (rs9923231)": ["rs1799853", "rs1057910"],
        "VKORC1 -1639G>A acts more than CYP2C9*3": ["CYP2C9*3"],
        "CYP2C9*2 and rs9923231 in VKORC1": ["CYP2C9*2"],
        "carriers of rs1057910 needed less": ["rs1057910"],
    }
    assert {text: asked.find(text) for text in texts} == texts


def test_names_are_expanded_and_reference_alleles_left_out() -> None:
    asked = named.asked_for("Which CYP2C9 variants matter?")
    assert asked is not None
    found = asked.find("Cytochrome P4502C9 (CYP2C9)*2 and *3, VKORC1*2, CYP2C9*1 and rs1057910")
    assert found == ["CYP2C9*2", "CYP2C9*3", "rs1057910"]
    mutations = named.asked_for("Which mutations cause resistance?")
    assert mutations is not None and mutations.find("EGFR T790M and C797S") == ["T790M", "C797S"]
    assert named.asked_for("How does warfarin work?") is None
    assert named.asked_for("What does the T790M mutation do?") is None
    assert named.asked_for("What factors besides genotype affect the dose?") is None


@pytest.mark.parametrize(
    ("author", "surname"),
    [
        ("Smith, John", "Smith"),
        ("van den Berg J", "van den Berg"),
        ("Mary Jones", "Jones"),
        ("Consortium on Lithium Genetics (ConLi+Gen)",) * 2,
        ("", ""),
    ],
)
def test_surnames(author: str, surname: str, passage: Callable[..., Any]) -> None:
    told = literature.source(passage("E1", "x", author))
    assert told == f"{surname} 2009".strip()


def test_what_something_is_is_answered_by_the_sentence_that_defines_it(
    passage: Callable[..., Any], encoder: Any
) -> None:
    texts = (
        "A pChEMBL difference of 1 is a tenfold difference of concentration between two values.",
        "pChEMBL is the negative decimal logarithm of a molar half-maximal value in ChEMBL.",
    )
    assert quotes(texts, "What is pChEMBL?", passage, encoder)[0].text == texts[1]


@pytest.mark.parametrize(
    ("question", "text"),
    [
        (
            "Does grapefruit juice raise simvastatin exposure",
            "Simvastatin lowers LDL cholesterol in adults with coronary heart disease.",
        ),
        (
            "Does aspirin prevent preeclampsia",
            "Taken together, aspirin reduced the occurrence of colorectal cancer in four trials.",
        ),
    ],
)
def test_the_right_drug_and_another_question_is_no_answer(
    question: str, text: str, passage: Callable[..., Any], encoder: Any
) -> None:
    assert quotes((text,), question, passage, encoder) == ()


def test_the_same_words_in_two_papers_are_quoted_once(
    passage: Callable[..., Any], encoder: Any
) -> None:
    found = quotes((TEXTS[0], TEXTS[0], TEXTS[1]), QUESTION, passage, encoder)
    assert len({q.text for q in found}) == len(found) == 2
    assert all(q.item["quote"][q.sentence.start : q.sentence.end] == q.text for q in found)
