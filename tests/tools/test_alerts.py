from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from retort.tools import ring_systems
from retort.tools.alerts import alerts_of
from retort.tools.records import ToolResult
from retort.tools.structures import molecule_from_smiles

Call = Callable[..., tuple[str, ToolResult]]

RHODANINE = "O=C1NC(=S)SC1=Cc1ccccc1"


def test_a_rhodanine_is_a_pains_compound(call: Call) -> None:
    _, result = call("check_alerts", molecule=RHODANINE)
    (item,) = result.evidence
    pains = [match for match in item.record["matches"] if match["catalogue"] == "PAINS"]
    assert pains and "rhod" in pains[0]["alert"]
    assert "PAINS: ene rhod" in item.quote and result.count >= 1
    assert "not a measurement" in result.note
    json.dumps(result.as_dict())


def test_atoms_of_an_alert_are_those_of_the_pattern() -> None:
    nitro = [
        m for m in alerts_of(molecule_from_smiles("CCCC[N+](=O)[O-]")) if "nitro" in m["alert"]
    ]
    assert nitro and set(nitro[0]["atoms"]) >= {4, 5, 6}


def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **counts: int) -> None:
    """A table in place of the shipped one: each ring system and its molecules."""
    keys = sorted((ring_systems.key(smiles), count) for smiles, count in counts.items())
    arrays = {
        "keys": np.array([key for key, _ in keys], dtype=np.uint64),
        "counts": np.array([count for _, count in keys], dtype=np.uint16),
    }
    path = tmp_path / "rings.safetensors"
    save_file(arrays, path, metadata={"molecules": "1000", "rdkit": "x"})
    monkeypatch.setattr(ring_systems, "TABLE", path)
    ring_systems.reference.cache_clear()


@pytest.fixture(autouse=True)
def shipped_table() -> Iterator[None]:
    """The table of another test is forgotten."""
    yield
    ring_systems.reference.cache_clear()


def test_the_shipped_table_knows_common_ring_systems_and_not_an_odd_one() -> None:
    common = molecule_from_smiles("c1ccc2[nH]ccc2c1.C1CCNCC1.c1ccncc1")
    assert ring_systems.unusual(common) == []
    odd = ring_systems.unusual(molecule_from_smiles("C1CC2(C1)C1CC21"))
    assert [count for _, count, _ in odd] == [0]


def test_a_ring_system_is_whole_bare_and_flat() -> None:
    systems = {
        "CN1CCC23c4c5ccc(O)c4O[C@H]2C(O)C=CC3C1C5": ["C1=CC2C3Cc4cccc5c4C2(CCN3)C(C1)O5"],
        "Cn1c(=O)c2c(ncn2C)n(C)c1=O": ["O=c1[nH]c(=O)c2[nH]cnc2[nH]1"],
        "Cn1cccc1": ["c1cc[nH]c1"],
        "O=C1CCC2(CC1)OCCO2": ["O=C1CCC2(CC1)OCCO2"],
        "Cc1ccc(-c2ccncc2)cc1": ["c1ccccc1", "c1ccncc1"],
        "CCO": [],
    }
    for smiles, bare in systems.items():
        found = ring_systems.ring_systems(molecule_from_smiles(smiles))
        assert [item[0] for item in found] == bare


def test_an_unusual_ring_system_is_named_with_its_count(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table(tmp_path, monkeypatch, c1ccccc1=900, C1CC1=3)
    _, result = call("check_alerts", molecule="c1ccc(C2CC2)cc1C1CCCCCC1")
    record = result.evidence[0].record
    found = {r["smiles"]: r["known_molecules"] for r in record["unusual_ring_systems"]}
    assert found == {"C1CC1": 3, "C1CCCCCC1": 0}
    (small,) = (r for r in record["unusual_ring_systems"] if r["smiles"] == "C1CC1")
    assert len(small["atoms"]) == 3
    quote = result.evidence[0].quote
    assert "in fewer than 5 of 1,000 molecules of public sets" in quote and "C1CC1 (in 3)" in quote
    _, usual = call("check_alerts", molecule="Cc1ccccc1")
    assert "each of its ring systems is in 5 or more of 1,000" in usual.evidence[0].quote


def test_no_alert_is_said_and_the_catalogues_are_named(call: Call) -> None:
    _, result = call("check_alerts", molecule="CCO")
    (item,) = result.evidence
    assert item.quote.startswith(
        "CCO (M1) has no structural alert in the catalogues PAINS, Brenk, NIH, ChEMBL: "
        "PAINS: no alert; Brenk: no alert; NIH: no alert; ChEMBL: no alert; "
        "no ring system (RDKit"
    )
    assert item.record["matches"] == [] and item.record["catalogues"] == [
        "PAINS",
        "Brenk",
        "NIH",
        "ChEMBL",
    ]
    assert result.count == 0 and result.summary == "Structural alerts of CCO: none"


def test_the_record_counts_an_alert_once_per_place(call: Call) -> None:
    _, result = call("check_alerts", molecule="O=CCCC=O")
    matches = [tuple(match["atoms"]) for match in result.evidence[0].record["matches"]]
    aldehydes = [
        m for m in result.evidence[0].record["matches"] if "aldehyde" in m["alert"].lower()
    ]
    assert len({(m["family"], m["alert"], tuple(m["atoms"])) for m in aldehydes}) == len(aldehydes)
    assert {tuple(m["atoms"]) for m in aldehydes if m["catalogue"] == "Brenk"} == {(0, 1), (4, 5)}
    assert matches


def test_a_name_that_two_sets_write_differently_is_one_alert(call: Call) -> None:
    _, result = call("check_alerts", molecule="CC1SC(=S)NC1=O")
    quote = result.evidence[0].quote
    assert quote.count("Thiocarbonyl group (1 match)") == 2  # Brenk's and ChEMBL's
    assert result.count == 5 and "has 5 structural alerts" in quote
