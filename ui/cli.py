"""The command line: ``retort ask``, ``chat``, ``batch`` and ``doctor``, and the other groups'
commands.

Results go to stdout, progress and messages to stderr. Exit codes: 0 done, 1 failed, 2 wrong use, 3
done with failures. Heavy packages are imported by the command that needs them, so that ``--help``
is quick.
"""

from __future__ import annotations

import logging
import os
import sys
import uuid
from importlib.metadata import version
from typing import Annotated

import typer

from retort.agent.settings import Settings, silence_telemetry
from retort.retrieval.errors import RetortError, UsageError
from retort.ui import (
    cli_batch,
    cli_calculate,
    cli_chembl,
    cli_draw,
    cli_export,
    cli_fetch,
    cli_library,
    cli_models,
    cli_predictors,
    cli_series,
    cli_tools,
    cli_triage,
    rows,
    terminal,
)
from retort.ui.interrupt import stop_on_interrupt
from retort.ui.options import JSON, Library, Model, NoTools

DONE, FAILED, WRONG_USE, DONE_WITH_FAILURES = 0, 1, 2, 3
INTERRUPTED = 130
"""What a shell expects of a command that Ctrl-C ended."""

app = typer.Typer(
    name="retort",
    help="A research assistant for drug discovery that answers with its sources.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
cli_library.app.command()(cli_fetch.fetch)
app.add_typer(cli_library.app, name="library")
app.add_typer(cli_predictors.app, name="predictors")
app.add_typer(cli_chembl.app, name="chembl")
app.add_typer(cli_triage.app, name="triage")
app.command()(cli_library.search)
app.command()(cli_batch.batch)
app.command("tools")(cli_tools.list_tools)
app.command("call")(cli_tools.call)
app.command()(cli_tools.predict)
app.command()(cli_series.series)
app.command()(cli_series.conformers)
app.command()(cli_calculate.calculate)
app.command()(cli_export.export)
app.command()(cli_models.models)
app.command()(cli_draw.draw)


@app.callback(invoke_without_command=True)
def root(
    show_version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """A research assistant for drug discovery that answers with its sources."""
    if show_version:
        print(f"retort {version('retort')}")
        raise typer.Exit


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="The question, in quotes.")],
    session: Annotated[str | None, typer.Option(help="Conversation to continue, by name.")] = None,
    model: Model = None,
    library: Library = None,
    no_tools: NoTools = False,
    json: JSON = False,
) -> None:
    """Answer one question with its sources."""
    from retort.agent.opening import open_assistant

    opened = open_assistant(
        Settings.from_environment(model=model, library=library, no_tools=no_tools)
    )
    stop = stop_on_interrupt()
    events = opened.assistant.ask(question, session, stop)
    if not json:
        terminal.say(opened.status_line())
    answer = terminal.follow(events, show=not json, stream=sys.stdout.isatty())
    if json:
        terminal.emit(answer.as_dict())
    else:
        terminal.show_sources(answer)
        for table in answer.tables:
            terminal.tell(f"\n{rows.table_text(table)}")
            all_rows = f"retort export {answer.id} --format csv --output FILE.csv"
            terminal.say(f"{rows.said(table)}; all, as CSV or SDF: {all_rows}")
    if answer.error:
        terminal.show_error(RetortError(**answer.error))
    if answer.status == "failed":
        raise typer.Exit(FAILED)
    raise typer.Exit(DONE_WITH_FAILURES if answer.error else DONE)


@app.command()
def chat(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 7860,
    model: Model = None,
    library: Library = None,
) -> None:
    """Open the chat page and print its address."""
    from retort.agent.opening import open_assistant

    opened = open_assistant(Settings.from_environment(model=model, library=library))
    terminal.say(opened.status_line())
    from retort.ui.page import serve

    serve(opened, host, port)


@app.command()
def doctor(json: JSON = False) -> None:
    """Say how every part is, and what to do where it is not well."""
    from retort.agent.doctor import examine

    findings = examine(Settings.from_environment())
    if json:
        terminal.emit([finding.as_dict() for finding in findings])
    else:
        for finding in findings:
            print(f"{finding.state:8} {finding.part:11} {finding.cause}")
            if finding.fix:
                print(f"{'':20} -> {finding.fix}")
    raise typer.Exit(FAILED if any(finding.state == "broken" for finding in findings) else DONE)


def main() -> None:
    """The entry point: runs a command and turns errors into messages and exit codes."""
    silence_telemetry()
    # A caller that closed one of them wants none of it, which is no failure.
    sys.stdout = sys.stdout or open(os.devnull, "w")
    sys.stderr = sys.stderr or open(os.devnull, "w")
    try:
        app()
    except RetortError as error:
        _refuse(error)
        sys.exit(WRONG_USE if isinstance(error, UsageError) else FAILED)
    except (KeyboardInterrupt, SystemExit) as end:  # Typer turns the one into the other
        if isinstance(end, SystemExit) and end.code != INTERRUPTED:
            raise
        terminal.say("Stopped. What was saved before is kept; run the command again to go on.")
        sys.exit(INTERRUPTED)
    except Exception as error:  # the last line of defence: a user never sees a traceback
        _refuse(_unexpected(error))
        sys.exit(FAILED)


def _refuse(error: RetortError) -> None:
    if "--json" in sys.argv:
        terminal.emit({"error": error.as_dict()})
    terminal.show_error(error)


def _unexpected(error: Exception) -> RetortError:
    """An error that nobody foresaw: its traceback goes to the log, its id to the user."""
    from retort.agent.opening import keep_log

    error_id = uuid.uuid4().hex[:8]
    try:
        settings = Settings.from_environment()
        keep_log(settings)
        logging.getLogger("retort").error("error id %s", error_id, exc_info=error)
        where = f" (error {error_id} in {settings.log_path})"
    except (RetortError, OSError):
        where = ""
    if isinstance(error, OSError) and error.strerror:
        what = f"Cannot read or write {error.filename or 'what the command needs'}."
        following = "Check the path, its permissions and the free space, then repeat the command."
        return RetortError(what, f"{error.strerror}{where}.", following)
    why = f"{type(error).__name__}: {error}{where}."
    return RetortError("The command failed.", why, "retort doctor")


if __name__ == "__main__":
    main()
