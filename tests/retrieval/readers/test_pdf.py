"""PDF: pages, paragraphs, divided words, damaged and locked files, and quiet."""

from __future__ import annotations

import logging
from collections import Counter
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retort.retrieval.errors import RetortError
from retort.retrieval.readers import layout, pdf, read


def make_pdf(pages: list[list[str]], title: str = "", size: int = 10) -> bytes:
    """A small PDF: one text line per string, first line of the first page in large type."""
    streams = []
    for number, lines in enumerate(pages):
        shown = []
        for at, line in enumerate(lines):
            points = 20 if number == at == 0 else size
            escaped = line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
            shown.append(f"BT /F1 {points} Tf 50 {800 - 24 * at} Td ({escaped}) Tj ET")
        streams.append("\n".join(shown).encode("latin-1"))
    count = len(streams)
    kids = " ".join(f"{4 + 2 * n} 0 R" for n in range(count))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {count} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for number, stream in enumerate(streams):
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {5 + 2 * number} 0 R "
            "/Resources << /Font << /F1 3 0 R >> >> >>".encode()
        )
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
    objects.append(f"<< /Title ({title}) /Author (Jane Roe, Tim Poe and Ann Lee) >>".encode())
    out = BytesIO()
    out.write(b"%PDF-1.4\n")
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    out.writelines(b"%010d 00000 n \n" % offset for offset in offsets)
    out.write(
        b"trailer\n<< /Size %d /Root 1 0 R /Info %d 0 R >>\nstartxref\n%d\n%%%%EOF\n"
        % (len(objects) + 1, len(objects), start)
    )
    return out.getvalue()


PAGES = [
    ["An imaginary inhibitor of kinases", "Abstract", "We made an inhib-", "itor of high selec-"],
    [],
    ["tivity and a well-known structure-", "activity relation. It is a structure-activity one.",
     "Results", "It works in cells and in animals.", "References", "1. Somebody et al. 1999."],
]  # fmt: skip


@pytest.fixture
def paper_file(tmp_path: Path) -> Path:
    path = tmp_path / "paper.bin"
    path.write_bytes(make_pdf(PAGES, title="Microsoft Word - draft7.doc"))
    return path


def test_pages_sections_and_title(paper_file: Path) -> None:
    result = read(paper_file)
    (paper,) = result.papers
    assert (result.format, result.skipped) == ("pdf", ())
    assert paper.title == "An imaginary inhibitor of kinases"
    assert paper.authors == ("Jane Roe", "Tim Poe", "Ann Lee")
    assert len(paper.page_starts) == 3
    assert paper.page_starts[0] == 0
    assert paper.text[paper.page_starts[2] :].startswith("tivity and a well-known")
    bodies = {s.title: paper.text[s.start : s.end] for s in paper.sections}
    assert bodies["Results"] == "It works in cells and in animals."


def test_words_are_put_together_and_compounds_kept(paper_file: Path) -> None:
    (paper,) = read(paper_file).papers
    assert "an inhibitor of high" in paper.text
    assert "a well-known structure-activity relation" in paper.text


def test_the_reference_list_is_left_out_and_said_so(paper_file: Path) -> None:
    (paper,) = read(paper_file).papers
    assert "Somebody" not in paper.text
    assert paper.metadata["references"] == "omitted"


