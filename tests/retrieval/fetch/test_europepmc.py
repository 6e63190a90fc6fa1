"""Europe PMC: pages and cursors, records as papers, full text where it is open."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from literature_services import Services, core

from retort.retrieval.errors import OutageError
from retort.retrieval.fetch import europepmc as module
from retort.retrieval.fetch.core import paper_of, parts, plain
from retort.retrieval.fetch.europepmc import EuropePMC
from retort.retrieval.fetch.records import Batch
from retort.retrieval.readers import Reading
from retort.retrieval.records import Paper, Section

Make = Callable[..., EuropePMC]


def pages(source: EuropePMC, most: int = 1_000) -> list[Batch]:
    found, got, cursor = source.find("warfarin", most), [], ""
    cursor = found.cursor
    while cursor:
        got.append(source.batch("warfarin", (), cursor, most, frozenset()))
        cursor = got[-1].cursor
    return got


def test_pages_follow_the_cursor_to_its_end(services: Services, europepmc: Make) -> None:
    services.count = 230
    got = pages(europepmc())
    assert [len(batch.records) for batch in got] == [100, 100, 30, 0]
    forms = services.asked("searchPOST")
    assert [form["cursorMark"] for form in forms] == ["*", "*", "AoIIQ100", "AoIIQ200", "AoIIQ230"]
    assert forms[1] == {
        "format": "json",
        "query": "warfarin",
        "resultType": "core",
        "pageSize": "100",
        "cursorMark": "*",
    }


def test_no_more_than_wanted_is_asked_for(services: Services, europepmc: Make) -> None:
    batch = europepmc().batch("warfarin", (), "*", 7, frozenset())
    assert len(batch.records) == 7 and services.asked("searchPOST")[0]["pageSize"] == "7"


def test_a_record_as_a_paper() -> None:
    paper = paper_of(core(3))
    assert isinstance(paper, Paper)
    assert paper.paper_id == paper.source_id == "PMID:30000004"
    assert (paper.pmid, paper.pmcid, paper.doi) == ("30000004", "PMC4", "10.1000/warfarin.3")
    assert paper.title == "Warfarin and CYP2C9: study 3."
    assert paper.text == "Study 3: 10^-3 with p<0.05 & CYP2C9.\n\nIt works."
    assert [(s.title, paper.text[s.start : s.end]) for s in paper.sections] == [
        ("Background", "Study 3: 10^-3 with p<0.05 & CYP2C9."),
        ("Results", "It works."),
    ]
    assert paper.authors == ("Jane Doe", "The Invented Group")
    assert (paper.year, paper.journal) == (2019, "Journal of invented pharmacology")
    assert paper.mesh == ("Warfarin",) and paper.keywords == ("dosing",)
    assert paper.publication_types == ("Journal Article", "research-article")
    assert paper.has_abstract and not paper.retracted
    assert paper.metadata == {"europepmc": "MED:30000004", "open_access": "Y", "license": "cc by"}


def test_a_record_without_an_abstract_is_its_title() -> None:
    paper = paper_of(core(7))
    assert isinstance(paper, Paper)
    assert not paper.has_abstract and paper.text == paper.title


@pytest.mark.parametrize(
    "change",
    [
        {"pubTypeList": {"pubType": ["Retracted Publication"]}},
        {"pubTypeList": {"pubType": "retracted publication"}},
        {"commentCorrectionList": {"commentCorrection": {"type": "Retraction in", "id": "7"}}},
    ],
)
def test_a_retraction_is_kept(change: dict[str, Any]) -> None:
    paper = paper_of(core(1) | change)
    assert isinstance(paper, Paper) and paper.retracted


def test_the_notice_of_a_retraction_is_kept_with_its_id() -> None:
    notice = {
        "id": "31000001",
        "source": "MED",
        "reference": "J Invent. 2020;1:2",
        "type": "Retraction in",
    }
    comment = {"id": "31000002", "source": "MED", "type": "Comment in"}
    paper = paper_of(core(1) | {"commentCorrectionList": {"commentCorrection": [comment, notice]}})
    assert isinstance(paper, Paper)
    assert paper.retraction == "J Invent. 2020;1:2 PMID:31000001"


def test_a_preprint_without_any_id_of_others_is_named_by_its_own() -> None:
    paper = paper_of({"id": "PPR123", "source": "PPR", "title": "A preprint"})
    assert isinstance(paper, Paper) and paper.paper_id == "PPR:PPR123"


def test_a_record_with_neither_title_nor_abstract_says_so() -> None:
    assert paper_of({"id": "1", "source": "MED", "title": " <i></i>"}) == (
        "neither title nor abstract"
    )


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("p<0.05 and x<y but y>z", "p<0.05 and x<y but y>z"),
        ("<p>One.</p><p>Two.</p>", "One. Two."),
        ("10<sup>-9</sup> M, Ca<sup>2+</sup>, H<sub>2</sub>O", "10^-9 M, Ca2+, H2O"),
        ("<jats:italic>CYP2D6*4</jats:italic> &lt; 5 &amp;lt;", "CYP2D6*4 < 5 &lt;"),
        ("a <b class='x'>bold</b>\n claim", "a bold claim"),
        ("kept: <unknown> and <1>", "kept: <unknown> and <1>"),
    ],
)
def test_markup_goes_and_signs_stay(markup: str, text: str) -> None:
    assert plain(markup) == text


@given(st.text(max_size=300))
def test_any_abstract_gives_parts_whose_text_has_no_runs_of_space(abstract: str) -> None:
    for title, text in parts(abstract):
        assert title == " ".join(title.split()) and text == " ".join(text.split())


@given(
    st.dictionaries(
        st.sampled_from(sorted(core(3))),
        st.none() | st.integers() | st.text() | st.lists(st.none() | st.text()) | st.booleans(),
    )
)
def test_a_record_with_fields_of_any_kind_is_a_paper_or_a_reason(change: dict[str, Any]) -> None:
    paper = paper_of(core(3) | change)
    if isinstance(paper, Paper):
        assert paper.text and all(
            paper.text[s.start : s.end] == paper.text[s.start : s.end].strip()
            for s in paper.sections
        )
    else:
        assert paper


def reader(path: Path) -> Reading:
    """Stands for the reader of JATS: one paper of abstract and body."""
    assert path.read_bytes().rstrip().endswith(b"</article>")
    text = "The abstract.\n\nDoses were given daily for six weeks."
    return Reading((Paper("PMC1", "PMC1", "T", text, (Section("Methods", 15, 52),)),), (), "jats")


def test_open_full_text_takes_the_place_of_the_abstract(
    services: Services, europepmc: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "read", reader)
    (batch, _, _) = pages(europepmc(full_text=True))
    by_number = {number: record for number, record in enumerate(batch.records)}
    whole = by_number[0].paper
    assert whole is not None and not by_number[0].reason
    assert whole.paper_id == "PMID:30000001" and whole.mesh == ("Warfarin",)
    assert whole.text.endswith("six weeks.") and whole.sections[0].title == "Methods"
    assert by_number[1].reason == "not open access" and by_number[1].is_final
    assert "HTTP 404" in by_number[3].reason and not by_number[3].is_final
    assert by_number[3].paper == paper_of(core(3))
    assert all("fullTextXML" not in path for path, form, _ in services.requests if form)


def test_full_text_that_cannot_be_read_leaves_the_abstract(
    services: Services, europepmc: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    services.always["PMC1/"] = "truncated"
    record = europepmc(full_text=True).batch("warfarin", (), "*", 1, frozenset()).records[0]
    assert record.paper == paper_of(core(0))
    assert "the XML breaks off or is damaged" in record.reason and not record.is_final


def test_one_failing_full_text_does_not_stop_the_rest_but_three_in_a_row_do(
    services: Services, europepmc: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "read", reader)
    services.always["PMC1/"] = "500"
    assert len(pages(europepmc(full_text=True))[0].records) == 25
    services.always = {"fullTextXML": "500"}
    with pytest.raises(OutageError, match="HTTP 500"):
        pages(europepmc(full_text=True))
