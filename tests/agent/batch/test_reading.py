"""Files of questions: what is read, and what each mistake is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from retort.agent.batch.reading import read_questions
from retort.agent.batch.records import Gold, Item
from retort.retrieval.errors import UsageError
from retort.retrieval.records import Filter


def read(tmp_path: Path, text: str) -> tuple[Item, ...]:
    path = tmp_path / "questions"
    path.write_text(text, encoding="utf-8")
    return read_questions(path)


def test_the_format_is_told_by_content(tmp_path: Path) -> None:
    lines = '{"id": 7, "question": "a"}\n\n{"question": "b", "session": "s"}\n'
    assert read(tmp_path, lines) == (Item("7", "a"), Item("2", "b", "s"))
    table = '\ufeffid,question\n1,"What is\na hERG risk?"\n'
    assert read(tmp_path, table) == (Item("1", "What is\na hERG risk?"),)
    tabs = "ID\tQuestion \tnote\n1\tWhich, and why?\tx\n"
    assert read(tmp_path, tabs) == (Item("1", "Which, and why?"),)


def test_every_column_is_read(tmp_path: Path) -> None:
    row = {
        "id": "1",
        "question": "q",
        "library": "mine",
        "year": 2018,
        "mesh": "Humans",
        "gold": 12.5,
        "gold_source": "PMID:1",
        "group": "g",
        "tolerance": "10%",
    }
    (item,) = read(tmp_path, json.dumps(row))
    assert item.library == "mine" and item.only == Filter(years=(2018, 2018), mesh=("Humans",))
    assert item.gold == Gold("12.5", "PMID:1", "g", 0.1)


@pytest.mark.parametrize(
    "text",
    [
        'question,choices\nq,"[""one"", ""two; 2""]"\n',
        "question,choices\nq,A) one; B) two; 2\n",
        "question,A,B,C\nq,one,two; 2,\n",
        '{"question": "q", "choices": ["one", "two; 2"]}\n',
        '{"question": "q", "choices": "(A) one\\n(B) two; 2"}\n',
    ],
)
def test_choices_in_every_form(tmp_path: Path, text: str) -> None:
    (item,) = read(tmp_path, text)
    assert item.choices == ("one", "two; 2")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("id,text\n1,hello\n", "no column named question"),
        ('{"id": 1, "question": "a"}\n{"id": 1, "question": "b"}\n', "stands twice"),
        ('{"id": 1, "question": "a"}\nnot json\n', "Line 2"),
        ('{"id": 1}\n', "has no question"),
        ('{"question": "a"}\n[1]\n', "Row 2 .* has no question"),
        ("", "holds no question"),
        ("  \n \n", "holds no question"),
        ("id,question\n", "holds no question"),
        ("question,choices\nq,one or two\n", "Row 1 .* choices"),
        ("question,choices\nq,A) one; C) three\n", "choices"),
        ('question,choices\nq,"[""one"", ""one""]"\n', "choices"),
        ("question,A,B\nq,,two\n", "choices"),
        ("question,A,B,gold\nq,one,two,three\n", "none of the choices"),
        ("question,years\nq,soon\n", "Row 1 .* no years"),
        ("question,gold,tolerance\nq,1,much\n", "Row 1 .* no tolerance"),
    ],
)
def test_a_bad_file_says_what_is_wrong(tmp_path: Path, text: str, what: str) -> None:
    with pytest.raises(UsageError, match=what) as caught:
        read(tmp_path, text)
    assert caught.value.why and caught.value.next


def test_a_missing_column_names_those_that_are_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        read(tmp_path, "id,text,group\n1,hello,g\n")
    assert "id, text, group" in caught.value.why


def test_what_is_no_text_is_named(tmp_path: Path) -> None:
    path = tmp_path / "q.csv"
    path.write_bytes("id,question\n1,Was bewirkt Aspirin für das Herz?\n".encode("latin-1"))
    for place, why in ((path, "not UTF-8"), (tmp_path, "directory"), (tmp_path / "no", "No such")):
        with pytest.raises(UsageError, match="Cannot read the questions") as caught:
            read_questions(place)
        assert why in caught.value.why


def test_a_question_of_five_megabytes_does_not_spoil_its_file(tmp_path: Path) -> None:
    items = read(tmp_path, f"id,question\n1,{'x' * 5_000_000}\n2,short\n")
    assert [len(item.question) for item in items] == [5_000_000, 5]


def test_unusual_line_separators_and_half_characters(tmp_path: Path) -> None:
    lines = '{"question": "one\u2028two"}\r\n\n{"question": "three"}\n'
    assert [item.question for item in read(tmp_path, lines)] == ["one\u2028two", "three"]
    half = '{"id": "\\ud800", "question": "a\\udcff", "session": "s\\ud800"}\n'
    assert read(tmp_path, half) == (Item("?", "a?", "s?"),)


def test_a_table_cut_by_semicolons_as_spreadsheets_write_it(tmp_path: Path) -> None:
    path = tmp_path / "q.csv"
    path.write_bytes('\ufeffid;question;years\r\n1;"What, and why?";2010-\r\n'.encode())
    (item,) = read_questions(path)
    assert (item.id, item.question, item.only.years) == ("1", "What, and why?", (2010, None))
