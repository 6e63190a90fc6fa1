"""Why a record may belong to a review: a language model's verdicts, or the best matching sentence.

A verdict without words copied from the record is dropped: a judge that cannot point at the text
has not read it. Knows no ranking; no verdict decides anything.
"""

from __future__ import annotations

import logging
import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

from retort.agent.triage import matching
from retort.agent.triage.records import Criteria, Field, Record
from retort.prompts import load

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

log = logging.getLogger(__name__)

Verdict = Literal["met", "not met", "unclear", ""]
LONGEST_RECORD = 8_000
"""characters of a record that a model is shown"""
_REPLY = re.compile(
    r"\s*(?:<think>.*?</think>\s*)?(MET|NOT MET|UNCLEAR)\b[.:]?\s*"
    r"(?:\n\s*[\"“](?P<words>[^\n]+)[\"”])?\s*",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Reason:
    """What speaks for or against one record, with the words it rests on."""

    text: str
    """one line in plain words; says whose view it is"""
    quote: str
    """``getattr(record, field)[start:end]``, to the character"""
    field: Field
    start: int
    end: int
    criterion: str = ""
    """what of the criteria it is about"""
    verdict: Verdict = ""
    """a model's; empty where no model judged and the sentence is only the best match"""


class Judge(Protocol):
    """Says of a record which criteria it meets."""

    def judge(self, record: Record, criteria: Criteria) -> tuple[Reason, ...]:
        """A reason for each criterion that could be judged."""
        ...


class Nobody:
    """Judges nothing: without a capable model there are no verdicts."""

    def judge(self, record: Record, criteria: Criteria) -> tuple[Reason, ...]:
        """No reason; see `Judge.judge`."""
        return ()


NOBODY = Nobody()


def choose(model: BaseChatModel, name: str) -> Judge:
    """The judge that goes with a chat model: the model itself if it is a language model.

    Args:
        model: that answers questions.
        name: ``embedded``, ``hf:...`` or an endpoint's address.
    """
    return ChatJudge(model, name) if name.startswith(("hf:", "http:", "https:")) else NOBODY


@dataclass(frozen=True, slots=True)
class ChatJudge:
    """A language model that is asked criterion by criterion.

    Args:
        model: answers the prompt ``criterion``.
        name: of the model, as it is shown.
    """

    model: BaseChatModel
    name: str

    def judge(self, record: Record, criteria: Criteria) -> tuple[Reason, ...]:
        """A reason for each criterion; see `Judge.judge`."""
        asked = [("include", each) for each in matching.facets(criteria)]
        asked += [("exclude", each) for each in criteria.exclude]
        found = (self._ask(record, kind, criterion) for kind, criterion in asked)
        return tuple(reason for reason in found if reason)

    def _ask(self, record: Record, kind: str, criterion: str) -> Reason | None:
        shown = record.text[:LONGEST_RECORD]
        try:
            reply = self.model.invoke(load("criterion", criterion=criterion, record=shown)).text
        except Exception:  # a judge may fail in any way; the screening goes on without it
            log.exception("the chat model gave no verdict")
            return None
        return understood(reply, record, kind, criterion, self.name)


def understood(reply: str, record: Record, kind: str, criterion: str, name: str) -> Reason | None:
    """The reason in a model's reply; None unless it is one of the words and quotes the record."""
    match = _REPLY.fullmatch(reply)
    if match is None or not match["words"]:
        return None
    verdict: Verdict = match[1].lower()  # type: ignore[assignment]
    found = _place(record, match["words"])
    if found is None:
        return None
    field, start, end = found
    wording = "to be excluded" if kind == "exclude" else "criterion"
    return Reason(
        f"{name}: {verdict} ({wording}: {criterion})",
        getattr(record, field)[start:end],
        field,
        start,
        end,
        criterion,
        verdict,
    )


def best_match(record: Record, criteria: Criteria) -> tuple[Reason, ...]:
    """The sentence that matches the criteria best, as one reason; none where nothing matches."""
    found = matching.best_sentence(record, criteria)
    if found is None:
        return ()
    return (
        Reason(
            f"Best match for: {found.criterion} (by its words; no model has judged it)",
            getattr(record, found.field)[found.start : found.end],
            found.field,
            found.start,
            found.end,
            found.criterion,
        ),
    )


def as_dict(reason: Reason) -> dict[str, Any]:
    """The reason as JSON-ready values."""
    return asdict(reason)


def _place(record: Record, words: str) -> tuple[Field, int, int] | None:
    """Where words stand in a record, whatever the white space between them."""
    parts = words.split()
    if not parts:
        return None
    pattern = re.compile(r"\s+".join(map(re.escape, parts)))
    fields: tuple[Field, ...] = ("abstract", "title")
    for field in fields:
        if found := pattern.search(getattr(record, field)):
            return field, found.start(), found.end()
    return None
