"""The head: its file, what it refuses, and that the shipped weights say what they said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from retort.agent.verdicts import head
from retort.agent.verdicts.head import Head, tokenizer
from retort.agent.verdicts.labels import LABELS
from retort.agent.verdicts.network import Network
from retort.agent.verdicts.pairs import Pair
from retort.agent.verdicts.signs import SIGNS, signs
from retort.agent.verdicts.train import calibrate, pooled_logits, raw_logits, read
from retort.retrieval import minilm
from retort.retrieval.errors import RetortError

PAIRS = [
    ("CYP2C9*3 carriers need lower doses.", "Carriers of CYP2C9*3 needed lower doses than others."),
    (
        "CYP2C9*3 carriers need lower doses.",
        "Carriers of CYP2C9*3 needed higher doses than others.",
    ),
    ("CYP2C9*3 carriers need lower doses.", "The crystal structure of EGFR was solved at 2.6 A."),
]


@pytest.fixture(scope="module")
def encoder() -> dict[str, torch.Tensor]:
    return minilm.weights(minilm.folder())


def inputs() -> tuple[torch.Tensor, ...]:
    seen = torch.from_numpy(np.stack([signs(*pair) for pair in PAIRS]))
    return (*tokenizer(minilm.folder())(PAIRS), seen)


def test_what_was_learnt_is_read_back(encoder: dict[str, torch.Tensor], tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = Network(encoder).eval()
    with torch.no_grad():
        for update in network.up.values():
            update.normal_(std=0.02)
        wanted = network(*inputs()).softmax(1).numpy()
    path = tmp_path / "head.safetensors"
    save_file(network.arrays(), path, {"encoder": minilm.SHA256})
    assert np.allclose(Head(path).probabilities(PAIRS), wanted, atol=0.01)  # float16 on disk


def test_the_upper_layers_without_updates_are_the_encoders(
    encoder: dict[str, torch.Tensor],
) -> None:
    ids, types, mask, _ = inputs()
    network = Network(encoder).eval()
    with torch.no_grad():
        x = network.lower(ids, types * 0, mask)
        for number in range(3, minilm.LAYERS):
            x = minilm.layer(encoder, number, x, mask, network._adapted)
        own = minilm.mean_of_tokens(x, mask)
    assert torch.allclose(own, minilm.forward(encoder, ids, mask), atol=1e-5)


@pytest.mark.parametrize("metadata", [{"encoder": "other"}, None])
def test_weights_of_another_encoder_are_refused(
    tmp_path: Path, metadata: dict[str, str] | None
) -> None:
    path = tmp_path / "head.safetensors"
    save_file({"x": torch.zeros(1)}, path, metadata)
    with pytest.raises(RetortError, match="another encoder"):
        Head(path)


@pytest.mark.parametrize("content", [None, b"", b"not a safetensors file"])
def test_a_file_that_cannot_be_read_is_an_error_of_ours(
    tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "head.safetensors"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(RetortError, match="Cannot read"):
        Head(path)


def test_without_torch_there_is_no_head(monkeypatch: pytest.MonkeyPatch) -> None:
    head._load.cache_clear()
    monkeypatch.setattr(head, "find_spec", lambda name: None)
    assert head.shared() is None
    head._load.cache_clear()


def test_the_shipped_head_is_small_and_judges() -> None:
    assert head.WEIGHTS.stat().st_size < 5_000_000
    found = Head().probabilities(PAIRS)
    assert np.allclose(found.sum(axis=1), 1.0)
    assert found.argmax(axis=1).tolist() == [0, 1, 2]


def test_no_pairs_are_no_rows() -> None:
    assert Head().probabilities([]).shape == (0, 3)


def test_calibration_learns_from_the_rules_what_the_network_does_not_know(
    encoder: dict[str, torch.Tensor],
) -> None:
    torch.manual_seed(0)
    network = Network(encoder).eval()
    learnt = [Pair(*PAIRS[n], label) for n, label in enumerate(LABELS)] * 4
    rows = read(network, tokenizer(minilm.folder()), learnt)
    before = raw_logits(network, rows)
    assert torch.allclose(network.pooled(before, torch.zeros(12, len(SIGNS))), before)
    calibrate(network, learnt, rows)
    labels = [row.label for row in rows]
    assert pooled_logits(network, rows).argmax(axis=1).tolist() == labels
    assert torch.equal(raw_logits(network, rows), before)
    assert not any(part.requires_grad for part in (network.shares, network.offset))
