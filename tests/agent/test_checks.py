"""The number check and the citation check, on statements as answers have them."""

from __future__ import annotations

import pytest

from retort.agent.checks import review, statements
from retort.agent.records import Citation
from retort.tools.records import Evidence

IMATINIB = Citation(
    1,
    Evidence(
        "calculation",
        "RDKit",
        "Imatinib",
        "Imatinib (M1): molecular weight 493.62 g/mol; TPSA 86.28 A^2; donors 2.",
    ),
)
ACTIVITY = Citation(
    2,
    Evidence(
        "chembl",
        "CHEMBL939",
        "Gefitinib",
        "Gefitinib: IC50 = 33 nM on EGFR.",
        record={"value": 33.0, "pchembl": 7.48, "year": 2005, "n": 12500},
    ),
)


@pytest.mark.parametrize(
    ("answer", "unsupported"),
    [
        ("The molecular weight is 493.62 g/mol [1].", ()),
        ("The molecular weight is 493.6 g/mol [1].", ()),
        ("The molecular weight is 494 g/mol [1].", ()),
        ("The molecular weight is 493.7 g/mol [1].", ("493.7",)),
        ("The molecular weight is 493.62 g/mol [2].", ("493.62",)),
        ("The molecular weight is 493.62 g/mol.", ("493.62",)),
        ("The IC50 is 33nM with pChEMBL 7.48 [2].", ()),
        ("It was tested on 12,500 wells [2].", ()),
        ("It blocks the T790M mutant of EGFR and CYP2C9*3 in M1 [2].", ()),
        ("Its SMILES is `CC(=O)Nc1ccc(O)cc1` [1].", ()),
        ("One below 10 nM was asked for [1].", ()),
        ("| Gefitinib | IC50 | = 33 nM | 7.48 [2] |", ()),
        ("| Gefitinib | IC50 | = 35 nM | 7.48 [2] |", ("35",)),
        ("1. Gefitinib has 33 nM [2].", ()),
        ("ChEMBL holds 42 activities [2].", ()),
        ("The change was -33 nM [2].", ()),
    ],
)
def test_numbers(answer: str, unsupported: tuple[str, ...]) -> None:
    found = review(answer, [IMATINIB, ACTIVITY], "below 10 nM?", ["ChEMBL: 42 activities"])
    assert found.unsupported_numbers == unsupported


def test_sentences_without_a_citation_are_named_and_frames_are_not() -> None:
    answer = (
        "Gefitinib is a potent inhibitor of EGFR. It has an IC50 of 33 nM [2].\n\n"
        "The measured values are:\n\n"
        "| Compound | Type of value | Value here | Note here |\n|---|---|---|---|\n"
        "# A heading of four words\n"
    )
    found = review(answer, [ACTIVITY], "?")
    assert found.uncited_sentences == ("Gefitinib is a potent inhibitor of EGFR.",)


def test_a_marker_after_the_full_stop_belongs_to_the_sentence_before() -> None:
    units = statements("Gefitinib has 33 nM. [2] Imatinib weighs 493.62 g/mol. [1]")
    assert [unit.split()[0] for unit in units] == ["Gefitinib", "Imatinib"]
    assert units[0].endswith("[2]") and units[1].endswith("[1]")


def test_what_tools_say_of_the_search_needs_no_source_and_its_counts_are_known() -> None:
    said = ["8 shown, one per compound (rows 1-9 of 9).", 'No molecule named "x". Give a SMILES.']
    answer = 'The first 8 of 9:\n\nNot answered:\n\n- No molecule named "x". Give a SMILES.\n'
    found = review(answer, [], "?", said)
    assert (found.unsupported_numbers, found.uncited_sentences) == ((), ())


def test_a_list_item_is_one_statement_with_its_markers() -> None:
    answer = "- Predicted weight: 493.62, by Smith 2019, Sci. Data 6 (thresholds) [1]."
    assert review(answer, [IMATINIB], "?").unsupported_numbers == ("2019", "6")
    assert review(answer, [IMATINIB], "?").uncited_sentences == ()


def test_an_abstention_is_not_asked_for_sources() -> None:
    answer = "I cannot answer from what I have: nothing was found. Searched the library of papers."
    assert review(answer, [], "?").uncited_sentences == ()
