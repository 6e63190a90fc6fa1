"""Options that several commands share, said once."""

from __future__ import annotations

from typing import Annotated

import typer

JSON = Annotated[bool, typer.Option("--json", help="Machine-readable result on stdout.")]
Model = Annotated[
    str | None,
    typer.Option(
        help="embedded, hf:NAME-OR-PATH, http(s)://HOST:PORT/v1#MODEL or auto (RETORT_MODEL)."
    ),
]
Library = Annotated[
    str | None,
    typer.Option(
        help="The library to use: a name, or postgresql://USER@HOST:PORT/DATABASE?library=NAME "
        "(RETORT_LIBRARY; default: default)."
    ),
]
NoTools = Annotated[
    bool,
    typer.Option("--no-tools", help="Ask the model alone, from memory, to compare; cites nothing."),
]
