"""What a source of ChEMBL data can be asked, and how one is opened.

Owns the choice between the starter file, a local dump and the web service. Knows nothing of how
each of them answers.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Protocol

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


class ChemblSource(Protocol):
    """ChEMBL, wherever it is kept. Safe to share between threads.

    An empty list means "looked, and there is none". A source that could not look raises:
    ``OutageError`` for a service that failed, ``OfflineError`` where connections are forbidden,
    else ``RetortError``.
    """

    def release(self) -> str:
        """The release that is read: "ChEMBL 35"."""
        ...

    def molecules(self, text: str) -> list[MoleculeRow]:
        """Molecules whose ChEMBL id, InChIKey, name or synonym is ``text``, in any case."""
        ...

    def suggest(self, text: str, limit: int = 5) -> list[str]:
        """Names of molecules that are written nearly like ``text``, nearest first."""
        ...

    def name_of(self, key: str) -> str:
        """The name of a molecule with this first InChIKey block, the shortest of several.

        Empty where none is known, and of a web service, which is not asked for every molecule.
        """
        ...

    def targets(self, text: str) -> list[TargetRow]:
        """Targets for a ChEMBL id, UniProt accession, gene symbol, name or synonym; best first."""
        ...

    def activities(self, query: ActivityQuery) -> ActivityPage:
        """One page of measured activities; flagged rows and duplicates only where asked for."""
        ...

    def mechanisms(self, molecule_id: str = "", target_id: str = "") -> list[MechanismRow]:
        """Mechanisms of a molecule's family, or of the drugs of a target or its complexes."""
        ...

    def indications(self, molecule_id: str = "", disease: str = "") -> list[IndicationRow]:
        """Indications of a molecule's family, or the drugs for a disease; highest phase first.

        A disease is meant where ``disease`` is part of its MeSH heading or EFO term, in any case.
        A row for each disease of the family, or for each drug and disease.
        """
        ...

    def warnings(self, molecule_id: str) -> list[WarningRow]:
        """Withdrawals and boxed warnings of a molecule's family, oldest first."""
        ...

    def documents(self, text: str) -> list[DocumentRow]:
        """Documents for a ChEMBL document id, a DOI or a PubMed id, prefixes and case aside."""
        ...

    def similar(
        self, structure: str, threshold: float = 0.7, limit: int = 20, offset: int = 0
    ) -> StructurePage:
        """Molecules whose Tanimoto similarity is at least ``threshold`` (0.3 to 1).

        Args:
            structure: a ChEMBL id or a SMILES; the parent of a salt is compared. A web service is
                never sent a structure: it takes a ChEMBL id only, and raises ``RetortError`` for
                a SMILES.
            threshold: lowest similarity.
            limit: molecules wanted.
            offset: molecules to skip, in the order of ``StructurePage``.
        """
        ...

    def substructure(self, pattern: str, limit: int = 20, offset: int = 0) -> StructurePage:
        """Molecules that hold a pattern.

        Args:
            pattern: SMARTS, or a SMILES read as SMARTS. A web service is never sent one, and raises
                ``RetortError``.
            limit: molecules wanted.
            offset: molecules to skip, in the order of ``StructurePage``.
        """
        ...

    def close(self) -> None:
        """Let go of files and connections; the source cannot be asked afterwards."""
        ...


def open_source(
    spec: str, *, cache: Path, offline: bool, url: str, deadline_s: float = 30.0
) -> ChemblSource:
    """Open the source that a setting names.

    Args:
        spec: ``starter`` (the shipped tables), ``web`` (the public service) or the path of a ChEMBL
            SQLite file.
        cache: folder for the built starter file, the indexes of a dump and the web service's
            answers. The indexes of a dump are built when it is first opened, which takes minutes;
            ``retort chembl index`` builds them ahead.
        offline: forbid the web service; it then raises at each question, before any connection.
        url: base of the web service, e.g. ``https://www.ebi.ac.uk/chembl/api/data``.
        deadline_s: seconds that one request to the web service may take, its retries included.

    Raises:
        RetortError: the file is missing, damaged or not a ChEMBL database.
    """
    if spec == "web":
        from retort.tools.chembl.web import WebSource

        return WebSource(url, cache=cache / "chembl-web", offline=offline, deadline_s=deadline_s)
    from retort.tools.chembl.local import LocalSource

    if spec == "starter":
        from retort.tools.chembl import starter

        return LocalSource(starter.path_for(cache))
    return LocalSource(Path(os.path.expanduser(spec)), cache)
