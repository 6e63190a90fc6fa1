"""A served model: what each fault tells, what each dialect gives, and what never happens."""

from __future__ import annotations

import json
import logging
import threading
import time
from typing import Any

import pytest
from endpoint_matrix import FAULTS, LIMITS, POTENCY, Fault, seen
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from openai_server import Raw, choice, event, refusal, serve, streamed, tool_call

from retort.agent.models import cancellation
from retort.agent.models.closing import UNREADABLE
from retort.agent.models.completion import Reply, wire, wire_as_text
from retort.agent.models.connection import Server
from retort.agent.models.endpoint import connect
from retort.agent.models.faults import said
from retort.retrieval.errors import RetortError, UsageError

ARGS = {"target": "EGFR"}


def ask(*replies: Any, **fields: Any) -> AIMessage:
    with serve(*replies, **fields) as running:
        model = connect(running.url, "m", limits=LIMITS).bind_tools([POTENCY])
        message = model.invoke("How potent?")
    assert isinstance(message, AIMessage)
    return message


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_each_fault_is_told_in_time_with_a_way_on(fault: Fault) -> None:
    found = seen(fault)
    assert found.what.startswith(fault.what)
    assert fault.says in found.why
    assert found.requests == fault.requests
    assert bool(found.next) == (fault.what != "33 nM.")
    assert found.seconds < LIMITS.total_s + 2


def piece(**call: Any) -> dict[str, Any]:
    return {"tool_calls": [call]}


NAME, WHOLE = "find_activities", json.dumps(ARGS)
DIALECTS: dict[str, list[dict[str, Any]]] = {
    "whole": [tool_call(NAME, WHOLE)],
    "arguments in pieces": [
        tool_call(NAME, ""),
        *(piece(index=0, function={"arguments": letter}) for letter in WHOLE),
    ],
    "name on every piece": [
        piece(index=0, id="a", function={"name": NAME, "arguments": part})
        for part in (WHOLE[:5], WHOLE[5:])
    ],
    "arguments as an object": [tool_call(NAME, ARGS)],
    "encoded twice": [tool_call(NAME, json.dumps(WHOLE))],
    "no id": [tool_call(NAME, WHOLE, id=None)],
    "no index": [tool_call(NAME, WHOLE, index=None)],
    "no id, no index, no type": [piece(function={"name": NAME, "arguments": WHOLE})],
    "without the function around it": [piece(name=NAME, arguments=ARGS)],
    "Hermes in the text": [{"content": f'<tool_call>{{"name": "{NAME}", "argu'},
                           {"content": f'ments": {WHOLE}}}</tool_call>'}],
    "bare JSON in the text": [{"content": json.dumps({"name": NAME, "parameters": ARGS})}],
    "Mistral in the text": [
        {"content": f'[TOOL_CALLS][{{"name": "{NAME}", "arguments": {WHOLE}}}]'}
    ],
}  # fmt: skip


@pytest.mark.parametrize("deltas", DIALECTS.values(), ids=DIALECTS)
def test_every_dialect_gives_the_same_call(deltas: list[dict[str, Any]]) -> None:
    message = ask(deltas)
    assert [(call["name"], call["args"]) for call in message.tool_calls] == [(NAME, ARGS)]
    assert message.tool_calls[0]["id"] and not message.text and not message.invalid_tool_calls


@pytest.mark.parametrize("index", [True, False])
@pytest.mark.parametrize("id", [True, False])
@pytest.mark.parametrize("at_once", [True, False])
def test_several_calls_stay_apart(index: bool, id: bool, at_once: bool) -> None:
    calls: list[dict[str, Any]] = []
    for at, target in enumerate(("EGFR", "EGFR", "KRAS")):
        call: dict[str, Any] = {"function": {"name": NAME, "arguments": {"target": target}}}
        calls.append(call | ({"index": at} if index else {}) | ({"id": f"c{at}"} if id else {}))
    deltas = [{"tool_calls": calls}] if at_once else [{"tool_calls": [call]} for call in calls]
    found = ask(deltas).tool_calls
    assert [call["args"]["target"] for call in found] == ["EGFR", "EGFR", "KRAS"]
    assert len({call["id"] for call in found}) == 3


