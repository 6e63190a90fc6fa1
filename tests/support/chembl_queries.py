"""Sixty questions about the starter file, for both backends: one table of what was asked."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from retort.retrieval.errors import RetortError
from retort.tools.chembl import starter
from retort.tools.chembl.records import WILD_TYPE, ActivityPage, ActivityQuery, StructurePage
from retort.tools.chembl.source import ChemblSource

EGFR, HERG = "CHEMBL203", "CHEMBL240"
GEFITINIB = "CHEMBL939"
Ask = Callable[[ChemblSource], Any]


def _molecules(*texts: str) -> dict[str, Ask]:
    return {f"molecule {text}": lambda source, text=text: source.molecules(text) for text in texts}


def _targets(*texts: str) -> dict[str, Ask]:
    return {f"target {text}": lambda source, text=text: source.targets(text) for text in texts}


def _activities(**queries: ActivityQuery) -> dict[str, Ask]:
    return {
        f"activities {name}": lambda source, query=query: source.activities(query)
        for name, query in queries.items()
    }


QUERIES: dict[str, Ask] = {
    **_molecules(
        "gefitinib",
        "IRESSA",
        "Osimertinib",
        "acetylsalicylic acid",
        GEFITINIB,
        "chembl25",
        "CHEMBL424242",
        "XGALLCVXEZPNRQ-UHFFFAOYSA-N",
        "AAAAAAAAAAAAAA-AAAAAAAAAA-N",
        "trastuzumab",
        "gefitnib",
        "unobtainium",
        "a#b/c\\d%12",
    ),
    **_targets(
        "EGFR",
        "P00533",
        EGFR,
        "HER2",
        "cox-2",
        "hERG",
        "Epidermal growth factor receptor",
        "kinase",
        "unobtainase",
    ),
    # a web service's names are not all compared, so its further suggestions are fewer
    "nearest name to gefitnib": lambda source: source.suggest("gefitnib")[:1],
    **_activities(
        of_EGFR=ActivityQuery(target_id=EGFR),
        page_2=ActivityQuery(target_id=EGFR, limit=7, offset=7),
        beyond=ActivityQuery(target_id=EGFR, limit=7, offset=9999),
        all=ActivityQuery(target_id=EGFR, limit=1000),
        Kd=ActivityQuery(target_id=EGFR, types=("Kd",), limit=50),
        IC50_or_Ki=ActivityQuery(target_id=EGFR, types=("IC50", "Ki"), limit=50),
        below_1_nM=ActivityQuery(target_id=EGFR, max_value_nm=1, limit=50),
        above_1_uM=ActivityQuery(target_id=EGFR, min_value_nm=1000, limit=50),
        between=ActivityQuery(target_id=EGFR, min_value_nm=10, max_value_nm=100, limit=50),
        pchembl_8=ActivityQuery(target_id=EGFR, min_pchembl=8, limit=50),
        bounds=ActivityQuery(molecule_ids=(GEFITINIB,), relations=(">",), limit=50),
        no_relation=ActivityQuery(target_id=EGFR, relations=("", "="), limit=50),
        impossible=ActivityQuery(target_id=EGFR, relations=(">",), max_value_nm=10),
        other_unit=ActivityQuery(target_id=EGFR, units=("ug.mL-1",)),
        binding=ActivityQuery(target_id=EGFR, assay_types=("B",), limit=50),
        functional=ActivityQuery(target_id=EGFR, assay_types=("F",)),
        confident=ActivityQuery(target_id=HERG, min_confidence=8, limit=50),
        mutant=ActivityQuery(target_id=EGFR, variant="t790m", limit=50),
        wild_type=ActivityQuery(target_id=EGFR, variant=WILD_TYPE, limit=50),
        organism=ActivityQuery(molecule_ids=(GEFITINIB,), organism="homo SAPIENS", limit=50),
        of_molecule=ActivityQuery(molecule_ids=("CHEMBL535",), limit=50),
        of_both=ActivityQuery(target_id=EGFR, molecule_ids=(GEFITINIB, "CHEMBL553"), limit=50),
        unknown_target=ActivityQuery(target_id="CHEMBL424242"),
        unknown_molecule=ActivityQuery(molecule_ids=("CHEMBL424242",)),
    ),
    "mechanism of gefitinib": lambda source: source.mechanisms(molecule_id=GEFITINIB),
    "drugs on EGFR": lambda source: source.mechanisms(target_id=EGFR),
    "indications of gefitinib": lambda source: source.indications(GEFITINIB),
    "drugs for lung cancer": lambda source: source.indications(disease="lung"),
    "drugs for 100 %": lambda source: source.indications(disease="100%"),
    "warnings of celecoxib": lambda source: source.warnings("CHEMBL118"),
    "warnings of gefitinib": lambda source: source.warnings(GEFITINIB),
    "document by DOI": lambda source: source.documents("https://doi.org/10.1038/NBT.1990"),
    "document by PMID": lambda source: source.documents("PMID: 22037378"),
    "document unknown": lambda source: source.documents("10.1000/none"),
    "similar to gefitinib": lambda source: source.similar(GEFITINIB, 0.4, limit=10),
    "similar, page 2": lambda source: source.similar(GEFITINIB, 0.3, limit=3, offset=3),
    "similar to nothing": lambda source: source.similar("CHEMBL424242"),
}


def build(path: Path) -> Path:
    """The starter file at ``path``, with a table of warnings, which it has none of."""
    starter.build(path)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "CREATE TABLE drug_warning AS SELECT 1 AS warning_id, molregno, "
            "'Black Box Warning' AS warning_type, 'cardiotoxicity' AS warning_class, "
            "NULL AS warning_description, 'United States' AS warning_country, "
            "2005 AS warning_year FROM molecule_dictionary WHERE chembl_id = 'CHEMBL118'"
        )
    return path


def answer(ask: Ask, source: ChemblSource) -> tuple[Any, int, str]:
    """What a source gives, its number of rows, and how it is counted.

    Times are left out of records' comparison by the records themselves. How many structures were
    searched is set aside: a web service does not tell it.
    """
    try:
        found = ask(source)
    except RetortError as error:
        return type(error).__name__, 0, "refused"
    if isinstance(found, ActivityPage):
        return found, len(found.rows), f"of {found.total}"
    if isinstance(found, StructurePage):
        return (found.total, found.hits, found.method, found.release), len(found.hits), ""
    return found, len(found), ""
