"""The records of the assistant: a question, the events on the way, and one frozen answer.

These are what the doors render and what travels on the wire (DESIGN section 6). Evidence itself is
a record of the tools (``retort.tools.records``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from retort.tools.records import Evidence
from retort.tools.tables import Table

Status = Literal["answered", "abstained", "refused", "stopped", "failed"]

ABSTENTION = "I cannot answer from what I have"
"""How every answer begins that says it has no answer. Written by the models because the system
prompt asks for it word for word, recognised by code to set the status ``abstained``, and used by
the tests."""

UNANSWERED = "No passage of the library answers this."
"""How an answer says that of a question's parts the literature's stays open; needs no source."""

OPEN = "Not answered: "
"""How a line begins that names a part of the question without an answer, and why; needs no
source."""


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One tool call as it happened."""

    name: str
    args: Mapping[str, Any]
    status: Literal["ok", "error"]
    seconds: float

    def as_dict(self) -> dict[str, Any]:
        """The call on the wire."""
        return {
            "name": self.name,
            "args": dict(self.args),
            "status": self.status,
            "seconds": round(self.seconds, 3),
        }


@dataclass(frozen=True, slots=True)
class Citation:
    """A marker ``[n]`` of an answer and the evidence it opens."""

    marker: int
    """1-based, in order of first appearance in the answer"""
    evidence: Evidence

    def as_dict(self) -> dict[str, Any]:
        """The citation on the wire."""
        e = self.evidence
        return {
            "marker": self.marker,
            "kind": e.kind,
            "source_id": e.source_id,
            "title": e.title,
            "quote": e.quote,
            "start": e.start,
            "end": e.end,
            "url": e.url,
            "record": dict(e.record),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Citation:
        """The citation behind its wire format."""
        fields = ("kind", "source_id", "title", "quote", "start", "end", "url", "record")
        return cls(data["marker"], Evidence(**{name: data[name] for name in fields}))


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a cited passage supports a sentence: an opinion, with who gave it."""

    marker: int
    sentence: str
    """of the answer, without its markers"""
    verdict: str
    """``supported``, ``contradicted``, ``no evidence``, ``uncertain`` or ``not judged``"""
    probability: float | None
    """calibrated, that the verdict is right; None where the judge gives none"""
    judge: str
    """``quoted`` (the sentence is the passage's own), ``head`` (the shipped network), the name of a
    chat model, or "" where nothing was judged"""

    def as_dict(self) -> dict[str, Any]:
        """The verdict on the wire."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Checks:
    """What code found when it held the answer against its evidence."""

    removed_citations: tuple[str, ...] = ()
    """markers the model wrote that are in no ledger, as written; they are gone from the text"""
    unsupported_numbers: tuple[str, ...] = ()
    """numbers of the answer that stand in no evidence cited by their sentence"""
    uncited_sentences: tuple[str, ...] = ()
    """sentences that state something and cite nothing"""
    verdicts: tuple[Verdict, ...] = ()
    """on each sentence with each paper that it cites"""

    def as_dict(self) -> dict[str, list[Any]]:
        """The checks on the wire."""
        return {
            "removed_citations": list(self.removed_citations),
            "unsupported_numbers": list(self.unsupported_numbers),
            "uncited_sentences": list(self.uncited_sentences),
            "verdicts": [verdict.as_dict() for verdict in self.verdicts],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Checks:
        """The checks behind their wire format; answers of before have no verdicts."""
        names = ("removed_citations", "unsupported_numbers", "uncited_sentences")
        found = tuple(Verdict(**item) for item in data.get("verdicts", ()))
        removed, numbers, uncited = (tuple(data[name]) for name in names)
        return cls(removed, numbers, uncited, found)

    def findings(self) -> Iterator[str]:
        """What was found, a line each, in words for the reader; nothing where all is well."""
        if self.removed_citations:
            yield f"Removed invented citations: {', '.join(self.removed_citations)}"
        if self.unsupported_numbers:
            yield f"Not in the cited evidence: {', '.join(self.unsupported_numbers)}"
        for sentence in self.uncited_sentences:
            yield f"Without a source: {sentence}"
        for verdict in self.verdicts:
            if verdict.verdict in ("contradicted", "no evidence"):
                found = "contradicts it" if verdict.verdict == "contradicted" else "does not say it"
                yield f"{verdict.judge} judges that [{verdict.marker}] {found}: {verdict.sentence}"


@dataclass(frozen=True, slots=True)
class Answer:
    """The end of a question. Frozen; saved as it is shown."""

    id: str
    question: str
    status: Status
    answer: str
    """text with ``[n]`` markers, Markdown"""
    citations: tuple[Citation, ...] = ()
    tool_calls: tuple[ToolCall, ...] = ()
    checks: Checks = field(default_factory=Checks)
    molecules: tuple[Mapping[str, str], ...] = ()
    """``{"handle", "name", "smiles", "inchikey"}`` of every molecule of this answer"""
    tables: tuple[Table, ...] = ()
    """everything that its tools found in many rows; on the wire what each table is and how many
    rows it has, kept whole beside the answer"""
    unused: tuple[Evidence, ...] = ()
    """retrieved and not cited; shown folded, not part of the wire format"""
    model: str = ""
    settings_digest: str = ""
    seconds: float = 0.0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    clarification: bool = False
    """whether the text of an abstention is a question back to the user"""
    error: Mapping[str, str] | None = None

    def as_dict(self) -> dict[str, Any]:
        """The answer on the wire (DESIGN section 6)."""
        return {
            "id": self.id,
            "question": self.question,
            "status": self.status,
            "answer": self.answer,
            "citations": [citation.as_dict() for citation in self.citations],
            "tool_calls": [call.as_dict() for call in self.tool_calls],
            "checks": self.checks.as_dict(),
            "molecules": [dict(molecule) for molecule in self.molecules],
            "tables": [table.described() for table in self.tables],
            "model": self.model,
            "settings_digest": self.settings_digest,
            "seconds": round(self.seconds, 3),
            "tokens": {"prompt": self.prompt_tokens, "completion": self.completion_tokens},
            "clarification": self.clarification,
            "error": dict(self.error) if self.error else None,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Answer:
        """An answer as it was saved.

        What the wire format leaves out is empty: ``unused``, and tables that come without rows.
        """
        same = ("id", "question", "status", "answer", "model", "settings_digest", "seconds")
        return cls(
            **{name: data[name] for name in same},
            citations=tuple(Citation.from_dict(item) for item in data["citations"]),
            tool_calls=tuple(ToolCall(**item) for item in data["tool_calls"]),
            checks=Checks.from_dict(data["checks"]),
            molecules=tuple(data["molecules"]),
            tables=tuple(Table.from_dict(i) for i in data.get("tables", ()) if "rows" in i),
            prompt_tokens=data["tokens"]["prompt"],
            completion_tokens=data["tokens"]["completion"],
            clarification=data.get("clarification", False),
            error=data["error"],
        )


@dataclass(frozen=True, slots=True)
class Planned:
    """What is about to be done, before long work begins."""

    steps: tuple[str, ...]
    """in plain words, as ``ToolStarted.title`` will say them"""


@dataclass(frozen=True, slots=True)
class ToolStarted:
    """A tool is about to run."""

    id: str
    name: str
    args: Mapping[str, Any]
    title: str
    """what a user reads while it runs: "Searching the literature for ..." """


@dataclass(frozen=True, slots=True)
class ToolFinished:
    """A tool is done."""

    id: str
    call: ToolCall
    title: str
    """what a user reads when it is done: "ChEMBL: 37 activities for EGFR" """
    text: str
    """what the model is given, but for the keys of the evidence"""


@dataclass(frozen=True, slots=True)
class TextDelta:
    """The next piece of the answer's text, markers already numbered as in the final answer."""

    text: str


@dataclass(frozen=True, slots=True)
class Advised:
    """What stands first in the answer, whatever follows: said before the work begins, since who is
    in danger must not wait for it.
    """

    text: str


@dataclass(frozen=True, slots=True)
class Revising:
    """What was streamed was checked and is being corrected; ``Finished`` brings the outcome."""

    title: str
    """what a user reads meanwhile: "Checking and correcting: 2 faults found" """


@dataclass(frozen=True, slots=True)
class Finished:
    """The last event, always exactly one: the whole answer, which replaces what was streamed."""

    answer: Answer


Event = Planned | Advised | ToolStarted | ToolFinished | TextDelta | Revising | Finished


def storable(text: str) -> str:
    """The text with "?" for halves of surrogate pairs, which no file can hold.

    They come from bytes of a command line that are no text, and from escapes in JSON.
    """
    return text.encode("utf-8", "replace").decode()
