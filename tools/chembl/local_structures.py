"""Similar molecules and substructures in a local ChEMBL file.

Owns which fingerprints are searched: those on disk beside a dump, or, for a small file, some made
in memory at the first question. Knows no activity.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from retort.retrieval.errors import RetortError, UsageError
from retort.tools.chembl import reading
from retort.tools.chembl.database import Database
from retort.tools.chembl.local_molecules import MoleculeTable
from retort.tools.chembl.records import StructureHit, StructurePage

if TYPE_CHECKING:
    from retort.tools.chembl.fingerprints import Structures

FEW = 20_000
"""structures that are fingerprinted in memory: some ten seconds"""
LOWEST = 0.3
"""lowest similarity that is searched; below it most of ChEMBL is alike to anything"""
SECONDS = 2.0
"""for matching the candidates of a substructure search"""
SIMILARITY = "Tanimoto on Morgan fingerprints, radius 2, 2048 bits"


class StructureTable:
    """Structures of one file.

    Args:
        db: the file.
        release: its release, stamped on every answer.
        molecules: for the molecules that are found.
        folder: fingerprints on disk; None or absent where there are none.
        seconds: for matching the candidates of a substructure search.
    """

    def __init__(
        self,
        db: Database,
        release: str,
        molecules: MoleculeTable,
        folder: Path | None,
        seconds: float = SECONDS,
    ) -> None:
        self._db = db
        self._release = release
        self._molecules = molecules
        self._folder = folder
        self._seconds = seconds
        self._lock = threading.Lock()
        self._structures: Structures | None = None

    def similar(self, structure: str, threshold: float, limit: int, offset: int) -> StructurePage:
        """See ``ChemblSource.similar``.

        Raises:
            UsageError: the threshold is out of range.
            RetortError: the structure cannot be read, or the fingerprints were not built.
        """
        from retort.tools import structures
        from retort.tools.chembl import fingerprints

        if not LOWEST <= threshold <= 1:
            raise UsageError(
                f"A similarity of {threshold:g} cannot be asked for.",
                f"It is a Tanimoto coefficient from {LOWEST:g} to 1.",
                "Ask for 0.7, or 0.5 for more distant relatives.",
            )
        query = structures.standardise(structures.molecule_from_smiles(self._smiles_of(structure)))
        among = self._open()
        rows, scores = fingerprints.similar(among, query, threshold)
        shown = slice(offset, offset + limit)
        return self._page(among, rows[shown].tolist(), scores[shown].tolist(), len(rows))

    def substructure(self, pattern: str, limit: int, offset: int) -> StructurePage:
        """See ``ChemblSource.substructure``.

        Raises:
            RetortError: the pattern cannot be read, or the fingerprints were not built.
        """
        from retort.tools.chembl import fingerprints

        query, sense = fingerprints.query_molecule(pattern)
        among = self._open()
        candidates = fingerprints.screened(among, query)
        found, looked_at = fingerprints.holding(among, candidates, query, self._seconds)
        return StructurePage(
            total=len(found),
            hits=self._hits(among, found[offset : offset + limit]),
            # what the screen excludes is searched: it cannot hold the pattern
            searched=len(among) - len(candidates) + looked_at,
            of=len(among),
            method=f"substructure search by {sense}",
            release=self._release,
        )

    def _page(
        self, among: Structures, rows: Sequence[int], scores: Sequence[float], total: int
    ) -> StructurePage:
        return StructurePage(
            total=total,
            hits=self._hits(among, rows, scores),
            searched=len(among),
            of=len(among),
            method=SIMILARITY,
            release=self._release,
        )

    def _hits(
        self, among: Structures, rows: Sequence[int], scores: Sequence[float] = ()
    ) -> tuple[StructureHit, ...]:
        numbers = [int(among.molregnos[row]) for row in rows]
        known = self._molecules.by_number(numbers)
        alike: list[float | None] = [round(score, 4) for score in scores]
        return tuple(
            StructureHit(known[number], score)
            for number, score in zip(numbers, alike or [None] * len(rows), strict=True)
        )

    def _smiles_of(self, structure: str) -> str:
        """A SMILES, or that of a ChEMBL id."""
        if not reading.CHEMBL_ID.fullmatch(structure.strip()):
            return structure
        rows = self._molecules.find(structure)
        if not rows or not rows[0].smiles:
            raise RetortError(
                f"{structure.strip()} has no structure in {self._release}.",
                "It is not there, or it is a biologic, which is stored without one.",
                "Give a SMILES instead.",
            )
        return rows[0].smiles

    def _open(self) -> Structures:
        from retort.tools.chembl import describing
        from retort.tools.chembl.fingerprints import Structures

        with self._lock:
            if self._structures is None:
                if self._folder is not None and self._folder.is_dir():
                    self._structures = Structures.open(self._folder)
                elif describing.count(self._db) <= FEW:
                    self._structures = describing.described(self._db)
                else:
                    raise RetortError(
                        f"{self._db.path.name} cannot be searched by structure yet.",
                        "The fingerprints of its structures were not built, which takes about "
                        "half an hour on one core, once.",
                        "Run: retort chembl index",
                    )
            return self._structures
