"""Why a record was excluded: one of the criteria, which then begins its note.

Owns how a reason stands in a note, so that it survives every export. Knows no store.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from retort.agent.triage.records import Criteria, Label

UNSAID = "no reason given"
_BETWEEN = "; "


def reason_of(criteria: Criteria, note: str) -> str:
    """The criterion for exclusion that a note begins with; empty where it begins with none."""
    found = (c for c in criteria.exclude if note == c or note.startswith(c + _BETWEEN))
    return max(found, key=len, default="")


def noted(criteria: Criteria, label: Label, because: str, note: str) -> str:
    """The note of a decision: its reason, then what was written.

    Args:
        criteria: whose reasons count.
        label: only an exclusion has a reason.
        because: the reason chosen now, in place of one before; empty leaves that.
        note: as it stands, with or without a reason.

    >>> noted(Criteria(exclude=("animals", "reviews")), "exclude", "reviews", "animals; of mice")
    'reviews; of mice'
    """
    before = reason_of(criteria, note)
    if label == "exclude" and because not in criteria.exclude:
        return note
    written = note[len(before) :].removeprefix(_BETWEEN)
    return _BETWEEN.join(text for text in (because * (label == "exclude"), written) if text)


def counted(criteria: Criteria, notes: Iterable[str]) -> dict[str, int]:
    """Reason -> excluded records, in the order of the criteria; empty where none was given.

    Args:
        criteria: whose reasons count.
        notes: of each excluded record.
    """
    found = Counter(reason_of(criteria, note) for note in notes)
    named = {reason: found[reason] for reason in criteria.exclude if found[reason]}
    return named | ({UNSAID: found[""]} if named and found[""] else {})
