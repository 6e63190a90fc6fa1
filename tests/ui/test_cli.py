"""The command line's last lines of defence: what, why and a next step, whatever happened."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from retort.ui import cli

Command = Callable[..., int]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> Command:
    """Runs a command line; gives its exit code."""

    def run(*arguments: str) -> int:
        monkeypatch.setattr(sys, "argv", ["retort", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return int(ended.value.code or 0)

    return run


def failing(error: BaseException) -> Callable[..., None]:
    def fail(*_: object, **__: object) -> None:
        raise error

    return fail


def test_what_nobody_foresaw_is_told_without_a_traceback_and_logged(
    command: Command,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    home: Path,
) -> None:
    monkeypatch.setattr("retort.agent.doctor.examine", failing(ZeroDivisionError("by zero")))
    assert command("doctor", "--json") == cli.FAILED
    out, err = capsys.readouterr()
    assert json.loads(out)["error"]["next"] == "retort doctor"
    assert "ZeroDivisionError: by zero (error " in err and "Traceback" not in err
    error_id = err.split("(error ")[1].split(" ")[0]
    log = (home / "logs" / "retort.log").read_text()
    assert error_id in log and "Traceback" in log


def test_without_a_log_the_error_is_still_told(
    command: Command,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    home: Path,
) -> None:
    home.write_text("not a folder")
    monkeypatch.setattr("retort.agent.doctor.examine", failing(OSError(28, "No space left")))
    assert command("doctor") == cli.FAILED
    assert "No space left" in capsys.readouterr().err


def test_an_interrupt_says_that_nothing_saved_is_lost(
    command: Command, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("retort.agent.doctor.examine", failing(KeyboardInterrupt()))
    assert command("doctor") == cli.INTERRUPTED
    assert "What was saved before is kept" in capsys.readouterr().err


def test_closed_streams_are_no_failure(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    assert command("--help") == cli.DONE


@pytest.mark.parametrize(
    "arguments",
    [
        ("library", "add", "a" * 300),
        ("library", "add", "no\nsuch"),
        ("library", "status", "--library", "../../x"),
        ("chat", "--port", "99999"),
        ("search", "--queries", "QUERIES"),
        ("batch", "QUERIES", "--output", "x.jsonl"),
    ],
)
def test_wrong_use_is_named(
    command: Command,
    arguments: tuple[str, ...],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    queries = tmp_path / "queries.jsonl"
    queries.write_bytes(b'{"id": "1", "text": "\xff"}\n')
    given = [str(queries) if item == "QUERIES" else item for item in arguments]
    assert command(*given) == cli.WRONG_USE
    err = capsys.readouterr().err
    assert "rror" in err and "Traceback" not in err


def test_files_that_failed_are_listed_in_words(
    command: Command, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "zero.pdf").touch()
    (tmp_path / "in" / "new\nline.txt").write_text("A text about warfarin and its dose.")
    assert command("library", "add", str(tmp_path / "in")) == cli.DONE_WITH_FAILURES
    assert "Files: 1 added, 1 failed" in capsys.readouterr().out
    assert command("library", "status") == cli.DONE
    out = capsys.readouterr().out
    assert "files: 1 added, 1 failed" in out and "{" not in out
    assert "zero.pdf is empty. It has zero bytes." in out


def test_a_folder_of_which_nothing_is_read_says_so(
    command: Command, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    assert command("library", "add", str(folder)) == cli.FAILED
    assert "There is no file there." in capsys.readouterr().err
    (folder / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    assert command("library", "add", str(folder)) == cli.FAILED
    err = capsys.readouterr().err
    assert "Files of a format that is read: none of 1." in err and "--help" in err
