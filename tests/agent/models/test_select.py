"""The choice of a model: what each spec gives, and that nothing is chosen in silence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from openai_server import serve, tool_call
from scripted import Toys

from retort.agent.models.select import load_model
from retort.agent.settings import Settings
from retort.retrieval.errors import OfflineError, OutageError, UsageError


def settings(model: str, **fields: Any) -> Settings:
    return Settings(Path("/nowhere"), model=model, **fields)


def no_encoder() -> Any:
    raise AssertionError("choosing a model loads no encoder")


def test_auto_without_a_gpu_is_the_embedded_model_and_says_why() -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("this machine has a CUDA GPU")
    loaded = load_model(settings("auto"), no_encoder)
    assert loaded.name == "embedded" and "no CUDA GPU" in loaded.why


@pytest.mark.parametrize("spec", ["", "gpt-4", "hf:", "ftp://x"])
def test_a_spec_that_names_no_model_is_wrong_use(spec: str) -> None:
    with pytest.raises(UsageError) as caught:
        load_model(settings(spec), no_encoder)
    assert "embedded" in caught.value.next


def test_a_server_without_a_model_name_is_wrong_use() -> None:
    with pytest.raises(UsageError, match="names a server and no model") as caught:
        load_model(settings("http://127.0.0.1:1/v1"), no_encoder)
    assert caught.value.next == "--model 'http://127.0.0.1:1/v1#NAME'"


def test_offline_forbids_servers_elsewhere_and_allows_this_machine() -> None:
    with pytest.raises(OfflineError):
        load_model(settings("https://models.example.org/v1#m", offline=True), no_encoder)
    with serve([]) as running:
        loaded = load_model(settings(f"{running.url}#m", offline=True), no_encoder)
    assert loaded.name == f"{running.url}#m" and "this machine" in loaded.why


def test_a_server_that_is_not_there_is_an_outage_before_any_question() -> None:
    with pytest.raises(OutageError, match="cannot be reached"):
        load_model(settings("http://127.0.0.1:1/v1#m"), no_encoder)


def test_an_openai_compatible_server_streams_text_and_calls() -> None:
    call = tool_call("find_activities", '{"target": "EGFR"}')
    with serve([call], 502, [{"content": "It is "}, {"content": "33 nM."}]) as running:
        loaded = load_model(settings(f"{running.url}#m"), no_encoder)
        bound = loaded.model.bind_tools(Toys().tools())
        asked = bound.invoke("How potent?")
        assert asked.tool_calls[0]["args"] == {"target": "EGFR"}
        text = "".join(chunk.text for chunk in bound.stream("How potent?"))
    assert text == "It is 33 nM."
    first = running.requests[0]
    assert first["model"] == "m" and first["tools"][0]["type"] == "function"
    assert len(running.requests) == 3  # the 502 was tried again
