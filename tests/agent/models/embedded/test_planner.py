"""Questions to tool calls, with the weights that are shipped and the bundled encoder."""

from __future__ import annotations

from typing import Any

import pytest

from retort.agent.models.embedded import rounds
from retort.agent.models.embedded.dialogue import Call, Result, Turn
from retort.agent.models.embedded.planner import Plan, Planner

TOOL_NAMES = (
    "find_molecule calculate_properties check_rules check_alerts compare_molecules"
    " match_substructure find_target find_activities find_mechanism find_indications"
    " predict_property explain_prediction search_literature estimate_charge analyse_series"
    " generate_conformers convert_units ligand_efficiency find_selectivity find_warnings"
    " find_structure_activity find_similar find_with_substructure find_document"
).split()


def plan(planner: Planner, *questions: str, tools: Any = TOOL_NAMES) -> Plan:
    turns: list[Turn] = []
    for question in questions:
        made = planner.plan([*turns, Turn(question)], tools)
        turns.append(Turn(question, made.calls))
    return made


def calls(made: Plan) -> list[tuple[str, dict[str, Any]]]:
    return [(call.name, dict(call.args)) for call in made.calls]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        (
            "What is the molecular weight and TPSA of imatinib, and does it pass Lipinski's rules?",
            [
                (
                    "calculate_properties",
                    {"molecule": "imatinib", "properties": ["molecular_weight", "tpsa"]},
                ),
                ("check_rules", {"molecule": "imatinib", "rules": ["lipinski"]}),
            ],
        ),
        (
            "What is the mechanism of action of osimertinib?",
            [("find_mechanism", {"molecule": "osimertinib"})],
        ),
        (
            "Which compounds in ChEMBL inhibit EGFR with an IC50 below 10 nM?",
            [
                (
                    "find_activities",
                    {"target": "EGFR", "activity_type": "IC50", "max_value_nm": 10.0},
                )
            ],
        ),
        (
            "Is CC(=O)Nc1ccc(O)cc1 soluble in water, and is it a hERG risk?",
            [
                (
                    "predict_property",
                    {"molecule": "CC(=O)Nc1ccc(O)cc1", "endpoints": ["solubility", "herg"]},
                )
            ],
        ),
        (
            "What is the IC50 of unobtainium against EGFR?",
            [
                (
                    "find_activities",
                    {"target": "EGFR", "molecule": "unobtainium", "activity_type": "IC50"},
                )
            ],
        ),
        ("Which drugs inhibit EGFR?", [("find_mechanism", {"target": "EGFR"})]),
        ("What is aspirin used for?", [("find_indications", {"molecule": "aspirin"})]),
        ("mechanism of imatinb", [("find_mechanism", {"molecule": "imatinib"})]),
        (
            "What is the logP of imatinib and what is the mechanism of gefitinib?",
            [
                ("calculate_properties", {"molecule": "imatinib", "properties": ["logp"]}),
                ("find_mechanism", {"molecule": "gefitinib"}),
            ],
        ),
    ],
)
def test_one_question(planner: Planner, question: str, expected: Any) -> None:
    assert calls(plan(planner, question)) == expected


def test_the_literature_is_asked_in_the_words_of_the_question(planner: Planner) -> None:
    ((name, args),) = calls(plan(planner, "Which CYP2C9 variants lower the warfarin dose?"))
    assert name == "search_literature" and args["query"].startswith("Which CYP2C9 variants")


@pytest.mark.parametrize(
    ("questions", "expected"),
    [
        (
            ("mechanism of imatinib", "and its logP?"),
            ("calculate_properties", {"molecule": "imatinib", "properties": ["logp"]}),
        ),
        (
            ("mechanism of imatinib", "what about gefitinib?"),
            ("find_mechanism", {"molecule": "gefitinib"}),
        ),
        (
            ("mechanism of imatinib", "compare it with erlotinib"),
            ("compare_molecules", {"molecule": "imatinib", "other": "erlotinib"}),
        ),
        (
            ("mechanism of imatinib", "is it soluble?"),
            ("predict_property", {"molecule": "imatinib", "endpoints": ["solubility"]}),
        ),
        (
            ("Which compounds inhibit EGFR with an IC50 below 10 nM?", "and BRAF?"),
            ("find_activities", {"target": "BRAF", "activity_type": "IC50", "max_value_nm": 10.0}),
        ),
        (
            ("Is CCO soluble?", "what is its TPSA?"),
            ("calculate_properties", {"molecule": "CCO", "properties": ["tpsa"]}),
        ),
    ],
)
def test_a_follow_up_resolves_from_what_was_said(
    planner: Planner, questions: tuple[str, ...], expected: Any
) -> None:
    assert calls(plan(planner, *questions)) == [expected]


