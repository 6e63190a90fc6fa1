"""Why a record may belong to a review: a language model's verdicts, or the best matching sentence.

A verdict without words copied from the record is dropped: a judge that cannot point at the text
has not read it. Knows no ranking; no verdict decides anything.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from retort.agent.triage import matching
from retort.agent.triage.records import Criteria, Field, Kind, Reason, Record, Verdict
from retort.prompts import load
from retort.retrieval.errors import RetortError

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

log = logging.getLogger(__name__)

LONGEST_RECORD = 8_000
"""characters of a record that a model is shown"""
_REPLY = re.compile(
    r"\s*(?:<think>.*?</think>\s*)?(MET|NOT MET|UNCLEAR)\b[.:]?\s*"
    r"(?:\n\s*[\"“](?P<words>[^\n]+)[\"”])?\s*",
    re.DOTALL,
)


def choose(model: BaseChatModel, name: str) -> ChatJudge | None:
    """The judge that goes with a chat model: the model itself if it is a language model.

    Args:
        model: that answers questions.
        name: ``embedded``, ``hf:...`` or an endpoint's address.
    """
    return ChatJudge(model, name) if is_capable(name) else None


def is_capable(name: str) -> bool:
    """Whether a model of this name is a language model, which can judge."""
    return name.startswith(("hf:", "http:", "https:"))


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
        """A reason for each criterion that could be judged.

        Raises:
            RetortError: the model gave no reply.
        """
        asked: list[tuple[Kind, str]] = [("include", each) for each in matching.facets(criteria)]
        asked += [("exclude", each) for each in criteria.exclude]
        found = (self._ask(record, kind, criterion) for kind, criterion in asked)
        return tuple(reason for reason in found if reason)

    def _ask(self, record: Record, kind: Kind, criterion: str) -> Reason | None:
        shown = record.text[:LONGEST_RECORD]
        try:
            reply = self.model.invoke(load("criterion", criterion=criterion, record=shown)).text
        except RetortError:
            raise
        except Exception as error:  # a model may fail in any way
            log.exception("the chat model gave no verdict")
            why = f"{type(error).__name__}: {error}."
            raise RetortError("The model gave no verdict.", why, "retort doctor") from error
        return understood(reply, record, kind, criterion, self.name)


def understood(reply: str, record: Record, kind: Kind, criterion: str, name: str) -> Reason | None:
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
        kind,
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


def told(record: Record, criteria: Criteria, said: tuple[Reason, ...]) -> tuple[Reason, ...]:
    """What was said of a record, then the exclusion criteria that were not judged and that a
    sentence of it fits. They lower no score: a sentence may also deny what it names.
    """
    judged = {reason.criterion for reason in said if reason.kind == "exclude"}
    return said + tuple(
        Reason(
            f"Possible exclusion: {found.criterion} (by its words; no model has judged it)",
            getattr(record, found.field)[found.start : found.end],
            found.field,
            found.start,
            found.end,
            found.criterion,
            kind="exclude",
        )
        for found in matching.exclusions(record, criteria)
        if found.criterion not in judged
    )


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
