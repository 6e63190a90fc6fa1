"""One record as the triage page shows it, the criteria beside it, and the bar below: HTML.

Pure; knows no Gradio. Every text of a paper, a user or a model is escaped before any tag of ours is
added, so that nothing in it can become a tag, a link or a picture.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import pairwise

from retort.agent.triage.intake import Intake
from retort.agent.triage.records import Criteria, Decision, Label, Reason, Record, Shown, Span
from retort.retrieval.errors import RetortError
from retort.ui.markdown import escape

WORDS: dict[Label, str] = {"include": "included", "exclude": "excluded", "maybe": "maybe"}
_MARKS = {
    "criterion": "a word of the criteria",
    "mesh": "a MeSH heading of the record",
    "exclude": "a word of what is to be excluded",
    "quoted": "the sentence that the reason rests on",
}
_BY = {"user": "You decided", "import": "Came labelled"}
_BACK = '<button type="button" data-act="next">Back to the next record</button>'
_CHOSEN = {
    "explore": "shown to learn from, not because it ranks high",
    "unreadable": "ranked last, since it has neither title nor abstract",
}
ACTIONS = (
    ("include", "v", "Include"),
    ("exclude", "x", "Exclude"),
    ("maybe", "m", "Maybe"),
    ("undo", "u", "Undo"),
    ("note", "n", "Note"),
)
"""What the bar does, with the key of each until the user changes it."""
MOST_AUTHORS = 6
LONGEST_DONE = 80
"""characters of a title in the line that says what was done last"""


def reader_html(
    name: str,
    shown: Shown | None,
    spans: Sequence[Span] = (),
    reasons: Sequence[Reason] = (),
    notice: str = "",
    done: str = "",
) -> str:
    """A record with everything a decision needs; where there is none left, says so.

    Args:
        name: of the screening.
        shown: the record, or None where none is left to read.
        spans: words to mark in it.
        reasons: what speaks for or against it.
        notice: HTML of what went wrong, shown above the record.
        done: what was done last, in plain words.
    """
    if shown is None:
        said = "No record is left to read."
        card = (
            f'<article id="record" data-screening="{escape(name)}" tabindex="-1">'
            f"{_done(done)}{notice}<h2>{said}</h2><p>Every record has a decision. Those marked "
            "maybe can be opened again from the list, and every decision can be changed.</p>"
            "</article>"
        )
    else:
        said = _said(shown)
        card = _card(name, shown, spans, reasons, _done(done) + notice)
    said = f"{done} {said}".strip()
    return f'<p class="unseen" id="said" role="status">{escape(said)}</p>{card}{_bar(shown)}'


def intake_html(came: Intake) -> str:
    """What a new screening was made of."""
    torn = {conflict.record_id for conflict in came.conflicts}
    labels = len({decision.record_id for decision in came.decisions} - torn)
    facts = [
        f"{_count(len(came.failed), 'file')} could not be read: {' '.join(came.failed[:3])}"
        if came.failed
        else "",
        _count(len(came.records), "record"),
        f"{_count(came.duplicates, 'duplicate')} merged" if came.duplicates else "",
        f"{_count(labels, 'label')} kept" if labels else "",
        f"{len(came.conflicts):,} with contradictory labels, undecided" if came.conflicts else "",
        f"{len(came.skipped):,} to look at: {'; '.join(came.skipped[:3])}" if came.skipped else "",
    ]
    return f'<p class="before">{escape(", ".join(fact for fact in facts if fact))}.</p>'


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def link_of(record: Record) -> str:
    """Where a record is to be read: its own address, else PubMed's or the DOI's; or empty."""
    if record.url.startswith(("https://", "http://")):
        return record.url
    scheme, _, number = record.source_id.partition(":")
    if scheme == "PMID" and number.isdigit():
        return f"https://pubmed.ncbi.nlm.nih.gov/{number}/"
    return f"https://doi.org/{number}" if scheme == "DOI" and number.startswith("10.") else ""


def marked(text: str, marks: Sequence[tuple[int, int, str]]) -> str:
    """A text with stretches marked, ``(start, end, kind)`` each; stretches may overlap."""
    cuts = {0, len(text)} | {cut for start, end, _ in marks for cut in (start, end)}
    places = sorted(cut for cut in cuts if 0 <= cut <= len(text))
    out = []
    for start, end in pairwise(places):
        kinds = sorted({kind for low, high, kind in marks if low <= start and end <= high})
        piece = escape(text[start:end])
        title = "; ".join(_MARKS[kind] for kind in kinds)
        out.append(
            f'<mark class="{" ".join(kinds)}" title="{title}">{piece}</mark>' if kinds else piece
        )
    return "".join(out)


def _said(shown: Shown) -> str:
    """What a screen reader says of a new record."""
    record = shown.record
    abstract = "" if record.abstract else " It has no abstract."
    before = f" {_before(shown.decision)}" if shown.decision else ""
    title = record.title.strip().removesuffix(".") or "A record without a title"
    return f"{title}.{abstract}{before}"


def done_text(what: str, record: Record) -> str:
    """What was just done with a record, in one line."""
    title = record.title.strip() or record.id
    short = title if len(title) <= LONGEST_DONE else f"{title[:LONGEST_DONE].rstrip()} ..."
    return f"{what}: {short.removesuffix('.')}."


def _done(text: str) -> str:
    return f'<p class="last" dir="auto">{escape(text)}</p>' if text else ""


def _card(
    name: str, shown: Shown, spans: Sequence[Span], reasons: Sequence[Reason], notice: str
) -> str:
    record, decision = shown.record, shown.decision
    marks: dict[str, list[tuple[int, int, str]]] = {"title": [], "abstract": []}
    for span in spans:
        marks[span.field].append((span.start, span.end, span.kind))
    for reason in reasons:
        marks[reason.field].append((reason.start, reason.end, "quoted"))
    title = marked(record.title, marks["title"]) or "No title"
    parts = (
        notice,
        f'<p class="before {decision.label}">{escape(_before(decision))} {_BACK}</p>'
        if decision
        else f'<p class="before">Undecided. {_BACK}</p>'
        if shown.chosen == "asked"
        else "",
        f'<h2 id="record-title" dir="auto">{title}</h2>',
        f'<p class="by">{_by(record)}</p>',
        f'<div class="abstract" dir="auto">{marked(record.abstract, marks["abstract"])}</div>'
        if record.abstract
        else '<p class="none">This record has no abstract. It is ranked by its title.</p>',
        _words("MeSH", record.mesh),
        _words("Keywords", record.keywords),
        _words("Type", record.publication_types),
        _rank(shown),
    )
    held = decision.label if decision else ""
    return (
        f'<article id="record" data-screening="{escape(name)}" data-record="{escape(record.id)}" '
        f'data-note="{escape(shown.note)}" data-held="{held}" tabindex="-1" '
        f'aria-labelledby="record-title">'
        f"{''.join(parts)}</article>"
    )


def _before(decision: Decision) -> str:
    when = time.strftime("%d %b %Y, %H:%M", time.localtime(decision.at))
    at = f" on {when}" if decision.by == "user" else ""
    note = f" Note: {decision.note}" if decision.note else ""
    return f"{_BY[decision.by]}: {WORDS[decision.label]}{at}.{note}"


def _by(record: Record) -> str:
    names = ", ".join(record.authors[:MOST_AUTHORS])
    more = len(record.authors) - MOST_AUTHORS
    authors = f"{names} and {more} more" if more > 0 else names
    facts = [escape(fact) for fact in (authors, str(record.year or ""), record.journal) if fact]
    address = link_of(record)
    if address:
        label = record.source_id if ":" in record.source_id else "source"
        facts.append(
            f'<a href="{escape(address)}" target="_blank" rel="noopener noreferrer">'
            f"{escape(label)}</a>"
        )
    elif record.source_id and not record.source_id.startswith("file:"):
        facts.append(escape(record.source_id))
    return " · ".join(facts)


def _words(title: str, words: Sequence[str]) -> str:
    if not words:
        return ""
    items = "".join(f"<li>{escape(word)}</li>" for word in words)
    return f'<div class="words"><strong>{title}</strong><ul>{items}</ul></div>'


def _rank(shown: Shown) -> str:
    ranking = shown.ranking.partition("+")[0]
    labels = ranking.removeprefix("labels-")
    by = f"{labels} labels" if labels != ranking else "the criteria"
    chosen = f" · {_CHOSEN[shown.chosen]}" if shown.chosen in _CHOSEN else ""
    return f'<p class="rank">Rank {shown.rank:,} by {escape(by)}{chosen}</p>'


def why_html(
    criteria: Criteria, reasons: Sequence[Reason] = (), trouble: RetortError | None = None
) -> str:
    """The criteria, what speaks for or against the record shown, and why no model has judged it."""
    question = f'<p class="sought">{escape(criteria.question)}</p>' if criteria.question else ""
    written = question + _criteria("Include", criteria.include)
    written += _criteria("Exclude", criteria.exclude, is_reason=True)
    if criteria.is_empty:
        written = '<p class="quiet">None were written: the ranking learns from labels alone.</p>'
    said = "".join(_reason(reason) for reason in reasons)
    if trouble:
        why = escape(f"{trouble.what} {trouble.why}")
        said += f'<p class="quiet" id="trouble">No verdict of the model: {why}</p>'
    reading = f"<h3>Reason</h3>{said}" if said else ""
    return f'<section aria-label="Criteria"><h3>Criteria</h3>{written}{reading}</section>'


def _criteria(title: str, items: Sequence[str], is_reason: bool = False) -> str:
    if not items:
        return ""
    each = _because if is_reason else lambda _, item: escape(item)
    lines = "".join(f"<li dir=auto>{each(at, item)}</li>" for at, item in enumerate(items, 1))
    return f'<h4 class="{title.lower()}">{title}</h4><ul>{lines}</ul>'


def _because(at: int, criterion: str) -> str:
    """A criterion for exclusion as a button that excludes for it; the first nine have a digit."""
    key = f' data-key="{at}" aria-keyshortcuts="{at}"' if at < 10 else ""
    digit = f"<kbd>{at}</kbd> " if at < 10 else ""
    return (
        f'<button type="button" data-act="exclude" data-because="{escape(criterion)}"{key} '
        f'title="Exclude for this reason">{digit}{escape(criterion)}</button>'
    )


def _reason(reason: Reason) -> str:
    verdict = f"<strong>{escape(reason.verdict)}</strong> " if reason.verdict else ""
    quote = f"<q>{escape(reason.quote)}</q>" if reason.quote else ""
    return f'<p class="reason">{verdict}{escape(reason.text)}</p>{quote}'


def _bar(shown: Shown | None) -> str:
    label = shown.decision.label if shown and shown.decision else ""
    buttons = "".join(
        f'<button type="button" class="{act}" data-act="{act}" data-key="{key}" '
        f'aria-keyshortcuts="{key}"{_pressed(act, label)}>'
        f"<kbd>{key.upper()}</kbd> {word}</button>"
        for act, key, word in ACTIONS
        if shown or act == "undo"
    )
    note = (
        '<input id="note" aria-label="Note on this record" autocomplete="off" '
        'placeholder="Why? Kept as you type; Enter goes back to the record" maxlength="2000">'
    )
    keys = "".join(
        f'<label>{word}<input maxlength="1" size="2" data-for="{act}" autocomplete="off"></label>'
        for act, _, word in ACTIONS
    )
    return (
        f'<div id="bar" role="toolbar" aria-label="Decide on this record"><div>{buttons}'
        f"{note if shown else ''}"
        '<button type="button" class="keys" popovertarget="keys">Keys</button></div>'
        '<p id="late" role="alert"></p></div>'
        f'<div id="keys" popover aria-label="Keys"><p>One letter each, kept in this browser.</p>'
        f"{keys}<p>1 to 9 exclude for that criterion. Shift with Undo brings a decision back. "
        "Two keys within a quarter of a second count as one.</p>"
        '<p id="keys-said" role="status"></p>'
        '<button type="button" data-act="keys">As they were</button></div>'
    )


def _pressed(act: str, label: str) -> str:
    return f' aria-pressed="{"true" if act == label else "false"}"' if act in WORDS else ""
