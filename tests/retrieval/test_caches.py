"""The lexical cache: comes back as it went, and is left aside when anything about it is wrong."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from retort.retrieval import caches, tokens
from retort.retrieval.lexical import Ints, LexicalIndex

INDEX, MANIFEST = "lexical.safetensors", "manifest.json"


def index(*texts: str) -> LexicalIndex:
    def read(rows: Ints) -> Iterator[str]:
        return (texts[row - 1] for row in rows)

    return LexicalIndex.empty().derive(np.arange(1, len(texts) + 1, dtype=np.int64), read)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    caches.save(tmp_path, "library-1", 5, index("egfr kinase", "egfr T790M", ""))
    return tmp_path


@pytest.mark.parametrize("texts", [(), ("",), ("egfr kinase", "IL-6 and IL6", "α-synuclein")])
def test_an_index_comes_back_as_it_went(tmp_path: Path, texts: tuple[str, ...]) -> None:
    before = index(*texts)
    caches.save(tmp_path, "library-1", 5, before)
    after = caches.load(tmp_path, "library-1", 5)
    assert after is not None
    assert after.vocabulary == before.vocabulary
    for name in ("rows", "lengths", "starts", "passages", "counts"):
        one, other = getattr(after, name), getattr(before, name)
        assert one.dtype == other.dtype and np.array_equal(one, other)


def test_an_older_generation_is_of_use_and_a_newer_one_is_not(saved: Path) -> None:
    assert caches.load(saved, "library-1", 9) is not None
    assert caches.load(saved, "library-1", 4) is None


def test_the_index_of_another_library_or_rule_is_left_aside(
    saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert caches.load(saved, "library-2", 5) is None
    monkeypatch.setattr(tokens, "RULE", "another")
    assert caches.load(saved, "library-1", 5) is None


@pytest.mark.parametrize("name", [INDEX, MANIFEST])
def test_what_is_missing_truncated_or_empty_is_left_aside(saved: Path, name: str) -> None:
    content = (saved / name).read_bytes()
    for cut in (0, 1, len(content) // 2, len(content) - 1):
        (saved / name).write_bytes(content[:cut])
        assert caches.load(saved, "library-1", 5) is None
    (saved / name).unlink()
    assert caches.load(saved, "library-1", 5) is None


def test_every_flipped_bit_of_the_index_is_noticed(saved: Path) -> None:
    content = bytearray((saved / INDEX).read_bytes())
    for place in range(0, len(content), 7):
        content[place] ^= 1 << place % 8
        (saved / INDEX).write_bytes(content)
        assert caches.load(saved, "library-1", 5) is None
        content[place] ^= 1 << place % 8


@pytest.mark.parametrize("content", ["[]", "1", "{}", '{"generation": "x"}', "\x00\xff"])
def test_a_manifest_of_another_shape_is_left_aside(saved: Path, content: str) -> None:
    (saved / MANIFEST).write_text(content, encoding="latin-1")
    assert caches.load(saved, "library-1", 5) is None
    caches.discard_newer(saved, 5)
    assert caches.load(saved, "library-1", 5) is None


def test_only_an_index_ahead_of_the_library_is_discarded(saved: Path) -> None:
    caches.discard_newer(saved, 5)
    assert (saved / MANIFEST).exists()
    caches.discard_newer(saved, 4)
    assert not (saved / MANIFEST).exists()
    caches.discard_newer(saved, 4)


def test_a_failed_write_leaves_the_old_index(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError):
        caches.save(saved, "library-1", 6, index("other"))
    monkeypatch.undo()
    assert sorted(item.name for item in saved.iterdir()) == [INDEX, MANIFEST]
    found = caches.load(saved, "library-1", 6)
    assert found is not None and len(found.rows) == 3


def test_files_of_killed_runs_are_swept_when_they_are_old(saved: Path) -> None:
    old, young = saved / f".{INDEX}.aaaa", saved / f".{INDEX}.bbbb"
    for item in (old, young):
        item.write_bytes(b"half")
    os.utime(old, (1, 1))
    caches.save(saved, "library-1", 6, index("other"))
    assert not old.exists() and young.exists()
    assert json.loads((saved / MANIFEST).read_text())["generation"] == 6
