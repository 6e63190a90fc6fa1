"""The commands that write files: ``retort export`` and ``retort predict --input``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from retort.agent.records import Answer
from retort.agent.sessions import Sessions
from retort.agent.settings import Settings
from retort.ui.cli import main


def run(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    monkeypatch.setattr("sys.argv", ["retort", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        main()
    code = ended.value.code
    return int(code or 0)


def test_an_export_goes_to_stdout_or_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Sessions(Settings.from_environment().sessions_path).save(
        Answer("a1", "What?", "abstained", "I cannot answer."), "talk"
    )
    assert run(monkeypatch, "export", "talk", "--format", "json") == 0
    assert json.loads(whole := capsys.readouterr().out)[0]["id"] == "a1"
    assert run(monkeypatch, "export", "talk", "--json") == 0
    assert capsys.readouterr().out == whole
    output = tmp_path / "new" / "talk.md"
    assert run(monkeypatch, "export", "a1", "--output", output) == 0
    assert "> What?" in output.read_text() and capsys.readouterr().out == ""
    assert run(monkeypatch, "export", "talk", "--format", "bib") == 0
    out, err = capsys.readouterr()
    assert out == "" and "No paper is cited" in err
    assert run(monkeypatch, "export", "tall") == 2
    assert "newest sessions are: talk" in capsys.readouterr().err


def test_a_file_is_predicted_and_its_failures_are_the_exit_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    source, output = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text("id,smiles\n1,CCO\n2,C1CC(\n")
    command = ("predict", "--input", source, "--output", output, "--endpoint", "herg")
    assert run(monkeypatch, *command, "--json") == 3
    out, err = capsys.readouterr()
    assert json.loads(out)["failed"] == 1 and "2 of 2 rows predicted (1 failed)" in err
    assert output.read_text().startswith("id,smiles,predicted_herg,")
    assert run(monkeypatch, *command, "--json") == 3
    assert json.loads(capsys.readouterr().out)["resumed"] == 2
    source.write_text("id,drug\n1,CCO\n")
    assert run(monkeypatch, *command) == 2
    assert "Its columns are: id, drug" in capsys.readouterr().err
    assert run(monkeypatch, "predict", "--input", source) == 2
    assert run(monkeypatch, "predict", "CCO", "--input", source, "--output", output) == 2
