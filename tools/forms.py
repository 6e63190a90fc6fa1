"""The form of a structure that was given, its parent, and what lies between the two.

Owns the one path from a form (salt, solvate, mixture, ion, complex) to the parent that
properties are computed on, and every sentence about it. Knows no names but those of
common counter-ions and solvents, no database and no handles.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from rdkit import Chem
from rdkit.Chem import FindMolChiralCenters, rdChemReactions
from rdkit.Chem.MolStandardize import rdMolStandardize

from retort.tools import structures

DRUG_LIKE_ATOMS = 10
"""heavy atoms from which an unknown organic component counts as a molecule of its own"""

_ION_METALS = frozenset({3, 11, 19, 37, 55, 4, 12, 20, 38, 56, 13, 30})
"""groups 1 and 2, aluminium and zinc: counter-ions that may go, bonded as a salt or not"""
_NONMETALS = frozenset(
    {1, 2, 5, 6, 7, 8, 9, 10, 14, 15, 16, 17, 18, 33, 34, 35, 36, 52, 53, 54, 85, 86}
)

_COMPANIONS = {
    "O": "water",
    "CO": "methanol",
    "CCO": "ethanol",
    "CC(C)O": "2-propanol",
    "CC(C)=O": "acetone",
    "CC#N": "acetonitrile",
    "CS(C)=O": "dimethyl sulfoxide",
    "CN(C)C=O": "dimethylformamide",
    "ClCCl": "dichloromethane",
    "CCOC(C)=O": "ethyl acetate",
    "C1CCOC1": "tetrahydrofuran",
    "Cl": "chloride",
    "Br": "bromide",
    "I": "iodide",
    "F": "fluoride",
    "N": "ammonia",
    "[Na]": "sodium",
    "[K]": "potassium",
    "[Li]": "lithium",
    "[Ca]": "calcium",
    "[Mg]": "magnesium",
    "[Zn]": "zinc",
    "[Al]": "aluminium",
    "CS(=O)(=O)O": "mesylate",
    "CCS(=O)(=O)O": "esylate",
    "O=S(=O)(O)c1ccccc1": "besylate",
    "Cc1ccc(S(=O)(=O)O)cc1": "tosylate",
    "O=S(=O)(O)c1cccc2ccccc12": "napsylate",
    "O=S(=O)(O)c1ccc2ccccc2c1": "napsylate",
    "CC1(C)C2CCC1(CS(=O)(=O)O)C(=O)C2": "camsylate",
    "O=S(=O)(O)O": "sulfate",
    "O=P(O)(O)O": "phosphate",
    "O=[N+]([O-])O": "nitrate",
    "CC(=O)O": "acetate",
    "O=CO": "formate",
    "O=C(O)C(F)(F)F": "trifluoroacetate",
    "O=C(O)C=CC(=O)O": "maleate or fumarate",
    "O=C(O)CCC(=O)O": "succinate",
    "O=C(O)C(=O)O": "oxalate",
    "O=C(O)CC(O)C(=O)O": "malate",
    "O=C(O)C(O)C(O)C(=O)O": "tartrate",
    "O=C(O)CC(O)(CC(=O)O)C(=O)O": "citrate",
    "CC(O)C(=O)O": "lactate",
    "O=C(O)c1ccccc1": "benzoate",
    "O=C(O)c1ccccc1O": "salicylate",
    "O=C(O)c1ccc2ccccc2c1O": "xinafoate",
    "O=C(O)c1cc2ccccc2c(Cc2c(O)c(C(=O)O)cc3ccccc23)c1O": "pamoate",
    "NC(CO)(CO)CO": "tromethamine",
    "CNCC(O)C(O)C(O)C(O)CO": "meglumine",
    "CCCCCCCCCCCCCCCCCC(=O)O": "stearate",
}
"""neutral SMILES without stereo -> the word for it as a counter-ion or solvent"""

_SULFOXIDE = rdChemReactions.ReactionFromSmarts("[S+;X3;v3:1]-[O-;X1:2]>>[S+0:1]=[O+0:2]")


@dataclass(frozen=True, slots=True)
class Form:
    """A structure as it was given, and its parent."""

    smiles: str
    """canonical isomeric SMILES of the form"""
    parent: str
    """canonical isomeric SMILES of the parent; the form's own where nothing was changed"""
    components: int
    changes: tuple[str, ...] = ()
    """what was done to reach the parent, in order; empty where it is the form"""
    cautions: tuple[str, ...] = ()
    """what the form leaves open or what makes it unusual: stereo, isotopes, metals, radicals"""