def test_a_follow_up_to_the_literature_keeps_the_topic(planner: Planner) -> None:
    made = plan(
        planner,
        "Which CYP2C9 variants lower the warfarin dose?",
        "and what does the literature say about VKORC1?",
    )
    ((name, args),) = calls(made)
    assert name == "search_literature"
    assert {"VKORC1", "warfarin", "dose"} <= set(args["query"].split())
    assert "CYP2C9" not in args["query"]


def test_what_is_out_of_scope_is_said_to_be(planner: Planner) -> None:
    made = plan(planner, "What is the capital of France?")
    assert made.is_out_of_scope and [c.name for c in made.calls] == ["search_literature"]
    assert plan(planner, "hello there!").is_greeting


def test_it_without_a_past_lacks_a_molecule(planner: Planner) -> None:
    made = plan(planner, "How does it work?")
    assert made.calls == () and made.lacking == "molecule"


def test_only_bound_tools_are_called(planner: Planner) -> None:
    assert plan(planner, "mechanism of imatinib", tools=["check_rules"]).calls == ()
    fallback = plan(planner, "mechanism of imatinib", tools=["search_literature"])
    assert [c.name for c in fallback.calls] == ["search_literature"]


def test_planning_is_deterministic_and_bounded(planner: Planner) -> None:
    names = " and ".join(f"CC{'C' * i}O" for i in range(20))
    question = f"TPSA, Lipinski and solubility of {names}"
    first, second = plan(planner, question), plan(planner, question)
    assert first.calls == second.calls
    assert all(0 < len(part.calls) <= 20 for part in first.parts)
    assert all(isinstance(call, Call) for call in first.calls)
    assert len(rounds.further(first, [], TOOL_NAMES)) == 8


@pytest.mark.parametrize(
    "question",
    [
        "Which drugs are metabolised by CYP2D6?",
        "What is the mechanism of resistance to gefitinib?",
        "How does TPMT affect imatinib?",
        "Should HLA-B*57:01 be tested before warfarin?",
        "What is the measured LD50 of caffeine in rats?",
        "What is the active metabolite of clopidogrel?",
        "Does warfarin interact with aspirin?",
        "What is the hERG channel?",
    ],
)
def test_what_no_table_holds_is_asked_of_the_papers(planner: Planner, question: str) -> None:
    assert [call.name for call in plan(planner, question).calls] == ["search_literature"]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Is warfarin an anticoagulant or is warfarin a VKORC1 inhibitor?", "find_mechanism"),
        ("How selective is imatinib?", "find_selectivity"),
        ("Does aspirin match [#6](=O)O[#6]?", "match_substructure"),
    ],
)
def test_words_of_the_field_name_the_tool(planner: Planner, question: str, expected: str) -> None:
    assert expected in [call.name for call in plan(planner, question).calls]


def test_a_comparison_of_values_is_no_comparison_of_structures(planner: Planner) -> None:
    for question in (
        "Compare the molecular weights of warfarin and aspirin",
        "Which is more potent on EGFR: gefitinib or erlotinib?",
    ):
        assert "compare_molecules" not in {call.name for call in plan(planner, question).calls}


def test_which_one_means_the_two_spoken_of_before(planner: Planner) -> None:
    made = plan(planner, "What is the TPSA of imatinib?", "and gefitinib?", "which one is heavier?")
    assert [call.args["molecule"] for call in made.calls] == ["imatinib", "gefitinib"]


def test_what_else_leaves_the_target_spoken_of_before(planner: Planner) -> None:
    made = plan(
        planner, "What is the Kd of imatinib on ABL1?", "what else does it inhibit below 10 nM?"
    )
    assert calls(made) == [("find_activities", {"molecule": "imatinib", "max_value_nm": 10.0})]


@pytest.mark.parametrize("question", ["?", "!!!", "..."])
def test_marks_alone_are_not_searched_for(planner: Planner, question: str) -> None:
    assert plan(planner, question).calls == ()


