"""How often the embedded planner calls the right tools with the right arguments.

    python benchmarks/embedded_planner.py [--questions benchmarks/embedded_planner.tsv] [--json]

Questions are phrased unlike those it was trained on, and come in the rounds in which they were
written; "unread" is a round whose misses nobody has looked at, so they are not printed either.
"words only" blinds the planner to the sentence and leaves names and words of the field, which is
what a list of keywords could do; "mistyped" makes one typing error in each question, with two
seeds. Nothing is executed: plans alone are scored.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import statistics
import string
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
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

CORRECTED = frozenset({"molecule", "molecules", "other"})
"""arguments whose spelling the tools correct"""
SEEDS = (1, 2)
"""of the typing errors"""
_WORD = re.compile(r"(?<![\w=#()@+*./-])[A-Za-z]{4,}(?![\w=#()@+*/-])")


@dataclass(frozen=True, slots=True)
class Case:
    """A conversation and the sets of calls that are right for its last turn."""

    turns: tuple[str, ...]
    expected: tuple[tuple[tuple[str, Any], ...], ...]
    round: str
    slip: tuple[str, str] = ("", "")
    """a word of the last turn and how it was mistyped; a tool corrects a molecule's name itself"""

    @property
    def is_out_of_scope(self) -> bool:
        """Whether nothing here answers: no call is right, or a search for no word."""
        return all(not calls or calls == (("search_literature", []),) for calls in self.expected)


class Blind:
    """An encoder that sees nothing: every text is the same vector of zeros."""

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """(n, 384) zeros."""
        return np.zeros((len(texts), 384), np.float32)

    def encode_queries(self, texts: Sequence[str]) -> np.ndarray:
        """(n, 384) zeros."""
        return self.encode(texts)


def read_cases(path: Path) -> list[Case]:
    """The cases of a file whose first lines say how it is written."""
    rows = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            text, expected, name = line.split("\t")
            read = json.loads(expected)
            several = read["any"] if isinstance(read, dict) else [read]
            calls = tuple(tuple((tool, args) for tool, args in one) for one in several)
            rows.append(Case(tuple(text.split(" || ")), calls, name))
    return rows


def mistyped(case: Case, seed: int) -> Case:
    """The case with one typing error in its last turn: a letter dropped, doubled, changed, swapped.

    Words of four letters and more are hit, a question's own words as well as names; structures and
    codes are not, as another letter there is another structure.
    """
    text = case.turns[-1]
    rng = random.Random(f"{seed} {text}")
    words = [m for m in _WORD.finditer(text) if not m.group().isupper()]
    if not words:
        return case
    word = rng.choice(words)
    written, at = word.group(), rng.randrange(1, len(word.group()) - 1)
    wrong = {
        "drop": written[:at] + written[at + 1 :],
        "double": written[:at] + written[at] + written[at:],
        "change": written[:at] + rng.choice(string.ascii_lowercase) + written[at + 1 :],
        "swap": written[:at] + written[at + 1] + written[at] + written[at + 2 :],
    }[rng.choice(("drop", "double", "change", "swap"))]
    turn = text[: word.start()] + wrong + text[word.end() :]
    return replace(case, turns=(*case.turns[:-1], turn), slip=(written.lower(), wrong.lower()))


def is_right(calls: Sequence[Call], case: Case) -> bool:
    """Whether these are the calls of one of the right sets, each with its arguments."""
    return any(
        sorted(call.name for call in calls) == sorted(name for name, _ in one)
        and all(any(is_same(call, name, args, case.slip) for call in calls) for name, args in one)
        for one in case.expected
    )


def is_same(call: Call, name: str, args: Any, slip: tuple[str, str] = ("", "")) -> bool:
    """Whether a call is the one expected; a literature query must hold the words listed."""
    if call.name != name:
        return False
    if isinstance(args, list):
        query = str(call.args["query"]).lower()
        return all(
            word in query or word.replace(*slip) in query for word in (w.lower() for w in args)
        )
    made = {key: value for key, value in call.args.items() if value != []}
    expected = {key: value for key, value in args.items() if value != []}
    return made.keys() == expected.keys() and all(
        _agree(made[key], expected[key], slip if key in CORRECTED else ("", "")) for key in made
    )


def _agree(made: Any, expected: Any, slip: tuple[str, str]) -> bool:
    if isinstance(expected, list):
        mates = [made] if isinstance(made, str) else list(made)
        return len(mates) == len(expected) and all(
            any(_agree(one, other, slip) for one in mates) for other in expected
        )
    if not isinstance(expected, str):
        return bool(made == expected)
    right = {one.lower() for one in expected.split("|")}
    return str(made).lower() in right | {one.replace(*slip) for one in right}


def score(planner: Planner, cases: Sequence[Case]) -> dict[str, Any]:
    """Shares of right plans, milliseconds a question, and the misses of rounds that are read."""
    tools = arguments = 0
    wrong, seconds, scope = [], [], []
    for case in cases:
        turns: list[Turn] = []
        for text in case.turns:
            started = time.perf_counter()
            plan = planner.plan([*turns, Turn(text)], TOOLS)
            seconds.append(time.perf_counter() - started)
            turns.append(Turn(text, plan.calls))
        made = sorted(call.name for call in plan.calls)
        tools += any(made == sorted(name for name, _ in one) for one in case.expected)
        scope.append((plan.is_out_of_scope, case.is_out_of_scope))
        if is_right(plan.calls, case):
            arguments += 1
        elif "unread" not in case.round:
            calls = [[call.name, dict(call.args)] for call in plan.calls]
            wrong.append({"question": " || ".join(case.turns), "planned": calls})
    said, true = (sum(pair[i] for pair in scope) for i in (0, 1))
    both = sum(all(pair) for pair in scope)
    return {
        "questions": len(cases),
        "right_tools": round(tools / len(cases), 3),
        "right_tools_and_arguments": round(arguments / len(cases), 3),
        "median_ms": round(1000 * statistics.median(seconds), 1),
        "out_of_scope": {"said": said, "true": true, "both": both},
        "wrong": wrong,
    }


def main() -> None:
    from retort.retrieval.encode import load_encoder

    parser = argparse.ArgumentParser(description="Score the embedded planner's tool calls.")
    parser.add_argument("--questions", type=Path, default=QUESTIONS)
    parser.add_argument("--json", action="store_true", help="one JSON object, with what went wrong")
    options = parser.parse_args()
    cases = read_cases(options.questions)
    classifier, names = IntentClassifier.load(), Gazetteer.starter()
    shipped = Planner(classifier, load_encoder("bundled"), names)
    sets = {"all": cases}
    for case in cases:
        sets.setdefault(f"round {case.round}", []).append(case)
    results = {
        "words only": score(Planner(classifier, Blind(), names), cases),
        **{name: score(shipped, rows) for name, rows in sets.items()},
        **{
            f"{name}, mistyped": score(shipped, [mistyped(c, s) for s in SEEDS for c in rows])
            for name, rows in sets.items()
        },
    }
    if options.json:
        print(json.dumps(results, indent=1))
        return
    for name, result in results.items():
        scope = result["out_of_scope"]
        false = scope["said"] - scope["both"]
        print(
            f"{name}: {result['right_tools']:.1%} right tools, "
            f"{result['right_tools_and_arguments']:.1%} with right arguments, "
            f"{result['questions']} questions, {result['median_ms']} ms each; out of scope: "
            f"{scope['both']} of {scope['true']} found, {false} wrongly said"
        )


if __name__ == "__main__":
    main()
