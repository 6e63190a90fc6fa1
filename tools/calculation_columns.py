"""Every calculation as one column: properties, rules, CNS MPO, alerts and unusual ring systems.

Owns what the columns are called and what stands in them for one structure. Of a salt, masses, the
formula and the charge as drawn are the whole's and all else is the parent's, as in
``calculate_properties``. Knows no file and no conversation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

from retort.retrieval.errors import RetortError
from retort.tools import alerts, cns_mpo, properties, rules, structures
from retort.tools.alert_catalogues import CATALOGUES
from retort.tools.properties import PROPERTIES, TABLE, Property, Values

NONE = "none"
"""a list with nothing in it: no alert, no unusual ring system"""


@dataclass(frozen=True)
class Sheet:
    """One structure, and the values that have been computed of it so far."""

    whole: Values
    parent: Values

    @classmethod
    def of(cls, smiles: str) -> Sheet:
        """The sheet of a SMILES.

        Raises:
            RetortError: no structure; carries the text as it came and RDKit's reason.
        """
        molecule = structures.molecule_from_smiles(smiles)
        whole, standard = Values(molecule), structures.standardise(molecule)
        is_same = standard is molecule
        return cls(whole, whole if is_same else Values(standard))

    @cached_property
    def alerts(self) -> dict[str, list[str]]:
        """Names of the alerts in the parent, by catalogue; searched together, as they share most
        of the work.
        """
        return alerts.alert_names(self.parent.structure)


@dataclass(frozen=True, slots=True)
class Column:
    """One calculation of the table."""

    name: str
    label: str
    unit: str
    method: str
    text: Callable[[Sheet], str]
    """what stands in its cell; empty where the structure has no such value"""


def _property(item: Property, sheet: Sheet) -> str:
    value = (sheet.whole if item.of_whole else sheet.parent)[item.name]
    return "" if value is None else item.text(value)


def _parent_weight(sheet: Sheet) -> str:
    return PROPERTIES["molecular_weight"].text(sheet.parent.number("molecular_weight"))


def _parent(sheet: Sheet) -> str:
    return structures.canonical(sheet.parent.structure)


def _violations(rule: rules.Rule, sheet: Sheet) -> int:
    return sum(not item["passes"] for item in rules.apply(rule, sheet.parent))


def _violations_text(rule: rules.Rule, sheet: Sheet) -> str:
    return str(_violations(rule, sheet))


def _passes(rule: rules.Rule, sheet: Sheet) -> str:
    return str(_violations(rule, sheet) <= rule.allowed_violations).lower()


def _mpo(sheet: Sheet) -> str:
    return f"{cns_mpo.score(cns_mpo.components(sheet.parent)):.1f}"


def _alerts(catalogue: str, sheet: Sheet) -> str:
    return "; ".join(sheet.alerts[catalogue]) or NONE


def _rings(sheet: Sheet) -> str:
    found = alerts.rings_of(sheet.parent.structure)
    return "; ".join(f"{item['smiles']} ({item['known_molecules']})" for item in found) or NONE


def _of_properties() -> list[Column]:
    found = [
        Column(item.name, item.label, item.unit, item.method, partial(_property, item))
        for item in TABLE
    ]
    weight = PROPERTIES["molecular_weight"]
    label = f"{weight.label} of the parent"
    found.insert(
        2, Column("molecular_weight_parent", label, weight.unit, weight.method, _parent_weight)
    )
    what = "the structure without counter-ions, neutral where it can be"
    return [Column("parent_smiles", what, "", "RDKit MolStandardize", _parent), *found]


def _of_rules() -> list[Column]:
    found = []
    for rule in rules.RULES:
        short, source = rule.aliases[0], rule.source
        told = f"violations of {rule.name}"
        found.append(
            Column(f"{short}_violations", told, "", source, partial(_violations_text, rule))
        )
        label = f"whether it passes {rule.name}"
        found.append(Column(f"{short}_passes", label, "", source, partial(_passes, rule)))
    label = f"{cns_mpo.NAME.removeprefix('the ')}, 0 to 6"
    return [*found, Column("cns_mpo", label, "", cns_mpo.SOURCE, _mpo)]


def _of_alerts() -> list[Column]:
    found = [
        Column(f"{name.lower()}_alerts", f"alerts of {name}", "", source, partial(_alerts, name))
        for name, source in CATALOGUES.items()
    ]
    label = "unusual ring systems (molecules of the reference that have them)"
    return [*found, Column("unusual_ring_systems", label, "", "counts in public sets", _rings)]


GROUPS: dict[str, tuple[Column, ...]] = {
    "properties": tuple(_of_properties()),
    "rules": tuple(_of_rules()),
    "alerts": tuple(_of_alerts()),
}
"""All columns by group; a group is asked for by its name."""

COLUMNS = {column.name: column for group in GROUPS.values() for column in group}

USUAL = ("parent_smiles", *properties.USUAL, "lipinski_violations", "veber_violations")
"""What is calculated when nothing is named."""


def named(wanted: Iterable[str]) -> tuple[Column, ...]:
    """The columns of these names, each once, in order.

    Args:
        wanted: columns, groups ("properties", "rules", "alerts", "all"), properties by any name
            they have ("MW"), rules ("lipinski") and catalogues ("pains"); none means the usual.

    Raises:
        RetortError: a name is not known; lists those that are.
    """
    found: dict[str, Column] = {}
    for asked in tuple(wanted) or USUAL:
        for column in _named(asked.strip()):
            found[column.name] = column
    return tuple(found.values())


def _named(asked: str) -> Sequence[Column]:
    name = asked.lower()
    if name == "all":
        return tuple(COLUMNS.values())
    if name in GROUPS:
        return GROUPS[name]
    exact = [name, f"{name}_alerts", f"{name}_violations", f"{name}_passes"]
    if found := [COLUMNS[key] for key in exact if key in COLUMNS]:
        return found
    try:
        return [COLUMNS[item.name] for item in properties.named([asked])]
    except RetortError as error:
        known = ", ".join((*GROUPS, "all", *COLUMNS))
        raise RetortError(
            f'"{structures.clipped(asked, 60)}" cannot be calculated.',
            f"Known: {known}.",
            "Choose from these; what a model predicts comes from: retort predict",
        ) from error


def texts(smiles: str, columns: Sequence[Column]) -> list[str]:
    """What stands in these columns for one structure.

    Raises:
        RetortError: no structure, or one that RDKit cannot calculate with; says the text as it
            came.
    """
    sheet = Sheet.of(smiles)
    try:
        return [column.text(sheet) for column in columns]
    except (RuntimeError, ValueError) as error:  # RDKit's own, of a structure beyond its limits
        raise structures.bad_structure(smiles, f"RDKit: {_first(error)}") from error


def _first(error: Exception) -> Any:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
