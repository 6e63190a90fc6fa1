"""Fingerprinting all structures of a dump: in parts, on several processes, to be gone on with.

Each part is a file of its own, so a build that was interrupted goes on where it ended. When all
are there they become the arrays of ``fingerprints.Structures``. Knows no search.
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
import threading
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from pathlib import Path

import numpy as np

from retort.retrieval.errors import RetortError
from retort.tools.chembl import reading
from retort.tools.chembl.database import Database
from retort.tools.chembl.fingerprints import WORDS, Part, Structures, describe
from retort.tools.chembl.sidefile import Advance, Place

PART = 20_000
"""structures in one part: some ten seconds of one process"""


def count(db: Database) -> int:
    """How many structures a file holds for a search."""
    return int(db.rows(f"SELECT COUNT(*) FROM ({_PARENTS.format(**_names(db))})")[0][0])


def described(db: Database) -> Structures:
    """All structures of a small file, in memory."""
    return Structures.of([describe(rows) for rows in _parts(db)] or [describe([])])


def build_fingerprints(
    db: Database,
    place: Place,
    processes: int,
    advance: Advance,
    stop: threading.Event | None = None,
) -> Path | None:
    """Write the fingerprints of a dump; nothing is done where they are there.

    Args:
        db: the dump.
        place: where they go.
        processes: how many work at a time.
        advance: called after each part.
        stop: ends the build after the parts in work; a further build goes on from there.

    Returns:
        The folder; None where it was stopped.

    Raises:
        RetortError: the folder cannot be written, or the disk is full.
    """
    if place.fingerprints.is_dir():
        return place.fingerprints
    parts = place.folder / f"parts-{place.stamp}"
    try:
        parts.mkdir(parents=True, exist_ok=True)
        if not _describe_parts(db, parts, processes, advance, stop):
            return None
        _assemble(parts, place.fingerprints)
        shutil.rmtree(parts, ignore_errors=True)
        place.drop_others()
    except OSError as error:
        raise RetortError(
            f"Cannot write the fingerprints of {db.path} to {place.folder}.",
            f"{error}.",
            "Make room there, or set RETORT_HOME to a folder that can be written; "
            "then run again: retort chembl index",
        ) from error
    return place.fingerprints


def _describe_parts(
    db: Database, folder: Path, processes: int, advance: Advance, stop: threading.Event | None
) -> bool:
    """Write every part that is missing; whether all are there."""
    total = -(-count(db) // PART)
    done = 0
    working: dict[Future[Part], Path] = {}
    with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn")) as pool:

        def collect() -> None:
            nonlocal done
            for future in wait(working, return_when=FIRST_COMPLETED).done:
                _save(future.result(), working.pop(future))
                done += 1
                advance(done, total, "")

        for number, rows in enumerate(_parts(db)):
            path = folder / f"{number:05}.npz"
            if path.is_file():
                done += 1
                continue
            if stop is not None and stop.is_set():
                break
            working[pool.submit(describe, rows)] = path
            if len(working) > processes:
                collect()
        while working:
            collect()
    return done == total


_PARENTS = (
    "SELECT c.molregno, m.chembl_id, c.canonical_smiles AS smiles FROM compound_structures c "
    "JOIN molecule_dictionary m ON m.molregno = c.molregno {join} "
    "WHERE c.canonical_smiles IS NOT NULL AND {parent}"
)
"""each parent once; a salt only where its parent has no structure"""


def _names(db: Database) -> dict[str, str]:
    if not db.has("molecule_hierarchy"):
        return {"join": "", "parent": "1"}
    return {
        "join": "LEFT JOIN molecule_hierarchy h ON h.molregno = c.molregno "
        "LEFT JOIN compound_structures p ON p.molregno = h.parent_molregno",
        "parent": "(h.parent_molregno IS c.molregno OR p.canonical_smiles IS NULL)",
    }


def _parts(db: Database) -> Iterator[list[tuple[int, int, str]]]:
    """The structures by rising molregno, ``PART`` at a time."""
    if not db.has("compound_structures", "canonical_smiles"):
        return
    last = -1
    while True:
        rows = db.rows(
            f"{_PARENTS.format(**_names(db))} AND c.molregno > ? ORDER BY c.molregno LIMIT ?",
            (last, PART),
        )
        if not rows:
            return
        last = rows[-1]["molregno"]
        yield [
            (row["molregno"], reading.id_number(row["chembl_id"]), reading.text(row["smiles"]))
            for row in rows
        ]


def _save(part: Part, path: Path) -> None:
    fresh = path.with_suffix(".fresh.npz")
    np.savez(
        fresh,
        morgan=part.morgan,
        pattern=part.pattern,
        molregnos=part.molregnos,
        numbers=part.numbers,
        smiles=np.array(part.smiles, dtype=np.bytes_),
    )
    os.replace(fresh, path)


def _assemble(parts: Path, folder: Path) -> None:
    """The parts as one set of arrays, in the order of their Morgan bits."""
    fresh = parts / "whole"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir()
    paths = sorted(parts.glob("[0-9]*.npz"))
    loaded = [np.load(path) for path in paths]
    counts = np.concatenate(
        [np.bitwise_count(part["morgan"]).sum(axis=1, dtype=np.uint16) for part in loaded]
    )
    order = np.argsort(counts, kind="stable")
    seat = np.empty_like(order)
    seat[order] = np.arange(len(order))
    np.save(fresh / "counts.npy", counts[order])
    for name in ("molregnos", "numbers"):
        np.save(fresh / f"{name}.npy", np.concatenate([part[name] for part in loaded])[order])
    for name in ("morgan", "pattern"):
        whole = np.lib.format.open_memmap(
            fresh / f"{name}.npy", mode="w+", dtype=np.uint64, shape=(WORDS, len(order))
        )
        start = 0
        for part in loaded:
            words = part[name]
            whole[:, seat[start : start + len(words)]] = words.T
            start += len(words)
        whole.flush()
    texts = np.concatenate([part["smiles"].astype(object) for part in loaded])[order]
    np.save(fresh / "smiles.npy", np.frombuffer(b"".join(texts), dtype=np.uint8))
    np.save(fresh / "ends.npy", np.cumsum([len(text) for text in texts], dtype=np.int64))
    os.replace(fresh, folder)
