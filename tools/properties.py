"""The table of properties that follow from a structure: name, unit, rounding, source of formula.

Owns the one place of rounding. Knows RDKit molecules and nothing of names, handles or databases.
Nothing here is measured, and nothing is a trained model's guess.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from rdkit import Chem
from rdkit.Chem import QED, Crippen, Descriptors, Lipinski, rdMolDescriptors

from retort.retrieval.errors import RetortError
from retort.tools.structures import clipped
from retort.tools.synthesis import synthetic_accessibility


@dataclass(frozen=True, slots=True)
class Property:
    """One property: how it is called, computed and rounded."""

    name: str
    label: str
    unit: str
    digits: int
    """decimal places that are kept; 0 for counts"""
    method: str
    """where definition or formula comes from"""
    compute: Callable[[Any], float | int | str]
    """of an RDKit molecule"""
    aliases: tuple[str, ...] = ()
    of_whole: bool = False
    """True where the value describes all components of a salt; else its parent is used"""


def _stereocentres(molecule: Any) -> int:
    """Tetrahedral centres, assigned or not."""
    found = Chem.FindMolChiralCenters(
        molecule, includeUnassigned=True, useLegacyImplementation=False
    )
    return len(found)


def _count(name: str, label: str, compute: Callable[[Any], int], *aliases: str) -> Property:
    """A property that RDKit counts."""
    return Property(name, label, "", 0, "RDKit count", compute, aliases)


_CRIPPEN = "Wildman and Crippen 1999"
_LIPINSKI_COUNT = "Lipinski 1997"

TABLE = (
    Property(
        "formula",
        "formula",
        "",
        0,
        "Hill order",
        rdMolDescriptors.CalcMolFormula,
        ("molecular formula",),
        of_whole=True,
    ),
    Property(
        "molecular_weight",
        "molecular weight",
        "g/mol",
        2,
        "average atomic masses",
        Descriptors.MolWt,
        ("mw", "molwt", "weight", "molecular mass", "molar mass", "average mass"),
        of_whole=True,
    ),
    Property(
        "exact_mass",
        "exact (monoisotopic) mass",
        "Da",
        4,
        "masses of the most common isotopes",
        Descriptors.ExactMolWt,
        ("monoisotopic mass", "exact molecular weight", "exactmolwt"),
        of_whole=True,
    ),
    Property(
        "logp",
        "logP",
        "",
        2,
        _CRIPPEN,
        Crippen.MolLogP,
        ("clogp", "alogp", "wlogp", "crippen logp", "lipophilicity", "octanol water partition"),
    ),
    Property(
        "tpsa",
        "TPSA",
        "A^2",
        2,
        "Ertl 2000, N and O only",
        rdMolDescriptors.CalcTPSA,
        ("psa", "polar surface area", "topological polar surface area"),
    ),
    _count(
        "hbd",
        "hydrogen-bond donors",
        rdMolDescriptors.CalcNumHBD,
        "donors",
        "h-bond donors",
        "hbond donors",
        "hydrogen bond donor count",
        "num hbd",
    ),
    _count(
        "hba",
        "hydrogen-bond acceptors",
        rdMolDescriptors.CalcNumHBA,
        "acceptors",
        "h-bond acceptors",
        "hbond acceptors",
        "hydrogen bond acceptor count",
        "num hba",
    ),
    _count(
        "rotatable_bonds",
        "rotatable bonds",
        rdMolDescriptors.CalcNumRotatableBonds,
        "rotb",
        "rtb",
        "nrot",
        "num rotatable bonds",
    ),
    Property(
        "rings",
        "rings",
        "",
        0,
        "smallest set of smallest rings",
        rdMolDescriptors.CalcNumRings,
        ("ring count", "num rings"),
    ),
    _count(
        "aromatic_rings",
        "aromatic rings",
        rdMolDescriptors.CalcNumAromaticRings,
        "aromatic ring count",
        "num aromatic rings",
    ),
    _count(
        "heavy_atoms", "heavy atoms", rdMolDescriptors.CalcNumHeavyAtoms, "heavy atom count", "hac"
    ),
    Property(
        "fsp3",
        "fraction of sp3 carbons",
        "",
        3,
        "Lovering 2009",
        rdMolDescriptors.CalcFractionCSP3,
        ("fraction csp3", "csp3", "sp3 fraction"),
    ),
    Property(
        "qed",
        "QED drug-likeness",
        "",
        3,
        "Bickerton 2012, mean weights",
        QED.qed,
        ("drug-likeness", "druglikeness", "quantitative estimate of drug-likeness"),
    ),
    Property(
        "molar_refractivity",
        "molar refractivity",
        "cm^3/mol",
        2,
        _CRIPPEN,
        Crippen.MolMR,
        ("mr", "refractivity"),
    ),
    Property(
        "formal_charge",
        "formal charge",
        "e",
        0,
        "sum over the structure as drawn",
        Chem.GetFormalCharge,
        ("charge", "net charge"),
        of_whole=True,
    ),
    Property(
        "stereocentres",
        "tetrahedral stereocentres",
        "",
        0,
        "assigned or not, by CIP ranks",
        _stereocentres,
        ("stereocenters", "chiral centres", "chiral centers", "chirality"),
    ),
    Property(
        "sa_score",
        "synthetic accessibility score",
        "(1 easy to 10 hard)",
        2,
        "Ertl and Schuffenhauer 2009",
        synthetic_accessibility,
        ("sascore", "sas", "synthetic accessibility", "synthesizability"),
    ),
    Property(
        "lipinski_donors",
        "N-H and O-H bonds",
        "",
        0,
        _LIPINSKI_COUNT,
        Lipinski.NHOHCount,
        ("nhoh", "nh and oh count"),
    ),
    Property(
        "lipinski_acceptors",
        "N and O atoms",
        "",
        0,
        _LIPINSKI_COUNT,
        Lipinski.NOCount,
        ("no count", "n and o count"),
    ),
    _count(
        "atoms",
        "atoms, hydrogens included",
        rdMolDescriptors.CalcNumAtoms,
        "atom count",
        "num atoms",
    ),
    _count(
        "carbons",
        "carbon atoms",
        lambda molecule: sum(atom.GetAtomicNum() == 6 for atom in molecule.GetAtoms()),
        "carbon count",
    ),
    _count(
        "heteroatoms",
        "heteroatoms",
        rdMolDescriptors.CalcNumHeteroatoms,
        "heteroatom count",
        "hetero atoms",
    ),
)
"""Sources: Wildman and Crippen, J Chem Inf Comput Sci 1999, 39, 868; Ertl, J Med Chem 2000, 43,
3714; Lovering, J Med Chem 2009, 52, 6752; Bickerton, Nat Chem 2012, 4, 90; Ertl and Schuffenhauer,
J Cheminform 2009, 1, 8; Lipinski, Adv Drug Deliv Rev 1997, 23, 3."""

PROPERTIES = {item.name: item for item in TABLE}

USUAL = (
    "formula",
    "molecular_weight",
    "logp",
    "tpsa",
    "hbd",
    "hba",
    "rotatable_bonds",
    "aromatic_rings",
    "fsp3",
    "qed",
)
"""The ten that are calculated when none is named."""


def _plain(name: str) -> str:
    """A property's name without case, spaces and signs; singular and plural alike."""
    return re.sub(r"[^a-z0-9]", "", name.lower()).removesuffix("s")


