"""What a question names: molecules, targets, variants, properties, rules, endpoints, limits.

``find_entities`` reads one question and knows no conversation; followup.py knows what "it" means.
It also masks the question: names become "drug", "target" ..., so that what the classifier learnt
from one drug holds for every other.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

from retort.agent.models.embedded import amounts, quantities, shapes, slips, structures, unknown
from retort.agent.models.embedded.common_names import EVERYDAY
from retort.agent.models.embedded.diseases import disease_in
from retort.agent.models.embedded.endpoint_words import endpoints_in
from retort.agent.models.embedded.gazetteer import Gazetteer
from retort.agent.models.embedded.target_names import CAPITAL_NAMES, TARGET_NAMES
from retort.agent.models.embedded.vocabulary import (
    ACTIVITY_TYPE,
    GENES,
    NOT_GENES,
    PROPERTIES,
    RULES,
    SALTS,
    SUBSTRUCTURES,
    TYPE_NAMES,
)

EntityKind = Literal["molecule", "structure", "target", "variant", "pattern", "document"]
MASKS: dict[EntityKind, str] = {
    "molecule": "drug",
    "structure": "drug",
    "target": "target",
    "variant": "variant",
    "pattern": "pattern",
    "document": "document",
}
MAX_CHARACTERS = 4000
"""A question is read this far for names; what follows is left to the reader of the whole text."""


@dataclass(frozen=True, slots=True)
class Mention:
    """One thing a question names, and where."""

    kind: EntityKind
    text: str
    """what a tool is handed"""
    start: int
    end: int
    written: str = ""
    """the user's own spelling where ``text`` is a correction of it; else empty"""
    is_known: bool = True
    """False for a name that stands where a molecule's name would and that nobody here knows"""


@dataclass(frozen=True, slots=True)
class Entities:
    """Everything recognised in one question."""

    mentions: tuple[Mention, ...] = ()
    properties: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    endpoints: tuple[str, ...] = ()
    activity_types: tuple[str, ...] = ()
    max_value_nm: float | None = None
    min_pchembl: float | None = None
    min_value_nm: float | None = None
    """a lower limit on a concentration"""
    limit: int | None = None
    amounts: tuple[str, ...] = ()
    """values with their units, as a conversion reads them: "IC50 33 nM" """
    wanted_unit: str = ""
    """the unit that stands without a value; empty without one"""
    disease: str = ""
    """as a database files it; empty without one"""
    read: str = ""
    """the question with mistyped plain words put right"""
    masked: str = ""
    """the question with names replaced, as the classifier reads it"""
    refers_back: bool = False
    """a pronoun, or an opening such as "and" or "what about": it leans on what was said before"""

    @property
    def molecules(self) -> tuple[Mention, ...]:
        """Molecules by name, id or structure, in order."""
        return tuple(m for m in self.mentions if m.kind in ("molecule", "structure"))

    @property
    def targets(self) -> tuple[Mention, ...]:
        """Targets and genes, in order."""
        return tuple(m for m in self.mentions if m.kind == "target")

    @property
    def variants(self) -> tuple[Mention, ...]:
        """Variants (rs numbers, star alleles), in order."""
        return tuple(m for m in self.mentions if m.kind == "variant")

    @property
    def pattern(self) -> str:
        """The SMARTS asked for; empty without one."""
        return next((m.text for m in self.mentions if m.kind == "pattern"), "")

    @property
    def documents(self) -> tuple[str, ...]:
        """Papers by DOI, PubMed id or ChEMBL id, in order, each once."""
        return tuple(dict.fromkeys(m.text for m in self.mentions if m.kind == "document"))


_WORD = re.compile(r"[^\s,;?!\"“”]+")
_NAME_WORD = re.compile(r"[A-Za-z0-9][\w'-]*")
_GENE = re.compile(
    r"(?<!CNS )(?<![\w-])(?!MPO score)[A-Z][A-Z0-9]{1,8}(?:-[A-Z0-9]{1,4})?(?:α|β|γ)?(?![\w-])"
)
_BACK = re.compile(
    r"^\s*(?:and|also|plus|what about|how about|but|or)\b|\b(?:it|its|they|their|them|that (?:drug"
    r"|compound|molecule"
    r"|one|target|protein|gene)|this (?:drug|compound|molecule|one|target|protein|gene)|the "
    r"(?:drug|compound|molecule"
    r"|same (?:drug|compound|molecule|target|one|protein)))(?=[\s?.,!]|$)",
    re.IGNORECASE,
)


