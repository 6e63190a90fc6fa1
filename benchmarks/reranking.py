"""What a second reading adds to SciFact's ranking, with the one cross-encoder that ships.

    python -m benchmarks.reranking [--data ../shared/data] [--home FOLDER] [--claims 60] [--json]

No cross-encoder made for ranking is shipped; `--rerank` and RETORT_RERANKER take one by name. The
head of the support verdict reads two texts at once, too: here it orders the 50 best passages by the
probability that they hold evidence on the claim, either way. Only claims of the folds that it was
not trained on are asked; the first ranking is rank fusion, of which nothing was learnt. Differences
come with 95 % bootstrap intervals over claims.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.retrieval import K, ndcg_at_10
from retort.agent.verdicts import head
from retort.agent.verdicts.labels import LABELS, NO_EVIDENCE
from retort.agent.verdicts.pairs import read_cases, shown
from retort.retrieval.encode import Encoder, load_encoder
from retort.retrieval.ingest import add_paths
from retort.retrieval.library import Library
from retort.retrieval.search import search_many
from retort.retrieval.sentences import sentences

HELD_BACK = (0, 1)
"""folds of claims that the head was not trained on"""


class Evidence:
    """The head as a ``Reranker``: the probability that a text holds evidence on a claim."""

    name = "support verdict"

    def __init__(self, judge: head.Head, encoder: Encoder) -> None:
        self._judge = judge
        self._encoder = encoder

    def scores(self, query: str, texts: Sequence[str]) -> np.ndarray[Any, Any]:
        """(n,) of n texts."""
        pairs = []
        for text in texts:
            parts = [text[start:end] for start, end in sentences(text)]
            pairs.append((query, shown(query, parts, self._encoder)))
        chances = self._judge.probabilities(pairs)
        return np.asarray(1 - chances[:, LABELS.index(NO_EVIDENCE)], np.float32)


def measure(folder: Path, library: Library, judge: head.Head, count: int) -> dict[str, Any]:
    """nDCG@10 of the first ranking, of the second, and of both by the sum of reciprocal ranks."""
    relevant: dict[str, set[str]] = defaultdict(set)
    for case in read_cases(folder):
        if case.fold in HELD_BACK:
            relevant[case.claim].add(case.doc_id)
    claims = random.Random(0).sample(sorted(relevant), min(count, len(relevant)))
    second = Evidence(judge, load_encoder())
    runs = {
        "rank fusion": _papers(search_many(library, claims, K, "rrf")),
        "read again": _papers(search_many(library, claims, K, "rrf", reranker=second)),
    }
    runs["both"] = [_both(*pair) for pair in zip(*runs.values(), strict=True)]
    wanted = [relevant[claim] for claim in claims]
    scores = {
        name: np.array([ndcg_at_10(*each) for each in zip(run, wanted, strict=True)])
        for name, run in runs.items()
    }
    draws = np.random.default_rng(0).integers(0, len(claims), (2000, len(claims)))
    table: dict[str, Any] = {"claims": len(claims)}
    for name, values in scores.items():
        gain = values - scores["rank fusion"]
        low, high = np.percentile(gain[draws].mean(axis=1), (2.5, 97.5))
        table[name] = {
            "ndcg@10": round(float(values.mean()), 4),
            "gain": round(float(gain.mean()), 4),
            "interval": [round(float(low), 4), round(float(high), 4)],
        }
    return table


def _papers(found: Sequence[Sequence[Any]]) -> list[list[str]]:
    return [list(dict.fromkeys(hit.passage.paper_id for hit in hits)) for hits in found]


def _both(one: Sequence[str], other: Sequence[str]) -> list[str]:
    total: dict[str, float] = defaultdict(float)
    for ranking in (one, other):
        for rank, paper in enumerate(ranking, 1):
            total[paper] += 1 / (60 + rank)
    return sorted(total, key=lambda paper: -total[paper])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--home", type=Path, help="keep the library here (default: temporary)")
    parser.add_argument("--claims", type=int, default=60)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    folder = options.data / "literature" / "scifact"
    judge = head.shared()
    if not folder.exists() or judge is None:
        print(f"skipped: there is no {folder}, or no head", file=sys.stderr)
        return
    with tempfile.TemporaryDirectory() as temporary:
        home = (options.home or Path(temporary)) / "scifact"
        with Library.open(home, load_encoder(), create=True) as library:
            add_paths(library, [folder / "corpus.jsonl"])
            table = measure(folder, library, judge, options.claims)
    if options.json:
        print(json.dumps(table))
        return
    print(f"{table.pop('claims')} claims")
    for name, row in table.items():
        low, high = row["interval"]
        print(f"{name:12} {row['ndcg@10']:.4f}  {row['gain']:+.4f} ({low:+.4f} to {high:+.4f})")


if __name__ == "__main__":
    main()
