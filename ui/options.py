"""Options that several commands share, said once."""

from __future__ import annotations

from typing import Annotated, Literal

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
Engine = Annotated[
    Literal["local", "ray"],
    typer.Option(help="Where the work is done: on this machine, or by a Ray cluster."),
]
Address = Annotated[
    str,
    typer.Option(
        help="With --engine ray: HOST:PORT of the cluster, or auto; none: one is started here."
    ),
]
