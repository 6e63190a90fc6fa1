"""Questions asked of a cluster: a deadly one fails alone, an unopened assistant ends the run."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import fake_ray
import pytest
from askers import STAMP, answered, unopened
from fake_ray import FakeRay

from retort.agent.batch.afar import Afar, opened
from retort.agent.batch.records import Item, Line, Stamp
from retort.agent.batch.running import run
from retort.agent.batch.writing import Answers
from retort.agent.cluster import Cluster
from retort.agent.settings import Settings
from retort.retrieval.errors import RetortError


@pytest.fixture(autouse=True)
def ray(monkeypatch: pytest.MonkeyPatch) -> FakeRay:
    stand_in = FakeRay()
    monkeypatch.setitem(sys.modules, "ray", stand_in)  # type: ignore[arg-type]
    return stand_in


def stamp(item: Item) -> Stamp:
    return STAMP


def mortal() -> Callable[[Item], Line]:
    def ask(item: Item) -> Line:
        if item.question == "deadly":
            raise fake_ray.Death("out of memory")
        return answered(item)

    return ask


def test_a_deadly_question_fails_alone_and_each_is_answered_once(tmp_path: Path) -> None:
    items = [Item("d", "deadly"), *(Item(str(n), f"question {n}") for n in range(6))]
    out = tmp_path / "a.jsonl"
    with Cluster() as cluster, cluster.crew(mortal) as crew, Answers.open(out) as answers:
        state = run(Afar(crew, stamp), items, answers, cluster.workers)
        line = answers.line("d")
    assert (state.done, state.failed) == (7, 1)
    assert len(out.read_text().splitlines()) == 7
    assert line["status"] == "failed" and "out of memory" in line["error"]["why"]
    assert line["model"] == STAMP.model


def test_who_cannot_open_an_assistant_ends_the_run(tmp_path: Path) -> None:
    with (
        Cluster() as cluster,
        cluster.crew(unopened) as crew,
        Answers.open(tmp_path / "a.jsonl") as answers,
        pytest.raises(RetortError, match="No model"),
    ):
        run(Afar(crew, stamp), [Item("1", "one")], answers, 2)


def test_a_worker_asks_an_assistant_of_the_same_settings(home: Path) -> None:
    settings = Settings.from_environment(model="embedded")
    line = opened(settings)(Item("1", "What is the molecular weight of ethanol?"))
    assert (line["status"], line["id"]) == ("answered", "1")
    assert line["settings_digest"] == settings.digest()
