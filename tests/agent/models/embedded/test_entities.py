"""What is recognised in a question."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retort.agent.models.embedded.entities import MAX_CHARACTERS, find_entities
from retort.agent.models.embedded.gazetteer import Gazetteer, edit_distance
from retort.agent.models.embedded.quantities import limit, max_value_nm, min_pchembl
from retort.agent.models.embedded.structures import smiles_token


def named(question: str, gazetteer: Gazetteer) -> list[tuple[str, str]]:
    return [(m.kind, m.text) for m in find_entities(question, gazetteer).mentions]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("What is Gleevec used for?", [("molecule", "Gleevec")]),
        ("What is valproic acid used for?", [("molecule", "valproic acid")]),
        ("Which drugs inhibit egfr?", [("target", "EGFR")]),
        ("What is HER2?", [("target", "ERBB2")]),
        (
            "Is CC(=O)Nc1ccc(O)cc1 soluble in water, and is it a hERG risk?",
            [("structure", "CC(=O)Nc1ccc(O)cc1"), ("target", "KCNH2")],
        ),
        ("MW of CCO?", [("structure", "CCO")]),
        ("Is C1CC( soluble?", [("structure", "C1CC(")]),
        ("properties of C[C@H](N)C(=O)O.", [("structure", "C[C@H](N)C(=O)O")]),
        ("Tell me about CHEMBL941", [("molecule", "CHEMBL941")]),
        ("IC50 on target CHEMBL203", [("target", "CHEMBL203")]),
        ("What is KTUFNOKKBVMGRW-UHFFFAOYSA-N?", [("molecule", "KTUFNOKKBVMGRW-UHFFFAOYSA-N")]),
        ("logP of M2", [("molecule", "M2")]),
        ("Is rs9923231 or CYP2C9*3 common?", [("variant", "rs9923231"), ("variant", "CYP2C9*3")]),
        ("SMARTS [NX3] in caffeine", [("pattern", "[NX3]"), ("molecule", "caffeine")]),
        (
            "Does aspirin contain an ester?",
            [("molecule", "aspirin"), ("pattern", "[#6][CX3](=O)[OX2H0][#6]")],
        ),
        ("IC50 of unobtainium against EGFR?", [("molecule", "unobtainium"), ("target", "EGFR")]),
        ("Does unobtainium pass Lipinski?", [("molecule", "unobtainium")]),
        ("mechanism of zanubrutinib", [("molecule", "zanubrutinib")]),
        ("What is the mechanism of action of it?", []),
        ("What is the capital of France?", []),
        ("The DNA and RNA of HIV, by PCR", []),
        ("inhibitor(s) of something", []),
    ],
)
def test_names_and_structures(
    question: str, expected: list[tuple[str, str]], gazetteer: Gazetteer
) -> None:
    assert named(question, gazetteer) == expected


def test_words_of_the_field_become_machine_names(gazetteer: Gazetteer) -> None:
    found = find_entities(
        "TPSA, molecular weight and hydrogen bond donors of aspirin; Lipinski, Veber; soluble?",
        gazetteer,
    )
    assert found.properties == ("tpsa", "molecular_weight", "hbd")
    assert found.rules == ("lipinski", "veber")
    assert found.endpoints == ("solubility",)


def test_masking_leaves_no_name(gazetteer: Gazetteer) -> None:
    found = find_entities("Which CYP2C9 variants lower the warfarin dose?", gazetteer)
    assert found.masked == "Which target variants lower the drug dose?"
    assert not found.refers_back


def test_a_likely_misspelling_is_corrected_and_kept(gazetteer: Gazetteer) -> None:
    (mention,) = find_entities("mechanism of imatinb", gazetteer).mentions
    assert (mention.text, mention.written) == ("imatinib", "imatinb")


def test_an_acronym_is_no_misspelling(gazetteer: Gazetteer) -> None:
    assert not find_entities("What is an IMATINB assay?", gazetteer).molecules
    assert find_entities("WHAT IS IMATINB?", gazetteer).molecules


@pytest.mark.parametrize("word", ["afatinib", "prednisolone", "imatinib", "water", "dog"])
def test_other_drugs_and_plain_words_are_no_misspellings(word: str, gazetteer: Gazetteer) -> None:
    assert gazetteer.nearest(word) is None


@pytest.mark.parametrize(
    ("text", "nm"),
    [
        ("IC50 below 10 nM", 10.0),
        ("< 0.1 uM", 100.0),
        ("under 50 nanomolar", 50.0),
        ("at 0.05 µM or better", 50.0),
        ("above 1 uM", None),
        ("10 nM", None),
        ("5 mM buffer", None),
    ],
)
def test_concentrations_become_upper_limits_in_nanomolar(text: str, nm: float | None) -> None:
    assert max_value_nm(text) == nm


def test_other_limits() -> None:
    assert min_pchembl("a pIC50 above 8") == 8.0
    assert min_pchembl("pChEMBL of at least 6.5") == 6.5
    assert min_pchembl("IC50 8") is None
    assert limit("top 5 inhibitors") == 5
    assert limit("inhibitors below 10 nM") is None


@pytest.mark.parametrize(
    "word", ["IC50", "NOS3", "CNS", "inhibitor(s)", "(2009)", "C", "pIC50>8", "COX-2"]
)
def test_words_that_only_look_like_smiles(word: str) -> None:
    assert smiles_token(word) is None


@given(st.text(max_size=300))
def test_any_text_is_read_and_mentions_are_slices_in_order(text: str) -> None:
    gazetteer = Gazetteer.of({"imatinib": "imatinib", "valproic acid": "valproic acid"})
    last = 0
    for mention in find_entities(text, gazetteer).mentions:
        assert last <= mention.start < mention.end <= len(text)
        last = mention.end


def test_a_very_long_question_is_read_in_part(gazetteer: Gazetteer) -> None:
    text = "C1CC(" * 10_000 + " imatinib"
    assert all(m.end <= MAX_CHARACTERS for m in find_entities(text, gazetteer).mentions)


@given(st.text("abc", max_size=6), st.text("abc", max_size=6))
def test_edit_distance_is_symmetric_and_zero_only_for_the_same(a: str, b: str) -> None:
    assert edit_distance(a, b, 9) == edit_distance(b, a, 9)
    assert (edit_distance(a, b, 9) == 0) == (a == b)
    assert edit_distance(a, b, 9) >= abs(len(a) - len(b))


def test_a_salt_is_named_as_its_parent_with_what_was_written(gazetteer: Gazetteer) -> None:
    (salt,) = find_entities("molecular weight of imatinib mesylate", gazetteer).mentions
    assert (salt.text, salt.written) == ("imatinib", "imatinib mesylate")


def test_a_lower_limit_is_read_and_never_taken_for_an_upper_one(gazetteer: Gazetteer) -> None:
    weaker = find_entities("EGFR inhibitors weaker than 10 uM", gazetteer)
    assert (weaker.min_value_nm, weaker.max_value_nm) == (10_000.0, None)
    between = find_entities("EGFR activities between 10 and 100 nM", gazetteer)
    assert (between.min_value_nm, between.max_value_nm) == (10.0, 100.0)


def test_an_hla_allele_is_one_variant_and_a_dose_no_gene(gazetteer: Gazetteer) -> None:
    found = find_entities("HLA-B*57:01 and the LD50 of caffeine", gazetteer)
    assert [(m.kind, m.text) for m in found.mentions] == [
        ("variant", "HLA-B*57:01"),
        ("molecule", "caffeine"),
    ]


def test_a_solvent_asked_about_is_a_molecule_nobody_knows(gazetteer: Gazetteer) -> None:
    (benzene,) = find_entities("What is the logP of benzene?", gazetteer).mentions
    assert (benzene.kind, benzene.is_known) == ("molecule", False)


def test_a_changed_residue_is_a_variant_and_a_serotonin_receptor_a_target(
    gazetteer: Gazetteer,
) -> None:
    found = find_entities("Does erlotinib bind EGFR T790M or 5-HT2A?", gazetteer)
    assert [(m.kind, m.text) for m in found.mentions] == [
        ("molecule", "erlotinib"),
        ("target", "EGFR"),
        ("variant", "T790M"),
        ("target", "HTR2A"),
    ]
