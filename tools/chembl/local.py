"""ChEMBL from a local SQLite file: the starter file or a full dump.

Owns the choice of table for each question. Knows nothing of the web service; that both give the
same rows is tested.
"""

from __future__ import annotations

import logging
from pathlib import Path

from retort.retrieval.errors import RetortError
from retort.tools.chembl import reading, sidefile
from retort.tools.chembl.database import Database
from retort.tools.chembl.local_activities import ActivityTable
from retort.tools.chembl.local_documents import DocumentTable
from retort.tools.chembl.local_drugs import DrugTables
from retort.tools.chembl.local_molecules import MoleculeTable
from retort.tools.chembl.local_structures import StructureTable
from retort.tools.chembl.local_targets import TargetTable
from retort.tools.chembl.records import (
    ActivityPage,
    ActivityQuery,
    DocumentRow,
    IndicationRow,
    MechanismRow,
    MoleculeRow,
    StructurePage,
    TargetRow,
    WarningRow,
)

_log = logging.getLogger(__name__)


def release_of(db: Database) -> str:
    """The release named in a file's version table."""
    known = db.rows("SELECT name FROM version") if db.has("version", "name") else []
    return reading.release_name(row["name"] for row in known)


def _log_progress(done: int, total: int, note: str) -> None:
    if note:
        _log.info("indexing the ChEMBL file, %d of %d: %s", done + 1, total, note)


def _with_side(db: Database, place: sidefile.Place, advance: sidefile.Advance) -> Database:
    """The file with its indexes, which are built where they are missing and can be written."""
    try:
        side = sidefile.build_lookups(db, place, advance)
    except RetortError as error:
        _log.warning("%s %s Searches read the whole file, and are slow.", error.what, error.why)
        return db
    db.close()
    return Database(db.path, side)


class LocalSource:
    """A ``ChemblSource`` over one SQLite file.

    Args:
        path: the file; see ``Database`` for what is refused.
        cache: folder for the side files of a dump; they are not looked for without one.
        advance: told how far the building of a dump's indexes is, which takes minutes, once.

    Raises:
        RetortError: the file is missing, damaged or not a ChEMBL database.
    """

    def __init__(
        self, path: Path, cache: Path | None = None, advance: sidefile.Advance = _log_progress
    ) -> None:
        self._db = Database(path)
        self._release = release_of(self._db)
        fingerprints: Path | None = None
        if cache is not None and sidefile.is_large(path):
            place = sidefile.place_for(path, self._release, cache)
            fingerprints = place.fingerprints
            self._db = _with_side(self._db, place, advance)
        self._molecules = MoleculeTable(self._db, self._release)
        self._targets = TargetTable(self._db, self._release)
        self._activities = ActivityTable(self._db, self._release, self._molecules, self._targets)
        self._drugs = DrugTables(self._db, self._release, self._molecules, self._targets)
        self._documents = DocumentTable(self._db, self._release)
        self._structures = StructureTable(self._db, self._release, self._molecules, fingerprints)

    def release(self) -> str:
        """The release named in the file's version table."""
        return self._release

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def molecules(self, text: str) -> list[MoleculeRow]:
        """See ``ChemblSource.molecules``."""
        return self._molecules.find(text)

    def suggest(self, text: str, limit: int = 5) -> list[str]:
        """See ``ChemblSource.suggest``."""
        return self._molecules.suggest(text, limit)

    def name_of(self, key: str) -> str:
        """See ``ChemblSource.name_of``."""
        return self._molecules.name_of(key)

    def targets(self, text: str) -> list[TargetRow]:
        """See ``ChemblSource.targets``."""
        return self._targets.find(text)

    def activities(self, query: ActivityQuery) -> ActivityPage:
        """See ``ChemblSource.activities``."""
        return self._activities.page(query)

    def mechanisms(self, molecule_id: str = "", target_id: str = "") -> list[MechanismRow]:
        """See ``ChemblSource.mechanisms``."""
        return self._drugs.mechanisms(molecule_id, target_id)

    def indications(self, molecule_id: str = "", disease: str = "") -> list[IndicationRow]:
        """See ``ChemblSource.indications``."""
        return self._drugs.indications(molecule_id, disease)

    def warnings(self, molecule_id: str) -> list[WarningRow]:
        """See ``ChemblSource.warnings``."""
        return self._drugs.warnings(molecule_id)

    def documents(self, text: str) -> list[DocumentRow]:
        """See ``ChemblSource.documents``."""
        return self._documents.find(text)

    def similar(
        self, structure: str, threshold: float = 0.7, limit: int = 20, offset: int = 0
    ) -> StructurePage:
        """See ``ChemblSource.similar``."""
        return self._structures.similar(structure, threshold, limit, offset)

    def substructure(self, pattern: str, limit: int = 20, offset: int = 0) -> StructurePage:
        """See ``ChemblSource.substructure``."""
        return self._structures.substructure(pattern, limit, offset)
