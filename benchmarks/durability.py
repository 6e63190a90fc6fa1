"""What a library loses when its writer is killed: nothing that was reported as saved.

    python benchmarks/durability.py [--kills 200] [--papers 5000] [--encoder hashing|bundled]
                                    [--data ../shared/data] [--json]

A child process adds a file of abstracts as ``retort library add`` does, and is killed (SIGKILL) at
a random moment, again and again; when all papers are in, the next round begins with changed texts.
The abstracts are made of random words, and each carries a checksum of itself, so that a text under
a wrong id or a torn one is noticed; with ``--data`` they are SciFact's. After each kill the library
is opened and it is checked that

- SQLite finds no damage and ``verify`` no failed check;
- every paper that the child had reported as committed is there, with the text that it was given;
- each passage that a search returns is the slice of its own paper's text;

and at the end that the next ``add`` finishes the job. The encoder is one of hashed words, so that
most kills fall into writing and not into encoding; ``--encoder bundled`` takes the real one.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from retort.retrieval.encode import Encoder, HashingEncoder, load_encoder
from retort.retrieval.library import Library
from retort.retrieval.search import search

LONGEST_LIFE_SECONDS = 3.0
"""a child is killed after a time drawn evenly from nothing to this"""
SEARCHES = 3
"""queries after each kill"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--papers", type=int, default=5000)
    parser.add_argument("--encoder", choices=("hashing", "bundled"), default="hashing")
    parser.add_argument("--seed", type=int, default=4)
    parser.add_argument("--data", type=Path, help="take SciFact's abstracts from here")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        _add(Path(options.child[0]), Path(options.child[1]), options.encoder)
        return
    corpus = options.data / "literature/scifact/corpus.jsonl" if options.data else None
    if corpus and not corpus.exists():
        print(f"skipped: there is no {corpus}", file=sys.stderr)
        return
    texts = _scifact(corpus, options.papers) if corpus else _random(options.papers, options.seed)
    with tempfile.TemporaryDirectory() as place:
        figures = measure(Path(place), texts, options.kills, options.encoder, options.seed)
    if options.json:
        print(json.dumps(figures))
    else:
        for name, value in figures.items():
            print(f"{name.replace('_', ' '):32} {value}")
    sys.exit(1 if figures["kills_with_a_problem"] else 0)


def measure(
    place: Path, texts: dict[str, str], kills: int, encoder: str, seed: int
) -> dict[str, Any]:
    """Kill the writer of one library many times, and look at what is left each time."""
    chance = random.Random(seed)
    file, home = place / "corpus.jsonl", place / "library"
    reader = _encoder(encoder)
    counts: Counter[str] = Counter()
    problems: list[str] = []
    rounds = killed = 0
    versions: dict[str, set[str]] = {name: set() for name in texts}
    started = time.perf_counter()
    while killed < kills:
        rounds += 1
        now = {name: _with_checksum(f"Round {rounds}. {text}") for name, text in texts.items()}
        for name, text in now.items():
            versions[name].add(text)
        _write(file, now)
        committed, finished = 0, False
        while killed < kills and not finished:
            told, finished = _run(home, file, encoder, chance.uniform(0, LONGEST_LIFE_SECONDS))
            committed = max(committed, told)
            if finished:
                break
            killed += 1
            counts["killed_before_the_first_commit" if not told else "killed_after_commits"] += 1
            saved = dict(list(now.items())[:committed])
            wrong = _look(home, reader, saved, versions, chance) if home.exists() else []
            problems += [f"kill {killed}: {each}" for each in wrong[:3]]
            counts["kills_with_a_problem"] += bool(wrong)
            print(f"kill {killed} of {kills}, {told:,} papers told of", file=sys.stderr)
    finishes, held = _finish(home, file, encoder, now)
    return {
        "kills": killed,
        **{name: counts[name] for name in (
            "killed_before_the_first_commit", "killed_after_commits", "kills_with_a_problem"
        )},
        "problems": problems[:10],
        "rounds": rounds,
        "the_next_add_finishes": finishes,
        "papers_right_at_the_end": f"{held:,} of {len(now):,}",
        "minutes": round((time.perf_counter() - started) / 60, 1),
    }  # fmt: skip


