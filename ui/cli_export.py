"""The command ``retort export``: saved answers as files for other programs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from retort.agent.settings import Settings
from retort.ui import terminal
from retort.ui.files import write_whole
from retort.ui.options import JSON


def export(
    name: Annotated[str, typer.Argument(help="A session's name or an answer's id.")],
    format: Annotated[str, typer.Option(help="md, bib, ris, json, csv or sdf.")] = "md",
    output: Annotated[Path | None, typer.Option(help="File to write; default stdout.")] = None,
    cited: Annotated[
        bool, typer.Option("--cited", help="CSV, SDF: what is cited, not the tables.")
    ] = False,
    json: JSON = False,
) -> None:
    """Write a session or one answer as Markdown, BibTeX, RIS, JSON (also --json), CSV or SDF.

    BibTeX and RIS hold the cited papers only. CSV and SDF hold the tables that the answers rest on,
    whole; with --cited, or where there are none, what is cited, value by value. Where there is
    nothing to write, a message says so and the result is empty; that is no failure.
    """
    from retort.agent import export as exports
    from retort.agent.sessions import Sessions

    sessions = Sessions(Settings.from_environment().sessions_path)
    try:
        made = exports.export(exports.find(sessions, name), "json" if json else format, cited)
    finally:
        sessions.close()
    if made.note:
        terminal.say(made.note)
    if output is None:
        sys.stdout.write(made.text)
        sys.stdout.flush()
        return
    write_whole(output, made.text.encode("utf-8", "replace"))
    terminal.say(f"Written: {output}")
