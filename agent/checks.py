"""Checks by code: every number of an answer against the evidence that its sentence cites.

Knows no language model. A check never changes an answer; it says what a reader should look at
twice.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from decimal import Decimal, InvalidOperation

from retort.agent.records import ABSTENTION, OPEN, UNANSWERED, Checks, Citation
from retort.retrieval.sentences import sentences
from retort.tools.records import Evidence

MARKER = re.compile(r"\[(\d{1,3})\]")
_DIGITS = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:[eE][-+]?\d+)?"
_NUMBER = re.compile(rf"(?<![\w.*/#^])[-−–+]?{_DIGITS}(?![\w*])")
_IDENTIFIER = re.compile(
    r"""`[^`]*`                                     # SMILES and SMARTS
    | https?://\S+
    | \b(?=[\w*./:-]*[A-Za-z])(?=[\w*./:-]*\d)[\w][\w*./:-]*  # CYP2C9*3, IL-6, M1
    | \b(?:PMID|DOI|PMC|CHEMBL|NOTE):?\s?\S+
    """,
    re.VERBOSE,
)
_UNIT_TAIL = re.compile(r"(?<=\d)(?=(?:nM|uM|µM|mM|pM|mg|ug|µg|ng|kg|g|mL|L|h|Da|kDa|%)\b)")
_LIST_MARK = re.compile(r"^\s*(?:[-*+]|\d{1,2}[.)])\s+")


def review(
    answer: str, citations: Sequence[Citation], question: str, known: Iterable[str] = ()
) -> Checks:
    """Hold an answer against its evidence.

    A number counts as supported when it stands in the evidence cited by its sentence, as written or
    rounded to the digits shown; or in the question; or in ``known``. A statement needs no source
    when it is the tools' own word on the search, or part of saying that there is no answer.

    Args:
        answer: text with ``[n]`` markers.
        citations: what the markers open.
        question: the user's text; its numbers may be repeated.
        known: what the tools said besides evidence: summaries, notes, errors.

    Returns:
        Checks with ``unsupported_numbers`` and ``uncited_sentences``; ``removed_citations`` is
        left empty.
    """
    known = [" ".join(text.split()) for text in known]
    by_marker = {citation.marker: citation.evidence for citation in citations}
    free = _numbers_of(question).union(*(_numbers_of(text) for text in known))
    unsupported: list[str] = []
    uncited: list[str] = []
    for statement in statements(answer):
        markers = [int(number) for number in MARKER.findall(statement)]
        cited = [by_marker[marker] for marker in markers if marker in by_marker]
        plain = MARKER.sub("", statement)
        if not cited and _needs_source(plain, answer, known):
            uncited.append(plain.strip())
        support = free.union(*(_evidence_numbers(evidence) for evidence in cited))
        unsupported += [number for number in written(plain) if not _is_supported(number, support)]
    return Checks(
        unsupported_numbers=tuple(dict.fromkeys(unsupported)),
        uncited_sentences=tuple(dict.fromkeys(uncited)),
    )


def statements(answer: str) -> list[str]:
    """The units that must each carry their citation: sentences, list items, rows of a table.

    A marker after the full stop belongs to the sentence before it; a line on what stays open is one
    unit.
    """
    units: list[str] = []
    for line in answer.splitlines():
        text = line.strip()
        if not text or set(text) <= set("|:- "):
            continue
        item = _LIST_MARK.match(text)
        if text.startswith(("|", OPEN)) or item:
            units.append(text[item.end() :] if item else text)
            continue
        for start, end in sentences(text):
            piece = text[start:end]
            lead = re.match(r"(?:\s*\[\d{1,3}\])+", piece)
            if lead and units:
                units[-1] += f" {lead[0].strip()}"
                piece = piece[lead.end() :].strip()
            if piece:
                units.append(piece)
    return units


def _needs_source(text: str, answer: str, known: Iterable[str]) -> bool:
    is_open = text.strip() == UNANSWERED or text.startswith(OPEN)
    if answer.startswith(ABSTENTION) or is_open:
        return False
    text = " ".join(text.split())
    return states_something(text) and not any(text in said for said in known)


def states_something(text: str) -> bool:
    """Whether a text is a statement: no heading, frame, question or row of headers."""
    words = re.findall(r"[A-Za-z]{2,}", text)
    is_frame = text.startswith(("#", ABSTENTION)) or text.endswith((":", "?"))
    is_header = text.startswith("|") and not _NUMBER.search(text)
    return len(words) >= 4 and not is_frame and not is_header


def written(text: str) -> list[str]:
    """Numbers as they stand in running text; identifiers such as CYP2C9 or M1 are names, not
    numbers.
    """
    spaced = _UNIT_TAIL.sub(" ", text)
    return [match[0] for match in _NUMBER.finditer(_IDENTIFIER.sub(" ", spaced))]


def _value(written: str) -> Decimal | None:
    text = written.replace("−", "-").replace("–", "-").replace(",", "").lstrip("+")
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def _numbers_of(text: str) -> set[Decimal]:
    """All numbers of a text, those inside identifiers included: evidence is read generously."""
    found = re.findall(_DIGITS, text)
    return {abs(value) for item in found if (value := _value(item)) is not None}


def _evidence_numbers(evidence: Evidence) -> set[Decimal]:
    record = json.dumps(dict(evidence.record), default=str)
    return _numbers_of(f"{evidence.quote} {evidence.title} {evidence.source_id} {record}")


def _is_supported(written: str, support: set[Decimal]) -> bool:
    value = _value(written)
    if value is None:
        return False
    value = abs(value)
    if value in support:
        return True
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int):
        return False
    step = Decimal(1).scaleb(exponent)
    return any(abs(other - value) * 2 <= step for other in support if other != value)
