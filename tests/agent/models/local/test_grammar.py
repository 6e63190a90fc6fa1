"""A tiny random model under the grammar: whatever it writes, its calls are whole and valid."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from retort.agent.models.local.families import Caps, detect
from retort.agent.models.local.grammar import Constrained, Grammars, available
from retort.agent.models.notation import parse

SCHEMAS = json.loads((Path(__file__).parents[3] / "tools/golden/schemas.json").read_text())
TOOLS = [{"type": "function", "function": schema} for schema in SCHEMAS.values()]
FEW = [TOOLS[list(SCHEMAS).index(name)] for name in ("find_molecule", "compare_molecules")]
RANGED = {
    "name": "rank",
    "parameters": {
        "type": "object",
        "properties": {
            "by": {"enum": ["potency", "size"]},
            "ph": {"type": "number", "minimum": 0, "maximum": 14},
            "rows": {"anyOf": [{"type": "integer", "minimum": 1, "maximum": 50}, {"type": "null"}]},
            "exact": {"type": "boolean", "default": False},
        },
        "required": ["by", "ph"],
    },
}
FEW.append({"type": "function", "function": RANGED})

TEMPLATES = {
    "hermes": """<think> <tool_call>\\n{"name": "' + c.name + '", "arguments": ' }}</tool_call>""",
    "llama": """{"name": "' + c.name + '", ' }} {{- '"parameters": ' }}""",
    "mistral": """[TOOL_CALLS] [{"name": c.name, "arguments": """,
    "mistral named": "[TOOL_CALLS]{{ c.name }}[ARGS]{{ c.arguments }}",
}


@cache
def tokenizer(family: str) -> Any:
    """A byte-level tokenizer of some 600 tokens that knows the words of the schemas."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    raw = Tokenizer(models.BPE())
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=600, initial_alphabet=alphabet, show_progress=False)
    raw.train_from_iterator([json.dumps(TOOLS), *TEMPLATES.values()], trainer)
    made = PreTrainedTokenizerFast(tokenizer_object=raw, eos_token="<|end|>")
    marks = {"hermes": ["<tool_call>", "</tool_call>", "<think>", "</think>"], "llama": []}
    made.add_tokens(marks.get(family, ["[TOOL_CALLS]", "[ARGS]"]), special_tokens=True)
    made.chat_template = TEMPLATES[family]
    return made


def grammars(family: str, caps: Caps | None = None) -> Grammars:
    made = tokenizer(family)
    return Grammars(made, [made.eos_token_id], caps)


def feed(constraint: Constrained, made: Any, text: str) -> bool:
    """Write a text under the constraint; whether every token of it was allowed."""
    import torch

    for token in made.encode(text, add_special_tokens=False):
        if constraint.mask(torch.zeros(len(made)))[token] == float("-inf"):
            return False
        constraint.accept(token)
    return True


def fits(value: Any, schema: Mapping[str, Any]) -> bool:
    """Whether a value obeys a schema, in so far as tools' schemas go."""
    if "anyOf" in schema:
        return any(fits(value, option) for option in schema["anyOf"])
    if "enum" in schema and value not in schema["enum"]:
        return False
    kinds: dict[str, Any] = {"string": str, "boolean": bool, "null": type(None), "array": list}
    kinds |= {"object": dict, "integer": int, "number": int | float}
    kind = schema.get("type")
    if kind and (
        not isinstance(value, kinds[kind]) or isinstance(value, bool) != (kind == "boolean")
    ):
        return False
    if kind in ("integer", "number"):
        return bool(schema.get("minimum", value) <= value <= schema.get("maximum", value))
    if kind == "array":
        return all(fits(item, schema.get("items", {})) for item in value)
    if kind == "object":
        known = schema.get("properties", {})
        is_whole = set(schema.get("required", ())) <= set(value) <= set(known)
        return is_whole and all(fits(item, known[key]) for key, item in value.items())
    return True


