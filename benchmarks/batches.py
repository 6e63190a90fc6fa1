"""What a batch of questions costs with the embedded model, and what kills do to it.

    python benchmarks/batches.py [--questions 1000] [--workers 1 2] [--kills 10] [--seed 7] [--json]

The questions are made from templates over the molecules and targets of the starter database and the
subjects of the starter library. They are asked by ``retort batch`` in a process of its own with a
new home: once for each number of workers, with questions per second and the most memory that its
processes held together (PSS, so that shared pages count once); then once more with kills: the whole
process group gets SIGKILL at a random time after the first answer of each run, and the command is
run again until it ends by itself. Then every id must stand in the file of answers exactly once, and
nothing else.

Said as well: what share of all seconds a cache of tool results would save at most, which is what
calls took that had been made before with the same arguments.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

DRUGS = (
    "aspirin ibuprofen paracetamol caffeine warfarin imatinib gefitinib erlotinib osimertinib "
    "lapatinib afatinib crizotinib alectinib lorlatinib ibrutinib acalabrutinib zanubrutinib "
    "dasatinib nilotinib bosutinib sorafenib sunitinib vemurafenib dabrafenib trametinib "
    "metformin simvastatin atorvastatin rosuvastatin omeprazole clopidogrel ticagrelor apixaban "
    "rivaroxaban dabigatran sildenafil tadalafil losartan valsartan amlodipine propranolol "
    "fluoxetine sertraline citalopram haloperidol clozapine olanzapine diazepam ketamine "
    "morphine fentanyl naloxone tamoxifen letrozole anastrozole celecoxib rofecoxib naproxen "
    "terfenadine astemizole cisapride verapamil dofetilide quinidine amiodarone "
    "dolutegravir raltegravir ritonavir venetoclax olaparib palbociclib ruxolitinib tofacitinib"
).split()
TARGETS = "EGFR ALK BTK ABL1 BRAF VEGFR2 JAK2 CDK4 PARP1 BCL2 COX-2 hERG HER2 KIT MET ROS1".split()
PROPERTIES = (
    "logP",
    "TPSA",
    "molecular weight",
    "number of hydrogen bond donors",
    "number of rotatable bonds",
    "QED",
)
ENDPOINTS = ("hERG blockade", "solubility", "Caco-2 permeability", "lipophilicity", "clearance")
SUBJECTS = (
    "resistance to EGFR inhibitors",
    "covalent inhibitors of BTK",
    "hERG and QT prolongation",
    "CYP2C9 variants and warfarin",
    "CYP3A4 inhibition and statins",
    "Lipinski's rule of five",
    "the blood-brain barrier and polar surface area",
    "structural alerts",
    "applicability domains of models",
    "time-dependent inhibition",
)
PAIRED = (
    "What is the IC50 of {drug} against {target}?",
    "Does {drug} inhibit {target}, and how potently?",
)
ALONE = (
    "What is the mechanism of action of {drug}?",
    "What is {drug} used for?",
    "Does {drug} satisfy Lipinski's rule of five?",
    "Show the structure of {drug}.",
    "Which structural alerts does {drug} have?",
)
OF_TARGET = ("Which approved drugs act on {target}?", "Most potent inhibitors of {target}?")
OF_SUBJECT = (
    "What does the literature say about {subject}?",
    "Why does {subject} matter in drug discovery?",
)
ENOUGH_SECONDS = 3600
"""a run that takes longer is ended"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--questions", type=int, default=1000)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    figures: dict[str, Any] = {"questions": options.questions}
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        file = place / "questions.jsonl"
        rows = questions(options.questions, options.seed)
        file.write_text("".join(json.dumps(row) + "\n" for row in rows))
        wanted = [row["id"] for row in rows]
        first = place / "warm.jsonl"  # makes the starter library, so that no run pays for it
        warm = place / "one.jsonl"
        warm.write_text(json.dumps(rows[0]) + "\n")
        Run(place, warm, first, 1).wait()
        rate = 0.0
        for workers in options.workers:
            figures[f"workers_{workers}"] = found = timed(place, file, workers)
            rate = max(rate, found["questions_per_second"])
            _say(f"{workers} workers: {found}", options.json)
        figures["killed"] = killed(place, file, wanted, options, options.questions / rate)
        _say(f"killed: {figures['killed']}", options.json)
    if options.json:
        print(json.dumps(figures))
    sys.exit(0 if figures["killed"]["exactly_once"] else 1)


def questions(count: int, seed: int) -> list[dict[str, str]]:
    """Different questions in random order, as rows of a question file."""
    texts = [
        *(f"What is the {name} of {drug}?" for name in PROPERTIES for drug in DRUGS),
        *(f"Predict the {name} of {drug}." for name in ENDPOINTS for drug in DRUGS),
        *(text.format(drug=drug) for text in ALONE for drug in DRUGS),
        *(t.format(drug=drug, target=at) for t in PAIRED for drug in DRUGS for at in TARGETS),
        *(text.format(target=target) for text in OF_TARGET for target in TARGETS),
        *(text.format(subject=subject) for text in OF_SUBJECT for subject in SUBJECTS),
    ]
    chosen = random.Random(seed).sample(texts, count)
    return [{"id": str(number), "question": text} for number, text in enumerate(chosen, 1)]


