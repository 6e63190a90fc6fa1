"""Drug-likeness rules: their criteria, their sources, and the tool ``check_rules``.

A rule is data: limits on calculated properties and how many violations it allows. Values are those
of ``properties``, rounded there, so that a sentence never contradicts the number it shows. The one
that is a score, CNS MPO, stands in ``cns_mpo``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.tools import BaseTool

from retort.retrieval.errors import RetortError
from retort.tools import cns_mpo, structures
from retort.tools.bench import Bench, Names, handed_back, tool
from retort.tools.calculation_shapes import CriterionShape, RuleShape, ScoreShape
from retort.tools.molecule import Molecule
from retort.tools.properties import PROPERTIES, Values
from retort.tools.records import Evidence, ToolResult


@dataclass(frozen=True, slots=True)
class Criterion:
    """The limits of one property, ``low <= value <= high``; None where there is none."""

    property: str
    low: float | None = None
    high: float | None = None
    below: bool = False
    """makes the upper limit strict"""
    above: bool = False
    """makes the lower limit strict"""

    def passes(self, value: float) -> bool:
        """Whether a value is within the limits."""
        over = self.low is None or (value > self.low if self.above else value >= self.low)
        under = self.high is None or (value < self.high if self.below else value <= self.high)
        return over and under

    def text(self, value: float | None = None) -> str:
        """The criterion in words, with the value where one is given: "logP 4.59 <= 5"."""
        item = PROPERTIES[self.property]
        unit = f" {item.unit}" if item.unit else ""
        shown = item.label if value is None else f"{item.label} {item.text(value)}"
        less, more = ("<" if self.below else "<="), (">" if self.above else ">=")
        if self.low is not None and self.high is not None:
            shown += f" between {self.low:g} and {self.high:g}{unit}"
        elif self.high is not None:
            shown += f" {less} {self.high:g}{unit}"
        else:
            shown += f" {more} {self.low:g}{unit}"
        return shown


@dataclass(frozen=True, slots=True)
class Rule:
    """A published rule of thumb."""

    name: str
    """as it stands in a sentence"""
    criteria: tuple[Criterion, ...]
    source: str
    aliases: tuple[str, ...]
    allowed_violations: int = 0


RULES = (
    Rule(
        "Lipinski's rule of five",
        (
            Criterion("molecular_weight", high=500),
            Criterion("logp", high=5),
            Criterion("lipinski_donors", high=5),
            Criterion("lipinski_acceptors", high=10),
        ),
        "Lipinski et al., Adv Drug Deliv Rev 1997, 23, 3",
        ("lipinski", "ro5", "rule of five", "rule of 5", "lipinski rule", "lipinski rules"),
        allowed_violations=1,
    ),
    Rule(
        "Veber's rule",
        (Criterion("rotatable_bonds", high=10), Criterion("tpsa", high=140)),
        "Veber et al., J Med Chem 2002, 45, 2615",
        ("veber", "veber rules"),
    ),
    Rule(
        "the Ghose filter",
        (
            Criterion("molecular_weight", low=160, high=480),
            Criterion("logp", low=-0.4, high=5.6),
            Criterion("molar_refractivity", low=40, high=130),
            Criterion("atoms", low=20, high=70),
        ),
        "Ghose et al., J Comb Chem 1999, 1, 55",
        ("ghose", "ghose filter", "ghose rule"),
    ),
    Rule(
        "Egan's rule",
        (Criterion("logp", high=5.88), Criterion("tpsa", high=131.6)),
        "Egan et al., J Med Chem 2000, 43, 3867",
        ("egan", "egg"),
    ),
    Rule(
        "the Muegge filter",
        (
            Criterion("molecular_weight", low=200, high=600),
            Criterion("logp", low=-2, high=5),
            Criterion("tpsa", high=150),
            Criterion("rings", high=7),
            Criterion("carbons", low=4, above=True),
            Criterion("heteroatoms", low=1, above=True),
            Criterion("rotatable_bonds", high=15),
            Criterion("hbd", high=5),
            Criterion("hba", high=10),
        ),
        "Muegge et al., J Med Chem 2001, 44, 1841",
        ("muegge", "muegge filter", "bayer"),
    ),
    Rule(
        "the rule of three",
        (
            Criterion("molecular_weight", high=300, below=True),
            Criterion("logp", high=3),
            Criterion("hbd", high=3),
            Criterion("hba", high=3),
        ),
        "Congreve et al., Drug Discov Today 2003, 8, 876",
        ("ro3", "rule of three", "rule of 3", "congreve", "fragment"),
    ),
    Rule(
        "the limits beyond the rule of five",
        (
            Criterion("molecular_weight", high=1000),
            Criterion("logp", low=-2, high=10),
            Criterion("lipinski_donors", high=6),
            Criterion("lipinski_acceptors", high=15),
            Criterion("tpsa", high=250),
            Criterion("rotatable_bonds", high=20),
        ),
        "Doak et al., Chem Biol 2014, 21, 1115: outer limits of oral drugs",
        ("bro5", "beyond ro5", "beyond rule of five", "beyond the rule of five", "doak"),
    ),
    Rule(
        "the lead-like limits",
        (
            Criterion("molecular_weight", high=460),
            Criterion("logp", low=-4, high=4.2),
            Criterion("rotatable_bonds", high=10),
            Criterion("rings", high=4),
            Criterion("hbd", high=5),
            Criterion("hba", high=9),
        ),
        "Hann and Oprea, Curr Opin Chem Biol 2004, 8, 255, without its limit on solubility",
        ("leadlike", "lead-like", "lead like", "lead-likeness", "hann", "oprea"),
    ),
)
"""logP is Wildman-Crippen's throughout, as no rule's own logP is free; donors and acceptors of the
rule of five are Lipinski's own counts: N-H and O-H bonds, N and O atoms."""

