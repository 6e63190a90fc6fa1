"""Which tools a question is shown."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.tools import BaseTool

from retort.agent.bench import BenchMaker
from retort.agent.models.embedded.classifier import INTENTS
from retort.agent.models.embedded.dialogue import Call, Turn
from retort.agent.routing import ALWAYS, SHOWN, TOOLS, Router
from retort.agent.settings import Settings
from retort.retrieval.encode import load_encoder


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> list[BaseTool]:
    maker = BenchMaker(Settings(home=tmp_path_factory.mktemp("home")))
    return maker.tools(maker.make())


@pytest.fixture(scope="module")
def router() -> Router:
    encoder = load_encoder("bundled")
    return Router(lambda: encoder)


def test_every_tool_answers_some_kind_of_question(tools: list[BaseTool]) -> None:
    assert set(TOOLS) == set(INTENTS)
    known = {name for names in TOOLS.values() for name in names}
    assert {tool.name for tool in tools} - known == {"explain_prediction"}


@pytest.mark.parametrize(
    ("question", "needed"),
    [
        ("How much does tofacitinib weigh?", "calculate_properties"),
        ("IC50 values of vemurafenib against BRAF", "find_activities"),
        ("Why is terfenadine predicted to block hERG?", "explain_prediction"),
        ("was cerivastatin pulled from the market", "find_warnings"),
        ("300 nM expressed as pIC50", "convert_units"),
        ("is CC(=O)Oc1ccccc1C(=O)O charged in blood?", "estimate_charge"),
        ("predict the solubility of CCN1CCCC1", "predict_property"),
        ("lipophilic efficiency of losartan at 20 nM", "ligand_efficiency"),
    ],
)
def test_the_needed_tool_is_shown(
    router: Router, tools: list[BaseTool], question: str, needed: str
) -> None:
    shown = router.route([Turn(question)], tools)
    assert needed in shown and set(ALWAYS) <= set(shown) and len(shown) == SHOWN


def test_tools_are_shown_in_their_own_order(router: Router, tools: list[BaseTool]) -> None:
    shown = router.route([Turn("How potent is gefitinib on EGFR?")], tools)
    assert list(shown) == [tool.name for tool in tools if tool.name in shown]


def test_a_called_tool_stays_for_the_follow_up(router: Router, tools: list[BaseTool]) -> None:
    called = (Call("generate_conformers", {"molecule": "aspirin"}),)
    shown = router.route([Turn("conformers of aspirin", called), Turn("and of warfarin?")], tools)
    assert "generate_conformers" in shown


def test_a_follow_up_that_needs_nothing_new_is_shown_the_same(
    router: Router, tools: list[BaseTool]
) -> None:
    first = Turn("How potent is gefitinib on EGFR?", (Call("find_activities", {"target": "EGFR"}),))
    before = router.route([first], tools)
    assert router.route([first, Turn("And how potent is erlotinib on EGFR?")], tools) == before


def test_more_widens_without_losing_any(router: Router, tools: list[BaseTool]) -> None:
    turns = [Turn("How potent is gefitinib on EGFR?")]
    few, more = router.route(turns, tools), router.route(turns, tools, more=4)
    assert set(few) < set(more) and len(more) == SHOWN + 4
    assert len(router.route(turns, tools, more=100)) == len(tools)


def test_few_tools_need_no_choice(tools: list[BaseTool]) -> None:
    def never() -> Any:
        raise AssertionError("nothing has to be read")

    few = tools[:SHOWN]
    assert Router(never).route([Turn("?")], few) == tuple(tool.name for tool in few)
