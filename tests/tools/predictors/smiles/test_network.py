from __future__ import annotations

import numpy as np
import pytest
import torch

from retort.retrieval.errors import RetortError
from retort.tools.predictors.smiles import tokens
from retort.tools.predictors.smiles.network import Encoder, Network

SMILES = ("CCO", "c1ccccc1", "CC(=O)Oc1ccccc1C(=O)O", "C" * 300, "C[C@H](N)C(=O)O")
SIZE = len(tokens.shipped().tokens)


@pytest.fixture
def network() -> Network:
    torch.manual_seed(0)
    made = Network(Encoder(SIZE, width=64, depth=2), ("logd", "herg"), hidden=16)
    made.task_mean.copy_(torch.tensor([80.0, -0.5]))
    made.task_sd.copy_(torch.tensor([10.0, 1.0]))
    return made.eval()


def test_predictions_have_one_column_per_task_and_no_neighbours(network: Network) -> None:
    together = network.predict(SMILES)
    assert together.shape == (5, 2)
    assert together.dtype == np.float32
    alone = np.concatenate([network.predict([text]) for text in SMILES])
    np.testing.assert_allclose(together, alone, atol=1e-5)
    np.testing.assert_allclose(together, network.predict(SMILES, batch=2), atol=1e-5)
    assert network.predict([]).shape == (0, 2)


def test_values_are_in_the_scale_of_the_labels(network: Network) -> None:
    z = network(torch.from_numpy(tokens.padded([tokens.shipped().encode("CCO")])))
    expected = z.detach().numpy() * [10.0, 1.0] + [80.0, -0.5]
    np.testing.assert_allclose(network.predict(["CCO"]), expected, rtol=1e-5)


def test_padding_is_not_attended_to(network: Network) -> None:
    short = torch.from_numpy(tokens.padded([tokens.shipped().encode("CCO")]))
    long = torch.nn.functional.pad(short, (0, 50), value=tokens.PAD)
    np.testing.assert_allclose(network(short).detach(), network(long).detach(), atol=1e-5)


def test_arrays_make_the_same_network(network: Network) -> None:
    arrays = network.arrays()
    read = Network.from_arrays(arrays)
    assert read.tasks == network.tasks
    assert arrays["hidden.weight"].dtype == np.float16
    np.testing.assert_allclose(read.predict(SMILES), network.predict(SMILES), atol=0.1)
    for name, array in read.arrays().items():
        np.testing.assert_array_equal(array, arrays[name])


def test_an_encoder_is_read_back_in_its_own_size() -> None:
    encoder = Encoder(SIZE, width=128, depth=3)
    read = Encoder.from_arrays(encoder.arrays())
    assert (read.width, len(read.blocks)) == (128, 3)


@pytest.mark.parametrize("missing", ["meta", "hidden.bias", "encoder.last.weight"])
def test_damaged_arrays_are_refused(network: Network, missing: str) -> None:
    arrays = network.arrays()
    del arrays[missing]
    with pytest.raises(RetortError, match="Cannot read the SMILES network"):
        Network.from_arrays(arrays)


def test_an_encoder_of_another_vocabulary_is_refused() -> None:
    with pytest.raises(RetortError, match="5 tokens"):
        Encoder.from_arrays(Encoder(5, width=64, depth=1).arrays())


def test_the_usual_size_is_below_ten_megabytes() -> None:
    network = Network(Encoder(SIZE, width=256, depth=4), [f"task {n}" for n in range(100)])
    assert sum(array.nbytes for array in network.arrays().values()) < 10e6
