"""The command ``retort export``: saved answers as files for other programs."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from retort.agent.settings import Settings
from retort.retrieval.errors import RetortError
from retort.ui import terminal
from retort.ui.options import JSON


def export(
    name: Annotated[str, typer.Argument(help="A session's name or an answer's id.")],
    format: Annotated[str, typer.Option(help="md, bib, ris, json, csv or sdf.")] = "md",
    output: Annotated[Path | None, typer.Option(help="File to write; default stdout.")] = None,
    json: JSON = False,
) -> None:
    """Write a session or one answer as Markdown, BibTeX, RIS, JSON (also --json), CSV or SDF.

    BibTeX and RIS hold the cited papers only. Where there is nothing to write, a message says so
    and the result is empty; that is no failure.
    """
    from retort.agent import export as exports
    from retort.agent.sessions import Sessions

    sessions = Sessions(Settings.from_environment().sessions_path)
    try:
        made = exports.export(exports.find(sessions, name), "json" if json else format)
    finally:
        sessions.close()
    if made.missing:
        terminal.say(made.missing)
    if output is None:
        sys.stdout.write(made.text)
        sys.stdout.flush()
        return
    _write(output, made.text)
    terminal.say(f"Written: {output}")


def _write(output: Path, text: str) -> None:
    """The file as a whole or not at all; a device or pipe is written to as it is."""
    is_special = output.exists() and not output.is_file()
    temporary = output if is_special else output.with_name(output.name + ".tmp")
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(text, encoding="utf-8", newline="")
        if not is_special:
            os.replace(temporary, output)
    except OSError as error:
        if not is_special:
            temporary.unlink(missing_ok=True)
        raise RetortError(
            f"Cannot write {output}.", f"{error.strerror}.", "Give another --output file."
        ) from error
