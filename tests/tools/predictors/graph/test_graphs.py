from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rdkit import Chem

from retort.retrieval.errors import RetortError
from retort.tools.predictors.graph.graphs import (
    ATOM_CODES,
    ATOM_FEATURES,
    BOND_CODES,
    STEP,
    Sums,
    batch,
    graph,
    graph_from_smiles,
    without,
)

SMILES = ("C", "[Na+].[Cl-]", "CC(=O)Oc1ccccc1C(=O)O", "C1CC2CCC1C2", "F/C=C/[C@H](O)Cl", "[U]")


def _dense(sums: Sums, columns: int) -> np.ndarray:
    """The matrix and, from its transposed half, the matrix again; they must be one."""
    found = []
    for index, starts, width in (
        (sums.columns, sums.starts, columns),
        (sums.transposed_columns, sums.transposed_starts, len(sums.starts)),
    ):
        matrix = np.zeros((len(starts), width), dtype=int)
        ends = [*starts, len(index)][1:]
        for row, (first, last) in enumerate(zip(starts, ends, strict=True)):
            np.add.at(matrix[row], index[first:last], 1)
        found.append(matrix)
    assert (found[0] == found[1].T).all()
    return found[0]


def _code(smiles: str, feature: str, atom: int = 0) -> int:
    names = list(ATOM_FEATURES)
    column = names.index(feature)
    first = sum(ATOM_FEATURES[name] for name in names[:column])
    return int(graph_from_smiles(smiles).atoms[atom, column]) - first


def test_a_molecule_becomes_codes_of_its_atoms_and_bonds() -> None:
    ethanol = graph_from_smiles("CCO")
    assert ethanol.atoms.shape == (3, 8)
    assert ethanol.bonds.shape == (2, 4)
    assert ethanol.ends.tolist() == [[0, 1], [1, 2]]
    assert ethanol.atoms.dtype == ethanol.bonds.dtype == np.uint8


@pytest.mark.parametrize(
    ("one", "other", "feature"),
    [
        ("C", "N", "element"),
        ("[U]", "[Pu]", "hydrogens"),
        ("[NH4+]", "N", "formal charge"),
        ("c1ccccc1", "C1=CCC=CC1", "aromatic"),
        ("C1CC1", "C1CCC1", "smallest ring"),
        ("C=C", "C#C", "hybridisation"),
    ],
)
def test_what_differs_has_another_code(one: str, other: str, feature: str) -> None:
    same = feature == "hydrogens"  # elements out of the table share a code, and all else too
    assert (_code(one, feature) == _code(other, feature)) is same


def test_rare_values_stay_within_the_codes() -> None:
    for smiles in ("[Fe+6]", "[O-4]", "C1CCCCCCCCCCC1", "F[S](F)(F)(F)(F)F", "[Pt]<-N", "[H][H]"):
        found = graph(Chem.MolFromSmiles(smiles))
        assert found.atoms.max() < ATOM_CODES
        assert found.bonds.max(initial=0) < BOND_CODES


def test_mirror_images_differ_and_so_do_e_and_z() -> None:
    assert _code("C[C@H](O)F", "CIP label", 1) != _code("C[C@@H](O)F", "CIP label", 1)
    trans, cis = graph_from_smiles("F/C=C/F"), graph_from_smiles("F/C=C\\F")
    assert not np.array_equal(trans.bonds, cis.bonds)


@given(st.sampled_from(SMILES), st.randoms(use_true_random=False))
def test_the_order_of_the_atoms_changes_nothing_but_the_order(smiles: str, random: object) -> None:
    molecule = Chem.MolFromSmiles(smiles)
    order = list(range(molecule.GetNumAtoms()))
    random.shuffle(order)  # type: ignore[attr-defined]
    written, shuffled = graph(molecule), graph(Chem.RenumberAtoms(molecule, order))
    assert np.array_equal(shuffled.atoms, written.atoms[order])
    assert sorted(map(tuple, shuffled.bonds)) == sorted(map(tuple, written.bonds))


def test_a_batch_holds_its_molecules_side_by_side() -> None:
    graphs = [graph_from_smiles(smiles) for smiles in SMILES]
    together = batch(graphs)
    assert together.sizes.ravel().tolist() == [1, 2, 13, 7, 6, 1]
    assert np.array_equal(together.atoms[:30], np.concatenate([one.atoms for one in graphs]))
    assert len(together.atoms) == len(together.edges) == STEP
    assert _dense(together.molecules, STEP).sum(axis=1).tolist() == [1, 2, 13, 7, 6, 1]
    degrees = _dense(together.incoming, STEP).sum(axis=1)
    assert degrees.sum() == 2 * sum(len(one.bonds) for one in graphs)
    assert degrees[3:16].tolist() == [
        atom.GetDegree() for atom in Chem.MolFromSmiles(SMILES[2]).GetAtoms()
    ]


def test_a_message_goes_on_but_never_straight_back() -> None:
    together = batch([graph_from_smiles("CC(C)(C)C")])
    previous = _dense(together.previous, STEP)
    assert not previous[8:].any()
    previous = previous[:8, :8]
    # four edges into the centre have none before them; four out of it follow three each
    assert sorted(previous.sum(axis=1).tolist()) == [0, 0, 0, 0, 3, 3, 3, 3]
    incoming = _dense(together.incoming, STEP)[:, :8]
    into_centre = incoming[1].astype(bool)
    assert (previous[~into_centre][:, into_centre].sum(axis=1) == 3).all()
    assert previous[into_centre].sum() == 0


def test_molecules_without_bonds_make_a_batch() -> None:
    together = batch([graph_from_smiles("C"), graph_from_smiles("[Na+].[Cl-]")])
    assert together.edges.shape == (0, 12)
    assert _dense(together.incoming, 0).shape == (STEP, 0)


def test_what_is_left_without_atoms_keeps_its_codes_and_bonds() -> None:
    whole = graph_from_smiles("CC(=O)Nc1ccc(Cl)cc1")
    left = without(whole, {1, 2})
    assert np.array_equal(left.atoms, np.delete(whole.atoms, [1, 2], axis=0))
    bonds = [tuple(pair) for pair in whole.ends.tolist() if not {1, 2} & set(pair)]
    place = [0, None, None, *range(1, 9)]
    assert left.ends.tolist() == [[place[a], place[b]] for a, b in bonds]
    assert len(left.bonds) == len(bonds) == len(whole.bonds) - 3
    assert left.ends.dtype == np.int32
    assert batch([left, whole]).sizes.ravel().tolist() == [9, 11]


def test_there_is_no_empty_graph() -> None:
    for smiles, atoms in (("C", {0}), ("[Na+].[Cl-]", {0, 1}), ("CCO", {0, 1, 2})):
        whole = graph_from_smiles(smiles)
        assert without(whole, atoms) is whole
    alone = without(graph_from_smiles("CO"), {1})
    assert (
        alone.atoms.shape == (1, 8) and alone.bonds.shape == (0, 4) and alone.ends.shape == (0, 2)
    )
    assert batch([alone]).sizes.tolist() == [[1]]


def test_what_is_no_molecule_is_refused() -> None:
    with pytest.raises(RetortError, match="C1CC"):
        graph_from_smiles("C1CC")
