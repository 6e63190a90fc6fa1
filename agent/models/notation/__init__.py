"""Reads what open models write: thinking, text and tool calls, in the notations that are in use.

The notations are, one file each::

    tagged       <tool_call>{"name": ..., "arguments": {...}}</tool_call>            Hermes, Qwen
                 <function=NAME><parameter=KEY>VALUE</parameter></function>         Qwen3-Coder, 3.5
                 <function=NAME>{...}</function>                   Llama 3.1, Functionary 3.1
    llama        {"name": ..., "parameters": {...}}, alone, fenced or after <|python_tag|>
                 [NAME(KEY=VALUE)]                                 Llama 3.2 and later
    mistral      [TOOL_CALLS][{"name": ..., "arguments": {...}}]
                 [TOOL_CALLS]NAME[CALL_ID]ID[ARGS]{...}, the id left out in newer ones
    gemma        ```tool_code with Python calls                    Gemma 3
                 <start_function_call>call:NAME{KEY:<escape>VALUE<escape>}<end_function_call>
                 <|tool_call>call:NAME{KEY:<|"|>VALUE<|"|>}<tool_call|>              Gemma 4
    functionary  >>>NAME, a line end and {...}                     Functionary 3
    deepseek     <｜tool▁call▁begin｜>function<｜tool▁sep｜>NAME and fenced {...}      V3, R1
                 <｜tool▁call▁begin｜>NAME<｜tool▁sep｜>{...}                          V3.1
    harmony      <|channel|>commentary to=functions.NAME<|message|>{...}<|call|>     gpt-oss

Thinking stands in ``<think>``, ``<thinking>``, ``[THINK]``, Gemma 4's thought channel and harmony's
analysis channel. Tolerant: what cannot be read becomes an invalid call with its reason, never an
exception, and a call that breaks off is never run. Many of the marks are special tokens of their
models: decode with special tokens kept and take the end token off. Knows no model.
"""

from __future__ import annotations

from retort.agent.models.notation.found import Parsed
from retort.agent.models.notation.scanner import VisibleText, is_mark, opens_thinking, parse
from retort.agent.models.notation.shipped import parse_reply

__all__ = ["Parsed", "VisibleText", "is_mark", "opens_thinking", "parse", "parse_reply"]
