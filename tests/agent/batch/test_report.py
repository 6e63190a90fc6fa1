"""The summary and the report beside the answers."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest
from askers import answered

from retort.agent.batch import report
from retort.agent.batch.evaluation import evaluate
from retort.agent.batch.records import Gold, Item
from retort.agent.batch.writing import Answers
from retort.retrieval.errors import RetortError

ITEMS = [
    Item("2", "Which *kinase*?", choices=("EGFR", "ALK"), gold=Gold("A", group="g|h")),
    Item("1", "How potent?"),
    Item("3", "Not asked yet"),
]
CITATION = {
    "marker": 1,
    "kind": "chembl",
    "source_id": "CHEMBL939",
    "title": "Gefitinib",
    "quote": "Gefitinib: IC50 = 33 nM",
    "start": None,
    "end": None,
    "url": "https://www.ebi.ac.uk/chembl/CHEMBL939",
    "record": {"record": "activity", "release": "ChEMBL_36"},
}


def made(path: Path) -> tuple[list[dict[str, str]], str]:
    with Answers.open(path) as answers:
        potent = answered(ITEMS[1], "=33 nM for gefitinib [1]. More follows.")
        answers.add(potent | {"citations": [CITATION]})
        chosen = {"choice": {"letter": "A", "by": "text"}, "copied_from": "0"}
        answers.add(answered(ITEMS[0], "It is EGFR.") | chosen)
        report.write(ITEMS, answers, evaluate(ITEMS, answers.get))
    with report.summary_path(path).open(newline="") as file:
        return list(csv.DictReader(file)), report.report_path(path).read_text()


def test_both_are_written_in_the_order_of_the_questions(tmp_path: Path) -> None:
    rows, text = made(tmp_path / "answers.v2.jsonl")
    assert sorted(path.name for path in tmp_path.iterdir() if path.suffix != ".tmp") == [
        "answers.v2.jsonl",
        "answers.v2.report.md",
        "answers.v2.summary.csv",
    ]
    assert [row["id"] for row in rows] == ["2", "1"]
    assert rows[0]["choice"] == "A" and rows[1]["citations"] == "1"
    assert rows[1]["answer"] == "'=33 nM for gefitinib [1]."  # no spreadsheet runs it
    assert "3 questions, 2 in this file." in text
    assert "### 2: Which \\*kinase\\*?" in text and "Chosen: A (text)" in text
    assert "the answer to 0" in text and "*Not asked yet.*" in text
    source = "1. measured (ChEMBL 36): Gefitinib (CHEMBL939)"
    assert f"{source} <https://www.ebi.ac.uk/chembl/CHEMBL939>" in text
    assert "| all | 1 | 0 | 1.00 (0.03 to 1.00) |" in text and "group g\\|h" in text


def test_a_report_that_cannot_be_written_leaves_the_answers(tmp_path: Path) -> None:
    out = tmp_path / "answers.jsonl"
    report.report_path(out).mkdir()
    with pytest.raises(RetortError, match="Cannot write") as caught:
        made(out)
    assert "The answers themselves are saved" in caught.value.why
    assert len(out.read_text().splitlines()) == 2
    assert not [name for name in os.listdir(tmp_path) if name.endswith(".tmp")]
