"""MEDLINE text: fields, wrapping, line ends, records without a PMID."""

from __future__ import annotations

import random
import textwrap
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retort.retrieval.errors import RetortError
from retort.retrieval.readers import medline, read
from retort.retrieval.records import Paper

STRUCTURED = """\
PMID- 101
OWN - NLM
DP  - 2019 Mar-Apr
TI  - A trial of an imaginary
      kinase inhibitor.
LID - S0000-1111(19)30000-1 [pii]
LID - 10.1234/ABC.101 [doi]
AB  - BACKGROUND: Nothing was known. METHODS: We asked 12 people (IL-6:
      high). RESULTS: 50%. CONCLUSIONS: Something is known.
CI  - (c) 2019
FAU - Roe, Jane A
AU  - Roe JA
FAU - O'Neil, Tim
CN  - The Imaginary Group
PT  - Journal Article
PT  - Retracted Publication
RIN - J Imag. 2020;1:1. PMID: 202
TA  - J Imag
JT  - Journal of imaginary results
MH  - Humans
MH  - *Kinases
PMC - PMC7000001
"""
WITHOUT_PMID = """\
OWN - ERIC
TI  - A report
AU  - Smith, Tom
AID - http://dx.doi.org/10.1000/123456789
DP  - 2000
AB  - Abstract of a report.
ISSN - ISSN-1234-4567
"""


def read_text(tmp_path: Path, text: str, name: str = "x.ris") -> tuple[Paper, ...]:
    path = tmp_path / name
    path.write_bytes(text.encode("utf-8"))
    result = read(path)
    assert result.format == "medline"
    return tuple(result.papers)


def test_the_fields_of_a_record(tmp_path: Path) -> None:
    (paper,) = read_text(tmp_path, STRUCTURED)
    assert (paper.paper_id, paper.source_id, paper.pmid) == ("PMID:101", "PMID:101", "101")
    assert paper.title == "A trial of an imaginary kinase inhibitor."
    assert (paper.doi, paper.pmcid, paper.year) == ("10.1234/ABC.101", "PMC7000001", 2019)
    assert paper.authors == ("Jane A Roe", "Tim O'Neil", "The Imaginary Group")
    assert paper.journal == "Journal of imaginary results"
    assert paper.mesh == ("Humans", "Kinases") and paper.has_abstract
    assert paper.publication_types == ("Journal Article", "Retracted Publication")
    assert paper.retracted and paper.retraction.endswith("PMID: 202")


def test_labels_become_sections_and_stay_in_the_text(tmp_path: Path) -> None:
    (paper,) = read_text(tmp_path, STRUCTURED)
    assert paper.text.startswith(
        "BACKGROUND: Nothing was known. METHODS: We asked 12 people (IL-6:"
    )
    bodies = {s.title: paper.text[s.start : s.end] for s in paper.sections}
    assert bodies == {
        "BACKGROUND": "Nothing was known.",
        "METHODS": "We asked 12 people (IL-6: high).",
        "RESULTS": "50%.",
        "CONCLUSIONS": "Something is known.",
    }


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_line_ends_and_marks_change_nothing(tmp_path: Path, end: str, mark: str) -> None:
    text = mark + ("\n" + STRUCTURED + "\n" + WITHOUT_PMID + "\n\n").replace("\n", end)
    papers = read_text(tmp_path, text)
    assert [paper.paper_id for paper in papers] == ["PMID:101", "DOI:10.1000/123456789"]
    assert papers[0].text.endswith("CONCLUSIONS: Something is known.")


def test_a_record_without_pmid_is_kept(tmp_path: Path) -> None:
    (paper,) = read_text(tmp_path, WITHOUT_PMID)
    assert (paper.source_id, paper.pmid, paper.year) == ("DOI:10.1000/123456789", "", 2000)
    assert paper.text == "Abstract of a report."


def test_an_empty_abstract_is_none(tmp_path: Path) -> None:
    text = "\nPMC - PMC6\nPMID- 3\nTI  - A title\nAB  - \nOAB - Publisher: elsewhere.\nOT  - *x\n"
    (paper,) = read_text(tmp_path, text)
    assert (paper.pmcid, paper.text, paper.has_abstract) == ("PMC6", "A title", False)
    assert paper.keywords == ("x",)


def test_records_that_no_blank_line_parts_are_parted_by_their_pmid(tmp_path: Path) -> None:
    text = "".join(f"PMID- {n}\nTI  - Title number {n}\n" for n in range(1, 4))
    papers = read_text(tmp_path, text)
    assert [paper.text for paper in papers] == [f"Title number {n}" for n in range(1, 4)]


def test_a_block_without_words_is_skipped_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text(f"{STRUCTURED}\nPMID- 5\nOWN - NLM\n\n15 results from a search\n")
    result = read(path)
    assert len(result.papers) == 1
    lines = STRUCTURED.count("\n")
    assert [skip.where for skip in result.skipped] == [f"line {lines + 2}", f"line {lines + 5}"]
    assert "neither title nor abstract" in result.skipped[0].reason


def test_old_western_bytes_are_read(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes("PMID- 1\nTI  - Café au lait and naïve cells\nAU  - Müller\n".encode("cp1252"))
    (paper,) = read(path).papers
    assert paper.title == "Café au lait and naïve cells"


def test_a_colon_in_an_abstract_without_labels_makes_no_section(tmp_path: Path) -> None:
    text = "PMID- 1\nTI  - T\nAB  - We measured DNA: it was long. AIDS: a disease.\n"
    (paper,) = read_text(tmp_path, text)
    assert paper.sections == ()


WORDS = st.lists(st.text("abcdefgXYZ0123.,%()", min_size=1, max_size=9), min_size=1, max_size=30)


@given(st.lists(st.tuples(st.integers(1, 99_999_999), WORDS, WORDS), min_size=1, max_size=6))
def test_wrapping_is_undone(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[int, list[str], list[str]]]
) -> None:
    path = tmp_path_factory.mktemp("medline") / "x"
    blocks = []
    for pmid, title, abstract in rows:
        fields = [("PMID", str(pmid)), ("TI", " ".join(title)), ("AB", " ".join(abstract))]
        wrapped = (
            "\n      ".join(textwrap.wrap(value, 60, break_long_words=False)) for _, value in fields
        )
        tags = (f"{tag:<4}- " for tag, _ in fields)
        blocks.append("\n".join(map("".join, zip(tags, wrapped, strict=True))) + "\n")
    path.write_text("\n".join(blocks))
    found = list(medline.records(path))
    assert [
        (paper.pmid, paper.title, paper.text) for paper in found if isinstance(paper, Paper)
    ] == [(str(pmid), " ".join(title), " ".join(abstract)) for pmid, title, abstract in rows]


@given(st.randoms(use_true_random=False), st.text(max_size=30))
def test_shuffled_and_foreign_lines_raise_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, chance: random.Random, noise: str
) -> None:
    lines = [*(STRUCTURED + "\n" + WITHOUT_PMID).split("\n"), noise]
    chance.shuffle(lines)
    path = tmp_path_factory.mktemp("medline") / "x"
    path.write_text("\n".join(lines), encoding="utf-8", errors="replace")
    try:
        result = read(path)
    except RetortError:
        return
    for paper in result.papers:
        assert all(0 <= s.start <= s.end <= len(paper.text) for s in paper.sections)
