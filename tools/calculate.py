"""Calculated properties of a molecule as evidence, and the tool ``calculate_properties``.

Knows which of a salt's components a value is of. What the properties are stands in ``properties``.
"""

from __future__ import annotations

from collections.abc import Sequence

from langchain_core.tools import BaseTool

from retort.tools import structures
from retort.tools.bench import Bench, Names, handed_back, tool
from retort.tools.calculation_shapes import CalculationShape, ValueShape
from retort.tools.molecule import Molecule
from retort.tools.properties import Property, named, value_of
from retort.tools.records import Evidence, ToolResult

ABSENT = "none"
"""what is written where a molecule has no such value: no basic group, no pKa of one"""


def values_of(molecule: Molecule, wanted: Sequence[Property]) -> list[ValueShape]:
    """The values of one molecule. Of a salt, masses are the whole's and all else is the parent's.

    Raises:
        RetortError: the molecule has no structure.
    """
    whole = structures.molecule_from_smiles(molecule.structure())
    is_split = molecule.parent not in ("", molecule.smiles)
    parent = structures.molecule_from_smiles(molecule.parent) if is_split else whole
    values: list[ValueShape] = []
    for item in wanted:
        of = " of all components" if item.of_whole else " of the parent"
        shown = value_of(whole if item.of_whole else parent, item)
        values.append(_shape(item, item.label + (of if is_split else ""), shown))
        if is_split and item.name in _MASSES:
            mass = value_of(parent, item)
            values.append(_shape(item, f"{item.label} of the parent", mass, f"{item.name}_parent"))
    return values


_MASSES = ("molecular_weight", "exact_mass")
"""of a salt, what is said of its parent as well"""


def _shape(
    item: Property, label: str, value: float | int | str | None, name: str = ""
) -> ValueShape:
    return {
        "property": name or item.name,
        "label": label,
        "value": value,
        "text": ABSENT if value is None else item.text(value),
        "unit": item.unit if value is not None else "",
        "method": item.method,
    }


def calculation(molecule: Molecule, properties: Sequence[str] = ()) -> ToolResult:
    """Calculated properties of a molecule as one piece of evidence.

    Args:
        molecule: a resolved molecule.
        properties: names or aliases; none means the usual ten.

    Raises:
        RetortError: an unknown property, or a molecule without a structure.
    """
    values = values_of(molecule, named(properties))
    told = "; ".join(
        f"{value['label']} {value['text']}{' ' * bool(value['unit'])}{value['unit']}"
        for value in values
    )
    record: CalculationShape = {
        "record": "calculation",
        "handle": molecule.handle,
        "name": molecule.label,
        "smiles": molecule.smiles,
        "values": values,
        "rdkit_version": structures.RDKIT.split()[-1],
    }
    evidence = Evidence(
        kind="calculation",
        source_id=structures.RDKIT,
        title=f"Calculated properties of {molecule.label}",
        quote=f"{molecule.title}: {told} ({structures.RDKIT}).",
        record=dict(record),
    )
    count = len(values)
    plural = "property" if count == 1 else "properties"
    return ToolResult(
        summary=f"Calculated {count} {plural} of {molecule.label}",
        evidence=(evidence,),
        note=molecule.remarks,
        count=count,
        molecules=(molecule.card(),),
    )


def build_tools(bench: Bench) -> list[BaseTool]:
    """The tool ``calculate_properties``."""

    @tool
    def calculate_properties(
        molecule: str,
        properties: Names = [],  # noqa: B006
    ) -> tuple[str, ToolResult]:
        """Calculate properties from a molecule's structure: molecular weight, logP, TPSA and more.

        Use for "molecular weight of X", "TPSA and logP of X", "how many rings". Not for solubility,
        hERG or potency. Example: calculate_properties("imatinib", ["molecular_weight", "tpsa"]) ->
        molecular weight 493.62 g/mol; TPSA 86.28 A^2.

        Args:
            molecule: a handle M1, a name, a ChEMBL id, a SMILES or an InChIKey.
            properties: any of formula, molecular_weight, exact_mass, logp, tpsa, hbd, hba,
                rotatable_bonds, rings, aromatic_rings, heavy_atoms, fsp3, qed, molar_refractivity,
                formal_charge, stereocentres, sa_score, np_likeness. Leave empty for the usual ten.
        """
        return handed_back(calculation(bench.molecules.resolve(molecule), properties))

    return [calculate_properties]
