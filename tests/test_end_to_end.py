"""The whole of Retort as a user meets it: the command line, the embedded model, the starter pack,
no network.

One process per command, as in a terminal; each runs under a guard that reports every attempt to
look up or connect to another host.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from openai_server import serve, tool_call

from retort.agent.records import ABSTENTION

GUARD = """
import socket, sys
tried = []
def local(host): return host in (None, "", "localhost", "127.0.0.1", "::1", b"localhost")
real_look, real_connect = socket.getaddrinfo, socket.socket.connect
def look(host, *a, **k):
    if not local(host): tried.append(str(host))
    return real_look(host, *a, **k)
def connect(self, address):
    if isinstance(address, tuple) and not local(address[0]): tried.append(str(address))
    return real_connect(self, address)
socket.getaddrinfo, socket.socket.connect = look, connect
sys.argv = ["retort", *sys.argv[1:]]
from retort.ui.cli import main
try:
    main()
finally:
    if tried: print("CONNECTED:", tried, file=sys.stderr)
"""


@pytest.fixture(scope="module")
def home_of_all(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


class Terminal:
    """Runs commands as a user would."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        env = {k: v for k, v in os.environ.items() if not k.startswith("RETORT_")}
        env |= {"RETORT_HOME": str(self.home), "RETORT_OFFLINE": "1", **environment}
        done = subprocess.run(
            [sys.executable, "-c", GUARD, *arguments], env=env, capture_output=True, text=True
        )
        assert "CONNECTED" not in done.stderr, done.stderr
        assert "Traceback" not in done.stderr, done.stderr
        return done

    def ask(self, question: str, *more: str) -> dict[str, Any]:
        done = self.run("ask", question, "--json", *more)
        assert done.returncode == 0, done.stderr
        answer: dict[str, Any] = json.loads(done.stdout)
        _holds_its_promises(answer)
        return answer


def _holds_its_promises(answer: dict[str, Any]) -> None:
    markers = {int(number) for number in re.findall(r"\[(\d+)\]", answer["answer"])}
    cited = {citation["marker"] for citation in answer["citations"]}
    assert markers == cited, "every marker resolves, every citation is used"
    assert answer["checks"]["removed_citations"] == []
    assert answer["checks"]["unsupported_numbers"] == [], answer["answer"]
    assert answer["question"] not in answer["answer"], "the question is never echoed as an answer"


@pytest.fixture
def terminal(home_of_all: Path) -> Terminal:
    return Terminal(home_of_all)


def kinds(answer: dict[str, Any]) -> set[str]:
    return {citation["kind"] for citation in answer["citations"]}


def test_properties_and_rules_of_a_named_drug(terminal: Terminal) -> None:
    answer = terminal.ask(
        "What is the molecular weight and TPSA of imatinib, and does it pass Lipinski's rules?"
    )
    assert answer["status"] == "answered" and kinds(answer) == {"calculation"}
    for text in ("493.6", "86.28", "Lipinski"):
        assert text in answer["answer"]
    assert answer["molecules"][0]["inchikey"] == "KTUFNOKKBVMGRW-UHFFFAOYSA-N"


def test_mechanism(terminal: Terminal) -> None:
    answer = terminal.ask("What is the mechanism of action of osimertinib?")
    assert kinds(answer) == {"chembl"} and "pidermal growth factor receptor" in answer["answer"]
    assert answer["citations"][0]["source_id"].startswith("CHEMBL")


def test_potent_compounds_come_as_a_table_with_relations_and_ids(terminal: Terminal) -> None:
    answer = terminal.ask("Which compounds in ChEMBL inhibit EGFR with an IC50 below 10 nM?")
    assert answer["answer"].count("\n|") >= 4 and kinds(answer) == {"chembl"}
    rows = [c["record"] for c in answer["citations"] if c["record"].get("record") == "activity"]
    assert rows
    for row in rows:
        assert row["type"] == "IC50" and row["value"] < 10 and row["units"] == "nM"
        assert row["relation"] in ("=", "<", "<=", "~")


def test_predictions_are_called_predicted_and_have_intervals(terminal: Terminal) -> None:
    answer = terminal.ask("Is CC(=O)Nc1ccc(O)cc1 soluble in water, and is it a hERG risk?")
    assert "prediction" in kinds(answer) and "redicted" in answer["answer"]
    for citation in answer["citations"]:
        if citation["kind"] == "prediction":
            low, high = citation["record"]["interval"]
            assert low <= citation["record"]["value"] <= high


