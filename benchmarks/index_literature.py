"""What it costs to index literature: speed, peak memory, disk; then a cold search.

    python benchmarks/index_literature.py [--data ../shared/data] [--json]

Two sets: SciFact (5,183 abstracts) and all pharmacogenomics papers (796 full texts). Each is
indexed by a process of its own into a temporary home, with the bundled encoder; then a fresh
process opens the library and answers one query: "cold" counts from its start, imports and encoder
included.

Measured on two shared CPU cores with AMX (bfloat16): SciFact 5,462 passages in 80 s (65
documents/s, 1.2 GB at most, 29 MB on disk); pharmacogenomics 23,443 passages in 425 s (1.9
papers/s, 1.6 GB, 65 MB); cold search 1.6 and 1.7 s, warm 8 and 13 ms.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

SETS = {
    "scifact": (Path("literature/scifact/corpus.jsonl"), "does vitamin D protect the heart?"),
    "pharmacogenomics": (
        Path("literature/pharmacogenomics/papers"),
        "Which CYP2C9 variants lower the warfarin dose?",
    ),
}


def index(home: Path, source: Path) -> dict[str, Any]:
    """Index one set in this process."""
    from retort.retrieval.ingest import add_paths
    from retort.retrieval.library import Library

    def tell(done: int, total: int, text: str) -> None:
        print(f"{done}/{total} {text}", file=sys.stderr)

    started = time.perf_counter()
    with Library.open(home, create=True) as library:
        report = add_paths(library, [source], tell)
        documents, passages = library.count()
    seconds = time.perf_counter() - started
    return {
        "files_failed": sum(row.status == "failed" for row in report.files),
        "documents": documents,
        "passages": passages,
        "seconds": round(seconds, 1),
        "documents_per_s": round(documents / seconds, 1),
        "passages_per_s": round(passages / seconds, 1),
        "peak_rss_mb": _peak_mb(),
        "disk_mb": round(sum(item.stat().st_size for item in home.iterdir()) / 1e6, 1),
    }


def first_search(home: Path, query: str) -> dict[str, Any]:
    """Open a library and search it once, then once more, in this process."""
    from retort.retrieval.library import Library
    from retort.retrieval.search import search

    with Library.open(home) as library:
        found = search(library, query)
        started = time.perf_counter()
        search(library, f"{query} again")
        warm = time.perf_counter() - started
    assert found
    return {"warm_search_ms": round(warm * 1000), "search_rss_mb": _peak_mb()}


def measure(data: Path, home: Path, name: str) -> dict[str, Any]:
    """Index a set and search it, each in a process of its own."""
    source, query = SETS[name]
    row = _in_process("index", home / name, str(data / source))
    started = time.perf_counter()
    searched = _in_process("search", home / name, query)
    cold = time.perf_counter() - started
    return row | {"cold_search_s": round(cold, 2)} | searched


def _in_process(step: str, home: Path, argument: str) -> dict[str, Any]:
    command = [sys.executable, __file__, "--step", step, str(home), argument]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def _peak_mb() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1 << 20 if sys.platform == "darwin" else 1 << 10))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--step", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step:
        step, home, argument = options.step
        run = index(Path(home), Path(argument)) if step == "index" else None
        print(json.dumps(run or first_search(Path(home), argument)))
        return
    missing = [str(source) for source, _ in SETS.values() if not (options.data / source).exists()]
    if missing:
        print(f"skipped: {options.data} has no {', '.join(missing)}", file=sys.stderr)
        return
    with tempfile.TemporaryDirectory() as home:
        table = {name: measure(options.data, Path(home), name) for name in SETS}
    if options.json:
        print(json.dumps(table))
        return
    print(f"{'':18}" + "".join(f"{name:>18}" for name in table))
    for column in next(iter(table.values())):
        print(f"{column:18}" + "".join(f"{row[column]:>18,}" for row in table.values()))


if __name__ == "__main__":
    main()
