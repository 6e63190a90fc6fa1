"""What the judge learns from: statements with evidence and a label, from annotated sets and rules.

SciFact's training claims (Wadden et al. 2020), BioASQ questions with their snippets (Tsatsaronis et
al. 2015), and sentences of abstracts that no claim cites. Reads the data folder; trains nothing.

Edits are made to statements, to evidence and to both, so that an edit alone does not tell the
label. How a claim is worded still does to some degree, because annotators made contradicted claims
by turning true ones round; ``benchmarks/verdicts.py`` measures how much.
"""

from __future__ import annotations

import json
import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from retort.agent.verdicts import edits
from retort.agent.verdicts.labels import CONTRADICTED, NO_EVIDENCE, SUPPORTED, Label
from retort.retrieval.encode import Encoder
from retort.retrieval.highlight import highlight
from retort.retrieval.tokens import terms

SHOWN = 3
"""sentences of an abstract that are shown to the judge, in their order"""

FOLDS = 10

_LABELS: Mapping[str, Label] = {"SUPPORT": SUPPORTED, "CONTRADICT": CONTRADICTED}
_FRAME = re.compile(
    r"^(?:(?:in (?:conclusion|summary|addition|contrast)|conclusions?|results?|findings"
    r"|interpretation|here|moreover|furthermore|however|thus|therefore|finally|overall"
    r"|taken together|importantly|background|interestingly|yes|no)[,:.]?\s+)?"
    r"(?:(?:our|these|the|this) (?:results?|data|findings|observations?|study|work)?\s*"
    r"(?:further )?(?:suggests?|shows?|showed|demonstrates?|demonstrated|indicates?|indicated"
    r"|reveals?|revealed) that |we (?:also )?(?:show|found|find|report|demonstrate|conclude)"
    r"(?:ed)? (?:here )?that |it (?:is|was|has been) (?:shown|found|known) that )?",
    re.IGNORECASE,
)
_ASIDE = re.compile(r"\s*\([^()]*\)")


@dataclass(frozen=True, slots=True)
class Pair:
    """One example."""

    statement: str
    evidence: str
    label: Label


@dataclass(frozen=True, slots=True)
class Case:
    """A claim beside one abstract that it cites, as annotated."""

    claim_id: str
    claim: str
    doc_id: str
    sentences: tuple[str, ...]
    label: Label
    gold: frozenset[int]
    """the rationale's sentences; empty where the abstract holds no evidence"""
    fold: int
    """0 to 9; claims that share a document share it"""


def read_cases(folder: Path) -> list[Case]:
    """SciFact's training claims with each abstract that they cite.

    Args:
        folder: holds ``claims_train.jsonl`` and ``corpus.jsonl``.
    """
    claims = _lines(folder / "claims_train.jsonl")
    corpus = {item["_id"]: item["metadata"]["sentences"] for item in _lines(_corpus(folder))}
    folds = _folds(claims)
    cases = []
    for claim in claims:
        gold: dict[str, set[int]] = defaultdict(set)
        labels: dict[str, Label] = {}
        for item in claim["evidence"]:
            gold[item["doc_id"]].update(item["sentences"])
            labels[item["doc_id"]] = _LABELS[item["label"]]
        for doc_id in dict.fromkeys([*labels, *claim["cited_doc_ids"]]):
            cases.append(
                Case(
                    str(claim["id"]),
                    claim["claim"],
                    doc_id,
                    tuple(corpus[doc_id]),
                    labels.get(doc_id, NO_EVIDENCE),
                    frozenset(gold.get(doc_id, ())),
                    folds[doc_id],
                )
            )
    return cases


