"""Exports: what other programs read back is what was answered."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from itertools import accumulate
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rdkit import Chem

from retort.agent import export, flatten, references
from retort.agent.export import Saved
from retort.agent.records import Answer, Checks, Citation, Verdict
from retort.agent.sessions import Sessions
from retort.retrieval.errors import UsageError
from retort.tools.records import Evidence
from retort.tools.tables import Column, Table

PASSAGE = {
    "record": "passage", "paper_id": "PMID:11", "section": "Results", "page": 4, "is_note": False,
    "authors": ["Jane A Roe", "Ludwig van der Berg", "The Imaginary Group"], "year": 2019,
    "journal": "J. Dreams & Cures", "retracted": False,
}  # fmt: skip
PAPER = Evidence(
    "literature", "PMID:11", "CYP2C9*3: 50% {less} warfarin_dose", "CYP2C9*2 and\n- CYP2C9*3.",
    10, 35, "https://pubmed.ncbi.nlm.nih.gov/11/", PASSAGE,
)  # fmt: skip
SAME = replace(
    PAPER, source_id="DOI:10.1/x_{y}", url="https://pubmed.ncbi.nlm.nih.gov/11",
    record=PASSAGE | {"paper_id": "DOI:10.1/ab"},
)  # fmt: skip
NOTE = replace(PAPER, source_id="NOTE:a", title="Note: a", record={**PASSAGE, "is_note": True})
VALUE = {"property": "tpsa", "label": "TPSA", "value": 20.2, "unit": "A^2", "method": "Ertl"}
CALCULATED = Evidence(
    "calculation", "RDKit 1", "Calculated", "Ethanol (M1): TPSA 20.2 A^2.",
    record={"record": "calculation", "handle": "M1", "name": "ethanol", "smiles": "CCO",
            "values": [VALUE, VALUE | {"property": "logp", "value": -0.1, "unit": ""}],
            "rdkit_version": "1"},
)  # fmt: skip
PREDICTED = Evidence(
    "prediction", "retort-herg-1", "Predicted", "Predicted probability 0.15.",
    record={"record": "prediction", "handle": "M1", "name": "ethanol", "smiles": "CCO",
            "endpoint": "herg", "value": 0.15, "unit": "", "label": "hERG blocker",
            "interval": [0.05, 0.33], "confidence": 0.9, "in_domain": False,
            "model": "retort-herg-1"},
)  # fmt: skip
MEASURED = Evidence(
    "chembl", "CHEMBL2", "IC50", "Q: IC50 > 5 nM on EGFR.", url="https://e.org/CHEMBL2",
    record={"record": "activity", "activity_id": "7", "molecule_chembl_id": "CHEMBL2",
            "molecule_name": "@pyridine", "smiles": "c1ccncc1", "target_name": "Receptor",
            "gene": "EGFR", "type": "IC50", "relation": ">", "value": 5.0, "units": "nM",
            "pchembl": 8.3, "release": "ChEMBL_36"},
)  # fmt: skip
ETHANOL = {
    "handle": "M1", "name": "ethanol", "smiles": "CCO", "inchikey": "LFQSCWFLJHTTHZ-UHFFFAOYSA-N",
}  # fmt: skip
ANTIBODY = {"handle": "M2", "name": "antibody", "smiles": "", "inchikey": ""}


def answer(id: str, *evidence: Evidence, question: str = "=q, `C[C@H](F)Cl`?") -> Answer:
    cited = tuple(Citation(marker, item) for marker, item in enumerate(evidence, 1))
    text = " ".join(f"Said [{citation.marker}]." for citation in cited)
    judged = Verdict(1, "Said.", "no evidence", 0.7, "head")
    checks = Checks(unsupported_numbers=("34",), verdicts=(judged,))
    return Answer(
        id, question, "answered", text, cited, checks=checks, molecules=(ETHANOL, ANTIBODY),
        model="embedded", settings_digest="abc123",
    )  # fmt: skip


@pytest.fixture
def sessions(tmp_path: Path) -> Sessions:
    store = Sessions(tmp_path / "sessions.sqlite")
    store.save(answer("a1", PAPER, CALCULATED), "work")
    store.save(answer("a2", SAME, NOTE, PREDICTED, MEASURED), "work")
    store.save(answer("b1", NOTE), "notes")
    return store


def made(sessions: Sessions, name: str, format: str) -> export.Export:
    return export.export(export.find(sessions, name), format)


def test_a_session_or_one_answer_is_found_by_name_with_its_date(sessions: Sessions) -> None:
    assert [item.answer.id for item in export.find(sessions, "work")] == ["a1", "a2"]
    (one,) = export.find(sessions, "a2")
    assert one.answer.id == "a2" and one.when is not None and one.when.year >= 2024


@pytest.mark.parametrize("name", ["nothing", ""])
def test_an_unknown_name_is_told_the_newest_sessions(sessions: Sessions, name: str) -> None:
    with pytest.raises(UsageError) as caught:
        export.find(sessions, name)
    assert "notes, work" in caught.value.why and "retort export notes" in caught.value.next


def test_an_unknown_format_is_told_the_formats(sessions: Sessions) -> None:
    with pytest.raises(UsageError, match="md, bib, ris, json, csv, sdf"):
        made(sessions, "work", "docx")


def test_markdown_says_everything_and_shows_it_as_it_is(sessions: Sessions) -> None:
    text = made(sessions, "a1", "md").text
    assert "> \\=q, \\`C\\[C@H\\](F)Cl\\`?" in text
    assert "Said [1]. Said [2]." in text
    assert "no evidence found in the passage (judged by head 70%)" in text
    assert "**[1]** *literature*: CYP2C9\\*3: 50% {less} warfarin\\_dose (Jane A Roe et al." in text
    assert "  > CYP2C9\\*2 and\n  > \\- CYP2C9\\*3." in text
    assert "PMID:11, Results, p. 4, characters 10 to 35" in text
    assert "<https://pubmed.ncbi.nlm.nih.gov/11/>" in text
    assert "**[2]** *calculated*" in text
    assert "- Not in the cited evidence: 34" in text
    assert "- Model: embedded" in text and "- Settings: abc123" in text and "- Saved: 20" in text


def test_bibtex_holds_each_paper_once_and_no_note(sessions: Sessions) -> None:
    text = made(sessions, "work", "bib").text
    assert text.count("@") == 1 and text.startswith("@article{roe2019,")
    assert r"title = {{CYP2C9*3: 50\% \{less\} warfarin\_dose}}" in text
    assert "author = {Roe, Jane A and van der Berg, Ludwig and {The Imaginary Group}}" in text
    assert r"journal = {J. Dreams \& Cures}" in text
    assert "pmid = {11}" in text and "year = {2019}" in text
    assert "url = {https://pubmed.ncbi.nlm.nih.gov/11/}" in text


def test_ris_has_its_tags_in_order(sessions: Sessions) -> None:
    lines = made(sessions, "work", "ris").text.splitlines()
    assert lines[0] == "TY  - JOUR" and lines[-1] == "ER  - "
    assert "AU  - Roe, Jane A" in lines and "AU  - van der Berg, Ludwig" in lines
    assert "AN  - PMID:11" in lines and "PY  - 2019" in lines and lines.count("ER  - ") == 1


@pytest.mark.parametrize("format", ["bib", "ris"])
def test_without_a_paper_they_are_empty_and_say_why(sessions: Sessions, format: str) -> None:
    assert made(sessions, "b1", format).text == ""
    assert "No paper" in made(sessions, "b1", format).note


def test_papers_are_the_same_by_any_identifier_and_complete_each_other() -> None:
    bare = PASSAGE | {"journal": "", "paper_id": "x"}
    first = replace(PAPER, record=bare)
    second = replace(PAPER, source_id="DOI:10.1234/ab", url="https://x.org/a",
                     record=PASSAGE | {"paper_id": "PMID:11", "retracted": True})  # fmt: skip
    other = replace(PAPER, source_id="PMID:12", url="", record=bare)
    found = references.cited([answer("1", first, other), answer("2", second)])
    assert [(paper.pmid, paper.doi) for paper in found] == [("11", "10.1234/ab"), ("12", "")]
    assert found[0].journal and found[0].retracted
    assert "{Retracted}" in references.bibtex(found)
    told = replace(PAPER, record=PASSAGE | {"retracted": True, "retraction": "In: B & C 2020"})
    papers = references.cited([answer("3", told)])
    assert r"note = {Retracted: In: B \& C 2020}" in references.bibtex(papers)
    assert "N1  - Retracted: In: B & C 2020" in references.ris(papers)
    keys = re.findall(r"@\w+\{(\w+),", references.bibtex(found))
    assert keys == ["roe2019", "roe2019a"]


@given(st.text(), st.text(), st.text(alphabet="{}\\%#abc/.:"))
def test_no_title_breaks_a_bibtex_entry(title: str, author: str, url: str) -> None:
    evidence = replace(PAPER, title=title, url=url, record=PASSAGE | {"authors": [author]})
    papers = references.cited([answer("1", evidence)])
    text = references.bibtex(papers)
    depths = list(accumulate((c == "{") - (c == "}") for c in re.sub(r"\\[{}]", "", text)))
    inside = depths[text.index("{") :]
    assert depths[-1] == 0 and min(inside[: inside.index(0)]) > 0
    assert set(inside[inside.index(0) :]) == {0}, "the entry ends once, at its end"
    tags = [line[:6] for line in references.ris(papers).splitlines()]
    assert all(re.fullmatch(r"[A-Z][A-Z0-9]  - ", tag) for tag in tags) and tags[-1] == "ER  - "


def test_json_is_the_whole_record(sessions: Sessions) -> None:
    whole = json.loads(made(sessions, "work", "json").text)
    assert Answer.from_dict(whole[0]) == answer("a1", PAPER, CALCULATED)
    assert whole[0]["saved"].endswith("+00:00")


def test_csv_has_a_row_per_value_with_units_relation_and_kind(sessions: Sessions) -> None:
    rows = list(csv.DictReader(io.StringIO(made(sessions, "work", "csv").text, newline="")))
    assert [row["record"] for row in rows] == [
        *("passage", "calculation", "calculation", "passage", "passage", "prediction", "activity"),
    ]
    assert rows[2]["property"] == "logp" and rows[2]["value"] == "-0.1"
    guess, measured = rows[5], rows[6]
    assert (guess["kind"], guess["value"], guess["lo"], guess["hi"]) == (
        *("predicted", "0.15", "0.05", "0.33"),
    )
    assert guess["units"] == "probability of hERG blocker" and guess["in_domain"] == "false"
    assert (measured["kind"], measured["relation"], measured["value"], measured["units"]) == (
        *("measured (ChEMBL 36)", ">", "5.0", "nM"),
    )
    assert measured["molecule"] == "'@pyridine" and measured["question"].startswith("'=q")
    assert rows[0]["quote"] == PAPER.quote


def test_sdf_is_read_back_with_its_values_marked_by_kind(sessions: Sessions) -> None:
    out = made(sessions, "work", "sdf")
    supplier = Chem.SDMolSupplier()
    supplier.SetData(out.text)
    ethanol, measured = list(supplier)
    assert Chem.MolToSmiles(ethanol) == "CCO" and ethanol.GetProp("_Name") == "ethanol"
    assert ethanol.GetProp("inchikey") == ETHANOL["inchikey"] and ethanol.GetProp("handle") == "M1"
    assert ethanol.GetDoubleProp("calculated_tpsa") == 20.2
    assert ethanol.GetProp("calculated_tpsa_unit") == "A^2"
    assert ethanol.GetDoubleProp("predicted_herg_lo") == 0.05
    assert ethanol.GetProp("predicted_herg_in_domain") == "false"
    assert measured.GetProp("measured_IC50_EGFR_relation") == ">"
    assert measured.GetProp("chembl_id") == "CHEMBL2" and len(measured.GetProp("inchikey")) == 27
    assert "antibody" in out.note


def test_an_answer_without_molecules_is_an_empty_sd_file() -> None:
    empty = Saved(Answer("1", "q", "abstained", "none"), None)
    assert export.export([empty], "sdf") == export.Export("", "No molecule stands there.")
    assert export.export([empty], "csv").note
    assert "No finding" in export.export([empty], "md").text


def test_ranks_and_training_values_are_never_predicted_values() -> None:
    rank = dict(PREDICTED.record) | {
        "endpoint": "half_life",
        "value": None,
        "interval": [],
        "rank_only": True,
        "percentile_of_drugs": 71.0,
    }
    trained = {
        "record": "training",
        "name": "astemizole",
        "endpoint": "herg",
        "value": 1.0,
        "unit": "",
        "label": "hERG blocker",
    }
    said = answer(
        "a9",
        Evidence("prediction", "m", "Rank", "Rank 71.", record=rank),
        Evidence("chembl", "InChIKey A", "Measured", "Blocker.", record=trained),
    )
    first, second = flatten.rows([said])
    assert (first["property"], first["value"], first["lo"]) == ("half_life", 71.0, None)
    assert first["units"] == flatten.RANK
    assert second["kind"] == "measured (training set)" and second["molecule"] == "astemizole"
    (ethanol,) = (found for found in flatten.compounds([said]) if found.name == "ethanol")
    assert ethanol.properties == {"predicted_half_life_percentile_of_drugs": "71"}


ACTIVES = Table(
    "IC50 on EGFR",
    (Column("name", "compound"), Column("smiles", "SMILES"), Column("median", "median", "nM")),
    (("erlotinib", "CCO", 2.0), ("cetuximab", None, 0.2), *(("x", "C", 1.0),) * 338),
    "smiles",
)
OTHERS = Table("Phases", (Column("name", "compound"), Column("phase", "phase")), (("a", 4),))


def test_tables_are_exported_whole(sessions: Sessions) -> None:
    sessions.save(replace(answer("t1", MEASURED), tables=(ACTIVES,)), "tables")
    out = made(sessions, "t1", "csv")
    assert out.text == ACTIVES.csv() and "340 rows; what they cite: --cited" in out.note
    out = made(sessions, "tables", "sdf")
    assert out.text.count("$$$$") == 339 and "1 rows without a readable structure" in out.note
    cited = export.export(export.find(sessions, "t1"), "csv", cited=True)
    assert cited.text.startswith("answer_id,") and "CHEMBL2" in cited.text
    (whole,) = json.loads(made(sessions, "t1", "json").text)
    assert Answer.from_dict(whole).tables == (ACTIVES,)


def test_several_tables_stand_under_each_other(sessions: Sessions) -> None:
    sessions.save(replace(answer("t1"), tables=(ACTIVES, OTHERS)), "tables")
    rows = list(csv.DictReader(io.StringIO(made(sessions, "t1", "csv").text, newline="")))
    assert len(rows) == 341 and rows[0]["table"] == "IC50 on EGFR"
    assert rows[0]["median (nM)"] == "2.0" and rows[-1]["median (nM)"] == ""
    assert rows[-1]["phase"] == "4" and rows[-1]["name"] == "a"


@pytest.mark.parametrize(
    "text",
    [
        "![x](http://evil.example/y)",
        "[x](http://evil.example)",
        "<img src=http://evil.example/x>",
        "<iframe src=//evil.example></iframe>",
        "<http://evil.example>",
        "[x]: http://evil.example\n![x][x] ![x]",
        "<style>@import url(http://evil.example)</style>",
        "<!-- x --> [a](javascript:alert(1))",
    ],
)
def test_an_exported_answer_holds_no_picture_link_or_html(text: str) -> None:
    from retort.agent.export import inert

    made = inert(text)
    assert made.replace("\\", "") == text
    assert not re.search(r"(?<!\\)<[a-zA-Z/!?]|\](?:\(|:|\[)|(?<!\\)!\[", made)


def test_an_exported_answer_keeps_its_code_and_its_form() -> None:
    from retort.agent.export import inert

    text = "# A\n**b** [1], `C[C@H](N)C(=O)O`, x < 5\n\n```\n<a>[b](c)\n```\n| a | b |"
    assert inert(text) == text
