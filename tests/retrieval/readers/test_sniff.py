"""What a file is taken for, whatever its name, and how the rest is refused."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from retort.retrieval.errors import RetortError
from retort.retrieval.readers import read, sniff

PROSE = "Imatinib inhibits the tyrosine kinase ABL, and so it changed how leukaemia is treated."
FORMATS = {
    "jsonl": '{"_id": "1", "title": "t", "text": "x"}\n',
    "medline": "\nPMID- 1\nOWN - NLM\nTI  - A title\n",
    "ris": "Record #1 of 3\nProvider: X\n\nTY  -  JOUR\nTI  - A title\nER  - \n",
    "bibtex": "% made by x\n@Article{key,\n  title = {A title},\n}\n",
    "table": '"title","abstract","year"\n"One, two","three",1999\n',
    "pubmed-xml": "<?xml version='1.0'?>\n<!-- c --><PubmedArticleSet></PubmedArticleSet>",
    "jats": "<?xml version='1.0'?><!DOCTYPE article PUBLIC 'x' 'y'><article></article>",
    "clinical-trials": '{"protocolSection": {"identificationModule": {"nctId": "NCT00000001"}}}',
    "html": "<!DOCTYPE html>\n<html><body><article>Words</article></body></html>",
    "pdf": "%PDF-1.4\n",
    "markdown": f"# A heading\n\n{PROSE}\n",
    "text": PROSE,
}


@pytest.mark.parametrize("suffix", [".txt", ".ris", ".pdf", ".jsonl", ".xml", ""])
@pytest.mark.parametrize("kind", FORMATS)
def test_content_decides_and_not_the_suffix(tmp_path: Path, kind: str, suffix: str) -> None:
    path = tmp_path / f"file{suffix}"
    for mark in ("", "\ufeff"):
        path.write_text(mark + FORMATS[kind], encoding="utf-8")
        assert sniff(path) == kind


def test_only_between_markdown_and_text_the_suffix_speaks(tmp_path: Path) -> None:
    for name, kind in (("a.md", "markdown"), ("a.txt", "text")):
        (tmp_path / name).write_text(PROSE)
        assert sniff(tmp_path / name) == kind


def test_records_among_bad_lines_are_still_records(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text("garbage\n" + FORMATS["jsonl"] + "{broken\nmore garbage\n")
    assert sniff(path) == "jsonl"


def test_one_very_long_record_is_recognised(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text('{"_id": "1", "text": "' + "word " * 30_000 + '"}\n')
    (paper,) = read(path).papers
    assert len(paper.text) == 150_000


FOREIGN = {
    "a picture (PNG)": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
    "a picture (JPEG)": b"\xff\xd8\xff\xe0\x00\x10JFIF\x00",
    "gzip-compressed data": b"\x1f\x8b\x08\x00\x00",
    "a SQLite database": b"SQLite format 3\x00\x10\x00",
    "a Python pickle": b"\x80\x04\x95\x00\x00\x00\x00",
    "binary data": bytes(range(256)) * 4,
    "a Rich Text document": b"{\\rtf1\\ansi Some words in it, enough of them.}",
    "BioC XML": b"<collection><document/></collection>",
    "root element <feed>": b"<feed><entry/></feed>",
    "EndNote records": b"%0 Journal Article\n%T A title of it\n",
    "Web of Science records": b"FN Clarivate Analytics Web of Science\nVR 1.0\nPT J\n",
    "PubTator": b"14510914|t|A title of some words\n14510914|a|An abstract\n",
    "a table (CSV)": b'"smiles","name","year"\n"CCO","ethanol, absolute",1999\n',
    "a table (TSV)": b"smiles\tname\nCCO\tethanol, absolute\n",
    "a table (semicolon-separated)": b"smiles;name;pIC50\nCCO;ethanol;5.5\n",
    "word vectors": b"2 300\ndolor " + b"0.116 -0.15 " * 20 + b"\namet " + b"0.1 0.2 " * 20,
    "a list of numbers or identifiers": b"25821185\n25362434\n26700459\n",
    "numbers and signs": b"1.5 2.5 3.5 ; 4.5\n= 5 6 7 8 9 10 11 + 12 (13)\n",
    "one JSON document": b'{\n  "title": "A",\n  "text": "some words here and there"\n}\n',
    "structures (SDF)": b"aspirin\n  tool\n\n  1  0\nM  END\n$$$$\n",
}


@pytest.mark.parametrize("name", FOREIGN)
def test_what_is_not_read_is_refused_by_name(tmp_path: Path, name: str) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(FOREIGN[name])
    with pytest.raises(RetortError) as caught:
        read(path)
    assert name in caught.value.why
    assert "the formats read are JSONL, MEDLINE/.nbib, RIS, BibTeX, CSV" in caught.value.why
    assert caught.value.next


def test_a_word_document_is_known_by_what_the_archive_holds(tmp_path: Path) -> None:
    path = tmp_path / "x"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("word/document.xml", "<w/>")
    with pytest.raises(RetortError, match="a Word document"):
        read(path)


@pytest.mark.parametrize(
    ("content", "what"),
    [(b"", "is empty"), (b" \n\t\r\n", "is empty"), (b"broken pdf...", "too short")],
)
def test_empty_and_tiny_files(tmp_path: Path, content: bytes, what: str) -> None:
    path = tmp_path / "x.pdf"
    path.write_bytes(content)
    with pytest.raises(RetortError, match=what):
        read(path)


def test_folders_and_missing_files(tmp_path: Path) -> None:
    with pytest.raises(RetortError, match="is a folder"):
        read(tmp_path)
    with pytest.raises(RetortError, match="There is no file"):
        read(tmp_path / "nothing here.md")


PIECES = st.sampled_from(
    [text.encode() for text in FORMATS.values()]
    + list(FOREIGN.values())
    + [
        b"\n",
        b"\r\n",
        b"{",
        b"<",
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b"PMID- ",
        b"# ",
        b"---\n",
        b"\xe9",
    ]
)


@settings(max_examples=200)
@example(b"\xff\xfe\nPMID- 1\nOWN - NLM\nTI  - A title\n")
@given(st.lists(PIECES | st.binary(max_size=30), max_size=6).map(b"".join))
def test_any_bytes_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.mktemp("any") / "x"
    path.write_bytes(content)
    try:
        result = read(path)
    except RetortError as error:
        assert error.what and str(error)
        return
    assert len(result.papers) >= 1
    for paper in result.papers:
        paper.text.encode("utf-8")
        assert paper.text and paper.paper_id and "\x00" not in paper.text
        assert all(0 <= s.start <= s.end <= len(paper.text) for s in paper.sections)
        assert list(paper.page_starts) == sorted(paper.page_starts)
