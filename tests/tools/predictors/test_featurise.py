from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdkit.Chem import MolFromSmiles

from retort.retrieval.errors import RetortError
from retort.tools.predictors import descriptors, featurise
from retort.tools.structures import molecule_from_smiles


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("C1CC(", "syntax error"),
        ("C(C)(C)(C)(C)C", "valence"),
        ("c1cccc1", "kekulize"),
        ("", "0 heavy atoms"),
        ("hello world", "no spaces"),
        ("*CCO", "wildcard"),
    ],
)
def test_a_bad_structure_is_named_with_its_reason(text: str, reason: str) -> None:
    with pytest.raises(RetortError) as caught:
        featurise.featurise(text)
    assert f'"{text}"' in caught.value.what
    assert reason in caught.value.why
    assert caught.value.next


def test_features_of_a_salt_differ_from_its_parent_in_the_form_only() -> None:
    salt, parent = featurise.featurise("C[NH3+].[Cl-]"), featurise.featurise("CN")
    form = len(featurise.FORM)
    assert (salt.components, parent.components) == (2, 1)
    np.testing.assert_array_equal(salt.vector[:-form], parent.vector[:-form])
    assert dict(zip(featurise.FORM, salt.vector[-form:].tolist(), strict=True)) == {
        "other components": 1,
        "heavy atoms outside the parent": 1,
        "carbons outside the parent": 0,
        "halogens outside the parent": 1,
        "alkali metals": 0,
        "other metals": 0,
        "positive charges as written": 1,
    }
    assert not parent.vector[-form:].any()


def test_descriptors_are_those_of_the_molecule() -> None:
    names = featurise.descriptor_names()
    aspirin = featurise.featurise("CC(=O)Oc1ccccc1C(=O)O").vector[featurise.MORGAN_SIZE :]
    values = dict(zip(names, aspirin.tolist(), strict=False))
    assert values["MolWt"] == pytest.approx(180.16, abs=0.01)
    assert values["TPSA"] == pytest.approx(63.6, abs=0.01)
    assert values["MolLogP"] == pytest.approx(1.31, abs=0.01)
    assert len(set(names)) == len(names)


ODD = (
    "CC(=O)Oc1ccccc1C(=O)O",
    "CN1CCC[C@H]1c1cccnc1",
    "COc1cc2ncnc(Nc3ccc(F)c(Cl)c3)c2cc1OCCCN1CCOCC1",
    "CC1(C)S[C@@H]2[C@H](NC(=O)Cc3ccccc3)C(=O)N2[C@H]1C(=O)O",
    "C12C3C4C1C5C2C3C45",
    "C1CC1CC1CCC1",
    "[2H]C(Cl)(Cl)Cl",
    "[2H]c1ccc(OC)cc1",
    "CS(=O)c1ccccc1",
    "CS(=O)(=O)N",
    "O=[N+]([O-])c1ccccc1",
    "CC[N+](C)(C)CC(=O)[O-]",
    "COP(=O)(OC)OC",
    "C[Si](C)(C)C",
    "C[Hg]Cl",
    "CC(=O)[O-].[Na+]",
    "[Cl-].[Na+]",
    "C[Se]C",
    "C",
    "BrCI",
    "C#N",
    "[CH3]",
    "OB(O)c1ccccc1",
    "CC(C)CC(NC(=O)C(N)Cc1ccc(O)cc1)C(=O)NCC(=O)NC(CS)C(=O)O",
    "c1ccc2c(c1)c1cccc3ccc4cccc2c4c31",
)


