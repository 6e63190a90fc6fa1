from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
import torch
from rdkit import Chem

from retort.retrieval.errors import RetortError
from retort.tools.predictors.graph import graphs
from retort.tools.predictors.graph import network as network_module
from retort.tools.predictors.graph.graphs import Graph, graph, graph_from_smiles
from retort.tools.predictors.graph.network import Network, Size

SMILES = (
    "C",
    "[Na+].[Cl-]",
    "CC(=O)Oc1ccccc1C(=O)O",
    "CCN.OC(=O)C=C",
    "C[C@H](N)C(=O)N1CCC[C@@H]1C(=O)O",
    "F/C=C/c1ccc2[nH]ccc2c1",
)
TASKS = ("lipophilicity", "bbb")


def _network(seed: int = 0, depth: int = 3) -> Network:
    """A network with random weights and scales that are not 0 and 1."""
    torch.manual_seed(seed)
    network = Network(Size(hidden=24, depth=depth, width=16, layers=1), TASKS, 5)
    network.task_mean.copy_(torch.tensor([2.0, 0.0]))
    network.task_sd.copy_(torch.tensor([1.5, 1.0]))
    network.descriptor_mean.uniform_(-1, 1)
    network.descriptor_sd.uniform_(0.5, 2)
    return network


def _graphs(smiles: Sequence[str] = SMILES) -> list[Graph]:
    return [graph_from_smiles(one) for one in smiles]


def _descriptors(count: int = len(SMILES)) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(count, 5)).astype(np.float32)


def test_one_number_per_molecule_and_task() -> None:
    found = _network().predict(_graphs(), _descriptors())
    assert found.shape == (6, 2)
    assert found.dtype == np.float32
    assert np.isfinite(found).all()


def test_a_batch_says_what_its_molecules_say_alone() -> None:
    network, molecules, descriptors = _network(), _graphs(), _descriptors()
    together = network.predict(molecules, descriptors)
    alone = network.predict(molecules, descriptors, batch=1)
    pairs = network.predict(molecules, descriptors, batch=4)
    assert np.allclose(together, alone, atol=1e-5)
    assert np.allclose(together, pairs, atol=1e-5)


def test_the_order_of_the_atoms_does_not_matter() -> None:
    network, rng = _network(), np.random.default_rng(1)
    written = [Chem.MolFromSmiles(smiles) for smiles in SMILES]
    shuffled = [
        Chem.RenumberAtoms(one, rng.permutation(one.GetNumAtoms()).tolist()) for one in written
    ]
    descriptors = _descriptors()
    assert np.allclose(
        network.predict([graph(one) for one in written], descriptors),
        network.predict([graph(one) for one in shuffled], descriptors),
        atol=1e-5,
    )


def test_depth_is_how_far_a_message_travels() -> None:
    """Two mixtures that differ only in which ends, six bonds apart, belong together."""
    mixed = _graphs(["OCCCCCO.NCCCCCN", "OCCCCCN.OCCCCCN"])
    zeros = np.zeros((2, 5), dtype=np.float32)
    near, far = (_network(depth=depth).predict(mixed, zeros) for depth in (3, 6))
    assert np.allclose(near[0], near[1], atol=1e-5)
    assert not np.allclose(far[0], far[1], atol=1e-5)


def test_no_molecules_give_no_rows() -> None:
    assert _network().predict([], _descriptors(0)).shape == (0, 2)


def test_a_wild_descriptor_is_cut_off() -> None:
    network, molecules = _network(), _graphs()
    wild = _descriptors()
    wild[:, 2] = 1e6
    assert np.isfinite(network.predict(molecules, wild)).all()
    wilder = wild.copy()
    wilder[:, 2] = 1e9
    assert np.array_equal(network.predict(molecules, wild), network.predict(molecules, wilder))


def test_arrays_bring_the_network_back() -> None:
    network = _network()
    arrays = network.arrays()
    again = Network.from_arrays(arrays)
    assert (again.size, again.tasks) == (network.size, TASKS)
    written, read = (one.predict(_graphs(), _descriptors()) for one in (network, again))
    assert np.abs(written - read).max() < 1e-2
    assert arrays["message.weight"].dtype == np.float16
    assert {name: array.tolist() for name, array in again.arrays().items()} == {
        name: array.tolist() for name, array in arrays.items()
    }


def test_a_network_of_the_recommended_size_is_small() -> None:
    arrays = Network(Size(), [f"task {index}" for index in range(60)], 201).arrays()
    assert sum(array.nbytes for array in arrays.values()) < 1.2e6


def test_damaged_arrays_are_refused() -> None:
    arrays = _network().arrays()
    del arrays["out.bias"]
    with pytest.raises(RetortError, match=r"out\.bias"):
        Network.from_arrays(arrays)
    with pytest.raises(RetortError, match="damaged"):
        Network.from_arrays({})


def test_bfloat16_says_nearly_the_same() -> None:
    network, molecules, descriptors = _network(), _graphs(), _descriptors()
    exact = network.predict(molecules, descriptors)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        quick = network.predict(molecules, descriptors)
    assert np.abs(exact - quick).max() < 0.05
    assert not np.array_equal(exact, quick)


def test_gradients_of_the_sums_are_those_that_differences_show() -> None:
    sums = graphs.batch(_graphs(["C", "CC(=C)O"])).previous
    rows = torch.randn(len(sums.starts), 2, dtype=torch.float64, requires_grad=True)
    tensors = network_module._tensors(sums, torch.device("cpu"))
    assert torch.autograd.gradcheck(lambda values: network_module._summed(values, tensors), rows)
