"""What a rule sees between a statement and its evidence, for the head to weigh.

Directions, negations, numbers and names that agree or differ, and words that are shared. Each sign
compares the two texts; none is there to tell a statement's own wording, which must not decide
whether it is true.
"""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from retort.agent.verdicts import edits
from retort.retrieval.sentences import sentences
from retort.retrieval.tokens import terms

SIGNS = (
    "same direction",
    "other direction",
    "one is negated",
    "an opposite word",
    "the same word of direction",
    "share of words",
    "share of words in the nearest sentence",
    "a number is missing",
    "share of names missing",
)

_NEGATED = re.compile(
    r"\b(?:not|no|without|neither|nor|cannot|lack(?:s|ed|ing)?|fail(?:s|ed)?|unlikely)\b"
    r"|\bindependent(?:ly)? of\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_WORD = re.compile(r"[a-z-]+")


def signs(statement: str, evidence: str) -> NDArray[np.float32]:
    """(len(SIGNS),) float32, each 0 to 1; 0 where there is nothing to compare."""
    wanted, held = set(terms(statement)), set(terms(evidence))
    near, share = _nearest(wanted, evidence)
    own, other = edits.direction(statement), edits.direction(near)
    mine, theirs = set(_WORD.findall(statement.lower())), set(_WORD.findall(near.lower()))
    turned = [word for word in mine - theirs if edits.opposites(word) & theirs]
    names, numbers = set(edits.names(statement)), set(_NUMBER.findall(statement))
    found = (
        own * other > 0,
        own * other < 0,
        bool(_NEGATED.search(statement)) != bool(_NEGATED.search(near)),
        bool(turned),
        any(edits.opposites(word) for word in mine & theirs),
        len(wanted & held) / max(1, len(wanted)),
        share,
        bool(numbers - set(_NUMBER.findall(evidence))),
        sum(name not in evidence for name in names) / max(1, len(names)),
    )
    return np.array(found, dtype=np.float32)


def _nearest(wanted: set[str], evidence: str) -> tuple[str, float]:
    """The sentence that holds most of the wanted terms, and the share that it holds."""
    spans = sentences(evidence)
    pieces = [evidence[start:end] for start, end in spans] or [""]
    shares = [len(wanted & set(terms(piece))) / max(1, len(wanted)) for piece in pieces]
    best = shares.index(max(shares))
    return pieces[best], shares[best]
