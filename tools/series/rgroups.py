"""The R-group table of a series: a core, and what each molecule carries at its positions.

The decomposition is RDKit's. Molecules without the core are listed, not left out in silence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rdkit import Chem
from rdkit.Chem import rdRGroupDecomposition

from retort.retrieval.errors import RetortError
from retort.tools import structures
from retort.tools.series.common import SECONDS, common_core
from retort.tools.series.members import Member, need

FOUND_IN = 0.8
"""share of the molecules that must have a core which is searched for: one odd molecule among five
does not spoil it"""

MOST_WAYS = 500
"""ways in which a core may match one molecule, symmetry counted (a benzene ring: 12); RDKit weighs
each of them without a time limit"""


@dataclass(frozen=True, slots=True)
class RGroups:
    """A decomposed series."""

    core: str
    """the core with its positions, SMILES: ``[*:1]`` is R1"""
    labels: tuple[str, ...]
    """R1, R2 ... of positions that vary"""
    rows: Mapping[int, Mapping[str, str]]
    """place in the set -> label -> substituent as SMILES with its attachment point; ``[H]`` for
    none. One that bridges two positions (a fused ring) stands at both, with both points"""
    unmatched: tuple[int, ...]
    """places of the molecules without the core, or where it fits in more than ``MOST_WAYS``"""
    is_given: bool
    """the core was given, not found"""
    is_proved: bool = True
    """of a found core: no larger one exists"""


def r_groups(members: Sequence[Member], core: str = "", seconds: int = SECONDS) -> RGroups:
    """Split the molecules of a series into a core and its substituents.

    Args:
        members: the series.
        core: SMILES or SMARTS, with or without labelled positions (``[*:1]``); empty to search for
            the largest that ``FOUND_IN`` of the molecules have.
        seconds: time limit of the search and of the alignment of equivalent positions, each.

    Raises:
        RetortError: the core cannot be read, none is found, no molecule has it, or time ended.
    """
    need(members, 1 if core else 2, "An R-group table")
    is_proved = True
    if core:
        pattern = core_pattern(core)
    else:
        found = common_core(members, FOUND_IN, seconds)
        if not found.smarts:
            raise RetortError(
                "No common core was found.",
                f"No substructure of 3 atoms or more is in {FOUND_IN:.0%} of the molecules"
                f"{'' if found.is_proved else f', or none was found within {seconds} s'}.",
                "Give the core as SMILES or SMARTS, or group them by scaffold or clusters first.",
            )
        pattern, is_proved = found.pattern, found.is_proved
    return _decomposed(members, pattern, bool(core), is_proved, seconds)


def core_pattern(core: str) -> Any:
    """A core to look for. A SMILES is read as a structure, so that a Kekulé ring is aromatic.

    Raises:
        RetortError: it is neither a SMILES nor a SMARTS.
    """
    pattern = structures.pattern_from_smarts(core)
    params = Chem.SmilesParserParams()
    params.allowCXSMILES = False
    with structures.silenced():
        molecule = Chem.MolFromSmiles(core.strip(), params)
    if molecule is None:
        return pattern
    aromatic = [sum(a.GetIsAromatic() for a in one.GetAtoms()) for one in (molecule, pattern)]
    return molecule if aromatic[0] != aromatic[1] or "*" in core else pattern


def _decomposed(
    members: Sequence[Member], pattern: Any, is_given: bool, is_proved: bool, seconds: int
) -> RGroups:
    bare = _bare(pattern)
    having = [at for at, m in enumerate(members) if 0 < _ways(m.structure, bare) <= MOST_WAYS]
    params = rdRGroupDecomposition.RGroupDecompositionParameters()
    params.removeHydrogensPostMatch = True
    params.timeout = float(seconds)
    try:
        with structures.silenced():
            work = rdRGroupDecomposition.RGroupDecomposition(pattern, params)
            kept = [at for at in having if work.Add(members[at].structure) >= 0]
            is_done = bool(kept) and work.Process()
            rows = work.GetRGroupsAsRows() if is_done else []
    except RuntimeError as error:
        raise RetortError(
            "The R-group table was not finished.",
            f"RDKit stopped after {seconds} s: the core matches in too many ways.",
            "Give a larger core, or one with its positions labelled, as in c1ccc([*:1])cc1.",
        ) from error
    if not rows:
        raise RetortError(
            "No molecule has the core.",
            f"{len(members)} were searched for {structures.clipped(Chem.MolToSmarts(pattern))}; it "
            f"must fit in 1 to {MOST_WAYS} ways.",
            "Give another core, or none to have it found.",
        )
    labels = sorted((name for name in rows[0] if name != "Core"), key=lambda name: int(name[1:]))
    told = [{name: _substituent(row[name]) for name in labels} for row in rows]
    matched = dict(zip(kept, told, strict=True))
    return RGroups(
        _told(rows[0]["Core"]),
        tuple(labels),
        matched,
        tuple(at for at in range(len(members)) if at not in matched),
        is_given,
        is_proved,
    )


def _bare(pattern: Any) -> Any:
    """A core without its labelled positions, which may be hydrogens."""
    bare = Chem.DeleteSubstructs(pattern, Chem.MolFromSmarts("[#0]"))
    return bare if bare.GetNumAtoms() else pattern


def _ways(structure: Any, pattern: Any) -> int:
    """In how many ways a core matches a molecule, counted to one above ``MOST_WAYS``."""
    most = MOST_WAYS + 1
    return len(structure.GetSubstructMatches(pattern, uniquify=False, maxMatches=most))


def _told(core: Any) -> str:
    """A core as SMILES, or as SMARTS where it is a query that SMILES cannot write."""
    smiles = str(Chem.MolToSmiles(core))
    return smiles if Chem.MolFromSmiles(smiles) is not None else str(Chem.MolToSmarts(core))


def _substituent(group: Any) -> str:
    """A substituent; ``[H]`` where it is a hydrogen."""
    if not any(atom.GetAtomicNum() > 1 for atom in group.GetAtoms()):
        return "[H]"
    return str(Chem.MolToSmiles(group))