def _run(home: Path, file: Path, encoder: str, seconds: float | None) -> tuple[int, bool]:
    """Add the file in a child and kill it: papers reported as committed, and whether it ended."""
    command = [sys.executable, __file__, "--child", str(home), str(file), "--encoder", encoder]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        ready = child.stdout.readline()
        assert ready == "ready\n", ready
        if seconds is not None:
            time.sleep(seconds)
            child.send_signal(signal.SIGKILL)
        told = [int(line) for line in child.stdout.read().split("\n") if line.isdigit()]
    # The last line of a killed child may be cut short; then it tells of fewer papers, not of more.
    return max(told, default=0), child.returncode == 0


def _look(
    home: Path,
    encoder: Encoder,
    saved: dict[str, str],
    versions: dict[str, set[str]],
    chance: random.Random,
) -> list[str]:
    """What is wrong with a library whose writer was killed."""
    if not (home / "library.sqlite").exists():
        return ["the library is gone"] if saved else []
    with Library.open(home, encoder) as library:
        wrong = [f"{check.name}: {check.found}" for check in library.verify() if not check.ok]
        for name, text in saved.items():
            paper = library.paper(name)
            if paper is None:
                wrong.append(f"{name} was committed and is gone")
            elif paper.text != text:
                wrong.append(f"{name} has another text than the one committed")
        for name in chance.sample(sorted(versions), SEARCHES):
            query = " ".join(max(versions[name], key=len).split()[2:10])
            for hit in search(library, query, k=10):
                passage = hit.passage
                part = slice(passage.start, passage.end)
                if all(text[part] != passage.text for text in versions[passage.paper_id]):
                    wrong.append(f"{passage.passage_id} was returned with a text not its own")
    return wrong


def _finish(home: Path, file: Path, encoder: str, texts: dict[str, str]) -> tuple[bool, int]:
    _, finished = _run(home, file, encoder, None)
    with Library.open(home, _encoder(encoder)) as library:
        papers = {name: library.paper(name) for name in texts}
        sound = all(check.ok for check in library.verify())
        count = library.count()[0]
    right = sum(paper is not None and paper.text == texts[name] for name, paper in papers.items())
    return finished and sound and count == len(texts), right


def _add(home: Path, file: Path, encoder: str) -> None:
    """The child: what ``retort library add`` does, with a line after each commit."""
    from retort.retrieval.ingest import add_paths

    def tell(done: int, total: int, text: str) -> None:
        counted = text.rpartition(": ")[2].partition(" of ")[0].replace(",", "")
        if counted.isdigit():
            os.write(1, f"{counted}\n".encode())

    chosen = _encoder(encoder)
    os.write(1, b"ready\n")
    with Library.open(home, chosen, create=True) as library:
        add_paths(library, [file], tell)


def _encoder(name: str) -> Encoder:
    return HashingEncoder() if name == "hashing" else load_encoder()


def _with_checksum(text: str) -> str:
    return f"{text} {hashlib.sha256(text.encode()).hexdigest()}"


def _random(count: int, seed: int) -> dict[str, str]:
    """Abstracts of random words, so that no two are alike."""
    chance = random.Random(seed)
    letters = "abcdefghiklmnoprstuvw"
    words = ["".join(chance.choices(letters, k=chance.randint(3, 9))) for _ in range(8000)]
    return {f"A{n}": " ".join(chance.choices(words, k=180)) for n in range(count)}


def _scifact(corpus: Path, count: int) -> dict[str, str]:
    with corpus.open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line, _ in zip(lines, range(count), strict=False)]
    return {str(row["_id"]): " ".join(str(row["text"]).split()) for row in rows}


def _write(file: Path, texts: dict[str, str]) -> None:
    rows = (json.dumps({"_id": name, "title": name, "text": text}) for name, text in texts.items())
    file.write_text("\n".join(rows) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
