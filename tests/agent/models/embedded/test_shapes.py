"""Names known by their shape, what merely looks like one, and that places are those of the text."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retort.agent.models.embedded import amounts, quantities, shapes, structures
from retort.agent.models.embedded.diseases import disease_in
from retort.agent.models.embedded.entities import find_entities
from retort.agent.models.embedded.gazetteer import Gazetteer

NOBODY = Gazetteer.of({})


@pytest.mark.parametrize(
    "word",
    "zanubrutinib abemaciclib trastuzumab dupilumab vericiguat pitavastatin"
    " moexipril trelagliptin bumetanide rimegepant suvorexant sotorasib enzalutamide"
    " cefuroxime moxifloxacin voriconazole".split(),
)
def test_a_drug_is_known_by_the_stem_of_its_name(word: str) -> None:
    assert shapes.has_stem(word)


@pytest.mark.parametrize(
    "word",
    "was cat mask rest impact april magazine concept person season machine engine profile orphan"
    " thermostat antique routine unison comparison histidine imidazole accept".split(),
)
def test_a_plain_word_has_no_stem(word: str) -> None:
    assert not shapes.has_stem(word)


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("AZD9291 on EGFR", ["AZD9291"]),
        ("is BMS-986165 like ABT-199?", ["BMS-986165", "ABT-199"]),
        ("azd9291 and gsk2334470", ["azd9291", "gsk2334470"]),
        ("SB 203580, PF-06463922", ["SB 203580", "PF-06463922"]),
        ("CAS 50-78-2", ["50-78-2"]),
        ("CAS 50-78-3", []),  # the check digit of aspirin's number is 2
        ("from 2015-10-3 on", []),
        ("CDK4, CD117, TP53, GPR119, PMID 19228618, COVID-19, the UK 2019 guideline", []),
        ("rs9923231, CYP2C9*3, HLA-B*57:01", []),
    ],
)
def test_research_codes_and_registry_numbers(text: str, codes: list[str]) -> None:
    assert [name for name, _, _ in shapes.codes_in(text)] == codes


@pytest.mark.parametrize(
    ("text", "variants"),
    [
        ("KRAS p.Gly12Cys", ["p.Gly12Cys"]),
        ("BRAF p.V600E", ["p.V600E"]),
        ("EGFR exon 19 deletion", ["exon 19 deletion"]),
        ("MET exon 14 skipping", ["exon 14 skipping"]),
        ("CFTR F508del", ["F508del"]),
        ("c.1905+1G>A in DPYD", ["c.1905+1G>A"]),
        ("VKORC1 -1639G>A", ["-1639G>A"]),
        ("rs1799853", ["rs1799853"]),
        ("exon structure of EGFR; 12 patients; p. 14; version 2.1", []),
    ],
)
def test_variants_in_every_notation(text: str, variants: list[str]) -> None:
    assert [name for name, _, _ in shapes.variants_in(text)] == variants


@pytest.mark.parametrize(
    ("question", "disease"),
    [
        ("Which agents are licensed for hereditary angioedema?", "hereditary angioedema"),
        ("What treats granulomatosis with polyangiitis", "granulomatosis with polyangiitis"),
        ("drugs for anaemia", "Anemia"),
        ("drugs for non-small-cell lung cancer", "Carcinoma, Non-Small-Cell Lung"),
        ("treatments for primary biliary cholangitis", "primary biliary cholangitis"),
        ("medicines for Crohn's disease", "Crohn's disease"),
        ("pills for myasthenia gravis", "myasthenia gravis"),
        ("What is the diagnosis and prognosis?", ""),
        ("apoptosis and homeostasis in a coma", ""),
        ("what is a rare disease", ""),
        ("does target cause the disease", ""),
    ],
)
def test_a_disease_is_known_by_its_last_word(question: str, disease: str) -> None:
    assert disease_in(question) == disease


@pytest.mark.parametrize(
    ("text", "lower", "upper"),
    [
        ("sub-10 nM JAK2 inhibitors", None, 10.0),
        ("IC50 smaller of 50 nanomolar", None, 50.0),
        ("single-digit nanomolar BTK inhibitors", None, 10.0),
        ("sub-micromolar ligands", None, 1000.0),
        ("between 1 and 5 uM", 1000.0, 5000.0),
        ("weaker than 10 µM", 10000.0, None),
        ("a subnormal dose of 5 mg", None, None),
    ],
)
def test_limits_on_concentrations(text: str, lower: float | None, upper: float | None) -> None:
    assert (quantities.min_value_nm(text), quantities.max_value_nm(text)) == (lower, upper)


def test_plain_words_are_neither_drugs_nor_genes() -> None:
    for question in (
        "my cat was at rest, the impact was minor",
        "did the set met the mask was cut",
        "kit and max can rest in the camp",
        "compare the potencies of both, please",
        "Who painted the ceiling?",
    ):
        assert not find_entities(question, NOBODY).mentions, question


PIECES = st.sampled_from(
    "aspirin EGFR zanubrutinib AZD9291 50-78-2 p.Gly12Cys rs9923231 exon 19 deletion CYP2C9*3"
    " 5-HT2A solubilty wihch mecanism c1ccccc1O InChI=1S/CH4/h1H4 10 nM pIC50 7.2"
    " 10.1021/jm901241e CHEMBL25 angioedema is of the , ? é μ".split(" ")
)


@settings(max_examples=150, deadline=None)
@given(st.lists(PIECES | st.text(max_size=6), max_size=12).map(" ".join))
def test_every_place_is_one_of_the_text_as_it_was_typed(text: str) -> None:
    mentions = find_entities(text, NOBODY).mentions
    for mention in mentions:
        assert 0 <= mention.start < mention.end <= len(text)
    for one, two in itertools.pairwise(mentions):
        assert one.end <= two.start
    found = (shapes.codes_in, shapes.variants_in, shapes.inchis_in, structures.documents_in)
    for name, start, end in (place for finder in found for place in finder(text)):
        assert name.removeprefix("PMID:").lower() in text[start:end].lower()
    for _, start, end in amounts.amounts(text):
        assert text[start:end].strip()
