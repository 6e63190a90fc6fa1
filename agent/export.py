"""Saved answers as files for other programs: Markdown, BibTeX, RIS, JSON, CSV and SDF.

Owns which answers a name means and how each format is written. Knows no door. An export with
nothing in it is no error: its text is empty (of a table only the header) and ``note`` says why.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from retort.agent import flatten, references
from retort.agent.records import Answer, Citation
from retort.agent.sessions import Sessions
from retort.agent.verdicts.labels import told
from retort.retrieval.errors import UsageError
from retort.tools import sdf, structures, tables
from retort.tools.records import Evidence, kind_word, retraction
from retort.tools.tables import Table

NEWEST_SHOWN = 5
"""Sessions named to somebody who asked for one that there is not."""

_MARKDOWN = re.compile(r"[\\`*_\[\]<>~|$]")
_LINE_START = re.compile(r"(?m)^(\s*)([-+#=]|\d+(?=[.)]))")


@dataclass(frozen=True, slots=True)
class Saved:
    """An answer and when it was saved."""

    answer: Answer
    when: datetime | None
    """UTC, or None where it is not known"""


@dataclass(frozen=True, slots=True)
class Export:
    """What was made, and what could not be."""

    text: str
    note: str = ""
    """one line for the user on what is not in it; empty where all is"""


def find(sessions: Sessions, name: str) -> tuple[Saved, ...]:
    """The answers of a session by its name, oldest first; or the one answer with this id.

    Raises:
        UsageError: neither is known; names the newest sessions.
    """
    saved = sessions.answers(name) if name else []
    if not saved and name and (one := sessions.answer(name)):
        saved = [one]
    if not saved:
        newest = [str(item["name"]) for item in sessions.listing()[:NEWEST_SHOWN]]
        raise UsageError(
            f'No session or answer is called "{name}".',
            f"The newest sessions are: {', '.join(newest)}."
            if newest
            else "No session is saved yet.",
            f"retort export {newest[0]} --format md"
            if newest
            else 'retort ask "QUESTION" --session NAME',
        )
    whole = [data | {"tables": sessions.tables(data["id"])} for data in saved]
    return tuple(Saved(Answer.from_dict(data), _date(sessions, data["id"])) for data in whole)


def export(saved: Sequence[Saved], format: str, cited: bool = False) -> Export:
    """Answers in a format.

    CSV and SDF hold the whole tables of the answers where there are any, else what is cited.

    Args:
        saved: what ``find`` gave.
        format: a key of ``FORMATS``.
        cited: what is cited even where there are tables.

    Raises:
        UsageError: there is no such format.
    """
    if format not in FORMATS:
        raise UsageError(
            f'There is no export format "{format}".',
            f"The formats are {', '.join(FORMATS)}.",
            "retort export NAME --format md",
        )
    found = [table for item in saved for table in item.answer.tables]
    if found and not cited and format in _OF_TABLES:
        return _OF_TABLES[format](found)
    return FORMATS[format](saved)


def _date(sessions: Sessions, answer_id: str) -> datetime | None:
    seconds = sessions.saved_at(answer_id)
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _markdown(saved: Sequence[Saved]) -> Export:
    return Export("\n---\n\n".join("\n".join(_answer_lines(item)) for item in saved))


def _answer_lines(saved: Saved) -> Iterator[str]:
    answer = saved.answer
    yield from (
        "## Question\n",
        _quoted(answer.question),
        "\n## Answer\n",
        inert(answer.answer.strip()),
    )
    if answer.error:
        yield "\n" + " ".join(literal(part) for part in answer.error.values() if part)
    if answer.citations:
        yield "\n## References\n"
    for citation in answer.citations:
        yield from _source_lines(citation)
        if said := told(answer.checks.verdicts, citation.marker):
            yield f"  {literal(said)}\n"
    yield "\n## Checks\n"
    for finding in list(answer.checks.findings()) or ["No finding."]:
        yield f"- {literal(finding)}"
    yield "\n## How it was made\n"
    yield f"- Status: {answer.status}"
    yield f"- Model: {literal(answer.model or 'unknown')}"
    yield f"- Settings: {answer.settings_digest or 'unknown'}"
    if saved.when:
        yield f"- Saved: {saved.when:%Y-%m-%d %H:%M} UTC"
    yield f"- Answer: {answer.id}\n"


def _source_lines(citation: Citation) -> Iterator[str]:
    evidence = citation.evidence
    head = f"**[{citation.marker}]** *{literal(kind_word(evidence))}*: {literal(evidence.title)}"
    yield f"- {head} ({literal(_facts(evidence))})\n"
    if notice := retraction(evidence):
        yield f"  **{literal(notice)}**\n"
    yield _quoted(evidence.quote, "  ")
    yield f"\n  <{_address(evidence.url)}>\n" if evidence.url else ""


def _facts(evidence: Evidence) -> str:
    """Whose it is, where it stands, its id."""
    record = evidence.record
    authors = [str(name) for name in record.get("authors") or ()]
    page = record.get("page")
    facts = (
        f"{authors[0]} et al." if len(authors) > 2 else " and ".join(authors),
        record.get("journal"),
        record.get("year"),
        evidence.source_id,
        record.get("section"),
        page and f"p. {page}",
        f"characters {evidence.start} to {evidence.end}" if evidence.start is not None else "",
    )
    return ", ".join(str(fact) for fact in facts if fact)


def _quoted(text: str, indent: str = "") -> str:
    return "\n".join(f"{indent}> {line}".rstrip() for line in literal(text).splitlines())


def literal(text: str) -> str:
    """Text that Markdown shows exactly as it is: ``CYP2C9*2 and CYP2C9*3`` is no emphasis."""
    escaped = _MARKDOWN.sub(lambda sign: f"\\{sign[0]}", text)
    return _LINE_START.sub(
        lambda at: f"{at[1]}{at[2]}\\" if at[2].isdigit() else f"{at[1]}\\{at[2]}", escaped
    )


def _address(url: str) -> str:
    """An address between angle brackets: what would end it is coded."""
    return re.sub(r"[\s<>\x00-\x1f]", lambda sign: f"%{ord(sign[0]):02X}", url)


def inert(text: str) -> str:
    """Markdown of an answer in which nothing is a picture, a link or HTML, code left as it is.

    Headings, lists, tables and emphasis stay. A viewer of the file fetches nothing because of what
    a model copied out of a paper.
    """
    return "".join(
        piece if piece.startswith("`") else _ACTIVE.sub(lambda sign: f"\\{sign[0]}", piece)
        for piece in _CODE.split(text)
    )


def _bibtex(saved: Sequence[Saved]) -> Export:
    return _literature(saved, references.bibtex)


def _ris(saved: Sequence[Saved]) -> Export:
    return _literature(saved, references.ris)


def _literature(
    saved: Sequence[Saved], write: Callable[[Sequence[references.Reference]], str]
) -> Export:
    papers = references.cited(item.answer for item in saved)
    missing = "No paper is cited there: notes, records, calculations and predictions are none."
    return Export(write(papers), "" if papers else missing)


def _json(saved: Sequence[Saved]) -> Export:
    """The whole records: a list of answers as on the wire, each with the time it was saved."""
    whole = [
        item.answer.as_dict()
        | {
            "tables": [table.as_dict() for table in item.answer.tables],
            "saved": item.when and item.when.isoformat(timespec="seconds"),
        }
        for item in saved
    ]
    return Export(json.dumps(whole, ensure_ascii=False, indent=2) + "\n")


def _csv(saved: Sequence[Saved]) -> Export:
    found = [[row.get(name) for name in flatten.COLUMNS] for row in flatten.rows(_answers(saved))]
    text = tables.written_csv(flatten.COLUMNS, found)
    return Export(text, "" if found else "Nothing is cited there: only the header.")


def _sdf(saved: Sequence[Saved]) -> Export:
    found = flatten.compounds(_answers(saved))
    drawable, left_out = [], []
    for compound in found:
        molecule, _ = structures.read_smiles(compound.smiles) if compound.smiles else (None, "")
        if molecule is None:
            left_out.append(compound.name)
        else:
            drawable.append((molecule, compound.name, _fields(compound)))
    missing = "No molecule stands there." if not found else ""
    if left_out:
        missing = f"Without a structure, left out: {', '.join(left_out)}."
    return Export(sdf.written(drawable) if drawable else "", missing)


def _answers(saved: Sequence[Saved]) -> list[Answer]:
    return [item.answer for item in saved]


def _tables_csv(found: Sequence[Table]) -> Export:
    """One table as it is; several under each other, their columns side by side."""
    if len(found) == 1:
        return Export(found[0].csv(), _rest(found))
    header = dict.fromkeys(column.header for table in found for column in table.columns)
    rows = []
    for table in found:
        names = [column.header for column in table.columns]
        for row in table.rows:
            cells = dict(zip(names, row, strict=True))
            rows.append([table.title, *(cells.get(name) for name in header)])
    return Export(tables.written_csv(["table", *header], rows), _rest(found))


def _tables_sdf(found: Sequence[Table]) -> Export:
    made = [table.sdf() for table in found]
    left_out = sum(count for _, count in made)
    said = f"{left_out} rows without a readable structure are left out." if left_out else ""
    return Export("".join(text for text, _ in made), f"{_rest(found)} {said}".rstrip())


def _rest(found: Sequence[Table]) -> str:
    """What the file is, and how to come by the other one."""
    rows = sum(len(table.rows) for table in found)
    what = "the table" if len(found) == 1 else f"the {len(found)} tables under each other"
    return f"This is {what} of the answers, {rows:,} rows; what they cite: --cited."


def _fields(compound: flatten.Compound) -> Mapping[str, str]:
    return {
        "name": compound.name,
        "handle": compound.handle,
        "inchikey": compound.inchikey,
        "chembl_id": compound.chembl_id,
        "smiles": compound.smiles,
        **compound.properties,
    }


_CODE = re.compile(r"(```.*?(?:```|\Z)|`[^`\n]+`)", re.DOTALL)
_ACTIVE = re.compile(r"<(?=[A-Za-z/!?])|(?<=\])\(|(?<=\]):|(?<=\])\[|!(?=\[)")
"""what begins HTML and automatic links, and joins a text to its address"""

FORMATS: Mapping[str, Callable[[Sequence[Saved]], Export]] = {
    "md": _markdown,
    "bib": _bibtex,
    "ris": _ris,
    "json": _json,
    "csv": _csv,
    "sdf": _sdf,
}
"""Format name -> the function that writes it."""

_OF_TABLES: Mapping[str, Callable[[Sequence[Table]], Export]] = {
    "csv": _tables_csv,
    "sdf": _tables_sdf,
}
