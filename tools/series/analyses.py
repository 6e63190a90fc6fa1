"""The analyses of a set by name, each worded as evidence and as columns of the whole table.

Owns the sentences. How a thing is found stands in the module of its name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from retort.retrieval.errors import UsageError
from retort.tools import structures
from retort.tools.records import Evidence
from retort.tools.series import clusters as clustering
from retort.tools.series import common, pairing
from retort.tools.series import diverse as picking
from retort.tools.series import rgroups as decomposing
from retort.tools.series import scaffolds as ringed
from retort.tools.series.findings import (
    VERSION,
    Findings,
    absence,
    calculated,
    listed,
    names,
    rounded,
    share,
    told_values,
    values_of,
)
from retort.tools.series.fingerprints import MORGAN
from retort.tools.series.members import Series, need
from retort.tools.series.shapes import (
    ClusterShape,
    CommonCoreShape,
    PickShape,
    RGroupsShape,
    ScaffoldShape,
)
from retort.tools.tables import Column, Value


@dataclass(frozen=True, slots=True)
class Wish:
    """What of an analysis can be chosen; each analysis reads what concerns it."""

    core: str = ""
    """SMILES or SMARTS of the core of R-groups; empty to have it found"""
    threshold: float = clustering.THRESHOLD
    """Tanimoto similarity of clusters"""
    picks: int = picking.PICKS
    seed: int = 0
    seconds: int = common.SECONDS
    """time limit of searches that may be long"""


def by_scaffold(series: Series, wish: Wish) -> Findings:
    """The Murcko scaffolds of a set."""
    need(series.members, 1, "A table of scaffolds")
    found, of = ringed.scaffolds(series.members), len(series.members)
    evidence: list[Evidence] = []
    cells: dict[int, tuple[Value, ...]] = {}
    for item in found:
        count, values = len(item.members), values_of(series, item.members)
        record: ScaffoldShape = {
            "record": "scaffold",
            "scaffold": item.smiles,
            "generic_scaffold": item.generic,
            "count": count,
            "of": of,
            "members": names(series.members, item.members),
            "values": values,
            "rdkit_version": VERSION,
        }
        what = f"The Murcko scaffold {item.smiles}" if item.smiles else "No ring and so no scaffold"
        told = f"{what} is in {share(count, of)}"
        if not item.smiles:
            told = f"{share(count, of)} have no ring and so no Murcko scaffold"
        told += f": {listed(record['members'], count)}{told_values(values)}"
        evidence.append(calculated("Murcko scaffold", told, record))
        cells |= dict.fromkeys(item.members, (item.smiles, item.generic, count))
    ringless = any(not item.smiles for item in found)
    kinds = len(found) - ringless
    return Findings(
        f"{kinds} Murcko scaffold{'s' * (kinds != 1)} in {of} structures",
        tuple(evidence),
        "",
        (
            Column("scaffold", "Murcko scaffold"),
            Column("generic_scaffold", "generic scaffold"),
            Column("scaffold_count", "structures with the scaffold"),
        ),
        cells,
    )


def by_common_core(series: Series, wish: Wish) -> Findings:
    """The largest substructure that all have in common, else the most typical ones."""
    members = series.members
    found = common.common_core(members, 1.0, wish.seconds)
    if not found.smarts:
        found = common.common_core(members, decomposing.FOUND_IN, wish.seconds)
    of, count = len(members), len(found.members)
    if not found.smarts:
        searched = f"A common substructure of {common.FEWEST_ATOMS} atoms or more in {of} molecules"
        return Findings("No common core", (absence(searched),), _limit(found.is_proved, wish))
    record: CommonCoreShape = {
        "record": "common_core",
        "smarts": found.smarts,
        "smiles": found.smiles,
        "atoms": found.atoms,
        "bonds": found.bonds,
        "count": count,
        "of": of,
        "is_proved": found.is_proved,
        "seconds": wish.seconds,
        "rdkit_version": VERSION,
    }
    rank = "largest common" if found.is_proved else "best common"
    scope = "all molecules" if found.share == 1.0 else f"the {found.share:.0%} most typical"
    told = (
        f"The {rank} substructure of {scope} is {found.smiles} with {found.atoms} heavy atoms and "
        f"{found.bonds} bonds; {share(count, of)} have it"
    )
    cells: dict[int, tuple[Value, ...]] = {}
    for at, member in enumerate(members):
        match = member.structure.GetSubstructMatch(found.pattern)
        cells[at] = (bool(match), " ".join(map(str, match)))
    columns = (
        Column("has_core", f"has {found.smiles}"),
        Column("core_atoms", "its atoms in parent_smiles, from 0"),
    )
    return Findings(
        f"Common core of {found.atoms} atoms in {count} of {of} structures",
        (calculated("Common core", told, record),),
        _limit(found.is_proved, wish),
        columns,
        cells,
    )


def _limit(is_proved: bool, wish: Wish) -> str:
    if is_proved:
        return ""
    return f"The search was cut off after {wish.seconds} s: a larger common core may exist."


def by_r_groups(series: Series, wish: Wish) -> Findings:
    """What each molecule carries on a core."""
    members = series.members
    found = decomposing.r_groups(members, wish.core, wish.seconds)
    evidence, cells = [], {}
    for at, groups in found.rows.items():
        member = members[at]
        told = ", ".join(f"{label} {group}" for label, group in groups.items()) or "no substituent"
        value = None if member.value is None else rounded(member.value)
        valued = "" if value is None else f"; {series.value_label} {value:g}"
        record: RGroupsShape = {
            "record": "r_groups",
            "name": member.name,
            "smiles": member.smiles,
            "core": found.core,
            "groups": dict(groups),
            "value": value,
            "value_label": series.value_label if value is not None else "",
            "rdkit_version": VERSION,
        }
        quote = f"{member.name} on the core {found.core}: {told}{valued}"
        evidence.append(calculated(f"R-groups of {member.name}", quote, record))
        cells[at] = (found.core, *(groups[label] for label in found.labels))
    note = "" if found.is_given else f"The core was found. {_limit(found.is_proved, wish)}".strip()
    if found.unmatched:
        lacking = listed(names(members, found.unmatched), len(found.unmatched))
        note = f"{note} {share(len(found.unmatched), len(members))} lack the core "
        note += f"(or it fits in more than {decomposing.MOST_WAYS} ways): {lacking}."
    return Findings(
        f"R-groups of {len(found.rows)} of {len(members)} structures on {found.core}",
        tuple(evidence),
        note.strip(),
        (Column("core", "core"), *(Column(label, label) for label in found.labels)),
        cells,
    )


def by_clusters(series: Series, wish: Wish) -> Findings:
    """Clusters by similarity to a representative."""
    members, of = series.members, len(series.members)
    found = clustering.clusters(members, wish.threshold)
    evidence: list[Evidence] = []
    cells: dict[int, tuple[Value, ...]] = {}
    for number, group in enumerate(found.groups, 1):
        count, values, first = len(group), values_of(series, group), members[group[0]]
        record: ClusterShape = {
            "record": "cluster",
            "cluster": number,
            "count": count,
            "of": of,
            "representative": first.name,
            "smiles": first.smiles,
            "members": names(members, group),
            "method": found.method,
            "fingerprint": MORGAN,
            "threshold": found.threshold,
            "values": values,
            "rdkit_version": VERSION,
        }
        told = (
            f"Cluster {number} has {share(count, of)} around {first.name} ({first.smiles}): "
            f"{listed(record['members'], count)}{told_values(values)}"
        )
        evidence.append(calculated(f"Cluster {number}", told, record))
        for at in group:
            cells[at] = (number, count, at == group[0], rounded(found.similarities[at]))
    singles = sum(len(group) == 1 for group in found.groups)
    return Findings(
        f"{len(found.groups)} clusters of {of} structures, {singles} of them of one",
        tuple(evidence),
        f"Clusters by {found.method}: Tanimoto similarity of {found.threshold:g} or more to the "
        f"representative ({MORGAN}).",
        (
            Column("cluster", "cluster"),
            Column("cluster_size", "structures in the cluster"),
            Column("is_representative", "is the representative"),
            Column("similarity", "Tanimoto similarity to the representative"),
        ),
        cells,
    )


def by_diverse(series: Series, wish: Wish) -> Findings:
    """A diverse selection."""
    members, of = series.members, len(series.members)
    found = picking.diverse(members, wish.picks, wish.seed)
    evidence, cells = [], {}
    for number, pick in enumerate(found, 1):
        member = members[pick.place]
        nearest = None if pick.nearest is None else rounded(pick.nearest)
        record: PickShape = {
            "record": "diverse_pick",
            "pick": number,
            "of": of,
            "name": member.name,
            "smiles": member.smiles,
            "similarity": nearest,
            "fingerprint": MORGAN,
            "seed": wish.seed,
            "rdkit_version": VERSION,
        }
        told = f"Pick {number} of a diverse selection from {of} molecules is {member.name} "
        told += f"({member.smiles})"
        if nearest is not None:
            told += f"; its Tanimoto similarity to the nearest earlier pick is {nearest:g}"
        evidence.append(calculated(f"Diverse pick {number}", told, record))
        cells[pick.place] = (number, nearest)
    return Findings(
        f"Picked {len(found)} diverse molecules of {of}",
        tuple(evidence),
        f"MaxMin picking, {MORGAN}, seed {wish.seed}.",
        (
            Column("pick", "order of picking"),
            Column("nearest_earlier", "Tanimoto similarity to the nearest earlier pick"),
        ),
        cells,
    )


BY: Mapping[str, Callable[[Series, Wish], Findings]] = {
    "scaffold": by_scaffold,
    "r_groups": by_r_groups,
    "matched_pairs": pairing.by_matched_pairs,
    "clusters": by_clusters,
    "common_core": by_common_core,
    "diverse": by_diverse,
}
"""Every analysis by the name that a user gives."""


def known(by: str) -> None:
    """Refuse a name that no analysis has.

    Raises:
        UsageError: lists those that there are.
    """
    if by not in BY:
        raise UsageError(
            f'No analysis is called "{structures.clipped(by, 40)}".',
            f"There are: {', '.join(BY)}.",
            "Choose one of these.",
        )


def analyse(series: Series, by: str, wish: Wish | None = None) -> Findings:
    """Analyse a set.

    Raises:
        UsageError: no analysis has that name.
        RetortError: the set is too small, a core cannot be read or is in no molecule.
    """
    known(by)
    return BY[by](series, wish or Wish())
