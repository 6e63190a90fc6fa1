"""ChEMBL: one interface, two backends. The tools over it are in ``retort.tools.chembl.tools``."""

from retort.tools.chembl.records import (
    ActivityPage,
    ActivityQuery,
    ActivityRow,
    DocumentRow,
    IndicationRow,
    MechanismRow,
    MoleculeRow,
    Reference,
    StructureHit,
    StructurePage,
    TargetRow,
    WarningRow,
)
from retort.tools.chembl.source import ChemblSource, open_source

__all__ = [
    "ActivityPage",
    "ActivityQuery",
    "ActivityRow",
    "ChemblSource",
    "DocumentRow",
    "IndicationRow",
    "MechanismRow",
    "MoleculeRow",
    "Reference",
    "StructureHit",
    "StructurePage",
    "TargetRow",
    "WarningRow",
    "open_source",
]