@pytest.mark.parametrize("smiles", ODD)
def test_descriptors_are_rdkits_own_to_the_last_bit(smiles: str) -> None:
    from rdkit.Chem import Descriptors

    parent = MolFromSmiles(featurise.featurise(smiles).smiles)
    found = dict(zip(descriptors.names(), descriptors.values(parent), strict=True))
    slow = {name: function(parent) for name, function in Descriptors.descList}
    shared = found.keys() & slow.keys()
    assert set(found) - shared == {"MaxEState", "MinEState", "FormalCharge"}
    slow["MaxEState"] = max(0.0, slow["MaxEStateIndex"])
    slow["MinEState"] = min(0.0, slow["MinEStateIndex"])
    slow["FormalCharge"] = sum(atom.GetFormalCharge() for atom in parent.GetAtoms())
    wrong = {
        name: (value, slow[name])
        for name, value in found.items()
        if not np.array_equal(np.float32(value), np.float32(slow[name]), equal_nan=True)
    }
    assert wrong == {}


@pytest.mark.parametrize(
    "smiles", ["COc1c(O)nc(C)nc1O", "CC1(C)OC(=O)C(=CNCC(=O)NCC(=O)O)C(=O)O1", "CCOc1ccccc1"]
)
def test_pharmacophore_pairs_read_no_distances_but_their_own(smiles: str) -> None:
    from rdkit.Chem import GetDistanceMatrix
    from rdkit.Chem.rdReducedGraphs import GetErGFingerprint

    right = np.asarray(GetErGFingerprint(MolFromSmiles(smiles)), dtype=np.float32)
    parent = MolFromSmiles(smiles)
    GetDistanceMatrix(parent)  # which RDKit keeps, and which has no room for the points of rings
    at = featurise.MORGAN_SIZE + len(featurise.descriptor_names())
    found = featurise.featurise_parent(parent, parent).vector[at : at + featurise.PAIRS]
    np.testing.assert_array_equal(found, right)


def test_the_same_text_is_featurised_once_and_cannot_be_changed() -> None:
    first = featurise.featurise("CCOc1ccccc1CC")
    assert featurise.featurise("CCOc1ccccc1CC") is first
    for array in (first.vector, first.bits):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
    assert featurise.featurise.cache_info().maxsize == featurise.KEPT


def test_what_rdkit_cannot_compute_on_is_an_error_with_the_string(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("Pre-condition Violation\nmore")

    monkeypatch.setattr(descriptors, "values", fail)
    with pytest.raises(RetortError, match="Pre-condition Violation") as caught:
        featurise.featurise("CCCCCCCCCCCCO")
    assert '"CCCCCCCCCCCCO"' in caught.value.what


def test_bits_are_the_packed_morgan_fingerprint() -> None:
    from rdkit import Chem
    from rdkit.Chem import rdFingerprintGenerator

    generator = rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=2048)
    expected = generator.GetFingerprintAsNumPy(Chem.MolFromSmiles("CCOc1ccccc1"))
    bits = featurise.featurise("CCOc1ccccc1").bits
    np.testing.assert_array_equal(np.unpackbits(bits.view(np.uint8)), expected)


def test_the_scaffold_of_rings_is_murcko_and_of_chains_the_skeleton() -> None:
    groups = [
        featurise.scaffold(molecule_from_smiles(text)) for text in ("CCc1ccccc1", "NCc1ccccc1")
    ]
    assert groups == ["c1ccccc1", "c1ccccc1"]
    chains = [featurise.scaffold(molecule_from_smiles(text)) for text in ("CC=O", "CCO", "CCCO")]
    assert chains[0] == chains[1] != chains[2]


def test_stereoisomers_and_salts_share_a_key() -> None:
    left, right, salt = (
        set(featurise.structure_keys(molecule_from_smiles(text)))
        for text in ("C[C@H](N)C(=O)O", "C[C@@H](N)C(=O)O", "C[C@H]([NH3+])C(=O)O.[Cl-]")
    )
    assert left & right
    assert left & salt


@settings(max_examples=100)
@given(st.text(alphabet="CNOcn1=#()[]+-.HFSl@/\\ *", max_size=20))
def test_any_text_gives_finite_features_or_an_error(text: str) -> None:
    try:
        found = featurise.featurise(text)
    except RetortError as error:
        assert error.why
    else:
        assert found.vector.shape == (featurise.width(),)
        assert np.isfinite(found.vector).all()
