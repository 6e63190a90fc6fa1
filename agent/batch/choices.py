"""Multiple choice: how it is asked, and which choice an answer makes.

A language model is shown the choices and its choice is read, by rule, from the first statement of
its answer that cites something (of an answer without sources, from its first). The embedded model
weighs nothing: for it the choice is the one whose own words, those that tell it from the others,
stand in what the answer cites. Where neither gives exactly one, nothing is chosen.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from retort.agent.batch.records import LETTERS, Item
from retort.agent.checks import MARKER, statements
from retort.prompts import load
from retort.retrieval.tokens import terms

INSUFFICIENT = "insufficient"
"""the word for "none can be chosen from the evidence" """

_LETTER = re.compile(
    r"^\W*(?:(?:the\s+)?(?:correct\s+|right\s+|best\s+)?(?:answer|choice|option)\s*(?:is|:)?\s*)?"
    r"[\W_]*([A-J])(?:[).:*\]]|\s*[-–—]\s|\s*\.?\s*$|\s+is\s+(?:correct|right))",
    re.IGNORECASE,
)
_PARENTHESISED = re.compile(r"\(([A-J])\)")
_DECIMAL = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?![\w.]*\d)")


@dataclass(frozen=True, slots=True)
class Choice:
    """What an answer chooses."""

    letter: str
    """"A", "B" ...; "" where nothing was chosen"""
    by: str
    """``letter``, ``text`` or ``evidence``; of no choice ``insufficient`` (said so), ``abstained``
    or ``unclear``"""

    def as_dict(self) -> dict[str, str]:
        """The choice on the wire."""
        return asdict(self)


def asked(item: Item) -> str:
    """The question with its choices, as a language model is asked it."""
    if not item.choices:
        return item.question
    listed = "\n".join(f"{letter}) {text}" for letter, text in _lettered(item.choices))
    return load("choices", question=item.question, choices=listed, insufficient=INSUFFICIENT)


def read(answer: str, status: str, choices: Sequence[str]) -> Choice:
    """The choice that an answer states.

    Args:
        answer: text with ``[n]`` markers.
        status: of the answer; only what was answered chooses.
        choices: their texts, A first.
    """
    if status != "answered":
        return Choice("", "abstained")
    units = statements(answer)
    if not units:
        return Choice("", "unclear")
    first = next((unit for unit in units if MARKER.search(unit)), units[0])
    if any(INSUFFICIENT in unit.lower() for unit in (units[0], first)):
        return Choice("", INSUFFICIENT)
    said = MARKER.sub("", first).strip()
    letters = {match.upper() for match in _LETTER.findall(said)[:1]}
    letters = letters or set(_PARENTHESISED.findall(said))
    letters &= set(LETTERS[: len(choices)])
    if len(letters) == 1:
        return Choice(letters.pop(), "letter")
    return _one(_named(said, choices), "text")


def supported(citations: Iterable[dict[str, Any]], question: str, choices: Sequence[str]) -> Choice:
    """The one choice whose own words all stand in one cited quote.

    A choice's own words are those that neither the question nor every other choice holds; its
    numbers may be rounded. Words are all that is compared: a quote that denies a choice holds them
    as well.
    """
    common = set(terms(question)).union(set.intersection(*(set(terms(text)) for text in choices)))
    fitting: set[str] = set()
    for citation in citations:
        quote = citation["quote"]
        present = set(terms(quote))
        fits = {
            letter: own
            for letter, text in _lettered(choices)
            if (own := set(terms(_DECIMAL.sub(" ", text))) - common) <= present
            and _numbers_stand(text, quote)
            and (own or _DECIMAL.search(text))
        }
        # "ER alpha" over "ER": what holds all of another and more is what the quote speaks of
        fitting |= {
            letter
            for letter, own in fits.items()
            if not any(own < other for other in fits.values())
        }
    return _one(fitting, "evidence")


def letter_of(text: str, choices: Sequence[str]) -> str:
    """The letter that a text names, itself or by its choice's words; "" where it names none."""
    listed = _lettered(choices)
    if text.upper() in dict(listed):
        return text.upper()
    return next((letter for letter, choice in listed if choice.casefold() == text.casefold()), "")


def _lettered(choices: Sequence[str]) -> list[tuple[str, str]]:
    return list(zip(LETTERS, choices, strict=False))


def _one(letters: set[str], by: str) -> Choice:
    return Choice(next(iter(letters)), by) if len(letters) == 1 else Choice("", "unclear")


def _named(said: str, choices: Sequence[str]) -> set[str]:
    """Letters of the choices whose text stands in a statement; a text within another one's does
    not count.
    """
    plain = f" {' '.join(terms(said))} "
    texts = {letter: f" {' '.join(terms(text))} " for letter, text in _lettered(choices)}
    found = {letter: text for letter, text in texts.items() if text.strip() and text in plain}
    return {
        letter
        for letter, text in found.items()
        if not any(text != other and text in other for other in found.values())
    }


def _numbers_stand(text: str, quote: str) -> bool:
    """Whether a quote holds every number of a text, exactly or before rounding."""
    there = [float(number) for number in _DECIMAL.findall(quote)]
    return all(
        any(round(value, len(number.partition(".")[2])) == float(number) for value in there)
        for number in _DECIMAL.findall(text)
    )
