"""Who does the work: this machine unless a cluster is asked for, which must be there."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from fake_ray import FakeRay

from retort.ui import cli

Command = Callable[..., int]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> Command:
    def run(*arguments: str) -> int:
        monkeypatch.setattr(sys, "argv", ["retort", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return int(ended.value.code or 0)

    return run


@pytest.fixture
def inputs(tmp_path: Path) -> Path:
    (tmp_path / "in.csv").write_text("smiles\nCCO\nc1ccccc1\n")
    (tmp_path / "in.jsonl").write_text('{"id": "1", "question": "What is the logP of ethanol?"}\n')
    (tmp_path / "note.md").write_text("# A note\n\nErlotinib inhibits EGFR in the clinic.\n")
    return tmp_path


def commands(inputs: Path) -> dict[str, list[str]]:
    at = str(inputs)
    return {
        "predict": ["predict", "--input", f"{at}/in.csv", "--output", f"{at}/out.csv"],
        "library": ["library", "add", f"{at}/note.md", "--library", "own"],
        "batch": ["batch", f"{at}/in.jsonl", "--output", f"{at}/out.jsonl", "--model", "embedded"],
    }


@pytest.mark.parametrize("name", ["predict", "library", "batch"])
def test_each_long_command_is_given_to_a_cluster(
    name: str,
    command: Command,
    inputs: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    ray = FakeRay()
    monkeypatch.setitem(sys.modules, "ray", ray)  # type: ignore[arg-type]
    assert command(*commands(inputs)[name], "--engine", "ray", "--json") == 0
    out, err = capsys.readouterr()
    assert isinstance(json.loads(out), dict)
    assert "Ray cluster started on this machine: 2 workers" in err
    assert ray.started == 1 and not ray.alive


@pytest.mark.parametrize("name", ["predict", "library", "batch"])
def test_an_address_needs_the_engine_and_the_engine_ray(
    name: str,
    command: Command,
    inputs: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    assert command(*commands(inputs)[name], "--address", "127.0.0.1:6379") == cli.WRONG_USE
    assert "Add --engine ray" in capsys.readouterr().err
    assert command(*commands(inputs)[name], "--engine", "ray") == cli.FAILED
    assert "pip install 'retort[cluster]'" in capsys.readouterr().err