@lru_cache(maxsize=4096)
def form_of(smiles: str) -> Form:
    """The form, the parent and all that is to be said about them.

    The parent is what ``structures.standardise`` makes (RDKit's MolStandardize: clean-up, largest
    organic component, neutralised), with a sulfoxide kept as S=O. A complex of a metal
    that is no plain counter-ion, and a structure without carbon, are their own parents: to take
    them apart would give another compound. Stereo, isotopes and the tautomer are kept.

    Args:
        smiles: canonical SMILES that RDKit reads.
    """
    molecule = structures.molecule_from_smiles(smiles)
    cautions = tuple(_cautions(molecule))
    components = structures.components_of(molecule)
    metals = _complexed(molecule)
    has_carbon = any(atom.GetAtomicNum() == 6 for atom in molecule.GetAtoms())
    if metals or not has_carbon:
        return Form(smiles, smiles, components, (), cautions)
    charged = any(atom.GetFormalCharge() for atom in molecule.GetAtoms())
    bound = any(atom.GetAtomicNum() in _ION_METALS for atom in molecule.GetAtoms())
    if components == 1 and not charged and not bound:
        return Form(smiles, smiles, 1, (), cautions)
    parent = plain_sulfoxides(structures.standardise(molecule))
    parent_smiles = structures.canonical(parent)
    if parent_smiles == smiles:
        return Form(smiles, smiles, components, (), cautions)
    if parent_smiles == structures.canonical(plain_sulfoxides(molecule)):
        changes: tuple[str, ...] = ("the sulfoxide is written S=O",)
    else:
        changes = tuple(_changes(molecule, parent))
    return Form(smiles, parent_smiles, components, changes, cautions)


def _complexed(molecule: Any) -> list[str]:
    """Symbols of the metals that are no plain counter-ions."""
    return sorted(
        {
            atom.GetSymbol()
            for atom in molecule.GetAtoms()
            if atom.GetAtomicNum() not in _NONMETALS
            and (atom.GetAtomicNum() not in _ION_METALS or _has_carbon_bond(atom))
        }
    )


def _has_carbon_bond(atom: Any) -> bool:
    return any(neighbour.GetAtomicNum() == 6 for neighbour in atom.GetNeighbors())


def plain_sulfoxides(molecule: Any) -> Any:
    """The molecule with [S+][O-] written as S=O, so that both ways to write it have one parent."""
    for _ in range(molecule.GetNumAtoms()):
        made = _SULFOXIDE.RunReactants((molecule,), maxProducts=1)
        if not made:
            break
        molecule = made[0][0]
        Chem.SanitizeMol(molecule)
    return molecule


def _changes(molecule: Any, parent: Any) -> list[str]:
    """What was taken off and what was neutralised, one clause each."""
    core = bare_key(parent)
    apart = rdMolStandardize.MetalDisconnector().Disconnect(molecule)
    components = Chem.GetMolFrags(apart, asMols=True)
    counted: Counter[str] = Counter()
    others: list[str] = []
    copies = 0
    for part in components:
        key = bare_key(part)
        if key == core:
            copies += 1
        elif key in _COMPANIONS:
            counted[_COMPANIONS[key]] += 1
        elif _is_drug_like(part):
            others.append(structures.canonical(part))
        else:
            counted[structures.formula(part)] += 1
    told = [f"{count} x {name}" if count > 1 else name for name, count in counted.items()]
    changes = [f"{', '.join(told)} left out"] if told else []
    if others:
        changes.append(
            f"a mixture: {' and '.join(others)} has a size of its own and is not in the parent; "
            "ask for each component by itself"
        )
    if copies > 1:
        changes.append(f"{copies} copies of the parent counted once")
    charge = Chem.GetFormalCharge(parent)
    before = [part for part in components if bare_key(part) == core]
    if any(charges_of(part) != charges_of(parent) for part in before):
        changes.append(
            "charges neutralised" if not charge else "charges neutralised where possible"
        )
    if charge:
        changes.append(f"the parent keeps its charge of {charge:+d}")
    return changes


