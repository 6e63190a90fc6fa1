"""The screen before the alerts rules nothing out that RDKit finds."""

from __future__ import annotations

import pytest
from rdkit import Chem
from rdkit.Chem import FilterCatalog

from retort.tools import alert_catalogues

STRUCTURES = {
    "epalrestat": "CC(=Cc1ccccc1)C=C1SC(=S)N(CC(=O)O)C1=O",
    "curcumin": "COc1cc(C=CC(=O)CC(=O)C=Cc2ccc(O)c(OC)c2)ccc1O",
    "cisplatin": "[NH3][Pt]([NH3])(Cl)Cl",
    "an azo dye": "CN(C)c1ccc(N=Nc2ccc(S(=O)(=O)O)cc2)cc1",
    "a peroxide": "CC(C)(C)OOC(C)(C)C",
    "ethanol": "CCO",
    "an acyl chloride with a crown ether": "ClC(=O)c1ccc2c(c1)OCCOCCOCCOCCO2",
}


@pytest.mark.parametrize("smiles", STRUCTURES.values(), ids=STRUCTURES)
def test_all_that_rdkit_finds(smiles: str) -> None:
    structure = Chem.MolFromSmiles(smiles)
    for name, entries in alert_catalogues.matches(structure).items():
        params = FilterCatalog.FilterCatalogParams()
        params.AddCatalog(getattr(params.FilterCatalogs, name.upper()))
        own = FilterCatalog.FilterCatalog(params).GetMatches(structure)
        assert [e.GetDescription() for e in entries] == [e.GetDescription() for e in own]


def test_each_pattern_is_known_and_most_ask_for_something() -> None:
    known = alert_catalogues._entries()
    assert all(alert_catalogues._pattern(entry) is not None for entry in known.entries)
    assert known.asked.any(axis=1).mean() > 0.9
