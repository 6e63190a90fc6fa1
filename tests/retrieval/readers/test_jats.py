"""JATS: one text with true sections, no lost words, readable names, metadata, retractions."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retort.retrieval.readers import read
from retort.retrieval.records import Paper

HEAD = (
    '<!DOCTYPE article PUBLIC "-//NLM//DTD JATS (Z39.96) Journal Archiving v1.0//EN" '
    '"JATS-archivearticle1.dtd">\n'
)
META = """<journal-meta><journal-id>jt</journal-id><journal-title-group>
<journal-title>Journal of Tests</journal-title></journal-title-group></journal-meta>
<article-meta><article-id pub-id-type="pmid">7</article-id>
<article-id pub-id-type="pmc">70</article-id>
<article-id pub-id-type="doi">10.1234/x.7</article-id>
<article-categories><subj-group><subject>Pharmacology</subject></subj-group></article-categories>
<title-group><article-title>On <italic>CYP2D6<sup>*</sup>4</italic><xref ref-type="fn">*</xref>
</article-title><subtitle>A test</subtitle></title-group>
<contrib-group><contrib contrib-type="author"><name><surname>Roe</surname>
<given-names>Jane</given-names></name><xref ref-type="aff">1</xref></contrib>
<contrib contrib-type="editor"><name><surname>No</surname></name></contrib>
<contrib contrib-type="author"><collab>A Group</collab></contrib></contrib-group>
<pub-date pub-type="epub"><year>2012</year></pub-date>
<pub-date pub-type="ppub"><year>2013</year></pub-date>{related}
<abstract><sec><title>Background:</title><p>We gave 10<sup>&#x2212;9</sup> M.</p></sec>
<sec><title>Results</title><p>It &lt; worked &alpha;.</p></sec></abstract>
<kwd-group><kwd>warfarin</kwd></kwd-group>
<kwd-group kwd-group-type="MeSH"><kwd>Humans</kwd></kwd-group></article-meta>"""
BODY = """<body><p>First words.</p><sec><label>1</label><title>Methods</title>
<p>Mice<xref ref-type="bibr" rid="B1"><sup>1</sup></xref> were used
[<xref ref-type="bibr">2</xref>,<xref ref-type="bibr">3</xref>-<xref ref-type="bibr">5</xref>].
Doses (<xref ref-type="bibr">Poe et al., 2001</xref>, <xref ref-type="bibr">2002</xref>) are in
<xref ref-type="table">Table 1</xref><sup><xref ref-type="bibr">6</xref>,
<xref ref-type="bibr">7</xref></sup>. H<sub>2</sub>O,
and <italic>CYP2C9</italic>*<italic>2</italic>.
<fig><label>Figure 1</label><caption><title>Curves.</title><p>All of them.</p></caption>
<graphic/></fig> After it.</p>
<sec><title>Mice</title><list list-type="bullet"><list-item><p>one</p></list-item>
<list-item><p>two</p></list-item></list>
<table-wrap><label>Table 1</label><caption><p>Doses</p></caption><table>
<thead><tr><th>Drug</th><th>Dose</th></tr></thead><tbody><tr><td>A</td><td>5<break/>mg</td></tr>
<tr><td/><td/></tr></tbody></table><table-wrap-foot><fn><label>a</label><p>A note.</p></fn>
</table-wrap-foot></table-wrap>
<disp-formula><label>(1)</label><alternatives><mml:math><mml:mrow><mml:msup><mml:mi>x</mml:mi>
<mml:mn>2</mml:mn></mml:msup><mml:mo>=</mml:mo><mml:mfrac><mml:mi>a</mml:mi><mml:mi>b</mml:mi>
</mml:mfrac></mml:mrow></mml:math><tex-math>x^2</tex-math></alternatives></disp-formula></sec></sec>
</body><back><ack><p>We thank.</p></ack><ref-list><ref><mixed-citation>Somebody 1999
</mixed-citation></ref></ref-list></back>
<sub-article><body><p>A reply.</p></body></sub-article>"""


def article(body: str = BODY, kind: str = "research-article", related: str = "") -> str:
    return (
        f'<article article-type="{kind}" xmlns:mml="http://www.w3.org/1998/Math/MathML" '
        'xmlns:xlink="http://www.w3.org/1999/xlink"><front>'
        f"{META.replace('{related}', related)}</front>{body}</article>"
    )


def paper_of(path: Path, content: str) -> Paper:
    path.write_text(HEAD + content, encoding="utf-8")
    result = read(path)
    assert (result.format, result.skipped) == ("jats", ())
    (paper,) = result.papers
    return paper


@pytest.fixture
def paper(tmp_path: Path) -> Paper:
    return paper_of(tmp_path / "x.txt", article())


def test_metadata(paper: Paper, no_network: list[Any]) -> None:
    assert paper.title == "On CYP2D6*4: A test"
    assert (paper.paper_id, paper.pmcid, paper.doi) == ("PMID:7", "PMC70", "10.1234/x.7")
    assert (paper.year, paper.journal) == (2013, "Journal of Tests")
    assert paper.authors == ("Jane Roe", "A Group")
    assert (paper.keywords, paper.mesh) == (("warfarin",), ("Humans",))
    assert paper.publication_types == ("Journal Article",)
    assert paper.has_abstract and not paper.retracted
    assert paper.metadata == {
        "subjects": "Pharmacology", "references": "omitted", "sub_articles": "1 omitted"
    }  # fmt: skip
    assert no_network == []


def test_the_text_is_in_reading_order_with_true_sections(paper: Paper) -> None:
    bodies = [(s.title, paper.text[s.start : s.end]) for s in paper.sections]
    assert bodies == [
        ("Abstract > Background", "We gave 10^−9 M."),
        ("Abstract > Results", "It < worked α."),
        (
            "Methods",
            "Mice were used. Doses (Poe et al., 2001, 2002) are in Table 1. H2O, and CYP2C9*2.\n\n"
            "Figure 1 Curves. All of them.\n\nAfter it.",
        ),
        (
            "Methods > Mice",
            "- one\n- two\n\nTable 1 Doses\n\nDrug | Dose\nA | 5 mg\n\na A note.\n\nx^2 = a/b (1)",
        ),
        ("Acknowledgements", "We thank."),
    ]
    assert "First words.\n\nMice were used" in paper.text
    assert "Somebody" not in paper.text and "A reply" not in paper.text


def test_many_articles_in_one_file_and_one_that_breaks(tmp_path: Path) -> None:
    path = tmp_path / "x"
    other = article().replace('pmid">7<', 'pmid">8<')
    broken = article().replace("First words", "First & words")
    path.write_text(f"<pmc-articleset>{article()}\n{broken}\n{other}</pmc-articleset>")
    result = read(path)
    assert [paper.pmid for paper in result.papers] == ["7", "8"]
    assert len(result.skipped) == 1 and "breaks off" in result.skipped[0].reason


@pytest.mark.parametrize(
    ("kind", "related", "retracted", "notice"),
    [
        (
            "research-article",
            '<related-article related-article-type="retraction-forward" ext-link-type="doi" '
            'xlink:href="10.1234/N.1">J Tests 2015</related-article>',
            True,
            "J Tests 2015 DOI:10.1234/n.1",
        ),
        ("retracted-article", "", True, ""),
        (
            "retraction",
            '<related-article related-article-type="retracted-article" ext-link-type="pubmed" '
            'xlink:href="55"/>',
            False,
            "",
        ),
        (
            "research-article",
            '<related-article related-article-type="companion" xlink:href="10.1/x"/>',
            False,
            "",
        ),
    ],
)
def test_retractions(tmp_path: Path, kind: str, related: str, retracted: bool, notice: str) -> None:
    paper = paper_of(tmp_path / "x", article(kind=kind, related=related))
    assert (paper.retracted, paper.retraction) == (retracted, notice)
    assert paper.metadata.get("retracts", "") == ("PMID:55" if kind == "retraction" else "")


def test_an_article_that_is_only_a_title(tmp_path: Path) -> None:
    paper = paper_of(
        tmp_path / "x", re.sub(r"<abstract>.*</abstract>", "", article(""), flags=re.DOTALL)
    )
    assert paper.text == paper.title and not paper.has_abstract and not paper.sections


WORDS = st.text("abcXYZ019*αβ", min_size=1, max_size=8)
INLINE = st.recursive(
    WORDS,
    lambda inner: st.tuples(
        st.sampled_from("italic bold sup sub named-content ext-link styled-content".split()),
        st.lists(inner, max_size=2),
    ),
    max_leaves=4,
)
BLOCK = st.recursive(
    st.tuples(st.just("p"), st.lists(INLINE, min_size=1, max_size=2)),
    lambda inner: st.tuples(
        st.sampled_from("p sec boxed-text disp-quote list table fig".split()),
        st.lists(inner, min_size=1, max_size=3),
    ),
    max_leaves=5,
)


def xml(node: Any) -> str:
    if isinstance(node, str):
        return node
    tag, children = node
    inner = "".join(map(xml, children))
    if tag == "list":
        return (
            f"<list>{''.join(f'<list-item>{xml(child)}</list-item>' for child in children)}</list>"
        )
    if tag == "table":
        cells = "".join(f"<td>{xml(child)}</td>" for child in children)
        return f"<table-wrap><table><tr>{cells}</tr></table></table-wrap>"
    if tag == "fig":
        return f"<fig><label>F</label><caption>{inner}</caption></fig>"
    return f"<{tag}>{'<title>T</title>' if tag in ('sec', 'boxed-text') else ''}{inner}</{tag}>"


def words(node: Any) -> str:
    return node if isinstance(node, str) else "".join(map(words, node[1]))


@given(st.lists(BLOCK, max_size=2))
def test_no_word_of_a_body_is_lost_and_no_mark_is_left(
    tmp_path_factory: pytest.TempPathFactory, blocks: list[Any]
) -> None:
    path = tmp_path_factory.mktemp("jats") / "x"
    paper = paper_of(path, article(f"<body>{''.join(map(xml, blocks))}</body>"))
    assert not re.search("[<>&\x01\x02\U0010f100]", paper.text.replace("It < worked", ""))
    kept = re.sub(r"[\s|^FT-]", "", paper.text.partition("worked α.")[2])
    assert kept == re.sub(r"\s", "", "".join(map(words, blocks)))
    for section in paper.sections:
        body = paper.text[section.start : section.end]
        assert body and body == body.strip()
    ends = [(section.start, section.end) for section in paper.sections]
    assert ends == sorted(ends) and all(a[1] <= b[0] for a, b in pairwise(ends))