def find_entities(text: str, gazetteer: Gazetteer) -> Entities:
    """Read the names, words and limits of one question (at most ``MAX_CHARACTERS`` of it).

    Plain words that are mistyped are put right first; mentions stand where they were typed.
    """
    typed = text[:MAX_CHARACTERS]
    reading = slips.correct(typed, gazetteer)
    text = reading.text
    mentions = _mentions(text, gazetteer)
    return replace(
        read_masked(_mask(text, mentions), mentions),
        mentions=tuple(_placed(mention, reading) for mention in mentions),
        read=text,
        endpoints=endpoints_in(text),
        max_value_nm=quantities.max_value_nm(text),
        min_pchembl=quantities.min_pchembl(text),
        min_value_nm=quantities.min_value_nm(text),
        limit=quantities.limit(text),
        amounts=tuple(dict.fromkeys(amount for amount, _, _ in amounts.amounts(text))),
        wanted_unit=amounts.wanted_unit(text),
        refers_back=bool(_BACK.search(text)),
    )


def _placed(mention: Mention, reading: slips.Reading) -> Mention:
    """A mention of the corrected text with its place in the text as it was typed."""
    start, end = reading.span(mention.start, mention.end)
    return replace(mention, start=start, end=end)


def read_masked(masked: str, mentions: tuple[Mention, ...]) -> Entities:
    """The words of the field in a masked question or a clause of one, which names ``mentions``."""
    types = (m.group(1).lower().replace(" ", "") for m in ACTIVITY_TYPE.finditer(masked))
    return Entities(
        mentions=mentions,
        properties=_named(PROPERTIES, masked),
        rules=_named(RULES, masked),
        endpoints=endpoints_in(masked),
        activity_types=tuple(dict.fromkeys(TYPE_NAMES[name] for name in types)),
        disease=disease_in(masked),
        masked=masked,
        refers_back=bool(_BACK.search(masked)),
    )


def _named(table: tuple[tuple[re.Pattern[str], str], ...], text: str) -> tuple[str, ...]:
    """Machine names whose words stand in ``text``, in the order in which they stand there."""
    found = [(match.start(), name) for pattern, name in table if (match := pattern.search(text))]
    return tuple(name for _, name in sorted(found))


def _mentions(text: str, gazetteer: Gazetteer) -> tuple[Mention, ...]:
    """All mentions, none overlapping; the most certain kinds are looked for first."""
    taken: list[Mention] = []

    def add(
        kind: EntityKind, start: int, end: int, name: str, written: str = "", known: bool = True
    ) -> None:
        if all(end <= other.start or start >= other.end for other in taken):
            taken.append(Mention(kind, name, start, end, written, known))

    for name, start, end in shapes.inchis_in(text):
        add("structure", start, end, name)
    for name, start, end in structures.documents_in(text):
        add("document", start, end, name)
    if pattern := structures.smarts_in(text):
        start = text.index(pattern)
        add("pattern", start, start + len(pattern), pattern)
    for expression in (structures.INCHIKEY, structures.CHEMBL_ID, structures.HANDLE):
        for found in expression.finditer(text):
            is_target = re.search(r"\btarget $", text[: found.start()], re.IGNORECASE)
            add("target" if is_target else "molecule", found.start(), found.end(), found.group())
    for found in _WORD.finditer(text):
        if smiles := structures.smiles_token(found.group()):
            start = found.start() + found.group().index(smiles)
            add("structure", start, start + len(smiles), smiles)
    for name, start, end in shapes.variants_in(text):
        add("variant", start, end, name)
    for expression in (structures.RS_ID, structures.STAR_ALLELE, structures.SUBSTITUTION):
        for found in expression.finditer(text):
            add("variant", found.start(), found.end(), found.group())
    for name, start, end in _targets(text, gazetteer):
        add("target", start, end, name)
    for name, start, end in shapes.codes_in(text):
        add("molecule", start, end, name, known=gazetteer.preferred(name) is not None)
    for name, start, end, written in _molecules(text, gazetteer):
        add("molecule", start, end, name, written)
    for name, start, end in _gene_shaped(text):
        add("target", start, end, name)
    for start, end in unknown.in_place(_sheet(text, taken)):
        if text[start:end].lower() in SUBSTRUCTURES:  # "logP of benzene": the molecule is meant
            add("molecule", start, end, text[start:end], known=False)
    for group, smarts in SUBSTRUCTURES.items():
        if group_named := re.search(rf"\b{group}s?\b", text, re.IGNORECASE):
            add("pattern", group_named.start(), group_named.end(), smarts)
            break
    sheet = _sheet(text, taken)
    named = [(m.start, m.end) for m in taken if m.kind in ("molecule", "structure")]
    others = unknown.listed(sheet, named) if named else unknown.chemicals(sheet)
    for start, end in (*unknown.in_place(sheet), *others):
        add("molecule", start, end, text[start:end], known=False)
    return tuple(sorted(taken, key=lambda mention: mention.start))


