from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.tools import BaseTool

from retort.retrieval.errors import RetortError
from retort.retrieval.records import Filter, Hit, Passage
from retort.tools import Bench
from retort.tools.literature import PART, WHOLE, best_part, build_tools, evidence_of, found, link

Refusal = Callable[[Callable[[], Any]], RetortError]

FILLER = "The weather in the laboratory was of no importance to anyone. "
POINT = "Carriers of CYP2C9*3 needed a lower warfarin dose (p < 0.001)."


def hit(text: str, **fields: Any) -> Hit:
    passage = Passage(
        "P1:3", fields.pop("paper_id", "PMID:1"), 100, 100 + len(text), text, "Results"
    )
    defaults = {"title": "Warfarin", "source_id": "PMID:1", "authors": ("A. Author",), "year": 2009}
    return Hit(rank=1, score=0.5, passage=passage, **{**defaults, **fields})


def test_a_short_passage_is_quoted_whole_but_for_blanks_at_its_ends() -> None:
    text = f"\n {POINT} {FILLER}\n"
    item = evidence_of(hit(text), "warfarin dose", "papers")
    assert item.quote == text.strip()
    assert (item.start, item.end) == (102, 102 + len(text.strip()))


def test_the_one_sentence_that_holds_most_of_the_query_is_not_cut_off() -> None:
    best = "The Caco-2 assay measures permeability. "
    filler = "This is how it is done and what it is for in the laboratory of today. " * 30
    text = f"{best}{filler}Assays exist. {filler}"
    start, end = best_part(text, "How is Caco-2 permeability measured")
    assert best.strip() in text[start:end]


def test_of_a_long_passage_the_sentences_nearest_to_the_query_are_quoted() -> None:
    text = FILLER * 20 + POINT + " " + FILLER * 20
    item = evidence_of(hit(text), "CYP2C9 variants and warfarin doses", "papers")
    assert POINT in item.quote and len(item.quote) <= PART
    assert item.start is not None and item.end is not None
    assert text[item.start - 100 : item.end - 100] == item.quote
    assert item.quote.endswith(".")


@settings(max_examples=150)
@given(
    st.lists(
        st.sampled_from([FILLER, POINT, "\n\n", "e.g. 5 mg/kg i.v. ", "µ" * 50, "x" * 1_000]),
        max_size=60,
    ),
    st.text(max_size=30),
)
def test_a_quote_is_always_a_slice(parts: list[str], query: str) -> None:
    text = "".join(parts)
    start, end = best_part(text, query)
    assert 0 <= start <= end <= len(text)
    assert text[start:end] == text[start:end].strip()
    assert end - start <= WHOLE
    assert bool(text[start:end]) == bool(text.strip())


@pytest.mark.parametrize(
    ("source_id", "url", "expected"),
    [
        ("PMID:12345", "", "https://pubmed.ncbi.nlm.nih.gov/12345/"),
        ("PMC3456", "", "https://pmc.ncbi.nlm.nih.gov/articles/PMC3456/"),
        ("PMC:3456", "", "https://pmc.ncbi.nlm.nih.gov/articles/PMC3456/"),
        ("DOI:10.1000/a<b>c", "", "https://doi.org/10.1000/a%3Cb%3Ec"),
        ("note:egfr", "", ""),
        ("PMID:abc", "", ""),
        ("PMID:1", "https://example.org/x", "https://example.org/x"),
        ("PMID:1", "javascript:alert(1)", "https://pubmed.ncbi.nlm.nih.gov/1/"),
    ],
)
def test_links(source_id: str, url: str, expected: str) -> None:
    assert link(source_id, url) == expected


def test_notes_and_retractions_are_marked() -> None:
    note = evidence_of(hit(POINT, kind="note", source_id="note:cyp2c9"), "warfarin", "starter")
    assert note.title == "Note: Warfarin" and note.record["is_note"] is True
    gone = evidence_of(hit(POINT, retracted=True), "warfarin", "papers")
    assert gone.title == "RETRACTED: Warfarin" and gone.record["retracted"] is True
    assert "retracted papers" in found([hit(POINT, retracted=True)], "q", "papers", 1, 1).note


def test_the_notice_of_a_retraction_goes_with_the_evidence() -> None:
    withdrawn = hit(POINT, retracted=True, retraction="Retraction in: Blood 2020 (PMID:9).")
    assert "(PMID:9)" in evidence_of(withdrawn, "warfarin", "papers").record["retraction"]
    assert "do not rely on them. Retraction in: Blood 2020 (PMID:9)." in (
        found([withdrawn, withdrawn], "q", "papers", 1, 1).note
    )


