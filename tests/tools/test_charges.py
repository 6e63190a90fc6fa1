"""Charges at pH 7.4 against what is known of the drugs: measured pKa as textbooks give them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rdkit import Chem

from retort.retrieval.errors import RetortError
from retort.tools import charges
from retort.tools.ionisable_groups import ACIDS, BASES
from retort.tools.records import ToolResult

Call = Callable[..., tuple[str, ToolResult]]

KNOWN = {
    # name: SMILES, charge of the main form at pH 7.4 (measured pKa: Charifson and Walters 2014;
    # Prankerd, Critical Compilation of pKa Values for Pharmaceutical Substances, 2007)
    "aspirin 3.5": ("CC(=O)Oc1ccccc1C(=O)O", -1),
    "metformin 12.4": ("CN(C)C(=N)NC(N)=N", 1),
    "imatinib 8.1": ("Cc1ccc(NC(=O)c2ccc(CN3CCN(C)CC3)cc2)cc1Nc1nccc(-c2cccnc2)n1", 1),
    "amlodipine 8.6": ("CCOC(=O)C1=C(COCCN)NC(C)=C(C(=O)OC)C1c1ccccc1Cl", 1),
    "ciprofloxacin 6.1, 8.7": ("O=C(O)c1cn(C2CC2)c2cc(N3CCNCC3)c(F)cc2c1=O", 0),
    "warfarin 5.0": ("CC(=O)CC(c1ccccc1)c1c(O)c2ccccc2oc1=O", -1),
    "gabapentin 3.7, 10.7": ("NCC1(CC(=O)O)CCCCC1", 0),
    "caffeine": ("Cn1c(=O)c2c(ncn2C)n(C)c1=O", 0),
    "diazepam 3.4": ("CN1C(=O)CN=C(c2ccccc2)c2cc(Cl)ccc21", 0),
    "sulfamethoxazole 5.7": ("Cc1cc(NS(=O)(=O)c2ccc(N)cc2)no1", -1),
    "phenytoin 8.3": ("O=C1NC(=O)C(c2ccccc2)(c2ccccc2)N1", 0),
    "propranolol 9.5": ("CC(C)NCC(O)COc1cccc2ccccc12", 1),
    "lidocaine 7.9": ("CCN(CC)CC(=O)Nc1c(C)cccc1C", 1),
    "trimethoprim 7.1": ("COc1cc(Cc2cnc(N)nc2N)cc(OC)c1OC", 0),
    "omeprazole 4.0, 8.8": ("COc1ccc2[nH]c(S(=O)Cc3ncc(C)c(OC)c3C)nc2c1", 0),
    "chloroquine 8.1, 10.2": ("CCN(CC)CCCC(C)Nc1ccnc2cc(Cl)ccc12", 2),
    "celecoxib 11": ("Cc1ccc(-c2cc(C(F)(F)F)nn2-c2ccc(S(N)(=O)=O)cc2)cc1", 0),
    "tolbutamide 5.3": ("CCCCNC(=O)NS(=O)(=O)c1ccc(C)cc1", -1),
    "losartan 4.9": ("CCCCc1nc(Cl)c(CO)n1Cc1ccc(-c2ccccc2-c2nnn[nH]2)cc1", -1),
    "ranitidine 8.2": ("CNC(=C[N+](=O)[O-])NCCSCc1ccc(CN(C)C)o1", 1),
    "meloxicam 4.1": ("Cc1cnc(NC(=O)C2=C(O)c3ccccc3S(=O)(=O)N2C)s1", -1),
    "erlotinib 5.4": ("COCCOc1cc2ncnc(Nc3cccc(C#C)c3)c2cc1OCCOC", 0),
    "acetylcholine": ("CC(=O)OCC[N+](C)(C)C", 1),
    "piperazine 9.7, 5.3": ("C1CNCCN1", 1),
    "arginine": ("N[C@@H](CCCNC(N)=N)C(=O)O", 1),
}


@pytest.mark.parametrize("name", KNOWN)
def test_the_main_form_at_ph_74(name: str) -> None:
    smiles, charge = KNOWN[name]
    molecule = Chem.MolFromSmiles(smiles)
    form = charges.dominant_form(molecule, charges.sites_of(molecule))
    assert Chem.GetFormalCharge(form) == charge
    assert form.GetNumAtoms() == molecule.GetNumAtoms()
    assert Chem.MolFromSmiles(Chem.MolToSmiles(form)) is not None


def test_every_pattern_can_be_read_and_matches_its_own_kind() -> None:
    for group in (*ACIDS, *BASES):
        pattern = Chem.MolFromSmarts(group.smarts)
        assert pattern is not None, group.name
        assert pattern.GetNumAtoms() >= 1 and -2 < group.pka < 14


def test_the_fractions_are_those_of_henderson_and_hasselbalch() -> None:
    acid = charges.Site("acid", "acid", 0, 4.4, "")
    base = charges.Site("base", "base", 0, 8.4, "")
    assert acid.charged(4.4) == 0.5 and base.charged(8.4) == 0.5
    assert acid.charged(7.4) == pytest.approx(1000 / 1001)
    assert base.charged(7.4) == pytest.approx(10 / 11)
    assert acid.charged(-400) < 1e-200 and base.charged(-400) == 1.0


def test_logd_falls_with_the_ion_and_no_further() -> None:
    acid = Chem.MolFromSmiles("CCCC(=O)O")
    sites = charges.sites_of(acid)
    assert charges.logd(acid, 1.0, sites, 0.0) == pytest.approx(1.0, abs=1e-4)
    # 2.6 units above the pKa of 4.8: 1 - log10(1 + 10^2.6), and a little of the ion
    assert charges.logd(acid, 1.0, sites, 7.4) == pytest.approx(-1.58, abs=0.03)
    assert charges.logd(acid, 1.0, sites, 14.0) == pytest.approx(-3.0, abs=0.01)
    permanent = Chem.MolFromSmiles("C[N+](C)(C)C")
    assert charges.logd(permanent, 1.0, charges.sites_of(permanent), 7.4) == pytest.approx(-2.0)


def test_amides_and_like_nitrogens_are_no_bases() -> None:
    for smiles in ("CC(=O)NC", "CS(=O)(=O)NC", "CNC#N", "c1ccc[nH]1", "C=CNC", "NC(N)=O"):
        found = charges.sites_of(Chem.MolFromSmiles(smiles))
        assert not [site for site in found if site.kind == "base"], smiles


def test_the_tool_names_each_site_and_says_that_it_is_a_rule(call: Call) -> None:
    content, result = call("estimate_charge", molecule="aspirin")
    (item,) = result.evidence
    assert "net charge of -1.0 at pH 7.4" in item.quote
    assert "carboxylic acid" in item.quote and "typical pKa 4.2" in item.quote
    assert item.record["dominant_smiles"] == "CC(=O)Oc1ccccc1C(=O)[O-]"
    assert item.record["sites"][0]["model_compound"] == "benzoic acid"
    assert "not measured" in content and item.kind == "calculation"
    _, acidic = call("estimate_charge", molecule="aspirin", ph=1.0)
    assert acidic.evidence[0].record["net_charge"] == 0.0


def test_a_ph_that_is_none(call: Call, refusal: Callable[[Callable[[], Any]], RetortError]) -> None:
    assert "0 and 14" in refusal(lambda: call("estimate_charge", molecule="CCO", ph=40)).why
