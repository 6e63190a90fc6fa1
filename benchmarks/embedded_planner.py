"""How often the embedded planner calls the right tools with the right arguments.

    python benchmarks/embedded_planner.py [--questions benchmarks/embedded_planner.tsv] [--json]

Questions are phrased unlike those it was trained on. "with the encoder" is the planner as shipped;
"words only" blinds it to the sentence and leaves names and words of the field, which is what a list
of keywords could do. Nothing is executed: plans alone are scored.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from retort.agent.models.embedded.classifier import IntentClassifier
from retort.agent.models.embedded.dialogue import Call, Turn
from retort.agent.models.embedded.gazetteer import Gazetteer
from retort.agent.models.embedded.planner import Planner

QUESTIONS = Path(__file__).with_suffix(".tsv")
TOOLS = frozenset(
    "find_molecule calculate_properties check_rules check_alerts compare_molecules estimate_charge"
    " match_substructure explain_prediction analyse_series generate_conformers convert_units"
    " ligand_efficiency find_selectivity find_warnings find_structure_activity find_similar"
    " find_with_substructure find_document"
    " find_target find_activities find_mechanism find_indications predict_property"
    " search_literature".split()
)


@dataclass(frozen=True, slots=True)
class Case:
    """A conversation and the calls expected for its last turn."""

    turns: tuple[str, ...]
    expected: tuple[tuple[str, Any], ...]


class Blind:
    """An encoder that sees nothing: every text is the same vector of zeros."""

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """(n, 384) zeros."""
        return np.zeros((len(texts), 384), np.float32)

    def encode_queries(self, texts: Sequence[str]) -> np.ndarray:
        """(n, 384) zeros."""
        return self.encode(texts)


def read_cases(path: Path) -> list[Case]:
    rows = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            text, expected = line.split("\t")
            calls = tuple((name, args) for name, args in json.loads(expected))
            rows.append(Case(tuple(text.split(" || ")), calls))
    return rows


def is_same(call: Call, name: str, args: Any) -> bool:
    """Whether a call is the one expected; a literature query must hold the words listed."""
    if call.name != name:
        return False
    if isinstance(args, list):
        return all(word.lower() in str(call.args["query"]).lower() for word in args)
    made = {key: sorted(v) if isinstance(v, list) else v for key, v in call.args.items()}
    return made == {key: sorted(v) if isinstance(v, list) else v for key, v in args.items()}


def score(planner: Planner, cases: Sequence[Case]) -> dict[str, Any]:
    tools = arguments = 0
    wrong, seconds = [], []
    for case in cases:
        turns: list[Turn] = []
        for text in case.turns:
            started = time.perf_counter()
            plan = planner.plan([*turns, Turn(text)], TOOLS)
            seconds.append(time.perf_counter() - started)
            turns.append(Turn(text, plan.calls))
        names_right = sorted(c.name for c in plan.calls) == sorted(n for n, _ in case.expected)
        right = names_right and all(
            any(is_same(call, name, args) for call in plan.calls) for name, args in case.expected
        )
        tools += names_right
        arguments += right
        if not right:
            made = [[call.name, dict(call.args)] for call in plan.calls]
            wrong.append({"question": " || ".join(case.turns), "planned": made})
    return {
        "questions": len(cases),
        "right_tools": round(tools / len(cases), 3),
        "right_tools_and_arguments": round(arguments / len(cases), 3),
        "median_ms": round(1000 * statistics.median(seconds), 1),
        "wrong": wrong,
    }


def main() -> None:
    from retort.retrieval.encode import load_encoder

    parser = argparse.ArgumentParser(description="Score the embedded planner's tool calls.")
    parser.add_argument("--questions", type=Path, default=QUESTIONS)
    parser.add_argument("--json", action="store_true", help="one JSON object, with what went wrong")
    options = parser.parse_args()
    cases, classifier, names = (
        read_cases(options.questions),
        IntentClassifier.load(),
        Gazetteer.starter(),
    )
    encoders = {"words only": Blind(), "with the encoder": load_encoder("bundled")}
    results = {
        label: score(Planner(classifier, encoder, names), cases)
        for label, encoder in encoders.items()
    }
    if options.json:
        print(json.dumps(results, indent=1))
        return
    for label, result in results.items():
        print(
            f"{label}: {result['right_tools']:.1%} right tools, "
            f"{result['right_tools_and_arguments']:.1%} with right arguments, "
            f"{result['questions']} questions, {result['median_ms']} ms each"
        )


if __name__ == "__main__":
    main()
