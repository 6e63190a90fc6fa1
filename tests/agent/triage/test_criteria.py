"""How people write criteria, what of a record fits them, and what a model may say."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.language_models.fake_chat_models import FakeListChatModel

from retort.agent.triage import criteria, judging, matching
from retort.agent.triage.features import counted
from retort.agent.triage.records import Criteria, Reason, Record
from retort.retrieval.encode import HashingEncoder
from retort.retrieval.errors import RetortError, UsageError

PICO = """P: adults with migraine
I: triptans; ergotamine
O: pain-free at two hours
Exclude: children; case reports
"""
HEADED = """# Which triptan works best?

## Inclusion criteria
- randomised trials
- adults

## Exclusion criteria
1. reviews
2) animals
"""
TRIPTANS = Record(
    "1",
    "Rizatriptan in acute attacks",
    "Attacks are long. Adults with migraine took rizatriptan in a randomised trial. No child did.",
    mesh=("Migraine Disorders", "Adult"),
)


def test_pico_lines() -> None:
    assert criteria.read(PICO) == Criteria(
        include=("adults with migraine", "triptans", "ergotamine", "pain-free at two hours"),
        exclude=("children", "case reports"),
    )


def test_headings_and_lists(tmp_path: Path) -> None:
    file = tmp_path / "criteria.md"
    file.write_text(HEADED, encoding="utf-8")
    assert criteria.read(str(file)) == Criteria(
        question="# Which triptan works best?",
        include=("randomised trials", "adults"),
        exclude=("reviews", "animals"),
    )


def test_plain_text() -> None:
    assert criteria.read("Which statins lower LDL?") == Criteria(
        question="Which statins lower LDL?"
    )
    assert criteria.read("adults; triptans; excluding reviews") == Criteria(
        include=("adults", "triptans"), exclude=("reviews",)
    )


def test_json() -> None:
    given = '{"question": "Q?", "include": ["a b", "c"], "exclude": "d", "colour": "red"}'
    assert criteria.read(given) == Criteria("Q?", ("a b", "c"), ("d",))


@pytest.mark.parametrize("text", ["", "  ", "{}", "nothing.md", '{"include": ', "Include:"])
def test_nothing_to_go_by_is_refused(text: str) -> None:
    with pytest.raises(UsageError) as refused:
        criteria.read(text)
    assert refused.value.next


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    file = tmp_path / "criteria.txt"
    file.write_bytes(b"\xff\xfe\x00\x80")
    with pytest.raises(RetortError, match="Cannot read the criteria"):
        criteria.read(str(file))


@given(st.text(min_size=1).filter(lambda text: not text.strip().startswith("{")))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        assert not criteria.read(text).is_empty
    except RetortError as error:
        assert error.next


def test_bm25_is_that_of_the_formula() -> None:
    """Three texts of 3, 3 and 7 terms and pairs; "migraine" in two of them, once and twice."""
    texts = ["migraine pain", "insulin dose", "migraine migraine triptan dose"]
    idf, mean = np.log1p((3 - 2 + 0.5) / (2 + 0.5)), 13 / 3
    expected = [
        idf * count / (count + 0.9 * (1 - 0.6 + 0.6 * length / mean))
        for count, length in ((1, 3), (0, 3), (2, 7))
    ]
    assert matching.lexical(counted(texts), ["migraine"])[:, 0] == pytest.approx(expected, rel=1e-5)


def test_words_that_stand_in_any_abstract_are_not_marked_as_excluded() -> None:
    record = Record("1", "A study in animals", "This study used rats.")
    marked = matching.highlights(record, Criteria("migraine", exclude=("animal study", "reports")))
    assert [(span.field, record.title[span.start : span.end]) for span in marked] == [
        ("title", "animals")
    ]


def test_a_record_that_meets_every_criterion_comes_first() -> None:
    texts = [
        "triptans triptans triptans triptans",
        "triptans for migraine in a randomised trial",
        "a randomised trial of insulin",
        "weather in spring",
    ]
    wanted = Criteria(include=("triptans", "migraine", "randomised trial"))
    queries = matching.asked(wanted)
    assert queries[0] == "triptans migraine randomised trial"
    vectors = HashingEncoder().encode(texts)
    sides = [
        matching.lexical(counted(texts), queries),
        matching.similarity(vectors, queries, HashingEncoder()),
    ]
    prior = matching.prior(sides)
    assert prior.first.argmax() == 1 and prior.first.argmin() == 3
    assert prior.first.std() == pytest.approx(prior.lasting.std()) == pytest.approx(1)


def test_one_criterion_met_well_does_not_make_up_for_one_not_met() -> None:
    """The first row meets one criterion, the second both a little; the whole query takes both for
    nearly as good, its own order the first."""
    side = np.array([[5.0, 9.0, 0.0], [4.0, 3.0, 3.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    prior = matching.prior([side])
    assert prior.lasting.argmax() == 0
    assert prior.first.argmax() == 1


def test_words_of_the_criteria_and_mesh_are_marked() -> None:
    spans = matching.highlights(
        TRIPTANS, Criteria("migraine adults", exclude=("children", "child"))
    )
    marked = [(s.field, getattr(TRIPTANS, s.field)[s.start : s.end], s.kind) for s in spans]
    assert marked == [
        ("abstract", "Adults", "criterion"),
        ("abstract", "migraine", "criterion"),
        ("abstract", "child", "exclude"),
    ]
    mesh = replace(TRIPTANS, abstract="Migraine disorders are common.")
    (span,) = matching.highlights(mesh, Criteria("migraine"))
    assert (span.kind, span.start, span.end) == ("mesh", 0, 18)


def test_long_text_is_no_file() -> None:
    assert criteria.read("adults with migraine " * 50).question


@given(st.text(max_size=80), st.text(max_size=120))
def test_spans_lie_in_the_text_and_do_not_overlap(title: str, abstract: str) -> None:
    record = Record("1", title, abstract, mesh=("a b", "an"))
    wanted = Criteria(title[:20] or "x", exclude=(abstract[:20],))
    spans = matching.highlights(record, wanted)
    for field in ("title", "abstract"):
        own = [span for span in spans if span.field == field]
        assert all(0 <= s.start < s.end <= len(getattr(record, field)) for s in own)
        assert all(a.end <= b.start for a, b in pairwise(own))


def test_the_best_sentence_is_a_slice_of_the_record() -> None:
    (reason,) = judging.best_match(TRIPTANS, Criteria(include=("randomised trial in migraine",)))
    assert reason.quote == "Adults with migraine took rizatriptan in a randomised trial."
    assert TRIPTANS.abstract[reason.start : reason.end] == reason.quote
    assert reason.verdict == "" and "no model" in reason.text
    assert judging.best_match(TRIPTANS, Criteria("insulin")) == ()


def judged(*replies: str) -> tuple[Reason, ...]:
    judge = judging.ChatJudge(FakeListChatModel(responses=[*replies]), "m")
    wanted = Criteria(include=("migraine", "adults"), exclude=("children",))
    return judge.judge(TRIPTANS, wanted)


def test_a_model_judges_each_criterion_with_a_quote() -> None:
    met, unmet = judged(
        'MET\n"Adults with migraine took  rizatriptan"', "I think so", 'NOT MET\n"No child did."'
    )
    assert (met.verdict, met.criterion) == ("met", "migraine")
    assert met.quote == "Adults with migraine took rizatriptan"
    assert TRIPTANS.abstract[met.start : met.end] == met.quote
    assert (unmet.verdict, unmet.criterion) == ("not met", "children")
    assert "to be excluded" in unmet.text


@pytest.mark.parametrize(
    "reply", ["MET", 'MET\n"Adults with cluster headache"', 'MET\n""', "", "YES", 'MET "Adults"']
)
def test_a_verdict_without_words_of_the_record_is_dropped(reply: str) -> None:
    assert judging.understood(reply, TRIPTANS, "include", "adults", "m") is None


def test_only_a_language_model_judges() -> None:
    model = FakeListChatModel(responses=[""])
    assert judging.choose(model, "embedded") is None
    assert isinstance(judging.choose(model, "hf:some/model"), judging.ChatJudge)


@pytest.mark.parametrize(
    ("criterion", "quote"),
    [
        ("a child", "No child did."),
        ("studies in animals", None),
        ("migraine attacks of rats", None),
        ("attacks in migraine", "Attacks are long."),  # migraine is looked for
        ("a trial of rizatriptan in children", None),
        ("", None),
    ],
)
def test_a_strong_match_of_an_exclusion_is_shown_with_its_sentence(
    criterion: str, quote: str | None
) -> None:
    wanted = Criteria(include=("adults with migraine",), exclude=(criterion,))
    found = judging.told(TRIPTANS, wanted, ())
    assert [reason.quote for reason in found] == ([quote] if quote else [])
    for reason in found:
        assert getattr(TRIPTANS, reason.field)[reason.start : reason.end] == quote
        assert reason.is_exclusion and "Possible exclusion" in reason.text


def test_an_exclusion_that_a_model_judged_is_not_judged_by_words() -> None:
    said = judged('MET\n"Adults"', 'MET\n"Adults"', 'NOT MET\n"No child did."')
    wanted = Criteria(include=("migraine", "adults"), exclude=("children",))
    assert judging.told(TRIPTANS, wanted, said) == said
    assert not any(reason.is_exclusion for reason in said)
