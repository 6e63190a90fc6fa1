"""Records to Markdown: everything marked, nothing said that is not in the record."""

from __future__ import annotations

from typing import Any

from retort.agent.models.embedded.dialogue import Call, Result
from retort.agent.models.embedded.writers import WRITERS


def result(tool: str, args: dict[str, Any], *records: dict[str, Any], count: int = 0) -> Result:
    evidence = tuple(
        {"key": f"E{i}", "quote": "q", "title": "t", "source_id": "s", "record": record}
        for i, record in enumerate(records, 1)
    )
    return Result(Call(tool, args), True, "", evidence, count)


def told(tool: str, args: dict[str, Any], *records: dict[str, Any], count: int = 0) -> str:
    return WRITERS[tool]([result(tool, args, *records, count=count)])


def value(name: str, label: str, number: float, unit: str = "") -> dict[str, Any]:
    return {"property": name, "label": label, "value": number, "unit": unit, "method": ""}


CALCULATION = {
    "record": "calculation",
    "handle": "M1",
    "name": "Imatinib",
    "smiles": "Cc1ccc(N)cc1",
    "values": [
        value("molecular_weight", "molecular weight", 493.62, "g/mol"),
        value("hbd", "hydrogen-bond donors", 2),
    ],
    "rdkit_version": "2026.09.1",
}


def test_few_values_are_a_sentence() -> None:
    assert told("calculate_properties", {}, CALCULATION) == (
        "The calculated molecular weight of imatinib is 493.62 g/mol and its number of "
        "hydrogen-bond donors is 2 [E1]."
    )


def test_many_values_are_a_table_with_a_marker_in_each_row() -> None:
    many = CALCULATION | {"values": [value(f"p{i}", f"label {i}", i / 2) for i in range(5)]}
    text = told("calculate_properties", {}, many)
    assert text.count("| [E1] |") == 5 and "| label 3 | 1.5 | [E1] |" in text


def test_a_structure_without_a_name_is_code() -> None:
    bare = CALCULATION | {"name": "CC[C@H](N)C", "smiles": "CC[C@H](N)C"}
    assert "of `CC[C@H](N)C` is" in told("calculate_properties", {}, bare)


def test_a_rule_tells_each_criterion() -> None:
    text = told(
        "check_rules",
        {},
        {
            "record": "rule",
            "handle": "M1",
            "name": "Imatinib",
            "smiles": "C",
            "rule": "Lipinski's rule of five",
            "passes": True,
            "violations": 1,
            "allowed_violations": 1,
            "criteria": [
                {"criterion": "molecular weight <= 500 Da", "value": 510.2, "passes": False},
                {"criterion": "logP <= 5", "value": 4.59, "passes": True},
            ],
            "source": "",
            "rdkit_version": "",
        },
    )
    assert "Imatinib passes Lipinski's rule of five, with 1 criterion violated (1 allowed)" in text
    assert "molecular weight <= 500 Da: 510.2, violated" in text and text.endswith("[E1].")


def test_predictions_are_predicted_with_interval_unit_and_domain() -> None:
    text = told(
        "predict_property",
        {},
        {
            "record": "prediction",
            "name": "aspirin",
            "smiles": "CC",
            "endpoint": "solubility",
            "endpoint_label": "aqueous solubility",
            "task": "regression",
            "value": -1.456,
            "unit": "log mol/L",
            "label": "",
            "interval": [-2.5, -0.1],
            "confidence": 0.9,
            "in_domain": False,
            "reading": "soluble (thresholds: Someone 2019, J. Data 6)",
            "model": "m",
        },
    )
    assert text.startswith(
        "- Predicted aqueous solubility of aspirin: -1.46 log mol/L "
        "(90 % interval -2.50 to -0.10), "
        "outside"
    )
    assert "predicted by models, not measured" in text and "measured IC50" not in text
    assert "thresholds" not in text


