"""Direct answers: what a comparison of recorded values shows, and nothing more."""

from __future__ import annotations

from typing import Any

import pytest

from retort.agent.models.embedded import verdicts
from retort.agent.models.embedded.dialogue import Call, Result


def result(name: str, args: dict[str, Any], *records: dict[str, Any], first: int = 1) -> Result:
    items = tuple({"key": f"E{i}", "record": r} for i, r in enumerate(records, first))
    return Result(Call(name, args), True, "", items, len(items))


def weight(name: str, value: float, first: int = 1) -> Result:
    mass = {
        "property": "molecular_weight",
        "label": "molecular weight",
        "value": value,
        "text": str(value),
        "unit": "g/mol",
    }
    record = {"record": "calculation", "name": name, "smiles": "C", "values": [mass]}
    return result("calculate_properties", {"molecule": name}, record, first=first)


@pytest.mark.parametrize(
    ("question", "opening"),
    [
        ("Is the molecular weight of imatinib above 500?", "No: "),
        ("Is its MW under 500?", "Yes: "),
        ("Does imatinib have a MW of at least 493.62?", "Yes: "),
        ("What is the molecular weight, and is it below 500?", "Yes: "),
        ("What is the molecular weight of imatinib?", ""),
        ("Does imatinib hit ABL1 below 10 nM?", ""),
    ],
)
def test_a_limit_on_a_property_is_answered_yes_or_no(question: str, opening: str) -> None:
    told = verdicts.of_calculations(question, [weight("imatinib", 493.62)])
    assert told.startswith(opening) and bool(told) == bool(opening)
    assert not told or ("493.62 g/mol" in told and told.endswith("[E1]."))


def test_several_are_put_in_order_only_where_an_order_is_asked() -> None:
    pair = [weight("gefitinib", 446.91), weight("osimertinib", 499.62, first=2)]
    told = verdicts.of_calculations("Which one is heavier?", pair)
    assert told.index("osimertinib 499.62") < told.index("gefitinib 446.91")
    assert verdicts.of_calculations("What are their molecular weights?", pair) == ""


def predicted(name: str, value: float, low: float, high: float, first: int) -> Result:
    record = {
        "record": "prediction",
        "name": name,
        "smiles": "C",
        "endpoint": "lipophilicity",
        "endpoint_label": "lipophilicity",
        "value": value,
        "interval": [low, high],
    }
    return result("predict_property", {"molecule": name}, record, first=first)


@pytest.mark.parametrize(("low", "is_certain"), [(0.0, False), (2.0, True)])
def test_predictions_whose_intervals_overlap_have_no_certain_order(
    low: float, is_certain: bool
) -> None:
    pair = [predicted("a", 3.0, low, 4.0, 1), predicted("b", 1.0, 0.5, 1.5, 2)]
    told = verdicts.of_predictions("Which is more lipophilic, a or b?", pair)
    assert ("uncertain" in told) != is_certain and "a 3.00 [E1], b 1.00 [E2]" in told


def indication(name: str, phase: float, first: int = 1) -> Result:
    record = {
        "record": "indication",
        "molecule_name": "IMATINIB",
        "indication": name,
        "max_phase": phase,
    }
    return result("find_indications", {"molecule": "imatinib"}, record, first=first)


def test_a_disease_is_found_among_the_indications_or_said_to_be_missing() -> None:
    known = [indication("Gastrointestinal Stromal Tumors", 4.0)]
    yes = verdicts.of_indications("Is it approved for gastrointestinal stromal tumour?", known)
    assert yes.startswith("It is recorded for Gastrointestinal") and "approved" in yes
    no = verdicts.of_indications("Is imatinib approved for psoriasis?", known)
    assert no == 'None of the recorded indications names "psoriasis" [E1].'
    assert verdicts.of_indications("What is imatinib used for?", known) == ""


def acts(target: str, *names: str, first: int) -> Result:
    records = [{"record": "mechanism", "molecule_name": name} for name in names]
    return result("find_mechanism", {"target": target}, *records, first=first)


def test_both_targets_give_the_drugs_that_stand_in_both_lists() -> None:
    lists = [acts("JAK1", "A", "B", first=1), acts("JAK2", "B", "C", first=3)]
    told = verdicts.of_mechanisms("Which drugs inhibit both JAK1 and JAK2?", lists)
    assert told == "Drugs with a mechanism of action on each of JAK1 and JAK2: B [E2][E3]."
    assert verdicts.of_mechanisms("Which drugs inhibit JAK1 and JAK2?", lists) == ""


def test_the_field_that_is_asked_comes_first_and_an_empty_one_is_said() -> None:
    record = {"record": "molecule", "name": "aspirin", "chembl_id": "CHEMBL25", "smiles": "CC"}
    found = [result("find_molecule", {"molecule": "aspirin"}, record)]
    assert verdicts.of_molecules("What is its ChEMBL id?", found) == (
        "The ChEMBL id of aspirin is CHEMBL25 [E1]."
    )
    assert "gives no year" in verdicts.of_molecules("When was aspirin approved?", found)
    assert verdicts.of_molecules("What is aspirin?", found) == ""
