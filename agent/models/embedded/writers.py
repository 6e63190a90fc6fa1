"""Which writer tells the records of which tool, in the order in which an answer tells them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from retort.agent.models.embedded import calculated, looked_up, predicted
from retort.agent.models.embedded.dialogue import Result

WRITERS: dict[str, Callable[[Sequence[Result]], str]] = {
    "find_molecule": looked_up.write_molecules,
    "find_target": looked_up.write_targets,
    "calculate_properties": calculated.write_calculations,
    "check_rules": calculated.write_rules,
    "check_alerts": calculated.write_alerts,
    "compare_molecules": calculated.write_similarities,
    "match_substructure": calculated.write_substructures,
    "find_mechanism": looked_up.write_mechanisms,
    "find_activities": looked_up.write_activities,
    "find_indications": looked_up.write_indications,
    "predict_property": predicted.write_predictions,
    "explain_prediction": predicted.write_predictions,
}
"""The writer of each tool's records, in the order in which an answer tells them."""
