"""Quotes as the text of an answer: how many papers, what disagrees, what agrees, and from whom.

Owns the wording around quotes and what a paper is called. Concludes nothing from them: that quotes
agree or disagree is said, not which of them is right.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from retort.agent.models.embedded import named
from retort.agent.models.embedded.literature.choice import Quote, unsaid
from retort.agent.models.embedded.literature.findings import Group, grouped
from retort.agent.models.embedded.markup import joined

_COUNTED = "no one two three four five six seven eight nine ten".split()
_STUDIED_IN = {
    name: re.compile(rf"\b(?:{words})\b", re.IGNORECASE)
    for name, words in {
        "human": r"patients?|participants?|volunteers?|women|men|children|infants|adults",
        "animal": r"mice|mouse|rats?|murine|rabbits?|dogs?|canine|pigs?|porcine|monkeys?"
        r"|macaques?|zebrafish|drosophila|elegans|hamsters?|animals?",
        "in vitro": r"in vitro|cell lines?|cultured|microsomes|HEK ?293|HeLa|recombinant",
    }.items()
}
_NOT_HUMAN = ("animal", "in vitro")
"""settings told after the others, in this order"""
_STUDY = re.compile(
    r"\b(meta-analysis|systematic review|randomi[sz]ed (?:controlled )?trial|case report"
    r"|case-control study|cohort study)\b",
    re.IGNORECASE,
)


def write(query: str, quotes: Sequence[Quote]) -> str:
    """The quotes as Markdown lists, each below a line that says what they have in common."""
    groups = grouped(quotes)
    open_words = [f'"{word}"' for word in unsaid(query, quotes)]
    limits = f"; no sentence quoted speaks of {joined(open_words)}" if open_words else ""
    lead = named.line(query, quotes) or f"From {_papers(quotes)}, word for word{limits}:"
    if len(groups) == 1 and groups[0].relation != "disagree":
        return _block(lead, groups[0].quotes)
    return "\n\n".join([lead, *(_block(_lead(group), group.quotes) for group in groups)])


def source(item: Mapping[str, Any]) -> str:
    """What a reader recognises a paper by: "Smith 2009"; a note of this project is called one."""
    r = item["record"]
    if r.get("is_note"):
        return "Project note"
    surname = _surname(str((r.get("authors") or [""])[0]))
    told = " ".join(str(part) for part in (surname, r.get("year")) if part) or str(
        item["source_id"]
    )
    return f"{told}, retracted" if r.get("retracted") else told


def setting(quote: Quote) -> str:
    """What was studied, where the words leave no doubt: "meta-analysis, human"; else "".

    The study's type is read off the title; human, animal or in vitro off title and passage, if
    they speak of one of them at least twice and of no other.
    """
    title = str(quote.item["title"])
    text = f"{title} {quote.item['quote']}"
    seen = {name: len(words.findall(text)) for name, words in _STUDIED_IN.items()}
    found = [match[1].lower()] if (match := _STUDY.search(title)) else []
    present = [name for name, count in seen.items() if count]
    found += [name for name in present if len(present) == 1 and seen[name] > 1]
    return ", ".join(found)


def _block(lead: str, quotes: Sequence[Quote]) -> str:
    ordered = sorted(quotes, key=_distance)
    return "\n".join([lead, "", *(f"- {_told(quote)}" for quote in ordered)])


def _distance(quote: Quote) -> int:
    """How far from patients: 0 unless only animals (1) or only cells (2) were studied."""
    about = setting(quote)
    return next((n for n, name in enumerate(_NOT_HUMAN, 1) if about.endswith(name)), 0)


def _lead(group: Group) -> str:
    match group.relation:
        case "for":
            return f"Findings disagree. For it, {_papers(group.quotes)}:"
        case "against":
            return f"Against it, {_papers(group.quotes)}:"
        case "disagree":
            return "Findings disagree:"
        case "agree":
            return f"{_papers(group.quotes).capitalize()} on the same point:"
    return "Also:"


def _papers(quotes: Sequence[Quote]) -> str:
    """How many of each: "three papers and one project note"."""
    papers = {quote.paper: bool(quote.item["record"].get("is_note")) for quote in quotes}
    notes = sum(papers.values())
    counts = [(len(papers) - notes, "paper"), (notes, "project note")]
    return " and ".join(
        f"{_COUNTED[count]} {noun}{'s' * (count > 1)}" for count, noun in counts if count
    )


def _told(quote: Quote) -> str:
    """One quote in an answer; the source comes first, so that the key closes the line."""
    opened, closed = ("“", "”") if '"' in quote.text else ('"', '"')
    about = setting(quote)
    told = f"{source(quote.item)} ({about})" if about else source(quote.item)
    return f"{told}: {opened}{quote.text}{closed} [{quote.item['key']}]"


def _surname(author: str) -> str:
    """The surname of "Smith, John", "Smith J" or "John Smith"."""
    if "(" in author or len(author.split()) > 4:  # a consortium: its own name
        return author
    if "," in author:
        return author.split(",")[0].strip()
    parts = author.split()
    if len(parts) > 1 and re.fullmatch(r"[A-Z]{1,3}\.?", parts[-1]):
        return " ".join(parts[:-1])
    return parts[-1] if parts else ""