@pytest.mark.parametrize("args", ['{"target": "EG', "[1]", "7", "target=EGFR"])
def test_arguments_that_cannot_be_read_are_an_invalid_call(args: str) -> None:
    message = ask([tool_call(NAME, args)])
    assert not message.tool_calls
    assert message.invalid_tool_calls[0]["name"] == NAME
    assert message.invalid_tool_calls[0]["args"] == f"{UNREADABLE}{args}"


def test_a_call_without_arguments_has_none() -> None:
    assert ask([tool_call("stop", None)]).tool_calls[0]["args"] == {}


@pytest.mark.parametrize("name", ["reasoning_content", "reasoning", "thinking"])
def test_thinking_is_kept_apart(name: str) -> None:
    message = ask([{name: "EGFR "}, {name: "it is.", "content": None}, {"content": "33 nM."}])
    assert message.text == "33 nM."
    assert message.additional_kwargs["reasoning_content"] == "EGFR it is."


def test_thinking_in_the_text_is_kept_apart_too() -> None:
    message = ask([{"content": "<think>hm"}, {"content": "m</think>33"}, {"content": " nM."}])
    assert (message.text, message.additional_kwargs["reasoning_content"]) == ("33 nM.", "hmm")


def test_tokens_are_counted_as_the_server_counts_them() -> None:
    usage = ask([{"content": "33 nM."}]).usage_metadata
    assert usage and (usage["input_tokens"], usage["output_tokens"]) == (11, 3)
    bare = Raw([event(choice({"content": "33 nM."}, "stop"))])
    assert ask(bare).usage_metadata is None


def test_a_server_that_does_not_stream_is_read_all_the_same() -> None:
    message = {"role": "assistant", "content": [{"type": "text", "text": "33 nM."}]}
    body = {"choices": [{"message": message, "finish_reason": "stop"}]}
    pretty = Raw([json.dumps(body, indent=2).encode()], headers={"Content-Type": "text/plain"})
    assert ask(pretty).text == "33 nM."


def test_text_is_streamed_as_it_comes() -> None:
    with serve([{"content": "33 "}, {"content": "nM."}]) as running:
        pieces = [chunk.text for chunk in connect(running.url, "m").stream("How potent?")]
    assert [piece for piece in pieces if piece] == ["33 ", "nM."]


def test_history_goes_out_as_the_protocol_has_it() -> None:
    call = {"name": NAME, "args": ARGS, "id": "c1", "type": "tool_call"}
    thought = {"reasoning_content": "secret"}
    history = [
        SystemMessage("Be exact."),
        HumanMessage("How potent?"),
        AIMessage("", tool_calls=[call], additional_kwargs=thought),
        ToolMessage("33 nM", tool_call_id="c1", name=NAME),
    ]
    system, human, asked, result = wire(history)
    assert (system["role"], human["role"], result["tool_call_id"]) == ("system", "user", "c1")
    assert asked["tool_calls"][0]["function"] == {"name": NAME, "arguments": WHOLE}
    assert "secret" not in json.dumps([system, human, asked, result])
    first, *rest = wire_as_text(history, [POTENCY])
    assert first["content"].startswith("Be exact.") and f'"name": "{NAME}"' in first["content"]
    assert [entry["role"] for entry in rest] == ["user", "assistant", "user"]
    assert "<tool_call>" in rest[1]["content"] and rest[2]["content"].endswith("33 nM")


def test_a_server_without_tools_gets_them_as_text_from_then_on() -> None:
    call = f'<tool_call>{{"name": "{NAME}", "arguments": {WHOLE}}}</tool_call>'
    no_tools = refusal(400, {"error": '"auto" tool choice requires --enable-auto-tool-choice'})
    with serve(no_tools, [{"content": call}]) as running:
        model = connect(running.url, "m", limits=LIMITS)
        bound = model.bind_tools([POTENCY])
        assert model.takes_tools
        for _ in range(2):
            message = bound.invoke("How potent?")
            assert isinstance(message, AIMessage) and message.tool_calls[0]["args"] == ARGS
        assert not model.takes_tools
    assert ["tools" in request for request in running.requests] == [True, False, False]


