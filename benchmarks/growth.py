"""How search grows: 10,000, 100,000 and 1,000,000 passages on one machine.

    python benchmarks/growth.py [--sizes 10000,100000] [--data ../shared/data] [--home FOLDER]

A library of each size is written by the real writer. Its sentences are drawn at random from SciFact
abstracts and sown with rare names, so that words keep their frequencies and the vocabulary goes on
growing; a third of the passages are abstracts of one passage, the others belong to full texts. Its
vectors mix two MiniLM embeddings of SciFact sentences and noise, by a hash of the text: an encoder
that costs nothing. Queries are half-sentences of 10 to 20 words. Then:

    write       seconds to write papers, and to make and save both indexes after that
    disk        of the SQLite file and of the indexes
    cold        a fresh process, from opening to the first answer, imports and encoder not counted
    one         milliseconds of one fused query, median and 95th percentile of 200 (wall clock, and
                processor time where the machine was not ours alone), and of 64 in one call
    memory      peak of the searching process: all that is resident, and what is its own (anonymous)
    add one     milliseconds from one more paper, added by another process, to the next answer
    recall      of the 100 nearest by dense search against exact search, over 100 queries

What was measured stands in ``docs/literature.md``.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from retort.retrieval.library import Library
from retort.retrieval.records import Paper
from retort.retrieval.search import search, search_many

SENTENCES = 2_000
FULL_TEXT_WORDS = 4_000
ABSTRACTS_PER_FULL_TEXT = 10
NEW = "Zanubrutinib contains no phlogiston."


class MixingEncoder:
    """Mixes two known embeddings and noise by a hash of the text: no text costs anything."""

    name = digest = "mixing"

    def __init__(self, vectors: np.ndarray) -> None:
        self._vectors = vectors
        self.dimension = vectors.shape[1]
        self._noise = np.random.default_rng(0).standard_normal((4096, self.dimension), np.float32)
        self._noise /= np.sqrt(self.dimension)

    def encode(self, texts: Sequence[str], progress: object = None) -> np.ndarray:
        """(n, d) float32, unit norm."""
        hashes = b"".join(hashlib.blake2b(text.encode(), digest_size=16).digest() for text in texts)
        picks = np.frombuffer(hashes, np.uint32).reshape(-1, 4).astype(np.int64)
        one, other = (self._vectors[picks[:, n] % len(self._vectors)] for n in (0, 1))
        share = (0.5 + 0.5 * (picks[:, 2] % 1000) / 1000)[:, None].astype(np.float32)
        noise = self._noise[picks[:, 2] % 4096] + self._noise[picks[:, 3] % 4096]
        mixed = share * one + (1 - share) * other + 0.25 * noise
        unit: np.ndarray = mixed / np.linalg.norm(mixed, axis=1, keepdims=True)
        return unit

    def encode_queries(self, texts: Sequence[str]) -> np.ndarray:
        """(n, d) float32, unit norm."""
        return self.encode(texts)


def papers(sentences: Sequence[str], passages: int) -> Iterator[Paper]:
    """Ten abstracts, then a full text of about twenty passages, and so on."""
    chance = random.Random(1)
    number = made = 0
    while made < passages:
        full = number % (ABSTRACTS_PER_FULL_TEXT + 1) == ABSTRACTS_PER_FULL_TEXT
        words, text = 0, []
        while words < (FULL_TEXT_WORDS if full else 180):
            sentence = chance.choice(sentences)
            if chance.random() < 0.3:
                name = int(chance.paretovariate(0.6)) % 2_000_000
                sentence = f"{sentence[:-1]} and GENE{name}."
            text.append(sentence)
            words += sentence.count(" ") + 1
        title = " ".join(chance.choice(sentences).split()[:9])
        yield Paper(f"G{number}", f"G{number}", title, " ".join(text))
        number, made = number + 1, made + (FULL_TEXT_WORDS // 200 if full else 1)


def queries(sentences: Sequence[str], count: int) -> list[str]:
    """Beginnings of sentences, 10 to 20 words long."""
    chance = random.Random(2)
    return [
        " ".join(chance.choice(sentences).split()[: chance.randint(10, 20)]) for _ in range(count)
    ]


def build(
    home: Path, sentences: Sequence[str], encoder: MixingEncoder, size: int
) -> dict[str, Any]:
    """Write a library of a size and its indexes."""
    with Library.open(home, encoder, create=True) as library:
        started = time.perf_counter()
        every = 20_000

        def tell(done: int) -> None:
            if done % every < 64:
                seconds = time.perf_counter() - started
                print(f"{size:,}: {done:,} papers, {seconds:.0f} s", file=sys.stderr, flush=True)

        library.add(papers(sentences, size), tell)
        written = time.perf_counter()
        library.refresh()
        indexed = time.perf_counter()
        count = library.count()
        status = library.status()["index"]
    sqlite = sum(item.stat().st_size for item in home.glob("library.sqlite*"))
    caches = sum(item.stat().st_size for item in home.glob("index-*"))
    return {
        "papers": count[0],
        "passages": count[1],
        "write_s": round(written - started, 1),
        "index_s": round(indexed - written, 1),
        "index_peak_mb": _peak_mb(),
        "sqlite_mb": round(sqlite / 1e6),
        "indexes_mb": round(caches / 1e6),
        "vectors": status["vectors"],
        "recall_at_build": status["recall_at_100"],
    }


def measure(home: Path, sentences: Sequence[str], encoder: MixingEncoder) -> dict[str, Any]:
    """Search in this process, which has done nothing before."""
    asked = queries(sentences, 265)
    started = time.perf_counter()
    with Library.open(home, encoder) as library:
        assert search(library, asked[0])
        cold = time.perf_counter() - started
        wall, cpu = [], []
        for query in asked[1:201]:
            began, used = time.perf_counter(), time.process_time()
            search(library, query)
            wall.append(1e3 * (time.perf_counter() - began))
            cpu.append(1e3 * (time.process_time() - used))
        began = time.perf_counter()
        search_many(library, asked[201:265])
        many = time.perf_counter() - began
        memory = {"peak_mb": _peak_mb(), "own_mb": _own_mb()}
        subprocess.run(
            [sys.executable, __file__, "--step", "one", str(home)],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        began = time.perf_counter()
        assert search(library, NEW, 1)[0].source_id == "NEW"
        added = time.perf_counter() - began
        recall = _recall(library, encoder, asked[:100])
    return {
        "cold_s": round(cold, 2),
        "one_p50_ms": round(float(np.percentile(wall, 50)), 1),
        "one_p95_ms": round(float(np.percentile(wall, 95)), 1),
        "one_p50_cpu_ms": round(float(np.percentile(cpu, 50)), 1),
        "one_p95_cpu_ms": round(float(np.percentile(cpu, 95)), 1),
        "of_64_ms": round(1e3 * many / 64, 1),
        **memory,
        "add_one_ms": round(1e3 * added),
        "recall_at_100": recall,
    }


def _recall(library: Library, encoder: MixingEncoder, asked: Sequence[str]) -> float:
    """Of dense search against every vector in the SQLite file."""
    vectors = encoder.encode(asked)
    with library.view() as view:
        found = [view.snapshot.rows[hit] for hit in view.vectors().search(vectors, 100)]
        scores = np.zeros((len(asked), 0), np.float32)
        rows = np.zeros(0, np.int64)
        cursor = view.connection.execute("SELECT row, vector FROM passages")
        while block := cursor.fetchmany(20_000):
            stored = np.frombuffer(b"".join(v for _, v in block), np.float16)
            here = vectors @ stored.reshape(len(block), -1).astype(np.float32).T
            scores = np.hstack([scores, here])
            rows = np.concatenate([rows, np.array([row for row, _ in block])])
        best = np.argpartition(-scores, 99, axis=1)[:, :100]
    shares = [np.isin(rows[b], f).mean() for b, f in zip(best, found, strict=True)]
    return round(float(np.mean(shares)), 4)


def _sentences(data: Path) -> list[str]:
    from retort.retrieval.sentences import sentences

    found: list[str] = []
    with (data / "literature/scifact/corpus.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            text = json.loads(line)["text"]
            spans = [text[start:end].strip() for start, end in sentences(text)]
            found += [span for span in spans if 60 < len(span) < 400]
    return found


def _embeddings(home: Path, sentences: Sequence[str]) -> np.ndarray:
    """MiniLM embeddings of some of the sentences, kept for the processes that follow."""
    path = home / "embeddings.npy"
    if not path.exists():
        from retort.retrieval.encode import load_encoder

        some = random.Random(0).sample(list(sentences), min(SENTENCES, len(sentences)))
        np.save(path, load_encoder().encode(some))
    vectors: np.ndarray = np.load(path)
    return vectors


def _peak_mb() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1 << 20 if sys.platform == "darwin" else 1 << 10))


def _own_mb() -> int | None:
    """Resident memory that is no file's, where the system tells."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return None
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("RssAnon"))