def test_literature_quotes_are_slices_of_the_stored_text(terminal: Terminal) -> None:
    from retort.retrieval.library import Library

    answer = terminal.ask("Which CYP2C9 variants lower the warfarin dose?", "--session", "e2e")
    assert answer["status"] == "answered" and "literature" in kinds(answer)
    with Library.open(terminal.home / "libraries" / "starter") as library:
        for citation in answer["citations"]:
            if citation["kind"] == "literature":
                paper = library.paper(citation["record"]["paper_id"])
                assert paper is not None
                assert citation["quote"] == paper.text[citation["start"] : citation["end"]]
    after = terminal.ask("and what does the literature say about VKORC1?", "--session", "e2e")
    assert after["status"] == "answered" and "VKORC1" in after["answer"]


def test_a_follow_up_knows_the_molecule(terminal: Terminal) -> None:
    terminal.ask("What is the molecular weight of imatinib?", "--session", "follow")
    answer = terminal.ask("and its logP?", "--session", "follow")
    assert answer["status"] == "answered" and "matinib" in answer["answer"]
    assert "logP" in answer["answer"] or "LogP" in answer["answer"]


@pytest.mark.parametrize(
    "question",
    ["What is the capital of France?", "What is the IC50 of unobtainium against EGFR?"],
)
def test_what_cannot_be_answered_is_said_with_what_was_searched(
    terminal: Terminal, question: str
) -> None:
    answer = terminal.ask(question)
    assert answer["status"] == "abstained" and answer["answer"].startswith(ABSTENTION)
    assert "earched" in answer["answer"]


def test_answers_are_deterministic(terminal: Terminal) -> None:
    question = "Which drugs inhibit BRAF?"
    assert terminal.ask(question)["answer"] == terminal.ask(question)["answer"]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["ask", ""], 2, "The question is empty"),
        (["ask", "x" * 50_000], 2, "50,000 characters"),
        (["ask", "imatinib?", "--library", "nowhere"], 1, "nowhere"),
        (["search", "warfarin", "--library", "nowhere"], 1, "nowhere"),
        (["library", "status", "--library", "nowhere"], 1, "nowhere"),
        (["library", "add", "/no/such/file"], 2, "/no/such/file"),
        (["ask", "imatinib?", "--model", "gpt"], 2, "names no model"),
        (["call", "no_tool", "{}"], 2, "No tool named"),
        (["call", "find_molecule", "{"], 2, "not a JSON object"),
        (["call", "find_molecule", "{}"], 2, "Wrong arguments"),
        (["call", "find_molecule", '{"molecule": "C1CC("}'], 1, "C1CC("),
        (["predict"], 2, "No structure"),
        (["batch", "/no/file.jsonl", "--output", "answers.jsonl"], 2, "/no/file.jsonl"),
        (["search", "a", "--mode", "magic"], 2, "No search mode"),
        (["nonsense"], 2, "No such command"),
    ],
)
def test_bad_use_gets_what_why_and_next(
    terminal: Terminal, arguments: list[str], code: int, said: str
) -> None:
    done = terminal.run(*arguments)
    assert said in done.stderr + done.stdout
    assert done.returncode == code, done.stderr
    if "nonsense" not in arguments:
        assert "next:" in done.stderr


def test_errors_are_machine_readable_too(terminal: Terminal) -> None:
    done = terminal.run("search", "warfarin", "--library", "nowhere", "--json")
    assert set(json.loads(done.stdout)["error"]) == {"what", "why", "next"}


def test_an_invalid_structure_in_a_question_is_explained(terminal: Terminal) -> None:
    answer = terminal.ask("What is the logP of C1CC(?")
    assert answer["status"] == "abstained" and "C1CC(" in answer["answer"]


def test_adding_searching_and_asking_a_library_of_ones_own(
    terminal: Terminal, tmp_path: Path
) -> None:
    texts = {
        "a1": "Dolutegravir raised the plasma exposure of metformin by 79 percent in volunteers.",
        "a2": "Zinc supplements did not change the clearance of theophylline in smokers.",
    }
    corpus = tmp_path / "corpus.jsonl"
    corpus.write_text(
        "".join(
            json.dumps({"_id": k, "title": f"Title {k}", "text": t}) + "\n"
            for k, t in texts.items()
        )
    )
    (tmp_path / "empty.pdf").write_bytes(b"")
    done = terminal.run("library", "add", str(tmp_path), "--library", "mine", "--json")
    report = json.loads(done.stdout)
    assert done.returncode == 3 and report["papers"] == 2
    assert {row["status"] for row in report["files"]} == {"added", "failed"}
    again = json.loads(
        terminal.run("library", "add", str(corpus), "--library", "mine", "--json").stdout
    )
    assert [row["status"] for row in again["files"]] == ["unchanged"]
    hits = json.loads(
        terminal.run("search", "metformin exposure", "--library", "mine", "--json").stdout
    )
    assert hits[0]["paper_id"] == "a1"
    assert hits[0]["text"] == texts["a1"][hits[0]["start"] : hits[0]["end"]]
    queries = tmp_path / "q.jsonl"
    queries.write_text('{"id": "q1", "text": "theophylline clearance"}\n')
    many = terminal.run(
        "search", "--queries", str(queries), "-k", "1", "--library", "mine", "--json"
    )
    assert json.loads(many.stdout)["hits"][0]["paper_id"] == "a2"
    answer = terminal.ask("What does dolutegravir do to metformin exposure?", "--library", "mine")
    assert any(c["record"].get("paper_id") == "a1" for c in answer["citations"])


