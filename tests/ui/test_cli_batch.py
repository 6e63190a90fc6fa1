"""``retort batch`` as a user calls it: its files, its exit codes, and what each mistake gives."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from retort.agent.records import Answer
from retort.agent.settings import Settings
from retort.ui import cli

Command = Callable[..., tuple[int, str, str]]


class Scripted:
    """Answers every question with one number; stamped by the settings it is opened with."""

    model_name = "scripted"
    is_planner = False

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def answer(self, question: str, session: str | None = None) -> Answer:
        text = "A) It is 12 nM [1]."
        digest = self.settings.digest()
        return Answer("x", question, "answered", text, model="scripted", settings_digest=digest)


@pytest.fixture
def command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Command:
    """Runs ``retort batch`` with arguments in an empty folder: exit code, stdout, stderr."""

    def opened(settings: Settings) -> Any:
        return SimpleNamespace(assistant=Scripted(settings), status_line=lambda: "scripted")

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["retort", "batch", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return int(ended.value.code or 0), *capsys.readouterr()

    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setattr("retort.agent.opening.open_assistant", opened)
    return run


QUESTIONS = "id,question,gold,group\n1,How potent?,12 nM,g\n2,And this?,30 nM,g\n"


def test_answers_summary_report_and_evaluation(command: Command) -> None:
    Path("q.csv").write_text(QUESTIONS)
    code, out, _ = command("q.csv", "--output", "new/a.jsonl", "--json")
    told = json.loads(out)
    assert code == cli.DONE and (told["answered"], told["left"]) == (2, 0)
    assert told["evaluation"]["all"]["accuracy"]["value"] == 0.5
    assert set(told["evaluation"]["groups"]) == {"g"}
    assert Path(told["report"]).read_text() and Path(told["summary"]).read_text()
    Path(told["report"]).unlink()
    code, out, err = command(
        "q.csv", "--output", "new/a.jsonl", "--baseline", "new/a.jsonl", "--json"
    )
    again = json.loads(out)
    assert code == cli.DONE and again["skipped"] == 2 and Path(told["report"]).exists()
    assert again["evaluation"]["gain"]["value"] == 0.0 and "accuracy 0.50" in err


def test_other_settings_want_a_word(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("q.csv").write_text(QUESTIONS)
    command("q.csv", "--output", "a.jsonl")
    monkeypatch.setenv("RETORT_SEED", "5")
    code, _, err = command("q.csv", "--output", "a.jsonl")
    assert code == cli.WRONG_USE and "--mix-settings" in err
    assert command("q.csv", "--output", "a.jsonl", "--mix-settings")[0] == cli.DONE


@pytest.mark.parametrize(
    ("content", "output", "told"),
    [
        (b"id,text\n1,hello\n", "a.jsonl", "Its columns are: id, text"),
        (b"", "a.jsonl", "holds no question"),
        (b"id,question\n1,a\n1,b\n", "a.jsonl", "stands twice"),
        (b"question\n\xff\n", "a.jsonl", "not UTF-8"),
        (b"question\nq\n", ".", "Is a directory"),
        (b"question\nq\n", "q.csv", "something else than answers"),
        (b"question\nq\n", "q.csv/a.jsonl", "Cannot write the answers"),
    ],
)
def test_wrong_use_is_told_and_nothing_is_asked(
    command: Command, content: bytes, output: str, told: str
) -> None:
    Path("q.csv").write_bytes(content)
    code, _, err = command("q.csv", "--output", output)
    assert code == cli.WRONG_USE and told in err and "next:" in err
    assert Path("q.csv").read_bytes() == content and list(Path().iterdir()) == [Path("q.csv")]


def test_a_question_that_fails_is_an_exit_code_of_its_own(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: Scripted, question: str, session: str | None = None) -> Answer:
        digest = self.settings.digest()
        return Answer("x", question, "failed", "", model="scripted", settings_digest=digest)

    Path("q.csv").write_text(QUESTIONS)
    with monkeypatch.context() as patch:
        patch.setattr(Scripted, "answer", fail)
        assert command("q.csv", "--output", "a.jsonl")[0] == cli.DONE_WITH_FAILURES
    assert command("q.csv", "--output", "a.jsonl", "--retry-failed")[0] == cli.DONE
