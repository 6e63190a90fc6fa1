"""Markers: tolerant reading, strict resolution, and a stream that equals the whole."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retort.agent.citations import Resolver, narrowed, resolve
from retort.agent.ledger import Ledger
from retort.agent.records import Citation
from retort.tools.records import Evidence, ToolResult


def ledger(count: int = 4) -> Ledger:
    made = Ledger()
    quotes = [f"Fact {n}: patients carried the allele [12] in 5 cases." for n in range(count)]
    made.enter(
        ToolResult(
            "s", tuple(Evidence("literature", f"PMID:{n}", "t", q) for n, q in enumerate(quotes))
        )
    )
    return made


@pytest.mark.parametrize(
    ("written", "shown", "removed"),
    [
        ("A [E1].", "A [1].", ()),
        ("A [E3]. B [E1]. C [E3].", "A [1]. B [2]. C [1].", ()),
        ("A [E1][E2].", "A [1][2].", ()),
        ("A [E1, E2].", "A [1][2].", ()),
        ("A [E1; e2 and E3].", "A [1][2][3].", ()),
        ("A [E1-E3].", "A [1][2][3].", ()),
        ("A (E2).", "A [1].", ()),
        ("A 【E2】.", "A [1].", ()),
        ("A [^E2].", "A [1].", ()),
        ("A [E9].", "A.", ("[E9]",)),
        ("A [E1, E9].", "A [1].", ("[E9]",)),
        ("A [7].", "A.", ("[7]",)),
        ("A [1, 2].", "A.", ("[1, 2]",)),
        ("(as shown [E1])", "(as shown [1])", ()),
        ("`C[C@H](N)C(=O)O` [E1]", "`C[C@H](N)C(=O)O` [1]", ()),
        ("in 2019 (12 patients) [Smith 2019]", "in 2019 (12 patients) [Smith 2019]", ()),
        ("unfinished [E1", "unfinished [E1", ()),
    ],
)
def test_resolution(written: str, shown: str, removed: tuple[str, ...]) -> None:
    resolved = resolve(written, ledger())
    assert (resolved.text, resolved.removed) == (shown, removed)


def test_a_papers_own_reference_mark_is_elided_not_counted_as_invented() -> None:
    resolved = resolve('"patients carried the allele [12] in 5 cases." [E1]', ledger())
    assert resolved.text == '"patients carried the allele […] in 5 cases." [1]'
    assert resolved.removed == ()


pieces = st.one_of(
    st.sampled_from(
        ["[E1]", "[E2, E9]", "(E3)", "[12]", "[", "]", "(", ")", " ", "\n", "E1", "【E4】"]
    ),
    st.text(alphabet="ab .[]()E123,-", max_size=8),
)


@given(st.lists(pieces, max_size=20).map("".join), st.data())
def test_a_stream_shows_what_the_whole_shows(text: str, data: st.DataObject) -> None:
    book = ledger()
    whole = resolve(text, book)
    stream = Resolver(book)
    shown, at = "", 0
    while at < len(text):
        step = data.draw(st.integers(1, 7))
        shown += stream.feed(text[at : at + step])
        at += step
    shown += stream.finish()
    assert (shown, stream.citations, stream.removed) == (whole.text, whole.citations, whole.removed)


@given(st.lists(pieces, max_size=20).map("".join))
def test_every_marker_that_stays_resolves(text: str) -> None:
    resolved = resolve(text, ledger())
    markers = {citation.marker for citation in resolved.citations}
    assert markers == set(range(1, len(markers) + 1))
    assert {int(n) for n in re.findall(r"\[(\d+)\]", resolved.text)} <= markers


def test_a_quote_is_narrowed_to_the_sentences_that_the_answer_repeats() -> None:
    text = "Text of the paper here. Carriers of CYP2C9*3 need less warfarin. Other things follow."
    evidence = Evidence("literature", "PMID:1", "t", text, 100, 100 + len(text))
    cited = Citation(1, evidence)
    cut = narrowed(cited, '- "Carriers of CYP2C9*3 need less warfarin." [1]').evidence
    assert cut.quote == "Carriers of CYP2C9*3 need less warfarin."
    assert cut.start is not None and cut.end is not None
    assert text[cut.start - 100 : cut.end - 100] == cut.quote
    assert narrowed(cited, "They need less [1].") == cited
