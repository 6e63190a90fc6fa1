"""Learns how lexical and dense scores are added for the bundled encoder, and measures it.

    python -m benchmarks.query_map [--data ../shared/data] [--home FOLDER] [--write] [--transfer]

Of a query q and a passage d the score is share + c q d, and + q A d where the paper of the passage
is short (`fusion.SHORT`): share is its BM25 as a share of the most that the query can give, c a
number, A a matrix. It is the softmax over the candidates of a query whose likelihood of the
relevant ones is maximal (Cao et al. 2007, doi:10.1145/1273496.1273513), with a penalty on the
squares of A. A convex problem of one solution; the only thing drawn by chance (and seeded) is which
of the worse candidates are learnt from.

SciFact's training claims, BioASQ and PubMedQA (see ``benchmarks/retrieval.py``) count alike. Five
folds of each; queries with a relevant document in common are in one fold. Every figure is of
queries that were not learnt from, with the 95 % interval of the difference over 5,000 resamples of
the queries. The penalty is the one free choice; all that were tried are shown. ``--write`` learns
from all queries and writes ``retrieval/weights/query_map.safetensors``.
"""

from __future__ import annotations

import argparse
import sqlite3
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.retrieval import SETS, TAUGHT, Question, ndcg_at_10
from retort.retrieval import fusion
from retort.retrieval.fusion import QueryMap
from retort.retrieval.indexes import View
from retort.retrieval.library import Library
from retort.retrieval.search import CANDIDATES, PAPER_SHARE

FOLDS = 5
BEST, OTHERS = 50, 30
"""candidates that are learnt from: the best of the plain fusion, and as many of the others"""
PENALTIES = (1e-3, 5e-4, 2e-4)
CHOSEN = 5e-4
STEPS = 25
_SEED = 0
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Asked:
    """One query, and its c candidates in the order of the plain fusion."""

    vector: Floats
    sides: Floats
    """(c, 2) lexical share and cosine"""
    vectors: Floats
    """(c, d) zero where the paper is not short"""
    papers: list[str]
    gold: set[str]

    def ndcg(self, order: NDArray[np.int64] | None = None) -> float:
        """Of a ranking of the candidates; None: of the plain fusion."""
        ranked = self.papers if order is None else [self.papers[n] for n in order]
        return ndcg_at_10(list(dict.fromkeys(ranked)), self.gold)


def ask(library: Library, questions: Sequence[Question]) -> list[Asked]:
    """The candidates of each question, as `search` takes them."""
    queries = library.encoder().encode_queries([text for text, _ in questions])

    def answer(view: View) -> list[Asked]:
        names, stored = _passages(view.connection, view.snapshot.rows)
        found = []
        for (text, gold), vector in zip(questions, queries, strict=True):
            question = view.ask(text, PAPER_SHARE)
            sharing, _ = question.best(CANDIDATES)
            union = np.union1d(view.nearest(vector, CANDIDATES), sharing)
            lexical, cosines = question.scores(union), view.similarity(vector, union)
            order = np.argsort(-fusion.plain(lexical, cosines), kind="stable")
            sides = np.stack([lexical / np.float32(question.bound or 1), cosines], 1)[order]
            papers = [names[place] for place in union[order].tolist()]
            short = view.lengths_of(union[order]) <= fusion.SHORT
            vectors = stored[union[order]] * short[:, None]
            found.append(Asked(vector, sides, vectors, papers, gold))
        return found

    return library.read(answer)


def _passages(connection: sqlite3.Connection, rows: NDArray[np.int64]) -> tuple[list[str], Floats]:
    """The paper and the vector of each row."""
    found: dict[int, tuple[str, bytes]] = {
        row: (paper, vector)
        for row, paper, vector in connection.execute(
            "SELECT passages.row, paper_id, vector FROM passages JOIN papers ON papers.row = paper"
        )
    }
    vectors = b"".join(found[row][1] for row in rows.tolist())
    stored = np.frombuffer(vectors, np.float16).reshape(len(rows), -1)
    return [found[row][0] for row in rows.tolist()], stored.astype(np.float32)


def folds(asked: Sequence[Asked]) -> NDArray[np.int64]:
    """(n,) the fold of each query; those that share a relevant document are in one."""
    group = list(range(len(asked)))

    def head(number: int) -> int:
        while group[number] != number:
            number = group[number]
        return number

    first: dict[str, int] = {}
    for number, one in enumerate(asked):
        for document in sorted(one.gold):
            group[head(number)] = head(first.setdefault(document, number))
    heads = np.array([head(number) for number in range(len(asked))])
    names, sizes = np.unique(heads, return_counts=True)
    places = np.random.default_rng(_SEED).permutation(len(names))
    filled = np.zeros(FOLDS, np.int64)
    fold = np.zeros(len(asked), np.int64)
    for place in sorted(places, key=lambda place: -sizes[place]):
        fold[heads == names[place]] = filled.argmin()
        filled[filled.argmin()] += sizes[place]
    return fold


