"""``retort batch``: a file of questions in, a file of answers out."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from retort.agent.settings import Settings
from retort.ui import terminal
from retort.ui.engine import cluster
from retort.ui.interrupt import stop_on_interrupt
from retort.ui.options import JSON, Address, Engine, Library, Model, NoTools

if TYPE_CHECKING:
    from retort.agent.batch.evaluation import Evaluation
    from retort.agent.batch.records import Asker
    from retort.agent.cluster import Cluster
    from retort.agent.opening import Opened

DONE, FAILED, DONE_WITH_FAILURES = 0, 1, 3


def batch(
    questions: Annotated[
        Path,
        typer.Argument(
            help="CSV, TSV or JSONL: question; optional id, session, choices (or A, B ...), "
            "library, years, journal, mesh, publication_type, paper; gold, gold_source, group, "
            "tolerance to hold the answers against."
        ),
    ],
    output: Annotated[
        Path,
        typer.Option(
            help="JSONL, one answer per line; a rerun goes on. Beside it a summary (.summary.csv) "
            "and a report with the references (.report.md)."
        ),
    ],
    workers: Annotated[
        int | None,
        typer.Option(min=1, help="Questions answered at the same time; 1, or all of a cluster."),
    ] = None,
    engine: Engine = "local",
    address: Address = "",
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Ask again what failed.")
    ] = False,
    mix_settings: Annotated[
        bool,
        typer.Option("--mix-settings", help="Keep answers of another model or other settings."),
    ] = False,
    baseline: Annotated[
        Path | None,
        typer.Option(help="Answers of another run to the same questions, to report beside these."),
    ] = None,
    model: Model = None,
    library: Library = None,
    no_tools: NoTools = False,
    json: JSON = False,
) -> None:
    """Answer a file of questions. Resumable: what is answered is not asked again."""
    from retort.agent.batch import report
    from retort.agent.batch.evaluation import evaluate
    from retort.agent.batch.reading import read_questions
    from retort.agent.batch.running import run
    from retort.agent.batch.writing import Answers
    from retort.agent.opening import open_assistant
    from retort.ui.progress import bar

    items = read_questions(questions)
    with ExitStack() as stack:
        answers = stack.enter_context(Answers.open(output))
        other = stack.enter_context(Answers.open(baseline, read_only=True)) if baseline else None
        settings = Settings.from_environment(model=model, library=library, no_tools=no_tools)
        opened = open_assistant(settings)
        terminal.say(opened.status_line())
        ray = stack.enter_context(cluster(engine, address, workers or 0, settings.offline))
        at_once = ray.workers if ray else workers or 1
        asker = _asker(opened, at_once, ray, stack)
        stop = stop_on_interrupt()
        with bar("Answering") as advance:
            state = run(
                asker,
                items,
                answers,
                at_once,
                retry_failed,
                mix_settings,
                stop,
                lambda p: advance(p.done, p.total, f"{p.failed} failed" if p.failed else ""),
            )
        evaluation = evaluate(items, answers.get, other.get if other else None)
        report.write(items, answers, evaluation)
    left = state.total - state.done
    if json:
        told: dict[str, Any] = {
            "answered": state.done,
            "failed": state.failed,
            "skipped": state.skipped,
            "left": left,
            "output": str(output),
            "summary": str(report.summary_path(output)),
            "report": str(report.report_path(output)),
        }
        terminal.emit(told | ({"evaluation": evaluation.as_dict()} if evaluation else {}))
    terminal.say(
        f"{state.done} answered ({state.failed} failed), {state.skipped} were done before, "
        f"{left} left: {output}\nReport: {report.report_path(output)}"
    )
    if evaluation:
        terminal.say(_told(evaluation))
    raise typer.Exit(FAILED if left else DONE_WITH_FAILURES if state.failed else DONE)


def _asker(opened: Opened, workers: int, ray: Cluster | None, stack: ExitStack) -> Asker:
    """Who answers: a cluster that was asked for; processes where the model computes in Python;
    else threads of this one.
    """
    from retort.agent.batch.asking import Here, open_here
    from retort.agent.batch.processes import Processes

    here = Here(opened.assistant)
    if ray:
        from retort.agent.batch import afar

        crew = ray.crew(partial(afar.opened, opened.assistant.settings))
        return afar.Afar(stack.enter_context(crew), here.stamp)
    if workers == 1 or not opened.assistant.is_planner:
        return here
    opener = partial(open_here, opened.assistant.settings)
    return stack.enter_context(Processes(opener, workers, here.stamp))


def _told(evaluation: Evaluation) -> str:
    """The evaluation in one line."""
    names = ("accuracy", "coverage", "precision", "citation_hits")
    found = [(name.replace("_", " "), getattr(evaluation.all, name)) for name in names]
    shares = ", ".join(f"{name} {each.told()}" for name, each in found if each)
    return f"Of {evaluation.all.questions} questions with a known answer or source: {shares}"
