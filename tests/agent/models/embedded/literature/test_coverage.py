"""How much of a question a text covers: rare words weigh most, other names count in part."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from retort.agent.models.embedded import literature
from retort.agent.models.embedded.entities import find_entities
from retort.agent.models.embedded.gazetteer import Gazetteer
from retort.agent.models.embedded.literature.coverage import Wanted, terms_of


def test_the_rarer_a_word_the_more_it_weighs() -> None:
    wanted = Wanted.of("Is aspirin associated with preeclampsia in patients")
    weight = dict(zip(wanted.words, wanted.weights, strict=True))
    assert weight["preeclampsia"] > weight["aspirin"] > weight["associated"] > weight["patients"]
    assert sum(weight.values()) == pytest.approx(1.0, abs=1e-5)


def test_a_stem_covers_wholly_and_a_near_sentence_in_part() -> None:
    wanted = Wanted.of("lithium kidneys")
    covered = wanted.covered(terms_of("A kidney was studied."), np.array([0.45, 0.0]))
    assert covered.tolist() == pytest.approx([0.5, 1.0])
    assert wanted.heavy(covered[None], 0.2) == ("lithium",)


def test_a_hyphen_makes_no_other_word() -> None:
    assert set(Wanted.of("preeclampsia").terms) <= terms_of("women with pre-eclampsia")


def test_nothing_asked_weighs_nothing() -> None:
    assert Wanted.of("what is it").weights.sum() == 0


def test_an_answer_says_which_word_of_the_question_its_quotes_leave_open(
    passage: Callable[..., Any], encoder: Any
) -> None:
    text = "Rosiglitazone raised adiponectin in patients with acute coronary syndromes."
    query = "rosiglitazone coronary syndromes and adiponectin periodontitis"
    gazetteer = Gazetteer.of({"rosiglitazone": "rosiglitazone"})
    item = passage("E1", text)
    quotes = literature.choose(query, find_entities(query, gazetteer), [item], encoder)
    assert literature.write(query, quotes).startswith(
        'From one paper, word for word; no sentence quoted speaks of "periodontitis":'
    )
    whole = "rosiglitazone coronary syndromes and adiponectin"
    quotes = literature.choose(whole, find_entities(whole, gazetteer), [item], encoder)
    assert literature.write(whole, quotes).startswith("From one paper, word for word:")
