"""Every notation: written and read back, cut off anywhere, in pieces, damaged and hostile."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from retort.agent.models.notation import Parsed, VisibleText, parse

Call = tuple[str, dict[str, Any]]
NAMES = ["find_target", "calculate_properties", "search"]


def objects(calls: list[Call], key: str = "arguments") -> list[str]:
    return [json.dumps({"name": name, key: args}, ensure_ascii=False) for name, args in calls]


def parameter(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def coder(name: str, args: dict[str, Any]) -> str:
    inner = "".join(f"<parameter={k}>\n{parameter(v)}\n</parameter>\n" for k, v in args.items())
    return f"<tool_call>\n<function={name}>\n{inner}</function>\n</tool_call>"


def gemma(value: Any, quote: str) -> str:
    if isinstance(value, dict):
        return "{" + ",".join(f"{k}:{gemma(v, quote)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(gemma(item, quote) for item in value) + "]"
    return f"{quote}{value}{quote}" if isinstance(value, str) else json.dumps(value)


def python(name: str, args: dict[str, Any]) -> str:
    return f"{name}({', '.join(f'{k}={v!r}' for k, v in args.items())})"


def dumped(args: dict[str, Any]) -> str:
    return json.dumps(args, ensure_ascii=False)


WRITERS: dict[str, Callable[[list[Call]], str]] = {
    "hermes": lambda c: "\n".join(f"<tool_call>\n{o}\n</tool_call>" for o in objects(c)),
    "hermes in one": lambda c: "<tool_call>" + "\n".join(objects(c)) + "</tool_call>",
    "coder": lambda c: "\n".join(coder(*call) for call in c),
    "function": lambda c: "\n".join(f"<function={n}>{dumped(a)}</function>" for n, a in c),
    "llama": lambda c: "; ".join(objects(c, "parameters")),
    "llama tag": lambda c: "<|python_tag|>" + "; ".join(objects(c, "parameters")),
    "llama list": lambda c: "[" + ", ".join(python(*call) for call in c) + "]",
    "fenced": lambda c: "\n".join(f"```json\n{o}\n```" for o in objects(c)),
    "fenced list": lambda c: f"```\n[{','.join(objects(c))}]\n```",
    "mistral": lambda c: "[TOOL_CALLS][" + ", ".join(objects(c)) + "]",
    "mistral 11": lambda c: "".join(
        f"[TOOL_CALLS]{n}[CALL_ID]a1b2c3d4e[ARGS]{dumped(a)}" for n, a in c
    ),
    "mistral 13": lambda c: "".join(f"[TOOL_CALLS]{n}[ARGS]{dumped(a)}" for n, a in c),
    "gemma 3": lambda c: "```tool_code\n" + "\n".join(python(*call) for call in c) + "\n```",
    "functiongemma": lambda c: "".join(
        f"<start_function_call>call:{n}{gemma(a, '<escape>')}<end_function_call>" for n, a in c
    ),
    "gemma 4": lambda c: "".join(
        f"<|tool_call>call:{n}{gemma(a, '<|' + chr(34) + '|>')}<tool_call|>" for n, a in c
    ),
    "functionary": lambda c: ">>>".join(f"{n}\n{dumped(a)}" for n, a in c),
    "deepseek 3": lambda c: "<｜tool▁calls▁begin｜>" + "\n".join(
        f"<｜tool▁call▁begin｜>function<｜tool▁sep｜>{n}\n```json\n{dumped(a)}\n```<｜tool▁call▁end｜>"
        for n, a in c
    ) + "<｜tool▁calls▁end｜>",
    "deepseek 3.1": lambda c: "<｜tool▁calls▁begin｜>" + "".join(
        f"<｜tool▁call▁begin｜>{n}<｜tool▁sep｜>{dumped(a)}<｜tool▁call▁end｜>" for n, a in c
    ) + "<｜tool▁calls▁end｜>",
    "harmony": lambda c: "<|start|>assistant".join(
        f"<|channel|>commentary to=functions.{n} <|constrain|>json<|message|>{dumped(a)}<|call|>"
        for n, a in c
    ),
    "harmony role": lambda c: "<|start|>assistant".join(
        f" to=functions.{n}<|channel|>commentary json<|message|>{dumped(a)}<|call|>" for n, a in c
    ),
}  # fmt: skip
BARE = {
    "coder": ("<parameter", "</parameter"),
    "functiongemma": ("<escape>",),
    "gemma 4": ('<|"|>',),
}
"""what a string may not hold, since the notation writes it bare"""
STARTS_MESSAGE = {"llama", "llama list", "functionary", "harmony role"}

MOLECULES = ["C/C=C\\C#N", "[13C@@H](N)(C)O", "F/C=C/F", "C[C@H](N)C(=O)O", "C1=CC=C\\1"]
AWKWARD = [
    'say "no"',
    "it's",
    "a\nb",
    "naïve β-Lactam 日本",
    "<b>",
    "}{",
    "];",
    "</tool_call",
    "\\",
    "",
]
texts = st.sampled_from(MOLECULES + AWKWARD) | st.text(
    st.characters(exclude_categories=["C", "Z"]), max_size=12
)
scalars = texts | st.integers(-(10**6), 10**6) | st.booleans() | st.none()
scalars |= st.floats(-1e6, 1e6, allow_nan=False)
keys = st.from_regex(r"[a-z_][a-z0-9_]{0,8}", fullmatch=True)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=6,
)
calls = st.lists(
    st.tuples(st.sampled_from(NAMES), st.dictionaries(keys, values, max_size=3)),
    min_size=1,
    max_size=3,
)


def schemas(written: list[Call]) -> list[dict[str, Any]]:
    """Tools that take these calls: a notation that writes text bare needs to know what is text."""
    types = {str: "string", bool: "boolean", int: "integer", float: "number", type(None): "null"}
    types |= {list: "array", dict: "object"}
    tools = []
    for name in NAMES:
        options: dict[str, set[str]] = {}
        for called, args in written:
            for key, value in args.items() if called == name else ():
                options.setdefault(key, set()).add(types[type(value)])
        properties = {k: {"anyOf": [{"type": t} for t in sorted(v)]} for k, v in options.items()}
        function = {"name": name, "parameters": {"type": "object", "properties": properties}}
        tools.append({"type": "function", "function": function})
    return tools


def is_sayable(notation: str, written: list[Call]) -> bool:
    """Whether the notation has one way to write these calls."""
    if any(mark in repr(args) for mark in BARE.get(notation, ()) for _, args in written):
        return False
    if notation != "coder":
        return True
    mixed: dict[tuple[str, str], set[type]] = {}
    for name, args in written:
        for key, value in args.items():
            mixed.setdefault((name, key), set()).add(type(value))
    return all(len(kinds) == 1 for kinds in mixed.values())


def as_tuples(parsed: Parsed) -> list[Call]:
    return [(call["name"], call["args"]) for call in parsed.calls]


@pytest.mark.parametrize("notation", WRITERS)
@settings(max_examples=20)
@given(written=calls)
def test_what_is_written_is_read_back(notation: str, written: list[Call]) -> None:
    assume(is_sayable(notation, written))
    message = WRITERS[notation](written)
    parsed = parse(message, schemas(written))
    assert as_tuples(parsed) == written, message
    assert parsed.invalid == () and parsed.text == ""


@settings(max_examples=150)
@given(notation=st.sampled_from(sorted(WRITERS)), written=calls, data=st.data())
def test_a_call_that_breaks_off_is_never_run(
    notation: str, written: list[Call], data: st.DataObject
) -> None:
    assume(is_sayable(notation, written))
    message = WRITERS[notation](written)
    cut = data.draw(st.integers(0, len(message)))
    read = as_tuples(parse(message[:cut], schemas(written)))
    assert read == written[: len(read)], message[:cut]


@pytest.mark.parametrize("notation", WRITERS)
def test_a_molecule_cut_anywhere_is_whole_or_no_call(notation: str) -> None:
    call = ("find_target", {"target": "C/C=C\\C#N", "limit": 12, "near": {"a": ["b", None]}})
    message = WRITERS[notation]([call])
    tools = schemas([call])
    for cut in range(len(message) + 1):
        parsed = parse(message[:cut], tools)
        assert as_tuples(parsed) in ([], [call]), message[:cut]
        visible = VisibleText(tools)
        shown = "".join(visible.feed(message[:cut])) + visible.flush()
        assert "C#N" not in shown and shown.strip() == parsed.text


THOUGHTS = ["", "<think>{}</think>", "<thinking>{}</thinking>\n", "[THINK]{}[/THINK]"]
THOUGHTS += ["<|channel>thought\n{}<channel|>"]
THOUGHTS += ["<|channel|>analysis<|message|>{}<|end|><|start|>assistant"]


@settings(max_examples=150)
@given(notation=st.sampled_from(sorted(WRITERS)), written=calls, data=st.data())
def test_the_stream_shows_the_text_and_nothing_else(
    notation: str, written: list[Call], data: st.DataObject
) -> None:
    assume(is_sayable(notation, written))
    thoughts = THOUGHTS if notation == "harmony" else THOUGHTS[:-1]
    thought = data.draw(st.sampled_from(thoughts)).format("SECRET <tool_call>{")
    said = "" if notation in STARTS_MESSAGE else "It is 33 nM < 50. [E1] <b>\n"
    after = data.draw(st.sampled_from(["", "\nafter < it ["]))
    if notation == "harmony" and said:
        said = f"<|channel|>commentary<|message|>{said}<|end|><|start|>assistant"
    message = thought + said + WRITERS[notation](written) + after
    cut = data.draw(st.integers(0, len(message)) | st.just(len(message)))
    is_whole, message = cut == len(message), message[:cut]
    tools = schemas(written)
    visible, shown, at = VisibleText(tools), "", 0
    while at < len(message):
        step = data.draw(st.integers(1, 40))
        shown += "".join(visible.feed(message[at : at + step]))
        at += step
    shown += visible.flush()
    parsed = parse(message, tools)
    assert shown.strip() == parsed.text
    assert "SECRET" not in shown
    if is_whole:
        assert (
            parsed.text.split() == f"It is 33 nM < 50. [E1] <b> {after}".split()[not said and 8 :]
        )


MARKS = [
    "<tool_call>", "</tool_call>", "<function=", "</function>", "<parameter=a>", "</parameter>",
    "[TOOL_CALLS]", "[ARGS]", "<|python_tag|>", "<start_function_call>call:search{", "<escape>",
    "<end_function_call>", "<|tool_call>call:search{", '<|"|>', "```json\n", "```tool_code\n",
    "```", "\n{", '{"name": "search"', '"arguments": {', "}", "]", "[", '"', "'", "\\", ">>>",
    "search(a=", "search\n", "all\n", "<think>", "</think>", "[THINK]", "[/THINK]", "<|channel|>",
    "analysis", "<|message|>", " to=functions.search", "<|end|>", "<|call|>", "<|start|>assistant",
    "text", "<｜tool▁call▁begin｜>", "search<｜tool▁sep｜>", "<｜tool▁call▁end｜>", "\n", " ", "<",
    "\ud800",
]  # fmt: skip


@given(st.lists(st.sampled_from(MARKS) | st.text(max_size=4), max_size=12), st.data())
def test_rubbish_never_raises_and_streams_as_it_is_read(
    parts: list[str], data: st.DataObject
) -> None:
    message = "".join(parts)
    parsed = parse(message, NAMES)
    for call in parsed.calls:
        assert call["name"] in NAMES
        json.dumps(call["args"], ensure_ascii=False).encode()
    assert all(call["error"] for call in parsed.invalid)
    visible, shown, at = VisibleText(NAMES), "", 0
    while at < len(message):
        step = data.draw(st.integers(1, 9))
        shown += "".join(visible.feed(message[at : at + step]))
        at += step
    shown += visible.flush()
    if "</think>" not in message and "[/THINK]" not in message:  # which may close unopened thinking
        assert shown.strip() == parsed.text


@pytest.mark.parametrize(
    "hostile",
    [
        "<tool_call>" * 18_000, '<tool_call>{"' * 15_000, "<tool_call>{“a" * 14_000, "<" * 200_000,
        "[" * 200_000, '{"a":' * 40_000, '\n{"name": "search", "arguments": ' * 6_000,
        "<function=search><parameter=a>" * 6_600, "```json\n{" * 22_000, "[search(a=" * 20_000,
        "[TOOL_CALLS]" * 16_000, "[TOOL_CALLS]" + "[" * 200_000, "<think>" * 28_000, ">>>" * 66_000,
        "<|channel|>" * 18_000, "<|start|> to=a" * 14_000, '<tool_call>"' + "\\" * 200_000,
        "<start_function_call>call:search{a:<escape>" * 4_600, " " * 200_000, "\n{ " * 66_000,
        "```tool_code\nsearch(" * 10_000, "<|tool_call>call:a{" * 10_000, "a" * 200_000,
        "<tool_call>{" + '"a": 1, ' * 25_000, "<tool_call>" + "9" * 200_000, "\\" * 200_000,
    ],
)  # fmt: skip
def test_a_hostile_message_is_taken_apart_at_once(hostile: str) -> None:
    parsed = parse(hostile, NAMES)
    assert parsed.calls == ()
