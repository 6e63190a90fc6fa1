"""Which sentences of a passage can be quoted, and what kind of sentence each is.

A sentence can be quoted when it is whole, is a statement, and can be understood without the
sentence before it. Owns the cues, which are words; a passage's section is rarely known. Knows no
question.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from retort.retrieval.sentences import sentences

Kind = Literal["conclusion", "result", "method", "background", "statement"]

_HEADINGS = (
    "results? findings? conclusions? interpretation discussion background introduction objectives?"
    " purpose aims? methods? context importance significance implications? rationale design"
).replace(" ", "|")
_LABEL = re.compile(
    rf"(?:(?P<shout>[A-Z][A-Z /&-]{{4,50}}):\s+"
    rf"|(?i:(?P<said>(?:[a-z]+ (?:and |/ ?)?){{0,2}}(?:{_HEADINGS}))\s?:\s+)"
    rf"|(?P<bare>(?:[A-Z]+ (?:AND |/ ?)?){{0,2}}(?:{_HEADINGS.upper()}))\s+"
    rf"|(?P<title>(?i:{_HEADINGS}))\s+(?=[A-Z][a-z]*\s))"
    r"(?=[A-Z0-9\"(])"
)
"""A heading glued to its first sentence: "CONCLUSIONS: Carriers ...", "RESULTS Carriers ...",
"Results Carriers ..."."""
_GLUED_AIM = re.compile(r"\b(?:AIM|OBJECTIVE|PURPOSE)S?:|\bMAIN OUTCOME MEASURES?\b")
"""A heading of aims that stands within what was taken for one sentence."""
_ENDED = re.compile(r"[.!][\"'”’)\]]*[\d,\s–-]*$")
"""The end of a whole sentence; a text that was cut off has none."""
_CUT_OFF = re.compile(
    r"(?:[,;:(–-]|\b(?:[a-z]{1,2}|an|the|and|with|for|from|than|that|which|are|was|were|not|its"
    r"|their|this|these|between))\Z"
)
"""How a text ends that was cut off within a sentence, where it ends with no full stop."""
_REFERENCES_AT_END = re.compile(r"\s*\[\d[\d,;\s–-]*\](?=[.]?$)\.?$")
_BRACKETED_NUMBER = re.compile(r"\[\s*\d[\d,;\s–-]*\]")
_NOT_PROSE = re.compile(
    r"^(?:#|\||\*\*|[-*+]\s|>|(?:fig(?:ure)?|table|supplementary|keywords?|abbreviations?|doi"
    r"|copyright|received|funding)"
    r"\b)|\||https?://|\bet al\.,? [A-Z][\w ]+\d{4}|\b(?:19|20)\d\d;\s?\d+|\?[\"'”]?$",
    re.IGNORECASE,
)
_VERB = re.compile(
    r"\b(?:is|are|was|were|be|been|has|have|had|may|might|can|could|should|will|would|does|do|did"
    r"|not"
    r"|[a-z]{3,}(?:ed|ates|ects|eases|uces|izes|ises|ows|ults|uires|eads|ains|lies|ibits|ocks|inds"
    r"|ases|erves|uses|ives"
    r"|ends|eeds|akes|eans|ests|ears|ers from))\b"
)
"""What tells a sentence from a title: a word that is, or ends like, a finite verb."""
_STUDY = (
    r"(?:study|studies|trial|paper|review|meta-analys[ie]s|article|analys[ie]s|work|report|research|cohort"
    r"|results?|findings?|data|observations?|evidence|guidelines?|survey|investigation)"
)
_LEANS = re.compile(
    r"(?:(?:however|moreover|furthermore|in addition|additionally|also|thus|therefore|hence"
    r"|in contrast|by contrast|conversely|similarly|interestingly|importantly|notably|indeed"
    r"|consequently|accordingly|although|while|whereas|since|because|when|if|but|and|as|in|of|for"
    r"|with|among|on|after|by|to),?\s+)*"
    r"(?:it(?!\s+(?:is|was|has been|may be|can be|appears|seems)\s+(?:\w+\s+)?(?:that|to)\b)"
    r"|they|them|he|she|his|her|its|their|the (?:latter|former|above|same)|another|others?"
    r"|both (?:groups?|of|drugs|agents|treatments|were|had)|neither(?: group)?"
    rf"|(?:this|these|those|such|that)(?!\s+(?:\w+\s+){{0,2}}{_STUDY}\b))\b",
    re.IGNORECASE,
)
"""A sentence that points at something said before it: "This drug ...", "In these patients ..."."""
_AIM = re.compile(
    r"\b(?:we|this \w+|the (?:present|current) \w+|study)\s+(?:was |were |is )?"
    r"(?:aim(?:s|ed)?|sought|designed|intended|undertaken|conducted|performed|hypothesi[sz]ed)\b"
    r"|\b(?:aims?|objectives?|purpose|goals?) (?:(?:in|of|for) (?:this|our|the) [\w ]{3,40})?"
    r"(?:of|was|were|is|are)\b"
    r"|^to (?:\w+ly )?(?:determine|investigate|examine|assess|evaluate|compare|describe|explore"
    r"|identify|study|test|review|report|analy[sz]e|clarify|define|establish|estimate)\b"
    r"|\bwe (?:\w+ly )?(?:investigated?|examined?|studied|study|assess(?:ed)?|evaluated?|tested"
    r"|asked|explored?|compared|review(?:ed)?|discuss(?:ed)?|describe|hypothesi[sz]e)\b",
    re.IGNORECASE,
)
_FOUND = re.compile(
    r"\b(?:found|showed|shown|show|reveal(?:s|ed)?|demonstrated?|observed|conclude|resulted"
    r"|led to)\b",
    re.IGNORECASE,
)
"""What makes a sentence of aim one of result as well: "We tested X and found Y"."""
_CONCLUDES = re.compile(
    r"\bconclu(?:de|ded|sions?)\b|\bin summary\b|\btaken together\b"
    rf"|\b(?:our|these|this|the|present|current)\s+(?:\w+\s+){{0,2}}{_STUDY}\s+(?:\w+\s+)?"
    r"(?:suggests?|indicates?|shows?|showed|demonstrates?|demonstrated|supports?|confirms?|provides?"
    r"|identif(?:y|ies)|establish(?:es)?|reveals?|revealed|do not|does not)\b",
    re.IGNORECASE,
)
_RESULTS = re.compile(
    r"\bsignifican(?:t|tly|ce)\b|\bp\s?[<=>]\s?0?[.·]\d|\b(?-i:CI|OR|HR|RR)\b|\d\s?%"
    r"|\b(?:was|were|is|are) (?:\w+ly )?(?:associated|correlated|increased|decreased|reduced"
    r"|elevated|higher|lower|improved|found|observed|more|less)\b"
    r"|\b(?:we|was|were) (?:found|showed|observed|identified|shown)\b"
    r"|\bno (?:\w+ )?(?:difference|association|effect|correlation|evidence|change)",
    re.IGNORECASE,
)
_METHODS = re.compile(
    r"\b(?:was|were) (?:\w+ly |then )?(?:randomi[sz]ed|enrol+ed|recruited|collected|measured"
    r"|assigned|included|obtained|performed|conducted|assessed|evaluated|analy[sz]ed|used to"
    r"|searched|selected|reviewed|examined|investigated|studied|compared using|treated with"
    r"|calculated|extracted|recorded|derived|categori[sz]ed|utili[sz]ed|employed)\b"
    r"|\bwe (?:measured|collected|recruited|performed|used|searched|conducted|enrol+ed"
    r"|analy[sz]ed)\b",
    re.IGNORECASE,
)
_COMPARES = re.compile(r"\bcompared (?:with|to)\b", re.IGNORECASE)
"""What is a result where nothing tells of a method."""
_BACKGROUND = re.compile(
    r"\b(?:little|not much|less) is known\b"
    r"|\b(?:remains?|is|are|was) (?:still |largely |currently )?"
    r"(?:unclear|unknown|uncertain|elusive|controversial|debated|poorly"
    r"|not (?:well |fully |yet )\w+)"
    r"|\bto be (?:elucidated|determined|established|clarified)\b|\bwhether\b",
    re.IGNORECASE,
)

_UNDER: tuple[tuple[Kind, str], ...] = (
    ("conclusion", "conclu"),
    ("conclusion", "interpret"),
    ("result", "result"),
    ("result", "finding"),
    ("method", "method"),
    ("method", "design"),
    ("background", "backg"),
    ("background", "intro"),
    ("background", "context"),
)
_CUES: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("conclusion", _CONCLUDES),
    ("background", _BACKGROUND),
    ("result", _RESULTS),
    ("method", _METHODS),
    ("result", _COMPARES),
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence that can be quoted: ``text == passage[start:end]``, always."""

    text: str
    start: int
    end: int
    kind: Kind
    position: float
    """place among all sentences of its passage, 0 the first and 1 the last"""


