"""One progress bar for every long command: rate and time left, on stderr, quiet where that is no
terminal.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Advance = Callable[[int, int, str], None]
"""``advance(done, total, note)``"""


@contextmanager
def bar(verb: str) -> Iterator[Advance]:
    """A progress bar titled with a verb: "Reading 12 of 80 ..."."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        Task,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.text import Text

    class Rate(ProgressColumn):
        """What is done in a second; a minute's where that is less than one."""

        def render(self, task: Task) -> Text:
            if not task.speed:
                return Text("")
            many = task.speed >= 1
            return Text(f"{task.speed:,.0f}/s" if many else f"{60 * task.speed:.0f}/min")

    columns = (
        TextColumn(verb),
        BarColumn(),
        MofNCompleteColumn(),
        Rate(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
    )
    console = Console(file=sys.stderr)
    with Progress(*columns, console=console, disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task(verb, total=None, note="")

        def advance(done: int, total: int, note: str = "") -> None:
            progress.update(task, completed=done, total=total, note=note[-60:])

        yield advance
