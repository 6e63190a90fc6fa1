"""Seven labelled reviews replayed: Retort's ranking beside a plain recipe, and the stopping rule.

    python -m benchmarks.triage [--data ../shared/data] [--seeds 10] [--cache FOLDER]

The recipe is the published default of a known screening program, built here from scikit-learn:
TF-IDF of words and pairs (sublinear, max_df 0.95) and a linear support vector machine (C 0.11,
balance 9.8). Both begin with a relevant and an irrelevant record drawn with the seed, learn after
each of the first 50 labels and then after each 2 % of the records. From criteria
(``triage_criteria.json``: drugs, people, design) Retort begins without labels; no chance is in
it, but for the one record in twenty that a screening draws.

Records with neither title nor abstract are left out of all counts. Needs the labelled sets of Cohen
et al. 2006 (doi:10.1197/jamia.M1929) as CSV: title, abstract, label_included.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.svm import LinearSVC

from retort.agent.triage import intake, matching, simulate
from retort.agent.triage.estimate import ODDS, TARGET, estimate
from retort.agent.triage.features import counted
from retort.agent.triage.ranked import Ranker
from retort.agent.triage.ranking import Flags, Floats, Ints
from retort.agent.triage.records import Criteria
from retort.agent.triage.screening import EXPLORED
from retort.retrieval.encode import load_encoder

ODDS_TRIED = (1.0, 1.25, 1.5, 1.75, 2.0, 2.25, 2.5, 3.0, 4.0)
COVERED_AT = 0.05
"""share of the records read between two looks at the interval"""

Orders = dict[str, list[tuple[int, ...]]]


class Review:
    """One labelled set, and what both rankings need of it."""

    def __init__(self, file: Path, criteria: Sequence[str], cache: Path) -> None:
        taken = intake.from_files([file], is_merging=False)
        said = {decision.record_id: decision.label == "include" for decision in taken.decisions}
        records = tuple(record for record in taken.records if record.text)
        self.name = file.stem
        self.labels: Flags = np.array([said[record.id] for record in records])
        encoder = load_encoder()
        known = replace(taken, records=records)
        self.plain = Ranker(known, Criteria(), encoder, cache)
        self.informed = Ranker(known, Criteria(include=tuple(criteria)), encoder, cache)
        texts = [record.text for record in records]
        self.bm25 = matching.lexical(counted(texts), [" ".join(criteria)])[:, 0]
        tfidf = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, max_df=0.95)
        self.tfidf = tfidf.fit_transform(texts)

    def recipe(self, rows: Ints, is_relevant: Flags) -> Floats:
        """The plain recipe's scores."""
        relevant = int(is_relevant.sum())
        weights = np.where(is_relevant, 9.8 * (len(rows) - relevant) / relevant, 1.0)
        machine = LinearSVC(C=0.11, dual="auto", random_state=0)
        machine.fit(self.tfidf[rows], is_relevant, sample_weight=weights / weights.mean())
        return np.asarray(machine.decision_function(self.tfidf), np.float64)


def exploring(score: simulate.Order, total: int, seed: int) -> simulate.Order:
    """The ranking with one record in twenty drawn by chance, as a screening shows them."""
    chance = np.random.default_rng(seed)

    def explored(rows: Ints, is_relevant: Flags) -> Floats:
        scores = np.array(score(rows, is_relevant))
        if not 0 < is_relevant.sum() < len(rows):
            return scores
        batch = 1 if len(rows) < simulate.ONE_BY_ONE else max(1, int(simulate.BATCH * total))
        unread = np.setdiff1d(np.arange(total), rows)
        count = min(int(chance.binomial(batch, 1 / EXPLORED)), len(unread))
        scores[chance.choice(unread, count, replace=False)] = np.inf
        return scores

    return explored


def run(reviews: Sequence[Review], seeds: int) -> dict[str, Orders]:
    """Every replay: arm -> review -> orders."""
    arms: dict[str, Callable[[Review, int], simulate.Replay]] = {
        "recipe": lambda r, s: simulate.replay(r.labels, r.recipe, simulate.drawn(r.labels, s)),
        "Retort": lambda r, s: simulate.replay(
            r.labels, r.plain.scores, simulate.drawn(r.labels, s)
        ),
        "Retort, criteria": lambda r, _: simulate.replay(r.labels, r.informed.scores),
        "Retort, criteria, exploring": lambda r, s: simulate.replay(
            r.labels, exploring(r.informed.scores, len(r.labels), s)
        ),
    }
    orders: dict[str, Orders] = {}
    for arm, replay in arms.items():
        started = time.perf_counter()
        times = 1 if arm == "Retort, criteria" else seeds
        orders[arm] = {r.name: [replay(r, s).order for s in range(times)] for r in reviews}
        print(f"<!-- {arm}: {time.perf_counter() - started:.0f} s -->", flush=True)
    return orders


def measures(order: Sequence[int], labels: Flags) -> list[float]:
    """WSS@95 and the recall at 5, 10, 20 and 50 %."""
    total, relevant = len(labels), int(labels.sum())
    found = np.cumsum(labels[list(order)])
    enough = int(np.searchsorted(found, np.ceil(0.95 * relevant - 1e-9))) + 1
    shares = [found[max(round(s / 100 * total), 1) - 1] / relevant for s in simulate.SHARES]
    return [(total - enough) / total - 0.05, *map(float, shares)]


