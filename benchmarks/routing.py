"""How often the routed tools hold those that a question needs, and what their schemas cost.

    python -m benchmarks.routing [--questions benchmarks/embedded_planner.tsv] [--json]

Questions whose wording is the same but for the names in it are one family; the families are halved
by a hash. The weights of ``agent/routing.py`` were chosen on the "chosen on" half; what counts is
the other half, and the round of questions that nobody has read the misses of, where there is one.
Earlier turns of a conversation are taken as answered with the embedded planner's calls.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool

from benchmarks.embedded_planner import QUESTIONS, TOOLS
from retort.agent.bench import BenchMaker
from retort.agent.compact import compact
from retort.agent.models.embedded.classifier import IntentClassifier
from retort.agent.models.embedded.dialogue import Turn
from retort.agent.models.embedded.entities import find_entities
from retort.agent.models.embedded.gazetteer import Gazetteer
from retort.agent.models.embedded.planner import Planner
from retort.agent.routing import SHOWN, Router
from retort.agent.settings import Settings

COUNTS = (4, 6, 8, 10)


@dataclass(frozen=True, slots=True)
class Asked:
    """A conversation and what its last question needs."""

    turns: list[Turn]
    needed: list[set[str]]
    """sets of tools, any of which is right"""


def read(path: Path, planner: Planner) -> dict[str, list[Asked]]:
    """The questions that need a tool, by group."""
    groups: dict[str, list[Asked]] = {"chosen on": [], "held out": [], "unread": []}
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            text, expected, *written = line.split("\t")
            calls = json.loads(expected)
            several = calls["any"] if isinstance(calls, dict) else [calls]
            needed = [{name for name, _ in one} for one in several]
            turns = conversation(text.split(" || "), planner)
            if "unread" in "".join(written):
                group = "unread"
            else:
                group = "held out" if is_held_out(turns[-1], planner.gazetteer) else "chosen on"
            if all(needed):
                groups[group].append(Asked(turns, needed))
    return {group: cases for group, cases in groups.items() if cases}


def conversation(questions: Sequence[str], planner: Planner) -> list[Turn]:
    """The turns of a conversation, the earlier ones with the calls that the planner makes."""
    turns: list[Turn] = []
    for question in questions:
        if turns:
            turns[-1] = replace(turns[-1], calls=planner.plan(turns, TOOLS).calls)
        turns.append(Turn(question))
    return turns


def is_held_out(turn: Turn, gazetteer: Gazetteer) -> bool:
    """Which half a question's family belongs to."""
    wording = find_entities(turn.question, gazetteer).masked.lower()
    return hashlib.sha256(wording.encode()).digest()[0] % 2 == 1


def recalls(router: Router, cases: Sequence[Asked], tools: Sequence[BaseTool]) -> dict[str, float]:
    """Share of questions all of whose needed tools are shown, by the number of tools shown."""
    found = {}
    for count in COUNTS:
        shown = [set(router.route(case.turns, tools, count)) for case in cases]
        held = [any(n <= s for n in case.needed) for case, s in zip(cases, shown, strict=True)]
        found[str(count)] = round(sum(held) / len(held), 4)
    return found


def size(schemas: Sequence[dict[str, Any]]) -> int:
    """Characters of schemas as a chat template writes them."""
    return sum(len(json.dumps(schema, ensure_ascii=False)) for schema in schemas)


def measure(questions: Path) -> dict[str, Any]:
    """All figures."""
    maker = BenchMaker(Settings(home=Path("/nonexistent")))
    tools = maker.tools(maker.make())
    planner = Planner(IntentClassifier.load(), maker.encoder(), Gazetteer.starter())
    groups = read(questions, planner)
    cases = [case for group in groups.values() for case in group]
    router, fresh = maker.router(), Router(maker.encoder)
    fresh.route(cases[0].turns, tools)  # the docstrings are read once
    seconds, routed = [], []
    for case in cases:
        started = time.perf_counter()
        names = fresh.route(case.turns, tools)
        seconds.append(time.perf_counter() - started)
        routed.append(size([compact(tool) for tool in tools if tool.name in names]))
    return {
        "questions": {group: len(cases) for group, cases in groups.items()},
        "recall": {group: recalls(router, cases, tools) for group, cases in groups.items()},
        "median_ms": round(1000 * statistics.median(seconds), 1),
        "characters": {
            "all tools, whole": size([convert_to_openai_tool(tool) for tool in tools]),
            "all tools, compact": size([compact(tool) for tool in tools]),
            f"{SHOWN} routed, compact, median": round(statistics.median(routed)),
            f"{SHOWN} routed, compact, most": max(routed),
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the routing of tools.")
    parser.add_argument("--questions", type=Path, default=QUESTIONS)
    parser.add_argument("--json", action="store_true", help="one JSON object")
    options = parser.parse_args()
    result = measure(options.questions)
    if options.json:
        print(json.dumps(result, indent=1))
        return
    for group, recall in result["recall"].items():
        shown = ", ".join(f"{share:.1%} at {count}" for count, share in recall.items())
        print(f"{group} ({result['questions'][group]} questions): all needed tools shown: {shown}")
    print(f"{result['median_ms']} ms a question")
    for what, characters in result["characters"].items():
        print(f"{what}: {characters:,} characters, about {characters // 4:,} tokens")


if __name__ == "__main__":
    main()
