"""Tables: separators, headers, quotes, labels, and what is no table of papers."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retort.retrieval.errors import RetortError
from retort.retrieval.readers import Reading, delimited, read
from retort.retrieval.readers.reading import Skip
from retort.retrieval.records import Paper


def read_text(tmp_path: Path, text: str, name: str = "export.csv") -> Reading:
    path = tmp_path / name
    path.write_bytes(text.encode())
    reading = read(path)
    assert reading.format == "table"
    return reading


def only(tmp_path: Path, text: str) -> Paper:
    (paper,) = read_text(tmp_path, text).papers
    return paper


EXPORTS = {
    "pubmed": '\ufeffPMID,Title,Authors,Citation,First Author,Journal/Book,'
    'Publication Year,PMCID,DOI\n'
    '"31","A title","Roe JA, O\'Neil T, Berg J.","J. 2019","Roe JA","J Imag",'
    '"2019","PMC7","10.1234/a"\n',
    "embase": '"SEARCH QUERY","x:ti"\n-----------\n\n"Title","Author Names","Source title",'
    '"Publication Year","Medline PMID","DOI"\n"A title","Roe J.A., O\'Neil T.","J Imag","2019",'
    '"31","10.1234/a"\n',
    "scopus": '\ufeff"Authors","Title","Year","Source title","DOI","PubMed ID","Art. No.",'
    '"Source"\n'
    '"Roe J.A.; O\'Neil T.","A title","2019","J Imag","10.1234/a","31","7","Scopus"\n',
    "zotero": '"Key","Item Type","Publication Year","Author","Title","Publication Title","DOI",'
    '"Abstract Note"\n"K","journalArticle","2019","Roe, J.A.; O\'Neil, T.","A title","J Imag",'
    '"10.1234/a",""\n',
    "abstrackr": '(internal) id,(source) id,pubmed id,abstract,title,journal,authors,'
    'labeled_at\n'
    '5,1,31,"","A title","J Imag","Roe, J.A.\n and O\'Neil, T.\n",2019\n',
    "cinahl": 'Article Title,Author,Journal Title,ISSN,Publication Date,DOI\n'
    '"A title","Roe, J.A.; O\'Neil, T.","J Imag",="19326203",="4/3/2019","10.1234/a"\n',
    "cochrane": 'CENTRAL ID,Author(s),Title,Source,Year,PubMed ID,DOI\n'
    '"CN-1","Roe, JA; O\'Neil, T","A title","J Imag","2019","PUBMED 31","10.1234/a"\n',
    "openalex": 'id,doi,title,publication_year,primary_location.source.display_name,'
    'authorships.author.display_name\nhttps://openalex.org/W1,https://doi.org/10.1234/a,A title,'
    '2019,J Imag,JA Roe|T O\'Neil\n',
    "asreview": "record_id;title;abstract;authors;year;journal;doi\n"
    "3;A title;;['Roe, JA', \"O'Neil, T\"];2019//;J Imag;10.1234/a\n",
    "rayyan": 'key,title,year,journal,authors,url,notes,doi\n'
    'rayyan-1,A title,2019,J Imag,"Roe, JA and O\'Neil, T",,,10.1234/a\n',
    "googlescholar": '\ufeffAuthors,Title,Publication,Year\n'
    '"Roe, JA; O\'Neil, T; ",A title,J Imag,2019\n',
}  # fmt: skip


@pytest.mark.parametrize("exporter", EXPORTS)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_columns_of_each_exporter(tmp_path: Path, exporter: str, end: str) -> None:
    paper = only(tmp_path, EXPORTS[exporter].replace("\n", end))
    assert (paper.title, paper.journal, paper.has_abstract) == ("A title", "J Imag", False)
    assert paper.year == (None if exporter == "abstrackr" else 2019)
    names = [name.replace(".", "") for name in paper.authors[:2]]
    assert {"Roe", "O'Neil"} <= {word for name in names for word in name.split()}
    assert len(paper.authors) == (3 if exporter == "pubmed" else 2)
    assert paper.doi == "10.1234/a" or exporter in ("abstrackr", "googlescholar")
    assert paper.pmid == ("31" if "31" in EXPORTS[exporter] else "")
    assert "faults" not in paper.metadata


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("name", ["x.csv", "x.tsv", "x.tab", "x.ris"])
def test_the_separator_is_seen_and_not_taken_from_the_suffix(
    tmp_path: Path, separator: str, name: str
) -> None:
    rows = [("abstract ", " title", "my_column"), ("A, b; c", "One", "x"), ("D", "Two", "")]
    text = io.StringIO()
    csv.writer(text, delimiter=separator).writerows(rows)
    papers = tuple(read_text(tmp_path, text.getvalue(), name).papers)
    assert [(p.title, p.text) for p in papers] == [("One", "A, b; c"), ("Two", "D")]
    assert papers[0].metadata == {"my_column": "x"}


def test_lines_inside_quotes_and_long_cells(tmp_path: Path) -> None:
    long = "word " * 60_000
    text = f'title,abstract\r\n"One","A\r\n\r\nB ""c"" d"\r\n"Two","{long}"\r\n'
    one, two = read_text(tmp_path, text).papers
    assert one.text == 'A\n\nB "c" d'
    assert two.text == long.strip()


@pytest.mark.parametrize(
    ("bad", "lost"),
    [
        ('"never closed,b,c', 1),
        ('a,"never closed,c', 0),
        ('a,b "inch" b,c', 0),
        ('5" wide,b,c', 0),
    ],
)
def test_a_stray_quote_costs_at_most_its_own_row(tmp_path: Path, bad: str, lost: int) -> None:
    good = "".join(f'"T{n}","A, {n}","x"\n' for n in range(5))
    reading = read_text(tmp_path, f"title,abstract,note\n{good}{bad}\n{good}")
    assert len(reading.papers) + len(reading.skipped) == 11
    titles = [paper.title for paper in reading.papers]
    assert titles[:5] == titles[-5:] == [f"T{n}" for n in range(5)]
    assert [skip.where for skip in reading.skipped] in ([], ["line 7"])
    assert len(reading.skipped) <= 1


@pytest.mark.parametrize(
    "column", ["label_included", "included", "label", "asreview_label", "final_included"]
)
def test_labels_are_kept_as_they_are(tmp_path: Path, column: str) -> None:
    text = f"title,abstract,{column},label_abstract_screening\nA,x,1,0\nB,y,0,\nC,z,,\n"
    labels = [paper.metadata.get("label") for paper in read_text(tmp_path, text).papers]
    assert labels == ["1", "0", None]


def test_the_labels_of_reviewers(tmp_path: Path) -> None:
    text = "title,abstract,consensus,labeled_at,Ada,labeled_at\nA,x,o,,-1,2024-01-01\n"
    assert only(tmp_path, text).metadata["label"] == "Ada: -1"


def test_a_table_may_have_more_columns_of_its_own(tmp_path: Path) -> None:
    text = "title,group,dose,outcome,country\nA,x,5,better,\n"
    assert only(tmp_path, text).metadata == {"group": "x", "dose": "5", "outcome": "better"}


def test_unusable_ids_are_said_and_cost_nothing(tmp_path: Path) -> None:
    text = "record_id,title,abstract,doi,year\n0,A,x,10.1,2014//\n0,B,y,nan,10 15\n4f,C,z,,\n"
    papers = tuple(read_text(tmp_path, text).papers)
    assert [paper.metadata.get("faults") for paper in papers] == [
        "doi: '10.1'",
        "record_id: '0' names an earlier row as well; year: '10 15'",
        None,
    ]
    assert [paper.metadata["record_id"] for paper in papers] == ["0", "0", "4f"]
    assert len({paper.paper_id for paper in papers}) == 3


def test_missing_values(tmp_path: Path) -> None:
    text = 'title,abstract,doi\nA,"",\n"",Text,\n,,10.1234/a\n,,\n  ;,\nB\n'
    reading = read_text(tmp_path, text.replace("  ;,\n", ""))
    assert [(p.title, p.text, p.has_abstract) for p in reading.papers] == [
        ("A", "A", False),
        ("", "Text", True),
        ("B", "B", False),
    ]
    assert reading.skipped == (Skip("line 4", "neither title nor abstract"),)


def test_mesh_types_and_retraction(tmp_path: Path) -> None:
    text = (
        "title,abstract,mesh_terms,publication_type,is_retracted,keywords\n"
        'A,x,Mice/genetics; *Kinases,Review,True,"a (b, c), d"\n'
    )
    paper = only(tmp_path, text)
    assert (paper.mesh, paper.publication_types) == (("Mice", "Kinases"), ("Review",))
    assert paper.retracted and paper.keywords == ("a (b, c)", "d")


@pytest.mark.parametrize(
    "text",
    [
        "smiles,name,pIC50\nCCO,ethanol,5\n",
        "Compound\tSMILES\nA\tCCO\n",
        "a,b,c\n1,2,3\n4,5,6\n",
    ],
)
def test_a_table_of_other_things_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.csv"
    path.write_text(text)
    with pytest.raises(RetortError) as caught:
        read(path)
    assert "without a column of titles or abstracts" in caught.value.why and caught.value.next


@pytest.mark.parametrize(
    "text",
    [
        "Screening was done by\ntitle, abstract, keywords, and full text were read.\n",
        "We searched three fields:\ntitle, abstract, keywords\nand nothing else was searched.\n",
        "Title\n\nAbstract\n\nSome text of a paper, with commas, follows here.\n",
    ],
)
def test_prose_about_titles_and_abstracts_is_no_table(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x"
    path.write_text(text)
    assert read(path).format == "text"


CELLS = st.text("ab ,;\t\"\n'é[]|=.", max_size=15)


@given(st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=8), st.sampled_from(",;\t|"))
def test_no_row_that_is_well_formed_is_lost(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str, str]], separator: str
) -> None:
    path = tmp_path_factory.mktemp("table") / "x"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter=separator, quoting=csv.QUOTE_ALL)
        writer.writerow(("title", "abstract", "other"))
        writer.writerows(
            (f"T{n}{title}", text, other) for n, (title, text, other) in enumerate(rows)
        )
    found = list(delimited.records(path))
    assert [each.title.split()[0][:2] for each in found if isinstance(each, Paper)] == [
        f"T{n}" for n in range(len(rows))
    ]
    assert len(found) == len(rows)


@given(st.lists(CELLS | st.sampled_from(["title,abstract", "\n", "\r\n", "\x00"]), max_size=20))
def test_any_pieces_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[str]
) -> None:
    path = tmp_path_factory.mktemp("table") / "x"
    path.write_text("title,abstract,year\n" + "".join(pieces), encoding="utf-8")
    try:
        reading = read(path)
    except RetortError:
        return
    assert all(paper.text for paper in reading.papers)


@pytest.mark.parametrize(
    ("cell", "title"),
    [
        ('"A field title=""owned"" by us"', 'A field title="owned" by us'),
        ('title="owned"', 'title="owned"'),
        ('"=""a"" or ""b"""', '="a" or "b"'),
        ('="owned by us"', "owned by us"),
        ('"=""owned, by us"""', "owned, by us"),
        ('"=""the """"best"""" of us"""', 'the "best" of us'),
    ],
)
def test_only_a_guard_round_the_whole_cell_is_taken_away(
    tmp_path: Path, cell: str, title: str
) -> None:
    assert only(tmp_path, f"record_id,title,abstract\n1,{cell},Text of it\n").title == title


@pytest.mark.parametrize("quote", ["", '"'])
@pytest.mark.parametrize("names", ["title,abstract,label", "abstract,title,label"])
def test_a_cell_longer_than_what_is_sniffed_is_read(tmp_path: Path, names: str, quote: str) -> None:
    long = ("word " * 40_000).strip()
    paper = only(tmp_path, f"{names}\n{quote}{long}{quote},Some words,1\n")
    assert max(paper.title, paper.text, key=len) == long