def rankings(reviews: Sequence[Review], orders: dict[str, Orders]) -> None:
    """Each arm by review, its means, and the noise over seeds."""
    for arm, by_review in orders.items():
        print(f"\n## {arm}\n\n| review | WSS@95 | 5 % | 10 % | 20 % | 50 % | sd of WSS@95, 20 % |")
        print("|---|--:|--:|--:|--:|--:|--:|")
        means = []
        for review in reviews:
            values = np.array([measures(o, review.labels) for o in by_review[review.name]])
            means.append(values.mean(0))
            spread = values.std(0)
            row = " | ".join(f"{value:.3f}" for value in means[-1])
            print(f"| {review.name} | {row} | {spread[0]:.3f}, {spread[3]:.3f} |")
        print("| **mean** | " + " | ".join(f"**{v:.3f}**" for v in np.mean(means, 0)) + " | |")


def zero_labels(reviews: Sequence[Review]) -> None:
    """What the criteria alone find."""
    print("\n## No label at all\n\n| ranking | WSS@95 | 10 % | 20 % |\n|---|--:|--:|--:|")
    for name, score in (
        ("BM25", lambda r: r.bm25),
        ("criteria (words, encoder, each facet)", lambda r: r.informed.prior.first),
    ):
        found = [measures(np.argsort(-score(r), kind="stable"), r.labels) for r in reviews]
        wss, _, ten, twenty, _ = np.mean(found, 0)
        print(f"| {name} | {wss:.3f} | {ten:.3f} | {twenty:.3f} |")


def stopping(reviews: Sequence[Review], orders: dict[str, Orders], arms: Sequence[str]) -> None:
    """The rule at each odds; and for each review the odds that the others would have chosen."""
    stops: dict[float, dict[str, list[tuple[float, float]]]] = {odds: {} for odds in ODDS_TRIED}
    for odds in ODDS_TRIED:
        for review in reviews:
            runs = [review.labels[list(o)] for arm in arms for o in orders[arm][review.name]]
            stops[odds][review.name] = [
                (float(run[:at].sum() / run.sum()), at / len(run))
                for run in runs
                for at in [simulate.stops_at(run, odds)]
            ]
    print(f"\n## Stopping at a recall of {TARGET} ({', '.join(arms)})\n")
    print("| odds | worst recall | mean recall | mean share read |\n|--:|--:|--:|--:|")
    for odds, found in stops.items():
        worst = min(recall for runs in found.values() for recall, _ in runs)
        recall, share = np.mean([np.mean(runs, 0) for runs in found.values()], 0)
        mark = " (in force)" if odds == ODDS else ""
        print(f"| {odds}{mark} | {worst:.3f} | {recall:.3f} | {share:.3f} |")
    print("\n| left out | odds chosen by the others | worst recall | mean share read |")
    print("|---|--:|--:|--:|")
    chosen = []
    for review in reviews:
        others = [r.name for r in reviews if r is not review]
        safe = [o for o in ODDS_TRIED if min(x for n in others for x, _ in stops[o][n]) >= TARGET]
        best = max(safe, default=1.0)
        runs = stops[best][review.name]
        chosen.append((min(x for x, _ in runs), float(np.mean([s for _, s in runs]))))
        print(f"| {review.name} | {best} | {chosen[-1][0]:.3f} | {chosen[-1][1]:.3f} |")
    worst, share = min(x for x, _ in chosen), np.mean([s for _, s in chosen])
    print(f"| **all** | | **{worst:.3f}** | **{share:.3f}** |")


def coverage(reviews: Sequence[Review], orders: dict[str, Orders], arms: Sequence[str]) -> None:
    """How often the interval held the number of relevant records, at each look."""
    held = []
    for review in reviews:
        for run in (review.labels[list(o)] for arm in arms for o in orders[arm][review.name]):
            total, relevant = len(run), int(run.sum())
            for read in range(int(COVERED_AT * total), total, max(1, int(COVERED_AT * total))):
                told = estimate(run[:read], total)
                held.append((told.low <= relevant <= told.high, relevant <= told.high))
    both, above = np.mean(held, 0)
    print(f"\nInterval (90 %: 5 % on each side): held the truth in {both:.1%} of {len(held):,} ")
    print(f"looks; its upper bound, on which the rule rests, in {above:.1%}.")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "retort-triage")
    options = parser.parse_args()
    folder = options.data / "literature" / "screening"
    wanted = json.loads((Path(__file__).parent / "triage_criteria.json").read_text())
    files = [file for name in wanted if (file := folder / f"{name}.csv").is_file()]
    if not files:
        print(f"skipped: no labelled reviews in {folder}")
        return
    started = time.perf_counter()
    reviews = [Review(file, wanted[file.stem], options.cache) for file in files]
    print("# Triage\n\n| review | records | relevant |\n|---|--:|--:|")
    for review in reviews:
        print(f"| {review.name} | {len(review.labels):,} | {review.labels.sum()} |")
    print(flush=True)
    orders = run(reviews, options.seeds)
    rankings(reviews, orders)
    zero_labels(reviews)
    sys.stdout.flush()
    arms = ("Retort", "Retort, criteria", "Retort, criteria, exploring")
    stopping(reviews, orders, arms)
    coverage(reviews, orders, arms)
    print(f"\n{time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
