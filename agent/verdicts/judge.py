"""Who judges whether cited text supports a statement: the language model, or the shipped head.

Owns the choice between them, the prompt's strict reading and the probability from which the head is
believed. Opinions are shown with who gave them; no answer is changed by one.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from retort.agent.verdicts import head
from retort.agent.verdicts.labels import (
    LABELS,
    NO_EVIDENCE,
    NOT_JUDGED,
    UNCERTAIN,
    Label,
    Said,
)
from retort.prompts import load
from retort.retrieval.highlight import highlight

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from retort.retrieval.encode import Encoder

log = logging.getLogger(__name__)

HEAD = "head"
"""the judge's name in an answer's checks"""

BELIEVED = 0.6
"""probability from which the head's verdict is said; below it the verdict is "uncertain" """

SHOWN = 3
"""sentences of a passage that the head is shown, as in its training"""

MOST_ASKED = 12
"""statements of one answer that a chat model judges; more would keep the reader waiting"""

_REPLY = re.compile(
    r"\s*(?:<think>.*?</think>\s*)?(SUPPORTED|CONTRADICTED|NO EVIDENCE)\b[.:]?\s*"
    r"(?:\n\s*[\"“](?P<words>[^\n]+)[\"”])?\s*",
    re.DOTALL,
)
_WORDS: dict[str, Label] = {label.upper(): label for label in LABELS}


@dataclass(frozen=True, slots=True)
class Opinion:
    """One judgement."""

    verdict: Said
    probability: float | None
    """calibrated, of this verdict; None where the judge gives none"""
    judge: str
    """``head``, a chat model's name, or "" where there was no judge"""


UNJUDGED = Opinion(NOT_JUDGED, None, "")


class Judge(Protocol):
    """Says whether texts support statements."""

    def judge(self, texts: Sequence[tuple[str, str]]) -> list[Opinion]:
        """An opinion on each pair of statement and cited text, in their order."""
        ...


@dataclass(frozen=True, slots=True)
class HeadJudge:
    """The shipped head, on the best sentences of the cited text; "not judged" where it is absent.

    Args:
        encoder: gives the bundled encoder, which chooses those sentences.
        load: gives the head, or None.
    """

    encoder: Callable[[], Encoder]
    load: Callable[[], head.Head | None] = head.shared

    def judge(self, texts: Sequence[tuple[str, str]]) -> list[Opinion]:
        """An opinion on each pair; see `Judge.judge`."""
        network = self.load() if texts else None
        if network is None:
            return [UNJUDGED] * len(texts)
        encoder = self.encoder()
        shown = [(statement, best(statement, text, encoder)) for statement, text in texts]
        found = []
        for row in network.probabilities(shown):
            place = int(row.argmax())
            sure = float(row[place])
            said: Said = LABELS[place] if sure >= BELIEVED else UNCERTAIN
            found.append(Opinion(said, round(sure, 3), HEAD))
        return found


@dataclass(frozen=True, slots=True)
class ChatJudge:
    """A language model that is asked for one word and the words it rests on; else the head.

    Args:
        model: answers the prompt ``verdict``.
        name: of the model, as on its answers.
        otherwise: judges what the model's reply leaves open.
    """

    model: BaseChatModel
    name: str
    otherwise: Judge

    def judge(self, texts: Sequence[tuple[str, str]]) -> list[Opinion]:
        """An opinion on each pair; see `Judge.judge`."""
        asked = [self._ask(*pair) for pair in texts[:MOST_ASKED]]
        found: list[Opinion | None] = [*asked, *[None] * (len(texts) - len(asked))]
        opened = [place for place, opinion in enumerate(found) if opinion is None]
        others = iter(self.otherwise.judge([texts[place] for place in opened]))
        return [next(others) if opinion is None else opinion for opinion in found]

    def _ask(self, statement: str, text: str) -> Opinion | None:
        prompt = load("verdict", statement=statement, passage=text)
        try:
            reply = self.model.invoke(prompt).text
        except Exception:  # a judge may fail in any way; the answer stands without it
            log.exception("the chat model gave no verdict")
            return None
        label = understood(reply, text)
        return None if label is None else Opinion(label, None, self.name)


def understood(reply: str, text: str) -> Label | None:
    """The verdict of a reply; None unless it is one of the three words with words of the text.

    A verdict for or against must quote the cited text, so that it cannot rest on what the model
    remembers.
    """
    match = _REPLY.fullmatch(reply)
    if match is None:
        return None
    label = _WORDS[match[1]]
    if label == NO_EVIDENCE:
        return label
    words = " ".join((match["words"] or "").split())
    return label if words and words in " ".join(text.split()) else None


def best(statement: str, text: str, encoder: Encoder) -> str:
    """The sentences of a text that speak most to a statement, in their order."""
    chosen = highlight(statement, text, encoder)[:SHOWN]
    return " ".join(text[item.start : item.end] for item in sorted(chosen, key=lambda h: h.start))


def choose(model: BaseChatModel, name: str, encoder: Callable[[], Encoder]) -> Judge:
    """The judge that goes with a chat model: the model itself if it is a language model.

    Args:
        model: that answers the questions.
        name: ``embedded``, ``hf:...`` or an endpoint's address.
        encoder: gives the bundled encoder.
    """
    by_head = HeadJudge(encoder)
    if name.startswith(("hf:", "http:", "https:")):
        return ChatJudge(model, name, by_head)
    return by_head
