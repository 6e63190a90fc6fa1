"""The doctor: a broken part is named with its cause and a way on, and hides no other."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from pathlib import Path

import pytest
from chat_models import make_chat_model
from openai_server import refusal, serve

from retort.agent import doctor
from retort.agent.bench import BenchMaker
from retort.agent.doctor import Finding, examine
from retort.agent.models import memory
from retort.agent.models.memory import Memory
from retort.agent.records import Answer
from retort.agent.sessions import Sessions
from retort.agent.settings import Settings


def examined(settings: Settings) -> dict[str, Finding]:
    return {finding.part: finding for finding in examine(settings)}


def model_finding(spec: str, home: Path) -> Finding:
    settings = Settings(home, model=spec, offline=True)
    return doctor._guarded("model", lambda: doctor._model(settings, BenchMaker(settings)))


def test_sessions_are_counted_and_their_damage_is_seen(tmp_path: Path) -> None:
    settings = Settings(tmp_path, model="embedded", offline=True)
    sessions = Sessions(settings.sessions_path)
    sessions.save(Answer("1", "q", "answered", "a"), "s")
    sessions.close()
    assert examined(settings)["sessions"].cause.startswith("1 answers")
    content = settings.sessions_path.read_bytes()
    settings.sessions_path.write_bytes(content[:4096] + b"\x55" * (len(content) - 4096))
    found = examined(settings)
    assert found["sessions"].state == "broken" and "mv " in found["sessions"].fix
    assert found["predictors"].state == "ok"


def test_a_home_that_is_a_file_and_an_encoder_that_is_none_are_named(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.write_text("not a folder")
    found = examined(Settings(home, model="embedded", encoder="nonsense", offline=True))
    assert found["home"].state == "broken" and "RETORT_HOME" in found["home"].fix
    assert found["encoder"].state == "broken" and '"nonsense"' in found["encoder"].cause
    assert found["model"].state == "ok"


def test_a_model_server_is_asked_whether_it_answers_with_tools(tmp_path: Path) -> None:
    entry = {"id": "m", "max_model_len": 32_768}
    with serve([{"content": "OK"}], models=[entry]) as running:
        found = model_finding(f"{running.url}#m", tmp_path)
    assert found.state == "ok" and "context 32,768 tokens; tools taken" in found.cause
    assert running.requests[0]["tools"] and running.requests[0]["max_tokens"] < 100


def test_a_server_that_reads_too_little_or_takes_no_tools_is_limited(tmp_path: Path) -> None:
    with serve([{"content": "OK"}], models=[{"id": "m", "max_model_len": 4096}]) as running:
        found = model_finding(f"{running.url}#m", tmp_path)
    assert found.state == "limited" and "4,096" in found.cause and "18,000 tokens" in found.fix
    no_tools = refusal(400, {"error": "gemma2 does not support tools"})
    with serve(no_tools, [{"content": "OK"}]) as running:
        found = model_finding(f"{running.url}#m", tmp_path)
    assert found.state == "limited" and "--enable-auto-tool-choice" in found.fix


def test_a_model_server_that_is_away_says_what_to_do(tmp_path: Path) -> None:
    found = examined(Settings(tmp_path, model="http://127.0.0.1:1/v1#m", offline=True))
    assert found["model"].state == "broken" and "nothing listens there" in found["model"].cause
    assert found["model"].fix and found["sessions"].state == "ok"


def test_every_finding_that_is_not_well_has_its_fix(tmp_path: Path) -> None:
    broken = Settings(
        *(tmp_path, "gpt-4", "none"), encoder="nonsense", chembl="/no.db", predictors="/no"
    )
    findings = examine(replace(broken, offline=True))
    assert [finding.part for finding in findings if finding.state == "broken"] == [
        *("model", "encoder", "library", "ChEMBL", "predictors")
    ]
    assert all(finding.fix for finding in findings if finding.state != "ok")


def test_the_gpu_is_told_with_what_fits_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(tmp_path)
    monkeypatch.setattr(memory, "gpus", lambda: (Memory("A", 10.0, 24.0), Memory("B", 12.0, 24.0)))
    found = doctor._gpu(settings)
    assert found.state == "ok" and "A + B, 22.0 of 48.0 GiB free" in found.cause
    assert "Qwen/Qwen3-8B fits (19.0 GiB" in found.cause
    assert "Qwen/Qwen3-14B" in doctor._gpu(replace(settings, quantisation="4bit")).cause
    monkeypatch.setattr(memory, "gpus", lambda: (Memory("A", 3.0, 24.0),))
    found = doctor._gpu(settings)
    assert found.state == "limited" and "needs 11.0" in found.cause and "4bit" in found.fix


def test_a_model_that_does_not_fit_is_told_with_its_need(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_chat_model(tmp_path / "tiny")
    assert "on the CPU, 1.0 GiB" in model_finding(f"hf:{folder}", tmp_path).cause
    monkeypatch.setattr(memory, "ram", lambda: Memory("RAM", 0.5, 4.0))
    found = model_finding(f"hf:{folder}", tmp_path)
    assert found.state == "broken" and "RAM, 0.5 of 4.0 GiB free" in found.cause and found.fix


def test_a_missing_grammar_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    found = doctor._grammar()
    assert found.state == "limited" and found.fix.startswith("pip install llguidance")
