"""Molecules compared with one, and a pattern looked for in them; the tools for both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from langchain_core.tools import BaseTool

from retort.tools import structures
from retort.tools.bench import Bench, handed_back, tool
from retort.tools.molecule import Molecule
from retort.tools.records import Evidence, ToolResult
from retort.tools.sameness import relation
from retort.tools.series.fingerprints import ATOM_PAIRS, MACCS, MORGAN, tanimoto
from retort.tools.series.scaffolds import generic, murcko
from retort.tools.series.tool import left_out, resolved
from retort.tools.shapes import SimilarityShape, SubstructureShape
from retort.tools.tables import Column, Table

_ONE = "they are one and the same molecule"
MAX_MATCHES = 1_000
"""Matches of a pattern that are counted at most."""

SHOWN_MATCHES = 20
"""Matches whose atoms are kept in the record."""

OneOrMore = str | list[str]
"""A molecule, or a list of them."""

SHOWN = 12
"""Molecules of a list that a model reads."""


def _scaffolds_told(one: str, other: str) -> str:
    if not one and not other:
        return "neither has a ring, so there is no Murcko scaffold to compare"
    if one == other:
        return "the same Murcko scaffold"
    alike = bool(one and other) and generic(one) == generic(other)
    return f"different Murcko scaffolds{' with the same ring framework' if alike else ''}"


def compared(one: Molecule, other: Molecule) -> SimilarityShape:
    """Similarities of two molecules (of salts: of their parents) by each fingerprint.

    Raises:
        RetortError: one of them has no structure.
    """
    for molecule in (one, other):
        molecule.structure()
    first = structures.molecule_from_smiles(one.parent)
    second = structures.molecule_from_smiles(other.parent)
    by = {name: round(tanimoto(first, second, name), 3) for name in (MORGAN, MACCS, ATOM_PAIRS)}
    scaffolds = murcko(first), murcko(second)
    is_one = one.handle == other.handle
    identity = _ONE if is_one else relation(one.smiles, other.smiles).told
    return {
        "record": "similarity",
        "handle": one.handle,
        "name": one.label,
        "other_handle": other.handle,
        "other_name": other.label,
        "fingerprint": MORGAN,
        "tanimoto": by[MORGAN],
        "maccs_tanimoto": by[MACCS],
        "atom_pair_tanimoto": by[ATOM_PAIRS],
        "same_scaffold": bool(scaffolds[0]) and scaffolds[0] == scaffolds[1],
        "relation": "; ".join(filter(None, (_scaffolds_told(*scaffolds), identity))),
        "rdkit_version": structures.RDKIT.split()[-1],
    }


def compare(one: Molecule, other: Molecule) -> ToolResult:
    """Similarity of two molecules as one piece of evidence.

    Raises:
        RetortError: one of them has no structure.
    """
    return rank_similar(one, [other])


def rank_similar(query: Molecule, others: Sequence[Molecule]) -> ToolResult:
    """Molecules in the order of their Morgan similarity to a query, the most similar first.

    Args:
        query: compared with each.
        others: one molecule or more.

    Raises:
        RetortError: one of them has no structure.
    """
    pairs = [(compared(query, other), other) for other in others]
    pairs.sort(key=lambda pair: -pair[0]["tanimoto"])
    best, nearest = pairs[0]
    summary = f"Compared {query.label} with {nearest.label}: Tanimoto {best['tanimoto']}"
    notes = [each.remarks for each in (query, *(other for _, other in pairs[:SHOWN]))]
    if len(pairs) > 1:
        summary = f"{len(pairs)} molecules by similarity to {query.label}, most similar first"
        notes.insert(0, f"Ordered by Tanimoto similarity ({MORGAN}).{_cut(len(pairs))}")
    cards = {each.handle: each.card() for each in (query, *(other for _, other in pairs))}
    return ToolResult(
        summary=summary,
        evidence=tuple(_similarity(query, other, record) for record, other in pairs[:SHOWN]),
        note=" ".join(filter(None, notes)),
        count=len(pairs),
        molecules=tuple(cards.values()),
        table=_ranking(query, pairs) if len(pairs) > 1 else None,
    )


def _cut(count: int) -> str:
    return f" {SHOWN} of {count} shown; the table has all." if count > SHOWN else ""


def _similarity(one: Molecule, other: Molecule, record: SimilarityShape) -> Evidence:
    return Evidence(
        kind="calculation",
        source_id=structures.RDKIT,
        title=f"Similarity of {one.label} and {other.label}",
        quote=f"{one.title} and {other.label} ({other.handle}): Tanimoto similarity "
        f"{record['tanimoto']} ({MORGAN}), {record['maccs_tanimoto']} ({MACCS}), "
        f"{record['atom_pair_tanimoto']} ({ATOM_PAIRS}); {record['relation']} "
        f"({structures.RDKIT}).",
        record=dict(record),
    )


def _ranking(query: Molecule, pairs: Sequence[tuple[SimilarityShape, Molecule]]) -> Table:
    columns = (
        Column("name", "name"),
        Column("smiles", "SMILES"),
        Column("tanimoto", f"Tanimoto similarity, {MORGAN}"),
        Column("maccs_tanimoto", f"Tanimoto similarity, {MACCS}"),
        Column("atom_pair_tanimoto", f"Tanimoto similarity, {ATOM_PAIRS}"),
        Column("same_scaffold", "same Murcko scaffold"),
    )
    rows = tuple(
        (
            f"{other.label} ({other.handle})",
            other.smiles,
            record["tanimoto"],
            record["maccs_tanimoto"],
            record["atom_pair_tanimoto"],
            record["same_scaffold"],
        )
        for record, other in pairs
    )
    return Table(f"Similarity to {query.label}", columns, rows, smiles="smiles")


def pattern_from(text: str) -> Any:
    """A query from SMARTS, or from a SMILES whose rings only a structure knows to be aromatic.

    Raises:
        RetortError: it can be read as neither; carries RDKit's reason for the SMARTS.
    """
    pattern = structures.pattern_from_smarts(text)
    molecule, _ = structures.read_smiles(text.strip())
    if molecule is None:
        return pattern
    aromatic = [sum(a.GetIsAromatic() for a in one.GetAtoms()) for one in (molecule, pattern)]
    return pattern if aromatic[0] == aromatic[1] else molecule


def match(molecules: Sequence[Molecule], smarts: str) -> ToolResult:
    """Whether and where a pattern is in molecules (in all components of a salt).

    Raises:
        RetortError: the pattern cannot be read, or a molecule has no structure.
    """
    pattern = pattern_from(smarts)
    records = [_matched(molecule, pattern, smarts.strip()) for molecule in molecules]
    count = sum(bool(record["count"]) for record in records)
    total = records[0]["count"]
    summary = f"Pattern in {molecules[0].label}: {total} match{'es' * (total != 1)}"
    if len(records) > 1:
        total, summary = count, f"Pattern in {count} of {len(records)} molecules"
    shown = sorted(records, key=lambda record: not record["count"])[:SHOWN]
    titles = {molecule.handle: molecule.title for molecule in molecules}
    is_capped = any(record["count"] == MAX_MATCHES for record in records)
    notes = [f"Counting stopped at {MAX_MATCHES}."] if is_capped else []
    notes += [_cut(len(records)).strip()] if len(records) > SHOWN else []
    return ToolResult(
        summary=summary,
        evidence=tuple(_match(titles[record["handle"]], record) for record in shown),
        note=" ".join(notes),
        count=total,
        molecules=tuple({each.handle: each.card() for each in molecules}.values()),
        table=_matches(smarts.strip(), records) if len(records) > 1 else None,
    )


def _matched(molecule: Molecule, pattern: Any, smarts: str) -> SubstructureShape:
    structure = structures.molecule_from_smiles(molecule.structure())
    matches = structure.GetSubstructMatches(pattern, uniquify=True, maxMatches=MAX_MATCHES)
    return {
        "record": "substructure",
        "handle": molecule.handle,
        "name": molecule.label,
        "smiles": molecule.smiles,
        "smarts": smarts,
        "count": len(matches),
        "matches": [[int(atom) for atom in found] for found in matches[:SHOWN_MATCHES]],
        "rdkit_version": structures.RDKIT.split()[-1],
    }


def _match(title: str, record: SubstructureShape) -> Evidence:
    count = record["count"]
    times = f"{count} time{'s' * (count != 1)}" if count else "not at all (0 times)"
    return Evidence(
        kind="calculation",
        source_id=structures.RDKIT,
        title=f"Substructure search in {record['name']}",
        quote=f"{title} matches the SMARTS pattern {record['smarts']} {times} "
        f"({structures.RDKIT}).",
        record=dict(record),
    )


def _matches(smarts: str, records: Sequence[SubstructureShape]) -> Table:
    columns = (
        Column("name", "name"),
        Column("smiles", "SMILES"),
        Column("count", f"matches of {smarts}"),
        Column("atoms", "matched atoms, from 0"),
    )
    rows = tuple(
        (
            f"{record['name']} ({record['handle']})",
            record["smiles"],
            record["count"],
            "; ".join(" ".join(map(str, atoms)) for atoms in record["matches"]),
        )
        for record in records
    )
    return Table(f"Matches of {smarts}", columns, rows, smiles="smiles")


def build_tools(bench: Bench) -> list[BaseTool]:
    """The tools ``compare_molecules`` and ``match_substructure``."""

    @tool
    def compare_molecules(molecule: str, other: OneOrMore) -> tuple[str, ToolResult]:
        """Compare structures: Tanimoto similarity (0 to 1), same ring scaffold or not.

        Use for "how similar are X and Y", "which of these is most like X". Example:
        compare_molecules("imatinib", "nilotinib") -> Tanimoto similarity 0.517; different Murcko
        scaffolds.

        Args:
            molecule: a handle M1, a name, a ChEMBL id, a SMILES or an InChIKey.
            other: the second molecule, given likewise; or a list, to be ranked by similarity.
        """
        book = bench.molecules
        query = book.resolve(molecule)
        found, problems = resolved(book, _listed(other))
        return handed_back(_with(problems, rank_similar(query, found)))

    @tool
    def match_substructure(molecule: OneOrMore, smarts: str) -> tuple[str, ToolResult]:
        """Look for a SMARTS pattern in molecules and count how often it occurs.

        Use for "does X contain a carboxylic acid", "which of these have a nitrile". Example:
        match_substructure("aspirin", "C(=O)[OX2H1]") -> matches 1 time.

        Args:
            molecule: a handle M1, a name, a ChEMBL id, a SMILES or an InChIKey; or a list of them.
            smarts: a SMARTS pattern or a SMILES, not a group's name.
        """
        found, problems = resolved(bench.molecules, _listed(molecule))
        return handed_back(_with(problems, match(found, smarts)))

    return [compare_molecules, match_substructure]


def _listed(molecules: OneOrMore) -> list[str]:
    return [molecules] if isinstance(molecules, str) else molecules


def _with(problems: Sequence[str], result: ToolResult) -> ToolResult:
    """The result with what was left out of it."""
    if not problems:
        return result
    return replace(result, note=f"{result.note} {left_out(problems)}".strip())