def quotable(passage: str, begins: bool = False) -> Iterator[Sentence]:
    """The sentences of a passage that can be quoted, in their order.

    A glued heading and a reference number at the end are left out of the slice. A heading holds
    until the next.

    Args:
        passage: the text.
        begins: it is the beginning of a paper: what stands before its aim is background.
    """
    spans = sentences(passage)
    heading = ""
    read: list[tuple[Sentence, bool]] = []
    aimed = -1
    for place, (first, last) in enumerate(spans):
        label = _LABEL.match(passage, first, last)
        start = label.end() if label else first
        end = start + len(_REFERENCES_AT_END.sub("", passage[start:last]))
        text = passage[start:end]
        if label:
            heading = "".join(filter(None, label.groups())).lower()
        position = place / max(1, len(spans) - 1)
        is_aimed = heading.startswith(("object", "purpose", "aim")) or is_aim(text)
        if is_aimed and position <= 0.5:
            aimed = place
        is_whole = _is_whole(passage[start:last], is_last=place == len(spans) - 1)
        can = is_whole and is_prose(text) and stands_alone(text) and not is_aimed
        read.append((Sentence(text, start, end, kind_of(text, heading), position), can))
    for place, (sentence, can) in enumerate(read):
        if can:
            early = begins and place < aimed
            yield replace(sentence, kind="background") if early else sentence


