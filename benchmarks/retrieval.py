"""Search quality on four sets, beside the lines to beat: lexical, dense, fused and rank fusion.

    python benchmarks/retrieval.py [--data ../shared/data] [--sets scifact ...] [--rerank NAME]

SciFact: 5,183 abstracts, 807 training claims, relevance = the claims' cited documents.
PubMedQA: 500 questions, each to its own context, in a pool widened to 12,201 documents (screening
records with an abstract, bc5cdr, biored and SciFact beside them). BioASQ: 1,156 questions to their
gold snippets among 13,449. Full text: 210 sentences with a blank, each to its paper of 796; some
minutes to index. What the fused search has learnt, it has learnt from the first three: the figures
of it here are fitted to them, and ``python -m benchmarks.query_map`` has those of questions that
were held out. On the full text nothing was trained. BM25's b (0.6) was chosen by its effect on the
first three, the paper share on the full text.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import re
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from retort.retrieval.ingest import add_paths
from retort.retrieval.library import Library
from retort.retrieval.records import Paper
from retort.retrieval.rerank import Reranker, load_reranker
from retort.retrieval.search import MODES, search_many

K = 100
LINES = {
    "SciFact": "BM25 ndcg@10 0.696, recall@10 0.812, recall@100 0.929; MiniLM 0.660, 0.790, 0.935; "
    "RRF 0.719, 0.841, 0.957; min-max fusion 0.739, 0.850, 0.956",
    "PubMedQA": "BM25 hit@1 0.920, hit@5 0.966, hit@10 0.968, mrr 0.941",
    "BioASQ": "BM25 ndcg@10 0.773, recall@10 0.746, recall@100 0.955, hit@1 0.790",
    "Full text": "BM25 of whole papers hit@1 0.319, hit@5 0.695, hit@10 0.900, mrr 0.492",
}
"""Measured with bm25s and all-MiniLM-L6-v2 through other programs."""
TAUGHT = ("SciFact", "BioASQ", "PubMedQA")
"""what ``benchmarks/query_map.py`` learns from"""
FITTED = "held out instead of fitted: python -m benchmarks.query_map"
Question = tuple[str, set[str]]


def ndcg_at_10(found: Sequence[str], relevant: set[str]) -> float:
    """Binary gains, discount log2(rank + 1) (Järvelin and Kekäläinen 2002)."""
    gain = sum(1 / math.log2(rank + 1) for rank, doc in enumerate(found[:10], 1) if doc in relevant)
    ideal = sum(1 / math.log2(rank + 1) for rank in range(1, min(10, len(relevant)) + 1))
    return gain / ideal


def scores(runs: Iterable[tuple[Sequence[str], set[str]]]) -> dict[str, float]:
    rows = [
        (
            ndcg_at_10(found, relevant),
            len(relevant.intersection(found[:10])) / len(relevant),
            len(relevant.intersection(found[:100])) / len(relevant),
            float(bool(relevant.intersection(found[:1]))),
            float(bool(relevant.intersection(found[:5]))),
            float(bool(relevant.intersection(found[:10]))),
            next((1 / rank for rank, doc in enumerate(found, 1) if doc in relevant), 0.0),
        )
        for found, relevant in runs
    ]
    names = ("ndcg@10", "recall@10", "recall@100", "hit@1", "hit@5", "hit@10", "mrr")
    return {
        name: round(sum(column) / len(rows), 4)
        for name, column in zip(names, zip(*rows, strict=True), strict=True)
    }


def evaluate(
    library: Library, questions: list[Question], reranker: Reranker | None, fitted: bool
) -> dict[str, Any]:
    """Each way of searching: its scores, and the milliseconds of one query among many.

    Where the fused search is ``fitted`` to the questions, its name says so.
    """
    queries = [query for query, _ in questions]
    ways: dict[str, tuple[str, Reranker | None]] = {mode: (mode, None) for mode in MODES}
    if reranker:
        ways["reranked"] = ("fused", reranker)
    if fitted:
        ways = {f"{n}, fitted" if way[0] == "fused" else n: way for n, way in ways.items()}
    table: dict[str, Any] = {}
    for name, (mode, model) in ways.items():
        started = time.perf_counter()
        runs = search_many(library, queries, K, mode, reranker=model)
        milliseconds = (time.perf_counter() - started) / len(queries) * 1000
        papers = [list(dict.fromkeys(hit.passage.paper_id for hit in hits)) for hits in runs]
        table[name] = scores(zip(papers, (gold for _, gold in questions), strict=True))
        table[name]["ms_per_query"] = round(milliseconds, 1)
    return table


def scifact(literature: Path, library: Library) -> list[Question]:
    add_paths(library, [literature / "scifact" / "corpus.jsonl"])
    claims = _lines(literature / "scifact" / "claims_train.jsonl")
    return [(row["claim"], set(map(str, row["cited_doc_ids"]))) for row in claims]


def pubmedqa(literature: Path, library: Library) -> list[Question]:
    rows = _lines(literature / "pubmedqa" / "questions.jsonl")
    pool = {row["pmid"]: ("", " ".join(row["contexts"])) for row in rows}
    for path in sorted((literature / "screening").glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                name = row["pubmedID"] or f"{path.stem}:{row['record_id']}"
                pool.setdefault(name, (row["title"].strip(), row["abstract"].strip()))
    for folder in ("bc5cdr", "biored"):
        for path in sorted((literature / folder).glob("*PubTator*")):
            for name, document in _pubtator(path).items():
                pool.setdefault(name, document)
    for row in _lines(literature / "scifact" / "corpus.jsonl"):
        pool[f"scifact:{row['_id']}"] = row["title"], row["text"]
    library.add(Paper(name, name, title, text) for name, (title, text) in pool.items() if text)
    return [(row["question"], {row["pmid"]}) for row in rows]


def bioasq(literature: Path, library: Library) -> list[Question]:
    add_paths(library, [literature / "bioasq" / "corpus.jsonl"])
    held = {row["_id"] for row in _lines(literature / "bioasq" / "corpus.jsonl")}
    rows = _lines(literature / "bioasq" / "questions.jsonl")
    questions = [(row["body"], held.intersection(row["documents"])) for row in rows]
    return [(body, gold) for body, gold in questions if gold]


def full_text(literature: Path, library: Library) -> list[Question]:
    add_paths(library, [literature / "pharmacogenomics" / "papers"])
    rows = _lines(literature / "pharmacogenomics" / "fitb.jsonl")
    asked = [(row["blanked_sentence"].replace("_", " "), f"PMID:{row['pmid']}") for row in rows]
    return [(text, {paper}) for text, paper in asked if library.paper(paper)]


SETS = {"SciFact": scifact, "PubMedQA": pubmedqa, "BioASQ": bioasq, "Full text": full_text}


def _lines(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def _pubtator(path: Path) -> dict[str, tuple[str, str]]:
    """PMID -> title and abstract; the annotations are left out."""
    found: dict[str, dict[str, str]] = {}
    with path.open(encoding="utf-8") as file:
        for line in file:
            if match := re.match(r"(\d+)\|([ta])\|(.*)", line):
                found.setdefault(match[1], {})[match[2]] = match[3].strip()
    return {pmid: (part.get("t", ""), part.get("a", "")) for pmid, part in found.items()}


def show(name: str, table: dict[str, Any]) -> None:
    columns = list(next(iter(table.values())))
    print(f"\n{name}\n{'':16}" + "".join(f"{column:>14}" for column in columns))
    for mode, row in table.items():
        print(f"{mode:16}" + "".join(f"{row[column]:14}" for column in columns))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--home", type=Path, help="keep the libraries here (default: temporary)")
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--rerank", help="a cross-encoder by name or path")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    literature = options.data / "literature"
    if not literature.is_dir():
        print(f"skipped: no evaluation data at {options.data}", file=sys.stderr)
        return
    reranker = load_reranker(options.rerank) if options.rerank else None
    tables = {}
    with tempfile.TemporaryDirectory() as temporary:
        for name in options.sets:
            home = (options.home or Path(temporary)) / name.lower().replace(" ", "-")
            with Library.open(home, create=True) as library:
                questions = SETS[name](literature, library)
                tables[name] = evaluate(library, questions, reranker, name in TAUGHT)
            if not options.json:
                show(f"{name}: {len(questions):,} questions", tables[name])
                print(f"lines: {LINES[name]}", flush=True)
                if name in TAUGHT:
                    print(FITTED, flush=True)
    if options.json:
        print(json.dumps(tables))


if __name__ == "__main__":
    main()
