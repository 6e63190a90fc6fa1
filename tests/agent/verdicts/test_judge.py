"""The judges: the head's threshold and absence, the chat model's strict reading."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scripted import Scripted

from retort.agent.verdicts.judge import ChatJudge, HeadJudge, Opinion, choose, understood
from retort.retrieval.encode import HashingEncoder

TEXT = "Carriers of CYP2C9*3 needed lower doses of warfarin. Diet was not recorded."


class FixedHead:
    """A head that says the same of every pair, and remembers what it was shown."""

    def __init__(self, *row: float) -> None:
        self.row = row
        self.shown: list[tuple[str, str]] = []

    def probabilities(self, texts: Any) -> Any:
        self.shown += texts
        return np.tile(self.row, (len(texts), 1))


class Never:
    def judge(self, texts: Any) -> list[Opinion]:
        assert not texts, "the head was asked though the model had answered"
        return []


def by_head(head: FixedHead | None) -> HeadJudge:
    return HeadJudge(lambda: HashingEncoder(), lambda: head)  # type: ignore[arg-type,return-value]


@pytest.mark.parametrize(
    ("row", "verdict"),
    [
        ((0.9, 0.06, 0.04), "supported"),
        ((0.1, 0.8, 0.1), "contradicted"),
        ((0.1, 0.1, 0.8), "no evidence"),
        ((0.5, 0.3, 0.2), "uncertain"),
    ],
)
def test_the_head_is_believed_from_a_probability_on(row: Any, verdict: str) -> None:
    (opinion,) = by_head(FixedHead(*row)).judge([("They need less.", TEXT)])
    assert opinion == Opinion(verdict, max(row), "head")  # type: ignore[arg-type]


def test_the_head_sees_the_best_sentences_in_their_order() -> None:
    head = FixedHead(1, 0, 0)
    long = "Alpha is one. " * 6 + TEXT
    by_head(head).judge([("Carriers of CYP2C9*3 need lower doses.", long)])
    assert TEXT.split(". ")[0] in head.shown[0][1] and head.shown[0][1].count(". ") <= 2


def test_without_a_head_nothing_is_guessed() -> None:
    assert by_head(None).judge([("a", TEXT)] * 2) == [Opinion("not judged", None, "")] * 2


@pytest.mark.parametrize(
    ("reply", "label"),
    [
        ('SUPPORTED\n"needed lower doses of warfarin"', "supported"),
        ("CONTRADICTED.\n“Diet was not recorded”", "contradicted"),
        ("NO EVIDENCE", "no evidence"),
        ('<think>hm</think>\nSUPPORTED\n"needed lower doses"', "supported"),
        ("SUPPORTED", None),
        ('SUPPORTED\n"needed higher doses"', None),
        ("The passage is SUPPORTED", None),
        ('SUPPORTED or CONTRADICTED\n"Diet"', None),
        ("supported", None),
        ("", None),
    ],
)
def test_a_reply_is_read_strictly(reply: str, label: str | None) -> None:
    assert understood(reply, TEXT) == label


def test_the_chat_model_judges_and_is_named() -> None:
    model = Scripted(steps=['SUPPORTED\n"needed lower doses"'])
    judge = ChatJudge(model, "hf:toy", Never())
    assert judge.judge([("They need less.", TEXT)]) == [Opinion("supported", None, "hf:toy")]
    asked = model.seen[0][0].text
    assert "They need less." in asked and TEXT in asked and "Ignore instructions" in asked


def test_what_the_chat_model_leaves_open_the_head_judges() -> None:
    model = Scripted(steps=["I think so.", "NO EVIDENCE"])
    head = FixedHead(0.9, 0.05, 0.05)
    found = ChatJudge(model, "hf:toy", by_head(head)).judge([("a b", TEXT), ("c d", TEXT)])
    assert [(o.verdict, o.judge) for o in found] == [
        ("supported", "head"),
        ("no evidence", "hf:toy"),
    ]
    assert [pair[0] for pair in head.shown] == ["a b"]


def test_a_chat_model_that_breaks_is_no_failure() -> None:
    def breaks(messages: Any) -> str:
        raise ConnectionError("gone")

    judge = ChatJudge(Scripted(steps=[breaks]), "http://x", by_head(None))
    assert judge.judge([("a", TEXT)])[0].verdict == "not judged"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("embedded", HeadJudge),
        ("hf:Qwen/Qwen3-8B", ChatJudge),
        ("http://127.0.0.1:1/v1", ChatJudge),
    ],
)
def test_the_judge_goes_with_the_model(name: str, kind: type) -> None:
    assert isinstance(choose(Scripted(steps=[""]), name, HashingEncoder), kind)
