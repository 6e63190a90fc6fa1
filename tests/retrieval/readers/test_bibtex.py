"""BibTeX: what an entry says, LaTeX, broken entries, and the project's own exports."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retort.agent.references import Reference
from retort.agent.references import bibtex as write_bibtex
from retort.agent.references import ris as write_ris
from retort.retrieval.errors import RetortError
from retort.retrieval.readers import Reading, bibtex, read
from retort.retrieval.readers.latex import to_unicode
from retort.retrieval.readers.reading import Skip
from retort.retrieval.records import Paper

ENTRY = r"""
@article{roe2019,
  title = {{A} trial of $\alpha${-blockers}, 50\% of {CO$_2$}},
  author = {Roe, Jane A. and {\v{S}}koda, Jan, III and {The Imaginary Group} and others},
  journal = jimag # { (Online)},
  year = 2019, month = mar,
  doi = {10.1234/ABC\_101},
  pmid = "31",
  abstract = {Nothing was known
     of M{\"u}ller cells.},
  keywords = {kinases, mice},
  key words = {more},
  url = {https://example.org/a_b},
  note = {RAYYAN-INCLUSION: {"Ada"=>"Included"}},
}
"""


def read_text(tmp_path: Path, text: str) -> Reading:
    path = tmp_path / "export.txt"
    path.write_bytes(text.encode())
    reading = read(path)
    assert reading.format == "bibtex"
    return reading


def test_the_fields_of_an_entry(tmp_path: Path) -> None:
    text = '@string{jimag = "Journal of imaginary results"}\n@comment{x}\n@preamble{"y"}\n' + ENTRY
    (paper,) = read_text(tmp_path, text).papers
    assert paper.title == "A trial of α-blockers, 50% of CO2"
    assert paper.authors == ("Jane A. Roe", "Jan Škoda III", "The Imaginary Group")
    assert (paper.journal, paper.year) == ("Journal of imaginary results (Online)", 2019)
    assert (paper.paper_id, paper.doi) == ("PMID:31", "10.1234/ABC_101")
    assert paper.text == "Nothing was known of Müller cells." and paper.has_abstract
    assert paper.keywords == ("kinases", "mice")
    assert paper.url == "https://example.org/a_b"
    assert paper.metadata["record_id"] == "roe2019"


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        (r"{\"u}ber \'{\i} \c{c}a {\O}rsted stra\ss e", "über í ça Ørsted straße"),
        (r"$\beta$-blocker, $IC_{50}$ 5 $\mu$M, 10$^{-3}$", "β-blocker, IC50 5 μM, 10^-3"),
        (r"\textit{in vivo} {\em ex vivo} A~B", "in vivo ex vivo A B"),
        (r"from $5 to $6, 50\% \& \_", "from $5 to $6, 50% & _"),
        (r"d{\textquoteright}Art \unknown{kept} \odd", r"d’Art kept \odd"),
        ("50% of 20 % -- all", "50% of 20 % -- all"),
    ],
)
def test_latex_becomes_what_it_means_and_no_text_is_lost(latex: str, text: str) -> None:
    assert to_unicode(latex) == text


@pytest.mark.parametrize(
    ("text", "titles", "faulty"),
    [
        ("@article{a, title={One}}@misc{b, title={Two}}", ["One", "Two"], 0),
        ("@article{a, title={One {open}, year=2002\n\n@article{b, title={Two}}",
         ["One open, year=2002", "Two"], 1),
        ('@article{a, title="One {x"}\n\n@article{b, title={Two}}', ['One x"', "Two"], 1),
        ("@article{a, title={One} year={2001}}\n@article{b, title={Two}}", ["One", "Two"], 0),
        ("@article{title={One}}\n@article{, title={Two}}", ["One", "Two"], 0),
        ("@article{a, title={One}}\n@article{a, title={Two}}", ["One", "Two"], 0),
        ("@article{a, title={One}, title={Uno}}\n", ["One"], 0),
        ("@article(a, title={One (1)})\n}\n@article{b, title={Two}}", ["One (1)", "Two"], 0),
        ("@article{a, abstract={me@home{x}\n@article of the day}, title={One}}", ["One"], 0),
        ("% @article{z, title={Z}}\n@proceedings{b, booktitle={Two % five}}", ["Two % five"], 0),
        ("@article{a,\n title={One", ["One"], 1),
    ],
)  # fmt: skip
def test_broken_entries_cost_no_other(
    tmp_path: Path, text: str, titles: list[str], faulty: int
) -> None:
    reading = read_text(tmp_path, text)
    assert [paper.title for paper in reading.papers] == titles
    assert sum("faults" in paper.metadata for paper in reading.papers) == faulty


def test_an_entry_without_title_is_skipped_with_its_line(tmp_path: Path) -> None:
    reading = read_text(tmp_path, ENTRY + "\n@misc{x, year = 2001}\n")
    lines = ENTRY.count("\n") + 2
    assert reading.skipped == (Skip(f"line {lines}", "neither title nor abstract"),)


def test_a_citation_inside_markdown_is_no_bibliography(tmp_path: Path) -> None:
    path = tmp_path / "readme.md"
    path.write_text(f"# A tool\n\nCite it as follows:\n\n```bibtex{ENTRY}```\n")
    assert read(path).format == "markdown"


TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp", "Zs")), min_size=1
)
LINES = st.lists(TEXT, min_size=1, max_size=5).map(lambda words: "T" + " ".join(words))
REFERENCES = st.builds(
    Reference,
    title=LINES.filter(lambda text: "&" not in text and "<" not in text),
    authors=st.lists(
        st.sampled_from(["Jane A Roe", "Jan van der Berg", "Tim O'Neil Jr", "Émile Škoda"]),
        max_size=3,
        unique=True,
    ).map(tuple),
    year=st.none() | st.integers(1900, 2099),
    journal=st.sampled_from(["", "J Imag", "Cell & {Tissue} 50%_#"]),
    doi=st.sampled_from(["", "10.1234/a_b-(c)1", "10.1002/x<1::aid>3.0"]),
    pmid=st.sampled_from(["", "31", "12345678"]),
    pmcid=st.sampled_from(["", "PMC77"]),
    url=st.sampled_from(["", "https://example.org/a_b?c=%7B"]),
    retracted=st.booleans(),
)


@given(st.lists(REFERENCES, min_size=1, max_size=4))
def test_what_the_project_exports_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, references: list[Reference]
) -> None:
    folder = tmp_path_factory.mktemp("export")
    for name, write in (("bibtex", write_bibtex), ("ris", write_ris)):
        path = folder / name
        path.write_text(write(references), encoding="utf-8")
        reading = read(path)
        assert (reading.format, reading.skipped) == (name, ())
        for reference, paper in zip(references, reading.papers, strict=True):
            assert paper.title == reference.title
            assert paper.authors == reference.authors
            assert (paper.year, paper.journal) == (reference.year, reference.journal)
            assert (paper.pmid, paper.pmcid) == (reference.pmid, reference.pmcid)
            assert paper.retracted == reference.retracted
            if "<" not in reference.doi:  # not a sign of today's DOIs
                assert paper.doi == reference.doi


PIECES = st.sampled_from(
    ["@article{a,", "@misc(b,", "@string{x = {y}}", "@comment{", "title = {A title},", "title = {A",
     'title = "A', "}", ")", '"', "{", ",", "=", "#", "year = 2001", "author = {A and B}",
     "\\", "\\\"u", "$x", "@", "@article{", "é", "\x00", " and "]
)  # fmt: skip


@given(st.lists(PIECES, max_size=30), st.sampled_from(["\n", "", " "]))
def test_any_pieces_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[str], joint: str
) -> None:
    path = tmp_path_factory.mktemp("bib") / "x"
    path.write_text(joint.join(pieces), encoding="utf-8")
    try:
        reading = read(path)
    except RetortError:
        return
    assert all(paper.text for paper in reading.papers)


WORDS = st.lists(st.text("abcXYZ019.,%()-é{}", min_size=1, max_size=8), min_size=1, max_size=8)
BALANCED = WORDS.map(" ".join).filter(
    lambda text: (
        text.count("{") == text.count("}") and bibtex._closing(f"{{{text}}}", 0) == len(text) + 1
    )
)


@given(st.lists(st.tuples(BALANCED, st.sampled_from(["", "}", "junk", "@comment{x}"])), max_size=6))
def test_no_entry_is_lost_among_others(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]]
) -> None:
    path = tmp_path_factory.mktemp("bib") / "x"
    path.write_text(
        "".join(f"{junk}\n@article{{k,\n title = {{W{text}}}\n}}\n" for text, junk in rows),
        encoding="utf-8",
    )
    found = [each.title for each in bibtex.records(path) if isinstance(each, Paper)]
    plain = [text.replace("{", "").replace("}", "") for text, _ in rows]
    assert found == [" ".join(f"W{text}".split()) for text in plain]
