"""Holds one answer against what is known: the choice, the number or the text, and the source.

Owns when an answer is right. Knows no statistics.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

from retort.agent.baseline import unmarked
from retort.agent.batch import choices
from retort.agent.batch.records import Gold, Item, Line
from retort.agent.checks import MARKER, statements
from retort.retrieval.errors import RetortError
from retort.tools.units import unit_named

TOLERANCE = 0.05
"""relative, of a number, unless its row says otherwise"""

Kind = Literal["choice", "number", "text"]

_NUMBER = r"[-−]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:[eE][-+]?\d+)?"
_UNIT = r"[%°Å]|(?:[A-Za-zµμ](?:[\w/µμ·²³^-]*[\w²³])?)"
_QUANTITY = re.compile(rf"(?<![\w.*/#^−-])({_NUMBER})(?!\d)(?:\s?({_UNIT}))?")
_GOLD = re.compile(rf"({_NUMBER})\s*({_UNIT})?")
_ARTICLE = re.compile(r"\b(?:a|an|the)\b")


@dataclass(frozen=True, slots=True)
class Score:
    """How one answer did."""

    kind: Kind
    group: str
    is_attempted: bool
    """the question was answered and, where choices were given, one was chosen"""
    is_right: bool | None
    """the choice, the number within its tolerance, or the text named; None where none is known"""
    is_exact: bool
    """of a text: the answer's first statement is the gold text, and nothing more"""
    is_insufficient: bool
    """it was said that the evidence does not decide"""
    is_source_cited: bool | None
    """a gold source is cited; None where none is known"""


def score(item: Item, line: Line) -> Score | None:
    """How an answer did; None where nothing is known about its question."""
    gold = item.gold
    if not gold.answer and not gold.source:
        return None
    chosen = line.get("choice") or {"letter": "", "by": ""}
    is_answered = line["status"] == "answered"
    said = unmarked(line["model"], line["answer"])
    right: bool | None = None
    exact = False
    if gold.answer and item.choices:
        right = chosen["letter"] == choices.letter_of(gold.answer, item.choices)
    elif gold.answer and _GOLD.fullmatch(gold.answer):
        right = is_answered and is_number_right(said, gold)
    elif gold.answer:
        exact, named = text_match(said, gold.answer)
        exact, right = exact and is_answered, named and is_answered
    return Score(
        kind=_kind(item),
        group=gold.group,
        is_attempted=bool(chosen["letter"]) if item.choices else is_answered,
        is_right=right,
        is_exact=exact,
        is_insufficient=chosen["by"] in (choices.INSUFFICIENT, "abstained", "unclear")
        if item.choices
        else line["status"] == "abstained",
        is_source_cited=is_source_cited(line, gold.source) if gold.source else None,
    )


def _kind(item: Item) -> Kind:
    if item.choices:
        return "choice"
    return "number" if _GOLD.fullmatch(item.gold.answer) else "text"


def is_number_right(answer: str, gold: Gold) -> bool:
    """Whether the first number of the gold's unit in an answer is the gold's, within tolerance.

    Concentrations are compared across their units ("12 nM" and "0.012 uM"); other units must be
    written alike. Without a unit the first number counts, whatever word follows it. Numbers within
    names (CYP2C9, COX-2) are none.
    """
    match = _GOLD.fullmatch(gold.answer)
    if match is None:
        return False
    kind, factor = _measure(match[2] or "")
    wanted = _value(match[1]) * factor
    tolerance = TOLERANCE if gold.tolerance is None else gold.tolerance
    for number, unit in _QUANTITY.findall(MARKER.sub("", answer)):
        other, scale = _measure(unit) if match[2] else ("", 1.0)
        if other == kind:
            return abs(_value(number) * scale - wanted) <= tolerance * abs(wanted) + 1e-12 * factor
    return False


def _value(written: str) -> float:
    return float(written.replace("−", "-").replace(",", ""))


def _measure(unit: str) -> tuple[str, float]:
    """What a unit measures, and how many of its base it is; an unknown one is its own measure."""
    try:
        known = unit_named(unit)
    except RetortError:
        plain = unit.replace("μ", "µ")
        return ("g/mol" if plain in ("Da", "Dalton", "Daltons") else plain), 1.0
    return known.kind, known.factor


def text_match(answer: str, gold: str) -> tuple[bool, bool]:
    """Whether an answer's first statement is a text, and whether the answer names it at all.

    Compared without case, punctuation, articles and markers; alternatives of the gold stand between
    ``|``.
    """
    wanted = [text for part in gold.split("|") if (text := normal(part))]
    first = next(iter(statements(answer)), "")
    whole = f" {normal(answer)} "
    return normal(first) in wanted, any(f" {text} " in whole for text in wanted)


def normal(text: str) -> str:
    """A text without case, markers, punctuation, articles and surplus blanks."""
    plain = unicodedata.normalize("NFKC", MARKER.sub(" ", text)).casefold()
    plain = re.sub(r"[^\w+]", " ", plain.replace("_", " "))
    return " ".join(_ARTICLE.sub(" ", plain).split())


def is_source_cited(line: Line, gold: str) -> bool:
    """Whether an answer cites one of the gold sources, by any id of its record."""
    wanted = {_folded(name) for name in re.split(r"[\s,;|]+", gold) if name}
    cited: set[str] = set()
    for citation in line["citations"]:
        record = citation["record"]
        ids = (value for value in record.values() if isinstance(value, str))
        cited |= {_folded(name) for name in (citation["source_id"], citation["url"], *ids)}
    return bool(wanted & cited)


def _folded(name: str) -> str:
    return name.casefold().removeprefix("https://doi.org/").removeprefix("doi:")
