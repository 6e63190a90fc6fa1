"""RDKit's descriptors of one molecule, every costly intermediate computed once.

Owns which descriptors there are, their order, and how those that share work are computed together:
walks for the Chi and Kappa indices, distances for EState and Balaban's J, hydrogens for Crippen's
logP. The values are those of ``rdkit.Chem.Descriptors``, equal in float32. Knows no fingerprint and
no model.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_LEFT_OUT = frozenset({"qed", "SPS", "Ipc", "AvgIpc", "BertzCT"})
"""They cost as much as all others together."""
_LEFT_OUT_PARTS = ("BCUT2D", "FpDensity", "ExactMolWt", "HeavyAtomMolWt", "Stereo", "AbsPartial")
_FIRST_PARTS = ("MolLogP", "MolMR", "LabuteASA", "MolWt", "EState", "VSA", "PartialCharge")
"""Names of those that stand first, in the order of ``_families``."""

# Bin edges of the surface descriptors: RDKit's MolSurf.cpp and EState_VSA.py.
_LOGP_EDGES = np.array([-0.4, -0.2, 0.0, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6])
_MR_EDGES = np.array([1.29, 1.82, 2.24, 2.45, 2.75, 3.05, 3.63, 3.8, 4.0])
_CHARGE_EDGES = np.array(
    [-0.3, -0.25, -0.2, -0.15, -0.1, -0.05, 0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3]
)
_ESTATE_EDGES = np.array([-0.39, 0.29, 0.717, 1.165, 1.54, 1.807, 2.05, 4.69, 9.17, 15.0])
_AREA_EDGES = np.array([4.78, 5.0, 5.41, 5.74, 6.0, 6.07, 6.45, 7.0, 11.0])

_FAR = 1e6
"""bonds; RDKit's distance between atoms of two components is above it"""
_ROW_ENDS = np.array([2, 10, 18, 36, 54, 86])
"""last atomic number of each row of the periodic table"""
_NO_WALKS = 4
"""size of the largest ring whose paths RDKit counts in its own way"""


@dataclass(frozen=True, slots=True)
class _Graph:
    """What the descriptors read of atoms and bonds, once: arrays in the order of the atoms."""

    numbers: Integers
    """(n,) atomic numbers"""
    hydrogens: Integers
    """(n,) hydrogens on each"""
    outer: Integers
    """(n,) electrons in the outer shell of the free atom"""
    charge: int
    radicals: int
    distances: Floats
    """(n, n) bonds between atoms"""
    ends: tuple[Integers, Integers]
    """first and second atom of every bond, once in each direction, sorted by the first"""
    degrees: Integers
    """(n,) bonds of each"""


@cache
def _outer_electrons() -> Integers:
    from rdkit import Chem

    table = Chem.GetPeriodicTable()
    return np.array([table.GetNOuterElecs(number) for number in range(119)], dtype=np.int64)


def _graph(molecule: Any) -> _Graph:
    from rdkit import Chem

    rows = [
        (
            atom.GetAtomicNum(),
            atom.GetTotalNumHs(),
            atom.GetFormalCharge(),
            atom.GetNumRadicalElectrons(),
        )
        for atom in molecule.GetAtoms()
    ]
    numbers, hydrogens, charges, radicals = np.array(rows, dtype=np.int64).T
    distances = Chem.GetDistanceMatrix(molecule)
    first, second = np.nonzero(distances == 1)
    return _Graph(
        numbers=numbers,
        hydrogens=hydrogens,
        outer=_outer_electrons()[numbers],
        charge=int(charges.sum()),
        radicals=int(radicals.sum()),
        distances=distances,
        ends=(first, second),
        degrees=np.bincount(first, minlength=len(numbers)),
    )


@cache
def _named() -> tuple[tuple[str, Callable[[Any], float]], ...]:
    """RDKit's other one-value descriptors, in its order."""
    from rdkit.Chem import Descriptors

    return tuple(
        (name, function)
        for name, function in Descriptors.descList
        if name not in _LEFT_OUT
        and not any(part in name for part in (*_LEFT_OUT_PARTS, *_FIRST_PARTS))
    )