@pytest.mark.parametrize(
    "reply",
    [
        Raw(has_head=False, ending="hang"),
        Raw(ending="hang"),
        Raw([event(choice({"content": "33 "}))], ending="hang"),
        refusal(503, {"error": "Loading model"}, **{"Retry-After": "30"}),
    ],
    ids=["before the headers", "before the first token", "in the middle", "while it waits"],
)
def test_a_stop_closes_the_connection_within_a_second(reply: Raw) -> None:
    cancel = threading.Event()
    with serve(reply) as running:
        model = connect(running.url, "m")
        cancellation.set_current(cancel)
        stopped_at: list[float] = []
        timer = threading.Timer(0.3, lambda: (stopped_at.append(time.monotonic()), cancel.set()))
        timer.start()
        message = model.invoke("How potent?")
        ended_at = time.monotonic()
        cancellation.set_current(threading.Event())
        deadline = time.monotonic() + 1
        while reply.ending == "hang" and not running.left_at and time.monotonic() < deadline:
            time.sleep(0.01)
    assert message.text in ("", "33 ")
    assert ended_at - stopped_at[0] < 1
    assert reply.status == 503 or running.left_at[0] - stopped_at[0] < 1


def test_whoever_stops_reading_closes_the_connection() -> None:
    with serve(Raw([event(choice({"content": "33 "}))], ending="hang")) as running:
        stream = connect(running.url, "m").stream("How potent?")
        assert next(stream).text == "33 "
        stream.close()  # type: ignore[attr-defined]
        deadline = time.monotonic() + 1
        while not running.left_at and time.monotonic() < deadline:
            time.sleep(0.01)
        assert running.left_at


KEY = "sk-0123456789abcdef"


