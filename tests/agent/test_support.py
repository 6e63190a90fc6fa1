"""Verdicts on cited sentences: what is quoted, what is judged, how it is told."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from retort.agent.records import Checks, Citation, Verdict
from retort.agent.support import Support, cited, is_quoted, verdicts
from retort.agent.verdicts.judge import Opinion
from retort.agent.verdicts.labels import told
from retort.retrieval.encode import HashingEncoder
from retort.tools.records import Evidence

TEXT = (
    "Background is long. Carriers of CYP2C9*3 needed lower doses [12] of warfarin. "
    "Diet was not recorded in the study."
)
PAPER = Citation(1, Evidence("literature", "PMID:1", "A", TEXT, 100, 100 + len(TEXT)))
RECORD = Citation(2, Evidence("chembl", "CHEMBL1", "B", "IC50 = 33 nM."))


class Notes:
    """A judge that contradicts everything and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    def judge(self, texts: Sequence[tuple[str, str]]) -> list[Opinion]:
        self.asked += texts
        return [Opinion("contradicted", 0.8, "head") for _ in texts]


@pytest.mark.parametrize(
    ("statement", "quoted"),
    [
        ("Carriers of CYP2C9*3 needed lower doses […] of warfarin.", True),
        ('Smith 2009: "Carriers of CYP2C9*3 needed lower doses […] of warfarin."', True),
        ("Smith 2009, retracted: “Diet was not recorded in the study.”", True),
        ("Variants named in the quoted passages: `CYP2C9*3`, `CYP2C9*2`.", True),
        ("Carriers of CYP2C9*3 needed higher doses of warfarin.", False),
        ('Smith 2009: "Carriers needed higher doses."', False),
        ('Carriers died, as Smith says: "Diet was not recorded in the study" and more.', False),
        ("Variants named in the quoted passages: `CYP2C9*8`.", False),
    ],
)
def test_what_is_quoted(statement: str, quoted: bool) -> None:
    assert is_quoted(statement, TEXT) is quoted


def test_statements_come_with_each_of_their_markers() -> None:
    found = cited(
        "# A heading of words [1]\n\nDoses were lower there [1][2]. Yes [1].\n"
        "- **Less** was needed here. [1]"
    )
    assert found == [
        ("Doses were lower there.", 1),
        ("Doses were lower there.", 2),
        ("Less was needed here.", 1),
    ]


def test_quotes_are_supported_and_only_the_rest_is_judged() -> None:
    judge = Notes()
    answer = (
        'Smith 2009: "Diet was not recorded in the study." [1]\n\nThey need higher doses [1][2].'
    )
    found = verdicts(answer, [PAPER, RECORD], judge)
    assert found == (
        Verdict(1, 'Smith 2009: "Diet was not recorded in the study."', "supported", 1.0, "quoted"),
        Verdict(1, "They need higher doses.", "contradicted", 0.8, "head"),
    )
    assert judge.asked == [("They need higher doses.", TEXT)]


def test_without_a_judge_nothing_is_guessed() -> None:
    (found,) = verdicts("They need higher doses [1].", [PAPER])
    assert (found.verdict, found.probability, found.judge) == ("not judged", None, "")


def test_an_abstention_is_not_judged() -> None:
    assert verdicts("I cannot answer from what I have: doses differ there [1].", [PAPER]) == ()


def test_a_paraphrase_gets_highlights_within_its_quote_and_a_quote_does_not() -> None:
    support = Support(Notes(), HashingEncoder)
    marked = support.highlighted(PAPER, "Carriers of CYP2C9*3 take lower doses [1].").evidence
    spans = marked.record["highlights"]
    first = TEXT[spans[0][0] - 100 : spans[0][1] - 100]
    assert first == "Carriers of CYP2C9*3 needed lower doses [12] of warfarin."
    assert all(100 <= start < end <= marked.end for start, end in spans)
    assert marked.quote == TEXT and (marked.start, marked.end) == (100, 100 + len(TEXT))
    assert support.highlighted(PAPER, '"Diet was not recorded in the study." [1]') == PAPER
    assert support.highlighted(RECORD, "Its IC50 is 33 nM [2].") == RECORD


def test_the_worst_verdict_is_told_with_who_gave_it() -> None:
    supports = Verdict(1, "a", "supported", 0.9, "head")
    against = Verdict(1, "b", "contradicted", 0.81, "head")
    assert told([supports], 1) == "supports (judged by head 90%)"
    assert told([supports, against], 1) == "contradicts: read it (judged by head 81%)"
    assert told([Verdict(1, "a", "supported", 1.0, "quoted")], 1) == "quoted word for word"
    assert told([Verdict(1, "a", "no evidence", None, "hf:x")], 1) == (
        "no evidence found in the passage (judged by hf:x)"
    )
    assert told([Verdict(1, "a", "not judged", None, "")], 1) == "support not judged"
    assert told([supports], 2) == ""


def test_verdicts_travel_and_answers_of_before_are_read() -> None:
    checks = Checks(verdicts=(Verdict(1, "a", "contradicted", 0.8, "head"),))
    assert Checks.from_dict(checks.as_dict()) == checks
    assert list(checks.findings()) == ["head judges that [1] contradicts it: a"]
    old = {"removed_citations": [], "unsupported_numbers": ["3"], "uncited_sentences": []}
    assert Checks.from_dict(old) == Checks(unsupported_numbers=("3",))
