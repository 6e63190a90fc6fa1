from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from retort.retrieval.errors import RetortError
from retort.tools.molecule import MoleculeBook
from retort.tools.properties import PROPERTIES, TABLE, USUAL, named, value_of
from retort.tools.records import ToolResult
from retort.tools.structures import molecule_from_smiles

Call = Callable[..., tuple[str, ToolResult]]
Refusal = Callable[[Callable[[], Any]], RetortError]

IMATINIB = "Cc1ccc(NC(=O)c2ccc(CN3CCN(C)CC3)cc2)cc1Nc1nccc(-c2cccnc2)n1"
ERYTHROMYCIN = (
    "CC[C@H]1OC(=O)[C@H](C)[C@@H](O[C@H]2C[C@@](C)(OC)[C@@H](O)[C@H](C)O2)[C@H](C)[C@@H]"
    "(O[C@@H]2O[C@H](C)C[C@@H]([C@H]2O)N(C)C)[C@](C)(O)C[C@@H](C)C(=O)[C@H](C)[C@@H](O)[C@]1(C)O"
)


@pytest.mark.parametrize(
    ("smiles", "name", "value"),
    [
        ("CCO", "molecular_weight", 46.07),
        ("CCO", "exact_mass", 46.0419),
        ("CCO", "formula", "C2H6O"),
        ("CCO", "tpsa", 20.23),
        ("CC(=O)Oc1ccccc1C(=O)O", "molecular_weight", 180.16),
        ("CC(=O)Oc1ccccc1C(=O)O", "exact_mass", 180.0423),
        ("CC(=O)Oc1ccccc1C(=O)O", "tpsa", 63.6),
        ("CC(=O)Oc1ccccc1C(=O)O", "logp", 1.31),
        ("O", "molecular_weight", 18.02),
        ("CN1C=NC2=C1C(=O)N(C)C(=O)N2C", "molecular_weight", 194.19),
        (IMATINIB, "molecular_weight", 493.62),
        (IMATINIB, "exact_mass", 493.259),
        (IMATINIB, "logp", 4.59),
        (IMATINIB, "tpsa", 86.28),
        (IMATINIB, "hbd", 2),
        (IMATINIB, "hba", 7),
        (IMATINIB, "rotatable_bonds", 7),
        (IMATINIB, "rings", 5),
        (IMATINIB, "aromatic_rings", 4),
        (IMATINIB, "heavy_atoms", 37),
        (IMATINIB, "lipinski_acceptors", 8),
        (IMATINIB, "qed", 0.389),
        (IMATINIB, "fsp3", 0.241),
        (IMATINIB, "stereocentres", 0),
        (ERYTHROMYCIN, "molecular_weight", 733.94),
        (ERYTHROMYCIN, "stereocentres", 18),
        ("CC(N)C(=O)O", "stereocentres", 1),
        ("C[N+](C)(C)C", "formal_charge", 1),
        ("C1=CC=CC=C1", "molar_refractivity", 26.44),
        ("c1ccccc1", "atoms", 12),
        ("c1ccccc1", "carbons", 6),
        ("CCO", "heteroatoms", 1),
    ],
)
def test_known_values(smiles: str, name: str, value: float | str) -> None:
    assert value_of(molecule_from_smiles(smiles), PROPERTIES[name]) == value


@pytest.mark.parametrize(
    ("smiles", "score"),
    [
        ("CCO", 1.98),
        ("CC(=O)Oc1ccccc1C(=O)O", 1.58),
        (IMATINIB, 2.33),
        ("C", 7.33),
        (ERYTHROMYCIN, 6.09),
        ("CN1C2CCC1CC(C2)OC(=O)C(CO)c1ccccc1", 3.94),
        ("c1ccccc1", 1.0),
    ],
)
def test_synthetic_accessibility_equals_the_score_of_rdkits_contribution(
    smiles: str, score: float
) -> None:
    assert value_of(molecule_from_smiles(smiles), PROPERTIES["sa_score"]) == score


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("MW", "molecular_weight"),
        ("Molecular Weight", "molecular_weight"),
        ("logP", "logp"),
        ("cLogP", "logp"),
        ("PSA", "tpsa"),
        ("H-bond donors", "hbd"),
        ("hydrogen-bond acceptors", "hba"),
        ("Rotatable bond", "rotatable_bonds"),
        ("exact mass", "exact_mass"),
        ("Fsp3", "fsp3"),
        ("QED", "qed"),
        ("SAscore", "sa_score"),
        ("chiral centers", "stereocentres"),
    ],
)
def test_common_names_are_understood(asked: str, name: str) -> None:
    assert [item.name for item in named([asked])] == [name]


