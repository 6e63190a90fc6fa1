"""Tokens become text: characters stay whole, marks of calls stay, stop sequences never show."""

from __future__ import annotations

from typing import Any

import chat_models
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retort.agent.models.local.text import Decoder, until_stop


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    tokenizer = chat_models.make_tokenizer()
    tokenizer.add_tokens(["[TOOL_CALLS]"], special_tokens=True)
    return tokenizer


@given(text=st.text())
def test_the_pieces_are_the_text(tokenizer: Any, text: str) -> None:
    decoder = Decoder(tokenizer)
    tokens = tokenizer(text, add_special_tokens=False)["input_ids"]
    pieces = [decoder.feed(token) for token in tokens]
    assert "".join(pieces) + decoder.end() == tokenizer.decode(tokens)
    assert decoder.count == len(tokens)


def test_a_character_of_several_tokens_comes_whole(tokenizer: Any) -> None:
    decoder = Decoder(tokenizer)
    tokens = tokenizer("β", add_special_tokens=False)["input_ids"]
    assert [decoder.feed(token) for token in tokens] == ["", "β"]
    assert decoder.feed(tokens[0]) == "" and decoder.end() == "\ufffd"


def test_special_tokens_are_hidden_but_for_marks(tokenizer: Any) -> None:
    decoder = Decoder(tokenizer)
    tokens = tokenizer("a<|im_start|>b[TOOL_CALLS]", add_special_tokens=False)["input_ids"]
    assert "".join(decoder.feed(token) for token in tokens) == "ab[TOOL_CALLS]"


@given(
    text=st.text("abc", max_size=30),
    stops=st.lists(st.text("abc", max_size=3), max_size=3),
    cuts=st.lists(st.integers(1, 4)),
)
def test_a_stop_sequence_is_found_wherever_it_is_cut(
    text: str, stops: list[str], cuts: list[int]
) -> None:
    pieces, at = [], 0
    for cut in cuts:
        pieces.append(text[at : at + cut])
        at += cut
    shown = "".join(until_stop([*pieces, text[at:]], stops))
    ends = [found for stop in stops if stop and (found := text.find(stop)) >= 0]
    assert shown == text[: min(ends, default=len(text))]


def test_text_is_shown_as_soon_as_no_stop_sequence_can_begin_in_it() -> None:
    shown = until_stop(iter(["abEN", "x", "END", "never"]), ["END"])
    assert list(shown) == ["ab", "ENx", ""]
