"""The newer tools: which question reaches which, with which arguments, and what it does not."""

from __future__ import annotations

from typing import Any

import pytest

from retort.agent.models.embedded import rounds
from retort.agent.models.embedded.amounts import amounts, ph, similarity, wanted_unit
from retort.agent.models.embedded.dialogue import Call, Result, Turn
from retort.agent.models.embedded.diseases import disease_in
from retort.agent.models.embedded.planner import Planner

TOOLS = (
    "find_molecule calculate_properties check_rules compare_molecules match_substructure"
    " find_activities find_mechanism find_indications predict_property search_literature"
    " estimate_charge analyse_series generate_conformers convert_units ligand_efficiency"
    " find_selectivity find_warnings find_structure_activity find_similar"
    " find_with_substructure find_document"
).split()
QUINAZOLINE = "c1ccc2ncncc2c1"
RECORDS = ("indications", "warnings", "mechanism")
THREE = ["gefitinib", "erlotinib", "imatinib"]


def calls(planner: Planner, *questions: str) -> list[tuple[str, dict[str, Any]]]:
    turns: list[Turn] = []
    for question in questions:
        made = planner.plan([*turns, Turn(question)], TOOLS)
        turns.append(Turn(question, made.calls))
    return [(call.name, dict(call.args)) for call in turns[-1].calls]


@pytest.mark.parametrize(
    ("question", "tool", "args"),
    [
        ("what else does imatinib hit", "find_selectivity", {"molecule": "imatinib"}),
        ("off-targets measured for imatinib", "find_selectivity", {"molecule": "imatinib"}),
        ("compounds similar to gefitinib", "find_similar", {"molecule": "gefitinib"}),
        (
            "compounds like gefitinib, similarity above 0.5",
            "find_similar",
            {"molecule": "gefitinib", "threshold": 0.5},
        ),
        (
            "which drugs contain a quinazoline",
            "find_with_substructure",
            {"smarts": QUINAZOLINE},
        ),
        ("was warfarin withdrawn", "find_warnings", {"molecule": "warfarin"}),
        ("boxed warning of warfarin", "find_warnings", {"molecule": "warfarin"}),
        (
            "SAR of quinazolines on EGFR",
            "find_structure_activity",
            {"target": "EGFR", "smarts": QUINAZOLINE},
        ),
        (
            "structure-activity table for EGFR",
            "find_structure_activity",
            {"target": "EGFR"},
        ),
        ("drugs for gout", "find_indications", {"disease": "Gout"}),
        (
            "which drugs are approved for CML",
            "find_indications",
            {"disease": "Leukemia, Myelogenous, Chronic"},
        ),
        (
            "what is in ChEMBL from DOI 10.1038/nbt.1990",
            "find_document",
            {"document": "10.1038/nbt.1990"},
        ),
        ("convert 33 nM to pIC50", "convert_units", {"quantity": "33 nM", "unit": "pIC50"}),
        (
            "what is 5 ug/mL imatinib in nM",
            "convert_units",
            {"quantity": "5 ug/mL", "unit": "nM", "molecule": "imatinib"},
        ),
        (
            "dG of a Kd of 10 nM",
            "convert_units",
            {"quantity": "Kd 10 nM", "unit": "kcal/mol"},
        ),
        (
            "ligand efficiency of gefitinib at 33 nM",
            "ligand_efficiency",
            {"molecule": "gefitinib", "activity": "33 nM"},
        ),
        (
            "charge of imatinib at pH 7.4",
            "estimate_charge",
            {"molecule": "imatinib", "ph": 7.4},
        ),
        (
            "is imatinib ionised at physiological pH",
            "estimate_charge",
            {"molecule": "imatinib"},
        ),
        (
            "CNS MPO of diazepam",
            "check_rules",
            {"molecule": "diazepam", "rules": ["cns_mpo"]},
        ),
        (
            "is caffeine lead-like",
            "check_rules",
            {"molecule": "caffeine", "rules": ["leadlike"]},
        ),
        (
            "common scaffold of gefitinib, erlotinib and imatinib",
            "analyse_series",
            {"molecules": THREE, "by": "common_core"},
        ),
        (
            "R-groups of gefitinib, erlotinib and imatinib",
            "analyse_series",
            {"molecules": THREE, "by": "r_groups"},
        ),
        (
            "which of erlotinib and imatinib is most like gefitinib?",
            "compare_molecules",
            {"molecule": "gefitinib", "other": ["erlotinib", "imatinib"]},
        ),
        ("conformers of caffeine", "generate_conformers", {"molecule": "caffeine"}),
    ],
)
def test_one_question_reaches_one_tool(
    planner: Planner, question: str, tool: str, args: dict[str, Any]
) -> None:
    assert calls(planner, question) == [(tool, args)]


@pytest.mark.parametrize(
    "question",
    [
        "what is ligand efficiency?",
        "what is a boxed warning?",
        "what causes gout?",
        "Is hypertension a risk factor for stroke?",
        "which genes are linked to psoriasis?",
    ],
)
def test_a_concept_or_a_cause_is_asked_of_the_papers(planner: Planner, question: str) -> None:
    assert [name for name, _ in calls(planner, question)] == ["search_literature"]


