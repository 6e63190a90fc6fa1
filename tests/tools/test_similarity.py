from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from retort.retrieval.errors import RetortError
from retort.tools.records import ToolResult
from retort.tools.series.fingerprints import tanimoto
from retort.tools.series.scaffolds import murcko
from retort.tools.structures import molecule_from_smiles

Call = Callable[..., tuple[str, ToolResult]]
Refusal = Callable[[Callable[[], Any]], RetortError]

NILOTINIB = "Cc1cn(-c2cc(NC(=O)c3ccc(C)c(Nc4nccc(-c5cccnc5)n4)c3)cc(C(F)(F)F)c2)cn1"


def test_two_kinase_inhibitors(call: Call) -> None:
    _, result = call("compare_molecules", molecule="imatinib", other=NILOTINIB)
    (item,) = result.evidence
    assert item.record["tanimoto"] == 0.517
    assert item.record["same_scaffold"] is False
    assert "Tanimoto similarity 0.517 (Morgan fingerprint, radius 2, 2048 bits)" in item.quote
    assert "different Murcko scaffolds" in item.quote
    assert [m["handle"] for m in result.molecules] == ["M1", "M2"]
    json.dumps(result.as_dict())


def test_a_molecule_is_itself(call: Call) -> None:
    _, result = call("compare_molecules", molecule="imatinib", other="Gleevec")
    (item,) = result.evidence
    assert item.record["tanimoto"] == 1.0 and item.record["same_scaffold"] is True
    assert "one and the same molecule" in item.quote


def test_a_salt_and_its_base_share_the_parent(call: Call) -> None:
    _, result = call("compare_molecules", molecule="imatinib", other="imatinib mesylate")
    assert "differ in their salt form" in result.evidence[0].quote
    assert "salt" in result.note


def test_enantiomers_are_told_apart(call: Call) -> None:
    _, result = call("compare_molecules", molecule="C[C@H](N)C(=O)O", other="C[C@@H](N)C(=O)O")
    quote = result.evidence[0].quote
    assert "Tanimoto similarity 1.0" in quote and "differ in stereochemistry" in quote


def test_molecules_without_rings_share_no_scaffold(call: Call) -> None:
    _, result = call("compare_molecules", molecule="CCO", other="CCCO")
    assert result.evidence[0].record["same_scaffold"] is False
    assert "neither has a ring" in result.evidence[0].quote
    assert murcko(molecule_from_smiles("C" * 900)) == ""


def test_similarity_is_symmetric_and_bounded() -> None:
    texts = ("CCO", "c1ccccc1", "CC(=O)Oc1ccccc1C(=O)O", NILOTINIB)
    for one in map(molecule_from_smiles, texts):
        for other in map(molecule_from_smiles, texts):
            assert tanimoto(one, other) == tanimoto(other, one)
            assert 0.0 <= tanimoto(one, other) <= tanimoto(one, one) == 1.0


@pytest.mark.parametrize(
    ("molecule", "smarts", "count"),
    [
        ("aspirin", "C(=O)[OX2H1]", 1),
        ("aspirin", "c1ccccc1", 1),
        ("imatinib", "[#7]", 7),
        ("imatinib", "C(F)(F)F", 0),
        ("C/C=C\\C", "C/C=C\\C", 1),
        ("CC#N", "C#N", 1),
        ("imatinib mesylate", "S(=O)(=O)", 1),
    ],
)
def test_patterns_are_counted(call: Call, molecule: str, smarts: str, count: int) -> None:
    _, result = call("match_substructure", molecule=molecule, smarts=smarts)
    record = result.evidence[0].record
    assert (record["count"], len(record["matches"])) == (count, count)
    assert f"{smarts} {'not at all (0 times)' if not count else count}" in result.evidence[0].quote


def test_atoms_of_a_match(call: Call) -> None:
    _, result = call("match_substructure", molecule="CCO", smarts="[OX2H]")
    assert result.evidence[0].record["matches"] == [[2]]
    assert result.evidence[0].quote.startswith(
        "CCO (M1) matches the SMARTS pattern [OX2H] 1 time ("
    )


@pytest.mark.parametrize(
    ("smarts", "reason"),
    [
        ("[C;", "near character 3"),
        ("C(=O", "parenthes"),
        ("", "empty"),
        ("carboxylic acid", "RDKit"),
    ],
)
def test_bad_patterns_carry_the_reason(
    call: Call, refusal: Refusal, smarts: str, reason: str
) -> None:
    error = refusal(lambda: call("match_substructure", molecule="CCO", smarts=smarts))
    assert f'"{smarts}"' in error.what and reason in error.why


def test_bad_structures_and_long_patterns(call: Call, refusal: Refusal) -> None:
    assert "C1CC(" in refusal(lambda: call("compare_molecules", molecule="CCO", other="C1CC(")).what
    assert "C1CC(" in refusal(lambda: call("match_substructure", molecule="C1CC(", smarts="C")).what
    error = refusal(lambda: call("match_substructure", molecule="CCO", smarts="C" * 6_000))
    assert "6,000 characters" in error.why
