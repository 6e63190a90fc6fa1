"""Small papers and libraries for the tests of retrieval."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from retort.retrieval.encode import HashingEncoder
from retort.retrieval.library import Library
from retort.retrieval.records import Paper, Passage

WORDS = (
    "kinase inhibitor warfarin dose variant CYP2C9*3 patients trial response EGFR T790M "
    "resistance plasma clearance half-life binding pocket selectivity toxicity liver"
).split()


def sentence(seed: int, length: int = 12) -> str:
    """A "sentence" of the field's words, the same for the same seed."""
    chosen = [WORDS[(seed * 7 + n * (seed % 5 + 1)) % len(WORDS)] for n in range(length)]
    return f"Study {seed} found {' '.join(chosen)}."


def make_paper(number: int, sentences: int = 4, version: str = "") -> Paper:
    """Paper P<number>; from about 40 sentences on it has several passages."""
    text = " ".join(sentence(number * 1000 + n) for n in range(sentences))
    return Paper(
        paper_id=f"P{number}",
        source_id=f"PMID:{number}",
        title=f"Paper {number} on {WORDS[number % len(WORDS)]}",
        text=f"{version}{text}",
    )


def make_library(path: Path, papers: int = 0, sentences: int = 4) -> Library:
    """A library with the hashing encoder; the caller closes it."""
    library = Library.open(path, HashingEncoder(), create=True)
    library.add(make_paper(number, sentences) for number in range(papers))
    return library


def all_passages(library: Library) -> list[Passage]:
    """Every passage, in the order of the store."""
    with library.view() as view:
        return [p for p, _ in view.passages(np.flatnonzero(view.snapshot.alive))]


def assert_sound(library: Library) -> None:
    """Every paper has its passages, and every passage is the slice of its own paper's text."""
    from retort.retrieval.chunks import split

    passages = all_passages(library)
    papers, count = library.count()
    assert count == len(passages)
    by_paper: dict[str, list[Passage]] = {}
    for passage in passages:
        by_paper.setdefault(passage.paper_id, []).append(passage)
    assert len(by_paper) == papers
    for paper_id, held in by_paper.items():
        paper = library.paper(paper_id)
        assert paper is not None
        assert tuple(held) == split(paper)