def activity(name: str, number: float) -> dict[str, Any]:
    return {
        "record": "activity",
        "molecule_chembl_id": "CHEMBL1",
        "molecule_name": name,
        "target_chembl_id": "CHEMBL203",
        "target_name": "EGF receptor",
        "gene": "EGFR",
        "organism": "Homo sapiens",
        "type": "IC50",
        "relation": "<",
        "value": number,
        "units": "nM",
        "pchembl": None,
        "assay_chembl_id": "CHEMBL2",
        "document_chembl_id": "CHEMBL3",
        "year": 2011,
        "release": "ChEMBL 36",
    }


def test_activities_are_a_table_with_count_filter_relation_and_ids() -> None:
    args = {"target": "EGFR", "activity_type": "IC50", "max_value_nm": 10.0}
    text = told("find_activities", args, activity("GEFITINIB", 0.5), activity("a|b", 2.0), count=7)
    lead, *rows = text.splitlines()
    assert lead == (
        "Measured IC50 values on EGF receptor (EGFR, Homo sapiens) below 10 nM in ChEMBL 36, most "
        "potent first (the best per compound and target, of 7 measurements):"
    )
    assert "| Gefitinib (CHEMBL1) | IC50 < 0.5 nM | - | CHEMBL2, CHEMBL3, 2011 | [E1] |" in rows
    assert any("a\\|b" in row and row.endswith("[E2] |") for row in rows)


def test_indications_are_grouped_by_phase_the_highest_first() -> None:
    def row(name: str, phase: float | None) -> dict[str, Any]:
        return {
            "record": "indication",
            "molecule_name": "ASPIRIN",
            "indication": name,
            "max_phase": phase,
        }

    text = told("find_indications", {}, row("Pain", 2.0), row("Fever", 4.0), row("Gout", None))
    lines = text.splitlines()
    assert lines[0].startswith("Indications of aspirin") and lines[2:] == [
        "- Approved (phase 4): Fever [E2]",
        "- Phase 2: Pain [E1]",
        "- Phase not given: Gout [E3]",
    ]


def test_a_row_says_which_mutant_and_of_how_many_it_is_the_best() -> None:
    spread = {"n": 3, "median": 30.5, "low": 10.0, "high": 50.0, "units": "nM"}
    row = {**activity("GEFITINIB", 0.5), "variant": "T790M", "measurements": spread}
    assert "IC50 < 0.5 nM (mutant T790M; of 3, median 30.5 nM)" in told(
        "find_activities", {"target": "EGFR"}, row
    )


def test_drugs_of_a_target_are_a_list_and_one_mechanism_a_sentence() -> None:
    record = {
        "record": "mechanism",
        "molecule_chembl_id": "CHEMBL939",
        "molecule_name": "GEFITINIB",
        "mechanism": "EGF receptor inhibitor",
        "action_type": "INHIBITOR",
        "target_chembl_id": "CHEMBL203",
        "target_name": "EGF receptor",
        "gene": "EGFR",
        "max_phase": 4.0,
    }
    listed = told("find_mechanism", {"target": "EGFR"}, record)
    assert "- Gefitinib (CHEMBL939, phase 4): EGF receptor inhibitor [E1]" in listed
    single = told("find_mechanism", {"molecule": "gefitinib"}, record)
    assert single.startswith("The mechanism of action of gefitinib in ChEMBL is: EGF receptor")
    assert single.endswith("action type inhibitor [E1].")


def test_no_alert_names_the_catalogues_searched() -> None:
    record = {
        "record": "alerts",
        "name": "Caffeine",
        "smiles": "C",
        "catalogues": ["PAINS", "Brenk"],
        "matches": [],
    }
    assert told("check_alerts", {}, record) == (
        "No structural alert of PAINS and Brenk matches caffeine [E1]."
    )


def test_the_target_of_a_value_is_always_told() -> None:
    row = activity("RISPERIDONE", 10.6)
    assert "EGFR (Homo sapiens)" in told("find_activities", {"molecule": "risperidone"}, row)
