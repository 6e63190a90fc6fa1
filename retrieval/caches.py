"""The indexes on disk: caches that save a start from reading every text and vector again.

Each segment has two files, one of postings and one of vectors, which are written once under a name
of their own; a manifest says which of them make up the library as of one generation. Whatever is
missing, damaged or of another library is not loaded: it can be made again. Files are written to a
temporary name, flushed to the disk, then moved into place; the manifest comes last, so a kill at
any moment leaves the old indexes or the new ones.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import time
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retort.retrieval import segments, tokens, vectors
from retort.retrieval.arrays import (
    ArrayFile,
    DamagedError,
    Draft,
    Layout,
    drafting,
    replace,
)
from retort.retrieval.segments import Segment
from retort.retrieval.vectors import Lists, VectorPart

MANIFEST = "manifest.json"
POSTINGS, VECTORS = ".postings", ".vectors"
_FORMAT = 4
_LEFT_BEHIND_SECONDS = 3600

Ints = NDArray[np.int64]


@dataclass(slots=True)
class Part:
    """A segment, its vectors once they were needed, and the files both stand in, if they do."""

    segment: Segment
    postings_file: Layout | None = None
    vectors: VectorPart | None = None
    vectors_file: Layout | None = None
    lists: dict[str, Any] | None = None
    """number of lists, probes and measured recall of an inverted file among the vectors"""


@dataclass(frozen=True, slots=True)
class Saved:
    """The indexes as of one generation."""

    generation: int
    parts: tuple[Part, ...]
    removed: Ints
    """rows of their segments that are no longer in the library"""


def save(
    folder: Path,
    library: str,
    encoder: str,
    generation: int,
    parts: Sequence[Part],
    removed: Ints,
) -> None:
    """Write the indexes of a library (by its unique id) as of a generation.

    Raises:
        OSError: they cannot be written; those that were there stay.
    """
    before = _files(_manifest(folder))
    for part in parts:
        _write(folder, part)
    manifest = {
        "format": _FORMAT,
        "library": library,
        "rule": tokens.RULE,
        "encoder": encoder,
        "generation": generation,
        "passages": sum(len(part.segment.rows) for part in parts) - len(removed),
        "parts": [
            {"postings": part.postings_file, "vectors": part.vectors_file, "lists": part.lists}
            for part in parts
        ],
        "removed": removed.tolist(),
    }
    manifest["sha256"] = _digest(manifest)
    replace(folder / MANIFEST, json.dumps(manifest).encode())
    _sweep(folder, before, _files(manifest))


def load(folder: Path, library: str, encoder: str, generation: int) -> Saved | None:
    """The indexes that were saved last for this library, as far as they are usable.

    They may be of any generation up to the given one: what changed since is derived from them.
    """
    manifest = _manifest(folder)
    if (
        manifest is None
        or (manifest["library"], manifest["rule"]) != (library, tokens.RULE)
        or manifest["generation"] > generation
    ):
        return None
    parts = []
    for entry in manifest["parts"]:
        try:
            segment = segments.opened(ArrayFile(folder, entry["postings"]))
        except DamagedError:
            break  # what follows would come before what is made anew
        part = Part(segment, entry["postings"])
        if manifest["encoder"] == encoder:
            part.vectors_file, part.lists = entry["vectors"], entry["lists"]
        parts.append(part)
    if not parts:
        return None
    whole = len(parts) == len(manifest["parts"])
    removed = np.array(manifest["removed"], np.int64)
    return Saved(manifest["generation"] if whole else -1, tuple(parts), removed)


def load_vectors(folder: Path, part: Part) -> VectorPart | None:
    """The vectors of a part from its file; None if there is none or it is damaged."""
    if part.vectors_file is None:
        return None
    try:
        return _open_vectors(folder, part.vectors_file, part.lists)
    except DamagedError:
        return None


def write_vectors(folder: Path, part: Part, shape: tuple[int, int], fill: Any) -> None:
    """Write the vectors of a part straight into a file, with lists over them if they are many.

    Args:
        shape: (n, d).
        fill: called with a zeroed (n, d) float16 array.

    Raises:
        OSError: they cannot be written.
    """
    with drafting(folder, _new_name(VECTORS)) as draft:
        values = draft.allocate("vectors", shape, np.float16)
        fill(values)
        lists = vectors.make_lists(values) if shape[0] > vectors.EXACT_UP_TO else None
        _finish_vectors(draft, part, lists)
    assert part.vectors_file is not None
    part.vectors = _open_vectors(folder, part.vectors_file, part.lists)


def merged(folder: Path, parts: Sequence[tuple[Segment, NDArray[np.bool_]]]) -> Part:
    """Merge segments straight into a file.

    Raises:
        OSError: it cannot be written.
    """
    with drafting(folder, _new_name(POSTINGS)) as draft:
        segments.merge(parts, draft.allocate)
        layout = draft.publish()
    return Part(segments.opened(ArrayFile(folder, layout)), layout)


def exist(folder: Path) -> bool:
    """Whether indexes were ever written here."""
    return (folder / MANIFEST).exists()


def describe(folder: Path) -> dict[str, Any]:
    """What the saved indexes are, for the owner of the library; empty where there are none."""
    manifest = _manifest(folder)
    if manifest is None:
        return {}
    lists = [entry["lists"] for entry in manifest["parts"] if entry["lists"]]
    return {
        "generation": manifest["generation"],
        "passages": manifest["passages"],
        "segments": len(manifest["parts"]),
        "vectors": "approximate" if lists else "exact",
        "recall_at_100": min((entry["recall"] for entry in lists), default=1.0),
    }


def damaged(folder: Path) -> list[str]:
    """Read every byte of the saved indexes: the names of the files that are not as written."""
    if not exist(folder):
        return []
    manifest = _manifest(folder)
    if manifest is None:
        return [MANIFEST]
    found = []
    for layout in _layouts(manifest):
        try:
            ArrayFile(folder, layout).check_all()
        except DamagedError:
            found.append(layout["file"])
    return found


def discard_newer(folder: Path, generation: int) -> None:
    """Remove indexes of a generation that the library has not reached."""
    manifest = _manifest(folder)
    if manifest is None or manifest["generation"] > generation:
        (folder / MANIFEST).unlink(missing_ok=True)


def _write(folder: Path, part: Part) -> None:
    """Give the part files where it has none, or lost them."""
    if part.postings_file is None or not (folder / part.postings_file["file"]).exists():
        with drafting(folder, _new_name(POSTINGS)) as draft:
            segments.copied(part.segment, draft.allocate)
            part.postings_file = draft.publish()
    held = part.vectors
    if held and (part.vectors_file is None or not (folder / part.vectors_file["file"]).exists()):
        with drafting(folder, _new_name(VECTORS)) as draft:
            draft.allocate("vectors", held.vectors.shape, np.float16)[:] = held.vectors[:]
            _finish_vectors(draft, part, held.lists)


def _finish_vectors(draft: Draft, part: Part, lists: Lists | None) -> None:
    part.lists = None
    if lists:
        content = vectors.packed(lists)
        draft.allocate("lists", content.shape, np.uint8)[:] = content
        part.lists = {"lists": lists.lists, "probes": lists.probes, "recall": lists.recall}
    part.vectors_file = draft.publish()


def _open_vectors(folder: Path, layout: Layout, lists: dict[str, Any] | None) -> VectorPart:
    file = ArrayFile(folder, layout)
    inverted = vectors.unpacked(file.array("lists"), **lists) if lists else None
    return VectorPart(file.column("vectors"), inverted)


def _new_name(suffix: str) -> str:
    return f"index-{uuid.uuid4().hex[:12]}{suffix}"


def _manifest(folder: Path) -> dict[str, Any] | None:
    """The manifest, if it is as it was written."""
    try:
        manifest = json.loads((folder / MANIFEST).read_bytes())
    except (OSError, ValueError):
        return None
    if not isinstance(manifest, dict) or manifest.get("format") != _FORMAT:
        return None
    return manifest if manifest.pop("sha256", None) == _digest(manifest) else None


def _digest(manifest: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()


def _layouts(manifest: dict[str, Any]) -> Iterable[Layout]:
    for entry in manifest["parts"]:
        yield from (layout for layout in (entry["postings"], entry["vectors"]) if layout)


def _files(manifest: dict[str, Any] | None) -> set[str]:
    return {layout["file"] for layout in _layouts(manifest)} if manifest else set()


def _sweep(folder: Path, before: set[str], now: set[str]) -> None:
    """Remove the files that the manifest no longer names, and those that runs left when killed."""
    for item in (*folder.glob("index-*"), *folder.glob(".index-*"), *folder.glob(f".{MANIFEST}.*")):
        with contextlib.suppress(OSError):
            is_old = time.time() - item.stat().st_mtime > _LEFT_BEHIND_SECONDS
            if item.name not in now and (item.name in before or is_old):
                item.unlink()