def _folds(claims: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Document -> fold, so that no document of a claim of one fold stands in another."""
    group: dict[str, str] = {}

    def root(doc: str) -> str:
        while group.setdefault(doc, doc) != doc:
            doc = group[doc]
        return doc

    for claim in claims:
        docs = [*claim["cited_doc_ids"], *(item["doc_id"] for item in claim["evidence"])]
        for doc in docs[1:]:
            group[root(doc)] = root(docs[0])
        root(docs[0])
    roots = sorted({root(doc) for doc in group})
    random.Random(0).shuffle(roots)
    fold = {name: place % FOLDS for place, name in enumerate(roots)}
    return {doc: fold[root(doc)] for doc in group}


def shown(statement: str, sentences: Sequence[str], encoder: Encoder) -> str:
    """What the judge is shown of an abstract: its best sentences, in their order."""
    spans, at = [], 0
    for sentence in sentences:
        spans.append((at, at + len(sentence)))
        at += len(sentence) + 1
    text = " ".join(sentences)
    best = highlight(statement, text, encoder, spans)[:SHOWN]
    return " ".join(text[item.start : item.end] for item in sorted(best, key=lambda b: b.start))


def annotated(cases: Sequence[Case], encoder: Encoder, rng: random.Random) -> Iterator[Pair]:
    """The cases as they are judged later, with their rationale alone, and turned round."""
    for case in cases:
        evidence = shown(case.claim, case.sentences, encoder)
        yield Pair(case.claim, evidence, case.label)
        if case.label == NO_EVIDENCE:
            continue
        yield Pair(case.claim, evidence, case.label)
        rationale = " ".join(case.sentences[n] for n in sorted(case.gold))
        yield Pair(case.claim, rationale, case.label)
        other = CONTRADICTED if case.label == SUPPORTED else SUPPORTED
        if turned := edits.turned(case.claim, rng) or edits.negated(case.claim, rng):
            yield Pair(turned, rationale if rng.random() < 0.5 else evidence, other)
        rest = [text for n, text in enumerate(case.sentences) if n not in case.gold]
        if rest and rng.random() < 0.4:
            yield Pair(case.claim, " ".join(rng.sample(rest, min(2, len(rest)))), NO_EVIDENCE)


def questions(folder: Path, banned: set[str], rng: random.Random) -> Iterator[Pair]:
    """BioASQ: ideal answers and yes-or-no questions beside their snippets, and others' snippets.

    Args:
        folder: holds ``questions.jsonl``.
        banned: sentences, normalised, that no evidence may hold.
        rng: chooses.
    """
    items = _lines(folder / "questions.jsonl")
    texts = [
        [
            text
            for snippet in item["snippets"]
            if 40 < len(text := snippet["text"].strip()) < 420 and normal(text) not in banned
        ]
        for item in items
    ]
    nearest = _nearest([str(item["body"]) for item in items])
    for place, item in enumerate(items):
        own = texts[place]
        said = [stripped(text) for text in item["ideal_answer"] if 30 < len(text) < 260]
        if not own or not said:
            continue
        evidence = " ".join(rng.sample(own, min(2, len(own))))
        yield from _both_ways(said[0], evidence, rng)
        far = [text for other in nearest[place] for text in texts[other][:2]]
        if far:
            yield Pair(said[0], " ".join(rng.sample(far, min(2, len(far)))), NO_EVIDENCE)
        if item["type"] == "yesno":
            is_yes = str(item["exact_answer"]).strip("[]'\"").lower() == "yes"
            yield Pair(item["body"], evidence, SUPPORTED if is_yes else CONTRADICTED)


def abstracts(folder: Path, taken: set[str], count: int, rng: random.Random) -> Iterator[Pair]:
    """Sentences of abstracts that no claim cites: shortened, edited, and beside their neighbours.

    Args:
        folder: holds ``corpus.jsonl``.
        taken: documents that claims cite; none of them is used.
        count: abstracts to take a sentence from.
        rng: chooses.
    """
    corpus = [item for item in _lines(_corpus(folder)) if item["_id"] not in taken]
    for item in rng.sample(corpus, min(count, len(corpus))):
        sentences = item["metadata"]["sentences"]
        places = [n for n, text in enumerate(sentences) if 60 < len(text) < 260 and n > 1]
        if not places:
            continue
        at = rng.choice(places[-4:])
        statement = stripped(sentences[at])
        around = sentences[max(0, at - 1) : at + 2] if rng.random() < 0.5 else [sentences[at]]
        yield from _both_ways(statement, " ".join(around), rng)
        rest = [text for n, text in enumerate(sentences) if n != at]
        yield Pair(statement, " ".join(rng.sample(rest, min(2, len(rest)))), NO_EVIDENCE)
        others = list(edits.names(rng.choice(corpus)["text"]))
        if renamed := edits.renamed(statement, others, rng):
            yield Pair(renamed, sentences[at], NO_EVIDENCE)


def _both_ways(statement: str, evidence: str, rng: random.Random) -> Iterator[Pair]:
    """A supported statement, and what an edit of it, of the evidence or of both gives."""
    yield Pair(edits.reworded(statement, rng) or statement, evidence, SUPPORTED)
    if turned := edits.opposite(statement, rng):
        yield Pair(turned, evidence, CONTRADICTED)
        seed = rng.random()  # the same edit of both texts keeps the support
        same = edits.turned(evidence, random.Random(seed))
        if same and rng.random() < 0.5:
            yield Pair(statement, same, CONTRADICTED)
        elif rule := edits.negated(statement, random.Random(seed)):
            yield Pair(rule, rule, SUPPORTED)


def stripped(text: str) -> str:
    """A sentence as a statement: without what frames it and without asides."""
    bare = _ASIDE.sub("", _FRAME.sub("", " ".join(text.split()), count=1)).strip()
    return bare[:1].upper() + bare[1:]


def normal(text: str) -> str:
    """A sentence without case, marks and blanks, to be compared across sets."""
    return re.sub(r"[^a-z0-9]", "", text.lower())


def _nearest(texts: Sequence[str], count: int = 2) -> list[list[int]]:
    """For each text the others that share most of its rare terms."""
    held = [set(terms(text)) for text in texts]
    counts = Counter(term for own in held for term in own)
    holders: dict[str, list[int]] = defaultdict(list)
    for place, own in enumerate(held):
        for term in own:
            holders[term].append(place)
    found = []
    for place, own in enumerate(held):
        score: dict[int, float] = defaultdict(float)
        for term in own:
            if counts[term] < len(texts) / 20:
                for other in holders[term]:
                    score[other] += 1 / counts[term]
        # The nearest may be the same question asked again.
        score.pop(place, None)
        found.append(sorted(score, key=lambda other: -score[other])[1 : count + 1])
    return found


def _corpus(folder: Path) -> Path:
    return folder / "corpus.jsonl"


def _lines(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]
