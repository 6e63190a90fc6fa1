"""The questions for structures, warnings and documents.

Owns what is shown of much, and the link between a document and a paper of the library. Knows no
backend, and no LangChain.
"""

from __future__ import annotations

from dataclasses import replace

from retort.retrieval.errors import RetortError
from retort.tools.bench import Bench
from retort.tools.chembl import found, reading, tabulated
from retort.tools.chembl.asking import (
    Subject,
    absence,
    counted,
    cut,
    note,
    origin,
    subject,
    unknown,
)
from retort.tools.chembl.records import ActivityQuery, DocumentRow, StructurePage
from retort.tools.records import ToolResult

SHOWN = 12
"""molecules shown in one call"""
TABLE = 1000
"""molecules in the table of a search"""
LOWEST = 0.4
"""similarity below which the web service does not search"""


def find_similar(
    bench: Bench, molecule: str, threshold: float = 0.7, offset: int = 0
) -> ToolResult:
    """The molecules of ChEMBL that are alike to one, most alike first.

    Raises:
        UsageError: the threshold is out of range, or no molecule was named.
        RetortError: the molecule has no structure, or this ChEMBL cannot be searched by structure.
    """
    asked = subject(bench, molecule, "")
    structure = asked.molecule_id or asked.molecules[0]["smiles"]
    page = bench.chembl.similar(structure, threshold, limit=TABLE + 1, offset=0)
    name = asked.molecule_name
    hits = tuple(hit for hit in page.hits if hit.molecule.chembl_id != asked.molecule_id)
    page = replace(page, hits=hits[:TABLE], total=page.total - (len(page.hits) - len(hits)))
    sought = f"molecule with a similarity of {threshold:g} or more to {name}"
    if not page.hits and threshold > LOWEST:
        return absence(bench.chembl, sought, asked, _nearest(bench, asked, structure))
    return _structures(bench, page, asked, structure, name, sought, offset)


def _nearest(bench: Bench, asked: Subject, structure: str) -> str:
    """The molecule most alike below the threshold, in words; empty where none is."""
    page = bench.chembl.similar(structure, LOWEST, limit=2, offset=0)
    hits = [hit for hit in page.hits if hit.molecule.chembl_id != asked.molecule_id]
    if not hits:
        return ""
    row = hits[0].molecule
    return f"The nearest is {row.name} ({row.chembl_id}), {hits[0].similarity or 0:.3f}."


def find_with_substructure(bench: Bench, smarts: str, offset: int = 0) -> ToolResult:
    """The molecules of ChEMBL that hold a pattern, by rising ChEMBL number.

    Raises:
        RetortError: the pattern cannot be read, or this ChEMBL cannot be searched by structure.
    """
    pattern = smarts.strip()
    page = bench.chembl.substructure(pattern, limit=TABLE, offset=0)
    return _structures(bench, page, Subject(), pattern, pattern, f"molecule with {pattern}", offset)


def _structures(
    bench: Bench,
    page: StructurePage,
    asked: Subject,
    query: str,
    words: str,
    sought: str,
    offset: int,
) -> ToolResult:
    left = page.of - page.searched
    unread = f"Time ran out with {left} of {page.of} structures not compared." if left > 0 else ""
    if not page.hits:
        return absence(bench.chembl, sought, asked, unread)
    first = page.hits[0].molecule
    shown = page.hits[offset : offset + SHOWN]
    total = counted(page.total, sought.partition(" ")[0])
    return ToolResult(
        summary=f"ChEMBL: {'at least ' if unread else ''}{total} {sought.partition(' ')[2]}",
        evidence=tuple(found.of_hit(hit, page, query, words) for hit in shown),
        note=note(
            cut(len(page.hits), SHOWN, offset),
            f"Only the first {len(page.hits)} of {page.total} were kept."
            if len(page.hits) < page.total
            else "",
            unread,
            "Salts are shown by their parents.",
            origin(page.release or first.release, first.retrieved_at),
        ),
        count=page.total,
        molecules=asked.molecules,
        table=tabulated.of_structures(page, f"Found for {words}"),
    )


def find_warnings(bench: Bench, molecule: str) -> ToolResult:
    """Withdrawals and boxed warnings of a drug, after the flags that ChEMBL sets.

    Raises:
        RetortError: the molecule is not known, or this ChEMBL holds no warnings.
    """
    asked = subject(bench, molecule, "")
    if asked.is_unknown:
        return unknown(bench.chembl, asked)
    rows = bench.chembl.warnings(asked.molecule_id)
    drug = bench.chembl.molecules(asked.molecule_id)[0]
    return ToolResult(
        summary=f"ChEMBL: {counted(len(rows), 'warning')} of {asked.words}",
        evidence=(found.of_flags(drug), *(found.of_warning(row) for row in rows)),
        note=note(
            "ChEMBL lists withdrawals and boxed warnings only, no other side effects.",
            origin(drug.release, drug.retrieved_at),
        ),
        count=len(rows),
        molecules=asked.molecules,
    )


def find_document(bench: Bench, document: str) -> ToolResult:
    """A document of ChEMBL by its id, DOI, PubMed id or paper of the library.

    Raises:
        RetortError: the text is none of these.
    """
    rows = _documents(bench, document)
    if not rows:
        if not reading.document_key(document)[0]:
            raise RetortError(
                f'"{document.strip()[:100]}" names no document.',
                "It is no ChEMBL id, DOI or PubMed id, and no paper of the library.",
                "Give a DOI (10.1021/...), a PMID or a ChEMBL document id.",
            )
        return absence(bench.chembl, f"document {document.strip()}", Subject())
    items = []
    for row in rows:
        everything = ActivityQuery(
            document_id=row.chembl_id, flagged=True, duplicates=True, limit=1
        )
        activities = bench.chembl.activities(everything).total
        items.append(found.of_document(row, activities, _paper_id(bench, row)))
    return ToolResult(
        summary=f"ChEMBL: {counted(len(rows), 'document')} for {document.strip()}",
        evidence=tuple(items),
        note=origin(rows[0].release, rows[0].retrieved_at),
        count=len(rows),
    )


def _documents(bench: Bench, asked: str) -> list[DocumentRow]:
    """By what the text says, or by the DOI and PubMed id of the library's paper of this id."""
    if reading.document_key(asked)[0]:
        return bench.chembl.documents(asked)
    paper = bench.library().paper(asked.strip())
    if paper is None:
        return []
    for key in (paper.doi, paper.pmid):
        if key and (rows := bench.chembl.documents(key)):
            return rows
    return []


def _paper_id(bench: Bench, row: DocumentRow) -> str:
    """The paper of the library that a document is; empty where it is not there."""
    library = bench.library()
    for key in (f"PMID:{row.pubmed_id}", f"DOI:{row.doi}"):
        if not key.endswith(":") and (paper := library.paper(key)) is not None:
            return paper.paper_id
    return ""
