"""Structural alerts: RDKit's PAINS, Brenk and NIH catalogues, and the tool ``check_alerts``.

An alert is a pattern that warns; it is no measurement and no verdict, and the sentences say so.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from langchain_core.tools import BaseTool, tool
from rdkit.Chem import FilterCatalog

from retort.tools import structures
from retort.tools.bench import Bench, handed_back
from retort.tools.molecule import Molecule
from retort.tools.records import Evidence, ToolResult
from retort.tools.shapes import AlertShape, AlertsShape

CATALOGUES = {
    "PAINS": "Baell and Holloway, J Med Chem 2010, 53, 2719",
    "Brenk": "Brenk et al., ChemMedChem 2008, 3, 435",
    "NIH": "Jadhav et al., J Med Chem 2010, 53, 37; Doveston et al., Org Biomol Chem 2015, 13, 859",
}
"""Name and source of each catalogue."""


@cache
def _catalogue(name: str) -> Any:
    """RDKit's catalogue of this name; built once, read only afterwards."""
    params = FilterCatalog.FilterCatalogParams()
    catalogs = FilterCatalog.FilterCatalogParams.FilterCatalogs
    params.AddCatalog(getattr(catalogs, name.upper()))
    return FilterCatalog.FilterCatalog(params)


def alerts_of(structure: Any) -> list[AlertShape]:
    """Every alert in an RDKit molecule, by catalogue and name, with the atoms of one match.

    Returns:
        one entry per match; atom numbers are those of the molecule, 0-based.
    """
    found: list[AlertShape] = []
    for name in CATALOGUES:
        for entry in _catalogue(name).GetMatches(structure):
            for match in entry.GetFilterMatches(structure):
                atoms = sorted({int(pair[1]) for pair in match.atomPairs})
                found.append(
                    {"catalogue": name, "alert": str(entry.GetDescription()), "atoms": atoms}
                )
    unique = {(item["catalogue"], item["alert"], tuple(item["atoms"])): item for item in found}
    return list(unique.values())


def _told(matches: list[AlertShape]) -> str:
    """The alerts of a molecule in words, by catalogue: "Brenk: nitro group (1 match)"."""
    parts = []
    for name in CATALOGUES:
        counts: dict[str, int] = {}
        for match in matches:
            if match["catalogue"] == name:
                counts[match["alert"]] = counts.get(match["alert"], 0) + 1
        if counts:
            alerts = ", ".join(
                f"{alert.replace('_', ' ')} ({n} match{'es' * (n > 1)})"
                for alert, n in counts.items()
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
    matches = alerts_of(structures.molecule_from_smiles(molecule.parent))
    names = {(match["catalogue"], match["alert"]) for match in matches}
    record: AlertsShape = {
        "record": "alerts",
        "handle": molecule.handle,
        "name": molecule.label,
        "smiles": molecule.parent,
        "catalogues": list(CATALOGUES),
        "matches": matches,
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
        quote=f"{who} has {count} in the catalogues {', '.join(CATALOGUES)}: {_told(matches)} "
        f"({structures.RDKIT}).",
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

    @tool(parse_docstring=True, response_format="content_and_artifact")
    def check_alerts(molecule: str) -> tuple[str, ToolResult]:
        """Check a structure for alerts: PAINS (assay interference), Brenk (reactive, toxic), NIH.

        Use for "is X a PAINS compound", "any reactive or toxic groups in X". Example:
        check_alerts("CCO") -> CCO (M1) has no structural alert in the catalogues PAINS, Brenk, NIH.

        Args:
            molecule: a handle M1, a name, a ChEMBL id, a SMILES or an InChIKey.
        """
        return handed_back(check(bench.molecules.resolve(molecule)))

    return [check_alerts]
