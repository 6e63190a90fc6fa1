"""Structures and identifiers written into a question: SMILES good and broken, SMARTS, ids, DOIs.

Owns recognition only; what a structure means is decided by the tools, which also explain what is
wrong with a broken one. That is why something that was clearly meant as a SMILES is handed on as it
came.
"""

from __future__ import annotations

import re

INCHIKEY = re.compile(r"\b[A-Z]{14}-[A-Z]{10}-[A-Z]\b")
CHEMBL_ID = re.compile(r"\bCHEMBL\d{1,9}\b", re.IGNORECASE)
HANDLE = re.compile(r"(?<![\w.])M\d{1,3}(?![\w-])(?! (?:receptor|macrophage|muscarinic))")
RS_ID = re.compile(r"\brs\d{3,12}\b", re.IGNORECASE)
SUBSTITUTION = re.compile(r"(?<![\w-])[ACDEFGHIKLMNPQRSTVWY]\d{2,4}[ACDEFGHIKLMNPQRSTVWY](?![\w-])")
"""A residue changed, as in T790M."""
STAR_ALLELE = re.compile(
    r"(?<![\w])HLA-[A-Z]{1,3}\d?\*\d{2,3}(?::\d{2,3})*(?!\w)"
    r"|(?<![\w])(?:[A-Z][A-Z0-9]{2,8})?\*\d{1,3}[A-Z]?(?:/\*\d{1,3}[A-Z]?)?(?!\w)"
)

DOI = re.compile(r"(?<![\w.])10\.\d{4,9}/[^\s\"'<>,;?]*[\w)]")
PMID = re.compile(r"\b(?:PMID|PubMed(?: id)?)\s*:?\s*(\d{5,9})\b", re.IGNORECASE)
DOCUMENT_ID = re.compile(
    r"\b(?:document|paper|article|publication|doc)(?: id| chembl)?:? (CHEMBL\d{3,9})\b"
    r"|\b(CHEMBL\d{3,9})(?= (?:document|paper|article|publication)\b)",
    re.IGNORECASE,
)

_ATOM = r"Cl|Br|Si|Se|[BCNOPSFIHbcnops]|\[[^\]\s]{1,20}\]?"
_SMILES = re.compile(rf"(?:{_ATOM}|[0-9]|%\d\d|[=#\-+\\/.():~*$@\]])+")
_STRUCTURAL = re.compile(r"[=#\[\]()@]|[A-Za-z]\d[A-Za-z]")
_WORDS = re.compile(r"p?[IEAG]C50|^[\d.()=+\-*/]+$", re.IGNORECASE)
_MAX_SMILES = 1500
_PATTERN_ONLY = re.compile(
    r"(?<!\S)[`'\"]?([^\s`'\"]*(?:\[#\d|\[!|\$\(|\[\w+;|\[[A-Z]X\d)[^\s`'\"]*)"
)
"""A word with what stands in SMARTS only: ``[#6]``, ``[!C]``, ``$(...)``, ``[N;H1]``, ``[NX3]``."""


def parses(text: str) -> bool:
    """Whether the tools can read ``text`` as a SMILES."""
    from retort.tools.structures import read_smiles

    return read_smiles(text)[0] is not None


def documents_in(text: str) -> list[tuple[str, int, int]]:
    """Papers named by a DOI, a PubMed id or a document id of ChEMBL, with their places."""
    found = [(m.group(), m.start(), m.end()) for m in DOI.finditer(text)]
    found += [(f"PMID:{m.group(1)}", m.start(), m.end()) for m in PMID.finditer(text)]
    for match in DOCUMENT_ID.finditer(text):
        group = 1 if match.group(1) else 2
        found.append((match.group(group).upper(), match.start(group), match.end(group)))
    return found


def smiles_token(token: str) -> str | None:
    """The SMILES that a word of a question is meant to be, right or wrong; None for any other word.

    A word counts when all of it is SMILES alphabet, some of it is structure (bonds, brackets, ring
    digits, or a plain chain of three or more atoms), and it holds carbon. Quotes and the sentence's
    own punctuation around it are taken off. Brackets are kept as they come, so that a broken SMILES
    stays broken.
    """
    word = token.strip("`'\"“”‘’,;?!").rstrip(".:")
    if not 3 <= len(word) <= _MAX_SMILES or not re.search(r"[Cc]", word) or _WORDS.search(word):
        return None
    if word[0] == "(" and word[-1] == ")":
        word = word[1:-1]
    if not _SMILES.fullmatch(word):
        return None
    if not _STRUCTURAL.search(word):
        return word if word.count("C") >= 2 and word.isupper() and parses(word) else None
    if word[0] in "=#)]" or (word[0] == "(" and word.count("(") == word.count(")")):
        return None
    if re.fullmatch(r"[A-Z]{2,}\d[A-Z]?\d?", word) and not parses(word):  # NOS3, SCN5: genes
        return None
    return word if parses(word) or len(word) >= 4 else None


def smarts_in(text: str) -> str | None:
    """A pattern announced as such ("SMARTS c1ccccc1", "pattern [NX3]"), as it came; else None."""
    found = re.search(
        r"\b(?:SMARTS|pattern)(?: pattern| query)?[: ]+[`'\"]?([^\s`'\"]+)", text, re.IGNORECASE
    ) or _PATTERN_ONLY.search(text)
    if not found:
        return None
    pattern = found.group(1).rstrip("?,;")
    return pattern if re.search(r"[\[\]#=()~0-9]|^[cnosCNOS]{2,}$", pattern) else None
