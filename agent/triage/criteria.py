"""What a review looks for: criteria from plain text, PICO lines or a file.

Owns how people write criteria. Knows no record and no ranking.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from retort.agent.triage.records import Criteria
from retort.retrieval.errors import RetortError, UsageError

_Part = Literal["question", "include", "exclude"]

_PICO = (
    r"(?:P|I|C|O|S|T|PICO|population|patients?|participants?|problem|interventions?|exposure|"
    r"comparisons?|comparators?|control|outcomes?|study design|study types?|design|setting|time)"
)
_LINE = re.compile(
    r"\W*(?:(?P<question>(?:review |research )?(?:question|title|aim|objective)s?)"
    r"|(?P<exclude>exclu\w*(?: criteria)?|not eligible|do not include)"
    rf"|(?P<include>inclu\w*(?: criteria)?|eligible|{_PICO}))"
    r"\W*?(?::\W*|\s+[-–—=]\s+|$)(?P<rest>.*)",
    re.IGNORECASE,
)
"""a line that says what the text after it is: "P: adults", "## Exclusion criteria" """
_BULLET = re.compile(r"^\s*(?:[-*+•]|\d{1,2}[.)]|\(?[a-z]\))\s+")
_EXCLUDING = re.compile(r"^(?:exclud\w+|not|no|without)\s+", re.IGNORECASE)


def read(text: str) -> Criteria:
    """Criteria from plain text, PICO lines ("P: adults with migraine", "Include:", "Exclude:") or
    the name of a file with them (text, Markdown, JSON).

    Raises:
        RetortError: the file cannot be read.
        UsageError: a file is named that there is not, or nothing is written.
    """
    text = text.strip()
    path = _path(text)
    if path:
        try:
            text = path.read_text(encoding="utf-8-sig").strip()
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or "It is not UTF-8 text"
            raise RetortError(
                f"Cannot read the criteria in {path}.", f"{why}.", "Give them as text, in quotes."
            ) from None
    criteria = _from_json(text) if text.startswith("{") else _from_lines(text)
    if criteria.is_empty:
        raise UsageError(
            "No criteria were given.",
            f"{path} is empty." if path else "The text is empty.",
            '--criteria "adults with migraine; triptans; randomised trials"',
        )
    return criteria


def _path(text: str) -> Path | None:
    """The file that a text names; None where it is no name."""
    path = os.path.expanduser(text)
    if os.path.isfile(path):  # False, too, for what no file could be called
        return Path(path)
    if re.fullmatch(r"\S+\.(?:md|txt|json|markdown)", text, re.IGNORECASE) or os.path.isdir(path):
        raise UsageError(
            f"There is no file of criteria called {text}.",
            "It is a folder." if os.path.isdir(path) else "Nothing is there.",
            "Check the name, or give the criteria themselves in quotes.",
        )
    return None


def _from_json(text: str) -> Criteria:
    try:
        data = json.loads(text)
    except ValueError as error:
        raise UsageError(
            "The criteria are no valid JSON.",
            f"{error}.",
            'Write {"question": "...", "include": ["..."], "exclude": ["..."]}, or plain text.',
        ) from None
    known: dict[_Part, list[str]] = {"question": [], "include": [], "exclude": []}
    for name, value in data.items() if isinstance(data, Mapping) else ():
        found = _LINE.fullmatch(str(name))
        if found:
            known[_part(found)] += _texts(value)
    return _criteria(known)


def _texts(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [text for each in values if each is not None and (text := str(each).strip())]


def _from_lines(text: str) -> Criteria:
    known: dict[_Part, list[str]] = {"question": [], "include": [], "exclude": []}
    here: _Part = "question"
    has_parts = False
    for line in text.splitlines():
        found = _LINE.fullmatch(line.strip())
        if found:
            here, has_parts, line = _part(found), True, found["rest"]
        known[here] += _facets(_BULLET.sub("", line)) if here != "question" else [line.strip()]
    if not has_parts:
        facets = [facet for line in known["question"] for facet in _facets(_BULLET.sub("", line))]
        known["exclude"] = [_EXCLUDING.sub("", each) for each in facets if _EXCLUDING.match(each)]
        known["include"] = [each for each in facets if not _EXCLUDING.match(each)]
        is_one = len(known["include"]) < 2 and not known["exclude"]
        known = known | ({"include": []} if is_one else {"question": []})
    return _criteria(known)


def _part(found: re.Match[str]) -> _Part:
    return "question" if found["question"] else "exclude" if found["exclude"] else "include"


def _facets(line: str) -> list[str]:
    return [facet for part in line.split(";") if (facet := part.strip(" \t.#"))]


def _criteria(known: Mapping[_Part, list[str]]) -> Criteria:
    return Criteria(
        question=" ".join(line for line in known["question"] if line),
        include=tuple(dict.fromkeys(known["include"])),
        exclude=tuple(dict.fromkeys(known["exclude"])),
    )
