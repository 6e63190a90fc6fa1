"""JSON Lines: what is kept exactly, what is skipped and why, and that it streams."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retort.retrieval.errors import RetortError
from retort.retrieval.readers import PaperStream, Skip, jsonl, lines, read, reading
from retort.retrieval.records import Paper


def write(path: Path, *rows: object) -> Path:
    path.write_text("".join(f"{r if isinstance(r, str) else json.dumps(r)}\n" for r in rows))
    return path


def test_a_beir_record_is_kept_to_the_character(tmp_path: Path) -> None:
    text = "  Two  spaces, a tab\t and β₂ stay.\n"
    row = {"_id": 4983, "title": "Kinases", "text": text, "metadata": {"mesh": ["A", "B"], "n": 3}}
    result = read(write(tmp_path / "corpus.any", row))
    (paper,) = result.papers
    assert (result.format, result.skipped) == ("jsonl", ())
    assert (paper.paper_id, paper.source_id, paper.title) == ("4983", "4983", "Kinases")
    assert paper.text == text
    assert (paper.mesh, paper.metadata) == (("A", "B"), {"n": "3"})


def test_identifiers_authors_and_year_come_from_the_record_or_its_metadata(tmp_path: Path) -> None:
    row = {
        "_id": "a1",
        "text": "Gefitinib binds EGFR.",
        "authors": ["A One", "B Two"],
        "year": 2004,
        "metadata": {"pmid": "15118125", "doi": "https://doi.org/10.1126/science.1099314"},
    }
    (paper,) = read(write(tmp_path / "x.jsonl", row)).papers
    assert (paper.paper_id, paper.source_id) == ("a1", "PMID:15118125")
    assert (paper.doi, paper.year) == ("10.1126/science.1099314", 2004)
    assert paper.authors == ("A One", "B Two")
    assert paper.url == "https://pubmed.ncbi.nlm.nih.gov/15118125/"


def test_a_record_without_abstract_has_its_title_as_text(tmp_path: Path) -> None:
    (paper,) = read(write(tmp_path / "x", {"_id": "1", "title": "Only a title", "text": ""})).papers
    assert paper.text == paper.title == "Only a title"


def test_what_other_formats_tell_of_a_paper_is_taken_by_its_field_name(tmp_path: Path) -> None:
    row = {
        "title": "T",
        "text": "Some text.",
        "mesh": ["Mice"],
        "keywords": "a; b",
        "publication_types": ["Review"],
        "retraction": "J. 2020;1. PMID: 2",
        "metadata": {"has_abstract": False, "label": 1, "notes": "read"},
    }
    (paper,) = read(write(tmp_path / "x", row)).papers
    assert (paper.mesh, paper.keywords) == (("Mice",), ("a", "b"))
    assert paper.publication_types == ("Review",)
    assert paper.retracted and paper.retraction == "J. 2020;1. PMID: 2"
    assert not paper.has_abstract
    assert (paper.metadata["label"], paper.metadata["notes"]) == ("1", "read")
    (other,) = read(write(tmp_path / "y", {"title": "Only a title"})).papers
    assert not other.has_abstract


def test_a_record_without_id_is_named_by_its_content(tmp_path: Path) -> None:
    row = {"title": "T", "text": "Some text without any id."}
    (one,) = read(write(tmp_path / "one", row)).papers
    (two,) = read(write(tmp_path / "two", "", row)).papers
    assert one.paper_id == two.paper_id
    assert one.paper_id.startswith("file:") and len(one.paper_id) == 17


def test_bad_lines_are_skipped_with_number_and_reason(tmp_path: Path) -> None:
    good = {"_id": "1", "title": "t", "text": "words"}
    path = write(tmp_path / "x", good, "", "{broken", "[1, 2]", {"_id": "9"}, "   ", good)
    result = read(path)
    assert len(result.papers) == 2
    assert [skip.where for skip in result.skipped] == ["line 3", "line 4", "line 5"]
    assert "not JSON" in result.skipped[0].reason
    assert "a JSON list" in result.skipped[1].reason
    assert "neither title nor text (fields: _id)" in result.skipped[2].reason


def test_a_byte_order_mark_and_bad_bytes_cost_at_most_their_line(tmp_path: Path) -> None:
    path = tmp_path / "x"
    good = b'{"_id": "1", "text": "fine words"}\r\n'
    path.write_bytes(b"\xef\xbb\xbf" + good + b'{"_id": "2", "text": "caf\xe9"}\r\n' + good)
    result = read(path)
    assert [paper.text for paper in result.papers] == ["fine words"] * 2
    (skip,) = result.skipped
    assert skip.where == "line 2" and "not UTF-8" in skip.reason


def test_utf_16_is_read(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text('{"_id": "1", "text": "α-synuclein aggregates"}\n', encoding="utf-16")
    (paper,) = read(path).papers
    assert paper.text == "α-synuclein aggregates"


def test_what_sqlite_cannot_hold_is_replaced_one_for_one(tmp_path: Path) -> None:
    row = '{"_id": "1", "title": "a\\u0000b", "text": "x\\ud800y", "authors": ["Q\\udfff"]}'
    (paper,) = read(write(tmp_path / "x", row)).papers
    assert (paper.title, paper.text, paper.authors) == ("a\ufffdb", "x\ufffdy", ("Q\ufffd",))


def test_a_line_over_the_limit_is_skipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "x", {"text": "a" * 500}, {"text": "short"}, {"text": "b" * 90})
    found = list(lines.numbered(path, limit=100))
    assert [(number, line is None) for number, line in found] == [(1, True), (2, False), (3, True)]
    assert found[1][1] == '{"text": "short"}'


def test_a_large_file_streams_and_can_be_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "KEPT_CHARACTERS", 1_000)
    rows = [{"_id": str(n), "title": "", "text": "word " * 20} for n in range(50)]
    result = read(write(tmp_path / "x", *rows, "{bad"))
    assert isinstance(result.papers, PaperStream)
    assert len(result.papers) == 50
    for _ in range(2):
        assert [paper.paper_id for paper in result.papers] == [str(n) for n in range(50)]
    assert [skip.where for skip in result.skipped] == ["line 51"]


def test_a_file_without_one_readable_record_is_an_error_that_shows_its_fields(
    tmp_path: Path,
) -> None:
    with pytest.raises(RetortError) as caught:
        read(write(tmp_path / "x", {"claim": "a", "id": 1}, {"claim": "b", "id": 2}))
    assert "fields: claim, id" in caught.value.why
    assert caught.value.why.startswith("2 skipped; the first at line 1")


def test_deeply_nested_json_is_skipped(tmp_path: Path) -> None:
    path = write(tmp_path / "x", {"text": "good words"}, "[" * 200_000)
    (skip,) = read(path).skipped
    assert skip.where == "line 2"


RECORD = st.fixed_dictionaries(
    {},
    optional={
        "_id": st.text(max_size=8) | st.integers(),
        "title": st.text(max_size=30),
        "text": st.text(max_size=80) | st.none(),
        "metadata": st.dictionaries(st.text(max_size=4), st.text(max_size=9), max_size=2),
        "year": st.integers() | st.floats() | st.text(max_size=6),
        "authors": st.lists(st.text(max_size=6), max_size=3) | st.text(max_size=9),
    },
)
LINE = st.one_of(RECORD.map(json.dumps), st.text(st.characters(codec="utf-8"), max_size=40))


@given(st.lists(LINE, max_size=12), st.sampled_from(["\n", "\r\n"]))
def test_papers_and_skips_add_up_to_the_lines(
    tmp_path_factory: pytest.TempPathFactory, rows: list[str], end: str
) -> None:
    rows = [row.replace("\r", " ").replace("\n", " ") for row in rows]
    path = tmp_path_factory.mktemp("jsonl") / "x"
    path.write_bytes("".join(row + end for row in rows).encode("utf-8"))
    records = list(jsonl.records(path))
    assert len(records) == sum(bool(row.lstrip("\ufeff").strip()) for row in rows)
    for record in records:
        if isinstance(record, Paper):
            assert record.text and record.paper_id and record.source_id
        else:
            assert isinstance(record, Skip) and record.where.startswith("line ")
