"""Which sentences disagree, and which stand together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from retort.agent.models.embedded.literature import choice, findings, prose, telling

LOWERS = "Vitamin D supplements reduced the risk of hip fracture in older women."


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (LOWERS, "Vitamin D supplements increased the risk of hip fracture in older women."),
        (LOWERS, "Vitamin D supplements did not reduce the risk of hip fracture in women."),
        (
            "Statin use was associated with diabetes in older women.",
            "Statin use was not associated with diabetes in older women.",
        ),
        (
            "Rosiglitazone had an effect on myocardial infarction in patients with diabetes.",
            "There was no effect of rosiglitazone on myocardial infarction in diabetes.",
        ),
    ],
)
def test_opposite_findings_disagree(one: str, other: str) -> None:
    assert findings.disagree(findings.read(one), findings.read(other))
    assert findings.disagree(findings.read(other), findings.read(one))


@pytest.mark.parametrize(
    "other",
    [
        LOWERS,
        "Vitamin D supplements decreased the risk of hip fracture in nursing homes.",
        "Calcium supplements did not reduce blood pressure in young men.",
        "Vitamin D supplements not only reduced the risk of hip fracture in older women.",
        "Vitamin D supplements may not reduce the risk of hip fracture in older women.",
        "Whether vitamin D supplements increase the risk of hip fracture in women is unclear.",
        "Older women were recruited for the trial of vitamin D supplements and hip fracture.",
    ],
)
def test_findings_that_agree_or_speak_of_something_else_do_not_disagree(other: str) -> None:
    assert not findings.disagree(findings.read(LOWERS), findings.read(other))


def quote(make: Any, key: str, text: str, vector: tuple[float, float]) -> choice.Quote:
    sentence = prose.Sentence(text, 0, len(text), "result", 0.0)
    own = np.array(vector, dtype=np.float32)
    return choice.Quote(sentence, make(key, text), 0, own, said=np.ones(1, dtype=np.float32))


def test_disagreeing_findings_stand_side_by_side(passage: Callable[..., Any]) -> None:
    raises = "Vitamin D supplements increased the risk of hip fracture in older women."
    quotes = (
        quote(passage, "E1", LOWERS, (1.0, 0.0)),
        quote(passage, "E2", "Sunlight gives vitamin D to people in the south.", (0.0, 1.0)),
        quote(passage, "E3", raises, (0.9, 0.436)),
    )
    assert [group.relation for group in findings.grouped(quotes)] == ["disagree", "other"]
    assert telling.write("vitamin D and fractures", quotes) == (
        "From three papers, word for word:\n\n"
        "Findings disagree:\n\n"
        f'- Smith 2009: "{LOWERS}" [E1]\n'
        f'- Smith 2009: "{raises}" [E3]\n\n'
        "Also:\n\n"
        '- Smith 2009: "Sunlight gives vitamin D to people in the south." [E2]'
    )


def test_one_paper_does_not_disagree_with_itself(passage: Callable[..., Any]) -> None:
    item = passage("E1", LOWERS)
    texts = (LOWERS, "Vitamin D supplements increased the risk of hip fracture in older women.")
    quotes = [
        choice.Quote(
            prose.Sentence(text, 0, len(text), "result", 0.0), item, 0, np.ones(2, np.float32)
        )
        for text in texts
    ]
    assert [group.relation for group in findings.grouped(quotes)] == ["other"]


def test_sentences_of_several_papers_on_one_point_stand_together(
    passage: Callable[..., Any],
) -> None:
    quotes = (
        quote(passage, "E1", "Warfarin thins the blood of mice.", (1.0, 0.0)),
        quote(passage, "E2", "Sunlight gives vitamin D to people in the south.", (0.0, 1.0)),
        quote(passage, "E3", "The blood of rats is thinned by warfarin.", (0.9, 0.436)),
    )
    text = telling.write("warfarin", quotes)
    assert "Two papers on the same point:\n\n- Smith 2009:" in text
    assert text.index("[E3]") < text.index("Also:") < text.index("[E2]")


def test_a_sentence_that_denies_is_on_no_point_with_one_that_states(
    passage: Callable[..., Any],
) -> None:
    quotes = (
        quote(passage, "E1", "Rosiglitazone raised the risk of infarction.", (1.0, 0.0)),
        quote(passage, "E2", "Rosiglitazone had no effect on infarction.", (0.99, 0.141)),
        quote(passage, "E3", "The risk of infarction was raised in the trial.", (0.98, 0.199)),
    )
    agreed, other = findings.grouped(quotes)
    assert (agreed.relation, other.relation) == ("agree", "other")
    assert agreed.quotes == (quotes[0], quotes[2]) and other.quotes == (quotes[1],)
    assert "same point" not in telling.write("rosiglitazone infarction risk", quotes[:2])


def test_the_setting_is_told_only_where_words_leave_no_doubt(passage: Callable[..., Any]) -> None:
    for text, told in (
        ("Mice were given warfarin; the blood of the mice was thinned.", "animal"),
        ("Mice were given warfarin; mice and patients had thinned blood.", ""),
        ("Warfarin thins the blood of patients.", ""),
    ):
        assert telling.setting(quote(passage, "E1", text, (1.0, 0.0))) == told
    titled = quote(passage, "E1", "Warfarin thins the blood.", (1.0, 0.0))
    item = {**titled.item, "title": "Warfarin: a systematic review"}
    assert telling.setting(choice.Quote(titled.sentence, item, 0, titled.vector)) == (
        "systematic review"
    )


def test_words_alone_are_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    lowers_not = "Vitamin D supplements did not reduce the risk of hip fracture in women."
    assert findings.confirmed(LOWERS, lowers_not)
    assert not findings.confirmed(LOWERS, "The library opens at nine in the morning on weekdays.")
    monkeypatch.setattr(findings.head, "shared", lambda: None)
    assert not findings.confirmed(LOWERS, lowers_not)
