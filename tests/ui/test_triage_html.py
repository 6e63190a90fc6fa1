"""What the triage page is made of, without a browser."""

from __future__ import annotations

import pytest

from retort.agent.triage.progress import Curve, Progress
from retort.agent.triage.records import Criteria, Record, Shown, Span
from retort.ui import triage_record, triage_side


def progress(labels: list[bool], total: int) -> Progress:
    curve = Curve(total)
    curve.read(labels)
    drawn = curve.drawn()
    found = sum(labels)
    rest = (len(labels), found, len(labels) - found, 0, total, 0)
    return Progress(drawn.estimate, *rest, drawn.curve, drawn.band, "criteria", False, (0, 0))


def test_overlapping_marks_are_cut_and_everything_is_escaped() -> None:
    html = triage_record.marked("a <b> c", [(0, 5, "quoted"), (2, 7, "criterion")])
    pieces = [part.partition(">")[2].partition("</mark>")[0] for part in html.split("<mark")[1:]]
    assert pieces == ["a ", "&lt;b&gt;", " c"]
    assert 'class="criterion quoted"' in html and "<b>" not in html


@pytest.mark.parametrize(
    ("url", "source_id", "link"),
    [
        ("javascript:alert(1)", "x", ""),
        ("javascript:alert(1)", "PMID:12", "https://pubmed.ncbi.nlm.nih.gov/12/"),
        ("", "PMID:12/../x", ""),
        ("", "DOI:10.1000/x", "https://doi.org/10.1000/x"),
        ("https://example.org/a", "PMID:12", "https://example.org/a"),
    ],
)
def test_only_addresses_of_the_web_become_links(url: str, source_id: str, link: str) -> None:
    assert triage_record.link_of(Record("r", "t", url=url, source_id=source_id)) == link


def test_hostile_text_stays_text_wherever_it_stands() -> None:
    bad = '"><img src=http://evil.example/x>'
    record = Record(bad, bad, bad, (bad,), 2001, bad, bad, mesh=(bad,), keywords=(bad,))
    shown = Shown(record, 1, 0.0, bad, "asked", None, bad)
    html = triage_record.reader_html(bad, shown, (Span("title", 0, 4, "mesh"),))
    html += triage_record.why_html(Criteria(bad, (bad,), (bad,)))
    html += triage_side.decisions_html([shown], 1, "all", 0) + triage_side.export_html(bad, {})
    assert "<img" not in html and "evil.example/x&gt;" in html


def test_progress_says_what_is_estimated_and_what_the_rule_says() -> None:
    early = triage_side.progress_html(progress([False] * 25, 300))
    assert "25/300" in early and "25 in a row irrelevant" in early
    assert "none yet, since nothing relevant was found" in early and "<svg" not in early
    some = triage_side.progress_html(progress([True, True] + [False] * 48, 300))
    assert "not yet: at least 95% found, with a 5% chance of error" in some and "<svg" in some
    late = triage_side.progress_html(progress([True] * 30 + [False] * 260, 300))
    assert "the rule says: at least 95% found, with a 5% chance of error" in late
    assert not any("done" in text for text in (early, some, late))
