"""The names that a question asks for, read off the quotes that answer it.

"Which variants ..." gets the variants that the quoted sentences name, each with its sources: what
the quotes say, and nothing concluded. Of the genes that the question names, no other's variants.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from retort.agent.models.embedded.vocabulary import GENES, NOT_GENES

if TYPE_CHECKING:
    from retort.agent.models.embedded.literature.choice import Quote

MAX_NAMES = 10

_ASKS = re.compile(
    r"\b(?:which|what)\b(?! (?:do|does|did)\b)(?:\s+(?!besides|beyond|except)[\w*-]+){0,3}?\s+"
    r"(variant|allele|polymorphism|SNP|genotype|haplotype"
    r"|mutation|gene)s?\b(?! (?:do|does|did|role|effect)\b)",
    re.IGNORECASE,
)
_STAR = r"\*\d{1,3}[A-Za-z]?(?!\w)"
_STARS = re.compile(
    rf"\b([A-Z][A-Z0-9]{{2,8}})\)? ?({_STAR})((?:(?:/|, ?(?:and |or )?| and | or )(?:{_STAR}))*)"
)
_RS = re.compile(r"\brs\d{3,12}\b")
_CHANGE = re.compile(r"(?<![\w-])-?\d{2,6}[ACGT]\s?>\s?[ACGT]\b|\bc\.\d+[ACGT]>[ACGT]\b")
_SUBSTITUTION = re.compile(r"\b[ACDEFGHIKLMNPQRSTVWY]\d{2,4}[ACDEFGHIKLMNPQRSTVWY]\b")
_GENE = re.compile(r"(?<![\w*-])[A-Z][A-Z0-9]{2,8}(?![\w-])")

_OF = re.compile(r"\s*\(?(?:(?:in|of|at|within)\s+)?(?:the\s+)?")
"""What stands between a variant and the gene that it is said to be in."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A kind of names that a query asks for."""

    label: str
    """what the line calls them: "Variants" """
    pattern: Callable[[str], Iterator[tuple[str, int]]]
    """text -> names and where they stand"""
    given: frozenset[str]
    """names in the query itself: genes whose variants are wanted, and what is no answer"""

    def find(self, text: str) -> list[str]:
        """The names of this kind in a text, each once; reference alleles (``*1``) are none.

        Where the query names genes, a name counts if it is theirs, or nobody's, in the text.
        """
        genes = {name for name in self.given if "*" not in name}
        is_of_gene = bool(genes) and self.pattern is not _genes
        found = [
            name
            for name, at in self.pattern(text)
            if name not in self.given
            and not name.endswith("*1")
            and not (is_of_gene and _owner(text, at, at + len(name)) not in {"", *genes})
        ]
        return list(dict.fromkeys(found))


def asked_for(query: str) -> Asked | None:
    """The kind of names that a query asks for; None where it asks for something else."""
    found = _ASKS.search(query)
    if not found:
        return None
    given = frozenset(_GENE.findall(query)) - NOT_GENES
    match found.group(1).lower():
        case "mutation":
            return Asked("Mutations", _mutations, given)
        case "gene":
            return Asked("Genes", _genes, given)
    return Asked("Variants", _variants, given)


def line(query: str, quotes: Sequence[Quote]) -> str:
    """One line with the names asked for and their keys; "" where there are none."""
    asked = asked_for(query)
    keys: dict[str, list[str]] = {}
    for quote in quotes:
        for name in asked.find(quote.text) if asked else ():
            if quote.item["key"] not in keys.setdefault(name, []):
                keys[name].append(quote.item["key"])
    if not asked or not keys:
        return ""
    order = sorted(keys, key=lambda name: -len(keys[name]))[:MAX_NAMES]
    told = ", ".join(f"`{name}` " + "".join(f"[{key}]" for key in keys[name]) for name in order)
    return f"{asked.label} named in the quoted passages: {told}."


def _variants(text: str) -> Iterator[tuple[str, int]]:
    """Star alleles (``CYP2C9*2 and *3`` gives both), rs numbers, changes of base or residue."""
    for match in _STARS.finditer(text):
        for star in (match.group(2), *re.findall(_STAR, match.group(3))):
            yield match.group(1) + star, match.start()
    for pattern in (_RS, _CHANGE, _SUBSTITUTION):
        yield from ((match.group(), match.start()) for match in pattern.finditer(text))


def _mutations(text: str) -> Iterator[tuple[str, int]]:
    for pattern in (_SUBSTITUTION, _CHANGE):
        yield from ((match.group(), match.start()) for match in pattern.finditer(text))


def _genes(text: str) -> Iterator[tuple[str, int]]:
    for match in _GENE.finditer(text):
        if _is_gene(match.group()) and not match.group().isalpha():
            yield match.group(), match.start()


def _owner(text: str, start: int, end: int) -> str:
    """The gene that a name at ``start`` belongs to: "rs1 (GENE" or "rs1 in GENE", else the one
    before it, else the one after; empty where none is named.
    """
    genes = [match for match in _GENE.finditer(text) if _is_gene(match.group())]
    after = [gene for gene in genes if gene.start() >= end]
    before = [gene for gene in genes if gene.start() <= start]
    if after and _OF.fullmatch(text[end : after[0].start()]):
        return after[0].group()
    nearest = before[-1:] or after[:1]
    return nearest[0].group() if nearest else ""


def _is_gene(word: str) -> bool:
    """Whether a word in capitals is a gene: a known one, or one with a number that is no change."""
    is_known = word in GENES or not word.isalpha()
    return is_known and word not in NOT_GENES and not _SUBSTITUTION.fullmatch(word)