USUAL = ("lipinski", "veber")
NAMES = (*(rule.aliases[0] for rule in RULES), cns_mpo.ALIASES[0])
"""What the rules are called where a short name is wanted."""


def _plain(name: str) -> str:
    plain = re.sub(r"'s\b|’s\b", "", name.lower())
    return re.sub(r"[^a-z0-9]", "", plain).removesuffix("s")


_KNOWN: dict[str, Rule | None] = {
    **{_plain(alias): rule for rule in RULES for alias in (rule.name, *rule.aliases)},
    **{_plain(alias): None for alias in (cns_mpo.NAME, *cns_mpo.ALIASES)},
}


def named(rules: Sequence[str]) -> tuple[Rule | None, ...]:
    """The rules of these names, each once; none means Lipinski and Veber, "all" means all.

    Returns:
        rules in the order asked for; None stands for the CNS MPO score.

    Raises:
        RetortError: a rule is not known; lists those that are.
    """
    wanted: list[Rule | None] = []
    for asked in rules or USUAL:
        if _plain(asked) == "all":
            return (*RULES, None)
        keys = (_plain(asked), _plain(asked.lower().replace("rule", "")))
        key = next((key for key in keys if key in _KNOWN), "")
        if not key:
            raise RetortError(
                f'"{structures.clipped(asked, 60)}" is not a rule that is known here.',
                f"Known: {', '.join(NAMES)}.",
                "Choose from these, or leave the list empty for Lipinski and Veber.",
            )
        if _KNOWN[key] not in wanted:
            wanted.append(_KNOWN[key])
    return tuple(wanted)


def apply(rule: Rule, values: Values) -> list[CriterionShape]:
    """Each criterion of a rule with the value of a molecule and whether it passes."""
    checked: list[CriterionShape] = []
    for criterion in rule.criteria:
        value = values.number(criterion.property)
        checked.append(
            {"criterion": criterion.text(), "value": value, "passes": criterion.passes(value)}
        )
    return checked


