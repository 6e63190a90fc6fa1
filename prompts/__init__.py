"""Prompts: one Markdown file each, loaded by name with checked placeholders. Text only; knows no
model.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

_PLACEHOLDER = re.compile(r"\{\{(\w+)\}\}")


@cache
def _read(name: str) -> str:
    return (files(__name__) / f"{name}.md").read_text(encoding="utf-8").strip()


def load(name: str, **values: object) -> str:
    """The prompt ``name`` with its ``{{placeholders}}`` filled in.

    Raises:
        KeyError: a placeholder has no value, or a value has no placeholder.
        FileNotFoundError: there is no such prompt.
    """
    text = _read(name)
    wanted = set(_PLACEHOLDER.findall(text))
    if wanted != set(values):
        raise KeyError(f"prompt {name!r} wants {sorted(wanted)}, was given {sorted(values)}")
    return _PLACEHOLDER.sub(lambda match: str(values[match[1]]), text)
