"""Structural alerts and unusual ring systems, and the tool ``check_alerts``.

The alerts are RDKit's PAINS, Brenk, NIH and ChEMBL catalogues. An alert is a pattern that warns; it
is no measurement and no verdict, and the sentences say so.
"""

from __future__ import annotations

from typing import Any

from langchain_core.tools import BaseTool
from rdkit.Chem.rdfiltercatalog import SmartsMatcher

from retort.tools import alert_catalogues, ring_systems, structures
from retort.tools.alert_catalogues import CATALOGUES
from retort.tools.bench import Bench, handed_back, tool
from retort.tools.calculation_shapes import AlertShape, AlertsShape, RingSystemShape
from retort.tools.molecule import Molecule
from retort.tools.records import Evidence, ToolResult


def alerts_of(structure: Any) -> list[AlertShape]:
    """Every alert in an RDKit molecule, by catalogue and name, wherever it matches.

    Returns:
        one entry per place; atom numbers are those of the molecule, 0-based.
    """
    found: dict[tuple[str, str, tuple[int, ...]], AlertShape] = {}
    for name, entries in alert_catalogues.matches(structure).items():
        for entry in entries:
            alert, family = str(entry.GetDescription()), str(entry.GetProp("FilterSet"))
            for atoms in _places(entry, structure):
                found[family, alert, atoms] = {
                    "catalogue": name,
                    "family": family,
                    "alert": alert,
                    "atoms": list(atoms),
                }
    return list(found.values())


def _places(entry: Any, structure: Any) -> list[tuple[int, ...]]:
    """The atoms of each match of an alert; RDKit itself gives those of the first one only."""
    places = []
    for match in entry.GetFilterMatches(structure):
        places.append(tuple(sorted(int(pair[1]) for pair in match.atomPairs)))
        if isinstance(match.filterMatch, SmartsMatcher):
            pattern = match.filterMatch.GetPattern()
            places += [tuple(sorted(atoms)) for atoms in structure.GetSubstructMatches(pattern)]
    return list(dict.fromkeys(places))


def alert_names(structure: Any) -> dict[str, list[str]]:
    """The alerts in an RDKit molecule by catalogue, each once; quicker than ``alerts_of``."""
    found = alert_catalogues.matches(structure)
    return {
        name: list(dict.fromkeys(str(entry.GetDescription()) for entry in entries))
        for name, entries in found.items()
    }


def rings_of(structure: Any) -> list[RingSystemShape]:
    """The unusual ring systems of an RDKit molecule."""
    return [
        {"smiles": smiles, "known_molecules": count, "atoms": list(atoms)}
        for smiles, count, atoms in ring_systems.unusual(structure)
    ]


def _rings_told(structure: Any, found: list[RingSystemShape]) -> str:
    if not structure.GetRingInfo().NumRings():
        return "no ring system"
    table = ring_systems.reference()
    searched = f"{table.molecules:,} molecules of public sets"
    if not found:
        return f"each of its ring systems is in {ring_systems.RARE} or more of {searched}"
    told = ", ".join(f"{item['smiles']} (in {item['known_molecules']})" for item in found)
    return f"unusual ring systems, in fewer than {ring_systems.RARE} of {searched}: {told}"


def plain_name(alert: str) -> str:
    """The name of an alert as it is said; sets of one catalogue write the same name differently."""
    return alert.replace("_", " ")


def _told(matches: list[AlertShape]) -> str:
    """The alerts of a molecule in words, by catalogue: "Brenk: nitro group (1 match)"."""
    parts = []
    for name in CATALOGUES:
        places: dict[str, set[tuple[int, ...]]] = {}
        for match in matches:
            if match["catalogue"] == name:
                places.setdefault(plain_name(match["alert"]), set()).add(tuple(match["atoms"]))
        if places:
            alerts = ", ".join(
                f"{alert} ({len(found)} match{'es' * (len(found) > 1)})"
                for alert, found in places.items()
            )
            parts.append(f"{name}: {alerts}")
        else:
            parts.append(f"{name}: no alert")
    return "; ".join(parts)


def check(molecule: Molecule) -> ToolResult:
    """Structural alerts of a molecule (of a salt: of its parent) as one piece of evidence.

    Raises:
        RetortError: the molecule has no structure.
    """
    molecule.structure()
    parent = structures.molecule_from_smiles(molecule.parent)
    matches, rings = alerts_of(parent), rings_of(parent)
    table = ring_systems.reference()
    names = {(match["catalogue"], plain_name(match["alert"])) for match in matches}
    record: AlertsShape = {
        "record": "alerts",
        "handle": molecule.handle,
        "name": molecule.label,
        "smiles": molecule.parent,
        "catalogues": list(CATALOGUES),
        "matches": matches,
        "unusual_ring_systems": rings,
        "ring_system_reference": table.molecules,
        "rdkit_version": structures.RDKIT.split()[-1],
    }
    who = molecule.title if molecule.components == 1 else f"The parent of {molecule.title}"
    count = (
        f"{len(names)} structural alert{'s' * (len(names) != 1)}"
        if names
        else "no structural alert"
    )
    evidence = Evidence(
        kind="calculation",
        source_id=structures.RDKIT,
        title=f"Structural alerts of {molecule.label}",
        quote=f"{who} has {count} in the catalogues {', '.join(CATALOGUES)}: {_told(matches)}; "
        f"{_rings_told(parent, rings)} ({structures.RDKIT}).",
        record=dict(record),
    )
    caution = "An alert is a pattern that warns, not a measurement; many approved drugs carry one."
    return ToolResult(
        summary=f"Structural alerts of {molecule.label}: {len(names) or 'none'}",
        evidence=(evidence,),
        note=f"{caution} {molecule.remarks}".strip(),
        count=len(names),
        molecules=(molecule.card(),),
    )


def build_tools(bench: Bench) -> list[BaseTool]:
    """The tool ``check_alerts``."""

    @tool
    def check_alerts(molecule: str) -> tuple[str, ToolResult]:
        """Check a structure for alerts (PAINS, Brenk, NIH, ChEMBL) and for unusual ring systems.

        Use for "is X a PAINS compound", "any reactive or toxic groups in X". Example:
        check_alerts("CCO") -> CCO (M1) has no structural alert in the catalogues PAINS, Brenk, NIH,
        ChEMBL.

        Args:
            molecule: a handle M1, a name, a ChEMBL id, a SMILES or an InChIKey.
        """
        return handed_back(check(bench.molecules.resolve(molecule)))

    return [check_alerts]
