from __future__ import annotations

import gzip
import threading
from pathlib import Path

import numpy as np
import pytest

from retort.retrieval.errors import RetortError
from retort.tools.predictors import featurise
from retort.tools.predictors.smiles import tokens
from retort.tools.predictors.training import corpus
from retort.tools.predictors.training.corpus import Corpus
from retort.tools.structures import molecule_from_smiles

STRINGS = (
    *("CCO", "OCC", "CC(=O)[O-].[Na+]", "c1ccccc1O", "CCN", "CCCl", "CC#N", "c1ccncc1"),
    *("CCc1ccccc1", "C1CC(", "C" * 200, "CC(C)Cc1ccc(cc1)C(C)C(=O)O"),
)
HELD_OUT = frozenset(featurise.structure_keys(molecule_from_smiles("CCc1ccccc1")))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "union.txt.gz"
    path.write_bytes(gzip.compress("\n".join(STRINGS).encode()))
    return path


@pytest.fixture(autouse=True)
def small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corpus, "SHARD", 5)


def build(source: Path, work: Path, **settings: object) -> Corpus | None:
    return corpus.build(source, HELD_OUT, work, 100, processes=1, **settings)  # type: ignore[arg-type]


def test_parents_are_canonical_each_once_and_none_is_held_out(source: Path, tmp_path: Path) -> None:
    made = build(source, tmp_path / "work")
    assert made is not None
    assert set(made.smiles) == {
        *("CCO", "CC(=O)O", "Oc1ccccc1", "CCN", "CCCl", "CC#N", "c1ccncc1"),
        "CC(C)Cc1ccc(C(C)C(=O)O)cc1",
    }
    assert made.targets.shape == (8, len(featurise.descriptor_names()))
    assert made.targets.dtype == np.float16
    targets = np.asarray(made.targets, dtype=np.float64)
    np.testing.assert_allclose(targets.mean(0), 0.0, atol=2e-3)
    assert max(len(tokens.split(text)) for text in made.smiles) <= corpus.MAX_TOKENS
    card = (tmp_path / "work" / "corpus.json").read_text(encoding="utf-8")
    for told in ('"held out": 1', '"too long": 1', '"unreadable": 1', '"duplicate": 1'):
        assert told in card


def test_targets_are_the_descriptors_of_the_molecule(source: Path, tmp_path: Path) -> None:
    made = build(source, tmp_path / "work")
    assert made is not None
    weight = made.targets[:, made.names.index("MolWt")]
    assert made.smiles[int(weight.argmax())] == "CC(C)Cc1ccc(C(C)C(=O)O)cc1"


def test_a_run_that_was_stopped_goes_on_to_the_same_corpus(source: Path, tmp_path: Path) -> None:
    stop = threading.Event()
    stop.set()
    assert build(source, tmp_path / "work", stop=stop) is None
    assert len(list((tmp_path / "work").glob("shard-*.npz"))) < 3
    told: list[tuple[int, int]] = []
    resumed = build(
        source, tmp_path / "work", advance=lambda done, total, _: told.append((done, total))
    )
    unbroken = build(source, tmp_path / "other")
    assert resumed is not None and unbroken is not None
    assert resumed.smiles == unbroken.smiles
    assert told[0][0] > 1 and told[-1] == (3, 3)


def test_another_seed_needs_another_folder(source: Path, tmp_path: Path) -> None:
    build(source, tmp_path / "work")
    with pytest.raises(RetortError, match="another source"):
        build(source, tmp_path / "work", seed=1)


def test_a_missing_source_or_corpus_is_told(tmp_path: Path) -> None:
    with pytest.raises(RetortError, match="is missing"):
        build(tmp_path / "none.gz", tmp_path / "work")
    with pytest.raises(RetortError, match="no whole corpus"):
        Corpus.load(tmp_path)


def test_extreme_descriptors_are_drawn_in() -> None:
    raw = np.zeros((2001, 2), dtype=np.float32)
    raw[:, 0] = np.arange(2001)
    raw[0, 0] = 1e6
    targets = corpus.Scale.of(("a", "b"), raw).apply(raw)
    assert np.abs(targets).max() < 2.0
    assert not targets[:, 1].any()