@pytest.mark.parametrize(
    "question",
    ["convert 5 miles to kilometres", "how do I charge my phone", "films similar to Star Wars"],
)
def test_everyday_uses_of_the_words_stay_out_of_scope(planner: Planner, question: str) -> None:
    assert planner.plan([Turn(question)], TOOLS).is_out_of_scope


@pytest.mark.parametrize(
    ("questions", "expected"),
    [
        (("drugs for gout", "and for asthma?"), ("find_indications", {"disease": "Asthma"})),
        (
            ("convert 33 nM to pIC50", "and 5 nM?"),
            ("convert_units", {"quantity": "5 nM", "unit": "pIC50"}),
        ),
        (
            ("charge of imatinib at pH 7.4", "and at pH 2?"),
            ("estimate_charge", {"molecule": "imatinib", "ph": 2.0}),
        ),
        (
            ("how selective is imatinib?", "and gefitinib?"),
            ("find_selectivity", {"molecule": "gefitinib"}),
        ),
    ],
)
def test_a_follow_up_changes_one_value(
    planner: Planner, questions: tuple[str, ...], expected: Any
) -> None:
    assert calls(planner, *questions) == [expected]


def test_an_efficiency_without_a_potency_follows_from_what_was_measured(planner: Planner) -> None:
    question = "ligand efficiency of gefitinib on EGFR"
    made = planner.plan([Turn(question)], TOOLS)
    (call,) = made.calls
    assert call == Call("find_activities", {"target": "EGFR", "molecule": "gefitinib"})
    mutant = {"type": "Kd", "value": 0.5, "units": "nM", "pchembl": 9.3, "variant": "L858R"}
    wild = {"type": "Kd", "value": 1.0, "units": "nM", "pchembl": 9.0, "variant": ""}
    rows = tuple({"key": "E", "quote": "q", "record": record} for record in (mutant, wild))
    looked_up = Result(call, True, "", rows)
    (more,) = rounds.follow(made, [looked_up], TOOLS)
    assert more == Call("ligand_efficiency", {"molecule": "gefitinib", "activity": "Kd 1 nM"})
    done = Result(more, True, "", rows)
    assert rounds.follow(made, [looked_up, done], TOOLS) == ()


@pytest.mark.parametrize(
    ("text", "amount", "unit"),
    [
        ("IC50 > 10 uM as pIC50", "IC50 > 10 uM", "pIC50"),
        ("0.4 µM in nanomolar", "0.4 uM", "nM"),
        ("what Kd is -9.5 kcal/mol, in nM", "-9.5 kcal/mol", "nM"),
        ("kJ/mol for a Ki of 2 nM", "Ki 2 nM", "kJ/mol"),
        ("pki 8,2 in M", "pKi 8.2", "M"),
    ],
)
def test_amounts_are_read_with_the_unit_that_is_wanted(text: str, amount: str, unit: str) -> None:
    assert [found for found, _, _ in amounts(text)] == [amount]
    assert wanted_unit(text) == unit


def test_numbers_that_are_no_amounts_are_none() -> None:
    assert amounts("CHEMBL203 has 5 rings and 3 m of tubing") == ()
    assert ph("pH 22") is None and ph("at pH 6.5") == 6.5
    assert similarity("60 % similar to it") == 0.6 and similarity("similar to 5 drugs") is None


@pytest.mark.parametrize(
    ("text", "heading"),
    [
        ("treatments for high blood pressure", "Hypertension"),
        ("pulmonary hypertension drugs", "Hypertension, Pulmonary"),
        ("drugs for non-small-cell lung cancer", "Carcinoma, Non-Small-Cell Lung"),
        ("chronic myeloid leukaemia", "Leukemia, Myelogenous, Chronic"),
        ("medicines for Wilson disease", "Wilson disease"),
        ("what is the weather", ""),
    ],
)
def test_a_disease_becomes_the_heading_of_its_records(text: str, heading: str) -> None:
    assert disease_in(text) == heading


@pytest.mark.parametrize(
    ("question", "made"),
    [
        (
            "EGFR inhibitors between 1 and 10 nM",
            [("find_activities", {"target": "EGFR", "max_value_nm": 10.0, "min_value_nm": 1.0})],
        ),
        (
            "gefitinib: indications, warnings, mechanism",
            [(f"find_{name}", {"molecule": "gefitinib"}) for name in RECORDS],
        ),
        ("wihch drugs treat gout?", [("find_indications", {"disease": "Gout"})]),
        ("mecanism of imatinib", [("find_mechanism", {"molecule": "imatinib"})]),
    ],
)
def test_records_side_by_side_ranges_and_slips(
    question: str, made: list[tuple[str, dict[str, Any]]], planner: Planner
) -> None:
    assert calls(planner, question) == made


def test_a_short_follow_up_narrows_the_search_before(planner: Planner) -> None:
    asked = ("BRAF inhibitors below 5 nM", "only Ki values please")
    assert calls(planner, *asked) == [
        ("find_activities", {"target": "BRAF", "max_value_nm": 5.0, "activity_type": "Ki"})
    ]
