"""Conformers: what is known of small molecules, seeds, limits and the file."""

from __future__ import annotations

import time

import pytest
from rdkit import Chem

from retort.retrieval.errors import RetortError
from retort.tools import sdf
from retort.tools.series import conformers as embedding
from retort.tools.structures import molecule_from_block, molecule_from_smiles


def made(smiles: str, count: int = 5, **limits: int) -> embedding.Conformers:
    return embedding.conformers(molecule_from_smiles(smiles), count, **limits)


def test_butane_has_its_anti_and_gauche_conformers() -> None:
    found = made("CCCC", 20)
    # Gauche lies 0.8 kcal/mol above anti in MMFF94 (Halgren and Nachbar, J. Comput. Chem. 1996,
    # 17, 587), 0.6 to 0.9 in experiments.
    assert [one.energy for one in found.conformers] == pytest.approx([0.0, 0.78], abs=0.05)
    assert found.force_field == "MMFF94s" and found.embedded == 20
    assert all(one.is_converged for one in found.conformers)


def test_the_same_seed_gives_the_same_conformers() -> None:
    one, other = made("CC(C)Cc1ccccc1", 3, seed=7), made("CC(C)Cc1ccccc1", 3, seed=7)
    assert one == other


def test_an_open_stereocentre_is_decided_once_and_said() -> None:
    found = made("CC(N)C(=O)O", 6)
    assert found.chosen_centres == 1
    isomers = {
        Chem.MolToSmiles(Chem.RemoveHs(stereo(molecule_from_block(one.block))))
        for one in found.conformers
    }
    assert isomers == {found.smiles}
    assert made("C[C@H](N)C(=O)O", 1).chosen_centres == 0


def stereo(molecule: Chem.Mol) -> Chem.Mol:
    Chem.AssignStereochemistryFrom3D(molecule)
    return molecule


def test_boron_is_minimised_with_uff() -> None:
    assert made("CB(O)O", 1).force_field == "UFF"


def test_the_file_can_be_read_back() -> None:
    found = made("CCCC", 10)
    records = list(sdf.read(embedding.sd_file(found, "butane $$$$").splitlines(keepends=True)))
    assert len(records) == len(found.conformers) == 2
    first = records[0]
    assert first.fields["relative_energy_kcal_mol"] == "0.0"
    assert first.fields["force_field"] == "MMFF94s"
    molecule = Chem.MolFromMolBlock(first.block, removeHs=False)
    assert molecule.GetNumAtoms() == 14 and molecule.GetConformer().Is3D()


def test_a_large_molecule_keeps_to_the_time_limit() -> None:
    # A macrocycle of 149 heavy atoms.
    cycle = "C1" + "C(=O)NCC" * 29 + "C(=O)N1"
    assert molecule_from_smiles(cycle).GetNumHeavyAtoms() >= 148
    started = time.monotonic()
    try:
        found = made(cycle, 300, seconds=2)
        assert found.is_timed_out and found.conformers
    except RetortError as error:
        assert "within 2 s" in error.why and error.next == "Give more time."
    assert time.monotonic() - started < 60


def test_what_no_force_field_knows_is_refused() -> None:
    with pytest.raises(RetortError, match="No conformers can be made"):
        made("[Xe]", 1)
