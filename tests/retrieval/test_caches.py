"""The caches on disk: they come back as they went, and are left aside where anything is wrong."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from retort.retrieval import caches, segments, tokens, vectors
from retort.retrieval.arrays import ArrayFile, DamagedError, drafting
from retort.retrieval.caches import MANIFEST, POSTINGS, VECTORS, Part, Saved
from retort.retrieval.segments import Segment
from retort.retrieval.vectors import VectorPart

NOTHING = np.zeros(0, np.int64)


def part(*texts: str, first: int = 1) -> Part:
    rows = np.arange(first, first + len(texts), dtype=np.int64)
    values = np.random.default_rng(first).standard_normal((len(texts), 8)).astype(np.float16)
    return Part(segments.count(rows, rows, texts), vectors=VectorPart(values))


def save(folder: Path, *parts: Part, generation: int = 5) -> None:
    caches.save(folder, "library-1", "encoder-1", generation, parts, NOTHING)


def load(folder: Path, generation: int = 5) -> Saved | None:
    return caches.load(folder, "library-1", "encoder-1", generation)


def file(folder: Path, suffix: str) -> Path:
    """The one cache file of this kind."""
    if suffix == MANIFEST:
        return folder / MANIFEST
    (found,) = folder.glob(f"index-*{suffix}")
    return found


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    save(tmp_path, part("egfr kinase", "egfr T790M", ""))
    return tmp_path


def test_segments_come_back_as_they_went(tmp_path: Path) -> None:
    before = [part("egfr kinase", "IL-6 and IL6", "α-synuclein"), part("", first=4)]
    caches.save(tmp_path, "library-1", "encoder-1", 5, before, np.array([2]))
    after = load(tmp_path, 9)
    assert after is not None and after.generation == 5 and after.removed.tolist() == [2]
    for one, other in zip(before, after.parts, strict=True):
        for name in Segment.__slots__:
            left, right = getattr(one.segment, name)[:], getattr(other.segment, name)[:]
            assert left.dtype == right.dtype and np.array_equal(left, right)
        held = caches.load_vectors(tmp_path, other)
        assert one.vectors is not None and held is not None
        assert np.array_equal(held.vectors[:], one.vectors.vectors[:])
    assert caches.damaged(tmp_path) == []
    assert caches.describe(tmp_path)["passages"] == 3


def test_a_newer_generation_another_library_or_rule_is_left_aside(
    saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert load(saved, 9) is not None and load(saved, 4) is None
    assert caches.load(saved, "library-2", "encoder-1", 5) is None
    other = caches.load(saved, "library-1", "encoder-2", 5)
    assert other is not None and caches.load_vectors(saved, other.parts[0]) is None
    monkeypatch.setattr(tokens, "RULE", "another")
    assert load(saved) is None


@pytest.mark.parametrize("suffix", [POSTINGS, VECTORS, MANIFEST])
def test_what_is_missing_truncated_or_longer_is_noticed_at_once(saved: Path, suffix: str) -> None:
    at = file(saved, suffix)
    content = at.read_bytes()

    def usable() -> bool:
        found = load(saved)
        return found is not None and caches.load_vectors(saved, found.parts[0]) is not None

    assert usable()
    for wrong in (b"", content[:1], content[: len(content) // 2], content[:-1], content + b"1"):
        at.write_bytes(wrong)
        assert not usable()
        assert caches.damaged(saved) == [at.name]
    at.unlink()
    assert not usable()


@pytest.mark.parametrize("suffix", [POSTINGS, VECTORS, MANIFEST])
def test_every_flipped_bit_is_noticed_before_it_is_used(saved: Path, suffix: str) -> None:
    at = file(saved, suffix)
    content = bytearray(at.read_bytes())
    for place in range(0, len(content), 5):
        content[place] ^= 1 << place % 8
        at.write_bytes(content)
        assert caches.damaged(saved) == [at.name]
        if (found := load(saved)) is not None:
            assert caches.load_vectors(saved, found.parts[0]) is None
        content[place] ^= 1 << place % 8


def test_a_block_is_checked_when_it_is_read_and_others_are_not(tmp_path: Path) -> None:
    values = np.arange(100_000, dtype=np.int64).reshape(-1, 4)
    with drafting(tmp_path, "a") as draft:
        draft.allocate("first", (3,), np.uint8)[:] = 7
        draft.allocate("values", values.shape, np.int64)[:] = values
        layout = draft.publish()
    content = bytearray((tmp_path / "a").read_bytes())
    content[400_000] ^= 4
    (tmp_path / "a").write_bytes(content)
    column = ArrayFile(tmp_path, layout).column("values")
    assert np.array_equal(column[:9000], values[:9000])
    assert np.array_equal(column[np.array([24_999, 0, 3])], values[[24_999, 0, 3]])
    for places in (slice(12_000, 13_000), np.array([12_499]), slice(None)):
        with pytest.raises(DamagedError):
            ArrayFile(tmp_path, layout).column("values")[places]


def test_rows_that_span_two_blocks_are_checked_in_both(tmp_path: Path) -> None:
    with drafting(tmp_path, "a") as draft:
        draft.allocate("values", (3, 60_000), np.uint8)[:] = 1
        layout = draft.publish()
    content = bytearray((tmp_path / "a").read_bytes())
    content[119_999] ^= 1
    (tmp_path / "a").write_bytes(content)
    column = ArrayFile(tmp_path, layout).column("values")
    assert column[np.array([0])].all()
    with pytest.raises(DamagedError):
        column[np.array([1])]


@pytest.mark.parametrize("content", ["[]", "1", "{}", '{"generation": "x"}', "\x00\xff"])
def test_a_manifest_of_another_shape_is_left_aside(saved: Path, content: str) -> None:
    (saved / MANIFEST).write_text(content, encoding="latin-1")
    assert load(saved) is None
    assert caches.describe(saved) == {}
    caches.discard_newer(saved, 5)
    assert not (saved / MANIFEST).exists()


def test_only_indexes_ahead_of_the_library_are_discarded(saved: Path) -> None:
    caches.discard_newer(saved, 5)
    assert (saved / MANIFEST).exists()
    caches.discard_newer(saved, 4)
    assert not (saved / MANIFEST).exists()
    caches.discard_newer(saved, 4)


def test_a_failed_write_leaves_the_old_indexes(
    saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = sorted(item.name for item in saved.iterdir())

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    for call in ("fsync", "replace", "posix_fallocate"):
        monkeypatch.setattr(os, call, full)
        with pytest.raises(OSError):
            save(saved, part("other"), generation=6)
        monkeypatch.undo()
        assert sorted(item.name for item in saved.iterdir()) == names
        found = load(saved, 6)
        assert found is not None and len(found.parts[0].segment.rows) == 3


def test_files_no_longer_named_are_removed_and_those_of_killed_runs_when_old(saved: Path) -> None:
    before = {item.name for item in saved.glob("index-*")}
    old, young = saved / ".index-1.aaaa", saved / ".index-1.bbbb"
    for item in (old, young):
        item.write_bytes(b"half")
    os.utime(old, (1, 1))
    save(saved, part("other"), generation=6)
    assert not old.exists() and young.exists()
    assert not before & {item.name for item in saved.iterdir()}
    assert json.loads((saved / MANIFEST).read_text())["generation"] == 6


def test_a_damaged_segment_takes_those_after_it_along(tmp_path: Path) -> None:
    save(tmp_path, part("one"), part("two", first=2), part("three", first=3))
    manifest: dict[str, Any] = json.loads((tmp_path / MANIFEST).read_bytes())
    (tmp_path / manifest["parts"][1]["postings"]["file"]).write_bytes(b"")
    found = load(tmp_path)
    assert found is not None and found.generation == -1
    assert [p.segment.rows.tolist() for p in found.parts] == [[1]]


def test_an_inverted_file_comes_back_with_its_recall(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vectors, "EXACT_UP_TO", 50)
    monkeypatch.setattr(vectors, "_GATHERED", 0)
    values = np.random.default_rng(0).standard_normal((300, 8)).astype(np.float32)
    values /= np.linalg.norm(values, axis=1, keepdims=True)
    made = part(*(f"text {n}" for n in range(300)))

    def fill(room: np.ndarray) -> None:
        room[:] = values

    caches.write_vectors(tmp_path, made, values.shape, fill)
    save(tmp_path, made)
    found = load(tmp_path)
    assert found is not None
    held = caches.load_vectors(tmp_path, found.parts[0])
    assert held is not None and held.lists is not None and made.vectors is not None
    assert held.lists.recall >= vectors.WANTED_RECALL
    assert caches.describe(tmp_path)["recall_at_100"] == held.lists.recall
    for one, other in zip(
        held.search(values[:5], 10, None), made.vectors.search(values[:5], 10, None), strict=True
    ):
        assert sorted(one) == sorted(other)