def learn(sets: Sequence[Sequence[Asked]], penalties: Sequence[float]) -> list[QueryMap]:
    """What is learnt with each penalty, of which the first is the largest."""
    rng = np.random.default_rng(_SEED)
    rows = [(*_lesson(one, rng), 1 / len(taught)) for taught in sets for one in taught]
    rows = [row for row in rows if row[3].any()]
    query, sides, vectors, right, weight = (
        torch.from_numpy(np.array(column, np.float32)) for column in zip(*rows, strict=True)
    )
    weight /= weight.sum()
    wanted = right / right.sum(1, keepdim=True)
    size = query.shape[1]
    scales = torch.full((2,), 15.0, requires_grad=True)
    more = torch.zeros(size, size, requires_grad=True)
    learnt = []
    for penalty in penalties:
        optimiser = torch.optim.LBFGS([scales, more], max_iter=STEPS, line_search_fn="strong_wolfe")

        def loss(penalty: float = penalty, optimiser: Any = optimiser) -> torch.Tensor:
            optimiser.zero_grad()
            scores = sides @ scales + (vectors @ (query @ more)[:, :, None])[:, :, 0]
            missed = -(wanted * scores.log_softmax(1)).sum(1)
            total = (weight * missed).sum() + penalty * more.square().sum()
            total.backward()
            return total

        optimiser.step(loss)
        share, cosine = scales.tolist()
        learnt.append(QueryMap(cosine / share, (more / share).detach().numpy()))
    return learnt


def _lesson(one: Asked, rng: np.random.Generator) -> tuple[Floats, Floats, Floats, Floats]:
    """A query, and sides, vectors and relevance of the candidates that are learnt from."""
    count = len(one.papers)
    others = rng.choice(np.arange(BEST, count), OTHERS, replace=count < BEST + OTHERS)
    places = np.concatenate([np.arange(BEST), others])
    right = np.array([one.papers[place] in one.gold for place in places], np.float32)
    return one.vector, one.sides[places], one.vectors[places], right


def ranked(one: Asked, learnt: QueryMap) -> float:
    """nDCG@10 with what was learnt."""
    shares, cosines = one.sides.T
    dense = np.float32(learnt.weight) * cosines + one.vectors @ (one.vector @ learnt.matrix)
    return one.ndcg(np.argsort(-fusion.learnt(shares, 1, dense), kind="stable"))


def validate(sets: dict[str, list[Asked]], taught: Sequence[str]) -> None:
    """Print what each penalty gives on queries that were not learnt from."""
    fold = {name: folds(asked) for name, asked in sets.items()}
    found = {name: np.zeros((len(PENALTIES), len(asked))) for name, asked in sets.items()}
    for number in range(FOLDS):
        lessons = [
            [one for one, at in zip(sets[name], fold[name], strict=True) if at != number]
            for name in taught
        ]
        for place, learnt in enumerate(learn(lessons, PENALTIES)):
            for name, asked in sets.items():
                for at in np.flatnonzero(fold[name] == number):
                    found[name][place, at] = ranked(asked[at], learnt)
    print(f"\nlearnt from {', '.join(taught)}; nDCG@10")
    for name, asked in sets.items():
        before = np.array([one.ndcg() for one in asked])
        print(f"{name:10}{len(asked):6} queries   plain {before.mean():.4f}")
        for penalty, after in zip(PENALTIES, found[name], strict=True):
            low, high = _interval(after - before)
            gain = f"{(after - before).mean():+.4f} ({low:+.4f} to {high:+.4f})"
            print(f"   penalty {penalty:6g}   {after.mean():.4f}   {gain}", flush=True)


def _interval(differences: NDArray[np.float64]) -> tuple[float, float]:
    rng = np.random.default_rng(_SEED)
    draws = rng.integers(0, len(differences), (5000, len(differences)))
    low, high = np.quantile(differences[draws].mean(1), [0.025, 0.975])
    return float(low), float(high)


def write(learnt: QueryMap, encoder: str) -> None:
    from safetensors.numpy import save_file

    fusion.WEIGHTS.parent.mkdir(exist_ok=True)
    weight = np.array([learnt.weight], np.float32)
    arrays = {"weight": weight, "matrix": learnt.matrix.astype(np.float16)}
    save_file(arrays, fusion.WEIGHTS, metadata={"encoder": encoder})
    print(f"wrote {fusion.WEIGHTS.name}: {fusion.WEIGHTS.stat().st_size:,} bytes")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--home", type=Path, help="keep the libraries here (default: temporary)")
    parser.add_argument("--write", action="store_true", help="also learn from all and write")
    parser.add_argument("--transfer", action="store_true", help="also without SciFact's claims")
    options = parser.parse_args()
    literature = options.data / "literature"
    if not literature.is_dir():
        print(f"skipped: no evaluation data at {options.data}", file=sys.stderr)
        return
    sets, encoder = {}, ""
    with tempfile.TemporaryDirectory() as temporary:
        for name in TAUGHT:
            home = (options.home or Path(temporary)) / name.lower()
            with Library.open(home, create=True) as library:
                sets[name] = ask(library, SETS[name](literature, library))
                encoder = library.encoder().digest
    if options.write:
        write(learn(list(sets.values()), PENALTIES)[PENALTIES.index(CHOSEN)], encoder)
    validate(sets, TAUGHT)
    if options.transfer:
        validate(sets, TAUGHT[1:])


if __name__ == "__main__":
    main()
