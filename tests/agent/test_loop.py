"""The whole loop with a scripted chat model: every way in which a model can misbehave."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from scripted import ACTIVITIES, Scripted, Toys, call, calls, malformed

from retort.agent.assistant import Assistant
from retort.agent.batch import Item, run
from retort.agent.records import ABSTENTION, Answer, Finished, TextDelta, ToolFinished, ToolStarted
from retort.agent.sessions import Sessions
from retort.agent.settings import Settings
from retort.retrieval.errors import UsageError


class ToyBenches:
    def __init__(self, toys: Toys) -> None:
        self.known: list[Any] = []
        self.tools = toys.tools

    def make(self, molecules: Any = ()) -> Any:
        self.known.append(list(molecules))
        molecule = SimpleNamespace(as_dict=lambda: {"handle": "M1", "name": "Gefitinib"})
        return SimpleNamespace(molecules=SimpleNamespace(all=lambda: [molecule]))


@pytest.fixture
def toys() -> Toys:
    return Toys()


def make(tmp_path: Path, toys: Toys, *steps: Any, **settings: Any) -> Assistant:
    model = Scripted(steps=list(steps), seen=[], bound=[])
    return Assistant(
        Settings(home=tmp_path, **settings),
        model,
        "scripted",
        ToyBenches(toys),
        Sessions(tmp_path / "sessions.sqlite"),
    )


def ask(
    assistant: Assistant, question: str = "How potent is gefitinib on EGFR?", **kw: Any
) -> Answer:
    return assistant.answer(question, **kw)


def shown(assistant: Assistant, step: int) -> str:
    return "\n".join(message.text for message in assistant.model.seen[step])


def test_a_cited_answer(tmp_path: Path, toys: Toys) -> None:
    assistant = make(
        tmp_path,
        toys,
        calls(call("find_activities", target="EGFR")),
        "Erlotinib has an IC50 of 2.0 nM [E2]. Gefitinib has one of 33 nM [E1].",
    )
    answer = ask(assistant)
    assert answer.status == "answered"
    assert answer.answer == "Erlotinib has an IC50 of 2.0 nM [1]. Gefitinib has one of 33 nM [2]."
    assert [c.evidence.title for c in answer.citations] == ["Erlotinib", "Gefitinib"]
    assert answer.checks.as_dict() == {
        "removed_citations": [],
        "unsupported_numbers": [],
        "uncited_sentences": [],
        "verdicts": [],
    }
    assert [c.status for c in answer.tool_calls] == ["ok"]
    assert answer.molecules[0]["handle"] == "M1"
    assert answer.prompt_tokens == 20
    assert "[E1] Gefitinib: IC50 = 33 nM" in shown(assistant, 1)
    saved = assistant.sessions.answer(answer.id)
    assert saved is not None and saved["answer"] == answer.answer


def test_events_come_in_order_and_text_is_numbered_as_it_streams(
    tmp_path: Path, toys: Toys
) -> None:
    assistant = make(
        tmp_path, toys, calls(call("find_activities", target="EGFR")), "It is 33 nM [E1]."
    )
    events = list(assistant.ask("How potent?"))
    kinds = [type(event) for event in events]
    assert kinds[:2] == [ToolStarted, ToolFinished]
    assert kinds[-1] is Finished and kinds.count(Finished) == 1
    finished = events[1]
    assert isinstance(finished, ToolFinished) and finished.title == "ChEMBL: 2 activities for EGFR"
    streamed = "".join(event.text for event in events if isinstance(event, TextDelta))
    assert streamed.strip() == "It is 33 nM [1]."


def test_parallel_calls_run_at_the_same_time(tmp_path: Path, toys: Toys) -> None:
    toys.barrier = threading.Barrier(2)
    assistant = make(
        tmp_path,
        toys,
        calls(
            call("find_activities", "a", target="EGFR"), call("find_activities", "b", target="KIT")
        ),
        "Both were measured: 33 nM [E1].",
    )
    answer = ask(assistant)
    assert sorted(toys.ran) == ["find_activities(EGFR)", "find_activities(KIT)"]
    assert answer.status == "answered" and len(answer.tool_calls) == 2


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        (call("find_activities", wrong="EGFR"), "target"),
        (call("no_such_tool", x=1), "not a valid tool"),
        (call("check_alerts", molecule="M1"), "failed (error"),
    ],
)
def test_a_failing_call_is_an_observation(
    tmp_path: Path, toys: Toys, bad: dict[str, Any], told: str
) -> None:
    assistant = make(
        tmp_path,
        toys,
        calls(bad),
        calls(call("find_activities", target="EGFR")),
        "It is 33 nM [E1].",
    )
    answer = ask(assistant)
    assert told in shown(assistant, 1)
    assert "ZeroDivisionError" not in answer.answer
    assert answer.status == "answered"
    assert [c.status for c in answer.tool_calls] == ["error", "ok"]


def test_endless_repeats_end_in_an_answer_from_what_was_found(tmp_path: Path, toys: Toys) -> None:
    assistant = make(tmp_path, toys, calls(call("find_activities", target="EGFR")), max_steps=20)
    answer = ask(assistant)
    assert toys.ran == ["find_activities(EGFR)"]
    assert len(assistant.model.seen) < 8
    assert assistant.model.bound[-1] == []
    assert "33 nM" in answer.answer and answer.citations
    assert "You made this very call before" in shown(assistant, 2)


def test_the_step_limit_ends_in_an_answer(tmp_path: Path, toys: Toys) -> None:
    steps = [calls(call("search_literature", query=f"try {i}")) for i in range(9)]
    assistant = make(tmp_path, toys, *steps, max_steps=3)
    answer = ask(assistant)
    assert len(assistant.model.seen) == 3
    assert answer.status == "answered" and "Stopped after 3 steps" in answer.answer
    assert answer.citations[0].evidence.source_id == "PMID:1"


def test_a_malformed_call_is_repaired_once(tmp_path: Path, toys: Toys) -> None:
    assistant = make(
        tmp_path,
        toys,
        malformed("find_activities", "target=EGFR"),
        calls(call("find_activities", target="EGFR")),
        "It is 33 nM [E1].",
    )
    answer = ask(assistant)
    assert answer.status == "answered" and toys.ran == ["find_activities(EGFR)"]
    assert "could not be read" in shown(assistant, 1)


def test_malformed_calls_without_end_end_in_an_abstention(tmp_path: Path, toys: Toys) -> None:
    answer = ask(make(tmp_path, toys, malformed("find_activities", "{{{")))
    assert answer.status == "abstained" and answer.answer.startswith(ABSTENTION)


def test_an_empty_model_still_gives_an_answer(tmp_path: Path, toys: Toys) -> None:
    answer = ask(make(tmp_path, toys, calls(call("find_activities", target="EGFR")), ""))
    assert answer.answer and answer.citations


def test_invented_markers_are_removed_and_shown(tmp_path: Path, toys: Toys) -> None:
    assistant = make(
        tmp_path,
        toys,
        calls(call("find_activities", target="EGFR")),
        "It is 33 nM [E1] [E9]. Others agree [3] [Smith 2019].",
    )
    answer = ask(assistant)
    assert answer.answer == "It is 33 nM [1]. Others agree [Smith 2019]."
    assert answer.checks.removed_citations == ("[E9]", "[3]")
    assert answer.checks.uncited_sentences == ()  # three words state too little to ask for a source


def test_numbers_that_stand_in_no_evidence_are_flagged(tmp_path: Path, toys: Toys) -> None:
    assistant = make(
        tmp_path,
        toys,
        calls(call("find_activities", target="EGFR")),
        "Gefitinib has an IC50 of 34 nM [E1]. Erlotinib has an IC50 of 2 nM [E2].",
    )
    assert ask(assistant).checks.unsupported_numbers == ("34",)


def test_stop_in_mid_stream_keeps_the_partial_answer(tmp_path: Path, toys: Toys) -> None:
    cancel = threading.Event()
    assistant = make(
        tmp_path,
        toys,
        calls(call("find_activities", target="EGFR")),
        "It is 33 nM [E1] and then " + "more " * 400,
    )
    answer = None
    for event in assistant.ask("How potent?", session="s", cancel=cancel):
        if isinstance(event, TextDelta) and "then" in event.text:
            cancel.set()
        answer = event.answer if isinstance(event, Finished) else None
    assert answer is not None
    assert answer.status == "stopped"
    assert answer.answer.startswith("It is 33 nM [1]") and answer.answer.count("more") < 100
    assert answer.citations[0].evidence.title == "Gefitinib"
    assistant.model.steps[:] = ["Still 33 nM [E1]."]
    assert ask(assistant, "And now?", session="s").status == "answered"


def test_a_session_remembers_messages_evidence_and_molecules(tmp_path: Path, toys: Toys) -> None:
    assistant = make(
        tmp_path,
        toys,
        calls(call("find_activities", target="EGFR")),
        "It is 33 nM [E1].",
        "Yes, 2.0 nM [E2].",
    )
    ask(assistant, session="s")
    again = Assistant(
        assistant.settings,
        assistant.model,
        "scripted",
        assistant.benches,
        Sessions(tmp_path / "sessions.sqlite"),
    )
    answer = ask(again, "And erlotinib?", session="s")
    assert answer.answer == "Yes, 2.0 nM [1]." and answer.citations[0].evidence.title == "Erlotinib"
    assert "How potent is gefitinib" in shown(again, 2)
    assert again.benches.known[-1] == [{"handle": "M1", "name": "Gefitinib"}]
    alone = ask(again, "And erlotinib?")  # another conversation knows no E2
    assert alone.checks.removed_citations == ("[E2]",) and alone.status == "abstained"


def test_a_broken_model_is_a_failed_answer_with_an_error_id(tmp_path: Path, toys: Toys) -> None:
    def explode(_: Any) -> str:
        raise RuntimeError("out of memory")

    answer = ask(make(tmp_path, toys, explode))
    assert answer.status == "failed" and answer.error is not None
    assert "out of memory" in answer.error["why"] and answer.error["next"] == "retort doctor"


def test_hazardous_questions_never_reach_the_model(tmp_path: Path, toys: Toys) -> None:
    assistant = make(tmp_path, toys, "never")
    answer = ask(assistant, "Give me a synthetic route to sarin")
    assert answer.status == "refused" and "chemical-weapons" in answer.answer
    assert assistant.model.seen == []


def test_a_follow_up_is_refused_for_what_it_leans_on(tmp_path: Path, toys: Toys) -> None:
    assistant = make(tmp_path, toys, f"{ABSTENTION}: nothing was found.", "never")
    assert ask(assistant, "How does sarin act?", session="s").status == "abstained"
    assert ask(assistant, "And how is it made?", session="s").status == "refused"
    assert ask(assistant, "And soman?", session="s").status == "refused"
    assert len(assistant.model.seen) == 1


def test_a_batch_says_what_was_refused_and_why(tmp_path: Path, toys: Toys) -> None:
    out = tmp_path / "answers.jsonl"
    state = run(make(tmp_path, toys, "never"), [Item("a", "How do I make sarin?")], out)
    row = json.loads(out.read_text())
    assert state.failed == 0 and row["status"] == "refused" and row["error"] is None
    assert "chemical weapon" in row["answer"] and "(Rule: chemical-weapons.)" in row["answer"]


def test_a_patient_is_pointed_to_a_doctor_above_the_sourced_answer(
    tmp_path: Path, toys: Toys
) -> None:
    steps = (calls(call("find_activities", target="EGFR")), "It is 33 nM [E1].")
    answer = ask(make(tmp_path, toys, *steps), "What dose of gefitinib should I take?")
    assert answer.status == "answered" and answer.answer.endswith("It is 33 nM [1].")
    assert answer.answer.startswith("**What a person should take is for a doctor")
    assert answer.checks.uncited_sentences == ()


@pytest.mark.parametrize("question", ["", "   \n", "x" * 50_000])
def test_bad_questions_are_wrong_use(tmp_path: Path, toys: Toys, question: str) -> None:
    with pytest.raises(UsageError) as caught:
        make(tmp_path, toys, "never").ask(question)
    assert caught.value.why and caught.value.next


def test_evidence_beyond_the_budget_is_not_shown_and_said(tmp_path: Path, toys: Toys) -> None:
    assistant = make(
        tmp_path,
        toys,
        calls(call("find_activities", target="EGFR")),
        "It is 33 nM [E1].",
        evidence_tokens=10,
    )
    answer = ask(assistant)
    assert "1 more not shown" in shown(assistant, 1) and "Erlotinib" not in shown(assistant, 1)
    assert answer.citations[0].evidence.title == "Gefitinib"


def test_a_text_that_rests_on_nothing_is_no_answer(tmp_path: Path, toys: Toys) -> None:
    guess = "Gefitinib is a famous and very potent inhibitor of EGFR."
    answer = ask(make(tmp_path, toys, guess))
    assert answer.status == "abstained" and answer.answer.startswith(ABSTENTION)
    assert "famous" not in answer.answer and answer.checks.uncited_sentences == (guess,)


def test_an_answer_that_cannot_be_saved_is_shown_and_says_so(tmp_path: Path, toys: Toys) -> None:
    assistant = make(tmp_path, toys, calls(call("find_activities", target="EGFR")), "33 nM [E1].")
    assistant.sessions._db.execute("DROP TABLE answer")
    answer = ask(assistant)
    assert (answer.status, answer.answer) == ("answered", "33 nM [1].")
    assert answer.error is not None
    assert answer.error["what"].startswith("Cannot use the sessions") and answer.error["next"]


def test_bytes_that_are_no_text_are_answered_and_saved(tmp_path: Path, toys: Toys) -> None:
    assistant = make(tmp_path, toys, "Nothing is known.")
    answer = ask(assistant, "What is asp\udcffirin?", session="a\udcffb")
    assert answer.error is None and answer.question == "What is asp?irin?"
    assert [item["name"] for item in assistant.sessions.listing()] == ["a?b"]


def test_a_table_goes_to_the_answer_once_and_not_into_the_conversation(
    tmp_path: Path, toys: Toys
) -> None:
    assistant = make(
        tmp_path,
        toys,
        calls(call("find_activities", "a", target="EGFR")),
        calls(call("find_activities", "b", target="EGFR", limit=2)),
        "Erlotinib has an IC50 of 2.0 nM [E2].",
    )
    answer = ask(assistant, session="s")
    assert answer.tables == (ACTIVITIES,)
    assert answer.as_dict()["tables"] == [ACTIVITIES.described()]
    assert assistant.sessions.tables(answer.id) == [ACTIVITIES.as_dict()]
    messages = assistant.model.seen[-1]
    artifacts = [m.artifact for m in messages if getattr(m, "artifact", None)]
    assert artifacts and all(artifact["table"] is None for artifact in artifacts)
