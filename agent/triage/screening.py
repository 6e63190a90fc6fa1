"""One screening: records, criteria and decisions, and the record worth reading next.

Every decision is committed when `decide` returns; the ranking learns in a thread of its own, so
that nobody waits for it, and stamps each decision with the ranking that showed the record. Safe to
call from several threads. Knows no page and no file format.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from retort.agent.triage import excluding, judging, matching, naming, verdicts
from retort.agent.triage.choosing import choose
from retort.agent.triage.holding import holding_of
from retort.agent.triage.learning import Learner
from retort.agent.triage.order import Ranking
from retort.agent.triage.progress import Curve, Progress, flow
from retort.agent.triage.records import (
    Chosen,
    Criteria,
    Decision,
    Label,
    Reason,
    Record,
    Shown,
    Span,
)
from retort.agent.triage.store import Store, Stored, Summary
from retort.retrieval.errors import UsageError

if TYPE_CHECKING:
    from retort.agent.triage.intake import Intake
    from retort.retrieval.encode import Encoder


class Screening:
    """One screening that is open; made by `create` or `open`."""

    def __init__(
        self,
        kept: Store,
        name: str,
        stored: Stored,
        encoder: Encoder | None,
        judge: judging.ChatJudge | None,
    ) -> None:
        self.name = name
        self.criteria = stored.criteria
        self.records = stored.records
        self.facts = stored.facts
        self._seed = stored.seed
        self._begun = stored.created
        self._store = kept
        self._judge = judge
        self._lock = threading.RLock()
        self._ids = stored.ids
        self._rows = {record_id: row for row, record_id in enumerate(stored.ids)}
        self._conflicts = frozenset(stored.facts.get("conflicts", ()))
        self._verdicts = verdicts.Verdicts(kept, stored.criteria)
        self._current = stored.current if stored.current in self._rows else ""
        self._chosen: Chosen = "certain"
        self._curve = Curve(len(stored.records))
        cache = kept.path.parent / "cache" / "triage"
        begun = hashlib.sha256(f"{stored.created} {name}".encode()).hexdigest()[:32]
        self._learner = Learner(stored.records, self.criteria, encoder, cache, begun, stored.seed)
        self._load()
        self._learn_anew()

    @classmethod
    def create(
        cls,
        path: Path,
        name: str,
        intake: Intake,
        criteria: Criteria,
        encoder: Encoder | None = None,
        seed: int = 0,
        judge: judging.ChatJudge | None = None,
    ) -> Screening:
        """Begin a screening and store it.

        Args:
            path: ``settings.sessions_path``.
            name: how it is opened again.
            intake: the records and what was decided of them before.
            criteria: may be empty.
            encoder: reads the records in the background; None: words only.
            seed: of what is drawn by chance.
            judge: gives verdicts, where there is a model that can.

        Raises:
            UsageError: the name is taken or none.
            RetortError: the store cannot be written.
        """
        name = naming.named(name)
        kept = Store(path)
        facts: dict[str, Any] = {
            "identified": intake.identified,
            "skipped": [*intake.skipped],
            "conflicts": [conflict.record_id for conflict in intake.conflicts],
        }
        try:
            come = (intake.records, intake.decisions, intake.notes)
            kept.create(name, criteria, seed, facts, *come)
            return cls(kept, name, kept.load(name), encoder, judge)
        except BaseException:
            kept.close()
            raise

    @classmethod
    def open(
        cls,
        path: Path,
        name: str,
        encoder: Encoder | None = None,
        judge: judging.ChatJudge | None = None,
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
        with closing(Store(path)) as kept:
            return kept.listing()

    @staticmethod
    def remove(path: Path, name: str) -> None:
        """Forget a screening with its records, decisions and notes.

        Raises:
            UsageError: there is no such screening.
        """
        with closing(Store(path)) as kept:
            kept.remove(name)

    # -- the record to read ------------------------------------------------------------------------

    def next(self) -> Shown | None:
        """The record to read now: the same until it is decided; None where none is left.

        Waits for the first ranking only.
        """
        ranking = self._learner.newest
        with self._caught_up():
            if not self._current or self._current in self._holding:
                self._choose(ranking)
                self._store.show(self.name, self._current)
            return self._shown(self._current, self._chosen, ranking) if self._current else None

    def show(self, record_id: str) -> Shown:
        """One record, decided or not.

        Raises:
            UsageError: there is no such record.
        """
        with self._caught_up():
            self._row(record_id)
            return self._shown(record_id, "asked", self._learner.newest)

    def decide(self, record_id: str, label: Label, note: str = "") -> Shown | None:
        """Keep the user's decision, committed when this returns; gives `next`.

        Raises:
            UsageError: there is no such record.
            RetortError: it could not be written; then nothing was decided.
        """
        ranking = self._learner.newest
        with self._caught_up():
            row = self._row(record_id)
            if note:
                self.note(record_id, note)
            decision = Decision(
                record_id, label, "user", time.time(), self._notes.get(record_id, "")
            )
            place, score = int(ranking.places[row]), float(ranking.scores[row])
            kept = self._store.decide(self.name, decision, ranking.stamp, place, score)
            self._decided.append(kept)
            self._learn_anew()
            return self.next()

    def undo(self) -> Shown | None:
        """Take the user's last decision back and show its record; None where there is none."""
        with self._lock:
            record_id = self._store.undo(self.name)
            if record_id is None:
                return None
            self._load()
            self._learn_anew()
            self._current, self._chosen = record_id, "again"
            self._store.show(self.name, record_id)
            return self._shown(record_id, "again", self._learner.newest)

    def redo(self) -> Shown | None:
        """Let the decision last taken back hold again; gives its record, None where none was."""
        with self._lock:
            record_id = self._store.redo(self.name)
            if record_id is None:
                return None
            self._load()
            self._learn_anew()
            return self.show(record_id)

    def note(self, record_id: str, text: str) -> None:
        """Keep a note on a record, decided or not; it replaces the one before."""
        with self._lock:
            self._row(record_id)
            self._store.note(self.name, record_id, text.strip())
            self._notes[record_id] = text.strip()

    # -- what is known -----------------------------------------------------------------------------

    def decisions(
        self, label: Label | None = None, start: int = 0, end: int | None = None
    ) -> tuple[Shown, ...]:
        """What was decided, newest first; each record once, with the decision that holds.

        Args:
            label: only these; None: all.
            start: of them, the first one wanted.
            end: one past the last one wanted; None: to the end.
        """
        ranking = self._learner.newest
        with self._caught_up():
            held = (one for one in self._holding.values() if label in (None, one.decision.label))
            kept = sorted(held, key=lambda one: -one.number)[start:end]
            return tuple(self._shown(one.decision.record_id, "asked", ranking) for one in kept)

    def progress(self) -> Progress:
        """How far it is, and what may be left. Computed anew only where labels have come."""
        stamp = self._learner.newest.stamp
        with self._caught_up():
            labels = [kept.decision.label for kept in self._holding.values()]
            counts = {label: labels.count(label) for label in ("include", "exclude", "maybe")}
            estimate, points = self._curve.estimate, self._curve.points
        return Progress(
            estimate=estimate,
            screened=counts["include"] + counts["exclude"],
            included=counts["include"],
            excluded=counts["exclude"],
            maybe=counts["maybe"],
            total=len(self.records),
            conflicts=len(self._conflicts.difference(self._holding)),
            curve=points,
            ranking=stamp,
            is_learning=self._learner.is_learning,
            vectors=self._learner.encoded,
        )

    def highlights(self, record: Record) -> tuple[Span, ...]:
        """Words to mark in a record; they do not overlap, title first, then by place."""
        return matching.highlights(record, self.criteria)

    def reasons(self, record: Record) -> tuple[Reason, ...]:
        """The model's verdict by criterion where it has judged the record, else the one sentence
        that matches the criteria best; and possible exclusions. Empty where nothing matches. Never
        waits for a model.
        """
        said = self._verdicts.of(record) or judging.best_match(record, self.criteria)
        return judging.told(record, self.criteria, said)

    def judge(self, record: Record) -> None:
        """Have the model judge a record by each criterion, and keep what it says. May take long;
        does nothing where there is no model.

        Raises:
            RetortError: the model gave no reply; the screening can go on without it.
        """
        if self._judge:
            self._verdicts.ask(record, self._judge)

    def export(self, format: Literal["csv", "ris"]) -> str:
        """All records, best first, with what was decided (`retort.agent.triage.export`)."""
        from retort.agent.triage import export

        return export.FORMATS[format](self.rows())

    def rows(self) -> list[Shown]:
        """All records, best first, with verdicts and possible exclusions."""
        ranking, records = self._learner.newest, [*self.records]
        with self._caught_up():
            rows = [
                self._shown(self._ids[row], "asked", ranking, records[row]) for row in ranking.order
            ]
        return verdicts.beside(rows, self.criteria, self._verdicts)

    def prisma(self) -> dict[str, int]:
        """Counts of the PRISMA flow; see `retort.agent.triage.progress.flow`."""
        return flow(self.progress(), int(self.facts["identified"]))

    @property
    def is_kept(self) -> bool:
        """Whether it is still stored: it may be deleted, and another begun in its name."""
        return self._store.begun(self.name) == self._begun

    @property
    def counted(self) -> tuple[int, int]:
        """Records of which the words are counted since the start, of all."""
        return self._learner.counted

    def wait_for_first(self, seconds: float) -> bool:
        """Wait until there is a ranking, so that `next` need not; False where that took longer."""
        return self._learner.wait_for_first(seconds)

    def excluded_for(self) -> dict[str, int]:
        """Reason -> records excluded for it (`retort.agent.triage.excluding.counted`)."""
        with self._lock:
            held = [kept.decision for kept in self._holding.values()]
            notes = [self._notes.get(d.record_id, d.note) for d in held if d.label == "exclude"]
        return excluding.counted(self.criteria, notes)

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

    @contextmanager
    def _caught_up(self) -> Iterator[None]:
        """The lock, once what was decided or noted elsewhere, as by another process, is read."""
        with self._lock:
            if self._store.has_news():
                before = self._decided
                self._load()
                if self._decided != before:
                    self._learn_anew()
            yield

    def _load(self) -> None:
        self._notes = self._store.notes(self.name)
        self._decided = self._store.decisions(self.name)

    def _learn_anew(self) -> None:
        """What was decided has changed: which decisions hold, and what they teach."""
        self._holding = holding_of(self._decided, self._conflicts)
        read = dict.fromkeys(one.decision.record_id for one in self._decided)
        labels = [self._holding[one].decision.label for one in read if one in self._holding]
        self._curve.read([label == "include" for label in labels if label != "maybe"])
        taught = {
            self._rows[record_id]: kept.decision.label == "include"
            for record_id, kept in self._holding.items()
            if kept.decision.label != "maybe" and record_id in self._rows
        }
        self._learner.learn(np.array([*taught], np.int64), np.array([*taught.values()], bool))

    def _choose(self, ranking: Ranking) -> None:
        decided = [self._rows[one] for one in self._holding if one in self._rows]
        found = choose(ranking, decided, self._seed)
        self._current, self._chosen = (self._ids[found[0]], found[1]) if found else ("", "certain")

    def _shown(
        self, record_id: str, chosen: Chosen, ranking: Ranking, record: Record | None = None
    ) -> Shown:
        row = self._rows[record_id]
        kept = self._holding.get(record_id)
        note = self._notes.get(record_id, kept.decision.note if kept else "")
        decision = replace(kept.decision, note=note) if kept else None
        return Shown(
            record or self.records[row],
            int(ranking.places[row]),
            float(ranking.scores[row]),
            ranking.stamp,
            chosen,
            decision,
            note,
        )
