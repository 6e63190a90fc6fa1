"""How quick the doors are: ``retort --help``, a cold embedded answer, a warm one.

    python benchmarks/speed.py [--json] [--repeats 5]

Cold is a whole new process, from the command to its last line; warm is a question to an assistant
that has answered before. Uses a temporary RETORT_HOME with the starter library and no network.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

QUESTIONS = (
    "What is the molecular weight and TPSA of imatinib, and does it pass Lipinski's rules?",
    "What is the mechanism of action of osimertinib?",
    "Which compounds in ChEMBL inhibit EGFR with an IC50 below 10 nM?",
    "Is CC(=O)Nc1ccc(O)cc1 soluble in water, and is it a hERG risk?",
    "Which CYP2C9 variants lower the warfarin dose?",
    "What is the capital of France?",
)


def process_seconds(arguments: list[str], env: dict[str, str]) -> float:
    command = [sys.executable, "-m", "retort.ui.cli", *arguments]
    started = time.perf_counter()
    subprocess.run(command, env=env, capture_output=True, check=True)
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        env = {**os.environ, "RETORT_HOME": home, "RETORT_OFFLINE": "1", "RETORT_MODEL": "embedded"}
        rows = {"first answer of a new home (makes the starter library)": [
            process_seconds(["ask", QUESTIONS[0]], env)
        ]}  # fmt: skip
        rows["retort --help"] = [process_seconds(["--help"], env) for _ in range(options.repeats)]
        for question in QUESTIONS:
            times = [process_seconds(["ask", question], env) for _ in range(options.repeats)]
            rows[f"cold: {question}"] = times
        for question, times in warm(Path(home), options.repeats).items():
            rows[f"warm: {question}"] = times
    table = {name: {"median_s": round(statistics.median(t), 3), "max_s": round(max(t), 3)}
             for name, t in rows.items()}  # fmt: skip
    if options.json:
        print(json.dumps(table))
        return
    for name, row in table.items():
        print(f"{row['median_s']:8.3f} s median {row['max_s']:8.3f} s worst  {name}")


def warm(home: Path, repeats: int) -> dict[str, list[float]]:
    from retort.agent.opening import open_assistant
    from retort.agent.settings import Settings, silence_telemetry

    silence_telemetry()
    assistant = open_assistant(Settings(home, model="embedded", offline=True)).assistant
    times: dict[str, list[float]] = {}
    for question in QUESTIONS:
        assistant.answer(question)
        times[question] = []
        for _ in range(repeats):
            started = time.perf_counter()
            assistant.answer(question)
            times[question].append(time.perf_counter() - started)
    return times


if __name__ == "__main__":
    main()
