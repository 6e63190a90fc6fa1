"""Every command that takes ``--library`` takes a shared one."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from retort.ui import cli

PAPERS = {
    "a": "Zanubrutinib inhibits BTK with an IC50 of 0.3 nM in biochemical assays.",
    "b": "Warfarin clearance falls in carriers of CYP2C9*3.",
}


def run(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    """What a command printed as JSON."""
    with pytest.MonkeyPatch.context() as patch, pytest.raises(SystemExit) as ended:
        patch.setattr(sys, "argv", ["retort", *words, "--json"])
        cli.main()
    told = capsys.readouterr()
    assert int(ended.value.code or 0) == cli.DONE, told.err
    return json.loads(told.out or "null")


def test_commands_on_a_shared_library(
    address: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "in.jsonl"
    rows = [{"_id": name, "title": "", "text": text} for name, text in PAPERS.items()]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    here = ("--library", address)

    run(capsys, "library", "add", str(file), *here)
    assert run(capsys, "library", "status", *here)["papers"] == 2
    hits = run(capsys, "search", "zanubrutinib potency", "-k", "1", *here)
    assert [hit["paper_id"] for hit in hits] == ["a"]

    answer = run(capsys, "ask", "What does the literature say about zanubrutinib and BTK?", *here)
    cited = answer["citations"][0]
    assert cited["quote"] in PAPERS["a"] and cited["record"]["paper_id"] == "a"

    questions, answers = tmp_path / "questions.jsonl", tmp_path / "answers.jsonl"
    question = "What does the literature say about warfarin and CYP2C9*3?"
    questions.write_text(json.dumps({"id": "1", "question": question}) + "\n")
    run(capsys, "batch", str(questions), "--output", str(answers), *here)
    line = json.loads(answers.read_text())
    assert [each["record"]["paper_id"] for each in line["citations"]][:1] == ["b"]

    assert all(check["ok"] for check in run(capsys, "library", "verify", *here)["checks"])
    assert run(capsys, "library", "rebuild", *here)["papers"] == 2
    run(capsys, "library", "remove", "a", "--yes", *here)
    assert run(capsys, "library", "status", *here)["papers"] == 1
