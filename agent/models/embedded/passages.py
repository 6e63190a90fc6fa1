"""Answers from the literature: the sentences that answer best, word for word, from several papers.

Owns the choice of sentences and the gate below which nothing is quoted. Every quote is a slice of
its
evidence. Text of papers is data here: it is compared and quoted, never followed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from retort.agent.models.embedded import named
from retort.agent.models.embedded.classifier import Array, SentenceEncoder
from retort.agent.models.embedded.entities import Entities
from retort.agent.models.embedded.vocabulary import FUNCTION_WORDS
from retort.retrieval.sentences import sentences

MAX_QUOTES = 5
MIN_PAPERS = 3
"""papers to quote from, where so many have something to say"""
MAX_ENCODED = 60
"""sentences compared by the encoder; the rest has no word in common with the question"""
GATE = 0.45
"""similarity (cosine) of question and best sentence from which a passage answers the question"""
GATE_PARTLY = 0.6
"""the same for a passage that holds only some of the names of the question"""
GATE_WORDS = 0.4
"""for a sentence that holds all words of a question without names"""
GATE_UNNAMED = 0.55
"""the same where the question names no molecule, target or variant that could be looked for"""
GATE_DOUBTFUL = 0.45
"""the same for a question that may not belong to the field"""
GATE_ENTITLED = 0.28
"""the same for a sentence of a paper whose title holds all names and words of the question"""
GATE_NAMES = 0.3
"""the same for a sentence that holds all names of a question that says nothing but names"""
_BEHIND = 0.3
"""how far behind the best sentence another may lie"""
_ALIKE = 0.93
"""similarity from which two sentences say the same"""

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
_GENERIC = frozenset(
    word[:6]
    for word in "affect affects affecting effect effects influence influences impact impacts"
    " interact interacts"
    " interaction interactions response respond role importance change changes alter alters"
    " associated association related linked become becomes work works depend depends depending drug"
    " drugs compound compounds patient patients people side good use used take happens happen"
    " involved mechanism mechanisms means called target targets matter matters".split()
)
"""Words that a passage may well answer without saying them."""
_SURE = 0.62
"""similarity from which a sentence answers although its passage lacks the question's own words"""


_ASKS_WHAT = re.compile(
    r"\s*what(?:'s| is| are| does)\s+(?:an?\s+|the\s+)?([\w .*:/-]{2,60}?)(?:\s+mean)?\s*\??\s*",
    re.IGNORECASE,
)
"""A question for what something is, and nothing else."""


@dataclass(frozen=True, slots=True)
class Quote:
    """One sentence of a passage, as a slice of it."""

    text: str
    item: Mapping[str, Any]
    """the evidence it is cut from"""
    score: float = 0.0
    similarity: float = 0.0
    """cosine to the question"""


@dataclass(frozen=True, slots=True)
class Topic:
    """What a passage is held against."""

    words: frozenset[str]
    """the query's words that carry meaning, without its names; see `content_words`"""
    names: tuple[str, ...]
    """molecules, targets and variants that the query names, in lower case"""
    required: tuple[str, ...]
    """those of them that nobody here knows: without them a passage is about something else"""
    asks: named.Asked | None
    """the kind of names that the query asks for, where it asks for names"""
    definition: re.Pattern[str] | None = None
    """what a sentence holds that says what the thing asked for is"""

    @property
    def own(self) -> frozenset[str]:
        """The words without those that an answer need not repeat."""
        return self.words - _GENERIC

    @classmethod
    def of(cls, query: str, entities: Entities) -> Self:
        """The topic of a query in which ``entities`` were found."""
        names: dict[str, bool] = {}
        for mention in entities.mentions:
            if mention.kind in ("molecule", "target", "variant"):
                written = "" if mention.written else query[mention.start : mention.end]
                names[(written or mention.text).lower()] = mention.is_known
        words = content_words(query) - content_words(" ".join(names))
        unknown = tuple(name for name, known in names.items() if not known)
        return cls(words, tuple(names), unknown, named.asked_for(query), _definition(query))


