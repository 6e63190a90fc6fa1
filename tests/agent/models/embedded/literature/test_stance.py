"""Which side of a question a sentence takes, and how both sides stand in an answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from retort.agent.models.embedded import literature
from retort.agent.models.embedded.entities import find_entities
from retort.agent.models.embedded.gazetteer import Gazetteer
from retort.agent.models.embedded.literature.stance import Claim

QUESTION = "Does rosiglitazone increase the risk of myocardial infarction?"
FOR = (
    "Rosiglitazone was associated with an increase in the risk of myocardial infarction.",
    "For rosiglitazone, the odds ratio for myocardial infarction was 1.43 (95% CI 1.03 to 1.98).",
    "Rosiglitazone raised the rate of myocardial infarction in patients with type 2 diabetes.",
)
AGAINST = (
    "Rosiglitazone did not increase the risk of myocardial infarction in type 2 diabetes.",
    "For rosiglitazone, the hazard ratio for myocardial infarction was 1.14 (95% CI 0.80-1.63).",
    "Rosiglitazone was not associated with myocardial infarction in a cohort of older people.",
    "Rosiglitazone reduced the risk of myocardial infarction in patients with diabetes.",
)
NEITHER = (
    "Rosiglitazone increased the risk of heart failure in patients with type 2 diabetes.",
    "Pioglitazone increased the risk of myocardial infarction in patients with diabetes.",
    "Whether rosiglitazone increases the risk of myocardial infarction remains unclear.",
    "Rosiglitazone may increase the risk of myocardial infarction in type 2 diabetes.",
)


@pytest.mark.parametrize(
    ("sentence", "side"),
    [(s, "for") for s in FOR] + [(s, "against") for s in AGAINST] + [(s, "") for s in NEITHER],
)
def test_a_sentence_takes_a_side_by_what_it_says_of_the_outcome(sentence: str, side: str) -> None:
    claim = Claim.of(QUESTION)
    assert claim is not None
    assert claim.stance(sentence) == side


def test_a_title_may_name_the_subject() -> None:
    claim = Claim.of(QUESTION)
    assert claim is not None
    said = "Treatment increased the risk of myocardial infarction."
    assert claim.stance(said) == ""
    assert claim.stance(said, "A trial of rosiglitazone") == "for"


@pytest.mark.parametrize(
    "query", ["What is rosiglitazone used for?", "rosiglitazone", "A does not raise B", ""]
)
def test_what_asks_for_no_finding_is_no_claim(query: str) -> None:
    assert Claim.of(query) is None


def test_a_link_without_direction_is_taken_up_by_either() -> None:
    claim = Claim.of("Is rosiglitazone associated with myocardial infarction?")
    assert claim is not None and claim.direction == 0
    assert [claim.stance(said) for said in (FOR[0], AGAINST[2])] == ["for", "against"]


@pytest.mark.parametrize("shift", range(3))
def test_studies_that_contradict_one_another_stand_side_by_side(
    shift: int, passage: Callable[..., Any], encoder: Any
) -> None:
    texts = [FOR[0], NEITHER[0], AGAINST[0], FOR[1], AGAINST[1], NEITHER[1]]
    texts = texts[shift:] + texts[:shift]
    items = [passage(f"E{texts.index(t)}", t, f"Author{texts.index(t)}, A") for t in texts]
    entities = find_entities(QUESTION, Gazetteer.of({"rosiglitazone": "rosiglitazone"}))
    text = literature.write(QUESTION, literature.choose(QUESTION, entities, items, encoder))
    one, other = text.split("Against it, two papers:")
    assert "Findings disagree. For it, two papers:" in one
    assert all(said in one for said in FOR[:2]) and all(said in other for said in AGAINST[:2])
    assert not any(said in text for said in NEITHER)


def test_one_side_alone_is_told_as_no_disagreement(
    passage: Callable[..., Any], encoder: Any
) -> None:
    items = [passage(f"E{n}", text, f"Author{n}, A") for n, text in enumerate(FOR[:2] + NEITHER)]
    entities = find_entities(QUESTION, Gazetteer.of({"rosiglitazone": "rosiglitazone"}))
    quotes = literature.choose(QUESTION, entities, items, encoder)
    assert quotes and "disagree" not in literature.write(QUESTION, quotes)
