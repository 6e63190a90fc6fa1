"""Conversions and efficiencies worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retort.retrieval.errors import RetortError
from retort.tools import units
from retort.tools.records import ToolResult

Call = Callable[..., tuple[str, ToolResult]]
Refusal = Callable[[Callable[[], Any]], RetortError]


@pytest.mark.parametrize(
    ("text", "unit", "said"),
    [
        ("12 nM", "pIC50", "pIC50 = 7.92"),  # 9 - log10(12)
        ("IC50 > 10 uM", "pIC50", "pIC50 < 5.00"),
        ("pIC50 < 5", "uM", "> 10 uM"),
        ("pKi 8.2", "nM", "6.31 nM"),  # 10^0.8
        ("Ki ≥ 3 µM", "nM", "Ki >= 3000 nM"),
        ("~ 5 nmol/L", "pM", "~ 5000 pM"),
        ("Kd = 5 nM", "kcal/mol", "-11.32 kcal/mol"),  # 0.0019872 x 298.15 x ln(5e-9)
        ("Kd = 5 nM", "kJ/mol", "-47.38 kJ/mol"),
        ("Kd < 5 nM", "kcal/mol", "< -11.32 kcal/mol"),
        ("pKd >= 9", "kcal/mol", "<= -12.28 kcal/mol"),
        ("1 mg/mL", "mM", "5.551 mM"),  # 1 / 180.16
        ("10 uM", "ug/mL", "1.802 ug/mL"),
    ],
)
def test_by_hand(text: str, unit: str, said: str) -> None:
    made = units.convert(units.parse(text), units.unit_named(unit), 180.16)
    assert made.text() == said


@pytest.mark.parametrize(
    "text", ["", "12", "abc", "pIC50 7 nM", "0 nM", "-3 nM", "12 XM", "1 m", "nan nM", "dG -9 nM"]
)
def test_what_is_no_quantity(text: str, refusal: Refusal) -> None:
    refusal(lambda: units.parse(text))


def test_a_ki_is_no_pic50(refusal: Refusal) -> None:
    wanted = units.unit_named("pIC50")
    for text in ("Ki = 3 nM", "pKi 8"):
        assert (
            "different" in refusal(lambda text=text: units.convert(units.parse(text), wanted)).why
        )
    assert units.convert(units.parse("Ki = 3 nM"), units.unit_named("pChEMBL")).number() == "8.52"


def test_a_mass_needs_a_weight(refusal: Refusal) -> None:
    error = refusal(lambda: units.convert(units.parse("1 mg/mL"), units.unit_named("nM")))
    assert "molecular weight" in error.what


@given(st.floats(1e-14, 10), st.sampled_from(["pChEMBL", "kcal/mol", "mg/mL", "pM"]))
def test_there_and_back(value: float, unit: str) -> None:
    start = units.Quantity(value, units.unit_named("M"), "<")
    there = units.convert(start, units.unit_named(unit), 300.0)
    back = units.convert(there, start.unit, 300.0)
    assert back.value == pytest.approx(value, rel=1e-9) and back.relation == "<"


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        units.parse(text)
    except RetortError as error:
        assert error.what and error.next


def test_the_tool_uses_the_weight_of_what_was_named(call: Call) -> None:
    _, result = call("convert_units", quantity="10 uM", unit="ug/mL", molecule="aspirin")
    (item,) = result.evidence
    assert item.quote.startswith("10 uM is 1.802 ug/mL with the molecular weight 180.16 g/mol of")
    assert item.record["molecular_weight"] == 180.16 and item.record["temperature_k"] is None


def test_efficiencies_by_hand(call: Call) -> None:
    # Aspirin: 13 heavy atoms, 180.16 g/mol, logP 1.31, TPSA 63.60; 1 uM is pIC50 6.
    _, result = call("ligand_efficiency", molecule="aspirin", activity="IC50 = 1 uM")
    (item,) = result.evidence
    found = {index["index"]: index["value"] for index in item.record["indices"]}
    assert found == {
        "LE": 0.63,  # 1.37 x 6 / 13
        "BEI": 33.3,  # 6 / 0.18016
        "SEI": 9.43,  # 6 / 0.636
        "LLE": 4.69,  # 6 - 1.31
        "LELP": 2.07,  # 1.31 / 0.6323
        "FQ": 0.99,  # 0.6323 / (0.0715 + 7.5328/13 + 25.7079/169 - 361.4722/2197)
    }
    assert "calculated from a measured value" in item.quote and item.kind == "calculation"


def test_relations_are_carried_and_turn_round(call: Call) -> None:
    _, result = call("ligand_efficiency", molecule="aspirin", activity="IC50 > 1 uM")
    relations = {i["index"]: i["relation"] for i in result.evidence[0].record["indices"]}
    assert relations.pop("LELP") == ">" and set(relations.values()) == {"<"}


def test_no_fit_quality_of_a_small_molecule(call: Call) -> None:
    _, result = call("ligand_efficiency", molecule="CCO", activity="pIC50 5")
    assert "FQ" not in {i["index"] for i in result.evidence[0].record["indices"]}
    assert "10 heavy atoms" in result.note
