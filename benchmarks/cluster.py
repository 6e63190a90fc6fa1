"""The three long commands on this machine and on a local Ray cluster of two workers, one killed.

    python -m benchmarks.cluster [--data ../shared/data] [--only predict] [--workers 2] [--json]

Needs the extra ``cluster``. Each command runs four times, in new processes, as a user runs it:
``--engine local`` twice, ``--engine ray``, and ``--engine ray`` with SIGKILL to one busy worker
when half is done. What they wrote is compared: predictions row by row, to the byte; a library
record by record, passages included, and vectors to a cosine of 0.9999, as a worker of Ray has one
thread and may compute in bfloat16; answers field by field, each question once, but for the seconds.
A record that differs fails; one that is missing or there twice ends it.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.predict_files import drawn

ABSTRACTS = 2_000
MOLECULES = 2_000
QUESTIONS = 60
SAME = 0.9999
"""cosine of the vectors of one passage, computed in other ways; see ``BundledEncoder``"""
BUSY = "ray::_Worker.work"
"""the title that Ray gives the process of a worker while it works"""


@dataclass(frozen=True)
class Job:
    """One of the commands."""

    arguments: Callable[[Path], list[str]]
    """given the folder of a run"""
    done: Callable[[Path], int]
    """how much of it is done"""
    total: int
    written: Callable[[Path], Any]
    """what the runs must agree on"""


class Vector:
    """A stored vector; equal to another as near as an encoder promises."""

    def __init__(self, stored: bytes) -> None:
        self._values = np.frombuffer(stored, np.float16).astype(np.float64)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Vector):
            return NotImplemented
        one, two = self._values, other._values
        return bool(one @ two >= SAME * np.linalg.norm(one) * np.linalg.norm(two))

    __hash__ = None  # type: ignore[assignment]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--only", action="append", choices=["predict", "library", "batch"])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    union = options.data / "molecules" / "pretrain_union" / "smiles_union.txt.gz"
    corpus = options.data / "literature" / "scifact" / "corpus.jsonl"
    if missing := [str(path) for path in (union, corpus) if not path.exists()]:
        print(f"Skipped: there is no {', '.join(missing)}.")
        return 0
    try:
        import ray  # noqa: F401
    except ImportError:
        print("Skipped: Ray is not installed (pip install 'retort[cluster]').")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        made = jobs(Path(folder), union, corpus)
        found = [
            compared(name, job, Path(folder) / name, options.workers)
            for name, job in made.items()
            if name in (options.only or made)
        ]
    for row in found:
        print(json.dumps(row) if options.json else told(row))
    return 0 if all(map(is_right, found)) else 1


def is_right(row: dict[str, Any]) -> bool:
    """Whether one was killed, and every run wrote the same."""
    return row["killed when done"] > 0 and not any(row[name] for name in row if "other" in name)


def jobs(folder: Path, union: Path, corpus: Path) -> dict[str, Job]:
    """The commands over inputs written to a folder."""
    molecules, papers, questions = (folder / n for n in ("mols.csv", "papers", "asked.jsonl"))
    rows = [f"{n},{smiles}\n" for n, smiles in enumerate(drawn(union, MOLECULES))]
    molecules.write_text("id,smiles\n" + "".join(rows), encoding="utf-8")
    papers.mkdir()
    with corpus.open(encoding="utf-8") as file:
        lines = list(islice(file, ABSTRACTS))
    half = ABSTRACTS // 2  # one large file, and many small ones
    (papers / "many.jsonl").write_text("".join(lines[:half]), encoding="utf-8")
    for start in range(half, ABSTRACTS, 20):
        part = "".join(lines[start : start + 20])
        (papers / f"few-{start}.jsonl").write_text(part, encoding="utf-8")
    table = Path(__file__).with_name("embedded_planner.tsv").read_text(encoding="utf-8")
    asked = [line.split("\t")[0] for line in table.splitlines() if not line.startswith("#")]
    with questions.open("w", encoding="utf-8") as file:
        for number, text in enumerate([a for a in asked if " || " not in a][:QUESTIONS]):
            file.write(json.dumps({"id": str(number), "question": text}) + "\n")
    return {
        "predict": Job(
            lambda at: ["predict", "--input", str(molecules), "--output", str(at / "out.csv")],
            lambda at: _lines(at / "out.csv") - 1,
            MOLECULES,
            lambda at: (at / "out.csv").read_bytes().splitlines(),
        ),
        "library": Job(
            lambda at: ["library", "add", str(papers), "--library", "bench"],
            lambda at: _counted(_library(at)),
            ABSTRACTS,
            lambda at: _stored(_library(at)),
        ),
        "batch": Job(
            lambda at: ["batch", str(questions), "--output", str(at / "out.jsonl")],
            lambda at: _lines(at / "out.jsonl"),
            QUESTIONS,
            lambda at: _answers(at / "out.jsonl"),
        ),
    }


def compared(name: str, job: Job, folder: Path, workers: int) -> dict[str, Any]:
    """One command on both engines, on this machine twice, and with a worker killed."""
    by_ray = ["--engine", "ray"]
    if name != "library":
        by_ray += ["--workers", str(workers)]
    here = ["--workers", str(workers)] if name != "library" else []
    local, local_s, _ = ran(job, folder / "local", here, False)
    again, _, _ = ran(job, folder / "again", here, False)
    ray, ray_s, _ = ran(job, folder / "ray", by_ray, False)
    killed, killed_s, at = ran(job, folder / "killed", by_ray, True)
    return {
        "command": name,
        "local s": local_s,
        "ray s": ray_s,
        "ray, one killed s": killed_s,
        "killed when done": at,
        "of": job.total,
        "records": len(local),
        "other in a second local run": differing(local, again),
        "other by ray": differing(local, ray),
        "other by ray, one killed": differing(local, killed),
    }


def differing(one: list[Any], other: list[Any]) -> int:
    """How many records of two runs are not equal; the first of them is shown.

    Raises:
        SystemExit: one has more records than the other: something is missing, or there twice.
    """
    if len(one) != len(other):
        raise SystemExit(f"{len(one)} records, and {len(other)}")
    pairs = [(a, b) for a, b in zip(one, other, strict=True) if a != b]
    for a, b in pairs[:1]:
        print(f"{str(a)[:300]}\n{str(b)[:300]}", file=sys.stderr)
    return len(pairs)


def ran(job: Job, folder: Path, more: list[str], is_killing: bool) -> tuple[Any, float, int]:
    """What a run wrote, its seconds, and how much was done when a worker was killed."""
    folder.mkdir(parents=True)
    own = {"RETORT_HOME": str(folder), "RETORT_MODEL": "embedded", "RETORT_OFFLINE": "1"}
    command = [sys.executable, "-m", "retort.ui.cli", *job.arguments(folder), *more]
    started, killed_at = time.perf_counter(), 0
    with (folder / "said").open("wb") as said:
        process = subprocess.Popen(command, stdout=said, stderr=said, env=os.environ | own)
        while process.poll() is None:
            done = job.done(folder) if is_killing and not killed_at else 0
            if done >= job.total / 2 and (busy := _busy(process.pid)):
                os.kill(busy[0], signal.SIGKILL)
                killed_at = done
            time.sleep(0.05)
    seconds = round(time.perf_counter() - started, 1)
    if process.returncode:
        print((folder / "said").read_text(encoding="utf-8"), file=sys.stderr)
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    return job.written(folder), seconds, killed_at


def told(row: dict[str, Any]) -> str:
    """A row as text."""
    return "; ".join(f"{name} {value}" for name, value in row.items())


def _busy(ancestor: int) -> list[int]:
    """Workers of Ray that work, among the descendants of a process."""
    parents: dict[int, int] = {}
    titles: dict[int, str] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                stat = (entry / "stat").read_text()
                parents[int(entry.name)] = int(stat.rpartition(")")[2].split()[1])
                titles[int(entry.name)] = (entry / "cmdline").read_text().rstrip("\0 ")
    found = []
    for pid, title in titles.items():
        above = pid
        while above in parents and above != ancestor:
            above = parents[above]
        if above == ancestor and title.startswith(BUSY):
            found.append(pid)
    return found


def _lines(path: Path) -> int:
    return path.read_bytes().count(b"\n") if path.exists() else 0


def _library(folder: Path) -> Path:
    return folder / "libraries" / "bench" / "library.sqlite"


def _counted(database: Path) -> int:
    with (
        suppress(sqlite3.Error),
        closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as db,
    ):
        return int(db.execute("SELECT count(*) FROM papers").fetchone()[0])
    return 0


def _stored(database: Path) -> list[Any]:
    with closing(sqlite3.connect(database)) as db:
        papers = db.execute("SELECT * FROM papers ORDER BY row").fetchall()
        rows = db.execute("SELECT * FROM passages ORDER BY row").fetchall()
        files = db.execute("SELECT path, fingerprint, status FROM files ORDER BY path").fetchall()
    passages = [(*row[:-1], Vector(row[-1])) for row in rows]
    return [*papers, *passages, *files]


def _answers(path: Path) -> list[Any]:
    """All answers in the order of their ids, without the time it took."""
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    for line in lines:
        del line["seconds"]
        for call in line["tool_calls"]:
            del call["seconds"]
    return sorted(lines, key=lambda line: int(line["id"]))


if __name__ == "__main__":
    raise SystemExit(main())
