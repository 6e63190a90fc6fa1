from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
from fake_predictors import FakePredictors, endpoint, neighbour, panel, predicted

from retort.retrieval.errors import RetortError
from retort.tools.predictors import Predictors
from retort.tools.predictors.tool import PANEL_SHOWN, build_tools
from retort.tools.records import ToolResult, kind_word
from retort.tools.shapes import AttributionShape, PredictionShape, TrainingShape


@dataclass(frozen=True)
class Molecule:
    handle: str
    name: str
    smiles: str
    inchikey: str = "KEY"


KNOWN = {
    "paracetamol": Molecule("M1", "paracetamol", "CC(=O)Nc1ccc(O)cc1"),
    "CCO": Molecule("M2", "", "CCO"),
    "trastuzumab": Molecule("M3", "trastuzumab", ""),
    "lidocaine hydrochloride": Molecule(
        "M4", "lidocaine hydrochloride", "CCN(CC)CC(=O)Nc1c(C)cccc1C.Cl"
    ),
}


class Book:
    def resolve(self, text: str) -> Molecule:
        return KNOWN[text]


NAMES = {"AAAAAAAAAAAAAA": "somethingol"}


@dataclass(frozen=True)
class Bench:
    molecules: Book
    predictors: object

    def name_of(self, key: str) -> str:
        return NAMES.get(key, "")


@pytest.fixture(scope="module")
def loaded() -> Predictors:
    return Predictors.load()


def call(
    loaded: object, name: str = "predict_property", **arguments: object
) -> tuple[str, ToolResult]:
    tools = {item.name: item for item in build_tools(Bench(Book(), lambda: loaded))}  # type: ignore[arg-type]
    message = tools[name].invoke({"type": "tool_call", "id": "1", "name": name, "args": arguments})
    return message.content, message.artifact


def test_every_line_says_predicted_and_holds_the_numbers(loaded: Predictors) -> None:
    wanted = ["solubility", "lipophilicity", "herg"]
    text, result = call(loaded, molecule="paracetamol", endpoints=wanted)
    told = [item for item in result.evidence if item.kind == "prediction"]
    assert [item.source_id for item in told] == [f"retort-{name}-2" for name in wanted]
    for item in told:
        assert item.quote.startswith("Predicted ")
        assert "paracetamol (M1)" in item.quote
        assert f"{item.record['value']:.2f}" in item.quote
        low, high = item.record["interval"]
        assert f"90 % interval {low:.2f} to {high:.2f}" in item.quote
        assert item.quote in text
        assert set(item.record) == set(PredictionShape.__annotations__)
    assert "log mol/L" in told[0].quote
    assert 'probability of "hERG blocker"' in told[2].quote
    assert result.molecules[0]["handle"] == "M1"
    near = [item for item in result.evidence if item.kind != "prediction"]
    assert near and all(item.quote.startswith("Measured ") for item in near)


def test_one_endpoint_of_a_nameless_molecule(loaded: Predictors) -> None:
    _, result = call(loaded, molecule="CCO", endpoints=["logD"])
    told = [item for item in result.evidence if item.kind == "prediction"]
    assert [item.record["endpoint"] for item in told] == ["lipophilicity"]
    assert "CCO (M2)" in told[0].quote


def test_nothing_asked_for_gives_the_whole_profile(loaded: Predictors) -> None:
    _, result = call(loaded, molecule="paracetamol")
    told = {item.record["endpoint"] for item in result.evidence if item.kind == "prediction"}
    assert told == {item.name for item in loaded.named(["admet"])}


def test_a_salt_says_which_form_was_used(loaded: Predictors) -> None:
    wanted = ["solubility", "lipophilicity"]
    _, result = call(loaded, molecule="lidocaine hydrochloride", endpoints=wanted)
    told = [item for item in result.evidence if item.kind == "prediction"]
    assert "of the salt or mixture as given" in told[0].quote
    assert "of the parent CCN(CC)CC(=O)Nc1c(C)cccc1C" in told[1].quote


def test_a_biologic_cannot_be_predicted(loaded: Predictors) -> None:
    with pytest.raises(RetortError, match="no structure"):
        call(loaded, molecule="trastuzumab")


def test_the_tool_is_as_agreed(loaded: Predictors) -> None:
    tool, other = build_tools(Bench(Book(), lambda: loaded))  # type: ignore[arg-type]
    assert (tool.name, other.name) == ("predict_property", "explain_prediction")
    schema = tool.get_input_schema().model_json_schema()
    assert list(schema["properties"]) == ["molecule", "endpoints"]
    assert schema["required"] == ["molecule"]
    assert "never" in tool.description and "measurements" in tool.description


PROFILE = [
    endpoint("solubility", "absorption", "regression", unit="log mol/L"),
    endpoint("vdss", "distribution", "regression", unit="L/kg"),
    endpoint("half_life", "excretion", "regression", unit="h", rank_only=True),
    endpoint("herg", "toxicity"),
    endpoint("ames", "toxicity"),
    endpoint("tox21_nr_er", "toxicity"),
    endpoint("hia", "absorption"),
]
ROWS = {
    "solubility": predicted(PROFILE[0], -5.0, percentile_of_drugs=4.0),
    "vdss": predicted(PROFILE[1], 0.004, percentile_of_drugs=99.0),
    "half_life": predicted(PROFILE[2], percentile_of_drugs=71.0),
    "herg": predicted(PROFILE[3], 0.93),
    "ames": predicted(PROFILE[4], 0.05),
    "tox21_nr_er": predicted(PROFILE[5], 0.6, domain="outside"),
    "hia": predicted(PROFILE[6], 0.97),
}