def _is_drug_like(part: Any) -> bool:
    has_carbon = any(atom.GetAtomicNum() == 6 for atom in part.GetAtoms())
    return has_carbon and part.GetNumHeavyAtoms() >= DRUG_LIKE_ATOMS


def charges_of(molecule: Any) -> list[int]:
    """The formal charges of the atoms that have one, in rising order."""
    return sorted(a.GetFormalCharge() for a in molecule.GetAtoms() if a.GetFormalCharge())


def bare_key(molecule: Any) -> str:
    """SMILES of one component, neutral where it can be, without stereo and isotopes."""
    with structures.silenced():
        plain = rdMolStandardize.Uncharger(force=True).uncharge(Chem.Mol(molecule))
    plain = Chem.RemoveHs(plain_sulfoxides(plain))
    for atom in plain.GetAtoms():
        atom.SetIsotope(0)
        if atom.GetAtomicNum() not in _NONMETALS and plain.GetNumAtoms() == 1:
            return f"[{atom.GetSymbol()}]"
    Chem.RemoveStereochemistry(plain)
    return structures.canonical(plain)


def _cautions(molecule: Any) -> list[str]:
    """What a chemist would want said about a structure, one clause each."""
    told = []
    if metals := _complexed(molecule):
        told.append(
            f"it holds {', '.join(metals)} in a metal complex and is kept whole; descriptors "
            "and models made for organic molecules say little about it"
        )
    centres = FindMolChiralCenters(molecule, includeUnassigned=True, useLegacyImplementation=False)
    open_centres = sum(label == "?" for _, label in centres)
    if open_centres:
        told.append(f"{open_centres} of {_count(len(centres), 'stereocentre')} undefined")
    open_bonds = sum(
        info.type == Chem.StereoType.Bond_Double
        and info.specified == Chem.StereoSpecified.Unspecified
        and _holds_its_shape(molecule.GetBondWithIdx(info.centeredOn))
        for info in Chem.FindPotentialStereo(molecule)
    )
    if open_bonds:
        told.append(f"{_count(open_bonds, 'double bond')} without E or Z")
    if isotopes := isotopes_of(molecule):
        labels = ", ".join(f"{n} x {name}" if n > 1 else name for name, n in isotopes.items())
        told.append(f"isotope labels kept: {labels}")
    if unpaired := sum(atom.GetNumRadicalElectrons() for atom in molecule.GetAtoms()):
        told.append(f"a radical with {_count(unpaired, 'unpaired electron')}")
    if _is_zwitterion(molecule):
        told.append("written as a zwitterion")
    return told


def _holds_its_shape(bond: Any) -> bool:
    """Whether E and Z are two compounds: not of imines and amidines, which turn over."""
    for atom in (bond.GetBeginAtom(), bond.GetEndAtom()):
        if atom.GetAtomicNum() == 7 and all(
            other.GetAtomicNum() in (1, 6) for other in atom.GetNeighbors()
        ):
            return False
    return True


def isotopes_of(molecule: Any) -> Counter[str]:
    """Labels such as ``2H`` and ``13C`` with their number."""
    return Counter(
        f"{atom.GetIsotope()}{atom.GetSymbol()}"
        for atom in molecule.GetAtoms()
        if atom.GetIsotope()
    )


def _is_zwitterion(molecule: Any) -> bool:
    """Whether one component has a plus and a minus that are not on neighbouring atoms."""
    for part in Chem.GetMolFrags(molecule, asMols=True):
        lone = [
            atom.GetFormalCharge()
            for atom in part.GetAtoms()
            if atom.GetFormalCharge()
            and not any(
                n.GetFormalCharge() * atom.GetFormalCharge() < 0 for n in atom.GetNeighbors()
            )
        ]
        if min(lone, default=0) < 0 < max(lone, default=0):
            return True
    return False


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"