def test_a_real_title_in_the_information_wins(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(make_pdf(PAGES, title="The title that its makers gave"))
    (paper,) = read(path).papers
    assert paper.title == "The title that its makers gave"


def test_one_doi_on_the_first_page_names_the_paper(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(make_pdf([["A title of some length", "doi: 10.1234/ABC.5.", "Body of it"]]))
    (paper,) = read(path).papers
    assert paper.paper_id == paper.source_id == "DOI:10.1234/abc.5"


def test_two_dois_on_the_first_page_name_nothing(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(make_pdf([["A title of some length", "10.1234/a", "cites 10.1234/b here"]]))
    (paper,) = read(path).papers
    assert paper.doi == "" and paper.paper_id.startswith("file:")


@pytest.mark.parametrize(
    ("lines", "year"),
    [
        (["A title of some length", "J Tests 2013, Vol. 7, 12-2019", "Body of it"], 2013),
        (
            ["A title of some length", "Received 2011", "Published 2012", "Abstract", "By 2015"],
            2012,
        ),
        (["A title of some length", "It has no date at all"], None),
    ],
)
def test_the_year_stands_above_the_abstract(
    tmp_path: Path, lines: list[str], year: int | None
) -> None:
    path = tmp_path / "x"
    path.write_bytes(make_pdf([lines]))
    (paper,) = read(path).papers
    assert paper.year == year


def test_a_scan_is_refused_with_the_way_out(tmp_path: Path) -> None:
    path = tmp_path / "scan.pdf"
    path.write_bytes(make_pdf([[], []]))
    with pytest.raises(RetortError) as caught:
        read(path)
    assert "no text layer" in caught.value.why and "ocrmypdf scan.pdf" in caught.value.next


def test_a_locked_file_is_refused(tmp_path: Path, paper_file: Path) -> None:
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter(clone_from=PdfReader(paper_file))
    writer.encrypt("secret", algorithm="RC4-128")
    writer.write(tmp_path / "locked.pdf")
    with pytest.raises(RetortError, match="is encrypted"):
        read(tmp_path / "locked.pdf")


def test_a_file_with_an_empty_password_is_read(tmp_path: Path, paper_file: Path) -> None:
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter(clone_from=PdfReader(paper_file))
    writer.encrypt("", "owner", algorithm="RC4-128")
    writer.write(tmp_path / "open.pdf")
    (paper,) = read(tmp_path / "open.pdf").papers
    assert "It works in cells" in paper.text


@pytest.mark.parametrize("content", [b"%PDF-1.7\nnothing more", b"%PDF-", b"%PDF-1.4\nxref\n0 1\n"])
def test_damage_is_reported(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.pdf"
    path.write_bytes(content)
    with pytest.raises(RetortError, match=r"cannot be read as a PDF|no text to read"):
        read(path)


def test_a_page_that_cannot_be_read_costs_that_page(
    paper_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pypdf import PageObject

    original = PageObject.extract_text

    def failing(self: PageObject, *args: object, **options: object) -> str:
        if self.page_number == 0:
            raise KeyError("/Font")
        return str(original(self, *args, **options))  # type: ignore[arg-type]

    monkeypatch.setattr(PageObject, "extract_text", failing)
    result = read(paper_file)
    assert [skip.where for skip in result.skipped] == ["page 1"]
    (paper,) = result.papers
    assert "It works in cells" in paper.text


def test_pypdf_is_held_back_and_set_free_again(
    paper_file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    from pypdf import PdfReader

    before = logging.getLogger("pypdf").level
    whole = paper_file.read_bytes()
    at = whole.index(b"startxref\n") + 10
    paper_file.write_bytes(whole[:at] + b"7" + whole[at + 1 :])
    with caplog.at_level(logging.DEBUG):
        len(PdfReader(paper_file).pages)
        assert caplog.records, "the damage must be one that pypdf complains about"
        caplog.clear()
        assert len(list(pdf.records(paper_file))) == 1
    assert caplog.records == []
    assert logging.getLogger("pypdf").level == before


@given(st.integers(0, 10_000), st.binary(max_size=40))
def test_cut_and_broken_files_raise_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, cut: int, noise: bytes
) -> None:
    whole = make_pdf(PAGES)
    path = tmp_path_factory.mktemp("pdf") / "x"
    at = cut % len(whole)
    path.write_bytes(b"%PDF-1.4\n" + whole[9:at] + noise + whole[at + len(noise) :])
    try:
        (paper,) = read(path).papers
    except RetortError:
        return
    assert list(paper.page_starts) == sorted(paper.page_starts)
    assert all(0 <= start <= len(paper.text) for start in paper.page_starts)


LINES = st.lists(st.text("abcd -.ABC1", max_size=12).map(str.strip), max_size=12)


@given(LINES)
def test_reflow_moves_only_spaces_and_hyphens(lines: list[str]) -> None:
    words = Counter(word.lower() for line in lines for word in layout.WORD.findall(line))
    flowed = layout.reflow(lines, words)

    def letters(text: str) -> str:
        return "".join(text.split()).replace("-", "")

    assert letters(flowed) == letters("".join(lines))


@given(st.lists(st.text("ab \n", max_size=30).map(str.strip), min_size=1, max_size=5), st.data())
def test_leaving_out_references_keeps_page_starts_true(
    pages: list[str], data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(pages)))
    pages = [*pages[:at], "filler " * 10 + "\nReferences\n1. x", *pages[at:]]
    text, starts = layout.join_pages(pages)
    kept, moved = layout.without_references(text, starts)
    assert len(moved) == len(starts) and list(moved) == sorted(moved)
    for page, start in zip(pages[:at], moved, strict=False):
        assert kept[start : start + len(page)] == page
    for section in layout.sections_of(kept):
        assert 0 <= section.start < section.end <= len(kept)
