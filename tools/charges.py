"""Ionisation at a pH by rules: the ionisable sites of a molecule, its charge and its main form.

Owns the reading of ``ionisable_groups`` and the equilibrium. Every site stands for itself, but for
amines close to each other and for the second proton of a phosphate. Estimates that follow from a
published table: not measured, and not predicted by a trained model. Knows no names and no handles.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Literal

from rdkit import Chem

from retort.tools.ionisable_groups import ACIDS, BASES, Group

PHYSIOLOGICAL_PH = 7.4
"""of blood plasma; the usual one"""

SECOND_PROTON = 5.1
"""how much weaker the second O-H of one phosphorus is: phosphoric acid has pKa 2.1 and 7.2"""

AMINES_APART = {3: 3.1, 4: 1.7}
"""Bonds between two amines, and how much the second is weaker for the charge of the first:
1,2-ethanediamine has pKa 9.9 and 6.9, 1,3-propanediamine 10.6 and 8.9 (CRC Handbook)."""

IN_ONE_RING = 4.4
"""the same for two amines of one ring, two carbons apart: piperazine has pKa 9.7 and 5.3"""

ION_LOGP = {"cation": 3.0, "anion": 4.0}
"""How much lower the logP of an ion is than that of the neutral form: Avdeef, Absorption and Drug
Development, 2nd edition, 2012, chapter 4 ("diff 3-4")."""


@dataclass(frozen=True, slots=True)
class Site:
    """One ionisable group of one molecule."""

    group: str
    kind: Literal["acid", "base"]
    atom: int
    """number of the atom that gives or takes the proton, 0-based"""
    pka: float
    model: str
    """the compound that the pKa is taken from"""

    def charged(self, ph: float) -> float:
        """The fraction of molecules in which it is charged, 0 to 1 (Henderson-Hasselbalch)."""
        excess = ph - self.pka if self.kind == "base" else self.pka - ph
        return 1.0 / (1.0 + math.pow(10.0, min(excess, 300.0)))

    @property
    def sign(self) -> int:
        """The charge it takes: +1 of a base, -1 of an acid."""
        return 1 if self.kind == "base" else -1


@cache
def _patterns() -> tuple[tuple[Group, Any], ...]:
    return tuple((group, Chem.MolFromSmarts(group.smarts)) for group in (*ACIDS, *BASES))


def sites_of(molecule: Any) -> tuple[Site, ...]:
    """The ionisable sites of a neutral parent, in the order of its atoms.

    A permanent charge (a quaternary ammonium) is no site: it stands in the structure.

    Args:
        molecule: an RDKit molecule, neutralised where it can be.
    """
    found: dict[int, Site] = {}
    used: dict[str, set[int]] = {}
    for group, pattern in _patterns():
        for match in molecule.GetSubstructMatches(pattern):
            atom = match[0]
            others = used.setdefault(_shared(group), set())
            if atom in found or (_shared(group) and others & set(match)):
                continue
            others.update(match)
            found[atom] = Site(group.name, group.kind, atom, group.pka, group.model)
    return _weakened(molecule, [found[atom] for atom in sorted(found)])


_ONE_PROTON = (
    {"biguanide", "aryl guanidine", "guanidine", "benzamidine", "amidine"},
    {"barbiturate", "imide", "uracil", "hydantoin"},
    {"imidazole", "benzimidazole", "aminopurine", "imidazole with a halogen or nitro group"},
    {"2,4-diaminopyrimidine", "4-aminoquinazoline", "4-aminopyrimidine", "2-aminopyrimidine"}
    | {"pyrimidine", "pyrazine", "pyridazine"},
    {"tetrazole", "1,2,3-triazole", "benzotriazole"},
    {"pyrazole", "1,2,4-triazole"},
)
"""Groups of several nitrogens that take or give one proton in the range of pH that matters."""


def _shared(group: Group) -> str:
    """The name of the family whose members may not overlap; empty where sites are independent."""
    return next((min(family) for family in _ONE_PROTON if group.name in family), "")


def _weakened(molecule: Any, sites: list[Site]) -> tuple[Site, ...]:
    """The sites, those weaker that have a charge of the same sign nearby."""
    done: dict[int, Site] = {}
    centres: set[int] = set()
    for site in sorted(sites, key=lambda site: -site.pka):
        atom = molecule.GetAtomWithIdx(site.atom)
        if "phosph" in site.group:
            (centre,) = (n.GetIdx() for n in atom.GetNeighbors() if n.GetAtomicNum() == 15)
            loss = -SECOND_PROTON if centre in centres else 0.0
            centres.add(centre)
        else:
            loss = max((_loss(molecule, site, other) for other in done.values()), default=0.0)
        done[site.atom] = replace(site, pka=round(site.pka - loss, 1))
    return tuple(done[site.atom] for site in sites)


def _is_amine(atom: Any) -> bool:
    return (
        atom.GetAtomicNum() == 7
        and not atom.GetIsAromatic()
        and all(n.GetHybridization() == Chem.HybridizationType.SP3 for n in atom.GetNeighbors())
    )


def _loss(molecule: Any, site: Site, other: Site) -> float:
    """By how much a second amine is weaker for the charge of a first one."""
    first, second = (molecule.GetAtomWithIdx(each.atom) for each in (site, other))
    if not (_is_amine(first) and _is_amine(second)):
        return 0.0
    bonds = len(Chem.GetShortestPath(molecule, site.atom, other.atom)) - 1
    rings = molecule.GetRingInfo()
    if bonds == 3 and rings.AreAtomsInSameRing(site.atom, other.atom):
        return IN_ONE_RING
    return AMINES_APART.get(bonds, 0.0)


def mean_charge(molecule: Any, sites: Iterable[Site], ph: float = PHYSIOLOGICAL_PH) -> float:
    """The charge of a molecule on average over its forms, in units of the elementary charge."""
    permanent = int(Chem.GetFormalCharge(molecule))
    return permanent + sum(site.sign * site.charged(ph) for site in sites)


def dominant_form(molecule: Any, sites: Iterable[Site], ph: float = PHYSIOLOGICAL_PH) -> Any:
    """The form in which every site is as most molecules have it, as a new RDKit molecule."""
    form = Chem.RWMol(molecule)
    for site in sites:
        if site.charged(ph) <= 0.5:
            continue
        atom = form.GetAtomWithIdx(site.atom)
        hydrogens = atom.GetTotalNumHs() + site.sign
        atom.SetFormalCharge(atom.GetFormalCharge() + site.sign)
        atom.SetNoImplicit(True)
        atom.SetNumExplicitHs(hydrogens)
    Chem.SanitizeMol(form)
    return form.GetMol()


def logd(molecule: Any, logp: float, sites: Iterable[Site], ph: float = PHYSIOLOGICAL_PH) -> float:
    """The distribution coefficient that follows from a logP and the sites.

    log10 of the partition coefficients of the forms, each weighted with its fraction; an ion's is
    lower by ``ION_LOGP``. A permanent charge counts as such an ion.

    Args:
        molecule: the parent.
        logp: of its neutral form.
        sites: of ``sites_of``.
        ph: of the water.
    """
    sites = tuple(sites)
    permanent = int(Chem.GetFormalCharge(molecule))
    neutral = math.prod(1.0 - site.charged(ph) for site in sites) if not permanent else 0.0
    charge = mean_charge(molecule, sites, ph)
    lower = ION_LOGP["cation" if charge > 0 else "anion"]
    return logp + math.log10(neutral + (1.0 - neutral) * 10.0**-lower)
