"""Criteria against records before any label: a score for each, and the sentence that fits best.

The score adds BM25 and the similarity of meaning, each in standard deviations, for the criteria as
a whole and for each of them. Owns how words of the criteria are found in a record, with their
offsets. Knows no label.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from retort.agent.triage.features import Vectors, counted
from retort.agent.triage.ranking import Floats, Prior, standardised
from retort.agent.triage.records import Criteria, Field, Record, Span
from retort.retrieval.sentences import sentences
from retort.retrieval.tokens import STOP_WORDS, terms

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from retort.retrieval.encode import Encoder

K1, B = 0.9, 0.6
"""as in `retort.retrieval.lexical`"""
_SMALL = frozenset(
    terms(
        "all also any both do does each either ever from have how less more most new no none non "
        "nor only other others own per same some than that those using versus via were what when "
        "where whether which who whose without you your between during can may"
    )
)
"""Words of criteria that say nothing of a record."""
_OF_ANY = frozenset(terms("article data paper report study trial"))
"""Words that name a kind of paper in a criterion to be excluded, and stand in any abstract."""
STRONG = 3 / 4
"""of the words of an exclusion criterion; chosen by judgement, since no labelled review says why a
record was excluded"""
_WORD = re.compile(r"\w+(?:[-*.:'/]+\w+)*")


@dataclass(frozen=True, slots=True)
class Sentence:
    """The sentence of a record that fits one criterion best."""

    criterion: str
    field: Field
    start: int
    end: int
    words: int
    """terms of the criterion that it holds"""


def whole(criteria: Criteria) -> str:
    """What is looked for, as one query."""
    return " ".join([criteria.question, *criteria.include]).strip()


def facets(criteria: Criteria) -> tuple[str, ...]:
    """What is looked for, one by one."""
    return criteria.include or ((criteria.question,) if criteria.question else ())


def asked(criteria: Criteria) -> tuple[str, ...]:
    """The queries of the criteria: all of them as one first, then each; none without criteria."""
    text = whole(criteria)
    return (text, *facets(criteria)) if text else ()


def lexical(counts: csr_matrix, queries: Sequence[str]) -> Floats:
    """(n, q) BM25 of each text for each query (Robertson and Zaragoza 2009,
    doi:10.1561/1500000019). Lengths count pairs of terms as well, which scales all alike.

    Args:
        counts: of the n texts, by `features.counted`.
        queries: q of them.
    """
    lengths = np.asarray(counts.sum(axis=1)).ravel()
    query = counted(queries, has_pairs=False)
    wanted = np.unique(query.indices)
    held = counts[:, wanted].tocsr()
    frequency = np.bincount(held.indices, minlength=len(wanted))
    idf = np.log1p((counts.shape[0] - frequency + 0.5) / (frequency + 0.5))
    norm = K1 * (1 - B + B * lengths / max(lengths.mean(), 1))
    rows = np.repeat(np.arange(counts.shape[0]), np.diff(held.indptr))
    held.data = idf[held.indices] * held.data / (held.data + norm[rows])
    return np.asarray((held @ (query[:, wanted] > 0).T.astype(np.float32)).todense(), np.float64)


def similarity(vectors: Vectors, queries: Sequence[str], encoder: Encoder) -> Floats:
    """(n, q) nearness of each text in meaning to each query."""
    return np.asarray(vectors @ encoder.encode_queries(queries).T, np.float64)


def prior(sides: Sequence[Floats]) -> Prior:
    """What the criteria say of each record.

    Args:
        sides: (n, q) each, of `lexical` and `similarity` for the queries of `asked`.
    """
    both = np.stack(
        [sum(standardised(side[:, n]) for side in sides) for n in range(len(sides[0].T))]
    )
    together, *each = map(standardised, both)
    if len(each) < 2:
        return Prior(together, together)
    least = standardised(-np.logaddexp.reduce(np.negative(each)))
    return Prior(standardised(together + least), together)


def highlights(record: Record, criteria: Criteria) -> tuple[Span, ...]:
    """The words of a record that its MeSH headings or the criteria name, without overlaps."""
    wanted = _stems(whole(criteria))
    unwanted = _stems(" ".join(criteria.exclude)) - wanted - _OF_ANY
    spans: list[Span] = []
    for field in Field.__args__:  # type: ignore[attr-defined]
        text = getattr(record, field)
        spans += _headings(text, field, record.mesh)
        taken = [(span.start, span.end) for span in spans if span.field == field]
        for word in _WORD.finditer(text):
            held = set(terms(word[0]))
            kind = "criterion" if held & wanted else "exclude" if held & unwanted else None
            if kind and not any(a < word.end() and word.start() < b for a, b in taken):
                spans.append(Span(field, word.start(), word.end(), kind))  # type: ignore[arg-type]
    return tuple(sorted(spans, key=lambda span: (span.field != "title", span.start)))


def best_sentence(record: Record, criteria: Criteria) -> Sentence | None:
    """The sentence that holds the largest share of the terms of one facet; None where none does."""
    best, most = None, 0.0
    for criterion in facets(criteria):
        wanted = _stems(criterion)
        for field, start, end in _sentences(record):
            held = wanted.intersection(terms(getattr(record, field)[start:end]))
            # One more word counts more than a shorter criterion.
            score = len(held) + len(held) / max(len(wanted), 1)
            if held and score > most:
                best, most = Sentence(criterion, field, start, end, len(held)), score
    return best


def exclusions(record: Record, criteria: Criteria) -> tuple[Sentence, ...]:
    """The sentence that fits each exclusion criterion best, where it holds at least `STRONG` of
    the words that tell it from what is looked for.
    """
    if not criteria.exclude:
        return ()
    sought, said, found = _stems(whole(criteria)), set(terms(record.text)), []
    for criterion in criteria.exclude:
        wanted = _stems(criterion) - sought or _stems(criterion)
        least = max(STRONG * len(wanted), 1)
        if len(wanted & said) < least:
            continue
        fits = [
            Sentence(criterion, field, start, end, len(held))
            for field, start, end in _sentences(record)
            if len(held := wanted.intersection(terms(getattr(record, field)[start:end]))) >= least
        ]
        found += [max(fits, key=lambda sentence: sentence.words)] if fits else []
    return tuple(found)


def _sentences(record: Record) -> Iterator[tuple[Field, int, int]]:
    for start, end in sentences(record.abstract):
        yield "abstract", start, end
    if record.title.strip():
        yield "title", 0, len(record.title)


def _headings(text: str, field: Field, headings: Sequence[str]) -> Iterator[Span]:
    names = sorted((name for name in headings if len(name) > 2), key=len, reverse=True)
    if names:
        either = "|".join(re.escape(name) for name in names)
        for found in re.finditer(rf"\b(?:{either})\b", text, re.IGNORECASE):
            yield Span(field, found.start(), found.end(), "mesh")


def _stems(text: str) -> set[str]:
    return {term for term in terms(text) if term not in STOP_WORDS | _SMALL and len(term) > 1}