def test_values_of_another_type_are_looked_for_once(planner: Planner) -> None:
    args = {"target": "EGFR", "molecule": "gefitinib", "activity_type": "IC50"}
    absence = {
        "key": "E1",
        "quote": "The source holds no IC50. Without these filters it holds 6 rows (Kd).",
        "record": {"record": "absence"},
    }
    question = "What is the IC50 of gefitinib on EGFR?"
    made = plan(planner, question)
    empty = Result(Call("find_activities", args), True, "", (absence,))
    (wider,) = rounds.follow(made, [empty], TOOL_NAMES)
    assert wider == Call("find_activities", {"target": "EGFR", "molecule": "gefitinib"})
    again = [empty, Result(wider, True, "", ({**absence, "quote": "Nothing."},))]
    (last,) = rounds.follow(made, again, TOOL_NAMES)
    assert last.name == "search_literature"


def test_a_mechanism_on_something_else_does_not_answer_for_a_target(planner: Planner) -> None:
    question = "Does warfarin inhibit CYP2D6?"
    made = plan(planner, question)
    nothing = {"key": "E2", "quote": "Nothing.", "record": {"record": "absence"}}
    acts = {"key": "E1", "quote": "VKORC1 inhibitor.", "record": {"record": "mechanism"}}
    results = [
        Result(Call("find_mechanism", {"molecule": "warfarin"}), True, "", (acts,)),
        Result(
            Call("find_activities", {"target": "CYP2D6", "molecule": "warfarin"}),
            True,
            "",
            (nothing,),
        ),
    ]
    (more,) = rounds.follow(made, results, TOOL_NAMES)
    assert more.name == "search_literature"


def test_what_it_is_called_is_asked_of_the_molecule_spoken_of(planner: Planner) -> None:
    made = plan(planner, "Is CC(=O)Oc1ccccc1C(=O)O drug-like?", "what is it called?")
    assert calls(made) == [("find_molecule", {"molecule": "CC(=O)Oc1ccccc1C(=O)O"})]


@pytest.mark.parametrize(
    ("question", "endpoints"),
    [
        ("Does ibuprofen cross the blood-brain barrier?", ["bbb"]),
        ("Is imatinib BBB permeable?", ["bbb"]),
        (
            "is imatinib a CYP3A4 inhibitor or substrate",
            ["cyp3a4_inhibition", "cyp3a4_substrate"],
        ),
        ("is imatinib Ames positive", ["ames"]),
        ("predicted half-life of imatinib", ["half_life"]),
        ("microsomal clearance of imatinib", ["clearance_microsome"]),
        ("clearance of imatinib", ["clearance_hepatocyte", "clearance_microsome"]),
        ("ADMET profile of imatinib", []),
        ("toxicity profile of imatinib", ["toxicity"]),
        ("what off-targets may imatinib hit", ["targets"]),
        ("Tox21 ER prediction for imatinib", ["tox21_nr_er"]),
    ],
)
def test_an_endpoint_is_named_in_the_words_of_a_chemist(
    planner: Planner, question: str, endpoints: list[str]
) -> None:
    ((name, args),) = calls(plan(planner, question))
    assert name == "predict_property" and args["endpoints"] == endpoints


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Which drugs inhibit CYP3A4?", "find_mechanism"),
        ("What IC50 has imatinib on CYP3A4?", "find_activities"),
        ("What is the measured half-life of imatinib in humans?", "search_literature"),
        ("Do CYP2D6 inhibitors raise imatinib levels?", "search_literature"),
        ("Have cases of liver injury from imatinib been reported?", "search_literature"),
    ],
)
def test_what_is_measured_or_reported_is_not_predicted(
    planner: Planner, question: str, expected: str
) -> None:
    assert [name for name, _ in calls(plan(planner, question))] == [expected]


@pytest.mark.parametrize(
    "questions",
    [
        ("why is imatinib predicted to be a hERG blocker?",),
        ("Is imatinib a hERG blocker?", "why does the model think so?"),
    ],
)
def test_why_asks_what_a_prediction_leans_on(planner: Planner, questions: tuple[str, ...]) -> None:
    expected = ("explain_prediction", {"molecule": "imatinib", "endpoint": "herg"})
    assert calls(plan(planner, *questions)) == [expected]


def test_papers_are_asked_where_there_is_no_such_predictor(planner: Planner) -> None:
    question = "bioavailability of imatinib"
    made = plan(planner, question)
    failed = Result(made.calls[0], False, "There is no predictor of that.")
    (more,) = rounds.follow(made, [failed], TOOL_NAMES)
    assert more.name == "search_literature"
