"""Forms and parents: what is left out, neutralised, kept and told."""

from __future__ import annotations

import pytest

from retort.tools.forms import form_of
from retort.tools.sameness import relation
from retort.tools.structures import canonical, molecule_from_smiles

SACUBITRIL = "CCOC(=O)[C@H](C)C[C@@H](Cc1ccc(cc1)-c1ccccc1)NC(=O)CCC(=O)O"
VALSARTAN = "CCCCC(=O)N(Cc1ccc(cc1)-c1ccccc1-c1nnn[nH]1)[C@@H](C(C)C)C(=O)O"


def plain(smiles: str) -> str:
    return canonical(molecule_from_smiles(smiles))


@pytest.mark.parametrize(
    ("smiles", "parent", "changes"),
    [
        ("CC(=O)[O-].[Na+]", "CC(=O)O", ("sodium left out", "charges neutralised")),
        ("CC(=O)O[Na]", "CC(=O)O", ("sodium left out", "charges neutralised")),
        ("OC(=O)c1ccccc1.O.O", "O=C(O)c1ccccc1", ("2 x water left out",)),
        ("CC(N)C(=O)[O-]", "CC(N)C(=O)O", ("charges neutralised",)),
        (
            "C[N+](C)(C)CCO.[Cl-]",
            "C[N+](C)(C)CCO",
            ("chloride left out", "the parent keeps its charge of +1"),
        ),
        ("C[S+](C)[O-]", "CS(C)=O", ("the sulfoxide is written S=O",)),
        ("O=[N+]([O-])c1ccccc1", "O=[N+]([O-])c1ccccc1", ()),
        ("CS(C)=O", "CS(C)=O", ()),
    ],
)
def test_what_was_done_is_told(smiles: str, parent: str, changes: tuple[str, ...]) -> None:
    form = form_of(plain(smiles))
    assert (form.parent, form.changes) == (parent, changes)
    assert form_of(form.parent).parent == form.parent


def test_a_mixture_names_what_is_not_in_the_parent() -> None:
    form = form_of(plain(f"{SACUBITRIL}.{VALSARTAN}"))
    assert form.components == 2
    (told,) = form.changes
    assert told.startswith("a mixture") and plain(SACUBITRIL) in told
    assert form.parent == plain(VALSARTAN)


@pytest.mark.parametrize(
    "smiles", ["N.N.Cl[Pt]Cl", "C[Hg]C", "[Fe+2].c1cc[cH-]c1.c1cc[cH-]c1", "[Na+].[Cl-]", "C[Mg]Br"]
)
def test_complexes_and_inorganics_are_kept_whole(smiles: str) -> None:
    form = form_of(plain(smiles))
    assert form.parent == form.smiles and form.changes == ()


@pytest.mark.parametrize(
    ("smiles", "told"),
    [
        ("CC(C)Cc1ccc(cc1)C(C)C(=O)O", "1 of 1 stereocentre undefined"),
        ("CC=CC", "1 double bond without E or Z"),
        ("[2H]C([2H])([2H])O", "isotope labels kept: 3 x 2H"),
        ("[CH3]", "a radical with 1 unpaired electron"),
        ("[NH3+]CC(=O)[O-]", "written as a zwitterion"),
        ("N.N.Cl[Pt]Cl", "it holds Pt in a metal complex"),
    ],
)
def test_what_is_open_or_unusual_is_told(smiles: str, told: str) -> None:
    assert any(caution.startswith(told) for caution in form_of(plain(smiles)).cautions)


@pytest.mark.parametrize("smiles", ["CN(C)C(=N)NC(N)=N", "C[C@H](N)C(=O)O", "C/C=C/C", "CCO"])
def test_nothing_is_said_where_nothing_is_open(smiles: str) -> None:
    assert form_of(plain(smiles)).cautions == ()


@pytest.mark.parametrize(
    ("one", "other", "differences"),
    [
        ("CCO", "OCC", ()),
        ("C[S+](C)[O-]", "CS(C)=O", ()),
        ("CCO", "COC", ()),
        ("Oc1ccccn1", "O=c1cccc[nH]1", ("tautomers",)),
        ("CC(=O)CC", "CC(O)=CC", ("tautomers",)),
        ("Cc1c[nH]cn1", "Cc1cnc[nH]1", ("tautomers",)),
        ("C[C@H](N)C(=O)O", "C[C@@H](N)C(=O)O", ("enantiomers",)),
        ("C[C@H](N)C(=O)O", "CC(N)C(=O)O", ("stereoisomers",)),
        ("C/C=C/C", "C/C=C\\C", ("stereoisomers",)),
        ("[2H]C([2H])([2H])O", "CO", ("isotopologues",)),
        ("[13CH3]CO", "C[13CH2]O", ("isotopologues",)),
        ("CC(=O)O", "CC(=O)[O-].[Na+]", ("salt forms",)),
        ("CC(=O)O", "CC(=O)[O-]", ("charge states",)),
        ("C[C@H](N)C(=O)O.Cl", "C[C@@H](N)C(=O)O", ("enantiomers", "salt forms")),
        ("CC#N", "CN=C", ()),
    ],
)
def test_relations(one: str, other: str, differences: tuple[str, ...]) -> None:
    for left, right in ((one, other), (other, one)):
        found = relation(left, right)
        assert found.differences == differences
        if differences:
            assert found.kind == differences[0] and found.told
    if one in ("CC#N", "CCO") and other in ("CN=C", "COC"):
        assert found.kind == "different" and found.told == ""
    elif not differences:
        assert found.kind == "identical"
