"""The documents of a local ChEMBL file: by ChEMBL id, DOI and PubMed id.

Owns the SQL over the document table. Knows no molecule and no activity.
"""

from __future__ import annotations

from retort.tools.chembl import reading
from retort.tools.chembl.database import Database
from retort.tools.chembl.records import DocumentRow

_TEXTS = (
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
)


class DocumentTable:
    """Documents of one file.

    Args:
        db: the file.
        release: its release, stamped on every row.
    """

    def __init__(self, db: Database, release: str) -> None:
        self._db = db
        self._release = release

    def find(self, text: str) -> list[DocumentRow]:
        """See ``ChemblSource.documents``."""
        _, key = reading.document_key(text)
        if not key:
            return []
        db = self._db
        db.need("docs", "documents")
        columns = ", ".join(
            f"{db.column('d', 'docs', name)} AS {name}" for name in (*_TEXTS, "year")
        )
        found = db.rows(
            f"SELECT d.chembl_id, {columns} FROM docs d WHERE d.doc_id IN "
            "(SELECT doc_id FROM cited WHERE reference = ? COLLATE NOCASE)",
            (key,),
        )
        rows = [
            DocumentRow(
                chembl_id=row["chembl_id"],
                year=reading.integer(row["year"]),
                release=self._release,
                **{name: reading.text(row[name]) for name in _TEXTS},
            )
            for row in found
        ]
        return sorted(rows, key=lambda row: reading.id_number(row.chembl_id))
