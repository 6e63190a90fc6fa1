"""Small series whose answers are worked out by hand."""

from __future__ import annotations

import pytest
from rdkit import Chem

from retort.retrieval.errors import RetortError
from retort.tools.series import clusters as clustering
from retort.tools.series.common import common_core, typical
from retort.tools.series.diverse import diverse
from retort.tools.series.fingerprints import ATOM_PAIRS, MACCS, MORGAN, tanimoto
from retort.tools.series.members import Entry, Series, gather, number
from retort.tools.series.pairs import HYDROGEN, cuts, matched_pairs
from retort.tools.series.rgroups import r_groups
from retort.tools.series.scaffolds import generic, murcko, scaffolds


def made(*smiles: str, values: tuple[float | None, ...] = ()) -> Series:
    filled = (*values, *(None,) * (len(smiles) - len(values)))
    entries = [Entry(f"m{n}", text, filled[n]) for n, text in enumerate(smiles)]
    return gather(entries, "pIC50 (as given)" if values else "")


def mol(smiles: str) -> object:
    return Chem.MolFromSmiles(smiles)


# Reading a set


def test_salts_duplicates_and_unreadable_rows_are_said() -> None:
    series = made("CCN", "CCN.Cl", "C[NH3+]", "C1CC(", "NCC", values=(1.0, 3.0, None, None, 8.0))
    assert [member.smiles for member in series.members] == ["CCN", "CN"]
    assert series.members[0].value == 3.0
    assert series.places == (0, 0, 1, None, 0)
    assert (series.failed, series.duplicates, series.salts, series.charged) == (1, 2, 1, 1)
    told = series.remarks()
    assert "Salts, solvates and mixtures read as their parents: 1." in told
    assert "2 duplicates of a structure merged with the median of their values." in told
    assert "1 of 5 could not be read; first m3:" in told and "C1CC(" in told


def test_stereoisomers_and_isotopologues_are_different_members() -> None:
    series = made("C[C@H](N)C(=O)O", "C[C@@H](N)C(=O)O", "CC(N)C(=O)O", "[2H]C(C)N", "CCN")
    assert len(series.members) == 5 and not series.duplicates


@pytest.mark.parametrize(
    ("text", "value"),
    [("7.2", 7.2), (" -1e-3 ", -0.001), (">10000", None), ("", None), ("nan", None), ("x", None)],
)
def test_only_a_plain_number_is_a_value(text: str, value: float | None) -> None:
    assert number(text) == value


def test_nothing_to_analyse_is_refused() -> None:
    for action in (clustering.clusters, diverse, common_core, matched_pairs, r_groups):
        with pytest.raises(RetortError, match="at least") as caught:
            action(())
        assert caught.value.next


# Scaffolds


@pytest.mark.parametrize(
    ("smiles", "scaffold", "framework"),
    [
        ("CC(=O)Oc1ccccc1C(=O)O", "c1ccccc1", "C1CCCCC1"),  # aspirin: its benzene ring
        ("c1ccc(CCc2ccncc2)cc1", "c1ccc(CCc2ccncc2)cc1", "C1CCC(CCC2CCCCC2)CC1"),
        ("O=C1CCCCN1C", "O=C1CCCCN1", "C1CCCCC1"),  # the lactam keeps its oxygen, not its methyl
        ("CCCC", "", ""),
    ],
)
def test_scaffolds_by_hand(smiles: str, scaffold: str, framework: str) -> None:
    assert murcko(mol(smiles)) == scaffold
    assert generic(scaffold) == framework


def test_scaffolds_of_a_set_are_counted_and_ringless_ones_kept_together() -> None:
    found = scaffolds(made("Cc1ccccc1", "CCO", "Clc1ccccc1", "c1ccncc1", "CCN").members)
    assert [(item.smiles, item.members) for item in found] == [
        ("", (1, 4)),
        ("c1ccccc1", (0, 2)),
        ("c1ccncc1", (3,)),
    ]


# Common core and R-groups


def test_common_core_of_two_substituted_benzenes() -> None:
    found = common_core(made("CCc1ccccc1", "Cc1ccccc1Cl").members)
    assert (found.atoms, found.bonds, found.members) == (7, 7, (0, 1))  # toluene
    assert found.is_proved
    assert Chem.CanonSmiles(found.smiles) == Chem.CanonSmiles("Cc1ccccc1")


def test_a_ring_is_common_as_a_whole_or_not_at_all() -> None:
    found = common_core(made("C1CCCCC1", "C1CCCC1").members)
    assert not found.smarts and found.members == ()


def test_one_odd_molecule_does_not_spoil_a_core_that_most_have() -> None:
    members = made("Cc1ccccc1", "Clc1ccccc1", "Fc1ccccc1", "Brc1ccccc1", "CC#N").members
    assert not common_core(members).smarts
    found = common_core(members, share=0.8)
    assert found.atoms == 6 and found.members == (0, 1, 2, 3)
    assert [member.name for member in typical(members, 0.8)] == ["m0", "m1", "m2", "m3"]


def test_r_groups_by_hand() -> None:
    # 4-substituted anilines with a second position that is hydrogen once.
    members = made("Nc1ccc(C)cc1", "Nc1ccc(Cl)cc1", "CNc1ccc(F)cc1", "CCO").members
    found = r_groups(members, "Nc1ccc([*:1])cc1")
    assert found.unmatched == (3,) and found.is_given
    assert {at: row["R1"] for at, row in found.rows.items()} == {
        0: "C[*:1]",
        1: "Cl[*:1]",
        2: "F[*:1]",
    }
    assert [row["R2"] for row in found.rows.values()] == ["[H]", "[H]", "C[*:2]"]


