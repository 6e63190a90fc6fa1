"""Three-dimensional conformers of one molecule, with relative energies.

Embedded by ETKDGv3 (Wang et al., J. Chem. Inf. Model. 2020, 60, 2044), minimised with MMFF94s
(Halgren, J. Comput. Chem. 1999, 20, 720), in vacuum: energies order conformers and say nothing of
solution. Knows no handle and no file.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rdkit import Chem
from rdkit.Chem import (
    EnumerateStereoisomers,
    rdDistGeom,
    rdForceFieldHelpers,
    rdMolAlign,
    rdMolDescriptors,
)

from retort.retrieval.errors import RetortError
from retort.tools import structures

COUNT = 10
"""conformers embedded unless told otherwise"""
MOST = 300
SECONDS = 60
"""time limit unless told otherwise"""
SAME_BELOW = 0.5
"""angstrom; RMSD of heavy atoms below which two conformers count as one, a common choice"""

_STEPS = 50
"""minimiser steps between two looks at the clock"""
_ROUNDS = 40
"""of these steps at most"""
_MATCHES = 100
"""symmetry-equivalent atom orders that an RMSD tries"""


@dataclass(frozen=True, slots=True)
class Conformer:
    """One conformer."""

    block: str
    """mol block with hydrogens and three-dimensional coordinates in angstrom"""
    energy: float
    """kcal/mol above the lowest one found"""
    is_converged: bool
    """the minimiser reached a minimum"""


@dataclass(frozen=True, slots=True)
class Conformers:
    """The conformers of one molecule, the lowest energy first."""

    smiles: str
    """the stereoisomer that was embedded"""
    conformers: tuple[Conformer, ...]
    force_field: str
    """MMFF94s; UFF where MMFF94s has no parameters for an atom"""
    asked: int
    embedded: int
    """conformers before like ones were dropped"""
    is_timed_out: bool
    chosen_centres: int
    """stereocentres and double bonds that the structure left open and that were chosen here"""
    seed: int
    seconds: int


def conformers(
    structure: Any, count: int = COUNT, seed: int = 0, seconds: int = SECONDS
) -> Conformers:
    """Conformers of a molecule; of open stereocentres one configuration is taken for all of them.

    Args:
        structure: RDKit molecule of one component.
        count: conformers to embed, 1 to ``MOST``.
        seed: the same seed, the same conformers, unless time ends.
        seconds: time limit of all of it.

    Raises:
        RetortError: no conformer could be made, or none within the time.
    """
    end = time.monotonic() + seconds
    isomer, chosen = _isomer(structure)
    molecule = Chem.AddHs(isomer)
    field = _force_field(molecule)
    made: list[tuple[float, bool, Any]] = []
    for embedded in _embedded(molecule, count, seed, end):
        energy, is_converged = _minimised(embedded, field, end)
        made.append((energy, is_converged, embedded))
    is_whole = len(made) == count and all(is_converged for _, is_converged, _ in made)
    is_late = time.monotonic() > end and not is_whole
    if not made:
        raise _none(structure, seconds, is_late)
    made.sort(key=lambda item: item[0])
    lowest = made[0][0]
    return Conformers(
        structures.canonical(isomer),
        tuple(
            Conformer(str(Chem.MolToMolBlock(molecule)), round(energy - lowest, 2), is_converged)
            for energy, is_converged, molecule in _distinct(made)
        ),
        field,
        count,
        len(made),
        is_late,
        chosen,
        seed,
        seconds,
    )


def sd_file(found: Conformers, title: str) -> str:
    """The conformers as an SD file with their energies."""
    records = []
    for number, one in enumerate(found.conformers, 1):
        _, _, rest = one.block.partition("\n")
        fields = {
            "conformer": number,
            "relative_energy_kcal_mol": one.energy,
            "force_field": found.force_field,
            "converged": str(one.is_converged).lower(),
            "smiles": found.smiles,
        }
        told = "".join(f">  <{name}>\n{value}\n\n" for name, value in fields.items())
        name = " ".join(title.split()).lstrip("$>")[:80]
        records.append(f"{name}\n{rest}{told}$$$$\n")
    return "".join(records)


def _isomer(structure: Any) -> tuple[Any, int]:
    """The structure with every open stereocentre decided, and how many there were.

    Conformers of different stereoisomers would have energies that cannot be compared.
    """
    with structures.silenced():
        found = Chem.FindPotentialStereo(structure)
        undecided = sum(item.specified == Chem.StereoSpecified.Unspecified for item in found)
        if not undecided:
            return structure, 0
        options = EnumerateStereoisomers.StereoEnumerationOptions(
            tryEmbedding=False, unique=True, maxIsomers=1, rand=0
        )
        return next(EnumerateStereoisomers.EnumerateStereoisomers(structure, options)), undecided


def _force_field(molecule: Any) -> str:
    with structures.silenced():
        if rdForceFieldHelpers.MMFFHasAllMoleculeParams(molecule):
            return "MMFF94s"
        if rdForceFieldHelpers.UFFHasAllMoleculeParams(molecule):
            return "UFF"
    raise RetortError(
        "No conformers can be made.",
        "Neither MMFF94s nor UFF has parameters for all of its atoms.",
        "Use a quantum-chemical method for this structure.",
    )


def _embedded(molecule: Any, count: int, seed: int, end: float) -> Iterator[Any]:
    """Embedded copies one at a time, until there are enough or time ends."""
    params = rdDistGeom.ETKDGv3()
    params.maxIterations = 20
    rotatable = rdMolDescriptors.CalcNumRotatableBonds(molecule)
    params.useRandomCoords = rotatable > 15  # large flexible molecules fail from distances alone
    for number in range(count):
        left = end - time.monotonic()
        if left <= 0:
            return
        params.randomSeed = (seed * MOST + number) % 2**31
        params.timeout = max(1, int(left))
        copy = Chem.Mol(molecule)
        with structures.silenced():
            if rdDistGeom.EmbedMolecule(copy, params) >= 0:
                yield copy


def _minimised(molecule: Any, field: str, end: float) -> tuple[float, bool]:
    """The energy in kcal/mol after minimising, and whether a minimum was reached."""
    if field == "MMFF94s":
        properties = rdForceFieldHelpers.MMFFGetMoleculeProperties(molecule, mmffVariant="MMFF94s")
        forces = rdForceFieldHelpers.MMFFGetMoleculeForceField(molecule, properties)
    else:
        forces = rdForceFieldHelpers.UFFGetMoleculeForceField(molecule)
    is_converged = False
    for _ in range(_ROUNDS):
        is_converged = forces.Minimize(maxIts=_STEPS) == 0
        if is_converged or time.monotonic() > end:
            break
    return float(forces.CalcEnergy()), is_converged


def _distinct(made: list[tuple[float, bool, Any]]) -> Iterator[tuple[float, bool, Any]]:
    """Those that differ by ``SAME_BELOW`` from every one of lower energy."""
    kept: list[Any] = []
    for energy, is_converged, molecule in made:
        bare = Chem.RemoveHs(molecule)
        if all(_rmsd(bare, other) >= SAME_BELOW for other in kept):
            kept.append(bare)
            yield energy, is_converged, molecule


def _rmsd(one: Any, other: Any) -> float:
    """RMSD of heavy atoms in angstrom after alignment, equivalent atoms exchanged."""
    return float(rdMolAlign.GetBestRMS(Chem.Mol(one), other, maxMatches=_MATCHES))


def _none(structure: Any, seconds: int, is_late: bool) -> RetortError:
    why = f"None was done within {seconds} s." if is_late else "ETKDGv3 found no geometry for it."
    return RetortError(
        f"No conformer of {structures.clipped(structures.canonical(structure), 80)} was made.",
        why,
        "Give more time." if is_late else "Check its stereochemistry and ring systems.",
    )