def _targets(text: str, gazetteer: Gazetteer) -> list[tuple[str, int, int]]:
    """Targets by everyday name, by a database's name, or by a symbol that is known in any case."""
    found = []
    low = text.lower()
    for name in gazetteer.targets_in(low):
        for match in re.finditer(rf"(?<![\w-]){re.escape(name)}(?![\w-])", low):
            found.append((text[match.start() : match.end()], match.start(), match.end()))
    for name, symbol in TARGET_NAMES.items():
        for match in re.finditer(rf"(?<![\w-]){re.escape(name)}(?![\w-])", low):
            found.append((symbol, match.start(), match.end()))
    for name, symbol in CAPITAL_NAMES.items():
        for match in re.finditer(rf"(?<![\w-]){name}(?![\w-])", text):
            found.append((symbol, match.start(), match.end()))
    for match in re.finditer(r"(?<![\w-])[A-Za-z][A-Za-z0-9]{1,8}(?:-[A-Za-z])?(?![\w-])", text):
        word = match.group()
        # short symbols are also English words (met, kit, alk): those must be in capitals
        if word.upper() in GENES and (word.isupper() or len(word) > 3):
            found.append((word.upper(), match.start(), match.end()))
    return found


def _gene_shaped(text: str) -> list[tuple[str, int, int]]:
    """Words in capitals that look like gene symbols; none in a text that is all capitals."""
    if sum(map(str.islower, text)) < sum(map(str.isupper, text)) and len(text.split()) > 3:
        return []
    return [
        (match.group(), match.start(), match.end())
        for match in _GENE.finditer(text)
        if match.group() not in NOT_GENES and len(match.group()) >= 3
    ]


def _molecules(text: str, gazetteer: Gazetteer) -> list[tuple[str, int, int, str]]:
    """Known names, the longest first, and then likely misspellings of one."""
    words = [(m.group(), m.start(), m.end()) for m in _NAME_WORD.finditer(text)]
    found: list[tuple[str, int, int, str]] = []
    at = 0
    while at < len(words):
        step = 1
        for size in range(min(gazetteer.longest, len(words) - at), 0, -1):
            start, end = words[at][1], words[at + size - 1][2]
            name = re.sub(r"['’]s$", "", text[start:end])
            if gazetteer.preferred(name) is not None or name.lower() in EVERYDAY:
                salt = SALTS.match(text, end)
                written = name + salt.group() if salt else ""
                found.append((name, start, start + len(written or name), written))
                step = size
                break
        else:
            word, start, end = words[at]
            is_acronym = word.isupper() and not text.isupper()  # PROTAC is no misspelt Prozac
            if word.isalpha() and not is_acronym and (near := gazetteer.nearest(word)):
                found.append((near, start, end, word))
        at += step
    return found


def _sheet(text: str, taken: list[Mention]) -> str:
    """The text with every mention blotted out, character by character."""
    sheet = list(text)
    for mention in taken:
        sheet[mention.start : mention.end] = unknown.BLOT * (mention.end - mention.start)
    return "".join(sheet)


def _mask(text: str, mentions: tuple[Mention, ...]) -> str:
    parts = []
    at = 0
    for mention in mentions:
        keep = (
            mention.kind == "pattern" and text[mention.start].isalpha() and " " not in mention.text
        )
        named_group = keep and mention.text != text[mention.start : mention.end]
        is_herg = mention.kind == "target" and mention.text == "KCNH2"
        parts.append(text[at : mention.start])
        kept = named_group or is_herg
        parts.append(text[mention.start : mention.end] if kept else MASKS[mention.kind])
        at = mention.end
    parts.append(text[at:])
    return "".join(parts)
