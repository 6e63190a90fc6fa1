"""The resources of the ChEMBL web service that are asked, and the form that their answers have.

Owns the names (https://chembl.gitbook.io/chembl-interface-documentation/web-services) and what may
stand in each field, so that an answer of another form is seen at the door and not by the code that
reads it. Knows no connection and no record.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Form = Callable[[Any], bool]
"""whether a value has the form that its field must have; an absent value comes as ``None``"""


def chembl_id(value: Any) -> bool:
    """A ChEMBL id, always there."""
    return isinstance(value, str) and bool(value.strip())


def row_id(value: Any) -> bool:
    """The number of a row, always there; a file of another origin has strings."""
    return isinstance(value, int) or chembl_id(value)


def text(value: Any) -> bool:
    """A string or nothing."""
    return value is None or isinstance(value, str)


def scalar(value: Any) -> bool:
    """A string, a number or nothing, but no list and no object."""
    return value is None or isinstance(value, (str, int, float))


def number(value: Any) -> bool:
    """A finite number, as such or as a string, or nothing."""
    try:
        return value is None or (isinstance(value, (str, int, float)) and _finite(value))
    except (ValueError, OverflowError):
        return False


def _finite(value: str | float) -> bool:
    return math.isfinite(float(value))


def record(**fields: Form) -> Form:
    """An object with these fields, or nothing."""

    def check(value: Any) -> bool:
        return value is None or _holds(value, fields)

    return check


def many(**fields: Form) -> Form:
    """A list of objects with these fields, or nothing."""

    def check(value: Any) -> bool:
        listed = isinstance(value, list) and all(_holds(item, fields) for item in value)
        return value is None or listed

    return check


def _holds(value: Any, fields: Mapping[str, Form]) -> bool:
    return isinstance(value, dict) and all(form(value.get(name)) for name, form in fields.items())


@dataclass(frozen=True, slots=True)
class Resource:
    """One kind of row of the service."""

    collection: str
    """name of the list in its answers"""
    fields: Mapping[str, Form]
    known: Mapping[str, Any] = field(default_factory=dict)
    """a question whose answer is never empty (of aspirin, of EGFR, or for any row at all). The
    service has been seen to answer everything with empty lists while it was down; an empty list
    counts as absence only while this finds something"""

    def faulty(self, row: Any, only: tuple[str, ...]) -> str:
        """The first of the fields asked for that has another form; ``row`` where it is no row."""
        if not isinstance(row, dict):
            return "row"
        return next((name for name in only if not self.fields[name](row.get(name))), "")


_ASPIRIN = {"molecule_chembl_id": "CHEMBL25"}
_EGFR = {"target_chembl_id": "CHEMBL203"}
_DRUG: dict[str, Form] = {"molecule_chembl_id": chembl_id, "parent_molecule_chembl_id": text}
_MOLECULE: dict[str, Form] = {
    "molecule_chembl_id": chembl_id,
    "pref_name": text,
    "max_phase": number,
    "first_approval": number,
    "molecule_type": text,
    "molecule_hierarchy": record(parent_chembl_id=text),
    "molecule_structures": record(canonical_smiles=text, standard_inchi_key=text),
    "molecule_synonyms": many(molecule_synonym=text, synonyms=text),
    "molecule_properties": record(full_molformula=text),
    "withdrawn_flag": number,
    "black_box_warning": number,
}
_REFERENCES = many(ref_type=text, ref_id=scalar, ref_url=text)
_DOCUMENT: dict[str, Form] = {"document_chembl_id": chembl_id, "year": number}
_DOCUMENT |= dict.fromkeys(
    (
        "title",
        "authors",
        "journal",
        "volume",
        "issue",
        "first_page",
        "last_page",
        "doi",
        "pubmed_id",
        "patent_id",
        "doc_type",
    ),
    scalar,
)

RESOURCES: Mapping[str, Resource] = {
    "activity": Resource(
        "activities",
        _DRUG
        | {
            "activity_id": row_id,
            "molecule_pref_name": text,
            "canonical_smiles": text,
            "target_chembl_id": text,
            "target_pref_name": text,
            "target_organism": text,
            "standard_type": text,
            "standard_relation": text,
            "standard_value": number,
            "standard_units": text,
            "pchembl_value": number,
            "assay_chembl_id": chembl_id,
            "assay_type": text,
            "assay_description": text,
            "assay_variant_mutation": text,
            "activity_comment": text,
            "data_validity_comment": text,
            "potential_duplicate": number,
            "document_chembl_id": text,
            "document_year": number,
        },
        _EGFR,
    ),
    "assay": Resource("assays", {"assay_chembl_id": chembl_id, "confidence_score": number}),
    "document": Resource("documents", _DOCUMENT),
    "drug_indication": Resource(
        "drug_indications",
        _DRUG
        | {
            "drugind_id": row_id,
            "mesh_heading": text,
            "mesh_id": text,
            "efo_term": text,
            "max_phase_for_ind": number,
            "indication_refs": _REFERENCES,
        },
        _ASPIRIN,
    ),
    "drug_warning": Resource(
        "drug_warnings",
        _DRUG
        | {
            "warning_type": text,
            "warning_class": text,
            "warning_description": text,
            "warning_country": text,
            "warning_year": number,
            "warning_refs": _REFERENCES,
        },
    ),
    "mechanism": Resource(
        "mechanisms",
        _DRUG
        | {
            "mechanism_of_action": text,
            "mechanism_comment": text,
            "mechanism_refs": _REFERENCES,
            "action_type": text,
            "target_chembl_id": text,
        },
        _ASPIRIN,
    ),
    "molecule": Resource("molecules", _MOLECULE, _ASPIRIN),
    "similarity": Resource(
        "molecules",
        {"molecule_chembl_id": chembl_id, "similarity": number},
        {"chembl_id": "CHEMBL25", "similarity": 100},
    ),
    "target": Resource(
        "targets",
        {
            "target_chembl_id": chembl_id,
            "pref_name": text,
            "organism": text,
            "target_type": text,
            "target_components": many(
                accession=text,
                target_component_synonyms=many(component_synonym=text, syn_type=text),
            ),
        },
        _EGFR,
    ),
}
