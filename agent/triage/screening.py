"""One screening: records, criteria and decisions, and the record worth reading next.

Every decision is committed when `decide` returns; the ranking learns in a thread of its own, so
that nobody waits for it, and stamps each decision with the ranking that showed the record. Safe to
call from several threads. Knows no page and no file format.
"""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from retort.agent.triage import judging, matching, store
from retort.agent.triage.judging import Reason
from retort.agent.triage.learning import Learner, Ranking
from retort.agent.triage.progress import Curve, Progress
from retort.agent.triage.records import Chosen, Criteria, Decision, Label, Record, Shown, Span
from retort.agent.triage.store import Kept, Store, Stored, Summary
from retort.retrieval.errors import UsageError

if TYPE_CHECKING:
    from retort.agent.triage.intake import Intake
    from retort.retrieval.encode import Encoder

EXPLORED = 20
"""one record in so many is drawn by chance from those unread, so that what the ranking overlooks
can be seen; what that costs is in ``benchmarks/triage.py``"""
LONGEST_NAME = 100


class Screening:
    """One screening that is open; made by `create` or `open`."""

    def __init__(
        self, kept: Store, name: str, stored: Stored, encoder: Encoder | None, judge: judging.Judge
    ) -> None:
        self.name = name
        self.criteria = stored.criteria
        self.records = stored.records
        self.facts = stored.facts
        self._seed = stored.seed
        self._store = kept
        self._judge = judge
        self._lock = threading.RLock()
        self._rows = {record.id: row for row, record in enumerate(stored.records)}
        self._conflicts = frozenset(stored.facts.get("conflicts", ()))
        self._notes = kept.notes(name)
        self._opinions = kept.opinions(name)
        self._current = stored.current if stored.current in self._rows else ""
        self._chosen: Chosen = "certain"
        self._curve = Curve(len(stored.records))
        self._load_decisions()
        cache = kept.path.parent / "cache" / "triage"
        self._learner = Learner(stored.records, self.criteria, encoder, cache, stored.seed)
        self._teach()

    @classmethod
    def create(
        cls,
        path: Path,
        name: str,
        intake: Intake,
        criteria: Criteria,
        encoder: Encoder | None = None,
        seed: int = 0,
        judge: judging.Judge = judging.NOBODY,
    ) -> Screening:
        """Begin a screening and store it.

        Args:
            path: ``settings.sessions_path``.
            name: how it is opened again.
            intake: the records and what was decided of them before.
            criteria: may be empty.
            encoder: reads the records in the background; None: words only.
            seed: of what is drawn by chance.
            judge: gives the reasons.

        Raises:
            UsageError: the name is taken or none.
            RetortError: the store cannot be written.
        """
        name = " ".join(name.split())
        if not name or len(name) > LONGEST_NAME or not name.isprintable():
            raise UsageError(
                f"{name[:LONGEST_NAME]!r} is no name for a screening.",
                f"A name has 1 to {LONGEST_NAME} characters.",
                "Give it a name.",
            )
        kept = Store(path)
        facts: dict[str, Any] = {
            "identified": intake.identified,
            "skipped": [*intake.skipped],
            "conflicts": [conflict.record_id for conflict in intake.conflicts],
        }
        stored = Stored(criteria, seed, facts, "", intake.records)
        try:
            kept.create(name, stored, intake.decisions)
        except BaseException:
            kept.close()
            raise
        return cls(kept, name, stored, encoder, judge)

    @classmethod
    def open(
        cls,
        path: Path,
        name: str,
        encoder: Encoder | None = None,
        judge: judging.Judge = judging.NOBODY,
    ) -> Screening:
        """Go on where it was left.

        Raises:
            UsageError: there is no such screening; names those that there are.
        """
        kept = Store(path)
        try:
            return cls(kept, name, kept.load(name), encoder, judge)
        except BaseException:
            kept.close()
            raise

    @staticmethod
    def listing(path: Path) -> tuple[Summary, ...]:
        """All screenings of a store, the one last worked on first; none where there is no store."""
        if not path.exists():
            return ()
        kept = Store(path)
        try:
            return kept.listing()
        finally:
            kept.close()

    # -- the record to read ------------------------------------------------------------------------

    def next(self) -> Shown | None:
        """The record to read now: the same until it is decided; None where none is left.

        Waits for the first ranking only.
        """
        ranking = self._learner.newest
        with self._lock:
            if not self._current or self._is_decided(self._current):
                self._choose(ranking)
                self._store.show(self.name, self._current)
            return self._shown(self._current, self._chosen, ranking) if self._current else None

    def show(self, record_id: str) -> Shown:
        """One record, decided or not.

        Raises:
            UsageError: there is no such record.
        """
        with self._lock:
            self._row(record_id)
            return self._shown(record_id, "asked", self._learner.newest)

    def decide(self, record_id: str, label: Label, note: str = "") -> Shown | None:
        """Keep the user's decision, committed when this returns; gives `next`.

        Raises:
            UsageError: there is no such record.
            RetortError: it could not be written; then nothing was decided.
        """
        ranking = self._learner.newest
        with self._lock:
            row = self._row(record_id)
            if note:
                self.note(record_id, note)
            decision = Decision(
                record_id, label, "user", time.time(), self._notes.get(record_id, "")
            )
            place, score = int(ranking.places[row]), float(ranking.scores[row])
            self._store.decide(self.name, Kept(0, decision, ranking.stamp, place, score))
            self._learn_anew()
            return self.next()

    def undo(self) -> Shown | None:
        """Take the user's last decision back and show its record; None where there is none."""
        with self._lock:
            record_id = self._store.undo(self.name)
            if record_id is None:
                return None
            self._learn_anew()
            self._current, self._chosen = record_id, "asked"
            self._store.show(self.name, record_id)
            return self._shown(record_id, "asked", self._learner.newest)

    def redo(self) -> Shown | None:
        """Let the decision last taken back hold again and give `next`; None where there is none."""
        with self._lock:
            if self._store.redo(self.name) is None:
                return None
            self._learn_anew()
            return self.next()

    def note(self, record_id: str, text: str) -> None:
        """Keep a note on a record, decided or not; it replaces the one before."""
        with self._lock:
            self._row(record_id)
            self._store.note(self.name, record_id, text.strip())
            self._notes[record_id] = text.strip()

    # -- what is known -----------------------------------------------------------------------------

    def decisions(self, newest: int | None = None) -> tuple[Shown, ...]:
        """What was decided, newest first; each record once, with the decision that holds."""
        ranking = self._learner.newest
        with self._lock:
            kept = sorted(self._holding.values(), key=lambda one: -one.number)[:newest]
            return tuple(self._shown(one.decision.record_id, "asked", ranking) for one in kept)

    def history(self, record_id: str) -> tuple[Kept, ...]:
        """Every decision of one record that was not taken back, oldest first."""
        found = self._store.decisions(self.name)
        return tuple(kept for kept in found if kept.decision.record_id == record_id)

    def progress(self) -> Progress:
        """How far it is, and what may be left. Computed anew only where labels have come."""
        stamp = self._learner.newest.stamp
        with self._lock:
            labels = [kept.decision.label for kept in self._holding.values()]
            counts = {label: labels.count(label) for label in ("include", "exclude", "maybe")}
            drawn = self._curve.drawn()
        return Progress(
            estimate=drawn.estimate,
            screened=counts["include"] + counts["exclude"],
            included=counts["include"],
            excluded=counts["exclude"],
            maybe=counts["maybe"],
            total=len(self.records),
            conflicts=len(self._open_conflicts()),
            curve=drawn.curve,
            band=drawn.band,
            ranking=stamp,
            is_learning=self._learner.is_learning,
            vectors=self._learner.encoded,
        )

    def highlights(self, record: Record) -> tuple[Span, ...]:
        """Words to mark in a record; they do not overlap, title first, then by place."""
        return matching.highlights(record, self.criteria)

    def reasons(self, record: Record) -> tuple[Reason, ...]:
        """The model's verdict by criterion where it has judged the record, else the one sentence
        that matches the criteria best; empty where nothing matches. Never waits for a model.
        """
        with self._lock:
            told = self._opinions.get(record.id)
        if told:
            return tuple(Reason(**opinion) for opinion in told)
        return judging.best_match(record, self.criteria)

    def judge(self, record: Record) -> tuple[Reason, ...]:
        """Have the model judge a record by each criterion, and keep what it says. May take long;
        gives `reasons` where there is no model.
        """
        with self._lock:
            is_new = record.id not in self._opinions
        if is_new and (found := self._judge.judge(record, self.criteria)):
            opinions = [judging.as_dict(reason) for reason in found]
            self._store.keep_opinions(self.name, record.id, opinions)
            with self._lock:
                self._opinions[record.id] = opinions
        return self.reasons(record)

    def export(self, format: Literal["csv", "ris"]) -> str:
        """All records, best first, with what was decided (`retort.agent.triage.export`)."""
        from retort.agent.triage import export

        return export.FORMATS[format](self.rows())

    def rows(self) -> list[Shown]:
        """All records, best first."""
        ranking = self._learner.newest
        with self._lock:
            ids = (self.records[row].id for row in ranking.order)
            return [self._shown(record_id, "asked", ranking) for record_id in ids]

    def prisma(self) -> dict[str, int]:
        """Counts of the PRISMA flow (Page et al. 2021, doi:10.1136/bmj.n71); `undecided` are those
        set aside and those whose imported labels contradict each other.
        """
        at = self.progress()
        undecided = at.maybe + at.conflicts
        return {
            "identified": int(self.facts["identified"]),
            "duplicates_removed": int(self.facts["identified"]) - at.total,
            "screened": at.screened,
            "excluded": at.excluded,
            "included": at.included,
            "undecided": undecided,
            "not_screened": at.total - at.screened - undecided,
        }

    def wait(self, seconds: float = 60) -> bool:
        """Wait until the ranking has learnt from every label and vector; for tests and scripts."""
        return self._learner.wait(seconds)

    def close(self) -> None:
        """Stop learning and close the store. What was decided is kept already."""
        self._learner.close()
        self._store.close()

    # -- within ------------------------------------------------------------------------------------

    def _row(self, record_id: str) -> int:
        if record_id not in self._rows:
            raise UsageError(
                f'No record of "{self.name}" has the id "{record_id}".',
                f"It has {len(self.records):,} others.",
                "Take an id of its export.",
            )
        return self._rows[record_id]

    def _load_decisions(self) -> None:
        kept = self._store.decisions(self.name)
        holding = store.holding_of(kept)
        self._holding = {
            record_id: one
            for record_id, one in holding.items()
            if one.decision.by != "import" or record_id not in self._conflicts
        }
        read = dict.fromkeys(one.decision.record_id for one in kept)
        labels = [self._holding[one].decision.label for one in read if one in self._holding]
        self._curve.read([label == "include" for label in labels if label != "maybe"])

    def _learn_anew(self) -> None:
        self._load_decisions()
        self._teach()

    def _teach(self) -> None:
        pairs = [
            (self._rows[record_id], kept.decision.label == "include")
            for record_id, kept in self._holding.items()
            if kept.decision.label != "maybe" and record_id in self._rows
        ]
        rows, flags = [row for row, _ in pairs], [flag for _, flag in pairs]
        self._learner.learn(np.array(rows, np.int64), np.array(flags, bool))

    def _is_decided(self, record_id: str) -> bool:
        return record_id in self._holding

    def _open_conflicts(self) -> set[str]:
        return set(self._conflicts) - set(self._holding)

    def _choose(self, ranking: Ranking) -> None:
        """The best undecided record, or now and then one by chance: the same for the same labels
        and seed, whenever it is asked.
        """
        decided = np.zeros(len(self.records), bool)
        decided[[self._rows[one] for one in self._holding if one in self._rows]] = True
        left = ranking.order[~decided[ranking.order]]
        readable = [row for row in left[:1] if self.records[row].text]
        if not len(left):
            self._current = ""
            return
        chance = np.random.default_rng([self._seed, len(self._holding)])
        is_learnt = ranking.stamp.startswith("labels")
        if readable and is_learnt and chance.integers(EXPLORED) == 0:
            with_text = [row for row in left if self.records[row].text]
            self._current = self.records[int(chance.choice(with_text))].id
            self._chosen = "explore"
            return
        self._current = self.records[int(left[0])].id
        self._chosen = "certain" if readable else "unreadable"

    def _shown(self, record_id: str, chosen: Chosen, ranking: Ranking) -> Shown:
        row = self._rows[record_id]
        kept = self._holding.get(record_id)
        note = self._notes.get(record_id, kept.decision.note if kept else "")
        decision = replace(kept.decision, note=note) if kept else None
        return Shown(
            self.records[row],
            int(ranking.places[row]),
            float(ranking.scores[row]),
            ranking.stamp,
            chosen,
            decision,
            note,
        )
