"""Statements turned into their opposite by rule, for a judge to learn what small models miss.

Directions (increase, decrease), negations, numbers and names. Owns the words; knows nothing of
papers. English biomedical prose only; what a rule cannot turn is left alone and gives "".
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Sequence

_RISES = (
    "increase raise enhance activate promote stimulate induce upregulate up-regulate improve"
    " accelerate elevate augment facilitate strengthen"
).split()
_FALLS = (
    "decrease lower impair inhibit suppress repress prevent downregulate down-regulate worsen"
    " delay reduce diminish block weaken"
).split()
_OPPOSITES = (
    "higher/lower greater/smaller more/less high/low longer/shorter better/worse agonist/antagonist"
    " agonists/antagonists activation/inhibition activator/inhibitor activators/inhibitors"
    " upregulation/downregulation gain/loss presence/absence sensitive/resistant"
    " sensitivity/resistance positively/negatively positive/negative necessary/dispensable"
    " early/late overexpression/knockdown sufficient/insufficient beneficial/harmful with/without"
    " upstream/downstream before/after faster/slower stronger/weaker dependent/independent"
    " improvement/deterioration increases/decreases most/least common/rare"
).split()

_AUXILIARY = re.compile(
    r"\b(?:is|are|was|were|can|may|could|should|will|did|does|do|has been|have been|had been)\b"
    r"(?! not\b| no\b)",
    re.IGNORECASE,
)
_NEGATION = re.compile(
    r"(?<=[a-z]) not\b|\bno (?=significant|effect|difference|association|evidence|change)"
    r"|\bfailed to (?=[a-z])",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"(?<![\w.,*/-])\d+(?:\.\d+)?(?![\w-]|[.,]\d)")
_NAME = re.compile(r"(?<![\w-])(?=[\w-]*[A-Z])(?=[\w-]*[A-Z0-9][\w-]*[A-Z0-9])[\w-]{2,}")


def _forms(verb: str) -> tuple[str, ...]:
    """Base, third person, past and -ing of a regular verb."""
    if verb.endswith("e"):
        return verb, f"{verb}s", f"{verb}d", f"{verb[:-1]}ing"
    return verb, f"{verb}{'es' if verb.endswith('s') else 's'}", f"{verb}ed", f"{verb}ing"


def _table() -> tuple[dict[str, tuple[str, ...]], dict[str, tuple[str, ...]]]:
    """Word -> words of the other direction; and word -> words of its own."""
    against: dict[str, tuple[str, ...]] = {}
    alike: dict[str, tuple[str, ...]] = {}
    for form in range(4):
        rising = tuple(_forms(verb)[form] for verb in _RISES)
        falling = tuple(_forms(verb)[form] for verb in _FALLS)
        for own, other_side in ((rising, falling), (falling, rising)):
            for place, word in enumerate(own):
                # The verb's own counterpart most of the time: "activates" is not "lowers".
                against[word] = (other_side[place],) * 3 + other_side
                alike[word] = own
    for pair in _OPPOSITES:  # "lower" is an adjective more often than a verb
        one, other = pair.split("/")
        against[one], against[other] = (other,), (one,)
    return against, alike


_AGAINST, _ALIKE = _table()
_UPWARD = frozenset(
    [form for verb in _RISES for form in _forms(verb)]
    + "higher greater more longer better activation upregulation improvement agonist".split()
)
_DOWNWARD = frozenset(
    [form for verb in _FALLS for form in _forms(verb)]
    + "smaller less fewer shorter worse inhibition downregulation loss absence deficiency deficient"
    " reduction decline antagonist".split()
)
_DIRECTION = re.compile(rf"\b(?:{'|'.join(sorted(_AGAINST, key=len, reverse=True))})\b", re.I)


def turned(text: str, rng: random.Random) -> str:
    """The text with one word of direction turned round; "" where it has none."""
    return _replaced(text, _AGAINST, rng)


def reworded(text: str, rng: random.Random) -> str:
    """The text with one verb of direction replaced by one of the same; "" where it has none."""
    return _replaced(text, _ALIKE, rng)


def _replaced(text: str, table: dict[str, tuple[str, ...]], rng: random.Random) -> str:
    found = [match for match in _DIRECTION.finditer(text) if match[0].lower() in table]
    if not found:
        return ""
    match = rng.choice(found)
    word = rng.choice(table[match[0].lower()])
    if match[0][0].isupper():
        word = word.capitalize()
    return text[: match.start()] + word + text[match.end() :]


def negated(text: str, rng: random.Random) -> str:
    """The text with a negation taken out, or put in; "" where neither can be."""
    if match := _NEGATION.search(text):
        return text[: match.start()] + text[match.end() :]
    places = [match.end() for match in _AUXILIARY.finditer(text)]
    if places:
        at = rng.choice(places)
        return f"{text[:at]} not{text[at:]}"
    for form in (1, 2):
        for verb in (*_RISES, *_FALLS):
            match = re.search(rf"\b{_forms(verb)[form]}\b", text)
            if match:
                said = f"{'does' if form == 1 else 'did'} not {verb}"
                return text[: match.start()] + said + text[match.end() :]
    return ""


def renumbered(text: str, rng: random.Random) -> str:
    """The text with one number changed clearly; "" where it has none."""
    found = list(_NUMBER.finditer(text))
    if not found:
        return ""
    match = rng.choice(found)
    factor = rng.choice((0.2, 0.4, 0.5, 1.7, 2.0, 3.0))
    value = float(match[0]) * factor
    fresh = f"{value:.{len(match[0].partition('.')[2])}f}"
    if fresh == match[0]:
        fresh = str(int(float(match[0])) + 7)
    return text[: match.start()] + fresh + text[match.end() :]


def renamed(text: str, others: Sequence[str], rng: random.Random) -> str:
    """The text with one name (a gene, a cell line) replaced by another text's; "" without one."""
    found = list(_NAME.finditer(text))
    own = {match[0] for match in found}
    names = [name for name in others if name not in own]
    if not found or not names:
        return ""
    match = rng.choice(found)
    return text.replace(match[0], rng.choice(names))


def transferred(before: str, after: str, text: str) -> str:
    """The text with the one change that led from ``before`` to ``after``; "" where it has no place.

    The change is found again by the words beside it.
    """
    old, new = before.split(), after.split()
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    first, rest = max(0, start - 1), max(0, end - 1)
    was, now = (" ".join(words[first : len(words) - rest]) for words in (old, new))
    whole = " ".join(text.split())
    return whole.replace(was, now, 1) if was != now and was in whole else ""


def names(text: str) -> Iterator[str]:
    """What `renamed` would take for names."""
    return (match[0] for match in _NAME.finditer(text))


def opposites(word: str) -> frozenset[str]:
    """The words of the other direction than a word in lower case; none for most words."""
    return frozenset(_AGAINST.get(word, ()))


def direction(text: str) -> int:
    """1 for a text that speaks of more, -1 for one of less, 0 for neither or both."""
    words = re.findall(r"[a-z-]+", text.lower())
    balance = sum(word in _UPWARD for word in words) - sum(word in _DOWNWARD for word in words)
    return (balance > 0) - (balance < 0)


OPPOSITES: tuple[Callable[[str, random.Random], str], ...] = (turned, turned, negated, renumbered)
"""Rules whose result says the opposite; the directions are taught most."""


def opposite(text: str, rng: random.Random) -> str:
    """The text saying the opposite by one rule that applies; "" where none does."""
    for rule in rng.sample(OPPOSITES, len(OPPOSITES)):
        if made := rule(text, rng):
            return made
    return ""
