"""The names that a question asks for, read off the quotes that answer it.

"Which variants ..." gets the variants that the quoted sentences name, each with its sources: what the
quotes say, counted, and nothing concluded.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from retort.agent.models.embedded.vocabulary import NOT_GENES

if TYPE_CHECKING:
    from retort.agent.models.embedded.passages import Quote

MAX_NAMES = 10

_ASKS = re.compile(
    r"\b(?:which|what)\b(?:\s+[\w*-]+){0,3}?\s+(variants?|alleles?|polymorphisms?|SNPs?|genotypes?|haplotypes?"
    r"|mutations?|genes?)\b",
    re.IGNORECASE,
)
_STARS = re.compile(
    r"\b([A-Z][A-Z0-9]{2,8}) ?(\*\d{1,3}[A-Z]?)(?P<more>(?:(?:/|, ?(?:and |or )?| and | or |, )\*\d{1,3}[A-Z]?)*)"
)
_RS = re.compile(r"\brs\d{3,12}\b")
_CHANGE = re.compile(r"(?<![\w-])-?\d{2,6}[ACGT]\s?>\s?[ACGT]\b|\bc\.\d+[ACGT]>[ACGT]\b")
_SUBSTITUTION = re.compile(r"\b[ACDEFGHIKLMNPQRSTVWY]\d{2,4}[ACDEFGHIKLMNPQRSTVWY]\b")
_GENE = re.compile(r"(?<![\w*-])[A-Z][A-Z0-9]{2,8}(?![\w-])")


def line(query: str, quotes: Sequence[Quote]) -> str:
    """One line with the names asked for and their keys; "" where none is asked for or none is named."""
    asked = _ASKS.search(query)
    if not asked:
        return ""
    kind = asked.group(1).lower().rstrip("s")
    if kind == "mutation":
        what, find = "Mutations", _mutations
    elif kind == "gene":
        what, find = "Genes", _genes
    else:
        what, find = "Variants", _variants
    found = _with_keys(quotes, find, query)
    if not found:
        return ""
    told = ", ".join(
        f"`{name}` " + "".join(f"[{key}]" for key in keys) for name, keys in found[:MAX_NAMES]
    )
    return f"{what} named in the quoted passages: {told}."


def _with_keys(
    quotes: Sequence[Quote], find: Callable[[str], Iterator[str]], query: str
) -> list[tuple[str, list[str]]]:
    """Names with the keys of the quotes that hold them, those with the most sources first."""
    found: dict[str, list[str]] = {}
    wanted = set(_GENE.findall(query)) - NOT_GENES
    for quote in quotes:
        for name in find(quote.text):
            gene = name.partition("*")[0] if "*" in name else ""
            key = quote.item["key"]
            if (gene and wanted and gene not in wanted) or name in wanted:
                continue
            if key not in found.setdefault(name, []):
                found[name].append(key)
    return sorted(found.items(), key=lambda pair: -len(pair[1]))


def _variants(text: str) -> Iterator[str]:
    """Star alleles (``CYP2C9*2 and *3`` gives both), rs numbers, changes of base or residue."""
    for match in _STARS.finditer(text):
        for star in (match.group(2), *re.findall(r"\*\d{1,3}[A-Z]?", match.group("more"))):
            yield match.group(1) + star
    for pattern in (_RS, _CHANGE, _SUBSTITUTION):
        yield from (match.group() for match in pattern.finditer(text))


def _mutations(text: str) -> Iterator[str]:
    yield from (match.group() for match in _SUBSTITUTION.finditer(text))
    yield from (match.group() for match in _CHANGE.finditer(text))


def _genes(text: str) -> Iterator[str]:
    for match in _GENE.finditer(text):
        is_gene = match.group() not in NOT_GENES and not match.group().isalpha()
        if is_gene and not _SUBSTITUTION.fullmatch(match.group()):
            yield match.group()