class Run:
    """One ``retort batch`` in a process group of its own."""

    def __init__(self, place: Path, file: Path, out: Path, workers: int) -> None:
        command = [sys.executable, "-m", "retort.ui.cli", "batch", str(file), "--output", str(out)]
        command += ["--workers", str(workers), "--model", "embedded", "--json"]
        home = {"RETORT_HOME": str(place / "home"), "RETORT_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
        self.log = (place / "log.txt").open("a")
        self.process = subprocess.Popen(
            command,
            env=os.environ | home,
            stdout=self.log,
            stderr=self.log,
            start_new_session=True,
        )

    def wait(self, seconds: float = ENOUGH_SECONDS) -> int | None:
        """The exit code, or None where it still runs after some seconds."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def kill(self) -> None:
        """SIGKILL to the whole group."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def memory_mb(self) -> list[float]:
        """PSS of each of the group's processes, in MB, the largest first."""
        found = []
        for folder in Path("/proc").iterdir():
            if not folder.name.isdigit():
                continue
            try:
                if os.getpgid(int(folder.name)) == self.process.pid:
                    lines = (folder / "smaps_rollup").read_text().splitlines()
                    found += [int(x.split()[1]) / 1024 for x in lines if x.startswith("Pss:")]
            except OSError:  # it ended meanwhile
                continue
        return sorted(found, reverse=True)


def timed(place: Path, file: Path, workers: int) -> dict[str, Any]:
    """Questions per second and memory of one run to the end."""
    out = place / f"answers{workers}.jsonl"
    started = time.perf_counter()
    run, most = Run(place, file, out, workers), [0.0]
    while run.wait(2) is None:
        most = max(most, run.memory_mb(), key=sum)
    seconds = time.perf_counter() - started
    answers = [json.loads(line) for line in out.read_text().split("\n")[:-1]]
    return {
        "seconds": round(seconds, 1),
        "questions_per_second": round(len(answers) / seconds, 2),
        "statuses": dict(Counter(answer["status"] for answer in answers)),
        "memory_mb": round(sum(most)),
        "memory_mb_per_process": [round(each) for each in most if each > 50],
        "spent_in_repeated_calls": round(_repeated(answers), 4),
    }


def _repeated(answers: list[dict[str, Any]]) -> float:
    """The share of all seconds that went into tool calls made before in the batch."""
    seen: set[str] = set()
    seconds = 0.0
    for call in (call for answer in answers for call in answer["tool_calls"]):
        identity = json.dumps([call["name"], call["args"]], sort_keys=True)
        seconds += call["seconds"] if identity in seen else 0.0
        seen.add(identity)
    return seconds / sum(answer["seconds"] for answer in answers)


def killed(
    place: Path, file: Path, wanted: list[str], options: argparse.Namespace, whole: float
) -> dict[str, Any]:
    """Kill a batch at random times and run it again, to the end.

    Args:
        place: for its files.
        file: the questions.
        wanted: their ids.
        options: how many kills, the seed, the workers.
        whole: seconds that an undisturbed run takes; the kills are spread over four fifths of it.
    """
    chance = random.Random(options.seed)
    out, workers = place / "killed.jsonl", max(options.workers)
    kept: list[int] = []
    torn = lost = 0
    before: list[bytes] = []
    while len(kept) < options.kills:
        size = out.stat().st_size if out.exists() else 0
        run = Run(place, file, out, workers)
        while run.wait(0.1) is None and (not out.exists() or out.stat().st_size <= size):
            pass
        if run.wait(chance.uniform(0, 1.6 * whole / options.kills)) is not None:
            break
        run.kill()
        lines = out.read_bytes().split(b"\n") if out.exists() else [b""]
        torn += bool(lines[-1])
        lost += lines[: len(before)] != before
        before = lines[:-1]
        kept.append(len(before))
    code = Run(place, file, out, workers).wait()
    ids = Counter(json.loads(line)["id"] for line in out.read_text().split("\n")[:-1])
    return {
        "kills": len(kept),
        "answers_after_each": kept,
        "half_lines": torn,
        "runs_that_lost_an_answer": lost,
        "last_exit_code": code,
        "answers": sum(ids.values()),
        "twice": sum(n > 1 for n in ids.values()),
        "missing": len(set(wanted) - set(ids)),
        "exactly_once": ids == Counter(wanted),
    }


def _say(text: str, is_quiet: bool) -> None:
    print(text, file=sys.stderr if is_quiet else sys.stdout, flush=True)


if __name__ == "__main__":
    main()
