"""How an answer looks in a terminal: kinds in words, quotes with their place, what checks found."""

from __future__ import annotations

from dataclasses import replace

import pytest

from retort.agent.records import (
    Answer,
    Checks,
    Citation,
    Finished,
    Planned,
    Revising,
    TextDelta,
    ToolCall,
    ToolFinished,
    ToolStarted,
    Verdict,
)
from retort.retrieval.errors import RetortError
from retort.tools.records import Evidence
from retort.ui import terminal

PAPER = Evidence(
    "literature", "PMID:1", "A paper", "Carriers need less.", 10, 29, "https://x",
    {"record": "passage", "year": 2019, "section": "Results", "page": 4},
)  # fmt: skip
GUESS = Evidence("prediction", "retort-herg-1", "hERG", "Predicted probability 0.15.")
ANSWER = Answer(
    "a1", "q", "answered", "Carriers need less [1].",
    citations=(Citation(1, PAPER), Citation(2, GUESS)),
    checks=Checks(
        ("[E9]",), ("34",), ("Nobody said this here.",),
        (Verdict(1, "Carriers need less.", "contradicted", 0.81, "head"),),
    ),
    molecules=({"handle": "M1", "name": "ethanol", "smiles": "CCO", "inchikey": "K"},),
)  # fmt: skip


def test_sources_say_their_kind_in_a_word_and_where_the_quote_stands(
    capsys: pytest.CaptureFixture[str],
) -> None:
    terminal.show_sources(ANSWER)
    out = capsys.readouterr().out
    assert "[1] literature | PMID:1 | A paper (2019, Results, p. 4)" in out
    assert '"Carriers need less." (characters 10-29)' in out
    assert "[2] predicted | retort-herg-1" in out
    assert "M1  ethanol  CCO" in out
    assert "! Removed invented citations: [E9]" in out
    assert "! Not in the cited evidence: 34" in out
    assert "! Without a source: Nobody said this here." in out
    assert "    contradicts: read it (judged by head 81%)" in out
    assert "! head judges that [1] contradicts it: Carriers need less." in out


def events(text: str) -> list[object]:
    call = ToolCall("find_target", {}, "error", 1.26)
    return [
        ToolStarted("1", "find_target", {}, "Looking up EGFR"),
        ToolFinished("1", call, "No target", "text"),
        TextDelta(text),
        Finished(ANSWER),
    ]


def test_results_go_to_stdout_and_steps_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    assert terminal.follow(events("x")) is ANSWER
    out, err = capsys.readouterr()
    assert out == "Carriers need less [1].\n"
    assert "... Looking up EGFR" in err and "No target (failed, 1.3 s)" in err


@pytest.mark.parametrize(("streamed", "times"), [("Carriers need less [1].", 1), ("draft", 1)])
def test_what_was_streamed_is_not_printed_twice(
    capsys: pytest.CaptureFixture[str], streamed: str, times: int
) -> None:
    terminal.follow(events(streamed), stream=True)
    assert capsys.readouterr().out.count("Carriers need less [1].") == times


def test_machine_readable_runs_print_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.follow(events("x"), show=False)
    assert capsys.readouterr() == ("", "")


def test_a_plan_and_a_correction_go_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    first, *rest, last = events("33 nM [1].")
    plan = Planned(("Looking up EGFR", "Searching the literature"))
    terminal.follow([plan, first, *rest, Revising("Checking and correcting: 1 fault found"), last])
    err = capsys.readouterr().err
    assert "Plan:\n  - Looking up EGFR\n  - Searching the literature\n" in err
    assert "... Checking and correcting: 1 fault found" in err


def test_an_error_has_three_lines(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.show_error(RetortError("No papers.", "Nothing was added.", "retort library add PATH"))
    assert capsys.readouterr().err.splitlines() == [
        "error: No papers.",
        "  why: Nothing was added.",
        "  next: retort library add PATH",
    ]


def test_tables_are_aligned() -> None:
    assert terminal.table([("a", 1), ("bbb", 22)], ("x", "y")).splitlines() == [
        "x    y",
        "---  --",
        "a    1",
        "bbb  22",
    ]


def test_a_note_and_a_measurement_are_not_called_alike() -> None:
    note = replace(PAPER, record={"record": "passage", "is_note": True})
    row = Evidence("chembl", "C1", "t", "q", record={"record": "activity", "release": "ChEMBL_36"})
    first = [next(iter(terminal.source_lines(1, item))) for item in (note, row)]
    assert [line.split(" | ")[0] for line in first] == ["[1] note", "[1] measured (ChEMBL 36)"]


@pytest.mark.parametrize(
    "command",
    ["\x1b[2J", "\x1b]8;;http://evil.example\x1b\\", "\x1b]52;c;aGk=\x07", "\x9b2J", "\u202e"],
)
def test_nothing_written_by_others_commands_the_terminal(
    capsys: pytest.CaptureFixture[str], command: str
) -> None:
    record = {"record": "passage", "journal": f"J{command}"}
    quote = Evidence(
        "literature", f"id{command}", f"Title {command}", f"said {command}", record=record
    )
    answer = Answer("a", "q", "answered", f"text {command} [1]", citations=(Citation(1, quote),))
    terminal.follow([TextDelta(command), Finished(answer)], stream=True)
    terminal.show_sources(answer)
    terminal.say(f"... {command}")
    terminal.emit({"quote": command})
    terminal.tell(terminal.table([[command]], ["a"]))
    out, err = capsys.readouterr()
    assert not set("\x1b\x9b\x07\u202e") & set(out + err)
    assert "\ufffd" in out and "\ufffd" in err
