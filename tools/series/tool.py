"""The tools ``analyse_series`` and ``generate_conformers``: molecules in, evidence out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from langchain_core.tools import BaseTool

from retort.retrieval.errors import RetortError
from retort.tools import structures
from retort.tools.bench import Bench, Names, handed_back, tool
from retort.tools.molecule import Molecule, MoleculeBook
from retort.tools.properties import named, value_of
from retort.tools.records import ToolResult
from retort.tools.series import conformers as embedding
from retort.tools.series.analyses import Wish, analyse
from retort.tools.series.findings import VERSION, calculated, whole_table
from retort.tools.series.members import Entry, Series, gather
from retort.tools.series.shapes import ConformersShape
from retort.tools.tables import Column, Table

By = Literal["scaffold", "r_groups", "matched_pairs", "clusters", "common_core", "diverse"]

MOST_LISTED = 200
"""molecules of one call; each may be looked up by name"""

SHOWN = 12
"""rows that a model reads of a result"""

_METHOD = "ETKDGv3"


def resolved(book: MoleculeBook, texts: Sequence[str]) -> tuple[list[Molecule], list[str]]:
    """The molecules that texts mean, and why the others mean none.

    Raises:
        RetortError: too many, none given, or not one of them means a molecule.
    """
    if len(texts) > MOST_LISTED:
        raise RetortError(
            f"{len(texts)} molecules are too many for one call.",
            f"At most {MOST_LISTED} are resolved at a time.",
            "Put them into a file: retort series FILE.csv --by scaffold --output OUT.csv",
        )
    found: list[Molecule] = []
    problems: list[str] = []
    first: RetortError | None = None
    for text in texts:
        try:
            molecule = book.resolve(text)
            molecule.structure()
            found.append(molecule)
        except RetortError as error:
            first = first or error
            problems.append(f"{error.what} {error.why}")
    if found:
        return found, problems
    raise first or RetortError(
        "No molecule was named.", "The list is empty.", "Give names, handles or SMILES."
    )


def left_out(problems: Sequence[str]) -> str:
    """What could not be resolved, the first three with their reasons."""
    more = len(problems) - 3
    told = f"Left out: {' '.join(problems[:3])}" if problems else ""
    return f"{told} {more} more were left out." if more > 0 else told


def series_of(molecules: Sequence[Molecule], prop: str) -> Series:
    """Molecules of a conversation as a set, valued by a calculated property of their parents.

    Raises:
        RetortError: no property has that name.
    """
    item = named([prop])[0] if prop.strip() else None
    entries = []
    for molecule in molecules:
        value: float | None = None
        if item:
            shown = value_of(structures.molecule_from_smiles(molecule.parent), item)
            value = None if isinstance(shown, str | None) else float(shown)
        label = f"{molecule.label} ({molecule.handle})"
        entries.append(Entry(label, molecule.structure(), value))
    unit = f", {item.unit}" if item and item.unit else ""
    return gather(entries, f"calculated {item.label}{unit}" if item else "")


def analysis(
    molecules: Sequence[Molecule],
    problems: Sequence[str],
    by: str,
    core: str = "",
    prop: str = "",
    offset: int = 0,
) -> ToolResult:
    """A set analysed: the first rows as evidence, all of them as a table.

    Raises:
        RetortError: as ``analyse`` and ``series_of`` do.
    """
    series = series_of(molecules, prop)
    found = analyse(series, by, Wish(core=core))
    shown, count = found.evidence[offset : offset + SHOWN], len(found.evidence)
    notes = [found.note, series.remarks()]
    if len(shown) < count:
        end = offset + len(shown)
        more = f"; ask for more with offset={end}" if end < count else ""
        notes.append(f"{offset + 1} to {end} of {count} shown{more}." if shown else _past(count))
    notes.append(left_out(problems))
    return ToolResult(
        summary=found.summary,
        evidence=shown,
        note=" ".join(filter(None, notes)),
        count=count,
        molecules=tuple({m.handle: m.card() for m in molecules}.values()),
        table=found.own or whole_table(series, found, found.summary),
    )


def _past(count: int) -> str:
    return f"There are only {count} rows."


def conformation(molecule: Molecule, count: int, seed: int = 0) -> ToolResult:
    """The conformers of a molecule (of a salt: of its parent) as one piece of evidence.

    The table has their coordinates as mol blocks.

    Raises:
        RetortError: no structure, a count out of range, or no conformer could be made.
    """
    if not 1 <= count <= embedding.MOST:
        raise RetortError(
            f"{count} conformers cannot be made.",
            f"From 1 to {embedding.MOST} are.",
            f"Ask for {embedding.COUNT}.",
        )
    molecule.structure()
    structure = structures.molecule_from_smiles(molecule.parent)
    found = embedding.conformers(structure, count, seed)
    energies = [one.energy for one in found.conformers]
    record: ConformersShape = {
        "record": "conformers",
        "handle": molecule.handle,
        "name": molecule.label,
        "smiles": found.smiles,
        "energies": energies,
        "embedded": found.embedded,
        "asked": found.asked,
        "rmsd_threshold": embedding.SAME_BELOW,
        "method": _METHOD,
        "force_field": found.force_field,
        "seed": found.seed,
        "is_timed_out": found.is_timed_out,
        "rdkit_version": VERSION,
    }
    kept = len(energies)
    told = (
        f"{molecule.title}: {kept} distinct conformer{'s' * (kept != 1)} of {found.embedded} "
        f"embedded (heavy-atom RMSD of {embedding.SAME_BELOW} angstrom or more), within "
        f"{energies[-1]:g} kcal/mol of the lowest ({_METHOD}, {found.force_field} in vacuum, "
        f"seed {found.seed})"
    )
    columns = (
        Column("conformer", "conformer"),
        Column("relative_energy", "relative energy", "kcal/mol"),
        Column("converged", "minimum reached"),
        Column("smiles", "SMILES"),
        Column("mol_block", "mol block, three-dimensional"),
    )
    rows = tuple(
        (number, one.energy, one.is_converged, found.smiles, one.block)
        for number, one in enumerate(found.conformers, 1)
    )
    return ToolResult(
        summary=f"{kept} conformers of {molecule.label}",
        evidence=(calculated(f"Conformers of {molecule.label}", told, record),),
        note=" ".join(filter(None, (conformer_remarks(found), molecule.remarks))),
        count=kept,
        molecules=(molecule.card(),),
        table=Table(f"Conformers of {molecule.label}", columns, rows, smiles="smiles"),
    )


def conformer_remarks(found: embedding.Conformers) -> str:
    """What a reader should know of how conformers were made."""
    told = ["Energies are of the isolated molecule."]
    if found.chosen_centres:
        told.append(
            f"{found.chosen_centres} stereocentre(s) or double bond(s) are not specified; one "
            f"isomer was taken: {found.smiles}."
        )
    if found.force_field != "MMFF94s":
        told.append("MMFF94s has no parameters for an atom of it; UFF is less accurate.")
    if found.is_timed_out:
        told.append(f"Stopped after {found.seconds} s; not all of {found.asked} were finished.")
    elif found.embedded < found.asked:
        told.append(f"{found.asked - found.embedded} of {found.asked} could not be embedded.")
    return " ".join(told)


def build_tools(bench: Bench) -> list[BaseTool]:
    """The tools ``analyse_series`` and ``generate_conformers``."""

    @tool
    def analyse_series(
        molecules: Names, by: By, core: str = "", property: str = "", offset: int = 0
    ) -> tuple[str, ToolResult]:
        """Analyse a set of molecules: scaffolds, R-groups, matched pairs, clusters, common core.

        Use for "what have X, Y and Z in common", "R-group table", "cluster these". Two molecules:
        compare_molecules. Example: analyse_series(["CCc1ccccc1", "Cc1ccccc1"], "common_core") ->
        c1ccc(C)cc1 with 7 heavy atoms.

        Args:
            molecules: handles, names, ChEMBL ids or SMILES.
            by: scaffold, r_groups, matched_pairs, clusters, common_core or diverse.
            core: for r_groups, the core as SMILES or SMARTS; empty to have it found.
            property: a calculated property to follow, e.g. logp; empty for none.
            offset: rows to skip.
        """
        found, problems = resolved(bench.molecules, molecules)
        return handed_back(analysis(found, problems, by, core, property, max(0, offset)))

    @tool
    def generate_conformers(molecule: str, count: int = embedding.COUNT) -> tuple[str, ToolResult]:
        """Generate 3D conformers of a molecule with relative energies in kcal/mol.

        Use for "3D structure of X", "conformers of X", "how flexible is X in energy". Example:
        generate_conformers("CCO", 1) -> 1 distinct conformer.

        Args:
            molecule: a handle M1, a name, a ChEMBL id, a SMILES or an InChIKey.
            count: how many to embed, 1 to 300.
        """
        return handed_back(conformation(bench.molecules.resolve(molecule), count))

    return [analyse_series, generate_conformers]
