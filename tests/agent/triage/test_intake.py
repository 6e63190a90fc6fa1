"""Files as people have them -> records and labels; and an export read again gives the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retort.agent.triage import intake
from retort.agent.triage.intake import Intake, Labels, from_files, labels_in, read_labels
from retort.agent.triage.ranked import rank
from retort.agent.triage.records import Criteria, Decision, Record
from retort.agent.triage.screening import Screening
from retort.retrieval.errors import RetortError, UsageError

LONG = "We studied adults with migraine for a year and counted the attacks of each of them."
OTHER = "Insulin glargine was given once a day to forty adults whose diabetes was poorly treated."


def write(folder: Path, text: str, name: str = "records.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8", newline="")
    return path


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("1", ("include",)),
        ("0.0", ("exclude",)),
        ("Irrelevant", ("exclude",)),
        ("Maybe", ("maybe",)),
        ("Ada: Included; Bob: Excluded", ("include", "exclude")),
        ("-1", ()),
        ("", ()),
        ("to do", ()),
    ],
)
def test_words_that_are_labels(text: str, labels: tuple[str, ...]) -> None:
    assert labels_in(text) == labels


@given(st.text(max_size=40))
def test_any_text_may_stand_in_a_label(text: str) -> None:
    assert set(labels_in(text)) <= {"include", "exclude", "maybe"}


def test_rows_without_abstract_or_without_anything_stay(tmp_path: Path) -> None:
    taken = from_files(
        [
            write(
                tmp_path,
                "record_id,pmid,title,abstract,label_included\n"
                f"a,11,Triptans in migraine of adults,{LONG},1\n"
                "b,12,Metformin in diabetes of adults,,0\n"
                "c,13,,,0\n",
            )
        ]
    )
    assert [record.id for record in taken.records] == ["a", "b", "c"]
    assert taken.records[1].abstract == ""
    assert taken.records[2].text == ""
    assert {d.record_id: d.label for d in taken.decisions} == {
        "a": "include",
        "b": "exclude",
        "c": "exclude",
    }
    assert taken.skipped == ()


def test_duplicates_merge_and_their_labels_with_them(tmp_path: Path) -> None:
    taken = from_files(
        [
            write(
                tmp_path,
                "record_id,doi,title,abstract,included\n"
                f"1,10.1000/a,Triptans in migraine of adults,{LONG},1\n"
                f"2,10.1000/A,Triptans in migraine of adults.,,1\n"
                f"3,10.1000/b,Insulin in diabetes of adults,{OTHER},0\n",
            )
        ]
    )
    assert [record.id for record in taken.records] == ["1", "3"]
    assert taken.records[0].merged == ("2",)
    assert (taken.identified, taken.duplicates) == (3, 1)
    assert [(d.record_id, d.label) for d in taken.decisions] == [("1", "include"), ("3", "exclude")]


def test_one_id_with_both_labels_is_told(tmp_path: Path) -> None:
    rows = (
        "record_id,title,abstract,label\n"
        f"1,Triptans in migraine of adults,{LONG},1\n"
        f"1,Insulin in diabetes of adults,{OTHER},0\n"
        "2,Aspirin after stroke in the old,,0\n"
        "3,Statins after stroke in the old,,0\n"
    )
    taken = from_files([write(tmp_path, rows)])
    assert [record.id for record in taken.records] == ["1", "1#2", "2", "3"]
    assert [(c.record_id, c.labels) for c in taken.conflicts] == [
        ("1", ("exclude", "include")),
        ("1#2", ("exclude", "include")),
    ]
    assert len(taken.decisions) == 4, "both are kept"


def test_notes_of_screening_programs(tmp_path: Path) -> None:
    ris = "".join(
        f"TY  - JOUR\nTI  - {title}\nAB  - {text}\nN1  - {note}\nER  - \n\n"
        for title, text, note in (
            ("Triptans in migraine of adults", LONG, "ASReview_relevant"),
            ("Insulin in diabetes of adults", OTHER, "ASReview_irrelevant"),
            ("Aspirin after stroke in old men", "", "ASReview_not_seen"),
            ("Statins after stroke in old men", "", 'RAYYAN-INCLUSION: {"Ada"=>"Included"}'),
        )
    )
    taken = from_files([write(tmp_path, ris, "records.ris")])
    assert [d.label for d in taken.decisions] == ["include", "exclude", "include"]


def test_a_folder_is_read_file_by_file(tmp_path: Path) -> None:
    write(tmp_path, f"title,abstract\nTriptans in migraine,{LONG}\n", "a.csv")
    write(tmp_path, f"TY  - JOUR\nTI  - Insulin\nAB  - {OTHER}\nER  - \n", "b.ris")
    (tmp_path / "c.bin").write_bytes(bytes(range(256)))
    taken = from_files([tmp_path])
    assert len(taken.records) == 2
    assert len(taken.skipped) == 1 and "c.bin" in taken.skipped[0]
    assert taken.failed == ()


def test_broken_files_stop_no_others_and_are_named_with_why(tmp_path: Path) -> None:
    good = write(tmp_path, f"title,abstract\nTriptans in migraine,{LONG}\n", "a.csv")
    short, empty = write(tmp_path, "abc", "b.txt"), write(tmp_path, "", "c.ris")
    taken = from_files([tmp_path])
    assert [record.title for record in taken.records] == ["Triptans in migraine"]
    assert taken.failed == (
        "b.txt is too short to be a document. It holds 3 characters: 'abc'.",
        "c.ris is empty. It has zero bytes.",
    )
    named = from_files([good, write(tmp_path, "a,b,c\n1,2,3\n4,5,6\n", "d.csv"), tmp_path / "e"])
    assert len(named.records) == 1 and len(named.failed) == 2
    assert "without a column of titles" in named.failed[0] and "e" in named.failed[1]
    with pytest.raises(RetortError, match="None of 2 files") as none:
        from_files([short, empty])
    assert "b.txt is too short" in none.value.why and "c.ris is empty" in none.value.why
    with pytest.raises(RetortError, match="too short"):
        from_files([short])


def test_a_table_of_labels_may_hold_long_abstracts(
    records: tuple[Record, ...], tmp_path: Path
) -> None:
    path = write(tmp_path, f"record_id,abstract,label\n0,{'word ' * 40_000},1\n")
    assert [d.record_id for d in read_labels(path, records).decisions] == ["0"]


HOSTILE = {
    "no titles": "a,b,c\n1,2,3\n4,5,6\n",
    "empty": "",
    "only a header": "title,abstract\n",
    "only empty rows": "title,abstract\n,\n,\n",
    "binary": "\x00\x01\x02\x03" * 50,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_files_without_records_are_refused_with_the_next_step(text: str, tmp_path: Path) -> None:
    path = write(tmp_path, text)
    try:
        taken = from_files([path])
    except RetortError as error:
        assert error.what and error.why and error.next
    else:  # prose is a text of its own
        assert len(taken.records) == 1 and taken.records[0].text


def test_labels_of_a_table_of_their_own(records: tuple[Record, ...], tmp_path: Path) -> None:
    path = write(tmp_path, "pmid;decision\n1;include\nPMID:2;exclude\n999;include\n3;\n")
    found = read_labels(path, records)
    assert found.skipped == ("records.csv: ids of no record here (1): 999",)
    assert [(d.record_id, d.label, d.by) for d in found.decisions] == [
        ("0", "include", "import"),
        ("1", "exclude", "import"),
    ]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("record_id,colour\n1,red\n", "No labels can be read"),
        ("label\n1\n", "No labels can be read"),
        ("", "No labels can be read"),
        ("record_id,label\nnobody,1\n", "is of one of the records"),
    ],
)
def test_tables_without_labels(
    text: str, what: str, records: tuple[Record, ...], tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=what):
        read_labels(write(tmp_path, text), records)


def test_labels_given_apart_outrank_those_that_came(records: tuple[Record, ...]) -> None:
    came = Intake(
        records, (Decision("0", "include", "import", 1), Decision("1", "include", "import", 1))
    )
    both = intake.with_labels(
        came,
        Labels((Decision("0", "exclude", "import", 2), Decision("2", "include", "import", 2)), ()),
    )
    assert {d.record_id: d.label for d in both.decisions} == {
        "0": "exclude",
        "1": "include",
        "2": "include",
    }
    torn = (Decision("3", "exclude", "import", 2), Decision("3", "include", "import", 2))
    assert [c.record_id for c in intake.with_labels(came, Labels(torn, ())).conflicts] == ["3"]


def test_labels_that_are_not_known_are_told(records: tuple[Record, ...], tmp_path: Path) -> None:
    text = "record_id,label\n1,Ja\n2,1\n3,-1\n4,\n5,ja\n6,Ja\n"
    path = write(tmp_path, text)
    told = 'records.csv: labels not known, which count as none (3): "Ja", "ja"'
    assert read_labels(path, records).skipped == (told,)
    came = from_files([write(tmp_path, f"title,abstract,decision\nOne,{LONG},Ja\nTwo,{OTHER},1\n")])
    assert came.skipped == ('records.csv: labels not known, which count as none (1): "Ja"',)
    assert [decision.label for decision in came.decisions] == ["include"]


@pytest.mark.parametrize("format", ["csv", "ris"])
def test_an_export_read_again_gives_the_same_labels(
    format: str, begin: Callable[..., Screening], records: tuple[Record, ...], tmp_path: Path
) -> None:
    label = {"label": "0", "notes": "ASReview_irrelevant\nseen before"}
    first = replace(records[0], metadata=label)
    screening = begin(Intake((first, *records[1:], Record("bare", "")), identified=41))
    screening.decide("0", "include", "a note, with a comma")
    screening.decide("1", "exclude", "=HYPERLINK(1)")
    screening.decide("2", "maybe")
    screening.note("3", "look at the table; undecided")
    text = screening.export(format)  # type: ignore[arg-type]
    again = from_files([write(tmp_path, text, f"export.{format}")])
    assert {record.id for record in again.records} == {*map(str, range(40)), "bare"}
    assert {d.record_id: d.label for d in again.decisions} == {
        "0": "include",
        "1": "exclude",
        "2": "maybe",
    }
    notes = {d.record_id: d.note for d in again.decisions}
    assert notes["0"] == "a note, with a comma"
    assert again.notes == {"3": "look at the table; undecided"}
    (ranked,) = [row for row in rank(again, Criteria("migraine")) if row.record.id == "3"]
    assert ranked.note == "look at the table; undecided" and ranked.decision is None
    second = Screening.create(tmp_path / "second.sqlite", "two", again, Criteria())
    assert second.show("3").note == "look at the table; undecided"
    assert second.show("3").decision is None
    assert second.export(format).count("look at the table") == 1  # type: ignore[arg-type]
    second.close()
    before = {record.id: record for record in screening.records}
    assert all(record.title == before[record.id].title for record in again.records)
    assert all(record.abstract == before[record.id].abstract for record in again.records)


def test_an_export_runs_no_formula(
    begin: Callable[..., Screening], records: tuple[Record, ...]
) -> None:
    bad = replace(records[0], title="=cmd|' /C calc'!A0", metadata={"x": "@SUM(1)"})
    screening = begin(Intake((bad, *records[1:]), identified=40))
    screening.decide("0", "include", "+1+cmd")
    text = screening.export("csv")
    for cell in ("=cmd", "@SUM", "+1+cmd"):
        assert f"'{cell}" in text
        assert f",{cell}" not in text
