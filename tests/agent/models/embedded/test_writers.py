"""Records to Markdown: everything marked, nothing said that is not in the record."""

from __future__ import annotations

from dataclasses import replace
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
    values = {"value": number, "text": str(number), "unit": unit, "method": ""}
    return {"property": name, "label": label, **values}


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


def guess(endpoint: str, value: float | None, **more: Any) -> dict[str, Any]:
    """A prediction of a class; of a rank where there is no value."""
    return {
        "record": "prediction",
        "name": "aspirin",
        "smiles": "CC",
        "endpoint": endpoint,
        "endpoint_label": endpoint,
        "family": "toxicity",
        "task": "classification",
        "value": value,
        "unit": "",
        "label": f"{endpoint} risk",
        "interval": [] if value is None else [value - 0.1, value + 0.1],
        "confidence": 0.9,
        "rank_only": value is None,
        "in_domain": True,
        "domain": "inside",
        "percentile_of_drugs": 71.0,
        "concern": "little",
        "reading": "a reading",
        "model": "m",
        **more,
    }


def trained(endpoint: str, is_itself: bool) -> dict[str, Any]:
    return {
        "record": "training",
        "key": "AAAAAAAAAAAAAA",
        "name": "aspirin" if is_itself else "astemizole",
        "smiles": "",
        "near": "aspirin",
        "similarity": 1.0 if is_itself else 0.62,
        "is_itself": is_itself,
        "endpoint": endpoint,
        "endpoint_label": endpoint,
        "said": f"{endpoint} risk",
        "source": "Wang 2016",
    }


def test_what_was_measured_of_the_molecule_itself_comes_first() -> None:
    text = told(
        "predict_property",
        {},
        guess("herg", 0.9),
        trained("herg", is_itself=False),
        trained("herg", is_itself=True),
    )
    first, second, third = text.splitlines()[:1] + text.splitlines()[2:4]
    assert first.startswith("- Measured, in the training set: herg of aspirin") and "[E3]" in first
    assert second.startswith("- Predicted herg of aspirin: probability of")
    assert third.strip().startswith("- Measured of the nearest") and "Tanimoto 0.62" in third
    assert "redicted" not in third


def test_many_predictions_are_a_profile_by_concern() -> None:
    rows = [guess(f"e{n}", 0.2) for n in range(5)]
    rows += [
        guess("herg", 0.95, concern="high"),
        guess("ames", 0.7, concern="some", domain="outside", in_domain=False),
        guess("vdss", None, concern="none"),
    ]
    text = told("predict_property", {}, *rows)
    heads = [line for line in text.splitlines() if line.endswith(":")]
    assert heads == [
        f"Predicted for aspirin, {words}:"
        for words in ("of high concern", "of some concern", "of little concern", "for information")
    ]
    lines = {line.split(":")[0].strip("- "): line for line in text.splitlines() if "[E" in line}
    assert "predicted" in lines["herg"] and "a reading" in lines["herg"]
    assert "an extrapolation" in lines["ames"] and "a reading" not in lines["ames"]
    assert lines["vdss"] == "- vdss: a rank only, higher than 71 % of approved drugs [E8]"
    assert lines["e0"] == "- e0: probability 0.20 (0.10 to 0.30) [E1]"
    assert "brackets hold 90 % intervals [E1][E2][E3]" in text


def test_assays_of_little_concern_share_a_line_and_say_where_they_are_no_fact() -> None:
    rows = [guess(f"e{n}", -5.2, task="regression", unit="log mol/L") for n in range(4)]
    rows += [
        guess("tox21_sr_hse", 0.08, endpoint_label="heat shock response (Tox21)"),
        guess("tox21_sr_p53", 0.3, endpoint_label="p53 activation (Tox21)", domain="outside"),
        guess("tox21_nr_er", 0.6, endpoint_label="oestrogen (Tox21)", concern="some"),
        guess("bbb", 0.4, concern="none", domain="borderline"),
        guess("atad5", 0.01, endpoint_label="DNA damage response (ATAD5) (Tox21)"),
    ]
    lines = told("predict_property", {}, *rows).splitlines()
    assert "- e0: -5.20 log mol/L (-5.30 to -5.10) [E1]" in lines
    activity = "- Tox21, probability of activity"
    assert (
        f"{activity}: heat shock response 0.08 (-0.02 to 0.18) [E5], "
        "DNA damage response (ATAD5) 0.01 (-0.09 to 0.11) [E9]"
    ) in lines
    assert f"{activity}, outside the domain: p53 activation 0.30 (0.20 to 0.40) [E6]" in lines
    assert any(line.startswith("- oestrogen (Tox21): predicted probability of") for line in lines)
    assert "- bbb: probability 0.40 (0.30 to 0.50), at the border of the domain [E8]" in lines


def test_targets_that_are_not_shown_are_counted() -> None:
    rows = [guess(f"t{n}", 7.0, family="off-target", task="regression") for n in range(6)]
    found = result("predict_property", {}, *rows)
    text = WRITERS["predict_property"]([replace(found, note="Say so. Not shown: 24 more targets.")])
    assert "on other targets, highest first:" in text and "Concern" not in text
    assert "Not shown: 24 more targets." in text


def test_every_sentence_of_an_explanation_is_cited() -> None:
    record = {"record": "attribution", "name": "aspirin", "smiles": "CC"}
    item = {"key": "E2", "quote": "It leans on this. It is no cause.", "record": record}
    call = Call("explain_prediction", {})
    text = WRITERS["explain_prediction"](
        [Result(call, True, "", (*result("x", {}, guess("herg", 0.9)).evidence, item))]
    )
    assert "It leans on this [E2]. It is no cause [E2]." in text


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


def test_alerts_are_told_by_catalogue_each_name_once() -> None:
    found = [
        {"catalogue": "Brenk", "family": "Brenk", "alert": "Thiocarbonyl_group", "atoms": [3, 4]},
        {"catalogue": "ChEMBL", "family": "A", "alert": "Thiocarbonyl group", "atoms": [3, 4]},
        {"catalogue": "ChEMBL", "family": "B", "alert": "Thiocarbonyl_group", "atoms": [3, 4]},
    ]
    record = {
        "record": "alerts",
        "name": "Thioacetone",
        "smiles": "CC(C)=S",
        "catalogues": ["Brenk", "ChEMBL"],
        "matches": found,
    }
    assert told("check_alerts", {}, record).startswith(
        "Thioacetone matches structural alerts, of Brenk and ChEMBL searched: "
        "Brenk: Thiocarbonyl group; ChEMBL: Thiocarbonyl group [E1]."
    )


def test_the_target_of_a_value_is_always_told() -> None:
    row = activity("RISPERIDONE", 10.6)
    assert "EGFR (Homo sapiens)" in told("find_activities", {"molecule": "risperidone"}, row)
