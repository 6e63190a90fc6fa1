"""Which writer tells the records of which tool, in the order in which an answer tells them.

And under which heading they stand where an answer quotes papers too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from retort.agent.models.embedded import calculated, derived, looked_up, predicted, profiled
from retort.agent.models.embedded.dialogue import Result

WRITERS: dict[str, Callable[[Sequence[Result]], str]] = {
    "find_molecule": looked_up.write_molecules,
    "find_target": looked_up.write_targets,
    "calculate_properties": calculated.write_calculations,
    "check_rules": calculated.write_rules,
    "check_alerts": calculated.write_alerts,
    "estimate_charge": derived.write_charges,
    "compare_molecules": calculated.write_similarities,
    "match_substructure": calculated.write_substructures,
    "analyse_series": derived.write_series,
    "convert_units": derived.write_conversions,
    "ligand_efficiency": derived.write_efficiencies,
    "generate_conformers": derived.write_conformers,
    "find_mechanism": looked_up.write_mechanisms,
    "find_activities": looked_up.write_activities,
    "find_indications": looked_up.write_indications,
    "find_warnings": profiled.write_warnings,
    "find_selectivity": profiled.write_selectivity,
    "find_structure_activity": profiled.write_structure_activity,
    "find_similar": profiled.write_similar,
    "find_with_substructure": profiled.write_with_substructure,
    "find_document": profiled.write_documents,
    "predict_property": predicted.write_predictions,
    "explain_prediction": predicted.write_predictions,
}
"""The writer of each tool's records, in the order in which an answer tells them."""

CALCULATED, RECORDED, PREDICTED = "Calculated:", "From the database:", "Predicted:"
_PREDICTORS = frozenset({"predict_property", "explain_prediction"})


def heading(tool: str) -> str:
    """What kind of values a tool gives: measured and recorded, calculated, or predicted."""
    if tool in _PREDICTORS:
        return PREDICTED
    return RECORDED if tool.startswith("find_") else CALCULATED
