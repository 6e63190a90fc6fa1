"""PubMed XML: no network, no lost text, retractions, and refusal of hostile files."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, SubElement, fromstring

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retort.retrieval.errors import RetortError
from retort.retrieval.readers import read
from retort.retrieval.readers.flow import flatten

HEAD = (
    '<?xml version="1.0" ?>\n<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle//EN" '
    '"https://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_250101.dtd">\n<PubmedArticleSet>\n'
)
ARTICLE = """<PubmedArticle><MedlineCitation><PMID Version="1">{pmid}</PMID><Article>
<Journal><JournalIssue><PubDate><MedlineDate>2001 Spring</MedlineDate></PubDate></JournalIssue>
<Title>Journal of   tests</Title></Journal>
<ArticleTitle>On <i>CYP2C9<b>*2</b></i> and H<sub>2</sub>O.</ArticleTitle>
{abstract}
<AuthorList><Author><LastName>Roe</LastName><ForeName>Jane</ForeName></Author>
<Author><CollectiveName>A Group</CollectiveName></Author></AuthorList>
<PublicationTypeList><PublicationType>{kind}</PublicationType></PublicationTypeList>
</Article>{more}</MedlineCitation><PubmedData>
<ArticleIdList><ArticleId IdType="doi">10.1234/x.{pmid}</ArticleId>
<ArticleId IdType="pmc">PMC{pmid}</ArticleId></ArticleIdList>
<ReferenceList><Reference><ArticleIdList><ArticleId IdType="doi">10.9999/other</ArticleId>
</ArticleIdList></Reference></ReferenceList></PubmedData></PubmedArticle>
"""
ABSTRACT = """<Abstract><AbstractText Label="METHODS">We gave 10<sup>-3</sup> mol to
<i>in <b>vitro</b></i> cells.</AbstractText><AbstractText Label="RESULTS">They &lt; grew.
</AbstractText><CopyrightInformation>Copyright</CopyrightInformation></Abstract>"""
BOOK = """<PubmedBookArticle><BookDocument><PMID>55</PMID><Book>
<Publisher><PublisherName>A Press</PublisherName></Publisher><BookTitle>A Book</BookTitle>
<PubDate><Year>2012</Year></PubDate></Book><ArticleTitle>A chapter</ArticleTitle>
<AuthorList><Author><LastName>Poe</LastName><Initials>E</Initials></Author></AuthorList>
<Abstract><AbstractText>What the chapter says.</AbstractText></Abstract>
</BookDocument></PubmedBookArticle>"""


def article(pmid: int = 7, abstract: str = ABSTRACT, kind: str = "Review", more: str = "") -> str:
    return ARTICLE.format(pmid=pmid, abstract=abstract, kind=kind, more=more)


def write(path: Path, *articles: str, end: str = "</PubmedArticleSet>") -> Path:
    path.write_text(HEAD + "".join(articles) + end, encoding="utf-8")
    return path


def test_an_article_is_read_without_the_network(tmp_path: Path, no_network: list[Any]) -> None:
    result = read(write(tmp_path / "x.txt", article()))
    (paper,) = result.papers
    assert (result.format, no_network) == ("pubmed-xml", [])
    assert paper.title == "On CYP2C9*2 and H2O."
    assert paper.text == "We gave 10^-3 mol to in vitro cells.\n\nThey < grew."
    assert [(s.title, paper.text[s.start : s.end]) for s in paper.sections] == [
        ("METHODS", "We gave 10^-3 mol to in vitro cells."),
        ("RESULTS", "They < grew."),
    ]
    assert (paper.paper_id, paper.doi, paper.pmcid) == ("PMID:7", "10.1234/x.7", "PMC7")
    assert (paper.year, paper.journal) == (2001, "Journal of tests")
    assert paper.authors == ("Jane Roe", "A Group")
    assert not paper.retracted and paper.has_abstract
    assert paper.publication_types == ("Review",)


def test_headings_and_keywords(tmp_path: Path) -> None:
    lists = (
        "<MeshHeadingList><MeshHeading><DescriptorName>Humans</DescriptorName><QualifierName>x"
        "</QualifierName></MeshHeading><MeshHeading><DescriptorName>Warfarin</DescriptorName>"
        "</MeshHeading></MeshHeadingList><KeywordList><Keyword>dose</Keyword><Keyword>dose"
        "</Keyword></KeywordList>"
    )
    (paper,) = read(write(tmp_path / "x", article(more=lists))).papers
    assert (paper.mesh, paper.keywords) == (("Humans", "Warfarin"), ("dose",))
    assert paper.metadata == {}


def test_what_pubmed_deleted_is_told(tmp_path: Path) -> None:
    gone = "<DeleteCitation><PMID>8</PMID><PMID>9</PMID></DeleteCitation>"
    result = read(write(tmp_path / "x", article(7), gone))
    assert [paper.pmid for paper in result.papers] == ["7"]
    assert [skip.reason.rsplit(" ", 1)[1] for skip in result.skipped] == ["8", "9"]


def test_a_title_without_abstract_is_kept(tmp_path: Path) -> None:
    (paper,) = read(write(tmp_path / "x", article(abstract=""))).papers
    assert paper.text == paper.title and not paper.has_abstract


def test_a_book_chapter_is_read(tmp_path: Path) -> None:
    (paper,) = read(write(tmp_path / "x", BOOK)).papers
    assert (paper.paper_id, paper.title, paper.journal) == ("PMID:55", "A chapter", "A Book")
    assert (paper.text, paper.year) == ("What the chapter says.", 2012)
    assert (paper.authors, paper.metadata["publisher"]) == (("E Poe",), "A Press")


@pytest.mark.parametrize(
    ("kind", "reference", "expected"),
    [
        ("Retracted Publication", "", True),
        ("Journal Article", "RetractionIn", True),
        ("Journal Article", "ErratumIn", False),
        ("Retraction of Publication", "RetractionOf", False),
    ],
)
def test_retractions(tmp_path: Path, kind: str, reference: str, expected: bool) -> None:
    notice = (
        f'<CommentsCorrectionsList><CommentsCorrections RefType="{reference}">'
        "<RefSource>J Tests. 2020</RefSource><PMID>99</PMID></CommentsCorrections>"
        "</CommentsCorrectionsList>"
    )
    (paper,) = read(write(tmp_path / "x", article(kind=kind, more=notice))).papers
    assert paper.retracted is expected
    assert paper.retraction == ("J Tests. 2020 PMID:99" if reference == "RetractionIn" else "")


def test_a_file_that_breaks_off_keeps_what_came_before(tmp_path: Path) -> None:
    result = read(write(tmp_path / "x", article(1), article(2), "<PubmedArticle><Med", end=""))
    assert [paper.pmid for paper in result.papers] == ["1", "2"]
    (skip,) = result.skipped
    assert skip.where.startswith("line ") and "breaks off" in skip.reason


def test_two_exports_in_one_file_are_both_read(tmp_path: Path) -> None:
    path, other = write(tmp_path / "x", article(1)), write(tmp_path / "y", article(2))
    path.write_text(path.read_text() + "\n" + other.read_text())
    result = read(path)
    assert [paper.pmid for paper in result.papers] == ["1", "2"] and not result.skipped


def test_an_article_without_words_is_skipped(tmp_path: Path) -> None:
    empty = (
        "<PubmedArticle><MedlineCitation><PMID>3</PMID><Article/></MedlineCitation></PubmedArticle>"
    )
    result = read(write(tmp_path / "x", article(1), empty, "<PubmedArticle/>"))
    assert [skip.where for skip in result.skipped] == ["record 2", "record 3"]
    assert "PMID 3" in result.skipped[0].reason


def test_bottomless_nesting_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text("<PubmedArticleSet><PubmedArticle>" + "<i>" * 100_000)
    with pytest.raises(RetortError, match="nested more than"):
        read(path)


TEXT = st.text(st.characters(codec="ascii", categories=("L", "N", "P", "Zs")), max_size=8)


TREE = st.recursive(
    st.tuples(TEXT, TEXT),
    lambda inner: st.tuples(TEXT, st.lists(inner, max_size=4)),
    max_leaves=8,
)


@given(TREE)
def test_no_character_inside_tags_is_lost(tree: Any) -> None:
    seen: list[str] = []

    def build(parent: Element, node: Any) -> None:
        child = SubElement(parent, "i")
        child.text = node[0]
        seen.append(node[0])
        for part in node[1] if isinstance(node[1], list) else ():
            build(child, part)
        child.tail = node[1] if isinstance(node[1], str) else ""
        seen.append(child.tail)

    root = fromstring("<t/>")
    build(root, tree)
    assert "".join(flatten(root).split()) == "".join("".join(seen).split())
