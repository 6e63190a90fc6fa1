"""The starter library: notes of this project on targets, drugs and concepts, labelled as notes.

Each note is a Markdown file with ``id``, ``title`` and ``tags`` between two ``---`` lines. They are
written for this project, cite no paper, and are never shown as papers.
"""

from __future__ import annotations

from importlib.resources import files

from retort.retrieval.records import Paper


def notes() -> list[Paper]:
    """All notes as papers of kind ``note``, in the order of their ids."""
    folder = files(__name__)
    found = [item for item in folder.iterdir() if item.name.endswith(".md")]
    made = [_note(item.read_text(encoding="utf-8")) for item in found]
    return sorted(made, key=lambda note: note.paper_id)


def _note(content: str) -> Paper:
    _, header, body = content.split("---\n", 2)
    fields = dict(line.split(": ", 1) for line in header.strip().splitlines())
    return Paper(
        paper_id=f"note:{fields['id']}",
        source_id=f"NOTE:{fields['id']}",
        title=fields["title"],
        text=body.strip(),
        kind="note",
        metadata={"tags": fields["tags"]},
    )
