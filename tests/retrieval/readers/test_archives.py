"""Archives: every member read, nothing written where an archive says, bombs stopped."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from stored import make_library

from retort.retrieval.errors import RetortError
from retort.retrieval.ingest import FileRow, add_paths
from retort.retrieval.readers import archives

NOTE = b"# A note\n\nErlotinib inhibits EGFR in cells of the lung.\n"
JSON = b'{"_id": "J1", "title": "T", "text": "Gefitinib inhibits EGFR."}\n'


def zipped(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return path


def tarred(path: Path, files: dict[str, bytes], mode: str = "w", kind: bytes = b"0") -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.type = len(content), kind
            if kind != tarfile.REGTYPE:
                entry.size, entry.linkname = 0, "/etc/passwd"
            archive.addfile(entry, io.BytesIO(content))
    return path


def rows_of(folder: Path, *paths: Path) -> dict[str, FileRow]:
    with make_library(folder / "library") as library:
        report = add_paths(library, paths)
    return {row.path.rpartition("!/")[2]: row for row in report.files}


def refusals(path: Path) -> dict[str, str]:
    return {m.name: m.refused.why if m.refused else "" for m in archives.members(path)}


@pytest.mark.parametrize("mode", ["zip", "w", "w:gz", "w:bz2", "w:xz"])
def test_each_member_is_a_file_of_its_own(tmp_path: Path, mode: str) -> None:
    files = {"a/note.md": NOTE, "b.jsonl": JSON, "bad.pdf": b"%PDF-1.4", "a/.hidden": NOTE}
    path = tmp_path / "papers"
    path = zipped(path, files) if mode == "zip" else tarred(path, files, mode)
    rows = rows_of(tmp_path, path)
    assert {name: row.status for name, row in rows.items()} == {
        "a/note.md": "added", "b.jsonl": "added", "bad.pdf": "failed"
    }  # fmt: skip
    assert rows["b.jsonl"].path == f"{path}!/b.jsonl"
    assert rows["bad.pdf"].error is not None
    assert rows["bad.pdf"].error["what"].startswith(f"{path}!/bad.pdf cannot be read")
    again = rows_of(tmp_path, path)
    assert [row.status for row in again.values()] == ["unchanged", "unchanged", "failed"]


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_a_compressed_file_is_its_content(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "papers.jsonl.gz"
    path.write_bytes(pack(JSON))
    assert rows_of(tmp_path, path)["papers.jsonl"].papers == 1


TRICKS = {
    "../out.md": "leaves its folder",
    "a/../../out.md": "leaves its folder",
    "..\\out.md": "leaves its folder",
    "/tmp/out.md": "absolute path",
    "C:\\out.md": "absolute path",
}


@pytest.mark.parametrize("make", [zipped, tarred])
def test_names_that_leave_their_folder_are_refused(
    tmp_path: Path,
    make: Callable[[Path, dict[str, bytes]], Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = make(tmp_path / "x", {**dict.fromkeys(TRICKS, NOTE), "good.md": NOTE})
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    rows = rows_of(tmp_path, path)
    assert rows["good.md"].status == "added"
    failed = [row for row in rows.values() if row.status == "failed"]
    assert len(failed) == len(TRICKS)
    whys = refusals(path)
    assert all(why in whys[name] for name, why in TRICKS.items())
    assert not list(temporary.iterdir())
    assert not list(tmp_path.parent.glob("out.md")) and not Path("/tmp/out.md").exists()


@pytest.mark.parametrize(
    ("kind", "why"),
    [(tarfile.SYMTYPE, "link"), (tarfile.LNKTYPE, "link"), (tarfile.CHRTYPE, "device"),
     (tarfile.FIFOTYPE, "device")],
)  # fmt: skip
def test_links_and_devices_are_refused(tmp_path: Path, kind: bytes, why: str) -> None:
    path = tarred(tmp_path / "x", {"x.md": b""}, kind=kind)
    assert why in refusals(path)["x.md"]


def test_links_in_zip_files_are_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x", "w") as archive:
        entry = zipfile.ZipInfo("link.md")
        entry.external_attr = 0o120777 << 16
        archive.writestr(entry, "/etc/passwd")
    assert "link" in refusals(tmp_path / "x")["link.md"]


def test_archives_inside_archives_are_refused(tmp_path: Path) -> None:
    inner = zipped(tmp_path / "inner.zip", {"x.md": NOTE}).read_bytes()
    whys = refusals(zipped(tmp_path / "x", {"inner.zip": inner, "b.gz": gzip.compress(NOTE)}))
    assert all("archive inside an archive" in why for why in whys.values())


@pytest.mark.parametrize("kind", ["zip", "gz", "tar"])
def test_bombs_are_stopped_and_what_came_before_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(archives, "FREE_BYTES", 1_000_000)
    zeros = bytes(8_000_000)
    path = tmp_path / "x"
    if kind == "zip":
        zipped(path, {"a.md": NOTE, "bomb": zeros})
    elif kind == "tar":
        tarred(path, {"a.md": NOTE, "bomb": zeros}, "w:gz")
    else:
        path.write_bytes(gzip.compress(zeros))
    found = []
    with pytest.raises(RetortError, match="expands without measure"):
        found.extend(member.name for member in archives.members(path))
    assert found == ([] if kind == "gz" else ["a.md"])


def test_too_many_members(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MEMBERS_LIMIT", 3)
    path = zipped(tmp_path / "x", {f"{n}.md": NOTE for n in range(5)})
    rows = rows_of(tmp_path, path)
    assert [row.status for row in rows.values()] == ["added", "added", "added", "failed"]


@pytest.mark.parametrize("mode", ["zip", "w:gz", "w"])
def test_damage_is_told(tmp_path: Path, mode: str) -> None:
    files = {f"{n}.md": NOTE * 50 for n in range(40)}
    path = tmp_path / "x"
    path = zipped(path, files) if mode == "zip" else tarred(path, files, mode)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    rows = list(rows_of(tmp_path, path).values())
    assert rows[-1].status == "failed" and rows[-1].path == str(path)
    assert rows[-1].error is not None and "damaged or cut short" in rows[-1].error["why"]


def test_office_files_are_no_archives(tmp_path: Path) -> None:
    path = zipped(tmp_path / "x.docx", {"word/document.xml": b"<w/>"})
    assert not archives.is_archive(path)
    assert not archives.is_archive(tmp_path / "missing")
