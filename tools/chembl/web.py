"""ChEMBL from its web service, in the same rows as a local file gives.

Owns the choice of resource for each question, and what every row carries: the release, and the time
of the oldest answer that it was made from. Knows no connection, retry or cache (``client.py``) and
no filter (the ``web_`` modules).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from retort.tools.chembl import reading
from retort.tools.chembl.client import Client
from retort.tools.chembl.records import (
    ActivityPage,
    ActivityQuery,
    DocumentRow,
    IndicationRow,
    MechanismRow,
    MoleculeRow,
    StructureHit,
    StructurePage,
    TargetRow,
    WarningRow,
)
from retort.tools.chembl.web_activities import WebActivities
from retort.tools.chembl.web_documents import find_documents
from retort.tools.chembl.web_drugs import WebDrugs
from retort.tools.chembl.web_molecules import WebMolecules
from retort.tools.chembl.web_structures import similar, structures_stay_here
from retort.tools.chembl.web_targets import WebTargets

Row = TypeVar("Row", MoleculeRow, TargetRow, MechanismRow, IndicationRow, WarningRow, DocumentRow)


class WebSource:
    """A ``ChemblSource`` over the public web service, or a mirror of it.

    Args:
        url: base of the service, e.g. ``https://www.ebi.ac.uk/chembl/api/data``.
        cache: folder for its answers, each with the time it was given.
        offline: raise ``OfflineError`` at every question, before any connection.
        deadline_s: seconds for one question, with all its requests and retries.
        retries: further attempts after a failure that may pass.
        backoff_s: pause before the first retry; doubled for each further one.
    """

    def __init__(
        self,
        url: str,
        *,
        cache: Path,
        offline: bool = False,
        deadline_s: float = 30.0,
        retries: int = 2,
        backoff_s: float = 0.5,
    ) -> None:
        self._client = Client(
            url,
            cache=cache,
            offline=offline,
            deadline_s=deadline_s,
            retries=retries,
            backoff_s=backoff_s,
        )
        self._molecules = WebMolecules(self._client)
        self._targets = WebTargets(self._client)
        self._activities = WebActivities(self._client, self._molecules, self._targets)
        self._drugs = WebDrugs(self._client, self._molecules, self._targets)

    def release(self) -> str:
        """The release that the service says it serves."""
        return reading.release_name([self._client.release()])

    def close(self) -> None:
        """Nothing is held open."""

    def molecules(self, text: str) -> list[MoleculeRow]:
        """See ``ChemblSource.molecules``."""
        return self._stamped(lambda: self._molecules.find(text))

    def name_of(self, key: str) -> str:
        """See ``ChemblSource.name_of``: nothing, since each name would cost a request."""
        return ""

    def suggest(self, text: str, limit: int = 5) -> list[str]:
        """See ``ChemblSource.suggest``; names that share the first three letters are compared."""
        with self._client.question() as asked:
            names = self._molecules.suggest(text, limit)
            asked.confirm(len(names))
            return names

    def targets(self, text: str) -> list[TargetRow]:
        """See ``ChemblSource.targets``."""
        return self._stamped(lambda: self._targets.find(text))

    def activities(self, query: ActivityQuery) -> ActivityPage:
        """See ``ChemblSource.activities``."""
        with self._client.question() as asked:
            page = self._activities.page(query)
            asked.confirm(page.total)
            retrieved_at, release = asked.retrieved_at, self.release()
        rows = [replace(row, release=release, retrieved_at=retrieved_at) for row in page.rows]
        return replace(page, rows=tuple(rows), release=release)

    def mechanisms(self, molecule_id: str = "", target_id: str = "") -> list[MechanismRow]:
        """See ``ChemblSource.mechanisms``."""
        return self._stamped(lambda: self._drugs.mechanisms(molecule_id, target_id))

    def indications(self, molecule_id: str = "", disease: str = "") -> list[IndicationRow]:
        """See ``ChemblSource.indications``."""
        return self._stamped(lambda: self._drugs.indications(molecule_id, disease))

    def warnings(self, molecule_id: str) -> list[WarningRow]:
        """See ``ChemblSource.warnings``."""
        return self._stamped(lambda: self._drugs.warnings(molecule_id))

    def documents(self, text: str) -> list[DocumentRow]:
        """See ``ChemblSource.documents``."""
        return self._stamped(lambda: find_documents(self._client, text))

    def similar(
        self, structure: str, threshold: float = 0.7, limit: int = 20, offset: int = 0
    ) -> StructurePage:
        """See ``ChemblSource.similar``."""
        with self._client.question() as asked:
            page = similar(self._client, self._molecules, structure, threshold, limit, offset)
            asked.confirm(page.total)
            found = {hit.molecule.chembl_id: hit.similarity for hit in page.hits}
            rows = self._stamped(lambda: [hit.molecule for hit in page.hits])
            hits = tuple(StructureHit(row, found[row.chembl_id]) for row in rows)
            return replace(page, hits=hits, release=self.release())

    def substructure(self, pattern: str, limit: int = 20, offset: int = 0) -> StructurePage:
        """See ``ChemblSource.substructure``: refused."""
        raise structures_stay_here("molecules that hold a pattern")

    def _stamped(self, question: Callable[[], list[Row]]) -> list[Row]:
        """The rows of one question, asked within its time limit, with release and time."""
        with self._client.question() as asked:
            rows = question()
            asked.confirm(len(rows))
            retrieved_at, release = asked.retrieved_at, self.release() if rows else ""
        return [replace(row, release=release, retrieved_at=retrieved_at) for row in rows]
