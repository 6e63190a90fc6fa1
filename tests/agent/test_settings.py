"""Settings: read once, frozen, with a digest that follows what can change an answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from retort.agent.settings import Settings, silence_telemetry
from retort.retrieval.errors import UsageError


def test_the_environment_is_read_and_overrides_win() -> None:
    env = {
        "RETORT_HOME": "/x",
        "RETORT_MODEL": "embedded",
        "RETORT_OFFLINE": "1",
        "RETORT_SEED": "7",
    }
    settings = Settings.from_environment(env, model="hf:m", library=None)
    assert settings == Settings(Path("/x"), model="hf:m", offline=True, seed=7)


@pytest.mark.parametrize("text", ["", "0", "false", "no"])
def test_offline_is_off_unless_it_is_said(text: str) -> None:
    assert not Settings.from_environment({"RETORT_HOME": "/x", "RETORT_OFFLINE": text}).offline


def test_a_number_that_is_none_says_which() -> None:
    with pytest.raises(UsageError, match="RETORT_MAX_STEPS"):
        Settings.from_environment({"RETORT_HOME": "/x", "RETORT_MAX_STEPS": "many"})


def test_the_digest_follows_what_matters() -> None:
    base = Settings(Path("/a"))
    assert base.digest() == Settings(Path("/b")).digest()
    assert base.digest() != Settings(Path("/a"), library="other").digest()
    assert base.digest() != Settings(Path("/a"), max_steps=3).digest()


def test_who_asks_changes_no_answer_and_the_key_is_never_shown() -> None:
    env = {"RETORT_HOME": "/a", "RETORT_EMAIL": "jane@example.org", "RETORT_NCBI_KEY": "k3y"}
    settings = Settings.from_environment(env)
    assert (settings.email, settings.ncbi_key) == ("jane@example.org", "k3y")
    assert settings.digest() == Settings(Path("/a")).digest()
    assert "k3y" not in repr(settings)


def test_the_key_of_a_model_server_is_never_shown_and_stamps_no_answer() -> None:
    settings = Settings.from_environment({"RETORT_HOME": "/a", "RETORT_MODEL_KEY": "k3y"})
    assert settings.model_key == "k3y" and "k3y" not in repr(settings)
    assert settings.digest() == Settings(Path("/a")).digest()


def test_state_stands_under_home_and_home_has_a_default() -> None:
    settings = Settings(Path("/a"))
    assert settings.library_path("x") == Path("/a/libraries/x")
    assert settings.sessions_path.parent == settings.cache_path.parent == Path("/a")
    assert "retort" in str(Settings.from_environment({}).home)


def test_telemetry_is_turned_off() -> None:
    env: dict[str, str] = {"LANGSMITH_TRACING": "true"}
    silence_telemetry(env)
    assert env["LANGSMITH_TRACING"] == "false" and env["GRADIO_ANALYTICS_ENABLED"] == "False"


@pytest.mark.parametrize("name", ["default", "My papers 2024", "cyp2c9_v1.2", "Ärzte"])
def test_a_library_is_one_folder_in_the_home(name: str) -> None:
    assert Settings(Path("/x")).library_path(name) == Path("/x/libraries") / name


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../x", "a/b", "/tmp", "a\nb", ".hidden", "a" * 101]
)
def test_a_library_name_never_leads_elsewhere(name: str) -> None:
    with pytest.raises(UsageError, match="no name for a library") as caught:
        Settings(Path("/x"), library=name).library_path()
    assert caught.value.next


def test_a_home_of_nobody_is_refused() -> None:
    with pytest.raises(UsageError, match="no user 'nosuchuser'"):
        Settings.from_environment({"RETORT_HOME": "~nosuchuser/retort"})


def test_newer_predictors_are_a_folder() -> None:
    assert Settings(Path("/a")).predictors_path is None
    env = {"RETORT_HOME": "/x", "RETORT_PREDICTORS": "/newer"}
    assert Settings.from_environment(env).predictors_path == Path("/newer")
