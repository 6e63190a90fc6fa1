"""Charge of a molecule at a pH as evidence, and the tool ``estimate_charge``.

Knows which form of a molecule is meant and how it is said. The rules stand in ``charges``.
"""

from __future__ import annotations

from langchain_core.tools import BaseTool
from rdkit import Chem

from retort.retrieval.errors import RetortError
from retort.tools import charges, structures
from retort.tools.bench import Bench, handed_back, tool
from retort.tools.calculation_shapes import IonisationShape, SiteShape
from retort.tools.ionisable_groups import SOURCE
from retort.tools.molecule import Molecule
from retort.tools.records import Evidence, ToolResult

CAVEAT = (
    "The pKa are typical of each group, not measured or predicted for this molecule; expect errors "
    "of about one unit, and more where groups influence each other."
)


def ionisation(molecule: Molecule, ph: float = charges.PHYSIOLOGICAL_PH) -> ToolResult:
    """The ionisable groups of a molecule (of a salt: of its parent) and its charge at a pH.

    Args:
        molecule: a resolved molecule.
        ph: 0 to 14.

    Raises:
        RetortError: the pH is out of range, or the molecule has no structure.
    """
    if not 0 <= ph <= 14:
        raise RetortError(
            f"{ph:g} is not a pH that is estimated here.",
            "The rules hold in water between pH 0 and 14.",
            "Give a pH from 0 to 14, or leave it out for 7.4.",
        )
    molecule.structure()
    parent = structures.molecule_from_smiles(molecule.parent)
    sites = charges.sites_of(parent)
    main = charges.dominant_form(parent, sites, ph)
    net = round(charges.mean_charge(parent, sites, ph), 1) + 0.0
    record: IonisationShape = {
        "record": "ionisation",
        "handle": molecule.handle,
        "name": molecule.label,
        "smiles": molecule.parent,
        "ph": ph,
        "net_charge": net,
        "dominant_smiles": structures.canonical(main),
        "dominant_charge": int(Chem.GetFormalCharge(main)),
        "sites": [_shape(site, ph) for site in sites],
        "source": SOURCE,
        "rdkit_version": structures.RDKIT.split()[-1],
    }
    who = molecule.title if molecule.components == 1 else f"The parent of {molecule.title}"
    told = "; ".join(
        f"{site['group']} (atom {site['atom']}), {site['kind']}, typical pKa {site['pka']:.1f}, "
        f"{site['charged_percent']:.0f} % charged"
        for site in record["sites"]
    )
    evidence = Evidence(
        kind="calculation",
        source_id=structures.RDKIT,
        title=f"Charge of {molecule.label} at pH {ph:g}, by rules",
        quote=f"{who} has by rules a mean net charge of {net:+.1f} at pH {ph:g} and is mainly "
        f"{record['dominant_smiles']} (charge {record['dominant_charge']:+d}): "
        f"{told or 'no ionisable group of the table'} "
        f"({structures.RDKIT}; typical pKa of each group).",
        record=dict(record),
    )
    return ToolResult(
        summary=f"Estimated the charge of {molecule.label} at pH {ph:g}: {net:+.1f}",
        evidence=(evidence,),
        note=f"{CAVEAT} {molecule.remarks}".strip(),
        count=len(sites),
        molecules=(molecule.card(),),
    )


def _shape(site: charges.Site, ph: float) -> SiteShape:
    return {
        "group": site.group,
        "kind": site.kind,
        "atom": site.atom,
        "pka": site.pka,
        "charged_percent": round(100 * site.charged(ph), 1),
        "model_compound": site.model,
    }


def build_tools(bench: Bench) -> list[BaseTool]:
    """The tool ``estimate_charge``."""

    @tool
    def estimate_charge(
        molecule: str, ph: float = charges.PHYSIOLOGICAL_PH
    ) -> tuple[str, ToolResult]:
        """Estimate charge and ionisable groups of a molecule at a pH, by rules of typical pKa.

        Use for "is X charged at pH 7.4", "which groups of X are basic or acidic". Not for measured
        pKa. Example: estimate_charge("aspirin") -> net charge -1.0 at pH 7.4; carboxylic acid, pKa
        4.2.

        Args:
            molecule: a handle M1, a name, a ChEMBL id, a SMILES or an InChIKey.
            ph: 0 to 14; 7.4 is that of blood.
        """
        return handed_back(ionisation(bench.molecules.resolve(molecule), ph))

    return [estimate_charge]
