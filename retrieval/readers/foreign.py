"""The names of what is not read: pictures, archives, tables of other things, word vectors.

Only for messages: a refusal that names what it met saves its reader an hour.
"""

from __future__ import annotations

import csv
import re

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "a picture (PNG)"),
    (b"\xff\xd8\xff", "a picture (JPEG)"),
    (b"GIF8", "a picture (GIF)"),
    (b"II*\x00", "a picture (TIFF)"),
    (b"MM\x00*", "a picture (TIFF)"),
    (b"BM", "a picture (BMP)"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"\x1f\x8b", "gzip-compressed data; decompress it first"),
    (b"BZh", "bzip2-compressed data; decompress it first"),
    (b"\xfd7zXZ\x00", "xz-compressed data; decompress it first"),
    (b"\x28\xb5\x2f\xfd", "zstd-compressed data; decompress it first"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"SQLite format 3\x00", "a SQLite database"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office document (.doc, .xls or .ppt)"),
    (b"\x7fELF", "a program (ELF)"),
    (b"MZ", "a program (Windows)"),
    (b"PAR1", "a Parquet table"),
    (b"\x89HDF", "an HDF5 file"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"GGUF", "a language model (GGUF)"),
    (b"{\\rtf", "a Rich Text document (RTF)"),
    (b"%!PS", "PostScript"),
    (b"ID3", "sound (MP3)"),
    (b"OggS", "sound (Ogg)"),
)
_TEXT_MAGIC = (b"BM", b"MZ", b"ID3", b"PAR1", b"OggS", b"BZh", b"GGUF", b"GIF8")
"""also possible beginnings of a text: they count only beside bytes that no text has"""
_CONTROL = bytes(set(range(32)) - {9, 10, 11, 12, 13, 27})
_ZIP_KINDS = (
    (b"word/", "a Word document (.docx)"),
    (b"xl/", "an Excel workbook (.xlsx)"),
    (b"ppt/", "a PowerPoint file (.pptx)"),
    (b"epub", "an e-book (EPUB)"),
)
_COLUMNS = frozenset(
    "title abstract authors author year doi pmid journal key keywords url id _id record_id label"
    " included text question smiles name".split()
)
_VECTOR = re.compile(r"\S+(?:\s-?\d+(?:\.\d+)?(?:e[+-]?\d+)?){8,}\s*", re.IGNORECASE)
_TEXT_SIGNS: tuple[tuple[str, str], ...] = (
    (r"^%0 \S", "EndNote records (.enw)"),
    (r"^(?:FN (?:Clarivate|Thomson|ISI)|PT [A-Z]$)", "Web of Science records"),
    (r"^\d+\|[ta]\|", "PubTator annotations"),
    (r"^(?:\$\$\$\$|M  END)", "structures (SDF)"),
)  # fmt: skip


def name_binary(head: bytes) -> str:
    """What the first bytes belong to, in words; empty where they look like text."""
    has_control = bool(set(head) & set(_CONTROL))
    is_wide = head[:2] in (b"\xff\xfe", b"\xfe\xff")
    for magic, name in _MAGIC:
        if head.startswith(magic) and (magic not in _TEXT_MAGIC or has_control):
            if magic == b"PK\x03\x04":
                return next((kind for part, kind in _ZIP_KINDS if part in head[:4000]), name)
            return name
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "a picture (WebP)"
    if head[257:262] == b"ustar":
        return "a tar archive"
    if is_wide:
        return ""
    if re.match(rb"\x80[\x02-\x05]", head):
        return "a Python pickle, which is never opened"
    controls = sum(head.count(code) for code in _CONTROL)
    if (b"\x00" in head and controls * 200 > len(head)) or controls * 50 > len(head):
        return "binary data"
    return ""


def name_text(text: str, filled: list[str]) -> str:
    """Which text format that is not read the head looks like; empty where none.

    Args:
        text: the head of the file.
        filled: its first lines that are not blank.
    """
    sample = "\n".join(filled)
    for sign, name in _TEXT_SIGNS:
        if re.search(sign, sample, re.MULTILINE):
            return name
    if re.match(r"\s*(?:\{\s*[\"}]|\[\s*[\"{\[\]\d])", text):
        return "one JSON document over several lines, not one record per line"
    if re.fullmatch(r"\d+ \d+\s*", filled[0]) or _VECTOR.fullmatch(filled[0]):
        if len(filled) > 1 and all(_VECTOR.fullmatch(line) for line in filled[1:5]):
            return "word vectors"
    if len(text) < 60_000 and all(re.fullmatch(r"\s*(?:PMID:?\s*|PMC)?\d+\s*", x) for x in filled):
        return "a list of numbers or identifiers"
    return _name_table(filled) or _name_noise(text)


def _name_table(filled: list[str]) -> str:
    for separator, name in ((",", "CSV"), ("\t", "TSV"), (";", "semicolon-separated")):
        try:
            rows = list(csv.reader(filled[:20], delimiter=separator, strict=False))
        except csv.Error:
            continue
        header = {cell.strip().lower() for cell in rows[0]}
        widths = [len(row) for row in rows[:8]]
        is_even = len(rows) >= 3 and widths[0] >= 3 and len(set(widths)) == 1
        is_headed = len(rows[0]) >= 2 and len(header & _COLUMNS) >= min(2, len(rows[0]) - 1)
        if is_headed or (is_even and max(map(len, rows[0])) < 80):
            return f"a table ({name}) without a column of titles or abstracts"
        quoted = sum(f'"{separator}"' in line and line.startswith('"') for line in filled)
        if 2 * quoted > len(filled):
            return f"a table ({name}) without a column of titles or abstracts"
    return ""


def _name_noise(text: str) -> str:
    """Text that holds hardly a letter, or hardly a space, is nothing to read."""
    dense = [character for character in text if not character.isspace()]
    letters = sum(character.isalpha() for character in dense)
    strange = sum(character == "\ufffd" or not character.isprintable() for character in dense)
    if letters < 0.4 * len(dense):
        return "a list of numbers and signs rather than prose"
    return "binary data" if strange > 0.05 * len(dense) else ""
