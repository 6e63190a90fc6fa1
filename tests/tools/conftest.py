"""A small ChEMBL in memory, and a bench of tools over it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from langchain_core.tools import BaseTool

from retort.retrieval.errors import OutageError, RetortError
from retort.tools import Bench, build, spelling
from retort.tools.molecule import MoleculeBook
from retort.tools.records import ToolResult

IMATINIB = "Cc1ccc(NC(=O)c2ccc(CN3CCN(C)CC3)cc2)cc1Nc1nccc(-c2cccnc2)n1"
ASPIRIN = "CC(=O)Oc1ccccc1C(=O)O"


@dataclass(frozen=True)
class Row:
    """The fields of a ChEMBL molecule that the tools read."""

    chembl_id: str
    name: str
    smiles: str = ""
    inchikey: str = ""
    synonyms: tuple[str, ...] = ()
    max_phase: float | None = 4.0
    first_approval: int | None = None
    matched_by: str = ""
    release: str = "ChEMBL 99"


ROWS = (
    Row(
        "CHEMBL941",
        "Imatinib",
        IMATINIB,
        "KTUFNOKKBVMGRW-UHFFFAOYSA-N",
        ("Gleevec", "STI-571"),
        first_approval=2001,
    ),
    Row(
        "CHEMBL1642", "Imatinib mesylate", f"CS(=O)(=O)O.{IMATINIB}", "YLMAHDNUQAMNNX-UHFFFAOYSA-N"
    ),
    Row("CHEMBL25", "Aspirin", ASPIRIN, "BSYNRYMUTXBXSQ-UHFFFAOYSA-N", ("Acetylsalicylic acid",)),
    Row("CHEMBL1201585", "Trastuzumab", synonyms=("Herceptin",)),
    Row("CHEMBL11359", "Cisplatin", "[NH3+][Pt-2](Cl)(Cl)[NH3+]", synonyms=("CNS", "Doublet")),
    Row("CHEMBL900001", "Doublet acid", "CCCC(=O)O", synonyms=("Doublet",), max_phase=None),
)


@dataclass
class FakeChembl:
    """Answers as a ChemblSource does; ``is_down`` makes it fail, ``asked`` keeps the questions."""

    is_down: bool = False
    asked: list[str] = field(default_factory=list)

    def _reach(self, text: str) -> None:
        self.asked.append(text)
        if self.is_down:
            raise OutageError("ChEMBL did not answer.", "Timed out.", "retort doctor")

    def release(self) -> str:
        return "ChEMBL 99"

    def molecules(self, text: str) -> list[Row]:
        self._reach(text)
        wanted = text.casefold()
        found = []
        for row in ROWS:
            doors = {
                "name": [row.name],
                "ChEMBL id": [row.chembl_id],
                "InChIKey": [row.inchikey],
                "synonym": row.synonyms,
            }
            for door, names in doors.items():
                if wanted and wanted in [name.casefold() for name in names]:
                    found.append(Row(**{**row.__dict__, "matched_by": door}))
                    break
        return found

    def suggest(self, text: str, limit: int = 5) -> list[str]:
        self._reach(text)
        return spelling.rank(text, spelling.folded(row.name for row in ROWS), limit)

    def name_of(self, key: str) -> str:
        return ""


@pytest.fixture
def chembl() -> FakeChembl:
    return FakeChembl()


@pytest.fixture
def book(chembl: FakeChembl) -> MoleculeBook:
    return MoleculeBook(chembl)  # type: ignore[arg-type]


def unused() -> Any:
    raise AssertionError("this tool has no business here")


@pytest.fixture
def bench(chembl: FakeChembl, book: MoleculeBook) -> Bench:
    return Bench(book, chembl, unused, unused)  # type: ignore[arg-type]


@pytest.fixture
def tools(bench: Bench) -> dict[str, BaseTool]:
    return {each.name: each for each in build(bench)}


@pytest.fixture
def call(tools: dict[str, BaseTool]) -> Callable[..., tuple[str, ToolResult]]:
    """Call a tool as the agent does: text for the model, and the artifact."""

    def run(name: str, **args: Any) -> tuple[str, ToolResult]:
        message = tools[name].invoke({"type": "tool_call", "id": "1", "name": name, "args": args})
        return message.content, message.artifact

    return run


@pytest.fixture
def refusal() -> Callable[[Callable[[], Any]], RetortError]:
    """The RetortError that a call raises; it must say what, why and what next."""

    def catch(action: Callable[[], Any]) -> RetortError:
        with pytest.raises(RetortError) as caught:
            action()
        assert caught.value.what and caught.value.why and caught.value.next
        return caught.value

    return catch
