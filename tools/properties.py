"""The table of properties that follow from a structure: name, unit, rounding, source of formula.

Owns the one place of rounding, and the values of one molecule, each computed once. Knows RDKit
molecules and nothing of names, handles or databases. Nothing here is measured, and nothing is a
trained model's guess.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from rdkit import Chem
from rdkit.Chem import QED, Crippen, Descriptors, Lipinski, rdMolDescriptors

from retort.retrieval.errors import RetortError
from retort.tools import charges
from retort.tools.natural_products import natural_product_likeness
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
    compute: Callable[[Any], float | int | str | None]
    """of an RDKit molecule; None where it has no such value"""
    aliases: tuple[str, ...] = ()
    of_whole: bool = False
    """True where the value describes all components of a salt; else its parent is used"""

    def text(self, value: float | int | str) -> str:
        """A value as it is written, with all its decimals: "493.2590"."""
        return f"{value:.{self.digits}f}" if self.digits else str(value)


def _stereocentres(molecule: Any) -> int:
    """Tetrahedral centres, assigned or not."""
    found = Chem.FindMolChiralCenters(
        molecule, includeUnassigned=True, useLegacyImplementation=False
    )
    return len(found)


_sites = lru_cache(maxsize=4)(charges.sites_of)
"""The sites of the molecules last asked for: three properties stand on them."""


def _net_charge(molecule: Any) -> float:
    return charges.mean_charge(molecule, _sites(molecule))


def _logd(molecule: Any) -> float:
    return charges.logd(molecule, Crippen.MolLogP(molecule), _sites(molecule))


def _basic_pka(molecule: Any) -> float | None:
    found = [site.pka for site in _sites(molecule) if site.kind == "base"]
    return max(found, default=None)


def _count(name: str, label: str, compute: Callable[[Any], int], *aliases: str) -> Property:
    """A property that RDKit counts."""
    return Property(name, label, "", 0, "RDKit count", compute, aliases)


_CRIPPEN = "Wildman and Crippen 1999"
_LIPINSKI_COUNT = "Lipinski 1997"
_GROUPS = "typical pKa of each group, by rules"

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
        ("charge", "charge as drawn"),
        of_whole=True,
    ),
    Property(
        "charge_at_ph74",
        "net charge at pH 7.4",
        "e",
        1,
        _GROUPS,
        _net_charge,
        ("net charge", "charge at ph 7.4", "charge at physiological ph", "ionisation"),
    ),
    Property(
        "logd_by_rules",
        "logD at pH 7.4 from logP and ionisation rules",
        "",
        2,
        f"{_CRIPPEN}; {_GROUPS}; ions 3 to 4 units lower, Avdeef 2012",
        _logd,
        ("rule logd", "logd from logp"),
    ),
    Property(
        "basic_pka",
        "pKa of the most basic group",
        "",
        1,
        _GROUPS,
        _basic_pka,
        ("most basic pka", "strongest base", "basic pka by rules"),
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
        "np_likeness",
        "natural-product likeness",
        "(-5 synthetic to 5 natural product)",
        2,
        "Ertl, Roggo and Schuffenhauer 2008",
        natural_product_likeness,
        ("np score", "npscore", "natural product score", "natural product-likeness"),
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
J Cheminform 2009, 1, 8; Ertl, J Chem Inf Model 2008, 48, 68; Lipinski, Adv Drug Deliv Rev 1997, 23,
3; of the pKa: ``ionisable_groups.SOURCE``."""

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


def value_of(structure: Any, item: Property) -> float | int | str | None:
    """A property of an RDKit molecule, rounded to ``item.digits``: the one place of rounding.

    Sentences and records both show this value, so a number in an answer is a number in the
    evidence.
    """
    raw = item.compute(structure)
    if raw is None or isinstance(raw, str):
        return raw
    return round(float(raw), item.digits) + 0.0 if item.digits else int(raw)


class Values:
    """The values of one RDKit molecule by the name of the property, each computed when first asked.

    Args:
        structure: an RDKit molecule.
    """

    def __init__(self, structure: Any) -> None:
        self.structure = structure
        self._known: dict[str, float | int | str | None] = {}

    def __getitem__(self, name: str) -> float | int | str | None:
        if name not in self._known:
            self._known[name] = value_of(self.structure, PROPERTIES[name])
        return self._known[name]

    def number(self, name: str) -> float:
        """The value of a property that every molecule has, and that is a number."""
        value = self[name]
        assert isinstance(value, int | float), f"{name} is no number"
        return value
