from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdkit.Chem.MolStandardize import rdMolStandardize

from retort.retrieval.errors import RetortError
from retort.tools.structures import (
    canonical,
    first_block,
    inchikey,
    molecule_from_smiles,
    pattern_from_smarts,
    read_smiles,
    standardise,
)

Refusal = Callable[[Callable[[], Any]], RetortError]


def parent_smiles(smiles: str) -> str:
    return canonical(standardise(molecule_from_smiles(smiles)))


@pytest.mark.parametrize(
    ("smiles", "parent"),
    [
        ("CC(=O)[O-].[Na+]", "CC(=O)O"),
        ("CC(=O)O[Na]", "CC(=O)O"),
        ("CS(=O)(=O)O.CN1CCNCC1CCCC", "CCCCC1CNCCN1C"),
        ("[NH3+]CC(=O)[O-]", "NCC(=O)O"),
        ("C[N+](C)(C)CCO.[Cl-]", "C[N+](C)(C)CCO"),
        ("OC(=O)c1ccccc1.O.O", "O=C(O)c1ccccc1"),
        ("C[C@H](N)C(=O)O.Cl", "C[C@H](N)C(=O)O"),
        ("[Na+].[Cl-]", "[Cl-].[Na+]"),
        ("N.N.Cl[Pt]Cl", "N.N.[Cl][Pt][Cl]"),
        ("CCO", "CCO"),
    ],
)
def test_parents(smiles: str, parent: str) -> None:
    assert parent_smiles(smiles) == parent
    assert parent_smiles(parent) == parent


def test_parent_of_nonsense_is_an_error(refusal: Refusal) -> None:
    assert "C1CC(" in refusal(lambda: parent_smiles("C1CC(")).what


def test_first_block_forgets_stereo() -> None:
    left, right = (
        inchikey(molecule_from_smiles(text)) for text in ("C[C@H](N)C(=O)O", "C[C@@H](N)C(=O)O")
    )
    assert left != right and first_block(left) == first_block(right) == "QNAYBMKLOCPYGJ"


@settings(max_examples=200)
@given(st.text(alphabet="CNOSPFclnos()[]=#/\\@+-%.123HBrI*", max_size=40))
def test_reading_never_raises_and_what_is_read_reads_again(text: str) -> None:
    molecule, reason = read_smiles(text)
    if molecule is None:
        assert reason
    else:
        assert canonical(molecule_from_smiles(canonical(molecule))) == canonical(molecule)


@pytest.mark.parametrize(
    "text", ["C\u2212C", "C\u00b5C", "0\x80" + "\U00010000" * 8, "C\x00C", "C\tµ", "C\ud800"]
)
def test_signs_outside_ascii_are_named(text: str) -> None:
    molecule, reason = read_smiles(text)
    assert molecule is None and reason.startswith("Line notation is plain ASCII")
    with pytest.raises(RetortError, match="plain ASCII"):
        pattern_from_smarts(text)


@settings(max_examples=300)
@given(st.text(max_size=60))
def test_any_text_is_a_pattern_or_a_retort_error(text: str) -> None:
    try:
        assert pattern_from_smarts(text).GetNumAtoms() > 0
    except RetortError as error:
        assert error.why


def test_reasons_do_not_mix_between_threads() -> None:
    wanted = {"C1CC(": "syntax error", "c1cccc1": "kekulize", "C1CC": "unclosed ring"}
    texts = list(wanted) * 40
    with ThreadPoolExecutor(6) as pool:
        reasons = list(pool.map(lambda text: read_smiles(text)[1], texts))
    assert all(wanted[text] in reason for text, reason in zip(texts, reasons, strict=True))


def test_what_a_terminal_could_not_print_is_replaced(refusal: Refusal) -> None:
    assert refusal(lambda: parent_smiles("C\ud800")).what.encode("utf-8")


@pytest.mark.parametrize("text", ["CCO ethanol", "CCO |$;;$|", "CCO\tx"])
def test_a_title_behind_a_smiles_is_no_smiles(text: str) -> None:
    assert read_smiles(text) == (None, "A SMILES has no spaces in it")


@pytest.mark.parametrize(
    ("text", "is_parent"),
    [
        *[(text, True) for text in (
            "CCO", "C[C@H](N)C(=O)O", "F/C=C/Cl", "CS(=O)(=O)C", "CSC", "CI", "c1ccc[nH]1",
            "[CH3]", "C1=CC=CN=C1O", "CN(C)(C)->O", "[Na+].[Cl-]", "BrBr",
        )],
        *[(text, False) for text in (
            "CS(=O)C", "C[S@](=O)CC", "O=[N+]([O-])c1ccccc1", "CC(=O)[O-].[Na+]", "CC.O", "C[Hg]C",
            "[2H]C", "COP(O)O", "C[NH3+]", "[Pt].C",
        )],
    ],
)  # fmt: skip
def test_the_steps_are_left_out_only_where_they_change_nothing(text: str, is_parent: bool) -> None:
    molecule = molecule_from_smiles(text)
    found = standardise(molecule)
    assert (found is molecule) == is_parent
    if any(atom.GetAtomicNum() == 6 for atom in molecule.GetAtoms()):
        clean = rdMolStandardize.Cleanup(molecule)
        largest = rdMolStandardize.LargestFragmentChooser(True).choose(clean)
        assert canonical(found) == canonical(rdMolStandardize.Uncharger().uncharge(largest))
