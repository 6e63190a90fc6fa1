"""Saved web pages: the article's words, not the page's; sections, metadata, broken markup."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retort.retrieval.errors import RetortError
from retort.retrieval.readers import read
from retort.retrieval.records import Paper

PAGE = """<!DOCTYPE html><html><head><meta charset="utf-8"><title>On CYP2D6*4 | A Journal</title>
<meta name="citation_title" content="On CYP2D6*4"><meta name="citation_author" content="Roe, Jane">
<meta name="citation_author" content="Tim Poe"><meta name="citation_doi" content="doi:10.1234/x">
<meta name="citation_journal_title" content="A Journal"><meta name="citation_pmid" content="7">
<meta name="citation_publication_date" content="2014/05/01">
<meta name="citation_keywords" content="warfarin; dose"><style>.x{}</style></head>
<body><nav>Menu</nav><header>Top</header><article><h1>On CYP2D6*4</h1><p>Intro <b>bo</b>ld at
10<sup>-9</sup> M<sup><a href="#ref1">1</a>,<a href="#ref2">2</a></sup>. Known
[<a href="#bib3">3</a>] &lt;too&gt;.</p><h2>Methods</h2>Loose text<h3>Mice</h3><ul><li>one<li>two
</ul><h2>References</h2><ol><li>Somebody</ol><h2>Data</h2><p>Here<br>it ends.</p>
<script>alert("no")</script><p hidden>no</p><form>no</form></article><footer>No</footer></body>"""


def paper_of(path: Path, page: str | bytes) -> Paper:
    path.write_bytes(page if isinstance(page, bytes) else page.encode())
    result = read(path)
    assert result.format == "html"
    (paper,) = result.papers
    return paper


def test_an_article_and_its_metadata(tmp_path: Path, no_network: list[Any]) -> None:
    paper = paper_of(tmp_path / "x.txt", PAGE)
    assert (paper.title, paper.year, paper.journal) == ("On CYP2D6*4", 2014, "A Journal")
    assert paper.authors == ("Jane Roe", "Tim Poe")
    assert (paper.paper_id, paper.doi, paper.keywords) == (
        *("PMID:7", "10.1234/x", ("warfarin", "dose")),
    )
    assert paper.text.startswith("Intro bold at 10^-9 M. Known <too>.\n\nLoose text")
    assert [(s.title, paper.text[s.start : s.end]) for s in paper.sections] == [
        ("Methods", "Loose text"),
        ("Methods > Mice", "one\ntwo"),
        ("Data", "Here\nit ends."),
    ]
    assert no_network == []


def test_a_page_without_an_article_element_or_metadata(tmp_path: Path) -> None:
    page = "<html><body><div>A page in words and more words"
    page += "<table><tr><td>a<td>b</table><p>é &alpha;</div>"
    paper = paper_of(tmp_path / "plain.html", page.encode("cp1252"))
    assert (
        paper.title == "plain"
        and paper.text == "A page in words and more words\n\n| a | | b |\n\né α"
    )


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("<div id=root></div><script>draw()</script>", "without its scripts"),
        ("<div>" * 100_000 + "words", "nested more than"),
    ],
)
def test_pages_that_show_nothing_are_refused(tmp_path: Path, body: str, why: str) -> None:
    with pytest.raises(RetortError, match=why):
        paper_of(tmp_path / "x", f"<!DOCTYPE html><html><body>{body}")


WORD = st.text("abcXYZ09*α", min_size=1, max_size=6)
TREE = st.recursive(
    WORD,
    lambda inner: st.tuples(
        st.sampled_from("p div span b sub ul blockquote section table".split()),
        st.lists(inner, max_size=4),
    ),
    max_leaves=12,
)


def markup(node: Any) -> str:
    if isinstance(node, str):
        return node
    inner = "".join(map(markup, node[1]))
    wrapped = {"ul": f"<li>{inner}", "table": f"<tr><td>{inner}</td></tr>"}.get(node[0], inner)
    return f"<{node[0]}>{wrapped}</{node[0]}>"


def words(node: Any) -> str:
    return node if isinstance(node, str) else "".join(map(words, node[1]))


@given(st.lists(st.tuples(WORD, TREE), max_size=5))
def test_no_word_is_lost_and_sections_are_true(
    tmp_path_factory: pytest.TempPathFactory, parts: list[tuple[str, Any]]
) -> None:
    body = "".join(f"<h2>{title}</h2>{markup(tree)}" for title, tree in parts)
    start = "These words stand before all other words"
    path = tmp_path_factory.mktemp("html") / "x"
    paper = paper_of(path, f"<!DOCTYPE html><meta charset=utf-8><body>{start}{body}")
    kept = sorted(re.sub(r"[\s|]", "", paper.text))
    assert kept == sorted(re.sub(r"\s", "", start) + "".join(words(tree) for _, tree in parts))
    for section in paper.sections:
        text = paper.text[section.start : section.end]
        assert text and text == text.strip() and not re.search("[\x01\x02]", text)