@cache
def names() -> tuple[str, ...]:
    """Names of the descriptors, in the order of ``values``."""
    from rdkit import Chem

    molecule = Chem.MolFromSmiles("CCO")
    return (*_families(molecule, _graph(molecule)), *(name for name, _ in _named()))


def values(molecule: Any) -> list[float]:
    """The descriptors of a molecule in the order of ``names``; NaN and infinity as they come.

    Sets the Gasteiger charges of its atoms.
    """
    graph = _graph(molecule)
    known = _topology(molecule, graph)
    rest = [known[name] if name in known else function(molecule) for name, function in _named()]
    return [*_families(molecule, graph).values(), *rest]


def _families(molecule: Any, graph: _Graph) -> dict[str, float]:
    """Masses, logP, EState, charges, and the surface descriptors made of them."""
    from rdkit.Chem import rdMolDescriptors, rdPartialCharges

    logp, refractivity, lipophilic, refractive = _crippen(molecule, graph)
    rdPartialCharges.ComputeGasteigerCharges(molecule)
    charges = [atom.GetDoubleProp("_GasteigerCharge") for atom in molecule.GetAtoms()]
    estate = np.nan_to_num(_estate(graph))
    surface = rdMolDescriptors.CalcLabuteASA(molecule)
    areas = np.array(rdMolDescriptors._CalcLabuteASAContribs(molecule)[0])
    found = {
        "MolWt": rdMolDescriptors._CalcMolWt(molecule),
        "MolLogP": logp,
        "MolMR": refractivity,
        "LabuteASA": surface,
        "MaxEState": float(estate.max(initial=0.0)),
        "MinEState": float(estate.min(initial=0.0)),
    }
    for name, summed, by, edges in (
        ("SlogP_VSA", areas, lipophilic, _LOGP_EDGES),
        ("SMR_VSA", areas, refractive, _MR_EDGES),
        ("PEOE_VSA", areas, np.array(charges), _CHARGE_EDGES),
        ("EState_VSA", areas, estate, _ESTATE_EDGES),
        ("VSA_EState", estate, areas, _AREA_EDGES),
    ):
        sums = np.bincount(edges.searchsorted(by, side="right"), summed, len(edges) + 1)
        found.update((f"{name}{at}", value) for at, value in enumerate(sums.tolist(), 1))
    found["MaxPartialCharge"], found["MinPartialCharge"] = max(charges), min(charges)
    found["FormalCharge"] = graph.charge
    return found


def _crippen(molecule: Any, graph: _Graph) -> tuple[float, float, Floats, Floats]:
    """LogP, refractivity, and what each heavy atom adds to them (n,), after Wildman and Crippen.

    J. Chem. Inf. Comput. Sci. 1999, 39, 868. The atom types of heavy atoms count hydrogens alike
    whether these are written or not, so that one pass over all atoms serves both.
    """
    from rdkit import Chem
    from rdkit.Chem import rdMolDescriptors

    whole = np.array(rdMolDescriptors._CalcCrippenContribs(Chem.AddHs(molecule)))
    heavy = whole
    if (graph.numbers == 1).any():
        heavy = np.array(rdMolDescriptors._CalcCrippenContribs(molecule))
    logp, refractivity = np.cumsum(whole, axis=0)[-1].tolist()
    heavy = heavy[: len(graph.numbers)]
    return logp, refractivity, heavy[:, 0], heavy[:, 1]


def _estate(graph: _Graph) -> Floats:
    """Electrotopological states (n,): Hall, Mohney, Kier, J. Chem. Inf. Comput. Sci. 1991, 31, 76.

    Summed in the order of RDKit's Python, which is what makes the last bit the same.
    """
    row = _ROW_ENDS.searchsorted(graph.numbers) + 1
    with np.errstate(divide="ignore", invalid="ignore"):
        valence = (4.0 / (row * row) * (graph.outer - graph.hydrogens) + 1) / graph.degrees
    intrinsic = np.where(graph.degrees > 0, valence, 0.0)
    reach = graph.distances + 1
    pulls = (intrinsic[None, :] - intrinsic[:, None]) / (reach * reach)
    pulls[reach >= _FAR] = 0.0
    return np.asarray(pulls.sum(axis=0) + intrinsic)


