"""Passages: slices of the text, all of it, of a length that an encoder reads."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from retort.retrieval.chunks import LONGEST_WORDS, WHOLE_CHARACTERS, split
from retort.retrieval.records import Paper, Section

PIECES = st.sampled_from(
    [
        "word ",
        "Gene1 ",
        "It ended. ",
        "A\n\n",
        "# Head\n",
        "2.5 mg ",
        "et al. ",
        "\n",
        "\x00",
        "\x0c",
        "x" * 90,
        "| cell | cell |\n",
        "- item\n",
        "结果显示疗效",
        "\u2028",
        "α-helix ",
    ]
)


@st.composite
def papers(draw: st.DrawFn) -> Paper:
    parts = draw(st.lists(st.tuples(PIECES, st.integers(1, 400)), max_size=12))
    text = "".join(piece * times for piece, times in parts)
    edges = st.integers(0, len(text) + 5)
    sections = draw(st.lists(st.tuples(st.sampled_from(["Methods", "Results", ""]), edges, edges)))
    pages = draw(st.lists(edges, max_size=4).map(sorted))
    return Paper(
        paper_id="P1",
        source_id="P1",
        title="T",
        text=text,
        sections=tuple(Section(title, *sorted((a, b))) for title, a, b in sections),
        page_starts=tuple([0, *pages]) if pages else (),
    )


@settings(max_examples=60)
@given(papers())
def test_passages_are_slices_that_cover_the_text_once(paper: Paper) -> None:
    passages = split(paper)
    assert passages
    end = 0
    for number, passage in enumerate(passages, 1):
        assert passage.text == paper.text[passage.start : passage.end]
        assert passage.passage_id == f"P1#{number}"
        assert passage.paper_id == "P1"
        assert not paper.text[end : passage.start].strip(), "a gap that is not blank"
        assert passage.start >= end, "an overlap"
        end = passage.end
    assert not paper.text[end:].strip()


@settings(max_examples=60)
@given(papers())
def test_no_passage_is_too_long_to_read_or_hangs_over_its_page(paper: Paper) -> None:
    for passage in split(paper):
        assert len(passage.text) <= max(WHOLE_CHARACTERS, 2 * LONGEST_WORDS * 41)
        if paper.page_starts:
            assert passage.page is not None
            assert paper.page_starts[passage.page - 1] <= passage.start


def test_cutting_is_repeatable_and_cuts_at_sentence_ends() -> None:
    text = " ".join(f"Sentence number {n} reports what was seen in group {n}." for n in range(300))
    paper = Paper("P", "P", "T", text)
    passages = split(paper)
    assert passages == split(paper)
    assert len(passages) > 8
    assert all(p.text.startswith("Sentence") and p.text.endswith(".") for p in passages)
    lengths = [len(p.text.split()) for p in passages]
    assert max(lengths) <= 270 and min(lengths) >= 130


def test_a_passage_never_lies_in_two_long_sections() -> None:
    methods = "We measured it with care in all of them. " * 60
    results = "It was higher in the treated group. " * 60
    text = f"{methods}{results}"
    at = len(methods)
    paper = Paper(
        *("P", "P", "T", text),
        sections=(Section("Methods", 0, at), Section("Results", at, len(text))),
    )
    for passage in split(paper):
        assert passage.end <= at or passage.start >= at
        assert passage.section == ("Methods" if passage.end <= at else "Results")


def test_a_heading_stays_with_the_section_below_it() -> None:
    methods = "We measured it with care in all of them. " * 60
    text = f"{methods}\n\n## Results\n\n" + "It was higher in the treated group. " * 60
    body = text.index("It was higher")
    paper = Paper("P", "P", "T", text, sections=(Section("Results", body, len(text)),))
    first = next(p for p in split(paper) if p.section == "Results")
    assert first.text.startswith("## Results")


def test_papers_without_text_are_found_by_their_title() -> None:
    for text in ("", "  \n ", " " * 3000):
        (passage,) = split(Paper("P", "P", "Title only", text))
        assert (passage.start, passage.end, passage.text) == (0, 0, "")


def test_an_abstract_is_one_passage() -> None:
    (passage,) = split(Paper("P", "P", "T", "  An abstract. It is short.\n"))
    assert passage.text == "An abstract. It is short."
    assert passage.start == 2


def test_text_without_blanks_is_cut_too() -> None:
    for text in ("结果显示疗效显著" * 2000, "ACDEFGHIKLMNPQRSTVWY" * 3000):
        passages = split(Paper("P", "P", "T", text))
        assert "".join(p.text for p in passages) == text
        assert max(len(p.text) for p in passages) <= LONGEST_WORDS * 41