def test_a_kekule_core_is_read_as_the_aromatic_ring_it_is() -> None:
    members = made("Cc1ccccc1", "CCc1ccccc1").members
    assert set(r_groups(members, "C1=CC=CC=C1").rows) == {0, 1}


def test_a_core_that_none_has_is_said() -> None:
    with pytest.raises(RetortError, match="No molecule has the core"):
        r_groups(made("CCO", "CCN").members, "c1ccccc1")
    with pytest.raises(RetortError, match="No common core"):
        r_groups(made("CCO", "C1CCCCC1").members)
    with pytest.raises(RetortError, match="SMARTS"):
        r_groups(made("CCO", "CCN").members, "C1CC(")


# Matched pairs


def test_cuts_of_toluene() -> None:
    assert set(cuts(mol("Cc1ccccc1"))) == {("c1ccc([*:1])cc1", "C[*:1]")}


def test_pairs_and_their_mean_change_by_hand() -> None:
    series = made(
        "c1ccc(F)cc1",
        "c1ccc(Cl)cc1",
        "Fc1ccncc1",
        "Clc1ccncc1",
        "c1ccccc1",
        "CCCCCC",
        values=(5.0, 6.0, 4.0, 5.5, 4.5, 9.0),
    )
    found = matched_pairs(series.members)
    by = {item.name: item for item in found.transformations}
    exchange = by["Cl[*:1]>>F[*:1]"]
    assert [(pair.one, pair.other, pair.change) for pair in exchange.pairs] == [
        (1, 0, -1.0),
        (3, 2, -1.5),
    ]
    assert exchange.mean_change == -1.25
    assert exchange.deviation == pytest.approx(0.35355, abs=1e-5)
    assert by[f"{HYDROGEN}>>F[*:1]"].mean_change == 0.5
    assert by[f"{HYDROGEN}>>Cl[*:1]"].mean_change == 1.5
    assert found.count == 4 and not found.is_cut


def test_a_pair_is_told_by_its_smallest_change_and_once() -> None:
    # Benzyl chloride and fluoride: Cl to F, not CH2Cl to CH2F.
    (found,) = matched_pairs(made("ClCc1ccccc1", "FCc1ccccc1").members).transformations
    assert found.name == "Cl[*:1]>>F[*:1]" and len(found.pairs) == 1
    assert found.mean_change is None and found.deviation is None


def test_a_hydrogen_on_nitrogen_is_a_substituent() -> None:
    (found,) = matched_pairs(made("c1cc[nH]c1", "Cn1cccc1").members).transformations
    assert found.name == f"{HYDROGEN}>>C[*:1]"


def test_amides_are_not_cut_and_large_parts_do_not_change() -> None:
    assert {variable for _, variable in cuts(mol("O=C(NC)c1ccccc1"))} == {"C[*:1]", "CNC(=O)[*:1]"}
    assert all(
        mol(variable).GetNumHeavyAtoms() <= 10  # type: ignore[attr-defined]
        for _, variable in cuts(mol("CCCCCCCCCCCCCCCCCCCCCCCCc1ccccc1"))
    )


# Clusters and picks


def test_similarities_by_each_fingerprint() -> None:
    one, other = mol("CCO"), mol("CCN")
    for name in (MORGAN, MACCS, ATOM_PAIRS):
        assert tanimoto(one, one, name) == 1.0
        assert 0.0 <= tanimoto(one, other, name) < 1.0
    # Each has three atoms and their three neighbourhoods; CH3, CH2 and CH3's are shared: 3 of 9.
    assert tanimoto(one, other) == pytest.approx(3 / 9)


SET = ("CCCCO", "CCCCCO", "CCCCCCO", "c1ccccc1C(=O)O", "c1ccccc1C(=O)N", "O=S(=O)(N)C1CC1")


@pytest.mark.parametrize("up_to", [5_000, 2], ids=["Butina", "sphere exclusion"])
def test_every_molecule_is_in_one_cluster_within_the_threshold(
    monkeypatch: pytest.MonkeyPatch, up_to: int
) -> None:
    monkeypatch.setattr(clustering, "BUTINA_UP_TO", up_to)
    members = made(*SET).members
    found = clustering.clusters(members, 0.5)
    assert sorted(at for group in found.groups for at in group) == list(range(6))
    assert found.method == ("Butina" if up_to > 6 else "sphere exclusion")
    for first, *others in found.groups:
        for at in others:
            value = tanimoto(members[first].structure, members[at].structure)
            assert value == pytest.approx(found.similarities[at]) and value >= 0.5
    centres = [group[0] for group in found.groups]
    assert [len(group) for group in found.groups] == sorted(map(len, found.groups), reverse=True)
    for n, one in enumerate(centres):
        for other in centres[:n]:
            assert tanimoto(members[one].structure, members[other].structure) < 0.5
    assert {0, 1, 2} <= {at for group in found.groups[:1] for at in group}


def test_a_pair_on_the_threshold_is_in() -> None:
    members = made("CCO", "CCN").members
    value = tanimoto(members[0].structure, members[1].structure)
    assert len(clustering.clusters(members, value).groups) == 1
    assert len(clustering.clusters(members, value + 0.01).groups) == 2


def test_picks_are_seeded_and_each_is_the_farthest() -> None:
    members = made(*SET).members
    picks = diverse(members, 4, seed=3)
    assert picks == diverse(members, 4, seed=3) and len({pick.place for pick in picks}) == 4
    chosen: list[int] = []
    for pick in picks:
        if chosen:
            nearest = {
                at: max(tanimoto(members[at].structure, members[c].structure) for c in chosen)
                for at in range(6)
                if at not in chosen
            }
            assert pick.nearest == pytest.approx(min(nearest.values()))
        chosen.append(pick.place)
    assert len(diverse(members, 100)) == 6