def written(family: str, tools: Sequence[Any], choice: str, seeds: int, limit: int) -> list[str]:
    """What a random two-layer model writes under the constraint, one text for each seed."""
    import torch
    from transformers import DynamicCache, Qwen3Config, Qwen3ForCausalLM

    torch.manual_seed(0)
    made = tokenizer(family)
    held = grammars(family, Caps(characters=12, items=2, thinking=20))
    config = Qwen3Config(
        vocab_size=len(made), hidden_size=32, intermediate_size=64, num_hidden_layers=2,
        num_attention_heads=2, num_key_value_heads=1, head_dim=16, max_position_embeddings=4096,
    )  # fmt: skip
    model = Qwen3ForCausalLM(config).eval()
    rows = [held.constraint(tools, choice) for _ in range(seeds)]
    randoms = [torch.Generator().manual_seed(seed) for seed in range(seeds)]
    texts: list[list[int]] = [[] for _ in rows]
    cache = DynamicCache(config=config)
    tokens = torch.full((seeds, 1), made.eos_token_id)
    with torch.inference_mode():
        for _ in range(limit):
            scores = model(tokens, past_key_values=cache).logits[:, -1].float()
            for n, row in enumerate(rows):
                if texts[n][-1:] == [made.eos_token_id]:
                    continue
                assert row is not None
                chances = row.mask(scores[n].clone()).softmax(-1)
                token = int(torch.multinomial(chances, 1, generator=randoms[n]))
                row.accept(token)
                texts[n].append(token)
                tokens[n, 0] = token
            if all(text[-1] == made.eos_token_id for text in texts):
                break
    return [made.decode(text).removesuffix("<|end|>") for text in texts]


@pytest.mark.parametrize("family", TEMPLATES)
def test_what_must_be_a_call_is_a_valid_one(family: str) -> None:
    schemas = {tool["function"]["name"]: tool["function"]["parameters"] for tool in FEW}
    for text in written(family, FEW, "required", seeds=50, limit=400):
        parsed = parse(text, FEW)
        assert parsed.calls, text
        assert parsed.text == "" or "<think>" in text, text
        for call in parsed.calls:
            assert fits(call["args"], schemas[call["name"]]), text


def test_a_named_tool_is_the_only_one() -> None:
    for text in written("hermes", TOOLS, "find_similar", seeds=5, limit=600):
        assert {call["name"] for call in parse(text, TOOLS).calls} == {"find_similar"}, text


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_tool_has_a_grammar(name: str) -> None:
    held, made = grammars("hermes"), tokenizer("hermes")
    schema = SCHEMAS[name]["parameters"]
    sample: dict[type, Any] = {str: "C/C=C\\C#N", int: 3, float: 0.5, list: ["a"], bool: True}
    args: dict[str, Any] = {}
    for key, value in schema["properties"].items():
        options = value.get("anyOf", [value])[0]
        fitting = [each for each in sample.values() if fits(each, options)]
        args[key] = options["enum"][0] if "enum" in options else fitting[0]
    call = f'<tool_call>\n{{"name": "{name}", "arguments": {json.dumps(args)}}}\n</tool_call>'
    constraint = held.constraint(TOOLS, "required")
    assert constraint is not None and feed(constraint, made, call), call
    for wrong in ('{"nonsense": ', "{ ", "{\n"):
        begun = f'<tool_call>\n{{"name": "{name}", "arguments": {wrong}'
        constraint = held.constraint(TOOLS, "required")
        assert constraint is not None and not feed(constraint, made, begun)


@pytest.mark.parametrize(
    ("arguments", "is_allowed"),
    [
        ('{"by": "potency", "ph": 7.4}', True),
        ('{"by": "potency", "ph": 14, "rows": null, "exact": true}', True),
        ('{"by": "potency", "ph": 7, "rows": 50}', True),
        ('{"by": "colour"', False),
        ('{"by": "size", "ph": 14.1', False),
        ('{"by": "size", "ph": -1', False),
        ('{"by": "size", "ph": 7, "rows": 51}', False),
        ('{"by": "size", "ph": 7, "rows": "two"', False),
        ('{"by": "size"}', False),
        ('{"by": "size", "ph": 7, "more": 1', False),
        ('{"by": "size", "ph": 3.1234567', False),
    ],
)
def test_enums_ranges_and_optional_values_are_enforced(arguments: str, is_allowed: bool) -> None:
    constraint = grammars("llama").constraint(FEW, "rank")
    assert constraint is not None
    text = f'{{"name": "rank", "parameters": {arguments}'
    assert feed(constraint, tokenizer("llama"), text) == is_allowed


def test_free_text_is_free_until_a_call_begins() -> None:
    constraint = grammars("hermes").constraint(FEW)
    assert constraint is not None
    made = tokenizer("hermes")
    assert feed(constraint, made, "<think>Or <tool_call> {nothing}?</think>It is { free }. ")
    call = '<tool_call>\n{"name": "find_molecule", "arguments": {"molecule": "CCO"}}\n</tool_call>'
    assert feed(constraint, made, call + "\n" + call + "\nDone {.")
    assert not feed(constraint, made, '<tool_call>\n{"name": "unknown')


