"""Evidence by key, and the pack of it that a model is shown."""

from __future__ import annotations

from retort.agent.framing import CLOSE, OPEN
from retort.agent.ledger import CHARACTERS_PER_TOKEN, Ledger
from retort.agent.relevance import Relevance
from retort.retrieval.encode import HashingEncoder
from retort.tools.records import Evidence, ToolResult


def paper(number: int, quote: str) -> Evidence:
    return Evidence("literature", f"PMID:{number}", f"Paper {number}", quote)


def value(kind: str, quote: str) -> Evidence:
    return Evidence(kind, "CHEMBL1", "X", quote)  # type: ignore[arg-type]


def ledger(budget: int = 6000) -> Ledger:
    return Ledger(budget, Relevance(lambda: HashingEncoder(256)))


def test_the_pack_is_framed_with_key_kind_and_quote() -> None:
    held = ledger()
    held.enter(ToolResult("s", (value("chembl", "IC50 3 nM."), paper(2, "Resistance."))))
    pack = held.pack("How potent is X?")
    assert pack.text.startswith(OPEN) and pack.text.endswith(CLOSE)
    assert '[E1] measured, CHEMBL1: "IC50 3 nM."' in pack.text
    assert '[E2] literature, Paper 2 (PMID:2): "Resistance."' in pack.text
    assert pack.left_out == 0


def test_what_the_question_asks_for_comes_first() -> None:
    quotes = ["Weather in spring was mild.", "Warfarin dose falls with CYP2C9 variants.", "Other."]
    held = ledger()
    held.enter(ToolResult("s", tuple(paper(i, quote) for i, quote in enumerate(quotes))))
    question = "Which CYP2C9 variants lower the warfarin dose?"
    assert held.pack(question, budget_tokens=45).evidence[0].quote == quotes[1]
    assert [item.key for item in held.pack(question).evidence] == ["E1", "E2", "E3"]  # all fit


def test_kinds_take_turns_and_the_kind_asked_for_takes_two() -> None:
    kinds = ["calculation"] * 3 + ["prediction"] * 3
    evidence = [value(kind, f"X {i}") for i, kind in enumerate(kinds)]
    order = Relevance().order
    assert "".join(item.kind[0] for item in order("X?", evidence)) == "cpcpcp"
    assert "".join(item.kind[0] for item in order("Predict X", evidence)) == "pcppcc"


def test_without_an_encoder_the_tools_own_order_stands() -> None:
    held = Ledger()
    held.enter(ToolResult("s", tuple(paper(i, f"Text {i}.") for i in range(5))))
    assert [item.key for item in held.pack("Text 4?", 55).evidence] == ["E1", "E2", "E3"]


def test_the_budget_holds_and_what_is_left_out_is_said() -> None:
    held = ledger()
    held.enter(ToolResult("s", tuple(paper(i, f"{i} " + "word " * 40) for i in range(20))))
    pack = held.pack("word?", budget_tokens=300)
    assert 0 < len(pack.evidence) < 20 and pack.left_out == 20 - len(pack.evidence)
    assert f"({pack.left_out} more not shown.)" in pack.text
    assert len(pack.text) <= 300 * CHARACTERS_PER_TOKEN


def test_what_this_answer_found_comes_before_what_earlier_ones_did() -> None:
    earlier = ledger()
    found = earlier.enter(ToolResult("s", (paper(1, "Gefitinib inhibits EGFR."),)))
    held = ledger()
    held.restore([found.as_dict()])
    held.enter(ToolResult("s", (paper(2, "Nothing of the kind."),)))
    pack = held.pack("Does gefitinib inhibit EGFR?")
    assert [item.key for item in pack.evidence] == ["E2", "E1"]


def test_an_empty_ledger_packs_nothing() -> None:
    assert ledger().pack("What?").text == ""