def choose(
    query: str,
    entities: Entities,
    evidence: Sequence[Mapping[str, Any]],
    encoder: SentenceEncoder,
    is_doubtful: bool = False,
) -> tuple[Quote, ...]:
    """The sentences that answer ``query`` best; () where none is good enough.

    Args:
        query: what the literature was asked.
        entities: what is named in the query.
        evidence: passages, best first.
        encoder: the one whose vectors the gates were measured with.
        is_doubtful: the question may not belong to the field at all; only sentences that hold its
            own words and lie near it pass.
    """
    topic = Topic.of(query, entities)
    candidates = _candidates(evidence, topic)
    if not candidates:
        return ()
    vectors = np.asarray(encoder.encode([query, *(quote.text for quote in candidates)]))
    similarity = vectors[1:] @ vectors[0]
    scored = [
        Quote(q.text, q.item, _score(q, float(s), topic), float(s))
        for q, s in zip(candidates, similarity, strict=True)
    ]
    order = sorted(range(len(scored)), key=lambda i: -scored[i].score)
    passing = [i for i in order if _passes(scored[i], topic, is_doubtful)]
    return _spread([scored[i] for i in passing], vectors[1:][passing])


def write(query: str, quotes: Sequence[Quote]) -> str:
    """The quotes as a Markdown list below one line that says what they name."""
    lead = named.line(query, quotes) or "Passages that speak to the question, word for word:"
    return "\n".join([lead, "", *(f"- {_told(quote)}" for quote in quotes)])


def _told(quote: Quote) -> str:
    """One quote in an answer; the source comes first, so that the key closes the line."""
    opened, closed = ("“", "”") if '"' in quote.text else ('"', '"')
    return f"{source(quote.item)}: {opened}{quote.text}{closed} [{quote.item['key']}]"


def source(item: Mapping[str, Any]) -> str:
    """What a reader recognises a paper by: "Smith 2009"; a note of this project is called one."""
    r = item["record"]
    if r.get("is_note"):
        return "Project note"
    surname = _surname(str((r.get("authors") or [""])[0]))
    told = " ".join(str(part) for part in (surname, r.get("year")) if part) or str(
        item["source_id"]
    )
    return f"{told}, retracted" if r.get("retracted") else told


def content_words(text: str) -> frozenset[str]:
    """The words of a text that carry meaning, cut to six letters so that endings do not matter."""
    words = re.findall(r"[A-Za-z0-9][\w*>-]+", text.lower())
    return frozenset(word[:6] for word in words if word not in FUNCTION_WORDS and len(word) > 2)


def _surname(author: str) -> str:
    """The surname of "Smith, John", "Smith J" or "John Smith"."""
    if "(" in author or len(author.split()) > 4:  # a consortium: its own name
        return author
    if "," in author:
        return author.split(",")[0].strip()
    parts = author.split()
    if len(parts) > 1 and re.fullmatch(r"[A-Z]{1,3}\.?", parts[-1]):
        return " ".join(parts[:-1])
    return parts[-1] if parts else ""


def _candidates(evidence: Sequence[Mapping[str, Any]], topic: Topic) -> list[Quote]:
    """Sentences that are prose: the MAX_ENCODED that share most with the question."""
    found: dict[str, Quote] = {}
    for item in evidence:
        text = str(item["quote"])
        for start, end in sentences(text):
            sentence = _REFERENCES_AT_END.sub("", text[start:end])
            if _is_prose(sentence):
                found.setdefault(" ".join(sentence.lower().split()), Quote(sentence, item))
    shared = {
        key: len(topic.words & content_words(quote.text)) + 2 * _share(topic.names, quote.text)
        for key, quote in found.items()
    }
    kept = sorted(found, key=lambda key: -shared[key])[:MAX_ENCODED]
    return [found[key] for key in kept]


def _is_prose(sentence: str) -> bool:
    """Whether a sentence can be quoted: long enough, no heading, reference, table or question."""
    words = sentence.split()
    letters = sum(map(str.isalpha, sentence))
    return (
        7 <= len(words) <= 90
        and len(sentence) <= 600
        and letters > 0.6 * len(sentence)
        and not _NOT_PROSE.search(sentence)
        and not _BRACKETED_NUMBER.search(sentence)
        and (_VERB.search(sentence) is not None or _is_closed(words))
        and not words[0].islower()  # a piece of a sentence; "pChEMBL" and "mTOR" begin one
        and sentence.rstrip("\"'”)")[-1:] not in (":", ";", ",")
    )


