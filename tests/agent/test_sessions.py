"""Sessions survive a restart, keep their order, and say clearly when they cannot be opened."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from retort.agent.records import Answer, Citation
from retort.agent.sessions import Sessions
from retort.retrieval.errors import RetortError
from retort.tools.records import Evidence
from retort.tools.tables import Column, Table

CITED = Citation(1, Evidence("chembl", "CHEMBL25", "Aspirin", "q", record={"value": 1.5}, key="E1"))


def answer(id: str, question: str = "q") -> Answer:
    return Answer(id, question, "answered", "a [1]", citations=(CITED,))


def test_what_is_saved_is_there_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "sessions.sqlite"
    first = Sessions(path)
    molecules = [{"handle": "M1", "name": "aspirin", "smiles": "C", "inchikey": "K"}]
    first.save(answer("1"), "s", molecules)
    first.save(answer("2"), "s", molecules)
    first.save(answer("3"), None)
    again = Sessions(path)
    assert [item["id"] for item in again.answers("s")] == ["1", "2"]
    assert again.molecules("s") == molecules and again.molecules("other") == []
    found = again.answer("3")
    assert found is not None and found["citations"][0]["record"] == {"value": 1.5}
    assert again.answer("none") is None


def test_conversations_are_listed_newest_first_with_a_title(tmp_path: Path) -> None:
    sessions = Sessions(tmp_path / "s.sqlite")
    sessions.save(answer("1", "What is the\nmechanism of " + "x" * 90), "old")
    sessions.save(answer("2", "second"), "new")
    listed = sessions.listing()
    assert [item["name"] for item in listed] == ["new", "old"]
    assert listed[1]["title"].startswith("What is the mechanism") and len(listed[1]["title"]) <= 60


def test_opinions_are_kept_with_the_answer(tmp_path: Path) -> None:
    sessions = Sessions(tmp_path / "s.sqlite")
    sessions.save(answer("1"), "s")
    sessions.rate("1", False, "wrong unit")
    rows = sessions._db.execute("SELECT answer_id, liked, note FROM feedback").fetchall()
    assert rows == [("1", 0, "wrong unit")]


def test_a_file_that_is_no_database_is_an_error_with_a_way_on(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite"
    path.write_text("this is not a database, and it is long enough to be looked at" * 20)
    with pytest.raises(RetortError) as caught:
        Sessions(path)
    assert str(path) in caught.value.what and f"mv {path}" in caught.value.next


def test_damage_met_later_is_told_with_a_way_on(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite"
    first = Sessions(path)
    first.save(answer("1"), "s")
    first.close()
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b"\x55" * (len(content) - 4096))
    again = Sessions(path)
    for act in (lambda: again.save(answer("2"), "s"), lambda: again.molecules("s"), again.listing):
        with pytest.raises(RetortError, match="are damaged") as caught:
            act()
        assert f"mv {path}" in caught.value.next


def test_a_name_that_is_no_text_is_simply_not_there(tmp_path: Path) -> None:
    sessions = Sessions(tmp_path / "s.sqlite")
    assert sessions.answer("\udcff") is None and sessions.answers("\udcff") == []


def test_several_may_open_a_new_file_at_once(tmp_path: Path) -> None:
    problems: list[BaseException] = []

    def work(number: int) -> None:
        try:
            Sessions(tmp_path / "s.sqlite").save(answer(str(number)), "s")
        except BaseException as problem:
            problems.append(problem)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert len(Sessions(tmp_path / "s.sqlite").answers("s")) == 8


def test_tables_are_kept_whole_beside_their_answer(tmp_path: Path) -> None:
    sessions = Sessions(tmp_path / "s.sqlite")
    table = Table("t", (Column("a", "A", "nM"),), tuple((row * 0.1,) for row in range(1000)))
    sessions.save(replace(answer("1"), tables=(table, table)), "s")
    sessions.close()
    again = Sessions(tmp_path / "s.sqlite")
    assert [Table.from_dict(item) for item in again.tables("1")] == [table, table]
    (saved,) = again.answers("s")
    assert saved["tables"][0]["count"] == 1000 and "rows" not in saved["tables"][0]
    assert Answer.from_dict(saved).tables == () and again.tables("2") == []
