"""A small set of records on two topics, half of them relevant to one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from retort.agent.triage.intake import Intake
from retort.agent.triage.records import Criteria, Record
from retort.agent.triage.screening import Screening

DRUGS = ("sumatriptan", "rizatriptan", "zolmitriptan", "eletriptan", "naratriptan")
OTHERS = ("metformin", "insulin", "gliclazide", "sitagliptin", "acarbose")
CRITERIA = Criteria(
    include=("triptans such as sumatriptan, rizatriptan", "migraine", "randomised trial"),
    exclude=("children",),
)


def record(number: int, is_relevant: bool) -> Record:
    drug = (DRUGS if is_relevant else OTHERS)[number % 5]
    illness = "migraine" if is_relevant else "diabetes"
    return Record(
        id=str(number),
        title=f"{drug.capitalize()} in {illness}, study {number}",
        abstract=f"We gave {drug} to {20 + number} adults. This was a randomised trial in "
        f"{illness}. Group {number} did well.",
        authors=("Ada Roe", "Bob Fox"),
        year=2000 + number % 20,
        journal="Journal of Trials",
        source_id=f"PMID:{number + 1}",
    )


@pytest.fixture
def records() -> tuple[Record, ...]:
    return tuple(record(number, number % 4 == 0) for number in range(40))


@pytest.fixture
def begin(records: tuple[Record, ...], tmp_path: Path) -> Iterator[Callable[..., Screening]]:
    opened: list[Screening] = []

    def make(taken: Intake | None = None, criteria: Criteria = CRITERIA) -> Screening:
        taken = taken or Intake(records, identified=len(records) + 2)
        screening = Screening.create(tmp_path / "sessions.sqlite", "one", taken, criteria)
        opened.append(screening)
        return screening

    yield make
    for screening in opened:
        screening.close()
