"""The starter library as papers: notes, named as notes, quoted to the character."""

from __future__ import annotations

from retort.retrieval.chunks import split
from retort.retrieval.starter import notes


def test_notes_are_papers_of_their_own_kind() -> None:
    found = notes()
    assert len(found) >= 80
    assert len({note.paper_id for note in found}) == len(found)
    for note in found:
        name = note.paper_id.removeprefix("note:")
        assert note.kind == "note" and note.source_id == f"NOTE:{name}"
        assert note.title and note.metadata["tags"]
        assert note.text == note.text.strip() and "---" not in note.text
        assert not (note.authors or note.doi or note.pmid or note.year)


def test_a_note_is_one_passage() -> None:
    for note in notes():
        assert [passage.text for passage in split(note)] == [note.text]


def test_notes_come_in_the_same_order_each_time() -> None:
    assert notes() == notes()
    ids = [note.paper_id for note in notes()]
    assert ids == sorted(ids)
