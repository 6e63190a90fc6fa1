"""The same answer whichever of the calls that run side by side ends first."""

from __future__ import annotations

import re
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from langchain_core.tools import BaseTool, tool
from looped import ToyBenches, make, shown
from scripted import ANSWER, Toys, call, calls

from retort.agent.records import Answer, Finished, ToolFinished, ToolStarted
from retort.retrieval.errors import RetortError
from retort.tools.molecule import MoleculeBook
from retort.tools.records import Evidence, ToolResult, render
from retort.tools.tables import Column, Table

STRUCTURES = ("CCO", "CCN", "CCC")
WRITTEN = "The third is 3 Da [E3]; the first is 1 Da [E1]."


class Empty:
    """A ChEMBL that knows no molecule."""

    def molecules(self, text: str) -> list[Any]:
        return []


class Benches(ToyBenches):
    """Benches with a real book of molecules, and a tool each of whose calls waits for leave."""

    def __init__(self, broken: str) -> None:
        super().__init__(Toys())
        self.leave = {smiles: threading.Event() for smiles in STRUCTURES}
        self.broken = broken
        self.tools = self._tools

    def make(self, molecules: Any = ()) -> Any:
        return SimpleNamespace(molecules=MoleculeBook(Empty()))  # type: ignore[arg-type]

    def _tools(self, bench: Any) -> list[BaseTool]:
        @tool(response_format="content_and_artifact")
        def find_molecule(molecule: str) -> tuple[str, ToolResult]:
            """Weigh."""
            assert self.leave[molecule].wait(10)
            found = bench.molecules.resolve(molecule)
            if molecule == self.broken:
                raise RetortError(f"{found.handle} broke.", "It is broken.", "Go on.")
            weight = STRUCTURES.index(molecule) + 1
            quote = f"{found.handle} ({molecule}) weighs {weight} Da."
            result = ToolResult(
                f"Weighed {molecule}",
                (Evidence("calculation", "balance", molecule, quote),),
                count=1,
                molecules=(found.card(),),
                table=Table(molecule, (Column("weight", "weight", "Da"),), ((float(weight),),)),
            )
            return render(result), result

        return [find_molecule]


def asked(tmp_path: Path, ending: tuple[str, ...], broken: str = "") -> tuple[Answer, str]:
    """The answer when calls end in an order, each after the one before it was seen to end."""
    benches = Benches(broken)
    step = calls(*(call("find_molecule", f"c{n}", molecule=s) for n, s in enumerate(STRUCTURES)))
    assistant = make(tmp_path, Toys(), step, ANSWER, WRITTEN)
    object.__setattr__(assistant, "benches", benches)
    ended: list[str] = []
    started = 0
    for event in assistant.ask("What do they weigh?"):
        started += isinstance(event, ToolStarted)
        if isinstance(event, ToolFinished):
            ended.append(event.call.args["molecule"])
        if started == len(STRUCTURES) and len(ended) < len(ending):
            benches.leave[ending[len(ended)]].set()
    assert isinstance(event, Finished)
    assert tuple(ended) == ending, "an end is told when it comes, not when its turn comes"
    return event.answer, shown(assistant, 1)


def kept(answer: Answer) -> dict[str, Any]:
    """All of an answer but its own id and the time it took."""
    fields = answer.as_dict()
    del fields["id"], fields["seconds"]
    for each in fields["tool_calls"]:
        del each["seconds"]
    return {**fields, "tables": answer.tables, "unused": answer.unused}


@pytest.mark.parametrize("ending", [STRUCTURES[::-1], ("CCN", "CCC", "CCO")])
def test_all_is_numbered_in_the_order_of_the_calls(tmp_path: Path, ending: tuple[str, ...]) -> None:
    answer, given = asked(tmp_path, ending)
    assert answer.status == "answered"
    assert [each["handle"] for each in answer.molecules] == ["M1", "M2", "M3"]
    assert [each["smiles"] for each in answer.molecules] == list(STRUCTURES)
    assert [each.args["molecule"] for each in answer.tool_calls] == list(STRUCTURES)
    assert [table.title for table in answer.tables] == list(STRUCTURES)
    assert answer.answer == "The third is 3 Da [1]; the first is 1 Da [2]."
    assert [each.evidence.quote[:8] for each in answer.citations] == ["M3 (CCC)", "M1 (CCO)"]
    assert [each.key for each in answer.unused] == ["E2"]
    assert re.findall(r"\[(E\d)\].*(M\d) \(", given) == [("E1", "M1"), ("E2", "M2"), ("E3", "M3")]
    straight, told = asked(tmp_path, STRUCTURES)
    assert kept(answer) == kept(straight) and given == told


def test_a_call_that_fails_keeps_its_place(tmp_path: Path) -> None:
    answer, given = asked(tmp_path, STRUCTURES[::-1], broken="CCN")
    assert [each.status for each in answer.tool_calls] == ["ok", "error", "ok"]
    assert "M2 broke." in given
    assert re.findall(r"\[(E\d)\].*(M\d) \(", given) == [("E1", "M1"), ("E2", "M3")]
    straight, told = asked(tmp_path, STRUCTURES, broken="CCN")
    assert kept(answer) == kept(straight) and given == told


def test_calls_that_reach_no_tool_hold_up_none_behind_them(tmp_path: Path) -> None:
    benches = Benches("")
    benches.leave["CCO"].set()
    behind = [call("find_molecule", f"c{n}", molecule="CCO") for n in range(12)]
    step = calls(call("no_such_tool", "lost", molecule="CCN"), *behind)
    assistant = make(tmp_path, Toys(), step, ANSWER, "It is 1 Da [E1].")
    object.__setattr__(assistant, "benches", benches)
    answer = assistant.answer("What does it weigh?")
    assert answer.status == "answered" and len(answer.molecules) == 1