def test_the_record_says_where_the_passage_stands() -> None:
    item = evidence_of(hit(POINT), "warfarin", "papers")
    assert item.kind == "literature" and item.source_id == "PMID:1"
    assert item.record["section"] == "Results" and item.record["paper_id"] == "PMID:1"
    assert item.record["authors"] == ["A. Author"] and item.record["library"] == "papers"
    json.dumps(item.as_dict())


def test_the_summary_counts_passages_papers_and_notes() -> None:
    one = hit(POINT)
    hits = [one, replace(one, rank=2), hit(POINT, paper_id="n1", kind="note")]
    assert (
        found(hits, "q", "papers", 9, 1_234).summary
        == "Literature: 3 passages from 1 paper and 1 note"
    )
    assert found([one], "q", "papers", 9, 1_234).summary == "Literature: 1 passage from 1 paper"
    assert "1,234 passages of 9 documents" in found([one], "q", "papers", 9, 1_234).note


def test_nothing_found_says_what_was_searched_and_how_to_add() -> None:
    result = found([], "unobtainium", "papers", 9, 1_234)
    assert result.summary == 'Literature: nothing found for "unobtainium" in 1,234 passages'
    assert result.evidence == () and "retort library add" in result.note


class FakeLibrary:
    name = "papers"

    def count(self) -> tuple[int, int]:
        return 9, 1_234


@pytest.fixture
def searched(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    calls: list[tuple[Any, ...]] = []
    module = ModuleType("retort.retrieval.search")

    def search(library: FakeLibrary, query: str, **asked: Any) -> list[Hit]:
        calls.append((query, asked["k"], asked["per_paper"], asked["filter"]))
        return [hit(POINT)]

    module.search, module.PER_PAPER = search, 3  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "retort.retrieval.search", module)
    return calls


def tool_over(bench: Bench, library: Callable[[], Any]) -> BaseTool:
    (tool,) = build_tools(replace(bench, library=library))
    return tool


def test_the_tool_searches_the_library(bench: Bench, searched: list[tuple[Any, ...]]) -> None:
    tool = tool_over(bench, FakeLibrary)
    args = {"query": " CYP2C9\n warfarin ", "limit": 99}
    message = tool.invoke({"type": "tool_call", "id": "1", "name": tool.name, "args": args})
    assert searched == [("CYP2C9 warfarin", 20, 3, None)]
    assert message.artifact.count == 1
    assert f'Warfarin (PMID:1): "{POINT}"' in message.content


def test_the_tool_filters_papers(bench: Bench, searched: list[tuple[Any, ...]]) -> None:
    tool = tool_over(bench, FakeLibrary)
    args = {"query": "dose", "years": "2010-", "publication_type": "Review", "paper": "PMID:1"}
    message = tool.invoke({"type": "tool_call", "id": "1", "name": tool.name, "args": args})
    asked = Filter((2010, None), publication_types=("Review",), paper_ids=("PMID:1",))
    assert searched == [("dose", 6, None, asked)]
    assert "Only papers that match the filter." in message.content


def test_years_that_are_none_are_refused(
    bench: Bench, searched: list[tuple[Any, ...]], refusal: Refusal
) -> None:
    tool = tool_over(bench, FakeLibrary)
    refusal(lambda: tool.invoke({"query": "dose", "years": "lately"}))
    assert searched == []


@pytest.mark.parametrize("query", ["", "  ", "x" * 1_001])
def test_queries_that_are_none(
    bench: Bench, searched: list[tuple[Any, ...]], refusal: Refusal, query: str
) -> None:
    tool = tool_over(bench, FakeLibrary)
    refusal(lambda: tool.invoke({"query": query}))
    assert searched == []


def test_a_missing_library_is_an_error_that_passes(
    bench: Bench, searched: list[tuple[Any, ...]]
) -> None:
    def missing() -> Any:
        raise RetortError("No library named x.", "It was never made.", "retort library add PATH")

    with pytest.raises(RetortError, match="No library named x"):
        tool_over(bench, missing).invoke({"query": "warfarin"})


def test_a_paper_without_text_is_named_and_never_quoted() -> None:
    bare = [hit("", paper_id=f"P{n}", source_id=f"PMID:{n}", title=f"Title {n}") for n in range(5)]
    result = found([hit(POINT), *bare], "warfarin", "papers", 6, 6)
    assert [item.quote for item in result.evidence] == [POINT] and result.count == 1
    assert "Title 0 (PMID:0); Title 1 (PMID:1); Title 2 (PMID:2) and 2 more" in result.note
    only = found(bare[:1], "warfarin", "papers", 1, 1)
    assert only.evidence == () and "Title 0 (PMID:0)" in only.note