def test_the_key_goes_to_the_server_and_nowhere_else(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    echo = refusal(401, {"error": {"message": f"Incorrect key: {KEY}"}})
    with serve(echo) as running:
        model = connect(running.url, "m", key=KEY, limits=LIMITS)
        with pytest.raises(RetortError) as caught:
            model.invoke("How potent?")
    assert all(headers["Authorization"] == f"Bearer {KEY}" for headers in running.headers)
    assert "another key" in caught.value.what and "Incorrect key: ***" in caught.value.why
    seen_by_others = [str(caught.value), repr(model), str(model.dict()), caplog.text]
    assert not any(KEY in text for text in seen_by_others)


def test_no_key_of_the_environment_and_no_proxy_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with serve([{"content": "33 nM."}]) as running:
        assert connect(running.url, "m").invoke("How potent?").text == "33 nM."
    assert not any("Authorization" in headers for headers in running.headers)


@pytest.mark.parametrize(
    "url", ["http://me:pw@127.0.0.1:1/v1", "http://127.0.0.1:1/v1?key=pw", "http://:pw@h/v1"]
)
def test_an_address_that_holds_a_secret_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        Server.at(url)
    assert "pw" not in str(caught.value) and "RETORT_MODEL_KEY" in caught.value.next


@pytest.mark.parametrize("url", ["http://", "http:///v1", "http://h:99999/v1", "http://[::1/v1"])
def test_an_address_that_is_none_is_wrong_use(url: str) -> None:
    with pytest.raises(UsageError):
        Server.at(url)


@pytest.mark.parametrize("key", ["a\nb", "kéy"])
def test_a_key_that_cannot_be_sent_is_refused_without_repeating_it(key: str) -> None:
    with pytest.raises(UsageError) as caught:
        Server.at("http://127.0.0.1:1/v1", key)
    assert key not in str(caught.value)


@pytest.mark.parametrize(
    ("host", "is_here"),
    [
        *(("127.0.0.1", True), ("localhost", True), ("[::1]", True), ("127.8.9.1", True)),
        *(("0.0.0.0", True), ("10.0.0.7", False), ("127.0.0.1.example.org", False)),
        ("localhost.example.org", False),
    ],
)
def test_this_machine_is_told_from_others(host: str, is_here: bool) -> None:
    assert Server.at(f"http://{host}:8000/v1").is_here == is_here


MODELS = [{"id": "Qwen/Qwen3-8B", "max_model_len": 8192}, {"id": "qwen3:latest"}]


def test_the_server_is_asked_once_what_it_has() -> None:
    with serve([{"content": "33 nM."}], models=MODELS) as running:
        model = connect(running.url, "Qwen/Qwen3-8B")
        model.invoke("How potent?")
        model.invoke("How potent?")
        assert model.served.context == 8192
        assert connect(running.url, "qwen3").served.context is None
        assert connect(running.url, "/a/folder").served.names
    assert len(running.headers) == 3 + 2
    assert running.requests[0]["max_tokens"] == 2048  # a quarter of the context


def test_llama_cpp_says_its_context_elsewhere() -> None:
    props = {"default_generation_settings": {"n_ctx": 4096}}
    models = [{"id": "m", "owned_by": "llamacpp"}]
    with serve([], models=models, beside={"/props": props}) as running:
        assert connect(running.url, "m").served.context == 4096
    with serve([], models=models) as running:
        assert connect(running.url, "m").served.context is None


def test_ollama_says_its_context_once_the_model_is_loaded() -> None:
    beside: dict[str, Any] = {"/api/ps": {"models": []}}
    models = [{"id": "m:latest", "owned_by": "library"}]
    with serve([{"content": "OK"}], models=models, beside=beside) as running:
        model = connect(running.url, "m")
        assert model.served.context is None
        loaded = [
            {"name": "other", "context_length": 1},
            {"name": "m:latest", "context_length": 4096},
        ]
        beside["/api/ps"] = {"models": loaded}
        assert model.greet() and model.served.context == 4096


@pytest.mark.parametrize(
    ("asked", "near"),
    [("qwen3-8b", "Qwen/Qwen3-8B"), ("Qwen3-8", "Qwen/Qwen3-8B"), ("qwen3:lates", "qwen3:latest")],
)
def test_a_model_that_is_not_there_gets_the_nearest_name(asked: str, near: str) -> None:
    with serve([], models=MODELS) as running, pytest.raises(RetortError) as caught:
        connect(running.url, asked)
    assert caught.value.next == f"--model '{running.url}#{near}'"


def test_an_address_without_a_model_names_one_that_is_there() -> None:
    with serve([], models=MODELS) as running, pytest.raises(UsageError) as caught:
        connect(running.url, "")
    assert caught.value.next == f"--model '{running.url}#Qwen/Qwen3-8B'"


def test_a_seed_samples_and_none_is_greedy() -> None:
    with serve([{"content": "a"}]) as running:
        connect(running.url, "m").invoke("?")
        connect(running.url, "m", seed=7).invoke("?")
    greedy, sampled = running.requests
    assert greedy["temperature"] == 0 and "seed" not in greedy
    assert sampled["seed"] == 7 and "temperature" not in sampled


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"error": {"message": "too long"}}', "too long"),
        (b'{"error": "no tools"}', "no tools"),
        (b'{"object": "error", "message": "bad"}', "bad"),
        (b'{"detail": [{"msg": "extra"}]}', "[{'msg': 'extra'}]"),
        (b"<html><body>Bad gateway</body></html>", "Bad gateway"),
        (b"", ""),
    ],
)
def test_a_servers_words_are_found_in_every_shape(body: bytes, words: str) -> None:
    assert said(Server.at("http://127.0.0.1:1/v1"), body) == words


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["choices", "delta", "message", "content", "tool_calls", "function", "name",
             "arguments", "index", "id", "usage", "error", "finish_reason", "reasoning"]
        ),
        inner,
        max_size=4,
    ),
    max_leaves=12,
)  # fmt: skip


@given(st.lists(JSON, max_size=4))
def test_no_event_of_any_form_breaks_the_reader(found: list[Any]) -> None:
    from retort.agent.models.completion import Garbled, ServerSays

    reply = Reply()
    try:
        for each in found:
            reply.feed(each)
            reply.feed({"choices": [{"delta": each}]})
        reply.require_whole()
    except (Garbled, ServerSays):
        pass
    reply.last([NAME], "")


@given(st.data())
def test_a_stream_cut_anywhere_gives_a_reply_or_says_that_it_breaks_off(
    data: st.DataObject,
) -> None:
    from retort.agent.models.completion import Garbled, events

    whole = b"".join(streamed({"content": "33 "}, tool_call(NAME, WHOLE)).blocks)
    cut = data.draw(st.integers(0, len(whole)))
    reply = Reply()
    try:
        for each in events(whole[:cut].splitlines(keepends=True)):
            reply.feed(each)
        reply.require_whole()
    except Garbled:
        return
    assert reply.last([NAME], "33 ").tool_calls[0]["args"] == ARGS
