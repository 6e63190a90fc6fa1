"""Every fault of a service, and what its user sees; the same rows as the benchmark prints."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from fetch_matrix import FAULTS, RECORDS, Fault, seen
from literature_services import serve


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.source}: {fault.name}")
def test_each_fault_is_told_and_costs_no_more_than_it_must(fault: Fault, tmp_path: Path) -> None:
    told, papers = seen(fault, tmp_path / "library")
    assert re.search(fault.says, told), told
    assert papers == fault.papers
    assert "Traceback" not in told and "<" not in told.replace("<eSearch", "")


@pytest.mark.parametrize("source", ["pubmed", "europepmc"])
def test_after_the_fault_the_same_command_brings_all(source: str, tmp_path: Path) -> None:
    well = Fault("well again", source, lambda services: services.always.clear(), ".")
    path = "efetch" if source == "pubmed" else "searchPOST"
    with serve(RECORDS) as services:
        broken = Fault("down", source, lambda s: s.always.update({path: "500"}), ".")
        assert seen(broken, tmp_path / "library", services)[1] == 0
        told, papers = seen(well, tmp_path / "library", services)
    assert papers == RECORDS and f"added: {RECORDS}" in told
