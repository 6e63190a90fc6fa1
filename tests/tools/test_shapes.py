"""What ``shapes`` says of the records is what the tools write, over the shipped starter pack."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NotRequired, get_args, get_origin, get_type_hints

import pytest

from retort.retrieval.encode import HashingEncoder
from retort.retrieval.ingest import add_starter
from retort.retrieval.library import Library
from retort.tools import Bench, build, calculation_shapes, shapes
from retort.tools.chembl import open_source
from retort.tools.chembl import shapes as of_chembl
from retort.tools.molecule import MoleculeBook
from retort.tools.predictors import Predictors
from retort.tools.predictors.records import Neighbour, Prediction
from retort.tools.series import shapes as of_series

SERIES = ["Cc1ccccc1", "Clc1ccccc1", "Fc1ccccc1"]

SHAPES = (shapes, calculation_shapes, of_series, of_chembl)
"""every module of shapes"""

ELSEWHERE = {"safety_flags", "drug_warning"}
"""records of tables that the starter pack lacks; tests/tools/chembl holds them to their shapes"""

CALLS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("find_molecule", {"molecule": "imatinib"}),
    ("calculate_properties", {"molecule": "imatinib"}),
    ("check_rules", {"molecule": "imatinib"}),
    ("check_alerts", {"molecule": "imatinib"}),
    ("check_rules", {"molecule": "imatinib", "rules": ["cns_mpo"]}),
    ("estimate_charge", {"molecule": "imatinib"}),
    ("convert_units", {"quantity": "12 nM", "unit": "pIC50"}),
    ("ligand_efficiency", {"molecule": "imatinib", "activity": "12 nM"}),
    ("compare_molecules", {"molecule": "imatinib", "other": "nilotinib"}),
    ("match_substructure", {"molecule": "imatinib", "smarts": "C=O"}),
    ("analyse_series", {"molecules": SERIES, "by": "scaffold", "property": "logp"}),
    ("analyse_series", {"molecules": SERIES, "by": "r_groups"}),
    ("analyse_series", {"molecules": SERIES, "by": "matched_pairs", "property": "logp"}),
    ("analyse_series", {"molecules": ["CCO", "CC#N"], "by": "matched_pairs"}),
    ("analyse_series", {"molecules": SERIES, "by": "clusters"}),
    ("analyse_series", {"molecules": SERIES, "by": "common_core"}),
    ("analyse_series", {"molecules": SERIES, "by": "diverse"}),
    ("generate_conformers", {"molecule": "CCO", "count": 1}),
    ("find_target", {"target": "EGFR"}),
    ("find_activities", {"target": "EGFR"}),
    ("find_activities", {"target": "EGFR", "molecule": "aspirin"}),
    ("find_mechanism", {"molecule": "imatinib"}),
    ("find_indications", {"molecule": "imatinib"}),
    ("find_selectivity", {"molecule": "gefitinib"}),
    ("find_structure_activity", {"target": "EGFR", "molecule": "gefitinib"}),
    ("find_similar", {"molecule": "imatinib", "threshold": 0.4}),
    ("find_with_substructure", {"smarts": "c1ccc2ncncc2c1"}),
    ("find_document", {"document": "10.1038/nbt.1990"}),
    ("predict_property", {"molecule": "imatinib"}),
    ("explain_prediction", {"molecule": "imatinib", "endpoint": "herg"}),
    ("search_literature", {"query": "warfarin dose"}),
)


class WithNeighbours(Predictors):
    """The shipped predictors with a training molecule beside every prediction."""

    def predict(
        self, smiles: Sequence[str], endpoints: Sequence[str] | None = None
    ) -> list[Prediction]:
        near = Neighbour("KTUFNOKKBVMGRW", 1.0, 0.0, "", "no hERG blocker", "Nobody 2020")
        rows = super().predict(smiles, endpoints)
        return [replace(row, neighbours=(near,)) for row in rows]


def fields_by_record() -> dict[str, set[str]]:
    """The fields of each record as its tool writes it; those that the agent adds are left out."""
    types = [item for each in SHAPES for item in vars(each).values() if isinstance(item, type)]
    hints = [get_type_hints(item, include_extras=True) for item in types]
    return {
        get_args(found["record"])[0]: {
            name for name, kind in found.items() if get_origin(kind) is not NotRequired
        }
        for found in hints
        if "record" in found
    }


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("shapes")
    chembl = open_source("starter", cache=folder, offline=True, url="")
    library = Library.open(folder / "starter", HashingEncoder(), create=True)
    add_starter(library)
    bench = Bench(MoleculeBook(chembl), chembl, lambda: library, WithNeighbours.load)
    return {tool.name: tool for tool in build(bench)}


@pytest.mark.parametrize(("name", "args"), CALLS, ids=lambda item: str(item))
def test_a_record_has_the_fields_of_its_shape(
    tools: dict[str, Any], name: str, args: dict[str, Any]
) -> None:
    call = {"name": name, "args": args, "id": "1", "type": "tool_call"}
    found = tools[name].invoke(call).artifact.evidence
    assert found
    for item in found:
        assert set(item.record) == fields_by_record()[item.record["record"]]


def test_every_shape_is_written_by_a_tool(tools: dict[str, Any]) -> None:
    written = {
        item.record["record"]
        for name, args in CALLS
        for item in tools[name]
        .invoke({"name": name, "args": args, "id": "1", "type": "tool_call"})
        .artifact.evidence
    }
    assert written == set(fields_by_record()) - ELSEWHERE
