"""What a paper is called: its identifiers, cleaned, and the one id under which it is stored.

Knows no format. The order of preference is that of ``retort.retrieval.records.Paper``.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

_DOI = re.compile(r"10\.\d{4,9}/[^\s\"<>\[\]]+")
_PMID = re.compile(r"(?:PMID:?\s*)?(\d{1,9})(?:\.0)?$", re.IGNORECASE)
_PMCID = re.compile(r"(?:PMCID:?\s*)?(PMC\d{1,9})(?:\.\d+)?$", re.IGNORECASE)
_YEAR = re.compile(r"(?<!\d)(1[5-9]\d\d|20\d\d)(?!\d)")


@dataclass(frozen=True, slots=True)
class Identity:
    """The names of one paper."""

    paper_id: str
    source_id: str
    pmid: str = ""
    """digits only"""
    pmcid: str = ""
    """``PMC`` and digits"""
    doi: str = ""
    """from ``10.`` on, case as given"""
    url: str = ""


def clean_doi(text: str) -> str:
    """The first DOI in a text or link, without its resolver and without trailing punctuation.

    Returns:
        The DOI from ``10.`` on, or an empty string where there is none.
    """
    found = _DOI.search(text)
    if not found:
        return ""
    doi = found[0].rstrip(".,;:'")
    while doi.endswith(")") and doi.count(")") > doi.count("("):
        doi = doi[:-1].rstrip(".,;:'")
    return doi


def clean_pmid(text: str) -> str:
    """The digits of a PubMed id, or an empty string."""
    found = _PMID.fullmatch(text.strip())
    return found[1] if found and found[1].strip("0") else ""


def clean_pmcid(text: str) -> str:
    """A PubMed Central id as ``PMC`` and digits, or an empty string."""
    found = _PMCID.fullmatch(text.strip())
    return found[1].upper() if found else ""


def year_of(text: str) -> int | None:
    """The first year between 1500 and 2099 in a date as people write it, if any."""
    found = _YEAR.search(text)
    return int(found[1]) if found else None


def identify(
    content: str | bytes,
    *,
    own_id: str = "",
    pmid: str = "",
    pmcid: str = "",
    doi: str = "",
    url: str = "",
) -> Identity:
    """Name a paper.

    Args:
        content: the bytes of a file that is one paper, else title and text; its hash is the last
            resort for an id, so that the same content has the same id under every file name.
        own_id: the record's own id, where the format has one.
        pmid: as found, cleaned here, like the next two.
        pmcid: as found.
        doi: as found.
        url: as found; where empty, the page of PubMed, PMC or the DOI resolver.
    """
    pmid, pmcid, doi = clean_pmid(pmid), clean_pmcid(pmcid), clean_doi(doi)
    named_pmid = f"PMID:{pmid}" if pmid else ""
    named_doi = f"DOI:{doi.lower()}" if doi else ""
    if isinstance(content, str):
        content = content.encode("utf-8", "surrogatepass")
    digest = hashlib.sha256(content).hexdigest()[:12]
    paper_id = own_id or named_pmid or pmcid or named_doi or f"file:{digest}"
    if not url:
        if pmid:
            url = f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/"
        elif doi:
            url = f"https://doi.org/{doi}"
        elif pmcid:
            url = f"https://pmc.ncbi.nlm.nih.gov/articles/{pmcid}/"
    return Identity(paper_id, named_pmid or named_doi or pmcid or paper_id, pmid, pmcid, doi, url)
