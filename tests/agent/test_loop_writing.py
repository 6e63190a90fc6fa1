"""Writing with a scripted chat model: what is shown, checked, repaired, withheld."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from langchain_core.messages import AIMessage
from looped import Alike, ask, make, shown
from scripted import ANSWER, Toys, call, calls

from retort.agent.assistant import STOPPED
from retort.agent.records import ABSTENTION, Checks, Finished, Revising, TextDelta
from retort.agent.support import Support
from retort.agent.verdicts.judge import Opinion

FOUND = calls(call("find_activities", target="EGFR"))


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
    text = "It is 33 nM [E1] and then " + "more " * 400
    assistant = make(tmp_path, toys, FOUND, ANSWER, text)
    answer = None
    for event in assistant.ask("How potent?", session="s", cancel=cancel):
        if isinstance(event, TextDelta):
            cancel.set()
        answer = event.answer if isinstance(event, Finished) else None
    assert answer is not None
    assert answer.status == "stopped"
    assert answer.answer == f"It is 33 nM [1]\n\n{STOPPED}"
    assert answer.citations[0].evidence.title == "Gefitinib"
    assistant.model.steps[:] = [ANSWER, "Still 33 nM [E1]."]
    assert ask(assistant, "And now?", session="s").status == "answered"


def test_the_writer_sees_the_question_the_evidence_and_nothing_of_the_search(
    tmp_path: Path, toys: Toys
) -> None:
    assistant = make(tmp_path, toys, FOUND, ANSWER, "It is 33 nM [E1].")
    ask(assistant)
    messages = assistant.model.seen[-1]
    assert [message.type for message in messages] == ["system", "human"]
    assert "Write the answer to the question from the evidence" in messages[0].text
    told = messages[1].text
    assert "Question: How potent is gefitinib on EGFR?" in told
    assert '[E1] measured, CHEMBL553: "Gefitinib: IC50 = 33 nM on EGFR."' in told
    assert "Searched: ChEMBL: 2 activities for EGFR" in told


def test_a_text_appears_with_the_citation_that_ends_it(tmp_path: Path, toys: Toys) -> None:
    text = "Gefitinib has an IC50 of 33 nM [E1]. It is a famous medicine."
    assistant = make(tmp_path, toys, FOUND, ANSWER, text)
    events = list(assistant.ask("How potent?"))
    before = events[: next(i for i, e in enumerate(events) if isinstance(e, Revising | Finished))]
    streamed = "".join(event.text for event in before if isinstance(event, TextDelta))
    assert streamed == "Gefitinib has an IC50 of 33 nM [1]."


def test_what_a_step_writes_beside_its_calls_is_never_shown(tmp_path: Path, toys: Toys) -> None:
    talking = AIMessage("I know it is 12 nM [E1].", tool_calls=FOUND.tool_calls)
    assistant = make(tmp_path, toys, talking, ANSWER, "It is 33 nM [E1].")
    events = list(assistant.ask("How potent?"))
    streamed = "".join(event.text for event in events if isinstance(event, TextDelta))
    assert streamed == "It is 33 nM [1]."


def test_a_step_that_answers_with_citations_needs_no_writer(tmp_path: Path, toys: Toys) -> None:
    assistant = make(tmp_path, toys, FOUND, "It is 33 nM [E1].")
    assert ask(assistant).answer == "It is 33 nM [1]." and len(assistant.model.seen) == 2


def test_a_step_that_writes_without_citations_is_no_answer(tmp_path: Path, toys: Toys) -> None:
    assistant = make(tmp_path, toys, FOUND, "It is about 30 nM.", "It is 33 nM [E1].")
    assert ask(assistant).answer == "It is 33 nM [1]." and len(assistant.model.seen) == 3


FAULTY = "Gefitinib has an IC50 of 34 nM [E1]. Erlotinib has an IC50 of 2.0 nM [E2] [E7]."


def test_a_faulty_draft_is_repaired_once_and_the_user_is_told(tmp_path: Path, toys: Toys) -> None:
    right = "Gefitinib has an IC50 of 33 nM [E1]. Erlotinib has an IC50 of 2.0 nM [E2]."
    assistant = make(tmp_path, toys, FOUND, ANSWER, FAULTY, right)
    events = list(assistant.ask("How potent?"))
    answer = events[-1].answer
    assert answer.answer == right.replace("[E", "[")
    assert answer.checks == Checks()
    assert Revising("Checking and correcting: 2 faults found") in events
    told = shown(assistant, 3)
    assert "[E7] is no key of the evidence." in told
    assert "34 does not stand in the evidence that its sentence cites." in told
    assert FAULTY in told


@pytest.mark.parametrize(
    "second",
    [
        "",
        "Gefitinib has an IC50 of 35 nM [E1]. Erlotinib has an IC50 of 2.0 nM [E2] [E8].",
        f"{ABSTENTION}: the evidence is not enough.",
        "Nothing is known of that.",
    ],
)
def test_a_repair_that_is_no_better_is_dropped_and_the_faults_are_flagged(
    tmp_path: Path, toys: Toys, second: str
) -> None:
    assistant = make(tmp_path, toys, FOUND, ANSWER, FAULTY, second)
    answer = ask(assistant)
    assert answer.answer.startswith("Gefitinib has an IC50 of 34 nM [1]")
    assert answer.checks.unsupported_numbers == ("34",)
    assert answer.checks.removed_citations == ("[E7]",)
    assert len(assistant.model.seen) == 4


def test_a_follow_up_after_a_repair_continues_from_the_repaired_text(
    tmp_path: Path, toys: Toys
) -> None:
    right = "Gefitinib has an IC50 of 33 nM [E1]."
    assistant = make(tmp_path, toys, FOUND, ANSWER, FAULTY, f"{right} Erlotinib 2.0 nM [E2].")
    ask(assistant, session="s")
    assistant.model.steps[:] = [ANSWER, "Erlotinib is more potent at 2.0 nM [E2]."]
    answer = ask(assistant, "Which is more potent?", session="s")
    assert answer.citations[0].evidence.title == "Erlotinib"
    assert "34 nM" not in shown(assistant, -1) and right in shown(assistant, -1)


def test_a_contradicted_statement_is_repaired(tmp_path: Path, toys: Toys) -> None:
    class Against:
        def judge(self, texts: Sequence[tuple[str, str]]) -> list[Opinion]:
            wrong = Opinion("contradicted", 0.9, "head")
            return [
                wrong if "all patients" in said else Opinion("supported", 0.9, "head")
                for said, _ in texts
            ]

    steps = (
        calls(call("search_literature", query="T790M")),
        ANSWER,
        "Resistance to gefitinib follows in all patients [E1].",
        "Resistance to gefitinib follows in half of the patients [E1].",
    )
    assistant = replace(
        make(tmp_path, toys, *steps),
        support=Support(Against(), lambda: Alike()),  # type: ignore
    )
    answer = ask(assistant, "How frequent is T790M?")
    assert answer.answer == "Resistance to gefitinib follows in half of the patients [1]."
    assert [verdict.verdict for verdict in answer.checks.verdicts] == ["supported"]
    assert "says otherwise" in shown(assistant, 3)


@pytest.mark.parametrize(
    "written",
    [
        "```markdown\nIt is 33 nM [E1].\n```",
        "It is 33 nM [E1].\n\nQuestion: And how toxic is it?\nAnswer: Very.",
        'It is 33 nM [E1].\n<tool_call>{"name": "find_activities", "arguments": {}}</tool_call>',
        'It is 33 nM [E1].\n```json\n{"name": "answer", "arguments": {}}\n```',
        "<think>33 it is.</think>It is 33 nM [E1].",
    ],
)
def test_what_is_no_answer_is_taken_off(tmp_path: Path, toys: Toys, written: str) -> None:
    answer = ask(make(tmp_path, toys, FOUND, ANSWER, written))
    assert answer.answer == "It is 33 nM [1]." and answer.checks == Checks()


def test_a_guess_with_evidence_at_hand_is_withheld_and_never_streamed(
    tmp_path: Path, toys: Toys
) -> None:
    guess = "Gefitinib is a famous and very potent inhibitor of EGFR."
    assistant = make(tmp_path, toys, FOUND, ANSWER, guess)
    *events, finished = assistant.ask("How potent?", session="s")
    assert not any(isinstance(event, TextDelta) for event in events)
    assert finished.answer.status == "abstained" and "famous" not in finished.answer.answer
    assert finished.answer.checks.uncited_sentences == (guess,)
    ask(assistant, "Really?", session="s")
    assert "famous" not in shown(assistant, -2)  # nor is it taken up later


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
