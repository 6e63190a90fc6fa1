"""A hundred thousand records: until the first is shown, from label to next record, and memory.

    python -m benchmarks.triage_scale [--records 100000] [--labels 60] [--vectors]

Abstracts of 120 to 250 words drawn from a vocabulary with Zipf's frequencies; one in fifty speaks
of the topic. With --vectors an encoder gives random vectors at once, so that what is timed is the
ranking with them and not the encoder (``benchmarks/speed.py`` times that).
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from retort.agent.triage.intake import from_papers
from retort.agent.triage.records import Criteria
from retort.agent.triage.screening import Screening
from retort.retrieval.records import Paper

WORDS = 30_000
TOPIC = ("sumatriptan", "migraine", "randomised", "placebo")


class Drawn:
    """An encoder that reads nothing: unit vectors by chance."""

    name = digest = "drawn"
    dimension = 384

    def encode(self, texts: Sequence[str], progress: object = None) -> np.ndarray:
        """(n, 384) float32, unit norm."""
        seed = sum(map(len, texts[:3]))
        drawn = np.random.default_rng(seed).standard_normal((len(texts), 384), np.float32)
        unit: np.ndarray = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
        return unit

    encode_queries = encode


def papers(count: int) -> list[Paper]:
    chance = np.random.default_rng(0)
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz"))
    words = np.array(["".join(chance.choice(letters, 4 + n % 7)) for n in range(WORDS)])
    weights = 1 / np.arange(1, WORDS + 1)
    weights /= weights.sum()
    made = []
    for number in range(count):
        drawn = list(words[chance.choice(WORDS, chance.integers(120, 250), p=weights)])
        if number % 50 == 0:
            for word in TOPIC:
                drawn.insert(int(chance.integers(len(drawn))), word)
        title, text = " ".join(drawn[:12]), " ".join(drawn[12:])
        name = f"PMID:{number + 1}"
        made.append(Paper(name, name, title, text, pmid=str(number + 1), year=2000 + number % 20))
    return made


def megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def clock() -> tuple[float, float]:
    """Seconds by the clock, and of the processor, which other work beside it does not stretch."""
    return time.perf_counter(), time.process_time()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--labels", type=int, default=60)
    parser.add_argument("--vectors", action="store_true")
    options = parser.parse_args()
    given = papers(options.records)
    before = megabytes()
    print(f"records {options.records:,}; {before:.0f} MiB before", flush=True)

    def timed(what: str, started: tuple[float, float]) -> None:
        passed, worked = (now - then for now, then in zip(clock(), started, strict=True))
        print(f"{what:48} {passed:8.2f} s, processor {worked:7.2f} s", flush=True)

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sessions.sqlite"
        started = clock()
        taken = from_papers(given)
        timed("papers to records, duplicates looked for", started)
        started = clock()
        encoder = Drawn() if options.vectors else None
        wanted = Criteria(include=("sumatriptan", "migraine"))
        screening = Screening.create(path, "scale", taken, wanted, encoder)
        timed("stored", started)
        shown = screening.next()
        timed("stored and the first record shown", started)
        screening.wait(600)
        timed("and everything ranked", started)
        print(f"memory at most {megabytes():.0f} MiB", flush=True)
        waits, learning, looks = [], [], []
        for number in range(options.labels):
            assert shown
            label = "include" if "migraine" in shown.record.text else "exclude"
            if number % 7 == 6:
                label = "exclude"
            started = time.perf_counter()
            shown = screening.decide(shown.record.id, label)  # type: ignore[arg-type]
            waits.append(time.perf_counter() - started)
            started = time.perf_counter()
            screening.progress()
            looks.append(time.perf_counter() - started)
            started = time.perf_counter()
            screening.wait(600)
            learning.append(time.perf_counter() - started)
        for what, found in (
            ("label to next record", waits),
            ("progress", looks),
            ("until the ranking has learnt", learning),
        ):
            middle, worst = np.median(found) * 1000, np.max(found) * 1000
            print(f"{what:48} {middle:8.0f} ms median, {worst:.0f} ms at most", flush=True)
        started = clock()
        text = screening.export("csv")
        timed(f"exported, {len(text) / 1e6:.0f} MB", started)
        waiting, counts = screening.next(), screening.progress().estimate
        screening.close()
        started = clock()
        again = Screening.open(path, "scale", encoder)
        timed("opened again", started)
        assert waiting and again.next().record == waiting.record  # type: ignore[union-attr]
        timed("opened again and the record shown", started)
        assert again.progress().estimate == counts
        timed("and the progress told", started)
        again.decide(waiting.record.id, "exclude")
        timed("and a label given and the next record shown", started)
        again.wait(600)
        timed("and everything ranked anew", started)
        again.close()
        print(f"file {path.stat().st_size / 2**20:.0f} MiB, memory at most {megabytes():.0f} MiB")


if __name__ == "__main__":
    main()
