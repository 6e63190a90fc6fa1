"""Answers of the embedded model from the literature: what they quote, and when they abstain.

    python benchmarks/answers.py [--data ../shared/data] [--library FOLDER] [--fit|--count] [--json]

One library of PubMedQA's abstracts (with their conclusions, without titles: those are the
questions), SciFact's corpus and BioASQ's snippets; `--library` keeps it for the next run. Questions
are drawn from all three, claims of SciFact standing for questions. Each is asked twice: of what the
search finds, and of what it finds when the gold documents are taken away, when an answer should
abstain. (BioASQ's documents are not exhaustive, so that some of its questions stay answerable.) A
gold sentence is one of SciFact's rationale, of PubMedQA's conclusion, any of a BioASQ snippet.

Every constant of the choice was fixed on half 0 of the questions (``--fit`` prints the weights);
half 1 is what to read. Disagreement: SciFact's claims that rest on the same sentences of one
abstract, of which one is supported and the other contradicted; and how many answers tell of one.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from retort.agent.models.embedded import topics
from retort.agent.models.embedded.entities import find_entities
from retort.agent.models.embedded.followup import Focus
from retort.agent.models.embedded.gazetteer import Gazetteer
from retort.agent.models.embedded.literature import Quote, choice, choose, findings
from retort.agent.verdicts.pairs import read_cases
from retort.retrieval.encode import Encoder, load_encoder
from retort.retrieval.library import Library
from retort.retrieval.records import Paper
from retort.retrieval.search import search_many
from retort.retrieval.tokens import terms
from retort.tools.literature import evidence_of

DRAWN = {"PubMedQA": 80, "SciFact": 50, "BioASQ": 80}
"""questions of each set in each half"""
HELD_BACK = (0, 1)
"""folds of SciFact that the verdict head has not seen"""
FOUND = 14
"""passages that the embedded model asks for"""
Evidence = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Question:
    """A question, with what answers it."""

    corpus: str
    name: str
    text: str
    gold: frozenset[str]
    """ids of papers"""
    sentences: Mapping[str, str]
    """paper -> its gold sentences; a paper that is not in it is gold as a whole"""

    @property
    def half(self) -> int:
        """0 for choosing, 1 for reporting."""
        return hashlib.sha256(self.name.encode()).digest()[0] % 2

    def holds(self, quote: Quote) -> bool:
        """Whether a quote is a gold sentence."""
        if quote.paper not in self.gold:
            return False
        wanted = " ".join(self.sentences.get(quote.paper, "").lower().split())
        said = " ".join(quote.text.lower().split()).rstrip(".")
        return not wanted or said in wanted


@dataclass(frozen=True, slots=True)
class Asked:
    """A question and what was found for it."""

    question: Question
    query: str
    found: Evidence
    without_gold: Evidence


def papers(literature: Path) -> Iterator[Paper]:
    for row in _lines(literature / "pubmedqa" / "questions.jsonl"):
        text = "\n\n".join([*row["contexts"], row["long_answer"]])
        year = int(row["year"]) if row["year"] else None
        yield Paper(f"pubmedqa:{row['pmid']}", f"PMID:{row['pmid']}", "", text, year=year)
    for corpus, scheme in (("scifact", "S2"), ("bioasq", "PMID")):
        for row in _lines(literature / corpus / "corpus.jsonl"):
            name = row["_id"]
            yield Paper(f"{corpus}:{name}", f"{scheme}:{name}", row["title"], row["text"])


def questions(literature: Path) -> list[Question]:
    """A fixed draw of each half of each set."""
    pool = [*_pubmedqa(literature), *_scifact(literature), *_bioasq(literature)]
    random.Random(1).shuffle(pool)
    drawn: Counter[tuple[str, int]] = Counter()
    kept = []
    for question in pool:
        drawn[question.corpus, question.half] += 1
        if drawn[question.corpus, question.half] <= DRAWN[question.corpus]:
            kept.append(question)
    return kept


def count(found: Iterable[Paper]) -> str:
    """How many of the papers hold a term, if 5 or more do, as a table; first how many there are."""
    counts: Counter[str] = Counter()
    papers = 0
    for paper in found:
        counts.update(set(terms(f"{paper.title} {paper.text}")))
        papers += 1
    kept = sorted(
        (term, count)
        for term, count in counts.items()
        if count >= 5 and term.isascii() and not term.isdigit() and len(term) < 30
    )
    return "".join([f"{papers}\n", *(f"{term}\t{count}\n" for term, count in kept)])


def _pubmedqa(literature: Path) -> Iterator[Question]:
    for row in _lines(literature / "pubmedqa" / "questions.jsonl"):
        name = f"pubmedqa:{row['pmid']}"
        gold = {name: row["long_answer"]}
        yield Question("PubMedQA", row["pmid"], row["question"], frozenset(gold), gold)


def _scifact(literature: Path) -> Iterator[Question]:
    rows = _lines(literature / "scifact" / "corpus.jsonl")
    split = {row["_id"]: row["metadata"]["sentences"] for row in rows}
    for row in _lines(literature / "scifact" / "claims_train.jsonl"):
        gold: dict[str, str] = {}
        for piece in row["evidence"]:
            said = " ".join(split[piece["doc_id"]][place] for place in piece["sentences"])
            name = f"scifact:{piece['doc_id']}"
            gold[name] = f"{gold.get(name, '')} {said}"
        if gold:
            cited = frozenset(f"scifact:{name}" for name in row["cited_doc_ids"])
            yield Question("SciFact", str(row["id"]), row["claim"], cited, gold)


def _bioasq(literature: Path) -> Iterator[Question]:
    held = {row["_id"] for row in _lines(literature / "bioasq" / "corpus.jsonl")}
    for row in _lines(literature / "bioasq" / "questions.jsonl"):
        if gold := frozenset(f"bioasq:{name}" for name in row["documents"] if name in held):
            yield Question("BioASQ", row["id"], row["body"], gold, {})


def ask(library: Library, drawn: Sequence[Question], names: Gazetteer) -> list[Asked]:
    """What the search finds for each question, with and without its gold documents."""
    queries = [topics.query(q.text, find_entities(q.text, names), Focus()) for q in drawn]
    found = search_many(library, queries, FOUND)
    wider = search_many(library, queries, 5 * FOUND)
    asked = []
    for question, query, hits, more in zip(drawn, queries, found, wider, strict=True):
        others = [hit for hit in more if hit.passage.paper_id not in question.gold][:FOUND]
        both = [
            [
                {**evidence_of(hit, query, "answers").as_dict(), "key": f"E{number}"}
                for number, hit in enumerate(own, 1)
            ]
            for own in (hits, others)
        ]
        asked.append(Asked(question, query, *both))
    return asked


def measure(asked: Sequence[Asked], names: Gazetteer, encoder: Encoder) -> dict[str, float]:
    """Means over questions; of quotes, over the questions that were answered."""
    rows: list[dict[str, float]] = []
    for item in asked:
        entities = find_entities(item.query, names)
        started = time.perf_counter()
        quotes = choose(item.query, entities, item.found, encoder)
        groups = findings.grouped(quotes)
        milliseconds = 1000 * (time.perf_counter() - started)
        question = item.question
        row = {
            "answered": float(bool(quotes)),
            "gold document cited": any(q.paper in question.gold for q in quotes),
            "gold sentence quoted": any(map(question.holds, quotes)),
            "answered without gold": bool(choose(item.query, entities, item.without_gold, encoder)),
            "ms": milliseconds,
        }
        if quotes:
            alike = [float(a.vector @ b.vector) for a, b in itertools.combinations(quotes, 2)]
            row |= {
                "quotes": len(quotes),
                "quotes from gold documents": np.mean([q.paper in question.gold for q in quotes]),
                "nearest two quotes": max(alike, default=0.0),
                "several papers": len({q.paper for q in quotes}) > 1,
                "told as disagreeing": any(g.relation in ("for", "disagree") for g in groups),
            }
        rows.append(row)
    return {
        key: round(float(np.mean([row[key] for row in rows if key in row])), 3)
        for key in dict.fromkeys(itertools.chain.from_iterable(rows))
    }


def fit(asked: Sequence[Asked], encoder: Encoder, steps: int = 3000) -> tuple[list[float], float]:
    """Weights and bias of the logistic regression, from sentences found for a half's questions.

    Positive are gold sentences, negative all others, with the gold documents found and without;
    both classes of each set weigh alike.
    """
    tables, labels, corpora = [], [], []
    for item in asked:
        for evidence in (item.found, item.without_gold):
            found = choice.candidates(item.query, evidence, encoder)
            if found.quotes:
                tables.append(choice.features(found))
                labels.append([item.question.holds(quote) for quote in found.quotes])
                corpora += [item.question.corpus] * len(found.quotes)
    x, y = np.concatenate(tables), np.concatenate(labels).astype(float)
    middle, scale = x.mean(axis=0), x.std(axis=0) + 1e-9
    z = np.hstack([(x - middle) / scale, np.ones((len(x), 1))])
    classes = list(zip(corpora, y, strict=True))
    counts = Counter(classes)
    balance = np.array([len(y) / (len(counts) * counts[each]) for each in classes])
    weights = np.zeros(z.shape[1])
    for _ in range(steps):
        chance = 1 / (1 + np.exp(-(z @ weights)))
        weights -= 0.5 * (z.T @ (balance * (chance - y)) / len(y) + 0.001 * weights)
    own = weights[:-1] / scale
    return own.round(2).tolist(), round(float(weights[-1] - own @ middle), 2)


def disagreement(literature: Path) -> dict[str, Any]:
    """Claims on the same sentences of one abstract: one is contradicted there, or both hold.

    Abstracts of the folds that the head was not trained on. The claims of such a pair are close in
    wording; sentences of two papers seldom are.
    """
    held_back = {
        case.doc_id for case in read_cases(literature / "scifact") if case.fold in HELD_BACK
    }
    by_document: dict[str, list[tuple[str, str, set[int]]]] = {}
    for row in _lines(literature / "scifact" / "claims_train.jsonl"):
        for piece in (piece for piece in row["evidence"] if piece["doc_id"] in held_back):
            place = by_document.setdefault(piece["doc_id"], [])
            place.append((row["claim"], piece["label"], set(piece["sentences"])))
    counts: Counter[tuple[bool, bool]] = Counter()
    for claims in by_document.values():
        for (one, is_so, on), (other, too, also) in itertools.combinations(claims, 2):
            if one == other or not on & also or "SUPPORT" not in (is_so, too):
                continue
            cues = findings.disagree(findings.read(one), findings.read(other))
            told = cues and findings.confirmed(one, other)
            counts[is_so != too, told] += 1
    told = counts[True, True] + counts[False, True]
    return {
        "pairs that disagree": counts[True, True] + counts[True, False],
        "pairs that agree": counts[False, True] + counts[False, False],
        "precision": round(counts[True, True] / max(1, told), 3),
        "recall": round(counts[True, True] / (counts[True, True] + counts[True, False]), 3),
    }


def _lines(path: Path) -> list[Any]:
    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def show(found: Mapping[str, Any]) -> None:
    names = list(found["answers"])
    print(f"| | {' | '.join(names)} |\n|---|{'--:|' * len(names)}")
    for key in found["answers"][names[0]]:
        print(f"| {key} | {' | '.join(str(found['answers'][name].get(key)) for name in names)} |")
    print("disagreement:", found["disagreement"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--library", type=Path, help="where the library is, or is to be kept")
    parser.add_argument("--fit", action="store_true", help="print weights fitted on half 0")
    parser.add_argument("--count", action="store_true", help="print rarity.tsv, of all papers")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    literature = options.data / "literature"
    if not all((literature / name).is_dir() for name in ("pubmedqa", "scifact", "bioasq")):
        print(f"skipped: {literature} lacks pubmedqa, scifact or bioasq", file=sys.stderr)
        return
    if options.count:
        print(count(papers(literature)), end="")
        return
    encoder, names = load_encoder(), Gazetteer.starter()
    with tempfile.TemporaryDirectory() as folder:
        with Library.open(options.library or Path(folder) / "answers", create=True) as library:
            if not library.count()[0]:
                library.add(papers(literature))
            asked = ask(library, questions(literature), names)
    if options.fit:
        weights, bias = fit([item for item in asked if item.question.half == 0], encoder)
        print(dict(zip(choice.FEATURES, weights, strict=True)), "bias", bias)
        return
    found = {
        "answers": {
            f"{corpus}, half {half}": measure(
                [a for a in asked if (a.question.corpus, a.question.half) == (corpus, half)],
                names,
                encoder,
            )
            for half in (1, 0)
            for corpus in DRAWN
        },
        "disagreement": disagreement(literature),
    }
    print(json.dumps(found)) if options.json else show(found)


if __name__ == "__main__":
    main()
