"""Seven labelled reviews replayed: Retort's ranking beside a plain recipe, and the stopping rule.

    python -m benchmarks.triage [--data ../shared/data] [--seeds 10] [--cache FOLDER]

The recipe is the published default of a known screening program, built here from scikit-learn:
TF-IDF of words and pairs (sublinear, max_df 0.95) and a linear support vector machine (C 0.11,
balance 9.8). Both begin with a relevant and an irrelevant record drawn with the seed, learn after
each of the first 50 labels and then after each 2 % of the records. From criteria
(``triage_criteria.json``: drugs, people, design) Retort begins without labels; no chance is in
it, but for the one record in twenty that a screening draws.

How much titles and abstracts teach at all is asked by cross-validation: each record is scored by
what nine tenths of the labels teach, not its own among them. Whether a review stands below the
recipe by more than chance is asked by drawing its records again.

Records with neither title nor abstract are left out of all counts. Needs the labelled sets of Cohen
et al. 2006 (doi:10.1197/jamia.M1929) as CSV: title, abstract, label_included.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.model_selection import StratifiedKFold
from sklearn.svm import LinearSVC

from retort.agent.triage import intake, matching, simulate
from retort.agent.triage.choosing import EXPLORED
from retort.agent.triage.estimate import CONFIDENCE, LASTING, TARGET, estimate
from retort.agent.triage.features import counted
from retort.agent.triage.ranked import Ranker
from retort.agent.triage.ranking import Flags, Floats, Ints
from retort.agent.triage.records import Criteria
from retort.retrieval.encode import load_encoder

LASTING_TRIED = (0.0, 0.1, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5)
REDRAWN = 150
"""times the records of a review are drawn again"""
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
    found = np.cumsum(labels[list(order)])
    total, relevant = len(found), int(found[-1])
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


def against(reviews: Sequence[Review], orders: dict[str, Orders], arm: str) -> None:
    """An arm less the recipe in each review, with what drawing its records again makes of it."""
    print(f"\n## {arm} less the recipe, 95 % of {REDRAWN} redrawn reviews\n")
    print("| review | WSS@95 | 10 % | 20 % |\n|---|--:|--:|--:|")
    for review in reviews:
        chance = np.random.default_rng(0)
        both = [orders[name][review.name] for name in (arm, "recipe")]
        found = []
        for _ in range(REDRAWN):
            times = np.bincount(
                chance.integers(len(review.labels), size=len(review.labels)),
                minlength=len(review.labels),
            )
            if not times[review.labels].any():
                continue
            ours, plain = (
                np.mean([measures(np.repeat(o, times[list(o)]), review.labels) for o in arm], 0)
                for arm in both
            )
            found.append((ours - plain)[[0, 2, 3]])
        ours, plain = (np.mean([measures(o, review.labels) for o in arm], 0) for arm in both)
        low, high = np.quantile(found, (0.025, 0.975), axis=0)
        cells = zip((ours - plain)[[0, 2, 3]], low, high, strict=True)
        row = " | ".join(f"{d:+.3f} ({a:+.3f} to {b:+.3f})" for d, a, b in cells)
        print(f"| {review.name} | {row} |")


def learnable(reviews: Sequence[Review], seeds: int) -> None:
    """What each ranking finds where it knows the labels of nine tenths of the other records."""
    print("\n## Taught by nine tenths of all labels\n\n| ranking | WSS@95 | 10 % | 20 % |")
    print("|---|--:|--:|--:|")
    for name, teach in (
        ("recipe", lambda r: r.recipe),
        ("Retort, criteria", lambda r: r.informed.scores),
    ):
        found = [
            measures(np.argsort(-_held_out(teach(r), r.labels, seed)), r.labels)
            for r in reviews
            for seed in range(seeds)
        ]
        wss, _, ten, twenty, _ = np.mean(found, 0)
        print(f"| {name} | {wss:.3f} | {ten:.3f} | {twenty:.3f} |")


def _held_out(score: simulate.Order, labels: Flags, seed: int) -> Floats:
    """(n,) of each record by a ranking that knows the labels of the other nine tenths."""
    folds = StratifiedKFold(10, shuffle=True, random_state=seed)
    scores = np.zeros(len(labels))
    for rows, held in folds.split(labels, labels):
        scores[held] = score(rows, labels[rows])[held]
    return scores


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


@dataclass(frozen=True, slots=True)
class Stops:
    """Where the rule stops in the replays of one review."""

    runs: tuple[tuple[float, float], ...]
    """recall and share read"""
    failed: float
    """share of the redrawn replays that stop below ``TARGET``"""

    @property
    def worst(self) -> float:
        """The lowest recall."""
        return min(recall for recall, _ in self.runs)

    @property
    def share(self) -> float:
        """Read in the mean."""
        return float(np.mean([share for _, share in self.runs]))


def stops(runs: Sequence[Flags], lasting: float) -> Stops:
    """Each replay stopped; and ``REDRAWN`` replays of records drawn again from it."""
    chance = np.random.default_rng(0)
    recalls = []
    for number in range(REDRAWN):
        run = runs[number % len(runs)]
        again = run[np.sort(chance.integers(len(run), size=len(run)))]
        if again.any():
            recalls.append(_stopped(again, lasting)[0])
    failed = float(np.mean(np.array(recalls) < TARGET))
    return Stops(tuple(_stopped(run, lasting) for run in runs), failed)


def _stopped(run: Flags, lasting: float) -> tuple[float, float]:
    at = simulate.stops_at(run, lasting)
    return float(run[:at].sum() / run.sum()), at / len(run)


def stopping(reviews: Sequence[Review], orders: dict[str, Orders], arms: Sequence[str]) -> None:
    """The rule at each value of what lasts; and for each review as the others would choose it: the
    largest at which their redrawn replays fail in the mean no more often than the rule promises.
    """
    names = [review.name for review in reviews]
    runs = {
        review.name: [review.labels[list(o)] for arm in arms for o in orders[arm][review.name]]
        for review in reviews
    }
    made = {
        lasting: {name: stops(runs[name], lasting) for name in names} for lasting in LASTING_TRIED
    }
    print(f"\n## Stopping at a recall of {TARGET} ({', '.join(arms)})\n")
    print("| lasting | worst recall | mean share read | redrawn, below: mean | worst review |")
    print("|--:|--:|--:|--:|--:|")
    for lasting, by_review in made.items():
        worst = min(found.worst for found in by_review.values())
        share = np.mean([found.share for found in by_review.values()])
        failed = [found.failed for found in by_review.values()]
        mark = " (in force)" if lasting == LASTING.at_least else ""
        print(
            f"| {lasting}{mark} | {worst:.3f} | {share:.3f} "
            f"| {np.mean(failed):.1%} | {max(failed):.1%} |"
        )
    print("\n| left out | chosen by the others | worst recall | mean share read |")
    print("|---|--:|--:|--:|")
    left_out = []
    for name in names:
        best = _chosen(made, [other for other in names if other != name])
        left_out.append(made[best][name])
        print(f"| {name} | {best} | {left_out[-1].worst:.3f} | {left_out[-1].share:.3f} |")
    worst = min(found.worst for found in left_out)
    share = np.mean([found.share for found in left_out])
    print(f"| **all** | {_chosen(made, names)} by all | **{worst:.3f}** | **{share:.3f}** |")


def _chosen(made: dict[float, dict[str, Stops]], names: Sequence[str]) -> float:
    fits = [
        lasting
        for lasting, by_review in made.items()
        if np.mean([by_review[name].failed for name in names]) <= 1 - CONFIDENCE
    ]
    return max(fits, default=0.0)


def coverage(reviews: Sequence[Review], orders: dict[str, Orders], arms: Sequence[str]) -> None:
    """How often the interval held the number of relevant records, at each look."""
    held, errors = [], []
    for review in reviews:
        for run in (review.labels[list(o)] for arm in arms for o in orders[arm][review.name]):
            total, relevant = len(run), int(run.sum())
            for read in range(int(COVERED_AT * total), total, max(1, int(COVERED_AT * total))):
                told = estimate(run[:read], total)
                held.append((told.low <= relevant <= told.high, relevant <= told.high))
                errors.append((read / total, told.recall - told.found / relevant))
    both, above = np.mean(held, 0)
    print(f"\nInterval (90 %: 5 % on each side): held the truth in {both:.1%} of {len(held):,} ")
    print(f"looks; its upper bound, on which the rule rests, in {above:.1%}.")
    print("\n| read | recall as estimated less the truth, mean | and its mean size |")
    print("|---|--:|--:|")
    shares, wrong = np.array(errors).T
    for low, high in itertools.pairwise((0, 0.1, 0.2, 0.3, 0.5, 1)):
        of = wrong[(shares > low) & (shares <= high)]
        print(f"| {low:.0%} to {high:.0%} | {of.mean():+.2f} | {np.abs(of).mean():.2f} |")


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
    against(reviews, orders, "Retort, criteria")
    learnable(reviews, min(options.seeds, 3))
    zero_labels(reviews)
    sys.stdout.flush()
    arms = ("Retort", "Retort, criteria", "Retort, criteria, exploring")
    stopping(reviews, orders, arms)
    coverage(reviews, orders, arms)
    print(f"\n{time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
