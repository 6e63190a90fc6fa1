"""The documents of the ChEMBL web service: by ChEMBL id, DOI and PubMed id.

Owns the filters over the document resource and the reading of its rows; a row is stamped with
release and time by ``web.py``. Knows no connection.
"""

from __future__ import annotations

from retort.tools.chembl import reading
from retort.tools.chembl.client import Client
from retort.tools.chembl.fields import RESOURCES
from retort.tools.chembl.records import DocumentRow

FILTERS = {"chembl_id": "document_chembl_id", "doi": "doi__iexact", "pubmed_id": "pubmed_id"}
"""filter of the service for each column that ``reading.document_key`` names"""


def find_documents(client: Client, text: str) -> list[DocumentRow]:
    """See ``ChemblSource.documents``."""
    column, key = reading.document_key(text)
    if not key:
        return []
    fields = tuple(RESOURCES["document"].fields)
    texts = [name for name in fields if name not in ("document_chembl_id", "year")]
    rows = [
        DocumentRow(
            chembl_id=row["document_chembl_id"],
            year=reading.integer(row.get("year")),
            release="",
            **{name: reading.text(row.get(name)) for name in texts},
        )
        for row in client.rows("document", {FILTERS[column]: key}, fields).rows
    ]
    return sorted(rows, key=lambda row: reading.id_number(row.chembl_id))