def _is_whole(sentence: str, is_last: bool) -> bool:
    """Whether a sentence came to its end: by its full stop, or as the last words of a text."""
    return bool(_ENDED.search(sentence)) or (is_last and not _CUT_OFF.search(sentence))


def is_prose(sentence: str) -> bool:
    """Whether a sentence is one: long enough, no heading, reference, table or question."""
    words = sentence.split()
    letters = sum(map(str.isalpha, sentence))
    return (
        7 <= len(words) <= 90
        and len(sentence) <= 600
        and letters > 0.6 * len(sentence)
        and not _NOT_PROSE.search(sentence)
        and not _BRACKETED_NUMBER.search(sentence)
        and (_VERB.search(sentence) is not None or not _is_capitalised(words))
        and not words[0].islower()  # a piece of a sentence; "pChEMBL" and "mTOR" begin one
        and sentence[0] not in ":;,.)]"
        and sentence.rstrip("\"'”)")[-1:] not in (":", ";", ",")
    )


def stands_alone(sentence: str) -> bool:
    """Whether a sentence can be understood without the one before it."""
    return _LEANS.match(sentence) is None


def is_aim(sentence: str) -> bool:
    """Whether a sentence says what a study set out to do, and not what it found."""
    if _GLUED_AIM.search(sentence):
        return True
    return _AIM.search(sentence) is not None and _FOUND.search(sentence) is None


def kind_of(sentence: str, heading: str = "") -> Kind:
    """What kind of sentence it is, by the heading it stood under, else by its words."""
    for kind, word in _UNDER:
        if word in heading:
            return kind
    for kind, cue in _CUES:
        if cue.search(sentence):
            return kind
    return "statement"


def _is_capitalised(words: Sequence[str]) -> bool:
    """Whether most words of a line begin with a capital, as those of a title do."""
    return 2 * sum(word[:1].isupper() for word in words[1:]) >= len(words)
