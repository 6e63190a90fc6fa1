"""XML record by record: guarded, mended after a break, and one record in memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retort.retrieval.errors import RetortError
from retort.retrieval.readers import elements as module
from retort.retrieval.readers.elements import elements
from retort.retrieval.readers.reading import Skip


def taken(path: Path, content: str | bytes) -> list[str]:
    """The text of each record, and ``!line`` for each skip."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return [
        f"!{item.where}" if isinstance(item, Skip) else "".join(item.itertext())
        for item in elements(path, {"r"})
    ]


def test_named_characters_are_resolved_or_kept(tmp_path: Path, no_network: list[Any]) -> None:
    doctype = '<!DOCTYPE s PUBLIC "x" "http://example.org/x.dtd">'
    for head in ("", doctype):
        found = taken(tmp_path / "x", f"{head}<s><r>&alpha;&nbsp;&zork; &lt;</r></s>")
        assert found == ["α\xa0&zork; <"]
    assert no_network == []


def test_tags_and_attributes_lose_their_namespace(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text('<s xmlns="urn:a" xmlns:b="urn:b"><r b:href="y"><b:i/></r></s>')
    (record,) = elements(path, {"r"})
    assert isinstance(record, Element)
    assert (record.tag, record.attrib, record[0].tag) == ("r", {"href": "y"}, "i")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("<s>\n<r>1</r>\n<r>2 & </r>\n<r>3</r>\n</s>", ["1", "!line 3", "3"]),
        ("<s>\n<r>1</r>\n<r a=></r>\n<r>3</r>\n</s>", ["1", "!line 3", "3"]),
        (b"<s><r>1</r>\n<r>\xff</r>\n<r>3</r>\n<r>&</r><r>5</r></s>", None),
        ("<s>\n<r>1</r>\n<r>2</", ["1", "!line 3"]),
        ("<s>\n<r>1</r>\n", ["1", "!line 3"]),
        ('<s><r>1</r></s>\n<?xml version="1.0"?><!DOCTYPE s><s><r>2</r></s>', ["1", "2"]),
        ("<s><r>1</r></s> and words", ["1", "!line 1"]),
        ("", ["!line 1"]),
    ],
)
def test_a_break_costs_the_record_that_it_is_in(
    tmp_path: Path, content: str | bytes, expected: list[str] | None
) -> None:
    expected = expected or ["1", "!line 2", "3", "!line 4", "5"]
    assert taken(tmp_path / "x", content) == expected


@pytest.mark.parametrize(
    ("encoding", "declared"), [("utf-16", "utf-16"), ("cp1252", "windows-1252"), ("utf-8", "")]
)
def test_encodings(tmp_path: Path, encoding: str, declared: str) -> None:
    head = f'<?xml version="1.0" encoding="{declared}"?>' if declared else ""
    assert taken(tmp_path / "x", f"{head}<s><r>é–x</r></s>".encode(encoding)) == ["é–x"]


@pytest.mark.parametrize("name", ["no-such-code", "gbk"])
def test_an_unknown_encoding_is_a_skip(tmp_path: Path, name: str) -> None:
    content = f'<?xml version="1.0" encoding="{name}"?><s><r>x</r></s>'
    assert taken(tmp_path / "x", content) == ["!the XML declaration"]


BOMB = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))


@pytest.mark.parametrize(
    "subset",
    [
        f'<!ENTITY a0 "ha">{BOMB}',
        f'<!ENTITY a "{"x" * 100_000}">',
        '<!ENTITY a9 SYSTEM "file:///etc/passwd">',
        '<!ENTITY a9 SYSTEM "http://example.org/x">',
        '<!ENTITY % p SYSTEM "http://example.org/p.dtd"> %p;',
        '<!NOTATION gif SYSTEM "x"><!ENTITY a9 SYSTEM "file:///x.gif" NDATA gif>',
    ],
)
def test_entities_are_refused(tmp_path: Path, subset: str, no_network: list[Any]) -> None:
    with pytest.raises(RetortError, match="defines or fetches entities"):
        taken(tmp_path / "x", f'<!DOCTYPE s [{subset}]><s><r a="&a9;">&a9;</r></s>')
    assert no_network == []


def test_nothing_grows_without_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RetortError, match="nested more than"):
        taken(tmp_path / "x", "<s><r>" + "<i>" * 100_000)
    monkeypatch.setattr(module, "RECORD_ELEMENTS", 1_000)
    assert taken(tmp_path / "x", "<s>" + "<r><i/></r>" * 2_000 + "</s>") == [""] * 2_000
    with pytest.raises(RetortError, match="over 1,000 elements"):
        taken(tmp_path / "x", "<s><r>" + "<i/>" * 2_000)
    monkeypatch.setattr(module, "RECORD_BYTES", 500_000)
    many = "<s>" + "<!-- - -->" * 100_000 + f"<r>{'x' * 1_000}</r>" * 1_000 + "</s>"
    assert len(taken(tmp_path / "x", many)) == 1_000
    with pytest.raises(RetortError, match="larger than 500,000 bytes"):
        taken(tmp_path / "x", "<s><r>" + "x" * 1_000_000)


@given(st.lists(st.sampled_from(["good", "bad", "cut"]), max_size=12), st.integers(0, 70_000))
def test_every_good_record_is_found_wherever_others_break(
    tmp_path_factory: pytest.TempPathFactory, kinds: list[str], padding: int
) -> None:
    bodies = {"good": "<r>{}</r>", "bad": "<r>{} & </r>", "cut": "<r>{}<i></r>"}
    records = [bodies[kind].format(number) for number, kind in enumerate(kinds)]
    content = "<s>" + " " * padding + "\n".join(records) + "</s>"
    found = taken(tmp_path_factory.mktemp("xml") / "x", content)
    expected = [str(number) for number, kind in enumerate(kinds) if kind == "good"]
    assert [item for item in found if not item.startswith("!")] == expected
    assert sum(item.startswith("!") for item in found) == len(kinds) - len(expected)
