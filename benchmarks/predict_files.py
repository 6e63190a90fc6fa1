"""Whole files through ``retort predict --input``: rows a second, memory, and hostile files.

    python benchmarks/predict_files.py [--rows 1000 --rows 100000] [--workers N] [--endpoint NAME]
    python benchmarks/predict_files.py --hostile

Uses the shipped checkpoints, in new processes, as a user does. Structures are drawn from
``molecules/pretrain_union``. Memory is the resident set of the command and its worker processes,
together, at its highest; pages that they share count for each of them.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

PEPTIDE = "N[C@@H](C)C(=O)"
COMMAND = [sys.executable, "-m", "retort.ui.cli", "predict"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--rows", type=int, action="append")
    parser.add_argument("--workers", type=int)
    parser.add_argument("--endpoint", action="append", default=[])
    parser.add_argument("--hostile", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if options.hostile:
            hostile(Path(folder))
            return 0
        union = options.data / "molecules" / "pretrain_union" / "smiles_union.txt.gz"
        if not union.exists():
            print(f"Skipped: no molecules/pretrain_union under {options.data}.")
            return 0
        found = [latency()]
        for rows in options.rows or [1_000, 100_000]:
            found.append(throughput(union, Path(folder), rows, options.workers, options.endpoint))
    if options.json:
        print(json.dumps(found))
        return 0
    for row in found:
        print("; ".join(f"{name} {value:,}" for name, value in row.items()))
    return 0


def latency() -> dict[str, float]:
    """Seconds to load, and milliseconds for one new molecule with all endpoints, once warm."""
    from retort.tools.predictors import Predictors

    started = time.perf_counter()
    predictors = Predictors.load()
    loaded = time.perf_counter() - started
    times = []
    for size in range(1, 40):
        started = time.perf_counter()
        predictors.predict([f"{'C' * size}c1ccc(NC(=O)C)cc1"])
        times.append(time.perf_counter() - started)
    return {
        "load s": round(loaded, 2),
        "first molecule ms": round(1000 * times[0], 1),
        "one molecule ms (median)": round(1000 * statistics.median(times[1:]), 1),
    }


def throughput(
    union: Path, folder: Path, rows: int, workers: int | None, endpoints: list[str]
) -> dict[str, float]:
    """Rows a second and the highest memory of one run over a file, and of a run that finds it
    done.
    """
    source, output = folder / f"{rows}.csv", folder / f"{rows}.out.csv"
    with source.open("w", encoding="utf-8") as file:
        file.write("id,smiles\n")
        file.writelines(f"{n},{smiles}\n" for n, smiles in enumerate(drawn(union, rows)))
    command = [*COMMAND, "--input", str(source), "--output", str(output)]
    command += ["--workers", str(workers)] if workers else []
    for endpoint in endpoints:
        command += ["--endpoint", endpoint]
    seconds, memory = watched(command)
    again, _ = watched(command)
    return {
        "rows": rows,
        "seconds": round(seconds, 1),
        "rows/s": round(rows / seconds, 1),
        "peak MB": round(memory / 1e6),
        "output MB": round(output.stat().st_size / 1e6, 1),
        "run over a finished file s": round(again, 1),
    }


def drawn(union: Path, rows: int) -> Iterator[str]:
    """Structures from all over the file, the same ones every time."""
    with gzip.open(union, "rt", encoding="ascii") as file:
        lines = file.read().split()
    pick = random.Random(0)
    return (pick.choice(lines) for _ in range(rows))


def watched(command: list[str]) -> tuple[float, int]:
    """Seconds of a command, and the highest sum of resident memory of it and its children."""
    started, highest = time.perf_counter(), 0
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None:
        highest = max(highest, sum(map(resident, [process.pid, *children(process.pid)])))
        time.sleep(0.2)
    return time.perf_counter() - started, highest


def resident(pid: int) -> int:
    """Bytes of resident memory; 0 where the system does not tell."""
    with contextlib.suppress(OSError, IndexError):
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return 0


def children(pid: int) -> list[int]:
    found: list[int] = []
    with contextlib.suppress(OSError):
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            found += [int(child), *children(int(child))]
    return found


def hostile(folder: Path) -> None:
    """What each file that is out of the ordinary gives: exit code, output rows, last words."""
    table = "id,smiles\n1,CCO\n"
    smiles = {
        "invalid": "C1CC(",
        "salt": "CC(=O)[O-].[Na+]",
        "peptide of 60 atoms": PEPTIDE * 12 + "O",
        "peptide of 600 atoms": PEPTIDE * 120 + "O",
        "peptide of 2,000 atoms": PEPTIDE * 400 + "O",
        "metal complex": "N[Pt](N)(Cl)Cl",
        "ferrocene": "[Fe+2].c1cc[cH-]c1.c1cc[cH-]c1",
        "polymer": "*CC(c1ccccc1)*",
        "reaction": "CCO>>CC=O",
        "chain of 900 atoms": "C" * 900,
        "text of 100,000 signs": "C" * 100_000,
        "NUL": "CC\0O",
        "empty": "",
    }
    files: dict[str, bytes] = {
        **{f"structure: {name}": f"{table}2,{text}\n".encode() for name, text in smiles.items()},
        "an empty line": b"id,smiles\n1,CCO\n\n2,CC\n",
        "wrong column": b"id,molecule\n1,CCO\n",
        "a cell of 200,000 signs": f"{table}2,{'C' * 200_000}\n".encode(),
        "not UTF-8": "id,smiles,note\n1,CCO,\u00b5g/ml\n".encode("cp1252"),
        "not UTF-8 far down": (table + "1,CCO\n" * 20_000).encode() + b"\xb5,CC\n",
        "UTF-16": table.encode("utf-16"),
        "gzip named .csv": gzip.compress(table.encode()),
        "Excel named .csv": b"PK\x03\x04\x14\x00\x06\x00xl/workbook.xml" + b"\0" * 60,
        "old Excel named .csv": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
        "NUL bytes": b"id,smiles\n\0\0\0\0,CCO\n",
        "only NUL bytes": b"\0" * 4096,
        "a column called like ours": b"error,smiles,predicted_herg\nx,CCO,y\n",
        "duplicate names": b"id,id,smiles\n1,2,CCO\n",
        "two columns of structures": b"smiles,smiles\nCCO,CC\n",
        "no rows": b"id,smiles\n",
        "nothing": b"",
        "a quotation mark that never ends": f'{table}2,"CC\n'.encode() + b"3,CC\n" * 40_000,
        "a folder": b"",
    }  # fmt: skip
    for number, (name, content) in enumerate(files.items()):
        source = folder / f"{number}.csv"
        if name == "a folder":
            source.mkdir()
        else:
            source.write_bytes(content)
        tell(name, source, folder / f"{number}.out.csv")
    source = folder / "0.csv"
    readonly = folder / "readonly"
    readonly.mkdir(mode=0o500)
    tell("output in a read-only folder", source, readonly / "out.csv")
    tell("output where nobody can write", source, Path("/proc/out.csv"))
    tell("output under a file", source, source / "out.csv")
    tell("output is a folder", source, readonly)
    tell("output on a full disk", source, Path("/dev/full"))
    huge = folder / "huge.csv"
    with huge.open("w") as file:
        file.write("id,text,smiles\n")
        for at in range(200_000):
            file.write(f"{at},{'x' * 1000},{'C' * (at % 3)}(\n")
    tell(f"a file of {huge.stat().st_size / 1e6:.0f} MB", huge, folder / "huge.out.csv")


def tell(name: str, source: Path, output: Path) -> None:
    command = [*COMMAND, "--input", str(source), "--output", str(output), "--endpoint", "herg"]
    started = time.perf_counter()
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - started
    print(f"{name}: exit {ended.returncode}, {seconds:.1f} s")
    if output.is_file():
        with output.open(encoding="utf-8") as file:
            rows = [line.rstrip("\n") for line in file][:5]
        print(*(f"    | {row[:60]} ... {row[-110:]}" for row in rows[1:]), sep="\n")
    print(*(f"    {line[:160]}" for line in ended.stderr.splitlines()), sep="\n", flush=True)


if __name__ == "__main__":
    sys.exit(main())