def _in_process(step: str, home: Path, size: int, data: Path) -> dict[str, Any]:
    command = [sys.executable, __file__, "--step", step, str(home)]
    command += ["--sizes", str(size), "--data", str(data)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def _step(name: str, home: Path, size: int, data: Path) -> dict[str, Any]:
    if name == "one":
        encoder = MixingEncoder(np.load(home.parent / "embeddings.npy"))
        with Library.open(home, encoder) as library:
            library.add([Paper(f"NEW{time.time_ns()}", "NEW", "", NEW)])
        return {}
    sentences = _sentences(data)
    encoder = MixingEncoder(_embeddings(home.parent, sentences))
    if name == "build":
        return build(home, sentences, encoder, size)
    return measure(home, sentences, encoder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", default="10000,100000,1000000")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--home", type=Path, help="where the libraries go; else they are removed")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--step", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    sizes = [int(size) for size in options.sizes.split(",")]
    if options.step:
        print(json.dumps(_step(options.step[0], Path(options.step[1]), sizes[0], options.data)))
        return
    if not (options.data / "literature/scifact").exists():
        print(f"skipped: {options.data} has no literature/scifact", file=sys.stderr)
        return
    table = {}
    with tempfile.TemporaryDirectory() as temporary:
        home = options.home or Path(temporary)
        home.mkdir(parents=True, exist_ok=True)
        _embeddings(home, _sentences(options.data))
        for size in sizes:
            place = home / str(size)
            built = {} if place.exists() else _in_process("build", place, size, options.data)
            table[size] = built | _in_process("search", place, size, options.data)
            print(json.dumps({size: table[size]}), file=sys.stderr, flush=True)
    if options.json:
        print(json.dumps(table))
        return
    columns = dict.fromkeys(name for row in table.values() for name in row)
    for name in columns:
        cells = "".join(f"{row.get(name, '')!s:>14}" for row in table.values())
        print(f"{name:18}{cells}")


if __name__ == "__main__":
    main()
