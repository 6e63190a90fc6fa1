from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from retort.retrieval.errors import RetortError
from retort.tools.properties import Values
from retort.tools.records import ToolResult
from retort.tools.rules import RULES, apply, named
from retort.tools.structures import molecule_from_smiles

Call = Callable[..., tuple[str, ToolResult]]
Refusal = Callable[[Callable[[], Any]], RetortError]

CYCLOSPORIN = (
    "CC[C@@H]1NC(=O)[C@H]([C@H](O)[C@H](C)C/C=C/C)N(C)C(=O)[C@H](C(C)C)N(C)C(=O)[C@H](CC(C)C)"
    "N(C)C(=O)[C@H](CC(C)C)N(C)C(=O)[C@@H](C)NC(=O)[C@H](C)NC(=O)[C@H](CC(C)C)N(C)C(=O)"
    "[C@H](C(C)C)NC(=O)[C@H](CC(C)C)N(C)C(=O)CN(C)C1=O"
)


def test_imatinib_passes_lipinski(call: Call) -> None:
    _, result = call("check_rules", molecule="imatinib", rules=["lipinski"])
    (item,) = result.evidence
    assert item.quote.startswith(
        "Imatinib (M1) passes Lipinski's rule of five with 0 violations (1 allowed): "
        "molecular weight 493.62 <= 500 g/mol; logP 4.59 <= 5; "
        "N-H and O-H bonds 2 <= 5; N and O atoms 8 <= 10 (RDKit "
    )
    assert "Lipinski et al., Adv Drug Deliv Rev 1997, 23, 3" in item.quote
    assert item.record["passes"] is True and item.record["violations"] == 0
    assert item.record["criteria"][0] == {
        "criterion": "molecular weight <= 500 g/mol",
        "value": 493.62,
        "passes": True,
    }
    json.dumps(result.as_dict())


def test_cyclosporin_does_not_pass(call: Call) -> None:
    _, result = call("check_rules", molecule=CYCLOSPORIN)
    lipinski, veber = result.evidence
    assert "does not pass Lipinski's rule of five with 2 violations (1 allowed)" in lipinski.quote
    assert "N and O atoms 23 <= 10 (violated)" in lipinski.quote
    assert lipinski.record["passes"] is False and veber.record["passes"] is False
    assert result.summary.endswith("0 passed")


def test_one_violation_is_allowed_by_lipinski_and_none_by_veber() -> None:
    allowed = {rule.aliases[0]: rule.allowed_violations for rule in RULES}
    assert allowed == {
        "lipinski": 1,
        "veber": 0,
        "ghose": 0,
        "egan": 0,
        "muegge": 0,
        "ro3": 0,
        "bro5": 0,
        "leadlike": 0,
    }


def test_empty_means_lipinski_and_veber(call: Call) -> None:
    _, result = call("check_rules", molecule="aspirin")
    assert [e.record["rule"] for e in result.evidence] == [
        "Lipinski's rule of five",
        "Veber's rule",
    ]
    assert result.summary == "Checked 2 rules for Aspirin: 2 passed"


@pytest.mark.parametrize(
    ("asked", "rule"),
    [
        ("Lipinski", "Lipinski's rule of five"),
        ("lipinski's rules", "Lipinski's rule of five"),
        ("Rule of 5", "Lipinski's rule of five"),
        ("Ro5", "Lipinski's rule of five"),
        ("Veber rules", "Veber's rule"),
        ("Ghose filter", "the Ghose filter"),
        ("Egan", "Egan's rule"),
        ("Muegge", "the Muegge filter"),
        ("rule of three", "the rule of three"),
    ],
)
def test_rules_by_their_common_names(asked: str, rule: str) -> None:
    assert [item.name for item in named([asked])] == [rule]


def test_unknown_rule(call: Call, refusal: Refusal) -> None:
    error = refusal(lambda: call("check_rules", molecule="CCO", rules=["Murphy"]))
    assert "Murphy" in error.what and "lipinski, veber" in error.why


def test_limits_are_strict_where_the_rule_is() -> None:
    (three,) = named(["ro3"])
    heavy = apply(three, Values(molecule_from_smiles("C" * 22)))
    assert heavy[0]["criterion"] == "molecular weight < 300 g/mol" and not heavy[0]["passes"]
    (muegge,) = named(["muegge"])
    four_carbons = apply(muegge, Values(molecule_from_smiles("CCCC")))
    carbons = next(item for item in four_carbons if "carbon atoms" in item["criterion"])
    assert carbons == {"criterion": "carbon atoms > 4", "value": 4, "passes": False}


def test_ghose_has_lower_limits() -> None:
    (ghose,) = named(["ghose"])
    criteria = apply(ghose, Values(molecule_from_smiles("CCO")))
    assert criteria[0]["criterion"] == "molecular weight between 160 and 480 g/mol"
    assert [item["passes"] for item in criteria] == [False, True, False, False]


def test_of_a_salt_the_parent_is_judged(call: Call) -> None:
    _, result = call("check_rules", molecule="imatinib mesylate", rules=["lipinski"])
    (item,) = result.evidence
    assert item.quote.startswith("The parent of Imatinib mesylate (M1) passes")
    assert item.record["criteria"][0]["value"] == 493.62