def test_a_batch_is_answered_and_resumed(terminal: Terminal, tmp_path: Path) -> None:
    questions, out = tmp_path / "q.csv", tmp_path / "a.jsonl"
    questions.write_text(
        "id,question,session\n1,What is the TPSA of aspirin?,s\n2,and its logP?,s\n3,,\n"
    )
    done = terminal.run("batch", str(questions), "--output", str(out), "--json")
    assert done.returncode == 3
    rows = {row["id"]: row for row in map(json.loads, out.read_text().splitlines())}
    assert [rows[k]["status"] for k in ("1", "2", "3")] == ["answered", "answered", "failed"]
    again = terminal.run("batch", str(questions), "--output", str(out), "--json")
    assert json.loads(again.stdout)["skipped"] == 3


def test_tools_doctor_and_endpoints_speak_json(terminal: Terminal) -> None:
    tools = json.loads(terminal.run("tools", "--json").stdout)
    assert len(tools) == 24 and all(tool["description"] for tool in tools)
    parts = {row["part"]: row for row in json.loads(terminal.run("doctor", "--json").stdout)}
    assert parts["model"]["state"] == "ok" and parts["network"]["cause"].startswith(
        "RETORT_OFFLINE"
    )
    endpoints = json.loads(terminal.run("predict", "--list", "--json").stdout)
    assert {row["endpoint"] for row in endpoints if row["card"]} >= {"solubility", "herg"}


def test_a_prediction_row_is_the_wire_format(terminal: Terminal) -> None:
    done = terminal.run("predict", "CCO", "C1CC(", "--endpoint", "solubility", "--json")
    assert done.returncode == 3
    good, bad = json.loads(done.stdout)
    assert set(good) >= {
        "smiles", "endpoint", "value", "unit", "interval", "confidence", "in_domain",
        "nearest_training_similarity", "percentile_of_drugs", "model", "error",
    }  # fmt: skip
    assert good["error"] is None and bad["smiles"] == "C1CC(" and bad["error"]["what"]


def test_a_model_server_is_asked_calls_a_tool_and_its_answer_is_cited(terminal: Terminal) -> None:
    key = "sk-0123456789abcdef"
    call = tool_call("calculate_properties", {"molecule": "aspirin"}, id=None)
    said = {"reasoning_content": "The tool says so.", "content": "Aspirin is small [E1]."}
    with serve([call], [said], models=["Qwen3-8B"]) as running:
        spec = f"{running.url}#Qwen3-8B"
        done = terminal.run(
            *("ask", "How large is aspirin?", "--json", "--model", spec), RETORT_MODEL_KEY=key
        )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    _holds_its_promises(answer)
    assert answer["status"] == "answered" and answer["model"] == spec
    assert answer["answer"] == "Aspirin is small [1]." and kinds(answer) == {"calculation"}
    assert [each["name"] for each in answer["tool_calls"]] == ["calculate_properties"]
    assert answer["tokens"] == {"prompt": 22, "completion": 6}
    first, second = running.requests
    assert len(first["tools"]) > 10 and "180.16" in second["messages"][-1]["content"]
    assert second["messages"][-2]["tool_calls"][0]["id"] == second["messages"][-1]["tool_call_id"]
    stored = [path.read_bytes() for path in terminal.home.rglob("*") if path.is_file()]
    assert stored and not any(key.encode() in content for content in stored)
    assert key not in done.stdout + done.stderr


def test_a_model_server_that_fails_gives_what_why_and_next(terminal: Terminal) -> None:
    with serve(500, models=["m"]) as running:
        failed = terminal.run("ask", "How large is aspirin?", "--model", f"{running.url}#m")
        absent = terminal.run("ask", "How large is aspirin?", "--model", f"{running.url}#mm")
    assert failed.returncode == absent.returncode == 1
    assert "why: " in failed.stderr and "HTTP 500: broken" in failed.stderr
    assert f"next: --model '{running.url}#m'" in absent.stderr
