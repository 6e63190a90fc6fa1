"""The commands that look after a library: what they say, and what they leave alone."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from retort.ui import cli


@pytest.fixture
def library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Path:
    """The file of a library of three papers."""
    monkeypatch.setenv("RETORT_HOME", str(tmp_path / "home"))
    file = tmp_path / "in.jsonl"
    rows = [{"_id": n, "title": f"Paper {n}", "text": f"Warfarin, dose {n}."} for n in "abc"]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert run("add", str(file)) == cli.DONE
    capsys.readouterr()
    return file


def run(*words: str) -> int:
    """The exit code of a command on this library."""
    with pytest.MonkeyPatch.context() as patch, pytest.raises(SystemExit) as ended:
        patch.setattr(sys, "argv", ["retort", "library", *words, "--library", "x"])
        cli.main()
    return int(ended.value.code or 0)


def test_a_removal_says_what_goes_and_asks_first(
    library: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("remove", "a") == cli.WRONG_USE
    told = capsys.readouterr().err
    assert "a  Paper a" in told and "--yes" in told
    assert run("remove", "a", "--yes") == cli.DONE
    told = capsys.readouterr().out
    assert "Removed 1 paper from" in told and str(library) in told
    assert run("remove", "a", "--yes") == cli.WRONG_USE
    assert run("remove", "--yes") == run("remove", "b", "--all", "--yes") == cli.WRONG_USE
    capsys.readouterr()
    assert run("remove", "--file", str(library), "--yes", "--json") == cli.DONE
    removed = json.loads(capsys.readouterr().out)["removed"]
    assert [paper["paper_id"] for paper in removed["papers"]] == ["b", "c"]
    assert run("remove", "--all", "--yes") == cli.DONE


def test_status_and_rebuild_tell_what_there_is(
    library: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("rebuild", "--json") == cli.DONE
    facts = json.loads(capsys.readouterr().out)
    assert (facts["papers"], facts["notes"], facts["merged"], facts["retracted"]) == (3, 0, 0, 0)
    assert (facts["with_abstract"], facts["without_abstract"]) == (3, 0)
    assert run("status") == cli.DONE
    assert "without abstract: 0" in capsys.readouterr().out


def test_verify_is_a_table_of_checks_and_fails_where_one_does(
    library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("verify") == cli.DONE
    assert "vectors   ok" in capsys.readouterr().out
    cache = next((tmp_path / "home" / "libraries" / "x").glob("*.postings"))
    cache.write_bytes(cache.read_bytes()[:-1])
    assert run("verify", "--json") == cli.FAILED
    (wrong,) = [c for c in json.loads(capsys.readouterr().out)["checks"] if not c["ok"]]
    assert wrong["name"] == "caches" and wrong["fix"] == "retort library rebuild"
    assert run("rebuild") == run("verify") == cli.DONE
