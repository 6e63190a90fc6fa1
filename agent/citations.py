"""Markers to citations: ``[E7]`` in a model's text becomes ``[1]``, or is removed where it was
made up.

The one place where a marker is read. Tolerant of how models write them (``[E1, E2]``, ``[e1][E2]``,
``(E3)``, ``[E1-E3]``), strict about what stays: after ``Resolver`` every ``[n]`` resolves. Knows
nothing of whether the evidence supports the sentence; that is ``checks``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from retort.agent.ledger import Ledger
from retort.agent.records import Citation
from retort.retrieval.sentences import sentences

_OPEN = "[(【"
_GROUP = re.compile(
    r"""(?P<space>[ \t]*)
    (?:\[(?P<square>[^][()【】\n]{1,80})\]|\((?P<round>[^][()【】\n]{1,80})\)
      |【(?P<lenticular>[^][()【】\n]{1,80})】)""",
    re.VERBOSE,
)
_KEYS = re.compile(r"\s*\^?[Ee]\d{1,4}(?:\s*(?:[,;&–-]|and)\s*\^?[Ee]\d{1,4})*\s*")
_NUMBERS = re.compile(r"\s*\^?\d{1,4}(?:\s*[,;–-]\s*\d{1,4})*\s*")
_PART = re.compile(r"[Ee](\d{1,4})(?:\s*[–-]\s*[Ee](\d{1,4}))?")
_LONGEST = 84
_CONTEXT = 24
_SHORTEST_QUOTE = 25
"""Characters. A shorter sentence may stand in an answer by chance."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """A text whose every marker resolves."""

    text: str
    citations: tuple[Citation, ...]
    removed: tuple[str, ...]
    """what was taken out, as the model wrote it"""


class Resolver:
    """Resolves markers in a stream of text.

    ``feed`` returns what is safe to show; an unfinished bracket is held back until it closes or
    turns out to be none. ``finish`` returns the rest. The concatenation equals what ``resolve``
    gives for the whole.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._pending = ""
        self._shown = ""
        self._markers: dict[str, int] = {}
        self._removed: list[str] = []

    def feed(self, delta: str) -> str:
        """Take the next piece of the model's text; give back what can be shown."""
        self._pending += delta
        cut = _safe_length(self._pending)
        ready, self._pending = self._pending[:cut], self._pending[cut:]
        return self._emit(ready)

    def finish(self) -> str:
        """Give back what was still held back."""
        ready, self._pending = self._pending, ""
        return self._emit(ready)

    @property
    def citations(self) -> tuple[Citation, ...]:
        """Cited evidence in the order of its first marker."""
        cited = []
        for key, marker in self._markers.items():
            evidence = self._ledger.get(key)
            assert evidence is not None  # only keys of the ledger are ever numbered
            cited.append(Citation(marker, evidence))
        return tuple(cited)

    @property
    def removed(self) -> tuple[str, ...]:
        """Markers that were taken out, as written."""
        return tuple(self._removed)

    def _emit(self, text: str) -> str:
        out: list[str] = []
        at = 0
        for match in _GROUP.finditer(text):
            out.append(text[at : match.start()])
            out.append(self._replace(match, "".join(out)))
            at = match.end()
        out.append(text[at:])
        shown = "".join(out)
        self._shown = (self._shown + shown)[-200:]
        return shown

    def _replace(self, match: re.Match[str], before: str) -> str:
        inner = match["square"] or match["lenticular"] or match["round"]
        if _KEYS.fullmatch(inner):
            return self._number(match, inner)
        if match["round"] is None and _NUMBERS.fullmatch(inner):
            if self._is_quoted((self._shown + before)[-_CONTEXT:], match[0]):
                return match["space"] + "[…]"
            self._removed.append(match[0].strip())
            return ""
        return match[0]

    def _number(self, match: re.Match[str], inner: str) -> str:
        markers: list[int] = []
        for part in _PART.finditer(inner):
            first, last = int(part[1]), int(part[2] or part[1])
            for number in range(first, min(last, first + 50) + 1):
                key = f"E{number}"
                if self._ledger.get(key) is None:
                    self._removed.append(f"[{key}]")
                    continue
                marker = self._markers.setdefault(key, len(self._markers) + 1)
                if marker not in markers:
                    markers.append(marker)
        if not markers:
            return ""
        return match["space"] + "".join(f"[{marker}]" for marker in markers)

    def _is_quoted(self, before: str, mark: str) -> bool:
        """Whether a bare number in brackets is a paper's own reference mark inside a verbatim
        quote.
        """
        needle = (before + mark).lstrip()
        return len(needle) > len(mark) + 8 and any(needle in item.quote for item in self._ledger)


def resolve(text: str, ledger: Ledger) -> Resolved:
    """Resolve all markers of a finished text."""
    resolver = Resolver(ledger)
    shown = resolver.feed(text) + resolver.finish()
    return Resolved(shown, resolver.citations, resolver.removed)


def repeated(quote: str, answer: str) -> list[tuple[int, int]]:
    """The sentences of a quote that an answer repeats word for word, as offsets into the quote."""
    return [
        (start, end)
        for start, end in sentences(quote)
        if end - start >= _SHORTEST_QUOTE and quote[start:end] in answer
    ]


def narrowed(citation: Citation, answer: str) -> Citation:
    """The citation with its quote cut down to the sentences that the answer repeats word for word.

    The quote stays one exact slice of the stored text, from the first repeated sentence to the
    last. Where the answer repeats none, the whole passage is what it rests on.
    """
    evidence = citation.evidence
    if evidence.kind != "literature" or evidence.start is None:
        return citation
    spans = repeated(evidence.quote, answer)
    if not spans:
        return citation
    first, last = spans[0][0], spans[-1][1]
    cut = replace(
        evidence,
        quote=evidence.quote[first:last],
        start=evidence.start + first,
        end=evidence.start + last,
    )
    return replace(citation, evidence=cut)


def _safe_length(text: str) -> int:
    """How much of ``text`` can be emitted: up to a bracket (and the space before it) that may
    still close.
    """
    start = max(text.rfind(mark) for mark in _OPEN)
    if start >= 0 and len(text) - start < _LONGEST and "\n" not in text[start:]:
        closers = {"[": "]", "(": ")", "【": "】"}
        if closers[text[start]] not in text[start:]:
            return len(text[:start].rstrip(" \t"))
    return len(text.rstrip(" \t"))