def _evidence(rule: Rule, molecule: Molecule, values: Values) -> Evidence:
    """One rule applied to one molecule (of a salt: to its parent)."""
    criteria = apply(rule, values)
    violations = sum(not item["passes"] for item in criteria)
    passes = violations <= rule.allowed_violations
    told = "; ".join(
        limit.text(item["value"]) + ("" if item["passes"] else " (violated)")
        for limit, item in zip(rule.criteria, criteria, strict=True)
    )
    plural = "violation" if violations == 1 else "violations"
    allowed = f" ({rule.allowed_violations} allowed)" if rule.allowed_violations else ""
    record: RuleShape = {
        "record": "rule",
        "handle": molecule.handle,
        "name": molecule.label,
        "smiles": molecule.parent,
        "rule": rule.name,
        "passes": passes,
        "violations": violations,
        "allowed_violations": rule.allowed_violations,
        "criteria": criteria,
        "source": rule.source,
        "rdkit_version": structures.RDKIT.split()[-1],
    }
    verdict = "passes" if passes else "does not pass"
    return _cited(
        rule.name,
        molecule,
        f"{_who(molecule)} {verdict} {rule.name} with {violations} {plural}{allowed}: {told} "
        f"({structures.RDKIT}; rule: {rule.source}).",
        dict(record),
    )


def _mpo(molecule: Molecule, values: Values) -> Evidence:
    """The CNS MPO score of one molecule (of a salt: of its parent)."""
    components = cns_mpo.components(values)
    score = cns_mpo.score(components)
    record: ScoreShape = {
        "record": "score",
        "handle": molecule.handle,
        "name": molecule.label,
        "smiles": molecule.parent,
        "rule": cns_mpo.NAME,
        "passes": score >= cns_mpo.DESIRABLE,
        "score": score,
        "best": float(len(components)),
        "desirable": cns_mpo.DESIRABLE,
        "components": components,
        "source": cns_mpo.SOURCE,
        "rdkit_version": structures.RDKIT.split()[-1],
    }
    told = "; ".join(
        f"{item['label']} {item['text']}{' ' * bool(item['unit'])}{item['unit']} gives "
        f"{item['desirability']:.2f}"
        for item in components
    )
    return _cited(
        cns_mpo.NAME,
        molecule,
        f"{_who(molecule)} has a CNS MPO score of {score:.1f} of {len(components)} "
        f"(desirable from {cns_mpo.DESIRABLE:g}): {told} ({structures.RDKIT}; logD and pKa by "
        f"ionisation rules; score: {cns_mpo.SOURCE}).",
        dict(record),
    )


def _who(molecule: Molecule) -> str:
    return molecule.title if molecule.components == 1 else f"The parent of {molecule.title}"


def _cited(name: str, molecule: Molecule, quote: str, record: dict[str, Any]) -> Evidence:
    title = f"{name[:1].upper()}{name[1:]} applied to {molecule.label}"
    return Evidence("calculation", structures.RDKIT, title, quote, record=record)


def check(molecule: Molecule, rules: Sequence[str] = ()) -> ToolResult:
    """Rules applied to a molecule, one piece of evidence each.

    Raises:
        RetortError: an unknown rule, or a molecule without a structure.
    """
    wanted = named(rules)
    molecule.structure()
    values = Values(structures.molecule_from_smiles(molecule.parent))
    evidence = tuple(
        _evidence(rule, molecule, values) if rule else _mpo(molecule, values) for rule in wanted
    )
    passed = sum(bool(item.record["passes"]) for item in evidence)
    plural = "rule" if len(wanted) == 1 else "rules"
    return ToolResult(
        summary=f"Checked {len(wanted)} {plural} for {molecule.label}: {passed} passed",
        evidence=evidence,
        note=molecule.remarks,
        count=len(wanted),
        molecules=(molecule.card(),),
    )


def build_tools(bench: Bench) -> list[BaseTool]:
    """The tool ``check_rules``."""

    @tool
    def check_rules(
        molecule: str,
        rules: Names = [],  # noqa: B006
    ) -> tuple[str, ToolResult]:
        """Check drug-likeness rules: Lipinski, Veber, CNS MPO and others, with every value.

        Use for "does X pass Lipinski's rules", "is X drug-like". Example: check_rules("imatinib",
        ["lipinski"]) -> Imatinib (M1) passes Lipinski's rule of five with 0 violations.

        Args:
            molecule: a handle M1, a name, a ChEMBL id, a SMILES or an InChIKey.
            rules: any of lipinski, veber, ghose, egan, muegge, ro3, bro5, leadlike, cns_mpo. Leave
                empty for lipinski and veber.
        """
        return handed_back(check(bench.molecules.resolve(molecule), rules))

    return [check_rules]
