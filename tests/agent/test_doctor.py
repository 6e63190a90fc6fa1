"""The doctor: a broken part is named with its cause and a way on, and hides no other."""

from __future__ import annotations

from pathlib import Path

from retort.agent.doctor import Finding, examine
from retort.agent.records import Answer
from retort.agent.sessions import Sessions
from retort.agent.settings import Settings


def examined(settings: Settings) -> dict[str, Finding]:
    return {finding.part: finding for finding in examine(settings)}


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
