"""What the triage page is made of, without a browser."""

from __future__ import annotations

import pytest

from retort.agent.triage.intake import Conflict, Intake
from retort.agent.triage.progress import Curve, Progress
from retort.agent.triage.records import Chosen, Criteria, Decision, Record, Shown, Span
from retort.retrieval.errors import RetortError
from retort.ui import triage_record, triage_side


def progress(labels: list[bool], total: int) -> Progress:
    curve = Curve(total)
    curve.read(labels)
    found = sum(labels)
    rest = (len(labels), found, len(labels) - found, 0, total, 0)
    return Progress(curve.estimate, *rest, curve.points, "criteria", False, (0, 0))


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
    html += triage_side.decisions_html([shown], 1, "all", 0) + triage_side.export_html(
        bad, {"excluded": 2}, {bad: 2}
    )
    assert "<img" not in html and "evil.example/x&gt;" in html


def test_progress_says_what_is_estimated_and_what_the_rule_says() -> None:
    early = triage_side.progress_html(progress([False] * 25, 300))
    assert "25/300" in early and "25 in a row irrelevant" in early
    assert "none yet, since nothing relevant was found" in early and "<svg" not in early
    some = triage_side.progress_html(progress([True, True] + [False] * 48, 300))
    assert "not met yet: at least 95% found, with a 5% chance of error" in some and "<svg" in some
    late = triage_side.progress_html(progress([True] * 30 + [False] * 260, 300))
    assert "met: at least 95% found, with a 5% chance of error" in late
    assert not any("done" in text for text in (early, some, late))
    soon = triage_side.progress_html(progress([True] * 5 + [False] * 15, 300))
    assert "mostly too low this early" in soon and "this early" not in some + late


def test_the_band_of_the_curve_holds_the_line_and_ends_at_the_interval() -> None:
    now = progress([True, True, False, True] + [False] * 46, 300)
    svg = triage_side.curve_html(now)

    def points(mark: str) -> list[tuple[float, float]]:
        text = svg.partition(f'class="{mark}" points="')[2].partition('"')[0]
        return [(float(x), float(y)) for x, y in (pair.split(",") for pair in text.split())]

    line, band = points("found"), points("band")
    upper, lower = dict(band[: len(line)]), dict(band[len(line) :])
    assert all(upper[x] <= y <= lower[x] for x, y in line)  # y grows downwards
    high = triage_side.HEIGHT - triage_side.BOTTOM - triage_side.TOP
    recall = 1 - (lower[line[-1][0]] - triage_side.TOP) / high
    assert recall == pytest.approx(now.estimate.recall_low, abs=0.005)


def test_what_came_in_is_counted_without_what_contradicts_itself() -> None:
    records = tuple(Record(one, one) for one in "abc")
    labels = (("a", "include"), ("b", "include"), ("b", "exclude"))
    decisions = tuple(Decision(one, label, "import", 0.0) for one, label in labels)
    came = Intake(records, decisions, (Conflict("b", ("exclude", "include")),), 4)
    told = triage_record.intake_html(came)
    assert "3 records, 1 duplicate merged, 1 label kept, 1 with contradictory labels" in told


def test_a_new_record_is_said_with_what_was_done_before_it() -> None:
    shown = Shown(Record("r", "A trial of  it."), 1, 0.0, "criteria", "certain")
    done = triage_record.done_text("Excluded (animals)", Record("q", "T" * 200))
    said = triage_record.reader_html("s", shown, done=done).partition("</p>")[0]
    assert "Excluded (animals): TTT" in said and said.endswith(
        "A trial of  it. It has no abstract."
    )
    assert ".." not in said.replace("...", "")


def test_files_that_were_not_read_are_told_first() -> None:
    came = Intake((Record("a", "a"),), identified=1, failed=("b.txt is empty.",))
    told = triage_record.intake_html(came)
    assert "1 file could not be read: b.txt is empty., 1 record." in told


def test_a_record_that_was_opened_leads_back_decided_or_not() -> None:
    def html(chosen: Chosen, decision: Decision | None = None) -> str:
        shown = Shown(Record("r", "T"), 1, 0.0, "criteria", chosen, decision)
        return triage_record.reader_html("s", shown)

    back = "Back to the next record"
    assert back in html("asked") and "Undecided." in html("asked")
    assert back in html("asked", Decision("r", "include", "user", 0.0))
    assert back not in html("certain") and back not in html("again")


def test_why_a_model_gave_no_verdict_is_told_in_one_line() -> None:
    trouble = RetortError(
        "The model <m> cannot be reached.", "Connection refused.", "retort doctor"
    )
    html = triage_record.why_html(Criteria("q"), (), trouble)
    told = "No verdict of the model: The model &lt;m&gt; cannot be reached. Connection refused."
    assert told in html and "Criteria" in html


def test_the_first_nine_reasons_have_a_digit() -> None:
    html = triage_record.why_html(Criteria("q", ("a",), tuple(f"reason {n}" for n in range(12))))
    assert html.count('data-act="exclude"') == 12
    assert [html.count(f'data-key="{n}"') for n in (1, 9, 10)] == [1, 1, 0]
    assert 'data-because="reason 0" data-key="1"' in html
