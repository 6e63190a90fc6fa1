"""The doctor: a broken part is named with its cause and a way on, and hides no other."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from openai_server import refusal, serve

from retort.agent import doctor
from retort.agent.bench import BenchMaker
from retort.agent.doctor import Finding, examine
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
