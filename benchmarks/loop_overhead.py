"""Milliseconds that the loop itself takes: everything but the model.

    python -m benchmarks.loop_overhead
    python -m benchmarks.loop_overhead --runs 30 --profile

A scripted model answers at once; toy tools return at once. Measured is one question from its text
to the saved answer, with 1, 3 and 6 model calls (tool steps and the written answer), on its own and
in a conversation, with two and with 200 pieces of evidence. The first question of a process, which
imports and opens what later ones share, is told apart. On a busy machine only the processor's time
says what the loop costs.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "support"))

from looped import make
from scripted import ANSWER, Toys, call, calls

STEPS = (1, 3, 6)
Times = tuple[float, float]
"""milliseconds on the clock, and of the processor"""

MORE = 198
"""pieces of evidence beyond the two that the toy look-up always finds"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--profile", action="store_true", help="where the time goes, 40 lines")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        print(f"first question of a process: {measured(home, 3)[0]:.0f} ms\n")
        if options.profile:
            profiler = cProfile.Profile()
            profiler.runcall(table, home, options.runs)
            pstats.Stats(profiler).sort_stats("cumulative").print_stats(40)
        else:
            table(home, options.runs)


def table(home: Path, runs: int) -> None:
    """Print a row for each conversation, ledger and number of model calls."""
    print("| model calls | session | evidence | wall, median | wall, p95 | CPU, median | a call |")
    print("|--:|---|--:|--:|--:|--:|--:|")
    for in_session in (False, True):
        for more in (0, MORE):
            for steps in STEPS if in_session or not more else STEPS[1:]:
                session = f"{steps}-{more}" if in_session else None
                measured(home, 3, session, more)
                took = [measured(home, steps, session, more) for _ in range(runs)]
                wall, busy = sorted(each[0] for each in took), [each[1] for each in took]
                cpu = statistics.median(busy)
                print(
                    f"| {steps} | {'yes' if in_session else 'no'} | {2 + more} |"
                    f" {statistics.median(wall):.1f} | {wall[round(0.95 * (runs - 1))]:.1f} |"
                    f" {cpu:.1f} | {cpu / steps:.1f} |"
                )


def measured(home: Path, steps: int, session: str | None = None, more: int = 0) -> Times:
    """One question to its saved answer, by an assistant that is there already.

    One model call asks the user back; three or more search, end the search, and write.
    """
    searches = [calls(call("find_activities", f"c{at}", target=f"T{at}")) for at in range(steps)]
    script = [*searches[2:], ANSWER, "Gefitinib has an IC50 of 33 nM [E1]."]
    if steps == 1:
        script = [calls(call("ask_user", question="Binding or cellular?"))]
    assistant = make(home, Toys(more), *script, max_steps=20, evidence_tokens=60_000)
    started, busy = time.perf_counter(), time.process_time()
    answer = assistant.answer("How potent is gefitinib on EGFR?", session)
    took = (time.perf_counter() - started) * 1e3, (time.process_time() - busy) * 1e3
    assert len(assistant.model.seen) == steps and answer.error is None  # type: ignore[attr-defined]
    assistant.sessions.close()
    return took


if __name__ == "__main__":
    main()
