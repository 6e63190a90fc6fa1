from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from retort.tools.predictors.graph.graphs import graph_from_smiles
from retort.tools.predictors.graph.network import Network, Size
from retort.tools.predictors.training import graph
from retort.tools.predictors.training.graph import Settings, fit
from retort.tools.predictors.training.labels import Labels
from retort.tools.predictors.training.loop import Run, Schedule

SMILES = (
    "CCO CCCO CCCCO CC(C)O OCCO CCN CCCN CC(C)N NCCN CCOC c1ccccc1 Cc1ccccc1 Oc1ccccc1 "
    "Nc1ccccc1 Fc1ccccc1 c1ccncc1 Cc1ccncc1 C1CCCCC1 OC1CCCCC1 C1CCNCC1"
).split()
GRAPHS = [graph_from_smiles(smiles) for smiles in SMILES]
DESCRIPTORS = np.array(
    [[len(smiles), smiles.count("N"), 7.0] for smiles in SMILES], dtype=np.float32
)
ROWS = np.arange(20)
SETTINGS = Settings(
    size=Size(hidden=48, depth=3, width=32, layers=1, dropout=0.0),
    schedule=Schedule(epochs=60, rate=5e-3),
    batch=10,
)


def _labels(measured: int = 14) -> Labels:
    """Carbons as a number far from 0, and whether there is an oxygen; both have gaps."""
    carbons = [10.0 + 3.0 * smiles.upper().count("C") for smiles in SMILES]
    oxygen = [float("O" in smiles) for smiles in SMILES]
    values = np.array([carbons, oxygen], dtype=np.float32).T
    values[measured:, 0] = np.nan
    values[0, 1] = np.nan
    return Labels(
        smiles=tuple(SMILES),
        keys=tuple(SMILES),
        scaffolds=tuple(SMILES),
        tasks=("carbons", "oxygen"),
        kinds=("regression", "classification"),
        values=values,
        primary=~np.isnan(values),
    )


def _fit(labels: Labels, rows: np.ndarray = ROWS, run: Run | None = None) -> Network:
    """A network of a few steps."""
    settings = replace(SETTINGS, schedule=Schedule(epochs=3, rate=5e-3))
    return fit(labels, GRAPHS, DESCRIPTORS, rows, settings, run or Run(device="cpu"))


@pytest.fixture(scope="module")
def network() -> Network:
    return _fit(_labels())


def test_twenty_molecules_are_learnt_by_heart() -> None:
    labels = _labels()
    network = fit(labels, GRAPHS, DESCRIPTORS, ROWS, SETTINGS, Run(device="cpu"))
    found = network.predict(GRAPHS, DESCRIPTORS)
    measured = labels.measured()
    assert np.abs(found - labels.values)[measured[:, 0], 0].mean() < 0.7  # sd is 4.9
    assert ((found[:, 1] > 0) == (labels.values[:, 1] == 1))[measured[:, 1]].all()


def test_the_same_seed_gives_the_same_network(network: Network) -> None:
    again, other = _fit(_labels()), _fit(_labels(), run=Run(device="cpu", seed=1))
    for name, weights in network.state_dict().items():
        assert torch.equal(weights, again.state_dict()[name]), name
    assert not torch.equal(network.out.weight, other.out.weight)


def test_rows_that_are_held_out_are_not_read() -> None:
    held, labels = np.arange(5), _labels()
    rows = np.setdiff1d(ROWS, held)
    changed = labels.values.copy()
    changed[held] = 1e3
    first, second = _fit(labels, rows), _fit(replace(labels, values=changed), rows)
    assert torch.equal(first.out.weight, second.out.weight)


def test_a_stopped_run_keeps_its_scales(tmp_path: Path, network: Network) -> None:
    run = Run(device="cpu", folder=tmp_path)
    _fit(_labels(), run=run)
    resumed = _fit(_labels(), run=run)  # nothing left to do
    assert np.array_equal(
        resumed.predict(GRAPHS, DESCRIPTORS), network.predict(GRAPHS, DESCRIPTORS)
    )


def test_scales_are_those_of_the_bulk_of_the_values() -> None:
    rng = np.random.default_rng(0)
    descriptors = rng.normal(3.0, 2.0, (2000, 3)).astype(np.float32)
    descriptors[0, 0] = 1e6
    descriptors[:, 1] = 0.1
    descriptors[:, 2] = 0.0
    descriptors[0, 2] = 1.0  # rarer than what is cut off
    network = Network(SETTINGS.size, ("a", "b"), 3)
    graph._set_descriptor_scales(network, descriptors)
    assert network.descriptor_mean[0].item() == pytest.approx(3, abs=0.2)
    assert network.descriptor_sd[0].item() == pytest.approx(2, abs=0.2)
    assert network.descriptor_sd[1].item() == 1.0
    assert 0 < network.descriptor_sd[2].item() < 1