def test_nothing_asked_is_the_admet_profile_by_concern() -> None:
    targets = panel(60)
    fake = FakePredictors(ROWS, [*PROFILE, *targets])
    text, result = call(fake, molecule="paracetamol")
    told = [(item.record["endpoint"], item.record["concern"]) for item in result.evidence]
    assert told == [
        ("solubility", "high"),
        ("herg", "high"),
        ("tox21_nr_er", "some"),
        ("ames", "little"),
        ("hia", "little"),
        ("half_life", "little"),
        ("vdss", "none"),
    ]
    assert result.summary.endswith("7 endpoints") and result.count == 7
    assert "thresholds" not in text
    assert "Ranks only, no values: half_life." in text
    assert "Outside the applicability domain: tox21_nr_er" in text
    assert "0.004 L/kg" in text


def test_a_rank_is_no_value() -> None:
    _, result = call(FakePredictors(ROWS, PROFILE), molecule="paracetamol", endpoints=["half_life"])
    (item,) = result.evidence
    assert "higher than 71 % of approved drugs" in item.quote and "no value" in item.quote
    assert "interval" not in item.quote
    assert item.record["value"] is None and item.record["interval"] == []
    assert set(item.record) == set(PredictionShape.__annotations__)


def test_the_border_of_the_domain_is_said_and_counts_as_inside() -> None:
    row = predicted(PROFILE[4], 0.4, domain="borderline", domain_note="nearest Tanimoto 0.31")
    _, result = call(FakePredictors({"ames": row}, PROFILE), molecule="CCO", endpoints=["ames"])
    (item,) = result.evidence
    assert "at the border of the applicability domain (nearest Tanimoto 0.31)" in item.quote
    assert item.record["in_domain"] is True and item.record["domain"] == "borderline"


def test_of_the_panel_the_highest_in_the_domain_are_shown_and_the_rest_counted() -> None:
    targets = panel(30)
    rows = {item.name: predicted(item, 4.0 + n / 10) for n, item in enumerate(targets)}
    rows |= {
        item.name: replace(rows[item.name], domain="outside", value=9.0) for item in targets[:7]
    }
    text, result = call(FakePredictors(rows, targets), molecule="CCO", endpoints=["targets"])
    shown = [item.record["value"] for item in result.evidence]
    assert len(shown) == PANEL_SHOWN and shown == sorted(shown, reverse=True)
    assert max(shown) == pytest.approx(6.9) and result.count == 30
    assert "13 more targets with lower predicted values and 7 targets for which" in text


def test_measured_neighbours_are_evidence_of_their_own() -> None:
    near = (
        neighbour("AAAAAAAAAAAAAA", 0.62, 1.9, source="Wang 2016, J. Data 6"),
        neighbour("BBBBBBBBBBBBBB", 0.5, 0.0, unit="", label="no hERG blocker"),
    )
    rows = {"herg": predicted(PROFILE[3], 0.93, neighbours=near)}
    _, result = call(FakePredictors(rows, PROFILE), molecule="CCO", endpoints=["herg"])
    guess, first, second = result.evidence
    assert guess.quote.startswith("Predicted ") and kind_word(guess) == "predicted"
    for item in (first, second):
        assert kind_word(item) == "measured (training set)"
        assert item.quote.startswith("Measured ") and "redicted" not in item.title
        assert set(item.record) == set(TrainingShape.__annotations__)
    assert first.quote == (
        "Measured herg of somethingol, training molecule AAAAAAAAAAAAAA (first InChIKey block), "
        "Tanimoto 0.62 to CCO (M2): 1.90 log units; set: Wang 2016, J. Data 6."
    )
    assert "training molecule BBBBBBBBBBBBBB" in second.quote and "no hERG blocker" in second.quote


def test_a_molecule_of_the_training_set_has_its_measured_value_first() -> None:
    own = neighbour("LFQSCWFLJHTTHZ", 1.0, -0.24, unit="log mol/L")  # ethanol
    rows = ROWS | {"solubility": predicted(PROFILE[0], -0.1, neighbours=(own,))}
    _, result = call(FakePredictors(rows, PROFILE), molecule="CCO", endpoints=["solubility"])
    measured, guess = result.evidence
    assert measured.record["is_itself"] and "prefer it to the prediction" in measured.quote
    assert "its measured value is in the training set (-0.24 log mol/L)" in guess.quote
    _, whole = call(FakePredictors(rows, PROFILE), molecule="CCO")
    kinds = [item.record["record"] for item in whole.evidence]
    assert kinds.count("training") == 1, "in a profile, the molecule's own value only"


def test_an_explanation_names_parts_and_says_what_it_is_worth(loaded: Predictors) -> None:
    _, result = call(loaded, "explain_prediction", molecule="paracetamol", endpoint="herg")
    guess, why = result.evidence
    assert guess.record["record"] == "prediction"
    assert set(why.record) == set(AttributionShape.__annotations__)
    assert "what the model reacts to, not what causes" in why.quote
    assert len(why.record["weights"]) == 11
    assert {"amide", "benzene ring"} <= {part["part"] for part in why.record["parts"]}
