"""Sentences: spans that lose no character, cut where a reader would cut."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retort.retrieval.sentences import sentences

PROSE = st.lists(
    st.sampled_from(
        [
            *"aB1. \n#|-?!)(\"'",
            "Fig. 2",
            "et al. ",
            "IC50",
            " 2.5 ",
            ".12,13 ",
            "\n\n",
            "p53 ",
            "J. Smith",
            "\r\n",
            "\u2028",
            "\x0c",
            "…",
            "αβ",
            "\t",
            "e.g. ",
            "## Head\n",
            "* item\n",
        ]
    ),
    max_size=60,
).map("".join)


def pieces(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


@given(st.one_of(PROSE, st.text(max_size=200)))
def test_each_character_that_is_not_blank_lies_in_exactly_one_span(text: str) -> None:
    spans = sentences(text)
    covered = [n for start, end in spans for n in range(start, end)]
    assert len(covered) == len(set(covered))
    assert {n for n, c in enumerate(text) if not c.isspace()} <= set(covered)
    assert spans == sorted(spans)


@given(PROSE)
def test_spans_are_trimmed_and_cross_no_blank_line(text: str) -> None:
    for piece in pieces(text):
        assert piece and piece == piece.strip()
        assert not re.search(r"\n[ \t]*\n", piece)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A first one. A second one.", ["A first one.", "A second one."]),
        ("As Smith et al. (2019) said. It holds.", ["As Smith et al. (2019) said.", "It holds."]),
        ("See Fig. 2 for it. Done.", ["See Fig. 2 for it.", "Done."]),
        ("Doses of 2.5 mg. None more.", ["Doses of 2.5 mg.", "None more."]),
        ("It fell.12,13 Later it rose.", ["It fell.12,13", "Later it rose."]),
        ("By J. Smith and A. B. Jones.", ["By J. Smith and A. B. Jones."]),
        ("Chronic hepatitis C. Treatment began.", ["Chronic hepatitis C.", "Treatment began."]),
        ("It binds. p53 is lost. mTOR too.", ["It binds.", "p53 is lost.", "mTOR too."]),
        ("Is it so? Yes! It is.", ["Is it so?", "Yes!", "It is."]),
        ("# Methods\nWe did it.", ["# Methods", "We did it."]),
        ("- one\n- two", ["- one", "- two"]),
        ("| a | b |\n| c. D | e |", ["| a | b |", "| c. D | e |"]),
        ("wrapped\nline. Next.", ["wrapped\nline.", "Next."]),
        ("", []),
        (" \n\t ", []),
    ],
)
def test_cuts(text: str, expected: list[str]) -> None:
    assert pieces(text) == expected


def test_time_grows_with_the_text_and_not_with_its_square() -> None:
    text = "S. aureus and E. coli and " * 4000 + "A" * 100_000
    assert "".join(pieces(text)).replace(" ", "") == text.replace(" ", "")
