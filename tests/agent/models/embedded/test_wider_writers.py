"""Records of the newer tools to Markdown: marked, without repetition, no number of their own."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from retort.agent.models.embedded.dialogue import Call, Result
from retort.agent.models.embedded.writers import WRITERS

RELEASE = {"release": "ChEMBL 35", "retrieved_at": ""}
HIT = {
    "record": "structure_hit",
    "chembl_id": "CHEMBL31965",
    "name": "CANERTINIB",
    "smiles": "C=CC(=O)N",
    "similarity": 0.7,
    "query": "CHEMBL939",
    "method": "Tanimoto",
    "max_phase": 3.0,
    **RELEASE,
}
SPREAD = {
    "molecule_chembl_id": "CHEMBL941",
    "molecule_name": "IMATINIB",
    "target_chembl_id": "CHEMBL1862",
    "target_name": "Tyrosine-protein kinase ABL",
    "gene": "ABL1",
    "variant": "",
    "organism": "Homo sapiens",
    "n": 2,
    "low": 7.68,
    "high": 8.96,
    "median": 8.32,
    "bounds": 0,
    "documents": ["D1"],
    "conflict": True,
    **RELEASE,
}
CASES: dict[str, tuple[dict[str, Any], dict[str, Any], list[str]]] = {
    "find_selectivity": (
        {"molecule": "imatinib"},
        {"record": "selectivity", "types": ["Kd"], "weaker_than_nm": None, **SPREAD},
        ["Measured of imatinib", "| ABL1 (Homo sapiens) | 8.32 | 7.68 to 8.96 | 2, in conflict |"],
    ),
    "find_structure_activity": (
        {"target": "ABL1"},
        {
            "record": "series_activity",
            "parent_chembl_id": "CHEMBL941",
            "name": "IMATINIB",
            "smiles": "CCO",
            "type": "Kd",
            "units": "nM",
            "assays": ["A1"],
            **SPREAD,
            "pchembl": 8.32,
            "median": 4.8,
            "low": 1.1,
            "high": 21.0,
            "variant": "T315I",
            "bounds": [],
        },
        ["| Imatinib (CHEMBL941) | `CCO` | T315I | Kd 4.8 nM (median of 2) | 1.1 to 21 | 8.32 |"],
    ),
    "find_similar": (
        {"molecule": "gefitinib", "threshold": 0.5},
        HIT,
        ["- Canertinib (CHEMBL31965): similarity 0.70, phase 3, `C=CC(=O)N` [E1]"],
    ),
    "find_with_substructure": (
        {"smarts": "C=C"},
        HIT | {"similarity": None, "max_phase": 4.0},
        ["Molecules that contain `C=C` in ChEMBL 35:", "approved (phase 4), `C=CC(=O)N` [E1]"],
    ),
    "find_warnings": (
        {"molecule": "rofecoxib"},
        {
            "record": "drug_warning",
            "molecule_chembl_id": "CHEMBL122",
            "molecule_name": "ROFECOXIB",
            "type": "Withdrawn",
            "warning_class": "cardiotoxicity",
            "description": "",
            "country": "United States",
            "year": 2004,
            "references": [],
            **RELEASE,
        },
        ["- Rofecoxib, withdrawn: cardiotoxicity, United States, 2004 [E1]."],
    ),
    "find_indications": (
        {"disease": "Gout"},
        {
            "record": "indication",
            "molecule_chembl_id": "CHEMBL1467",
            "molecule_name": "ALLOPURINOL",
            "indication": "Gout",
            "mesh_id": "",
            "max_phase": 4.0,
            "references": [],
            **RELEASE,
        },
        ['Drugs for "Gout" in ChEMBL 35', "- Approved (phase 4): Allopurinol (Gout) [E1]"],
    ),
    "find_document": (
        {"document": "10.1038/nbt.1990"},
        {
            "record": "document",
            "chembl_id": "CHEMBL1908390",
            "title": "A study",
            "journal": "Nat Biotechnol",
            "year": 2011,
            "doi": "10.1038/nbt.1990",
            "pubmed_id": "22037378",
            "activities": 430,
            "paper_id": "",
            **RELEASE,
        },
        ["430 activities in ChEMBL 35, not in the library [E1]."],
    ),
    "ligand_efficiency": (
        {"molecule": "gefitinib", "activity": "33 nM"},
        {
            "record": "efficiency",
            "name": "Gefitinib",
            "smiles": "CCO",
            "given": {"relation": "=", "value": 33.0, "text": "33", "unit": "nM"},
            "p_activity": {"relation": "=", "value": 7.48, "text": "7.48", "unit": "pChEMBL"},
            "indices": [
                {
                    "index": "LE",
                    "label": "ligand efficiency",
                    "relation": "=",
                    "text": "0.33",
                    "unit": "kcal/mol per heavy atom",
                }
            ],
        },
        ["from 33 nM (pChEMBL = 7.48) [E1]:", "| ligand efficiency (LE) | 0.33 | kcal/mol per"],
    ),
    "estimate_charge": (
        {"molecule": "imatinib"},
        {
            "record": "ionisation",
            "name": "Imatinib",
            "smiles": "CN",
            "ph": 7.4,
            "net_charge": 0.9,
            "dominant_smiles": "C[NH3+]",
            "dominant_charge": 1,
            "sites": [
                {"group": "amine", "kind": "base", "atom": 2, "pka": 8.2, "charged_percent": 86.0}
            ],
        },
        ["a mean net charge of +0.9 at pH 7.4", "- amine (atom 2), base, typical pKa 8.2, 86 %"],
    ),
    "generate_conformers": (
        {"molecule": "caffeine"},
        {
            "record": "conformers",
            "name": "Caffeine",
            "smiles": "CCO",
            "energies": [0.0, 1.25],
            "embedded": 10,
            "method": "ETKDGv3",
            "force_field": "MMFF94s",
        },
        ["Caffeine has 2 distinct conformers of 10 embedded, within 1.25 kcal/mol"],
    ),
}


def told(tool: str, args: dict[str, Any], *records: dict[str, Any], note: str = "") -> str:
    evidence = tuple(
        {"key": f"E{i}", "quote": "q", "title": "t", "source_id": "s", "record": record}
        for i, record in enumerate(records, 1)
    )
    return WRITERS[tool]([Result(Call(tool, args), True, "", evidence, len(records), note)])


@pytest.mark.parametrize("tool", CASES)
def test_what_is_told_stands_in_the_record_and_once(tool: str) -> None:
    args, record, expected = CASES[tool]
    text = told(tool, args, record)
    assert all(part in text for part in expected), text
    lines = [line for line in text.splitlines() if line.strip()]
    assert len(lines) == len(set(lines)) and "[E1]" in text
    held = json.dumps([record, args])
    numbers = {float(found) for found in re.findall(r"(?<![\w.])\d+(?:\.\d+)?", held)}
    counted = {float(len(value)) for value in record.values() if isinstance(value, list)}
    for shown in re.findall(r"(?<![\w.*])\d+(?:\.\d+)?(?![\w\]])", text):
        assert float(shown) in numbers | counted, (shown, text)


def test_a_conversion_is_told_in_the_words_of_its_evidence() -> None:
    evidence = {"key": "E1", "quote": "33 nM is pIC50 = 7.48.", "record": {"record": "conversion"}}
    result = Result(Call("convert_units", {}), True, "", (evidence,))
    assert WRITERS["convert_units"]([result]) == "33 nM is pIC50 = 7.48 [E1]."


def test_a_drug_without_warnings_is_told_by_its_flags() -> None:
    flags = {"record": "safety_flags", "molecule_name": "IMATINIB", **RELEASE}
    text = told("find_warnings", {}, flags | {"withdrawn": False, "black_box_warning": None})
    assert text == (
        "Imatinib is not marked as withdrawn and not said to be carrying a boxed warning "
        "in ChEMBL 35 [E1]."
    )


def test_r_groups_are_a_table_and_what_was_left_out_is_said() -> None:
    record = {
        "record": "r_groups",
        "name": "Gefitinib (M1)",
        "core": "c1ccccc1[*:1]",
        "groups": {"R1": "CO[*:1]"},
        "value": None,
        "value_label": "",
    }
    note = "The core was found. Left out: No molecule named X."
    text = told("analyse_series", {}, record, note=note)
    assert "| Gefitinib (M1) | `CO[*:1]` | [E1] |" in text
    assert text.endswith("Left out: No molecule named X.")


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (
            {"record": "scaffold", "scaffold": "c1ccccc1", "count": 2, "of": 3, "members": ["A"]},
            "- Murcko scaffold `c1ccccc1`: 2 of 3 molecules, A [E1]",
        ),
        (
            {"record": "cluster", "cluster": 1, "count": 2, "of": 3, "members": ["A", "B"]},
            "- Cluster 1: 2 of 3 molecules, A and B [E1]",
        ),
        (
            {
                "record": "matched_pairs",
                "before": "C[*:1]",
                "after": "Cl[*:1]",
                "n": 1,
                "mean_change": 0.52,
                "value_label": "logP",
                "pairs": [{"one": "A", "other": "B"}],
            },
            "- `C[*:1]` to `Cl[*:1]`: 1 matched pair, A to B; mean change of logP +0.52 [E1]",
        ),
        (
            {"record": "diverse_pick", "pick": 2, "name": "A", "similarity": 0.375},
            "- Pick 2: A, Tanimoto similarity to the nearest earlier pick 0.375 [E1]",
        ),
        (
            {
                "record": "common_core",
                "smiles": "c1ccccc1",
                "atoms": 6,
                "bonds": 6,
                "count": 3,
                "of": 3,
                "is_proved": True,
            },
            "The largest common substructure is `c1ccccc1`, with 6 heavy atoms and 6 bonds; "
            "3 of 3 molecules have it [E1].",
        ),
    ],
)
def test_each_analysis_of_a_set_has_its_line(record: dict[str, Any], expected: str) -> None:
    assert told("analyse_series", {}, record) == expected
