"""The words by which sentences state, deny and turn a relation between things.

Owns the cues, which are words; knows no passage and no question.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from retort.agent.models.embedded.vocabulary import FUNCTION_WORDS
from retort.agent.verdicts import edits
from retort.retrieval.tokens import terms

_WORDS = {
    "association": r"associat\w+|correlat\w+|relat(?:ed|ion|ionship)\w*|linked?|links|predict\w*"
    r"|risk factors?",
    "effect": r"effects?|affect\w*|influenc\w+|impact\w*|alter(?:s|ed|ation)?\w*|chang\w+"
    r"|interact\w*|efficacy|effective\w*|benefi\w+|improv\w+",
    "difference": r"differ\w*",
    "requirement": r"requir\w+|necessary|essential|needed|dispensable",
    "change": r"increas\w+|decreas\w+|reduc\w+|lower\w*|higher|elevat\w+|rais\w+|enhanc\w+"
    r"|inhibit\w*|prevent\w*|protect\w*|promot\w+|induc\w+|suppress\w*|activat\w+|caus\w+"
    r"|impair\w*",
}
RELATIONS = {name: re.compile(rf"\b(?:{words})\b", re.IGNORECASE) for name, words in _WORDS.items()}
DENIAL = re.compile(
    r"\b(?:no(?! (?:longer|less|more|fewer|later)\b)|not(?! only\b)|neither|nor|without|cannot"
    r"|fail(?:s|ed)? to|lack(?:s|ed)?(?: of)?|absence of|unlikely|independent(?:ly)? of|unrelated"
    r"|unaffected|unchanged|ineffective|dispensable)\b",
    re.IGNORECASE,
)
HEDGED = re.compile(
    r"\b(?:whether|uncertain|unclear|unknown|inconclusive|conflicting|controversial|expected"
    r"|hypothes\w+|aim(?:s|ed)?|previous(?:ly)?|might|could|may)\b",
    re.IGNORECASE,
)
"""A sentence that asserts nothing, or tells what others found."""
PURPOSE = re.compile(r"(?<!shown )(?<!found )(?<!known )(?<!likely )(?<!fail )(?<!failed )\bto \Z")
_REACH = 45
"""characters between a word that denies and the relation that it denies"""
WORD = re.compile(r"[A-Za-z][\w-]*")
_RISES = re.compile(
    r"(?:increas|elevat|rais|enhanc|promot|activat|induc|caus)\w*|higher|greater", re.I
)
_FALLS = re.compile(
    r"(?:decreas|reduc|lower|inhibit|prevent|protect|suppress|impair)\w*|fewer|less", re.I
)


def found(sentence: str) -> Iterator[re.Match[str]]:
    """The words of relation in a sentence, in their order."""
    matches = (m for pattern in RELATIONS.values() for m in pattern.finditer(sentence))
    return iter(sorted(matches, key=re.Match.start))


def direction(word: str) -> int:
    """1 for a word that says that something rises, -1 that it falls, 0 for neither."""
    return bool(_RISES.fullmatch(word)) - bool(_FALLS.fullmatch(word))


def things(text: str) -> frozenset[str]:
    """Terms of what is spoken of, without words of relation, direction and denial."""
    return frozenset(
        term
        for word in WORD.findall(text)
        if word.lower() not in FUNCTION_WORDS and not is_relation(word)
        for term in terms(word)
    )


def is_denied(sentence: str, relation: re.Match[str]) -> bool:
    """Whether a relation is denied by a word before it, within its clause."""
    window = sentence[max(0, relation.start() - _REACH) : relation.start()]
    clause = re.split(r"[;:.]|, (?:but|and|while|whereas|although)\b|\bbut\b", window)[-1]
    return DENIAL.search(clause) is not None or DENIAL.fullmatch(relation[0]) is not None


def is_relation(word: str) -> bool:
    """Whether a word tells of a relation, a direction or a denial, and not of a thing."""
    return (
        any(pattern.fullmatch(word) for pattern in RELATIONS.values())
        or bool(edits.opposites(word.lower()))
        or DENIAL.fullmatch(word) is not None
        or word.lower() in ("significant", "significantly", "risk")
    )
