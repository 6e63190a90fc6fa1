"""When an answer is right, and what the shares and intervals of many are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from askers import answered

from retort.agent.batch.evaluation import RESAMPLES, evaluate, share
from retort.agent.batch.records import Gold, Item, Line
from retort.agent.batch.scoring import is_number_right, is_source_cited, score, text_match


@pytest.mark.parametrize(
    ("answer", "gold", "tolerance", "is_right"),
    [
        ("The IC50 is 12.4 nM [1].", "12 nM", None, True),
        ("The IC50 is 12.7 nM [1].", "12 nM", None, False),
        ("The IC50 is 12.7 nM [1].", "12 nM", 0.1, True),
        ("The IC50 is 0.012 µM [1].", "12 nM", None, True),
        ("The IC50 is 12nM [1].", "12 nM", None, True),
        ("The IC50 is 12 uM [1].", "12 nM", None, False),
        ("A Ki of 3 nM, and an IC50 of 12 nM [1].", "12 nM", None, False),
        ("Of 12 papers, it is 30 nM [1].", "12 nM", None, False),
        ("The weight is 1,180.2 g/mol [1].", "1180.16 g/mol", None, True),
        ("The mass is 180.2 Da [1].", "180.16 g/mol", None, True),
        ("The logP of CYP2C9's and COX-2's ligand is 1.31 [2].", "1.31", None, True),
        ("It has 5 rotatable bonds [1].", "5", None, True),
        ("Of 12 bonds, 5 rotate [1].", "5", None, False),
        ("It is -4.55 [1].", "-4.55", None, True),
        ("It is 4.55 [1].", "-4.55", None, False),
        ("Exactly zero: 0 [1].", "0", 0.0, True),
        ("No number here [12].", "12", None, False),
    ],
)
def test_numbers(answer: str, gold: str, tolerance: float | None, is_right: bool) -> None:
    assert is_number_right(answer, Gold(gold, tolerance=tolerance)) is is_right


@pytest.mark.parametrize(
    ("answer", "gold", "found"),
    [
        ("The BCL-2 protein [1].", "bcl-2 protein", (True, True)),
        ("Venetoclax blocks BCL-2 [1].", "BCL-2", (False, True)),
        ("Venetoclax blocks BCL-2 [1].", "MCL1|BCL 2", (False, True)),
        ("It blocks EGFRvIII [1].", "EGFR", (False, False)),
        ("", "EGFR", (False, False)),
    ],
)
def test_texts(answer: str, gold: str, found: tuple[bool, bool]) -> None:
    assert text_match(answer, gold) == found


def test_a_source_is_known_by_any_of_its_ids() -> None:
    citation: dict[str, Any] = {
        "source_id": "PMID:1",
        "url": "https://pubmed.ncbi.nlm.nih.gov/1/",
        "record": {"paper_id": "DOI:10.1/X", "year": 2018},
    }
    line = {"citations": [citation]}
    assert is_source_cited(line, "PMID:9; pmid:1") and is_source_cited(line, "10.1/x")
    assert not is_source_cited(line, "PMID:11") and not is_source_cited({"citations": []}, "a")


def test_choices_tell_right_from_insufficient() -> None:
    item = Item("1", "q", choices=("one", "two"), gold=Gold("two"))
    line = answered(item)
    right, wrong, none = (
        score(item, line | {"choice": {"letter": letter, "by": by}})
        for letter, by in (("B", "letter"), ("A", "text"), ("", "insufficient"))
    )
    assert right and wrong and none
    assert (right.is_right, right.is_attempted) == (True, True)
    assert (wrong.is_right, wrong.is_attempted) == (False, True)
    assert (none.is_right, none.is_attempted, none.is_insufficient) == (False, False, True)


def test_what_failed_is_never_right() -> None:
    item = Item("1", "q", gold=Gold("12 nM"))
    found = score(item, answered(item, "12 nM") | {"status": "failed"})
    assert found and found.is_right is False and not found.is_attempted
    assert score(Item("2", "q"), answered(item)) is None


def test_shares_and_their_intervals() -> None:
    hits = np.array([True] * 80 + [False] * 20)
    found = share(hits)
    assert found and (found.value, found.n) == (0.8, 100)
    # the normal approximation: 0.8 +- 1.96 sqrt(0.8 * 0.2 / 100)
    assert abs(found.low - 0.7216) < 0.02 and abs(found.high - 0.8784) < 0.02
    assert share(hits) == found and RESAMPLES == 1000
    half = share(hits, np.array([True, False] * 50))
    assert half and (half.value, half.n) == (0.8, 50) and half.high - half.low > 0.2
    assert share(hits, ~hits & hits) is None and share(hits[:0]) is None
    sure = share(np.ones(5, bool))
    assert sure and (sure.low, sure.high) == (0.4782, 1.0)  # as R's binom.test(5, 5)
    none = share(np.zeros(5, bool))
    assert none and (none.low, none.high) == (0.0, 0.5218)


def test_groups_kinds_and_the_baseline() -> None:
    items = [Item(f"{n}", "q", gold=Gold("BTK", group="ab"[n % 2])) for n in range(8)]
    items += [Item("number", "q", gold=Gold("5 nM")), Item("unknown", "q")]
    good: dict[str, Line] = {item.id: answered(item, "It is BTK [1].") for item in items}
    poor = good | {item.id: answered(item, "It is ALK [1].") for item in items[:4]}
    found = evaluate(items, good.get, poor.get)
    assert found and found.baseline and found.gain
    assert found.all.questions == 9 and found.all.accuracy
    assert found.all.accuracy.value == pytest.approx(8 / 9, abs=1e-4)
    assert {name: each.questions for name, each in found.groups.items()} == {
        "(none)": 1, "a": 4, "b": 4,
    }  # fmt: skip
    assert set(found.kinds) == {"number", "text"}
    assert found.gain.value == pytest.approx(4 / 9, abs=1e-4) and found.gain.n == 9
    assert 0 < found.gain.low < found.gain.value < found.gain.high
    assert evaluate(items[-1:], good.get) is None