def test_no_alias_means_two_properties() -> None:
    plain = re.compile(r"[^a-z0-9]")
    seen: dict[str, str] = {}
    for item in TABLE:
        for alias in {item.name, item.label, *item.aliases}:
            key = plain.sub("", alias.lower())
            assert seen.setdefault(key, item.name) == item.name


def test_the_usual_ten_and_all() -> None:
    assert tuple(item.name for item in named([])) == USUAL and len(USUAL) == 10
    assert named(["all"]) == TABLE
    assert len(named(["MW", "molecular weight"])) == 1


def test_unknown_property_lists_the_known(call: Call, refusal: Refusal) -> None:
    error = refusal(lambda: call("calculate_properties", molecule="CCO", properties=["solubility"]))
    assert "solubility" in error.what and "molecular_weight" in error.why
    assert "predict_property" in error.next


def test_the_sentence_holds_the_numbers_of_the_record(call: Call) -> None:
    content, result = call(
        "calculate_properties", molecule="imatinib", properties=["molecular_weight", "TPSA"]
    )
    (item,) = result.evidence
    assert result.summary == "Calculated 2 properties of Imatinib"
    assert re.fullmatch(
        r"Imatinib \(M1\): molecular weight 493\.62 g/mol; TPSA 86\.28 A\^2 \(RDKit [\d.]+\)\.",
        item.quote,
    )
    assert item.kind == "calculation" and item.source_id.startswith("RDKit ")
    assert [value["value"] for value in item.record["values"]] == [493.62, 86.28]
    assert item.record["values"][1]["method"] == "Ertl 2000, N and O only"
    assert item.quote in content
    json.dumps(result.as_dict())


def test_every_value_of_every_property_stands_in_the_sentence(call: Call) -> None:
    _, result = call("calculate_properties", molecule=ERYTHROMYCIN, properties=["all"])
    (item,) = result.evidence
    assert len(item.record["values"]) == len(TABLE)
    for value in item.record["values"]:
        assert f"{value['label']} {value['text']}" in item.quote


def test_one_string_is_as_good_as_a_list(call: Call) -> None:
    _, result = call("calculate_properties", molecule="CCO", properties="MW, logP")
    assert [v["property"] for v in result.evidence[0].record["values"]] == [
        "molecular_weight",
        "logp",
    ]
    assert result.evidence[0].record["values"][1]["value"] == 0.0


def test_of_a_salt_masses_are_the_wholes_and_the_rest_the_parents(call: Call) -> None:
    _, result = call(
        "calculate_properties",
        molecule="imatinib mesylate",
        properties=["MW", "formula", "logP", "heavy_atoms"],
    )
    (item,) = result.evidence
    assert item.quote.startswith(
        "Imatinib mesylate (M1): molecular weight of all components 589.72 g/mol; "
        "molecular weight of the parent 493.62 g/mol; formula of all components C30H35N7O4S; "
        "logP of the parent 4.59; heavy atoms of the parent 37 (RDKit"
    )
    assert "parent" in result.note


def test_same_numbers_through_three_doors(book: MoleculeBook, call: Call) -> None:
    doors = ("imatinib", "CHEMBL941", IMATINIB)
    quotes = {call("calculate_properties", molecule=door)[1].evidence[0].quote for door in doors}
    assert len(quotes) == 1


@pytest.mark.parametrize(
    "name", ["find_molecule", "calculate_properties", "check_rules", "check_alerts"]
)
@pytest.mark.parametrize("text", ["C1CC(", "c1cccc1", "CC(=O)[O", "", "C" * 6_000])
def test_bad_structures_through_every_tool(
    call: Call, refusal: Refusal, name: str, text: str
) -> None:
    error = refusal(lambda: call(name, molecule=text))
    assert text[:40] in error.what


@pytest.mark.parametrize("name", ["calculate_properties", "check_rules", "check_alerts"])
def test_biologics_cannot_be_calculated(call: Call, refusal: Refusal, name: str) -> None:
    assert "no structure" in refusal(lambda: call(name, molecule="trastuzumab")).what
