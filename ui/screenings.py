"""The screenings of one page server: each is opened once, however many tabs show it.

Knows no Gradio.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from retort.agent.models import cancellation
from retort.agent.triage import intake, judging
from retort.agent.triage.records import Criteria, Record
from retort.agent.triage.screening import Screening
from retort.agent.triage.store import Summary
from retort.retrieval.errors import RetortError, UsageError

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

    from retort.agent.assistant import Assistant

log = logging.getLogger(__name__)

LONGEST_PROPOSED = 60
"""characters of a file's name"""
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "ris": "application/x-research-info-systems; charset=utf-8",
}


class Screenings:
    """Opens, begins and exports screenings. Safe to call from several threads."""

    def __init__(self, assistant: Assistant) -> None:
        self._path = assistant.settings.sessions_path
        self._benches = assistant.benches
        self._judge = judging.choose(assistant.model, assistant.model_name)
        self._judges = ThreadPoolExecutor(1, thread_name_prefix="judge")
        self._is_closing = threading.Event()
        self._asked: Future[object] | None = None
        self._asked_for = ("", "")
        self._lock = threading.Lock()
        self._opened: dict[str, Screening] = {}

    def listing(self) -> tuple[Summary, ...]:
        """All screenings, newest first."""
        return Screening.listing(self._path)

    def open(self, name: str) -> Screening:
        """Go on with a screening.

        Raises:
            UsageError: there is none of this name.
        """
        with self._lock:
            if name in self._opened and not self._opened[name].is_kept:  # deleted elsewhere
                self._opened.pop(name).close()
            if name not in self._opened:
                self._opened[name] = Screening.open(
                    self._path, name, self._benches.encoder(), self._judge
                )
            return self._opened[name]

    def proposed(self, paths: Sequence[Path]) -> str:
        """A name for a screening of these files that none has yet: that of the first one."""
        stem = " ".join(paths[0].resolve().stem.split())[:LONGEST_PROPOSED] if paths else ""
        taken = {summary.name for summary in self.listing()}
        names = (f"{stem} {number}" if number > 1 else stem for number in count(1))
        return next(name for name in names if name not in taken) if stem else ""

    def create(
        self, name: str, files: Sequence[Path], is_library: bool, criteria: Criteria
    ) -> tuple[Screening, intake.Intake]:
        """Begin a screening of files or of the library; gives what came in as well.

        Raises:
            RetortError: nothing was chosen or both, a file cannot be read, the name is taken.
        """
        if bool(files) == is_library:
            raise UsageError(
                "Choose either files or the library." if files else "Nothing to screen was chosen.",
                "A screening begins with records from one or the other.",
                "Upload a file, name a file or folder, or tick the library.",
            )
        if is_library:
            records = intake.from_library(self._benches.library())
        else:
            records = intake.from_files(files)
        encoder = self._benches.encoder()
        with self._lock:
            screening = Screening.create(
                self._path, name, records, criteria, encoder, judge=self._judge
            )
            self._opened[screening.name] = screening
        return screening, records

    def judge_soon(self, screening: Screening, record: Record) -> bool:
        """Have the model judge a record while it is being read; gives whether to look again.

        One record at a time: what was read on meanwhile is not judged any more.
        """
        if self._judge is None:
            return False
        if not self.is_judging and self._asked_for != (screening.name, record.id):
            self._asked_for = (screening.name, record.id)
            self._asked = self._judges.submit(self._judged, screening, record)
        return self.is_judging

    def _judged(self, screening: Screening, record: Record) -> None:
        """Its failure stays with the future, for `trouble`."""
        cancellation.set_current(self._is_closing)
        try:
            screening.judge(record)
        except Exception:
            log.exception("no verdict on %s", record.id)
            raise

    @property
    def is_judging(self) -> bool:
        """Whether the model is at a record."""
        return self._asked is not None and not self._asked.done()

    def trouble(self, screening: Screening, record: Record) -> RetortError | None:
        """Why the model gave no verdict on a record; None where it did, or was not asked."""
        asked = self._asked if self._asked_for == (screening.name, record.id) else None
        error = asked.exception() if asked and asked.done() else None
        return error if isinstance(error, RetortError) else None

    def close(self) -> None:
        """Stop the model and close every screening. What was decided is kept already."""
        self._is_closing.set()
        self._judges.shutdown(cancel_futures=True)
        with self._lock:
            for screening in self._opened.values():
                screening.close()
            self._opened.clear()


def address(name: str, format: Literal["csv", "ris"]) -> str:
    """Where the export of a screening is to be had."""
    from urllib.parse import quote

    return f"screenings/export.{format}?name={quote(name)}"


def route(screenings: Screenings) -> Route:
    """The route of all exports."""
    from starlette.responses import PlainTextResponse, Response
    from starlette.routing import Route

    def download(request: Request) -> Response:
        format: Literal["csv", "ris"] = request.path_params["format"]
        name = request.query_params.get("name", "")
        if format not in TYPES:
            return PlainTextResponse("There is no such format.", 404)
        try:
            text = screenings.open(name).export(format)
        except UsageError as error:
            return PlainTextResponse(error.what, 404)
        file = "".join(c if c.isascii() and c.isalnum() else "-" for c in name)[:60]
        return Response(
            text.encode("utf-8", "replace"),
            media_type=TYPES[format],
            headers={"content-disposition": f'attachment; filename="{file}.{format}"'},
        )

    return Route("/screenings/export.{format:str}", download, methods=["GET"])