_KNOWN = {
    _plain(alias): item.name for item in TABLE for alias in (item.name, item.label, *item.aliases)
}


def named(properties: Sequence[str]) -> tuple[Property, ...]:
    """The properties of these names or common aliases ("MW", "H-bond donors"), each once, in order.

    Args:
        properties: names; none means the usual ten, "all" means all.

    Raises:
        RetortError: a property is not known; lists those that are.
    """
    wanted: dict[str, Property] = {}
    for asked in properties or USUAL:
        if _plain(asked) == "all":
            return TABLE
        name = _KNOWN.get(_plain(asked))
        if name is None:
            raise RetortError(
                f'"{clipped(asked, 60)}" is not a property that follows from a structure.',
                f"Known: {', '.join(PROPERTIES)}.",
                "Choose from these; solubility, logD and hERG come from predict_property.",
            )
        wanted[name] = PROPERTIES[name]
    return tuple(wanted.values())


def value_of(structure: Any, item: Property) -> float | int | str:
    """A property of an RDKit molecule, rounded to ``item.digits``: the one place of rounding.

    Sentences and records both show this value, so a number in an answer is a number in the
    evidence.
    """
    raw = item.compute(structure)
    if isinstance(raw, str):
        return raw
    return round(float(raw), item.digits) + 0.0 if item.digits else int(raw)
