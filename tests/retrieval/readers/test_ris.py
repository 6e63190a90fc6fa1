"""RIS: the traps of its exporters, one small record each, and that no record is lost."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retort.retrieval.errors import RetortError
from retort.retrieval.readers import Reading, fields, lines, read, ris
from retort.retrieval.readers.reading import Skip
from retort.retrieval.records import Paper

RECORD = """\
TY  - JOUR
AU  - Roe, Jane A.
A1  - O'Neil, Tim, Jr
TI  - A trial of an imaginary inhibitor
JO  - J Imag
JF  - Journal of imaginary results
PY  - 2019/03/01/
DO  - https://doi.org/10.1234/ABC.101
AB  - BACKGROUND: Nothing was known. RESULTS: 50%.
KW  - kinases; trials
KW  - Mice
M3  - Article
N1  - <p>Read</p> this
VL  - 7
XX  - from nowhere
ER  -
"""


def read_text(tmp_path: Path, text: str) -> Reading:
    path = tmp_path / "export.txt"
    path.write_bytes(text.encode())
    reading = read(path)
    assert reading.format == "ris"
    return reading


def only(tmp_path: Path, text: str) -> Paper:
    (paper,) = read_text(tmp_path, text).papers
    return paper


def titles(reading: Reading) -> list[str]:
    return [paper.title for paper in reading.papers]


def test_the_fields_of_a_record(tmp_path: Path) -> None:
    paper = only(tmp_path, RECORD)
    assert paper.title == "A trial of an imaginary inhibitor"
    assert paper.authors == ("Jane A. Roe", "Tim O'Neil Jr")
    assert (paper.year, paper.journal) == (2019, "Journal of imaginary results")
    assert (paper.paper_id, paper.doi) == ("DOI:10.1234/abc.101", "10.1234/ABC.101")
    assert paper.keywords == ("kinases", "trials", "Mice")
    assert (paper.publication_types, paper.has_abstract) == (("Article",), True)
    assert [section.title for section in paper.sections] == ["BACKGROUND", "RESULTS"]
    assert paper.metadata == {
        "type": "JOUR",
        "VL": "7",
        "XX": "from nowhere",
        "notes": "Read this",
    }


@pytest.mark.parametrize(
    ("before", "between"),
    [
        (
            "Record #1 of 2\nProvider: Someone, Ltd.\nContent: text/plain\n\n",
            "\n\nRecord #2 of 2\n",
        ),
        ("6. \n", "\n \n47. \n"),
        ("<1>\n", "<2>\n"),
        ("\n", "\n% Comment\n"),
        ("\ufeff", "\ufeff"),
        ("", ""),
    ],
    ids=["cochrane", "ovid", "numbers", "comment", "mark", "nothing"],
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("is_closed", [True, False])
def test_what_stands_between_records_belongs_to_none(
    tmp_path: Path, before: str, between: str, end: str, is_closed: bool
) -> None:
    record = RECORD if is_closed else RECORD.replace("ER  -\n", "\n")
    text = (before + record + between + record).replace("\n", end)
    reading = read_text(tmp_path, text)
    assert len(reading.papers) == 2 and not reading.skipped
    for paper in reading.papers:
        assert paper.metadata["XX"] == "from nowhere" and "faults" not in paper.metadata


def test_two_blanks_after_the_hyphen_and_one_before_it(tmp_path: Path) -> None:
    text = "TY  -  JOUR\nT1  -  Wide\nKW - one\ntwo\nPMID - 12345678\nER  -  \n"
    paper = only(tmp_path, text)
    assert (paper.title, paper.keywords, paper.pmid) == ("Wide", ("one", "two"), "12345678")


def test_er_inside_a_text_ends_no_record(tmp_path: Path) -> None:
    text = (
        "TY  - JOUR\nTI  - Receptors\nAB  - Tumours were\n"
        "ER  - positive in most,\nER-negative in some.\nPY  - 2001\nER  - \n"
    )
    paper = only(tmp_path, text)
    assert paper.text == "Tumours were ER  - positive in most, ER-negative in some.".replace(
        "  -", " -"
    )
    assert paper.year == 2001


def test_tags_after_the_end_belong_to_the_record_before(tmp_path: Path) -> None:
    stray = "ER  -\nNL  - Short name\n\nLink to the full text: https://example.org\n\n2.\n"
    reading = read_text(tmp_path, RECORD.replace("ER  -\n", stray) + RECORD)
    assert len(reading.papers) == 2 and not reading.skipped
    first, second = reading.papers
    assert first.metadata["NL"] == "Short name" and "NL" not in second.metadata


def test_a_record_without_ty_is_kept_and_said_to_be_so(tmp_path: Path) -> None:
    reading = read_text(tmp_path, RECORD + "\nTI  - Orphan\nER  -\n" + RECORD)
    assert titles(reading)[1] == "Orphan" and len(reading.papers) == 3
    assert tuple(reading.papers)[1].metadata["faults"] == "TY: missing"


def test_continuation_lines_also_after_a_blank_one(tmp_path: Path) -> None:
    text = (
        "TY  - GEN\nTI  - A title\n  that goes on\nN1  - An empty line\n\nin the note\n"
        "KW  - article\nMice\nTransverse process\nER  -\n"
    )
    paper = only(tmp_path, text)
    assert paper.title == "A title that goes on"
    assert paper.keywords == ("article", "Mice", "Transverse process")
    assert paper.metadata["notes"] == "An empty line\nin the note"


def test_values_that_ran_together(tmp_path: Path) -> None:
    text = (
        "TY  - JOUR\nTI  - T\nUR  - https://example.org/a?b=1     U2  - L1\n"
        "DO  - 10.1234/x-1     LK  - https://example.org/doi:10.9999%2Fother\nER  -\n"
    )
    paper = only(tmp_path, text)
    assert (paper.doi, paper.url) == ("10.1234/x-1", "https://example.org/a?b=1")


@pytest.mark.parametrize(
    "tags",
    [
        "PMID  - 31",
        "C3  -  PUBMED 31",
        "L2  - https://pubmed.ncbi.nlm.nih.gov/31/",
        "L2  - http://www.ncbi.nlm.nih.gov/pubmed/31",
        "AN  - PMID:31",
    ],
)
def test_where_exporters_hide_the_pubmed_id(tmp_path: Path, tags: str) -> None:
    assert only(tmp_path, f"TY  - JOUR\nTI  - T\n{tags}\nER  -\n").paper_id == "PMID:31"


def test_accession_numbers_are_pubmed_ids_only_of_pubmed(tmp_path: Path) -> None:
    text = "TY  - JOUR\nTI  - T\nAN  - 21553931\nDP  - {}\nER  -\n"
    assert only(tmp_path, text.format("NLM")).pmid == "21553931"
    assert only(tmp_path, text.format("EBSCOhost")).pmid == ""


def test_an_unusable_year_or_doi_is_said_and_costs_nothing_else(tmp_path: Path) -> None:
    paper = only(tmp_path, "TY  - JOUR\nTI  - T\nAB  - A.\nPY  - 10 15\nDO  - 10.1\nER  -\n")
    assert (paper.title, paper.text, paper.year, paper.doi) == ("T", "A.", None, "")
    assert paper.metadata["faults"] == "year: '10 15'; doi: '10.1'"


@pytest.mark.parametrize(
    ("note", "label"),
    [
        ('RAYYAN-INCLUSION: {"Ada"=>"Included", "Bob"=>"Maybe"}', "Ada: Included; Bob: Maybe"),
        ("ASReview_relevant", "relevant"),
        ("ASReview_irrelevant", "irrelevant"),
        ("ASReview_not_seen", ""),
        ("Times cited: 3", ""),
    ],
)
def test_labels_in_notes_are_kept(tmp_path: Path, note: str, label: str) -> None:
    paper = only(tmp_path, f"TY  - JOUR\nTI  - T\nN1  - {note}\nER  -\n")
    assert paper.metadata.get("label", "") == label
    assert paper.metadata["notes"] == note


def test_titles_alone_are_papers_and_nothing_at_all_is_a_skip(tmp_path: Path) -> None:
    text = (
        "TY  -\nER  -\n\nTY  - GEN\nN1  - Only a note\nER  -\n\nTY  - GEN\nTI  - Only a title\n"
        "AB  - [No abstract available]\nER  -\n\nTY  - GEN\nTI  -\nN2  - Only a text\nER  -\n"
    )
    reading = read_text(tmp_path, text)
    assert [(p.title, p.text, p.has_abstract) for p in reading.papers] == [
        ("Only a title", "Only a title", False),
        ("", "Only a text", True),
    ]
    assert reading.skipped == (
        Skip("line 1", "neither title nor abstract"),
        Skip("line 4", "neither title nor abstract"),
    )


def test_equal_titles_without_abstract_are_told_apart_by_what_else_is_known(
    tmp_path: Path,
) -> None:
    text = "".join(f"TY  - JOUR\nTI  - Editorial\nPY  - {y}\nER  -\n" for y in (2001, 2002, 2002))
    ids = [paper.paper_id for paper in read_text(tmp_path, text).papers]
    assert ids[0] != ids[1] == ids[2]


@pytest.mark.parametrize(
    "line", ["TI  - RETRACTED: A study", "N1  - Retracted", "M3  - Retracted Publication"]
)
def test_retractions(tmp_path: Path, line: str) -> None:
    assert only(tmp_path, f"TY  - JOUR\nTI  - A study\n{line}\nER  -\n".replace(
        "TI  - A study\nTI", "TI")).retracted  # fmt: skip
    assert not only(tmp_path, "TY  - JOUR\nTI  - Retracted papers counted\nER  -\n").retracted


def test_a_line_without_end_costs_its_field_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines.numbered, "__defaults__", (1000,))
    text = f"TY  - JOUR\nTI  - T\nAB  - {'x' * 5000}\nPY  - 2001\nER  -\n{RECORD}"
    first, _ = read_text(tmp_path, text).papers
    assert (first.title, first.year, first.has_abstract) == ("T", 2001, False)
    assert first.metadata["faults"].startswith("line 3: longer than")


def test_a_record_without_end_is_bounded() -> None:
    record = fields.Fields(1, [], [], [], False, 100)
    record.add("TI", "T")
    for _ in range(50):
        record.extend("x" * 9)
    assert len(record.first("TI")) <= 100
    assert len(record.faults) == 1


WORDS = st.text("abcdefgXYZ0123 .,%()-é", min_size=1, max_size=40).map(lambda t: f"W{t.strip()}")


@given(
    st.lists(
        st.tuples(
            WORDS,
            WORDS,
            st.sampled_from(["ER  - ", "ER  -", "", "\nER  - "]),
            st.sampled_from(["", "\n", "12. \n", "\n\n \n<3>\n", "\nRecord #2 of 9\n", "\ufeff"]),
        ),
        min_size=1,
        max_size=8,
    ),
    st.sampled_from(["\n", "\r\n"]),
)
def test_no_record_is_lost_among_others(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[tuple[str, str, str, str]],
    end: str,
) -> None:
    path = tmp_path_factory.mktemp("ris") / "x"
    text = "".join(
        f"{between}TY  - JOUR\nTI  - {title}\nAB  - {text}\n{closing}\n"
        if closing or not between.strip()
        else f"TY  - JOUR\nTI  - {title}\nAB  - {text}\n\n"
        for title, text, closing, between in rows
    )
    path.write_bytes(text.replace("\n", end).encode())
    found = [each for each in ris.records(path) if isinstance(each, Paper)]
    assert [paper.title.split() for paper in found] == [row[0].split() for row in rows]


PIECES = st.sampled_from(
    ["TY  - JOUR", "TY  -", "ER  - ", "ER  - more", "TI  - A title of words", "AB  - Text", "", "x",
     "KW - a;b", "PY  - 2001", "DO  - 10.1", "AN  - 5", "\ufeffTY  - GEN", "6. ", "N1  - {\"a\"=>",
     "RAYYAN-INCLUSION: {", "C2  - PMC1", "  indented", "M3  - 10.1234/a", "\x00", "é"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=30))
def test_any_pieces_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[str]
) -> None:
    path = tmp_path_factory.mktemp("ris") / "x"
    path.write_text("\n".join(pieces), encoding="utf-8")
    starts = sum(ris.START.match(piece.lstrip("\ufeff")) is not None for piece in pieces)
    assert len(list(ris.records(path))) >= starts
    try:
        reading = read(path)
    except RetortError:
        return
    for paper in reading.papers:
        assert paper.text and all(0 <= s.start <= s.end <= len(paper.text) for s in paper.sections)
