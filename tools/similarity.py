"""Two molecules compared, and a pattern looked for in one; the tools for both."""

from __future__ import annotations

from typing import Any

from langchain_core.tools import BaseTool, tool
from rdkit.Chem import rdFingerprintGenerator
from rdkit.Chem.Scaffolds import MurckoScaffold
from rdkit.DataStructs import TanimotoSimilarity

from retort.tools import structures
from retort.tools.bench import Bench, handed_back
from retort.tools.molecule import Molecule
from retort.tools.records import Evidence, ToolResult
from retort.tools.shapes import SimilarityShape, SubstructureShape

FINGERPRINT = "Morgan fingerprint, radius 2, 2048 bits"

MAX_MATCHES = 1_000
"""Matches of a pattern that are counted at most."""

SHOWN_MATCHES = 20
"""Matches whose atoms are kept in the record."""


def tanimoto(one: Any, other: Any) -> float:
    """Tanimoto similarity of two RDKit molecules, 0 to 1, by ``FINGERPRINT`` without chirality."""
    generator = rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=2048)
    return float(TanimotoSimilarity(generator.GetFingerprint(one), generator.GetFingerprint(other)))


def scaffold(structure: Any) -> str:
    """Bemis-Murcko scaffold as canonical SMILES without stereo; ``""`` without rings."""
    if not structure.GetRingInfo().NumRings():
        return ""
    return str(MurckoScaffold.MurckoScaffoldSmiles(mol=structure, includeChirality=False))


def _scaffolds_told(one: str, other: str) -> str:
    if not one and not other:
        return "neither has a ring, so there is no Murcko scaffold to compare"
    if one == other:
        return "the same Murcko scaffold"
    return "different Murcko scaffolds"


def _identity_told(one: Molecule, other: Molecule, keys: tuple[str, str]) -> str:
    """How close two structures of equal connectivity are, or ``""``."""
    if not all(keys) or structures.first_block(keys[0]) != structures.first_block(keys[1]):
        return ""
    if one.handle == other.handle:
        return "; they are one and the same molecule"
    if keys[0] == keys[1]:
        return "; they share one parent structure and differ in their salt form"
    return "; they have the same connectivity and differ in stereochemistry, isotopes or charge"


def compare(one: Molecule, other: Molecule) -> ToolResult:
    """Similarity of two molecules (of salts: of their parents) as one piece of evidence.

    Raises:
        RetortError: one of them has no structure.
    """
    for molecule in (one, other):
        molecule.structure()
    first = structures.molecule_from_smiles(one.parent)
    second = structures.molecule_from_smiles(other.parent)
    value = round(tanimoto(first, second), 3)
    scaffolds = scaffold(first), scaffold(second)
    record: SimilarityShape = {
        "record": "similarity",
        "handle": one.handle,
        "name": one.label,
        "other_handle": other.handle,
        "other_name": other.label,
        "fingerprint": FINGERPRINT,
        "tanimoto": value,
        "same_scaffold": bool(scaffolds[0]) and scaffolds[0] == scaffolds[1],
        "rdkit_version": structures.RDKIT.split()[-1],
    }
    keys = structures.inchikey(first), structures.inchikey(second)
    evidence = Evidence(
        kind="calculation",
        source_id=structures.RDKIT,
        title=f"Similarity of {one.label} and {other.label}",
        quote=f"{one.title} and {other.label} ({other.handle}): Tanimoto similarity {value} "
        f"({FINGERPRINT}); "
        f"{_scaffolds_told(*scaffolds)}{_identity_told(one, other, keys)} ({structures.RDKIT}).",
        record=dict(record),
    )
    return ToolResult(
        summary=f"Compared {one.label} with {other.label}: Tanimoto {value}",
        evidence=(evidence,),
        note=" ".join(each.remarks for each in (one, other) if each.remarks),
        count=1,
        molecules=(one.card(), other.card()),
    )


def match(molecule: Molecule, smarts: str) -> ToolResult:
    """Whether and where a SMARTS pattern is in a molecule (all components of a salt).

    Raises:
        RetortError: the pattern cannot be read, or the molecule has no structure.
    """
    pattern = structures.pattern_from_smarts(smarts)
    structure = structures.molecule_from_smiles(molecule.structure())
    matches = structure.GetSubstructMatches(pattern, uniquify=True, maxMatches=MAX_MATCHES)
    count = len(matches)
    record: SubstructureShape = {
        "record": "substructure",
        "handle": molecule.handle,
        "name": molecule.label,
        "smiles": molecule.smiles,
        "smarts": smarts.strip(),
        "count": count,
        "matches": [[int(atom) for atom in found] for found in matches[:SHOWN_MATCHES]],
        "rdkit_version": structures.RDKIT.split()[-1],
    }
    times = f"{count} time{'s' * (count != 1)}" if count else "not at all (0 times)"
    evidence = Evidence(
        kind="calculation",
        source_id=structures.RDKIT,
        title=f"Substructure search in {molecule.label}",
        quote=f"{molecule.title} matches the SMARTS pattern {smarts.strip()} {times} "
        f"({structures.RDKIT}).",
        record=dict(record),
    )
    return ToolResult(
        summary=f"Pattern in {molecule.label}: {count} match{'es' * (count != 1)}",
        evidence=(evidence,),
        note=f"Counting stopped at {MAX_MATCHES}." if count == MAX_MATCHES else "",
        count=count,
        molecules=(molecule.card(),),
    )


def build_tools(bench: Bench) -> list[BaseTool]:
    """The tools ``compare_molecules`` and ``match_substructure``."""

    @tool(parse_docstring=True, response_format="content_and_artifact")
    def compare_molecules(molecule: str, other: str) -> tuple[str, ToolResult]:
        """Compare two structures: Tanimoto similarity (0 to 1), same ring scaffold or not.

        Use for "how similar are X and Y". Example: compare_molecules("imatinib", "nilotinib") ->
        Tanimoto similarity 0.517; different Murcko scaffolds.

        Args:
            molecule: a handle M1, a name, a ChEMBL id, a SMILES or an InChIKey.
            other: the second molecule, given likewise.
        """
        book = bench.molecules
        return handed_back(compare(book.resolve(molecule), book.resolve(other)))

    @tool(parse_docstring=True, response_format="content_and_artifact")
    def match_substructure(molecule: str, smarts: str) -> tuple[str, ToolResult]:
        """Look for a SMARTS pattern in a molecule and count how often it occurs.

        Use for "does X contain a carboxylic acid". Example: match_substructure("aspirin",
        "C(=O)[OX2H1]") -> matches 1 time.

        Args:
            molecule: a handle M1, a name, a ChEMBL id, a SMILES or an InChIKey.
            smarts: a SMARTS pattern, not a group's name.
        """
        return handed_back(match(bench.molecules.resolve(molecule), smarts))

    return [compare_molecules, match_substructure]
