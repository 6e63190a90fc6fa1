"""ChEMBL: one interface, two backends. The tools over it are in ``retort.tools.chembl.tools``."""

from retort.tools.chembl.records import (
    ActivityPage,
    ActivityQuery,
    ActivityRow,
    IndicationRow,
    MechanismRow,
    MoleculeRow,
    TargetRow,
)
from retort.tools.chembl.source import ChemblSource, open_source

__all__ = [
    "ActivityPage",
    "ActivityQuery",
    "ActivityRow",
    "ChemblSource",
    "IndicationRow",
    "MechanismRow",
    "MoleculeRow",
    "TargetRow",
    "open_source",
]