def _is_closed(words: Sequence[str]) -> bool:
    """Whether a line ends with a full stop and is not capitalised throughout, as titles are."""
    capitals = sum(word[:1].isupper() for word in words[1:])
    return words[-1].rstrip("\"'”)").endswith(".") and 2 * capitals < len(words)


def _definition(query: str) -> re.Pattern[str] | None:
    """What defines the thing that "What is X?" asks for: a sentence or clause "X is ..."."""
    asked = _ASKS_WHAT.fullmatch(query)
    if asked is None:
        return None
    term = re.escape(asked[1].strip())
    begins = r"(?:^|, and |; )(?:(?:an?|the) )?"
    says = r"s?(?: \([^)]*\))? (?:is|are|means|equals|describes|measures)\b"
    return re.compile(f"{begins}{term}{says}", re.IGNORECASE)


def _defines(quote: Quote, topic: Topic) -> bool:
    return topic.definition is not None and topic.definition.search(quote.text) is not None


def _score(quote: Quote, similarity: float, topic: Topic) -> float:
    title = 0.03 * _share(topic.names, str(quote.item["title"]))
    named = 0.3 * bool(topic.asks and topic.asks.find(quote.text))
    words = 0.2 * _shared(quote, topic) + 0.4 * _defines(quote, topic)
    return similarity + words + 0.15 * _share(topic.names, quote.text) + title + named


def _passes(quote: Quote, topic: Topic, is_doubtful: bool) -> bool:
    """The gate: near enough to the question, and about what it names and asks of it."""
    if _defines(quote, topic):
        return True
    around = f"{quote.item['title']} {quote.item['quote']}"
    said = content_words(quote.text)
    if is_doubtful:
        return quote.similarity >= GATE_DOUBTFUL and 0 < len(topic.own) <= 2 * len(topic.own & said)
    is_named = bool(topic.asks and topic.asks.find(quote.text))
    if topic.own and not is_named and quote.similarity < _SURE:
        if 3 * len(topic.own & content_words(around)) < len(topic.own):
            return False
    title = str(quote.item["title"])
    is_entitled = bool(topic.own) and topic.own <= content_words(title)
    if is_entitled and _share(topic.names or ("",), title) == 1.0 and topic.own & said:
        return quote.similarity >= GATE_ENTITLED
    if not topic.words and _share(topic.names, quote.text) == 1.0:
        return quote.similarity >= GATE_NAMES
    if topic.required and _share(topic.required, around) < 1.0:
        return False
    if topic.names:
        share = _share(topic.names, around)
        return quote.similarity >= (GATE if share == 1.0 else GATE_PARTLY) and share >= 0.5
    shared = _shared(quote, topic)
    all_words = len(topic.words) > 1 and shared >= 0.8
    return quote.similarity >= (GATE_WORDS if all_words else GATE_UNNAMED) and shared >= 0.3


def _shared(quote: Quote, topic: Topic) -> float:
    """The part of the query's words that stand in the sentence."""
    return len(topic.words & content_words(quote.text)) / max(1, len(topic.words))


def _share(names: Sequence[str], text: str) -> float:
    """The part of ``names`` that stand in ``text``, whole."""
    low = text.lower()
    hits = sum(bool(re.search(rf"(?<!\w){re.escape(name)}", low)) for name in names)
    return hits / len(names) if names else 0.0


def _spread(quotes: Sequence[Quote], vectors: Array) -> tuple[Quote, ...]:
    """Up to MAX_QUOTES: one each of MIN_PAPERS papers, then the next best; none said twice."""
    if not quotes:
        return ()
    chosen: list[int] = []
    floor = quotes[0].score - _BEHIND

    def take(limit: int, per_paper: int) -> None:
        for i, quote in enumerate(quotes):
            if len(chosen) >= limit or quote.score < floor:
                return
            paper = quote.item["record"].get("paper_id") or quote.item["source_id"]
            papers = [
                quotes[j].item["record"].get("paper_id") or quotes[j].item["source_id"]
                for j in chosen
            ]
            is_new = all(float(vectors[i] @ vectors[j]) < _ALIKE for j in chosen)
            if i not in chosen and is_new and papers.count(paper) < per_paper:
                chosen.append(i)

    take(MIN_PAPERS, 1)
    take(MAX_QUOTES, 2)
    return tuple(quotes[i] for i in sorted(chosen, key=lambda i: -quotes[i].score))
