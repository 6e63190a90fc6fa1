"""Whether the cited passages support the sentences that cite them, and where to look in them.

Owns which statement is held against which passage, and what counts as a verbatim quote. Only
literature is judged: records, calculations and predictions say in code what they hold. Changes no
answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from retort.agent.checks import MARKER, statements, states_something
from retort.agent.records import ABSTENTION, Citation, Verdict
from retort.agent.verdicts.judge import UNJUDGED, Judge, Opinion
from retort.agent.verdicts.labels import QUOTED, SUPPORTED
from retort.retrieval.highlight import highlight

if TYPE_CHECKING:
    from retort.retrieval.encode import Encoder

HIGHLIGHTED = 3
"""sentences marked in a passage of which an answer repeats none"""

_PIECE = re.compile(r"“([^”]+)”|\"([^\"]+)\"|`([^`]+)`")
_FRAME = re.compile(r"(?:[^:]{0,90}:)?[\s,.;…]*")
_MARKDOWN = re.compile(r"\*\*|^#+\s*|^>\s*")
_BRACKETED = re.compile(r"\[\s*(?:\d[\d,;\s–-]*|…)\]")


@dataclass(frozen=True, slots=True)
class Support:
    """Judges the literature citations of answers.

    Args:
        judge: of statements that are no verbatim quotes.
        encoder: gives the bundled encoder, which finds the sentences to mark.
    """

    judge: Judge
    encoder: Callable[[], Encoder]

    def highlighted(self, citation: Citation, answer: str) -> Citation:
        """The citation with the sentences to mark in its record, best first.

        ``record["highlights"]`` holds ``[start, end]`` in the stored text, as the quote's own
        offsets are; each stretch lies within the quote. A citation of which the answer repeats a
        sentence needs none: it is already cut to that sentence.
        """
        evidence = citation.evidence
        said = [statement for statement, marker in cited(answer) if marker == citation.marker]
        if evidence.kind != "literature" or evidence.start is None or not said:
            return citation
        if all(is_quoted(statement, evidence.quote) for statement in said):
            return citation
        each = max(1, HIGHLIGHTED // len(said))
        spans: dict[tuple[int, int], None] = {}
        for statement in said:
            for item in highlight(statement, evidence.quote, self.encoder())[:each]:
                spans[evidence.start + item.start, evidence.start + item.end] = None
        record = {**evidence.record, "highlights": [list(span) for span in spans]}
        return replace(citation, evidence=replace(evidence, record=record))


def verdicts(
    answer: str, citations: Sequence[Citation], judge: Judge | None = None
) -> tuple[Verdict, ...]:
    """A verdict on each sentence with each paper that it cites, in the answer's order.

    Args:
        answer: text with ``[n]`` markers.
        citations: what the markers open, each with the whole passage that was found.
        judge: of what is no verbatim quote; without one that is "not judged".
    """
    if answer.startswith(ABSTENTION):
        return ()
    papers = {c.marker: c.evidence.quote for c in citations if c.evidence.kind == "literature"}
    held = [(said, marker) for said, marker in cited(answer) if marker in papers]
    identical = Opinion(SUPPORTED, 1.0, QUOTED)
    opened = [pair for pair in held if not is_quoted(pair[0], papers[pair[1]])]
    asked = list(dict.fromkeys(opened))
    told = judge.judge([(said, papers[at]) for said, at in asked]) if judge else []
    opinions = dict(zip(asked, told, strict=True)) if judge else {}
    found = []
    for said, marker in dict.fromkeys(held):
        opinion = identical
        if (said, marker) in opened:
            opinion = opinions.get((said, marker), UNJUDGED)
        found.append(Verdict(marker, said, opinion.verdict, opinion.probability, opinion.judge))
    return tuple(found)


def cited(answer: str) -> list[tuple[str, int]]:
    """The statements of an answer, without markers, each with every marker that it carries."""
    found = []
    for statement in statements(answer):
        plain = _MARKDOWN.sub("", " ".join(MARKER.sub("", statement).split())).replace(" .", ".")
        if states_something(plain):
            found += [(plain, int(number)) for number in MARKER.findall(statement)]
    return found


def is_quoted(statement: str, text: str) -> bool:
    """Whether a statement is the text's own words: a stretch of it, or a source and a quotation.

    'Smith 2009: "Carriers need less."' is; so is a list of names that stand in the text. Reference
    numbers in brackets are left out of the comparison, because answers show none but their own.
    """
    own = _bare(text)
    if _bare(statement) in own:
        return True
    pieces = ["".join(match) for match in _PIECE.findall(statement)]
    frame = _PIECE.sub("", statement)
    if not pieces or not _FRAME.fullmatch(frame):
        return False
    names = all(" " not in piece for piece in pieces)
    inside = [_bare(piece) in own for piece in pieces]
    return any(inside) if names else all(inside)


def _bare(text: str) -> str:
    return " ".join(_BRACKETED.sub(" ", text).replace(" .", ".").split()).strip(" .")