def test_a_bare_call_is_held_from_its_first_key_on_and_only_at_the_beginning() -> None:
    made = tokenizer("llama")
    constraint = grammars("llama").constraint(FEW)
    assert constraint is not None and not feed(constraint, made, '{"name": "unknown')
    constraint = grammars("llama").constraint(FEW)
    assert constraint is not None and feed(constraint, made, 'A record: {"name": "unknown"}')


@pytest.mark.parametrize("family", TEMPLATES)
def test_no_call_can_be_written_where_none_may(family: str) -> None:
    held, made = grammars(family), tokenizer(family)
    opener = held.family.opener if held.family else ""
    for spelt in (opener, opener[0] + " " + opener):
        constraint = held.constraint(FEW, "none")
        assert constraint is not None and not feed(constraint, made, "Well, " + spelt)
    import torch

    constraint = held.constraint(FEW, "none")
    assert constraint is not None
    for letter in opener[:-1]:  # letter by letter, as another tokenization would have it
        constraint.accept(made.encode(letter, add_special_tokens=False)[0])
    last = made.encode(opener[-1], add_special_tokens=False)[0]
    scores = constraint.mask(torch.zeros(len(made)))
    assert scores[last] == float("-inf") and scores.isfinite().sum() > len(made) / 2


def test_thinking_that_the_prompt_opened_ends_before_the_call() -> None:
    made = tokenizer("hermes")
    constraint = grammars("hermes").constraint(FEW, "required", prompt="<|assistant|><think>\n")
    assert constraint is not None
    assert feed(constraint, made, "Which one? <tool_call> perhaps.</think>\n\n<tool_call>\n")
    assert not feed(constraint, made, "It is")


def test_endless_thinking_is_closed() -> None:
    import torch

    made = tokenizer("hermes")
    constraint = grammars("hermes", Caps(thinking=20)).constraint(FEW, "required")
    assert constraint is not None and not feed(constraint, made, "<think>" + "x" * 600)
    text = ""
    for _ in range(20):
        token = int(constraint.mask(torch.rand(len(made))).argmax())
        constraint.accept(token)
        text += made.decode([token])
    assert "</think>" in text and "<tool_call>" in text.split("</think>")[1]


def test_padded_scores_stay_forbidden() -> None:
    import torch

    constraint = grammars("hermes").constraint(FEW, "find_molecule")
    assert constraint is not None
    scores = constraint.mask(torch.zeros(len(tokenizer("hermes")) + 100))
    assert scores[-100:].max() == float("-inf") and scores.max() == 0


def test_an_unknown_tool_choice_and_a_family_without_a_grammar() -> None:
    with pytest.raises(ValueError, match="names no tool"):
        grammars("hermes").constraint(FEW, "nothing_like_it")
    assert available() is None
    assert detect("<tool_call>\n<function=example><parameter=a>") is None
    assert detect("<|im_start|>{{ message.content }}") is None
    assert grammars("hermes").constraint([], "auto") is None


def test_the_chat_model_calls_the_tool_that_it_must_call() -> None:
    import torch
    from langchain_core.tools import tool
    from transformers import Qwen3Config, Qwen3ForCausalLM

    from retort.agent.models.local.chat import LocalChatModel

    @tool
    def set_ph(ph: int, exact: bool) -> str:
        """Set a pH."""
        return ""

    torch.manual_seed(1)
    made = tokenizer("llama")
    written_so = """{'{"name": "' + c.function.name + '", "parameters": '}"""
    made.chat_template = (
        "{# " + written_so + " #}{% for t in tools or [] %}{{ t.function.name }}{% endfor %}"
        "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}assistant: "
    )
    config = Qwen3Config(
        vocab_size=len(made), hidden_size=32, intermediate_size=64, num_hidden_layers=2,
        num_attention_heads=2, num_key_value_heads=1, head_dim=16, max_position_embeddings=4096,
        eos_token_id=made.eos_token_id,
    )  # fmt: skip
    model = LocalChatModel(Qwen3ForCausalLM(config).eval(), made, name_or_path="tiny", seed=3)
    message = model.bind_tools([set_ph], tool_choice="required").invoke("What is the pH?")
    assert [call["name"] for call in message.tool_calls] == ["set_ph"]  # type: ignore[attr-defined]
    set_ph.args_schema.model_validate(message.tool_calls[0]["args"])  # type: ignore
    quiet = model.bind_tools([set_ph], tool_choice="none").invoke("What is the pH?")
    assert not quiet.tool_calls  # type: ignore[attr-defined]
    made.chat_template = TEMPLATES["llama"]
