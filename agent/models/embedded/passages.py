"""Answers from the literature: the sentences that answer best, word for word, from several papers.

Owns the choice of sentences and the gate below which nothing is quoted. Every quote is a slice of its
evidence. Text of papers is data here: it is compared and quoted, never followed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from retort.agent.models.embedded import named
from retort.agent.models.embedded.classifier import Array, SentenceEncoder
from retort.agent.models.embedded.entities import Entities
from retort.agent.models.embedded.vocabulary import ASIDE
from retort.retrieval.sentences import sentences

MAX_QUOTES = 5
MIN_PAPERS = 3
"""papers to quote from, where so many have something to say"""
MAX_ENCODED = 60
"""sentences compared by the encoder; the rest has no word in common with the question"""
GATE = 0.45
"""similarity (cosine) of question and best sentence from which a passage answers the question"""
GATE_UNNAMED = 0.55
"""the same where the question names no molecule, target or variant that could be looked for"""
_BEHIND = 0.22
"""how far behind the best sentence another may lie"""
_ALIKE = 0.93
"""similarity from which two sentences say the same"""

_REFERENCES_AT_END = re.compile(r"\s*\[\d[\d,;\s–-]*\](?=[.]?$)\.?$")
_BRACKETED_NUMBER = re.compile(r"\[\s*\d[\d,;\s–-]*\]")
_NOT_PROSE = re.compile(
    r"^(?:#|\||\*\*|[-*+]\s|>|(?:fig(?:ure)?|table|supplementary|keywords?|abbreviations?|doi|copyright|received|funding)"
    r"\b)|\||https?://|\bet al\.,? [A-Z][\w ]+\d{4}|\b(?:19|20)\d\d;\s?\d+|\?[\"'”]?$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Quote:
    """One sentence of a passage, as a slice of it."""

    text: str
    item: Mapping[str, Any]
    """the evidence it is cut from"""
    score: float = 0.0
    similarity: float = 0.0
    """cosine to the question"""


def choose(
    query: str, entities: Entities, evidence: Sequence[Mapping[str, Any]], encoder: SentenceEncoder
) -> tuple[Quote, ...]:
    """The sentences that answer ``query`` best; () where none is good enough.

    Args:
        query: what the literature was asked.
        entities: what is named in the query.
        evidence: passages, best first.
        encoder: the one whose vectors the gates were measured with.
    """
    words = content_words(query)
    names = names_of(entities, query)
    candidates = _candidates(evidence, words, names)
    if not candidates:
        return ()
    vectors = np.asarray(encoder.encode([query, *(quote.text for quote in candidates)]))
    similarity = vectors[1:] @ vectors[0]
    scored = [
        Quote(q.text, q.item, _score(q, float(s), words, names), float(s))
        for q, s in zip(candidates, similarity, strict=True)
    ]
    order = sorted(range(len(scored)), key=lambda i: -scored[i].score)
    passing = [i for i in order if _passes(scored[i], words, names)]
    return _spread([scored[i] for i in passing], vectors[1:][passing])


def write(query: str, quotes: Sequence[Quote]) -> str:
    """The quotes as a Markdown list below one line that says what they name."""
    lead = named.line(query, quotes) or "Passages that speak to the question, word for word:"
    lines = [f"- “{quote.text}” [{quote.item['key']}] ({source(quote.item)})" for quote in quotes]
    if '"' not in "".join(quote.text for quote in quotes):
        lines = [line.replace("“", '"', 1).replace("” [", '" [', 1) for line in lines]
    return "\n".join([lead, "", *lines])


def source(item: Mapping[str, Any]) -> str:
    """What a reader recognises a paper by: "Smith 2009"; for a note its title, called a note."""
    r = item["record"]
    if r.get("is_note"):
        return f"note: {item['title']}"
    surname = _surname(str((r.get("authors") or [""])[0]))
    told = " ".join(str(part) for part in (surname, r.get("year")) if part) or str(
        item["source_id"]
    )
    return f"{told}, retracted" if r.get("retracted") else told


def content_words(text: str) -> frozenset[str]:
    """The words of a text that carry meaning, cut to six letters so that endings do not matter."""
    words = re.findall(r"[A-Za-z0-9][\w*>-]+", text.lower())
    return frozenset(word[:6] for word in words if word not in ASIDE and len(word) > 2)


def names_of(entities: Entities, query: str) -> tuple[str, ...]:
    """Names that a passage must hold: molecules, targets and variants, as the query writes them."""
    found = []
    for mention in entities.mentions:
        if mention.kind in ("molecule", "target", "variant"):
            written = query[mention.start : mention.end].lower()
            found.append(
                mention.text.lower() if mention.written else written or mention.text.lower()
            )
    return tuple(dict.fromkeys(found))


def _surname(author: str) -> str:
    """The surname of "Smith, John", "Smith J" or "John Smith"."""
    if "," in author:
        return author.split(",")[0].strip()
    parts = author.split()
    if len(parts) > 1 and re.fullmatch(r"[A-Z]{1,3}\.?", parts[-1]):
        return " ".join(parts[:-1])
    return parts[-1] if parts else ""


def _candidates(
    evidence: Sequence[Mapping[str, Any]], words: frozenset[str], names: Sequence[str]
) -> list[Quote]:
    """Sentences that are prose, those that share most with the question first, at most MAX_ENCODED."""
    found: dict[str, Quote] = {}
    for item in evidence:
        text = str(item["quote"])
        for start, end in sentences(text):
            sentence = _REFERENCES_AT_END.sub("", text[start:end])
            if _is_prose(sentence):
                found.setdefault(" ".join(sentence.lower().split()), Quote(sentence, item))
    shared = {
        key: len(words & content_words(quote.text)) + 2 * _share(names, quote.text)
        for key, quote in found.items()
    }
    kept = sorted(found, key=lambda key: -shared[key])[:MAX_ENCODED]
    return [found[key] for key in kept]


def _is_prose(sentence: str) -> bool:
    """Whether a sentence can stand as a quote: long enough, no heading, reference, table or question."""
    words = sentence.split()
    letters = sum(map(str.isalpha, sentence))
    return (
        7 <= len(words) <= 90
        and len(sentence) <= 600
        and letters > 0.6 * len(sentence)
        and not _NOT_PROSE.search(sentence)
        and not _BRACKETED_NUMBER.search(sentence)
        and not sentence[:1].islower()
        and sentence.rstrip("\"'”)")[-1:] not in (":", ";", ",")
    )


def _score(quote: Quote, similarity: float, words: frozenset[str], names: Sequence[str]) -> float:
    shared = len(words & content_words(quote.text)) / max(1, len(words))
    title = 0.03 * _share(names, str(quote.item["title"]))
    return similarity + 0.15 * shared + 0.15 * _share(names, quote.text) + title


def _passes(quote: Quote, words: frozenset[str], names: Sequence[str]) -> bool:
    """The gate: near enough to the question, and about what it names."""
    around = f"{quote.item['title']} {quote.item['quote']}"
    if names:
        needed = 0.5 if len(names) > 1 else 1.0
        return quote.similarity >= GATE and _share(names, around) >= needed
    shared = len(words & content_words(quote.text)) / max(1, len(words))
    return quote.similarity >= GATE_UNNAMED and shared >= 0.3


def _share(names: Sequence[str], text: str) -> float:
    """The part of ``names`` that stand in ``text``, whole."""
    low = text.lower()
    hits = sum(bool(re.search(rf"(?<!\w){re.escape(name)}", low)) for name in names)
    return hits / len(names) if names else 0.0


def _spread(quotes: Sequence[Quote], vectors: Array) -> tuple[Quote, ...]:
    """Up to MAX_QUOTES, first one each of MIN_PAPERS papers, then the next best; none said twice."""
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
