"""Units and efficiencies as evidence: the tools ``convert_units`` and ``ligand_efficiency``.

Knows which form of a molecule a weight is of and how a value is said. The arithmetic stands in
``units`` and ``efficiency``.
"""

from __future__ import annotations

from langchain_core.tools import BaseTool

from retort.tools import efficiency, structures, units
from retort.tools.bench import Bench, handed_back, tool
from retort.tools.calculation_shapes import ConversionShape, EfficiencyShape, QuantityShape
from retort.tools.molecule import Molecule
from retort.tools.properties import Values
from retort.tools.records import Evidence, ToolResult

ARITHMETIC = "arithmetic"
"""the source of a conversion that needs no molecule"""

_CARE = "A free energy follows from a dissociation constant (Kd, Ki); an IC50 depends on its assay."


def _shape(quantity: units.Quantity) -> QuantityShape:
    return {
        "relation": quantity.relation,
        "value": quantity.value,
        "text": quantity.number(),
        "unit": quantity.unit.name,
    }


def conversion(
    quantity: str,
    unit: str,
    molecule: Molecule | None = None,
    temperature: float = units.ROOM_TEMPERATURE,
) -> ToolResult:
    """One value in another unit as one piece of evidence.

    Args:
        quantity: "12 nM", "IC50 > 10 uM", "pKi 8.2", "-11.3 kcal/mol".
        unit: of the result.
        molecule: whose molecular weight is used, as it is named: of a salt, the whole's.
        temperature: in kelvin, of free energies.

    Raises:
        RetortError: a value or unit that cannot be read, or a weight that is missing.
    """
    given, wanted = units.parse(quantity), units.unit_named(unit)
    kinds = {given.unit.kind, wanted.kind}
    weighs = molecule is not None and "mass" in kinds and len(kinds) > 1
    weight = None
    if molecule and weighs:
        whole = structures.molecule_from_smiles(molecule.structure())
        weight = Values(whole).number("molecular_weight")
    made = units.convert(given, wanted, weight, temperature)
    of_energy = "energy" in kinds and len(kinds) > 1
    record: ConversionShape = {
        "record": "conversion",
        "given": _shape(given),
        "converted": _shape(made),
        "molecule": molecule.label if molecule and weighs else "",
        "molecular_weight": weight,
        "temperature_k": temperature if of_energy else None,
    }
    how = []
    if molecule and weighs:
        how.append(f"with the molecular weight {weight:.2f} g/mol of {molecule.title}")
    if of_energy:
        how.append(f"at {temperature:g} K by dG = RT ln K")
    said = f"{given.text()} is {made.text()}"
    evidence = Evidence(
        kind="calculation",
        source_id=structures.RDKIT if weighs else ARITHMETIC,
        title=f"{given.text()} in {wanted.name}",
        quote=f"{' '.join([said, *how])}.",
        record=dict(record),
    )
    notes = [_CARE] if of_energy and given.measure not in ("Kd", "Ki") else []
    notes += [molecule.remarks] if molecule and weighs and molecule.remarks else []
    return ToolResult(
        summary=said,
        evidence=(evidence,),
        note=" ".join(notes),
        count=1,
        molecules=(molecule.card(),) if molecule else (),
    )


def efficiencies(molecule: Molecule, activity: str) -> ToolResult:
    """Ligand efficiencies of a molecule (of a salt: of its parent) as one piece of evidence.

    Raises:
        RetortError: the activity cannot be read, or the molecule has no structure.
    """
    given = units.parse(activity)
    molecule.structure()
    values = Values(structures.molecule_from_smiles(molecule.parent))
    weight = values.number("molecular_weight")
    potency = efficiency.potency(given, weight)
    indices = efficiency.indices(values, potency)
    record: EfficiencyShape = {
        "record": "efficiency",
        "handle": molecule.handle,
        "name": molecule.label,
        "smiles": molecule.parent,
        "given": _shape(given),
        "p_activity": _shape(potency),
        "indices": indices,
        "rdkit_version": structures.RDKIT.split()[-1],
    }
    told = "; ".join(
        f"{item['index']} {'' if item['relation'] == '=' else item['relation'] + ' '}"
        f"{item['text']}{' ' * bool(item['unit'])}{item['unit']}"
        for item in indices
    )
    who = molecule.title if molecule.components == 1 else f"The parent of {molecule.title}"
    potent = "" if given.unit.kind == "logarithm" else f", that is {potency.text()}"
    evidence = Evidence(
        kind="calculation",
        source_id=structures.RDKIT,
        title=f"Ligand efficiency of {molecule.label}",
        quote=f"{who}, calculated from a measured value as it was given ({given.text()}{potent}): "
        f"{told} ({efficiency.basis(values)}; {structures.RDKIT}).",
        record=dict(record),
    )
    return ToolResult(
        summary=f"Ligand efficiency of {molecule.label} from {given.text()}",
        evidence=(evidence,),
        note=" ".join(filter(None, (efficiency.unsaid(values), molecule.remarks))),
        count=len(indices),
        molecules=(molecule.card(),),
    )


def build_tools(bench: Bench) -> list[BaseTool]:
    """The tools ``convert_units`` and ``ligand_efficiency``."""

    @tool
    def convert_units(
        quantity: str,
        unit: str,
        molecule: str = "",
        temperature_k: float = units.ROOM_TEMPERATURE,
    ) -> tuple[str, ToolResult]:
        """Convert a potency or concentration: M to pM, mg/mL, ug/mL, pIC50, pKi, pKd, kcal/mol.

        Use for "12 nM as pIC50", "10 uM of X in ug/mL", "Kd 5 nM as kcal/mol". Example:
        convert_units("Kd = 5 nM", "kcal/mol") -> -11.32 kcal/mol at 298.15 K.

        Args:
            quantity: a value with its unit, "12 nM", "IC50 > 10 uM", "pKi 8.2".
            unit: M, mM, uM, nM, pM, mg/mL, ug/mL, ng/mL, pIC50, pKi, pKd, pChEMBL, kcal/mol or
                kJ/mol.
            molecule: needed for mg/mL and the like; a handle, name, ChEMBL id or SMILES.
            temperature_k: in kelvin, of free energies.
        """
        found = bench.molecules.resolve(molecule) if molecule.strip() else None
        return handed_back(conversion(quantity, unit, found, temperature_k))

    @tool
    def ligand_efficiency(molecule: str, activity: str) -> tuple[str, ToolResult]:
        """Ligand efficiency (LE), LLE, BEI, SEI, LELP and FQ of a molecule from one potency.

        Use for "ligand efficiency of X at 12 nM", "LLE of X". Look the potency up with
        find_activities first. Example: ligand_efficiency("aspirin", "IC50 = 1.7 uM") -> LE 0.61
        kcal/mol per heavy atom; LLE 4.46.

        Args:
            molecule: a handle M1, a name, a ChEMBL id, a SMILES or an InChIKey.
            activity: a value with its unit, "12 nM", "Ki < 3 nM" or "pIC50 7.9".
        """
        return handed_back(efficiencies(bench.molecules.resolve(molecule), activity))

    return [convert_units, ligand_efficiency]
