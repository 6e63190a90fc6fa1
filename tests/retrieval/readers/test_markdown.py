"""Markdown and plain text: metadata, sections, references, and where offsets point."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retort.retrieval.readers import markdown, read
from retort.retrieval.records import Paper

REPEATED = "We asked whether *CYP2C9*2* carriers need less of the imaginary drug than others do."
ARTICLE = f"""# Doses of an *imaginary* drug

## Metadata
**Authors:** Jane Roe, Tim O'Neil
**Journal:** Journal of Imaginary Results
**Date:** 2019 Sep 11
**DOI:** [10.1234/abc.(5)](https://doi.org/10.1234/abc.(5))
**PMID:** 123456
**PMCID:** PMC765
**URL:** https://www.example.org/articles/PMC765/
**PDF:** [https://www.example.org/a_b_c.pdf](https://www.example.org/a_b_c.pdf)

*Note: Written for a test.*

## Abstract

**Aim:** 
{REPEATED}

**Results:** 
They *do*.[1](#B1)

### Aim

{REPEATED}

## 1. Methods

Lines *that an
editor* wrapped are joined.
![
A picture
](p.png)

### 1.1. Genotyping

- one
- two
  goes on

| a | b |
| --- | --- |
| *1/*2 | 0.5 |

```
# not a heading *x*
```

## References

1. Somebody wrote something.

### Notes

A note among the references.

## Appendix

An appendix behind the references.
"""


def read_text(tmp_path: Path, text: str, name: str = "paper.md") -> Paper:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    (paper,) = read(path).papers
    return paper


def bodies(paper: Paper) -> dict[str, str]:
    return {s.title: paper.text[s.start : s.end] for s in paper.sections}


def test_the_metadata_block_names_the_paper(tmp_path: Path) -> None:
    paper = read_text(tmp_path, ARTICLE, name="x.bin")
    assert (paper.paper_id, paper.source_id) == ("PMID:123456", "PMID:123456")
    assert (paper.pmid, paper.pmcid, paper.doi) == ("123456", "PMC765", "10.1234/abc.(5)")
    assert paper.title == "Doses of an imaginary drug"
    assert paper.authors == ("Jane Roe", "Tim O'Neil")
    assert (paper.year, paper.journal) == (2019, "Journal of Imaginary Results")
    assert paper.url == "https://www.example.org/articles/PMC765/"
    assert paper.metadata["note"] == "Written for a test."
    assert paper.metadata["pdf"] == "https://www.example.org/a_b_c.pdf"
    assert "123456" not in paper.text


def test_headings_and_bold_labels_become_sections(tmp_path: Path) -> None:
    paper = read_text(tmp_path, ARTICLE)
    assert bodies(paper) == {
        "Abstract > Aim": REPEATED.replace("*CYP2C9*2*", "CYP2C9*2"),
        "Abstract > Results": "They do.",
        "1. Methods": "Lines that an editor wrapped are joined.",
        "1. Methods > 1.1. Genotyping": (
            "- one\n- two goes on\n\n| a | b |\n| *1/*2 | 0.5 |\n\n# not a heading *x*"
        ),
        "Appendix": "An appendix behind the references.",
    }
    assert paper.text.startswith("We asked whether")


def test_references_and_repetitions_are_left_out_and_said_so(tmp_path: Path) -> None:
    paper = read_text(tmp_path, ARTICLE)
    assert "Somebody" not in paper.text and "A note among" not in paper.text
    assert paper.metadata["references"] == "omitted"
    assert paper.metadata["repeated_blocks"] == "1 omitted"
    assert paper.text.count("We asked whether") == 1


@pytest.mark.parametrize(
    ("heading", "is_list"),
    [
        ("References", True),
        ("REFERENCES", True),
        ("6. References", True),
        ("Bibliography", True),
        ("Literature cited", True),
        ("Reference groups", False),
        ("Uptake of the reference variant", False),
    ],
)
def test_which_headings_are_reference_lists(tmp_path: Path, heading: str, is_list: bool) -> None:
    paper = read_text(tmp_path, f"# T\n\nBody of text.\n\n## {heading}\n\nUnder the heading.\n")
    assert ("Under the heading." not in paper.text) is is_list


def test_front_matter_is_metadata(tmp_path: Path) -> None:
    text = (
        '---\nid: a-note\ntitle: "A note"\nauthors: [A One, B Two]\nyear: 2024\ntopic: EGFR\n---\n'
    )
    text += "The body.\n"
    paper = read_text(tmp_path, text)
    assert (paper.paper_id, paper.title, paper.year) == ("a-note", "A note", 2024)
    assert paper.text == "The body."
    assert paper.authors == ("A One", "B Two")
    assert paper.metadata == {"topic": "EGFR"}


def test_a_paper_without_body_has_its_title_as_text(tmp_path: Path) -> None:
    paper = read_text(tmp_path, "# A scanned paper of long ago\n\n![1](page.png)\n")
    assert paper.text == paper.title == "A scanned paper of long ago"


def test_plain_text_is_kept_and_named_by_its_content(tmp_path: Path) -> None:
    text = "A first line\r\n\r\nTwo * stars * and _lines_ stay\r\nas they are.\r\n"
    paths = [tmp_path / name for name in ("a.txt", "b.pdf")]
    for path in paths:
        path.write_bytes(text.encode())
    one, two = (next(iter(read(path).papers)) for path in paths)
    assert one.title == "A first line"
    assert one.text == "A first line\n\nTwo * stars * and _lines_ stay\nas they are."
    assert one.paper_id == two.paper_id and one.paper_id.startswith("file:")


BLOCK = st.sampled_from(
    ["# One", "## Two", "### References", "####", "**Label:** ", "## Metadata", "**PMID:** 7",
     "---", "```", "| a | *1 |", "- item", "Some *words* here.", "Some more words,", "", "   "]
)  # fmt: skip


@given(st.lists(BLOCK | st.text(st.characters(codec="utf-8"), max_size=30), max_size=25))
def test_sections_tile_the_text_in_order(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str]
) -> None:
    path = tmp_path_factory.mktemp("markdown") / "x.md"
    path.write_text("\n".join(lines), encoding="utf-8")
    (paper,) = markdown.records(path)
    assert isinstance(paper, Paper)
    assert paper.text and paper.title
    position = 0
    for section in paper.sections:
        assert position <= section.start < section.end <= len(paper.text)
        body = paper.text[section.start : section.end]
        assert body == body.strip("\n") and body.strip()
        position = section.end
