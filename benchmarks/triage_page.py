"""How long from a key to the next record, in Chromium, with synthetic records.

    python -m benchmarks.triage_page [--records 1000 100000] [--keys 60]

Starts ``retort chat`` over a folder of its own, begins a screening by the page, presses X, V and M
in turn, and takes the time in the browser from the key until another record stands in the page and
has been drawn. Prints the time to load, median and 95th percentile in milliseconds, and the
server's largest memory.
"""

from __future__ import annotations

import argparse
import csv
import os
import random
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

WORDS = "migraine triptan trial placebo pain adult dose relief cohort statin liver lung gene mouse"
PRESS = """key => new Promise(done => {
    const before = document.querySelector('#record').dataset.record, start = performance.now();
    const look = () => document.querySelector('#record')?.dataset.record !== before
        ? requestAnimationFrame(() => done(performance.now() - start)) : setTimeout(look, 2);
    document.body.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true}));
    look();
})"""
"""Milliseconds from a key until another record was drawn."""


def synthetic(path: Path, count: int) -> None:
    """Records of 150 random words each, one in fifty on migraine."""
    draw = random.Random(0)
    vocabulary = [f"{word}{n}" for word in WORDS.split() for n in range(200)]
    with path.open("w", encoding="utf-8", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(("record_id", "title", "abstract"))
        for at in range(count):
            words = draw.choices(vocabulary, k=150)
            words += ["migraine", "triptan", "trial"] if at % 50 == 0 else []
            rows.writerow((f"r{at}", f"Record {at} {' '.join(words[-8:])}", " ".join(words)))


def run(count: int, keys: int) -> str:
    """One row of the table."""
    from playwright.sync_api import sync_playwright

    with socket.socket() as free, tempfile.TemporaryDirectory() as folder:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        file = Path(folder) / "records.csv"
        synthetic(file, count)
        command = [sys.executable, "-m", "retort.ui.cli", "chat", "--model", "embedded"]
        server = subprocess.Popen(
            [*command, "--port", str(port)],
            env=os.environ | {"RETORT_HOME": f"{folder}/home", "RETORT_OFFLINE": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        try:
            assert server.stdout is not None
            url = server.stdout.readline().strip()
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(
                    executable_path=shutil.which("chromium"), args=["--no-sandbox"]
                )
                page = browser.new_page()
                page.set_default_timeout(900_000)
                page.goto(f"{url}/triage")
                page.locator("#name :is(input, textarea)").fill("synthetic")
                page.locator("#path :is(input, textarea)").fill(str(file))
                page.locator("#include textarea").fill("migraine")
                start = time.perf_counter()
                page.locator("#begin").click()
                page.wait_for_selector("#record[data-record]")
                loaded = time.perf_counter() - start
                page.wait_for_selector("#decisions")
                taken = []
                for at in range(keys):
                    page.wait_for_timeout(400)  # a key right after a record came is a slip
                    taken.append(page.evaluate(PRESS, "xxvxm"[at % 5]))
                browser.close()
            memory = _most_memory(server.pid)
        finally:
            server.kill()
            server.wait()
    taken.sort()
    high = taken[int(0.95 * len(taken))]
    middle = statistics.median(taken)
    return f"| {count:,} | {loaded:.1f} | {middle:.0f} | {high:.0f} | {memory:,} |"


def _most_memory(pid: int) -> int:
    """The largest resident memory of a process so far, in MB (Linux)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) // 1024
    return 0


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, nargs="+", default=[1_000, 100_000])
    parser.add_argument("--keys", type=int, default=60)
    args = parser.parse_args()
    print("| records | begin (s) | key to record, median (ms) | 95 % (ms) | server memory (MB) |")
    print("|--:|--:|--:|--:|--:|")
    for count in args.records:
        print(run(count, args.keys), flush=True)


if __name__ == "__main__":
    main()