def _topology(molecule: Any, graph: _Graph) -> dict[str, float]:
    """Electron counts and the indices made of distances and walks."""
    total = graph.outer + graph.hydrogens
    first, second = graph.ends
    once = first < second
    products = (graph.degrees[first] * graph.degrees[second])[once].astype(np.float64)
    bonded = graph.degrees[graph.degrees > 0].astype(np.float64)
    return {
        "NumValenceElectrons": int(total.sum()) - graph.charge,
        "NumRadicalElectrons": graph.radicals,
        "BalabanJ": _balaban(molecule, first[once], second[once]),
        "Chi0": _summed(np.sqrt(1.0 / bonded)),
        "Chi1": _summed(np.sqrt(1.0 / products)),
        **_walks(molecule, graph),
    }


def _summed(terms: Floats) -> float:
    """A sum from the left, as Python's is; NumPy's own adds in pairs."""
    return float(np.cumsum(terms)[-1]) if len(terms) else 0.0


def _balaban(molecule: Any, first: Integers, second: Integers) -> float:
    """Balaban's J (Chem. Phys. Lett. 1982, 89, 399) over the bonds ``first`` to ``second``."""
    from rdkit import Chem

    far = Chem.GetDistanceMatrix(molecule, useBO=True, prefix="Balaban").sum(axis=0)
    bonds = molecule.GetNumBonds()
    cycles = bonds - molecule.GetNumAtoms() + 1
    if cycles == -1:
        return 0.0
    return float(bonds / (cycles + 1)) * _summed(1.0 / np.sqrt(far[first] * far[second]))


def _walks(molecule: Any, graph: _Graph) -> dict[str, float]:
    """Chi of order 2 to 4, Kappa and Phi: Hall and Kier, Rev. Comput. Chem. 1991, 2, 367.

    A path is a walk that never turns back at once; each is found from both of its ends. RDKit has
    rules of its own for rings of three and four atoms and for written hydrogens, and a metal's
    electrons may make a weight infinite: such a molecule is left to it, and nothing returned.
    """
    weights = _chi_weights(graph)
    is_special = (graph.numbers == 1).any() or not np.isfinite(weights).all()
    if is_special or _has_small_ring(molecule):
        return {}
    first, second = graph.ends
    follows = (second[:, None] == first[None, :]) & (first[:, None] != second[None, :])
    steps = follows.astype(np.float64)
    along = weights[:, first] * weights[:, second]
    found = {}
    for order in (2, 3, 4):
        along = along @ steps * weights[:, second]
        for kind, chi in zip("nv", (along.sum(axis=1) / 2).tolist(), strict=True):
            found[f"Chi{order}{kind}"] = chi
    return {**found, **_kappa(molecule, graph)}


def _kappa(molecule: Any, graph: _Graph) -> dict[str, float]:
    """Kappa 2 and 3 and Phi, from counts of paths of two and three bonds."""
    from rdkit.Chem import rdMolDescriptors

    first, second = graph.ends
    others = graph.degrees - 1
    twos = int((graph.degrees * others).sum()) // 2
    threes = int((others[first] * others[second]).sum()) // 2
    heavy = molecule.GetNumHeavyAtoms()
    alpha = rdMolDescriptors.CalcHallKierAlpha(molecule)
    size = heavy + alpha
    two, three = (twos + alpha) ** 2, (threes + alpha) ** 2
    second_kappa = (size - 1) * (size - 2) ** 2 / two if two else 0.0
    third_kappa = (size - (1 if heavy % 2 else 2)) * (size - 3) ** 2 / three if three else 0.0
    phi = rdMolDescriptors.CalcKappa1(molecule) * second_kappa / heavy
    return {"Kappa2": second_kappa, "Kappa3": third_kappa, "Phi": phi}


def _chi_weights(graph: _Graph) -> Floats:
    """(2, n): of each atom, one over the root of its valence delta, simple and by row; or 0."""
    delta = (graph.outer - graph.hydrogens).astype(np.float64)
    inner = np.where(graph.numbers > 10, graph.numbers - graph.outer - 1, 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        deltas = np.stack([delta, delta / inner])
        return np.where(deltas == 0, 0.0, 1.0 / np.sqrt(deltas))


def _has_small_ring(molecule: Any) -> bool:
    rings = molecule.GetRingInfo().AtomRings()
    return any(len(ring) <= _NO_WALKS for ring in rings)
