from __future__ import annotations

import json
from collections.abc import Callable

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


def test_no_alert_is_said_and_the_catalogues_are_named(call: Call) -> None:
    _, result = call("check_alerts", molecule="CCO")
    (item,) = result.evidence
    assert item.quote.startswith(
        "CCO (M1) has no structural alert in the catalogues PAINS, Brenk, NIH: "
        "PAINS: no alert; Brenk: no alert; NIH: no alert (RDKit"
    )
    assert item.record["matches"] == [] and item.record["catalogues"] == ["PAINS", "Brenk", "NIH"]
    assert result.count == 0 and result.summary == "Structural alerts of CCO: none"


def test_the_record_counts_an_alert_once_per_place(call: Call) -> None:
    _, result = call("check_alerts", molecule="O=CCCC=O")
    matches = [tuple(match["atoms"]) for match in result.evidence[0].record["matches"]]
    aldehydes = [
        m for m in result.evidence[0].record["matches"] if "aldehyde" in m["alert"].lower()
    ]
    assert len({(m["catalogue"], tuple(m["atoms"])) for m in aldehydes}) == len(aldehydes) >= 2
    assert matches
