"""How answers, hits, tables and errors look in a terminal. Renders records; decides nothing."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from retort.agent.records import (
    Advised,
    Answer,
    Event,
    Finished,
    Planned,
    Revising,
    TextDelta,
    ToolFinished,
    ToolStarted,
)
from retort.agent.verdicts.labels import told
from retort.retrieval.errors import RetortError, UsageError
from retort.tools.records import Evidence, kind_word, retraction

_COMMANDS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""control characters of both sets, line separators, and the signs that set the direction"""


def visible(text: str) -> str:
    """Text without what commands a terminal or turns its reading round.

    A paper's title may hold escape sequences (colours, the clipboard, links that say one thing and
    lead to another: OSC 8) and signs that reverse the order of letters (Boucher and Anderson 2021,
    arXiv:2111.00169). Each such sign is shown as U+FFFD; line breaks and tabs stay.
    """
    return _COMMANDS.sub("\ufffd", text)


def say(text: str) -> None:
    """A line of progress or a message: to stderr."""
    print(visible(text), file=sys.stderr, flush=True)


def tell(text: str, end: str = "\n") -> None:
    """Text for a reader: to stdout."""
    print(visible(text), end=end, flush=True)


def emit(value: Any) -> None:
    """A machine-readable result: one line of JSON to stdout."""
    line = json.dumps(value, ensure_ascii=False)
    print(_COMMANDS.sub(lambda sign: f"\\u{ord(sign[0]):04x}", line), flush=True)


def show_error(error: RetortError) -> None:
    """What, why and the next command."""
    say(f"error: {error.what}")
    if error.why:
        say(f"  why: {error.why}")
    if error.next:
        say(f"  next: {error.next}")


def confirm(what: str) -> None:
    """Ask before something is lost; the question goes to stderr.

    Raises:
        UsageError: nobody is there to be asked.
        click.Abort: the answer was no.
    """
    import typer

    if not sys.stdin.isatty():
        raise UsageError(f"{what}?", "Nobody is there to be asked.", "Add --yes.")
    typer.confirm(f"{what}?", abort=True, err=True)


def follow(events: Iterable[Event], show: bool = True, stream: bool = False) -> Answer:
    """Show an answer as it comes about; return it.

    Args:
        events: from ``Assistant.ask``.
        show: print the answer to stdout, and the steps to stderr.
        stream: print the text while it is written.
    """
    shown = ""
    for event in events:
        if isinstance(event, Finished) and not show:
            return event.answer
        if not show:
            continue
        if isinstance(event, Planned):
            say("Plan:")
            for step in event.steps:
                say(f"  - {step}")
        elif isinstance(event, ToolStarted):
            say(f"... {event.title}")
        elif isinstance(event, ToolFinished):
            mark = "ok" if event.call.status == "ok" else "failed"
            say(f"    {event.title} ({mark}, {event.call.seconds:.1f} s)")
        elif isinstance(event, Advised | TextDelta) and stream:
            text = f"{event.text}\n\n" if isinstance(event, Advised) else event.text
            tell(text, end="")
            shown += text
        elif isinstance(event, Revising):
            say(f"\n... {event.title}" if shown else f"... {event.title}")
        elif isinstance(event, Finished):
            if stream and shown.strip() == event.answer.answer.strip():
                print()
            else:
                tell(("\n" if shown else "") + event.answer.answer)
            return event.answer
    raise AssertionError("the events ended without an answer")


def show_sources(answer: Answer) -> None:
    """The sources of an answer, and what the checks found."""
    if answer.citations:
        print("\nSources")
    for citation in answer.citations:
        for line in source_lines(citation.marker, citation.evidence):
            tell(line)
        if said := told(answer.checks.verdicts, citation.marker):
            tell(f"    {said}")
    if answer.molecules:
        print("\nMolecules")
        for molecule in answer.molecules:
            tell(f"{molecule['handle']}  {molecule['name']}  {molecule['smiles']}")
    for line in answer.checks.findings():
        tell(f"! {line}")


def source_lines(marker: int, evidence: Evidence) -> Iterator[str]:
    """One source: its kind, id and title; its quote; its address."""
    place = ", ".join(str(part) for part in _place(evidence.record) if part)
    title = f"{evidence.title}{f' ({place})' if place else ''}"
    yield f"[{marker}] {kind_word(evidence)} | {evidence.source_id} | {title}"
    if notice := retraction(evidence):
        yield f"    ! {notice}"
    if evidence.kind == "literature":
        where = f"characters {evidence.start}-{evidence.end}"
        yield f'    "{evidence.quote}" ({where})'
    else:
        yield f"    {evidence.quote}"
    if evidence.url:
        yield f"    {evidence.url}"


def _place(record: Mapping[str, Any]) -> Sequence[object]:
    if record.get("record") != "passage":
        return ()
    page = record.get("page")
    return (record.get("year"), record.get("section"), page and f"p. {page}")


def table(rows: Sequence[Sequence[object]], header: Sequence[str]) -> str:
    """A plain aligned table."""
    cells = [[visible(str(cell)) for cell in row] for row in (header, *rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(header))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        for row in cells
    ]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(line.rstrip() for line in lines)
