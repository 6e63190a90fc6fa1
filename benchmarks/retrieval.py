"""Search quality on SciFact's training claims, and of full text: lexical, dense and fused.

    python benchmarks/retrieval.py [--data ../shared/data] [--json]

SciFact: 5,183 abstracts, 807 claims, relevance = the claims' cited documents; nDCG@10, recall@10
and recall@100. Nothing is trained on the claims; the paper share was chosen on the full-text
sentences below, the equal weight of the fusion is fixed. Full text: the pharmacogenomics papers,
each question a sentence with a blank, tied to its paper; hit@1, hit@5 (--full-text, some minutes to
index).
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from retort.retrieval.ingest import add_paths
from retort.retrieval.library import Library
from retort.retrieval.search import MODES, search_many

K = 100


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
            float(bool(found) and found[0] in relevant),
            float(bool(relevant.intersection(found[:5]))),
        )
        for found, relevant in runs
    ]
    names = ("ndcg@10", "recall@10", "recall@100", "hit@1", "hit@5")
    return {
        name: round(sum(column) / len(rows), 4)
        for name, column in zip(names, zip(*rows, strict=True), strict=True)
    }


def papers_of(library: Library, queries: list[str], mode: str) -> list[list[str]]:
    found = search_many(library, queries, K, mode)
    return [list(dict.fromkeys(hit.passage.paper_id for hit in hits)) for hits in found]


def evaluate(library: Library, queries: list[str], relevant: list[set[str]]) -> dict[str, Any]:
    table: dict[str, Any] = {}
    for mode in MODES:
        started = time.perf_counter()
        found = papers_of(library, queries, mode)
        milliseconds = (time.perf_counter() - started) / len(queries) * 1000
        table[mode] = scores(zip(found, relevant, strict=True))
        table[mode]["ms_per_query"] = round(milliseconds, 1)
    return table


def scifact(data: Path, home: Path) -> dict[str, Any]:
    folder = data / "literature" / "scifact"
    claims = [json.loads(line) for line in (folder / "claims_train.jsonl").open()]
    with Library.open(home / "scifact", create=True) as library:
        add_paths(library, [folder / "corpus.jsonl"])
        known = [claim for claim in claims if claim["cited_doc_ids"]]
        relevant = [{str(doc) for doc in claim["cited_doc_ids"]} for claim in known]
        return evaluate(library, [claim["claim"] for claim in known], relevant)


def full_text(data: Path, home: Path) -> dict[str, Any]:
    folder = data / "literature" / "pharmacogenomics"
    questions = [json.loads(line) for line in (folder / "fitb.jsonl").open()]
    with Library.open(home / "pharmacogenomics", create=True) as library:
        add_paths(library, [folder / "papers"])
        asked = [(_words(row), f"PMID:{row['pmid']}") for row in questions]
        held = [(text, paper) for text, paper in asked if library.paper(paper)]
        return evaluate(library, [text for text, _ in held], [{paper} for _, paper in held])


def _words(question: dict[str, Any]) -> str:
    return str(question["blanked_sentence"]).replace("_", " ")


def show(name: str, table: dict[str, Any]) -> None:
    columns = list(next(iter(table.values())))
    print(f"\n{name}\n{'':8}" + "".join(f"{column:>14}" for column in columns))
    for mode, row in table.items():
        print(f"{mode:8}" + "".join(f"{row[column]:14}" for column in columns))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--home", type=Path, help="keep the libraries here (default: temporary)")
    parser.add_argument("--full-text", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if not (options.data / "literature" / "scifact").is_dir():
        print(f"skipped: no evaluation data at {options.data}", file=sys.stderr)
        return
    with tempfile.TemporaryDirectory() as temporary:
        home = options.home or Path(temporary)
        tables = {"SciFact, 807 training claims": scifact(options.data, home)}
        if options.full_text:
            tables["Pharmacogenomics, sentence to its paper"] = full_text(options.data, home)
    if options.json:
        print(json.dumps(tables))
        return
    for name, table in tables.items():
        show(name, table)


if __name__ == "__main__":
    main()
