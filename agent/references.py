"""Cited papers as references: gathered from citations, merged, written as BibTeX and RIS.

Owns what a citation tells about a paper and the escaping of both formats. The project's own notes
are no papers and are left out. Both formats are UTF-8.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace

from retort.agent.records import Answer
from retort.retrieval.readers.identity import clean_doi, clean_pmcid, clean_pmid
from retort.tools.records import Evidence

_RETRACTED = "RETRACTED: "
_COLLECTIVE = re.compile(
    r"\b(group|consortium|collaborat\w*|network|investigators|team|committee|society|and)\b", re.I
)
_SUFFIX = re.compile(r"(?:Jr|Sr|II|III|IV)\.?$")
_PARTICLES = frozenset("van von der den de del della di da dos du la le ten ter zu".split())
_ESCAPES = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{sign: f"\\{sign}" for sign in "&%$#_"},
}


@dataclass(frozen=True, slots=True)
class Reference:
    """One paper as far as its citations know it; what is not known is empty."""

    title: str
    authors: tuple[str, ...] = ()
    """ "Given Family" in the order of the paper; collective names as they are"""
    year: int | None = None
    journal: str = ""
    doi: str = ""
    """from ``10.`` on"""
    pmid: str = ""
    """digits"""
    pmcid: str = ""
    """``PMC`` and digits"""
    url: str = ""
    source_id: str = ""
    retracted: bool = False
    retraction: str = ""
    """the notice, where its source gives one"""

    def note(self) -> str:
        """That it was retracted, with the notice; empty where it was not."""
        if not self.retracted:
            return ""
        return f"Retracted: {self.retraction}" if self.retraction else "Retracted"

    def names(self) -> list[str]:
        """By what it is recognised as the same paper: any identifier, else its source id."""
        found = [f"doi {self.doi.lower()}", f"pmid {self.pmid}", f"pmcid {self.pmcid}"]
        return [name for name in found if not name.endswith(" ")] or [self.source_id]


def cited(answers: Iterable[Answer]) -> list[Reference]:
    """The papers that answers cite, each once, in the order of their first citation."""
    found: list[Reference] = []
    at: dict[str, int] = {}
    for answer in answers:
        for citation in answer.citations:
            evidence = citation.evidence
            if evidence.kind != "literature" or evidence.record.get("is_note"):
                continue
            paper = _reference(evidence)
            place = next((at[name] for name in paper.names() if name in at), len(found))
            if place == len(found):
                found.append(paper)
            else:
                found[place] = _merged(found[place], paper)
            at |= dict.fromkeys(found[place].names(), place)
    return found


def bibtex(papers: Iterable[Reference]) -> str:
    """BibTeX entries with keys of their own (``roe2019``, ``roe2019a`` ...); ``""`` for none."""
    used: set[str] = set()
    return "\n".join(_entry(paper, _key(paper, used)) for paper in papers)


def ris(papers: Iterable[Reference]) -> str:
    """RIS records; ``""`` for none."""
    return "\n".join(_record(paper) for paper in papers)


def _reference(evidence: Evidence) -> Reference:
    record = evidence.record
    ids = (evidence.source_id, str(record.get("paper_id") or ""), evidence.url)
    pmids = [part.rpartition("/")[2] for part in (evidence.url.rstrip("/"),) if "pubmed" in part]
    pmids += [name for name in ids[:2] if name.upper().startswith("PMID")]
    return Reference(
        title=_line(evidence.title.removeprefix(_RETRACTED)),
        authors=tuple(name for name in map(_line, record.get("authors") or ()) if name),
        year=record.get("year"),
        journal=_line(str(record.get("journal") or "")),
        doi=next((doi for name in ids if (doi := clean_doi(name))), ""),
        pmid=next((pmid for name in pmids if (pmid := clean_pmid(name))), ""),
        pmcid=next((pmcid for name in ids[:2] if (pmcid := clean_pmcid(name))), ""),
        url=_line(evidence.url),
        source_id=evidence.source_id,
        retracted=bool(record.get("retracted")),
        retraction=_line(str(record.get("retraction") or "")),
    )


def _merged(first: Reference, second: Reference) -> Reference:
    """The first, with what only the second knows."""
    names = Reference.__slots__
    missing = {name: getattr(second, name) for name in names if not getattr(first, name)}
    return replace(first, **missing)


def _line(text: str) -> str:
    """One line without control characters."""
    kept = "".join(" " if unicodedata.category(sign) in ("Cc", "Cs") else sign for sign in text)
    return " ".join(kept.split())


def _entry(paper: Reference, key: str) -> str:
    fields = {
        "title": f"{{{_tex(paper.title)}}}" if paper.title else "",
        "author": " and ".join(map(_tex_name, paper.authors)),
        "year": str(paper.year or ""),
        "journal": _tex(paper.journal),
        "doi": _verbatim(paper.doi),
        "pmid": paper.pmid,
        "pmcid": paper.pmcid,
        "url": _verbatim(paper.url),
        "note": _tex(paper.note()),
    }
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value]
    return "\n".join([f"@{'article' if paper.journal else 'misc'}{{{key},", *lines, "}", ""])


def _key(paper: Reference, used: set[str]) -> str:
    """An ASCII key that is not yet in ``used``; it is then."""
    family = family_first(paper.authors[0]).partition(",")[0] if paper.authors else ""
    plain = unicodedata.normalize("NFKD", family).encode("ascii", "ignore").decode()
    word = re.sub(r"[^a-z]", "", plain.lower())
    base = f"{word or 'paper'}{paper.year or paper.pmid or ''}"
    key, number = base, 0
    while key in used:
        number += 1
        key = f"{base}{chr(96 + number)}" if number <= 26 else f"{base}-{number}"
    used.add(key)
    return key


def _tex(text: str) -> str:
    return "".join(_ESCAPES.get(sign, sign) for sign in text)


def _verbatim(text: str) -> str:
    """An address or DOI, taken as it stands: only what would end the field is coded."""
    return "".join(f"%{ord(sign):02X}" if sign in "{}\\" else sign for sign in text)


def _tex_name(name: str) -> str:
    """A name as BibTeX splits it; a collective name in braces, so that it is not split."""
    return f"{{{_tex(name)}}}" if _COLLECTIVE.search(name) else _tex(family_first(name))


def family_first(name: str) -> str:
    """The name as "Roe, Jane A"; what has a comma, one word or a collective stays."""
    words = name.split()
    if "," in name or len(words) < 2 or _COLLECTIVE.search(name):
        return name
    if re.fullmatch(r"[A-Z]{1,3}", words[-1]) and len(words[0]) > 3:
        return f"{' '.join(words[:-1])}, {words[-1]}"
    end = len(words) - 1 if len(words) > 2 and _SUFFIX.fullmatch(words[-1]) else len(words)
    start = end - 1
    while start > 1 and words[start - 1].lower() in _PARTICLES:
        start -= 1
    parts = (" ".join(words[start:end]), " ".join(words[end:]), " ".join(words[:start]))
    return ", ".join(part for part in parts if part)


def _record(paper: Reference) -> str:
    lines = [("TY", "JOUR" if paper.journal else "GEN")]
    lines += [("AU", family_first(name)) for name in paper.authors]
    lines += [
        ("TI", paper.title),
        ("PY", str(paper.year or "")),
        ("JO", paper.journal),
        ("DO", paper.doi),
        ("AN", paper.pmid and f"PMID:{paper.pmid}"),
        ("C2", paper.pmcid),
        ("UR", paper.url),
        ("N1", paper.note()),
    ]
    return "".join(f"{tag}  - {value}\n" for tag, value in lines if value) + "ER  - \n"
