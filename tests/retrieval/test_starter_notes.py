"""The starter notes keep their form, so that any sentence of them can be quoted alone."""

from __future__ import annotations

import re
from collections import Counter
from importlib.resources import files
from pathlib import Path

import pytest

FOLDER = Path(str(files("retort.retrieval.starter")))
PATHS = sorted(FOLDER.glob("*.md"))
HEADER = re.compile(
    r"\A---\nid: (?P<id>[^\n]+)\ntitle: (?P<title>[^\n]+)\ntags: (?P<tags>[^\n]+)\n---\n"
    r"(?P<body>.+)\n\Z",
    re.DOTALL,
)
SUBJECTS = ("target", "drug-class", "resistance", "admet", "assay", "design", "pharmacogene")
ABBREVIATION = re.compile(r"\b(?:e\.g|i\.e|vs|cf|approx|ca|Dr|Fig|No|St)\.|\b[A-Z]\. (?=[a-z])")


def parse(path: Path) -> dict[str, str]:
    match = HEADER.match(path.read_text(encoding="utf-8"))
    assert match, f"{path.name}: the header is not id, title, tags"
    return match.groupdict()


def sentences(body: str) -> list[str]:
    return [s for p in body.split("\n\n") for s in re.split(r"(?<=[.!?]) +", p)]


NOTES = {path.stem: parse(path) for path in PATHS}
each_note = pytest.mark.parametrize("name", NOTES)


def test_there_is_something_to_talk_about() -> None:
    assert len(NOTES) >= 80
    tags = Counter(tag for note in NOTES.values() for tag in note["tags"].split(", "))
    assert all(tags[subject] >= 8 for subject in SUBJECTS), tags


def test_ids_and_titles_are_unique() -> None:
    assert {note["id"] for note in NOTES.values()} == set(NOTES)
    assert len({note["title"].casefold() for note in NOTES.values()}) == len(NOTES)


def test_no_sentence_is_written_twice() -> None:
    counts = Counter(s for note in NOTES.values() for s in sentences(note["body"]))
    assert [s for s, n in counts.items() if n > 1] == []


@each_note
def test_header(name: str) -> None:
    note = NOTES[name]
    assert note["id"] == name
    assert re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", name)
    assert note["title"] == note["title"].strip() and len(note["title"]) <= 80
    tags = note["tags"].split(", ")
    assert len(tags) >= 2 and len(set(tags)) == len(tags)
    assert all(re.fullmatch(r"[a-z0-9-]+", tag) for tag in tags)
    assert set(tags) & set(SUBJECTS)


@each_note
def test_length(name: str) -> None:
    assert 100 <= len(NOTES[name]["body"].split()) <= 300


@each_note
def test_plain_text(name: str) -> None:
    text = NOTES[name]["title"] + "\n" + NOTES[name]["body"]
    assert all(c == "\n" or c.isprintable() for c in text)
    assert all(ord(c) < 0x2200 for c in text), "a rare character"
    assert "\u00a0" not in text and "  " not in text
    assert not re.search(r"^(?:#|[-*+] |\d+\. |>|\|)", text, re.MULTILINE), "a heading or a list"
    assert not re.search(r"\*\*|__|`|\]\(", text), "markdown emphasis, code or a link"


@each_note
def test_no_reference(name: str) -> None:
    body = NOTES[name]["body"]
    assert not re.search(r"https?:|www\.|\bdoi\b|\bPMID\b|\bPMC\d|\bet al\b", body, re.IGNORECASE)


@each_note
def test_sentences_stand_alone(name: str) -> None:
    body = NOTES[name]["body"]
    assert not ABBREVIATION.search(body), "an abbreviation that a sentence splitter trips over"
    for paragraph in body.split("\n\n"):
        assert "\n" not in paragraph, "a paragraph is one line, so that a quote has no line break"
    for sentence in sentences(body):
        assert sentence[-1] in ".!?", sentence
        assert len(sentence.split()) >= 4, sentence
        assert sentence.count("(") == sentence.count(")"), sentence
        assert not re.match(r"(?:Its?|Their|They|These|This|Those|Such) ", sentence), sentence
