"""Attributions of models whose answer is known, and the shipped ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from retort.retrieval.errors import RetortError, UsageError
from retort.tools.depict import Style, draw_weights
from retort.tools.predictors import Predictors, featurise
from retort.tools.predictors.attribution import attribution, attributions, explain
from retort.tools.predictors.featurise import MORGAN_SIZE, Features
from retort.tools.predictors.fragments import parts
from retort.tools.predictors.graph.graphs import Graph
from retort.tools.predictors.networks import Networks, joined
from retort.tools.predictors.stack import Stack
from retort.tools.structures import molecule_from_smiles

ANILIDE = "CC(=O)Nc1ccc(Cl)cc1"


def chlorine_bit() -> int:
    """The bit that a lone chlorine atom sets, the same in every molecule."""
    one, other = (featurise.featurise(smiles).vector for smiles in ("CCCl", "Clc1ccccc1"))
    (shared,) = np.flatnonzero(np.minimum(one, other)[:MORGAN_SIZE])
    return int(shared)


def test_a_model_of_one_atom_leans_on_that_atom() -> None:
    bit = chlorine_bit()

    def values(features: Sequence[Features], graphs: Sequence[Graph]) -> list[float]:
        return [2.0 * float(item.vector[bit]) for item in features]

    found = attribution(values, ANILIDE, "log units")
    molecule = molecule_from_smiles(found.smiles)
    symbols = [atom.GetSymbol() for atom in molecule.GetAtoms()]
    assert found.value == 2.0 and found.scale == "log units"
    assert found.weights[symbols.index("Cl")] == 2.0
    assert found.parts[0].name == "chlorine" and found.parts[0].effect == 2.0
    assert sum(map(abs, found.weights)) == pytest.approx(2.0, abs=2.0), "mostly that one"


def test_a_model_of_descriptors_alone_leans_on_no_atom() -> None:
    def values(features: Sequence[Features], graphs: Sequence[Graph]) -> list[float]:
        return [float(item.vector[MORGAN_SIZE]) for item in features]

    found = attribution(values, ANILIDE, "Da")
    assert set(found.weights) == {0.0} and found.value > 100


@pytest.mark.parametrize(("smiles", "weight"), [(ANILIDE, 1), ("[Na+].[Cl-]", 1), ("C", 0)])
def test_a_model_of_the_graph_misses_what_is_hidden(smiles: str, weight: int) -> None:
    """It counts atoms; a molecule of one atom cannot be without it."""

    def values(features: Sequence[Features], graphs: Sequence[Graph]) -> list[float]:
        return [float(len(item.atoms)) for item in graphs]

    found = attribution(values, smiles, "atoms")
    assert set(found.weights) == {weight}
    assert all(part.effect == weight * len(part.atoms) for part in found.parts)


def test_networks_of_a_stack_see_the_graph_without_the_atoms(toy_checkpoints: Path) -> None:
    import torch

    from retort.tools.predictors.graph.network import Network, Size

    torch.manual_seed(0)
    width = len(featurise.descriptor_names())
    network = Network(Size(hidden=16, depth=2, width=8, layers=1), ("herg",), width)
    loaded = Predictors(toy_checkpoints)
    of_trees = explain(loaded, "CCN(C)Cc1ccccc1", "herg")
    head = loaded._head("herg")
    stacked = replace(head.full, stack=Stack(("trees", "graph"), np.array([1.0, 1.0]), 0.0))
    loaded._heads["herg"] = replace(head, full=stacked)
    loaded._networks = Networks({"graph": lambda: joined([network.arrays()])})
    of_both = explain(loaded, "CCN(C)Cc1ccccc1", "herg")
    assert len(of_both.weights) == len(of_trees.weights) == 11
    assert not np.allclose(of_both.weights, of_trees.weights, atol=1e-3)
    assert not loaded._networks._kept["graph"], "what is hidden is remembered of no molecule"
    assert np.isfinite(explain(loaded, "C", "herg").weights).all()
    row = loaded.predict(["CCN(C)Cc1ccccc1"], ["herg"])[0]
    assert of_both.value == pytest.approx(row.value, abs=0.01)


def test_every_atom_is_asked_in_one_batch() -> None:
    sizes = []

    def values(features: Sequence[Features], graphs: Sequence[Graph]) -> list[float]:
        sizes.append(len(features))
        assert len(graphs) == len(features)
        return [0.0] * len(features)

    attribution(values, ANILIDE, "")
    assert sizes == [1 + 11 + len(parts(molecule_from_smiles(ANILIDE)))]


def test_shipped_models_are_explained_in_their_own_scale() -> None:
    loaded = Predictors.load()
    weights = attributions(loaded, ANILIDE, "logD")
    assert weights.shape == (11,) and weights.dtype == np.float32 and np.abs(weights).max() > 0.01
    (row,) = loaded.predict([ANILIDE], ["lipophilicity"])
    assert explain(loaded, ANILIDE, "logD").value == pytest.approx(row.value, abs=0.02)
    assert explain(loaded, f"{ANILIDE}.Cl", "herg").smiles == "CC(=O)Nc1ccc(Cl)cc1"


def test_one_endpoint_at_a_time_and_a_structure_that_can_be_read() -> None:
    loaded = Predictors.load()
    with pytest.raises(UsageError, match="endpoints"):
        explain(loaded, ANILIDE, "admet")
    with pytest.raises(RetortError, match=r"C1CC\("):
        explain(loaded, "C1CC(", "herg")


@pytest.mark.parametrize(
    ("smiles", "expected"),
    [
        ("CC(=O)Oc1ccccc1C(=O)O", ["methyl", "ester", "benzene ring", "carboxylic acid"]),
        ("CN1CCC[C@H]1c1cccnc1", ["methyl", "pyrrolidine", "pyridine"]),
        ("CN(C)C(=N)N", ["methyl 1", "guanidine", "methyl 2"]),
        ("C", ["methane"]),
        ("CS(C)=O", ["methyl 1", "sulfoxide", "methyl 2"]),
        ("O=C1CCCCC1", ["6-membered ring with its C=O"]),
        ("O=C1c2ccccc2C(=O)c2ccccc21", ["system of 3 rings with its C=O"]),
        (
            "[NH3+][Pt-2](Cl)(Cl)[NH3+]",
            ["Pt atom", *(f"{name} {n}" for name in ("ammonium", "chlorine") for n in (1, 2))],
        ),
    ],
)
def test_parts_have_the_names_of_a_chemist(smiles: str, expected: list[str]) -> None:
    molecule = molecule_from_smiles(smiles)
    found = parts(molecule)
    assert sorted(part.name for part in found) == sorted(expected)
    assert sorted(at for part in found for at in part.atoms) == list(range(molecule.GetNumAtoms()))


def test_a_drawing_has_both_colours_and_signs_and_nothing_from_outside() -> None:
    weights = [0.0] * 11
    weights[0], weights[7] = 0.3, -0.2
    svg = draw_weights(ANILIDE, weights, legend="orange: raises", title="<why>")
    root = ElementTree.fromstring(svg)
    assert root.attrib["aria-label"] == "<why>" and "href" not in svg
    plain = draw_weights(ANILIDE, [0.0] * 11)
    assert svg.count("ellipse") + svg.count("<path") > plain.count("<path")
    assert (
        ElementTree.fromstring(draw_weights(ANILIDE, weights, style=Style(dark=True))) is not None
    )
    with pytest.raises(ValueError, match="3 weights for 11 atoms"):
        draw_weights(ANILIDE, [0.0] * 3)
