"""The triage page: Gradio's components and what their events do.

The server keeps nothing of a tab: every key and click names the screening and the record it was
meant for, so that a tab works on after a restart and a late click never labels another record. What
records, progress and lists look like is in ``triage_record`` and ``triage_side``.

Annotations are evaluated here: Gradio reads them to hand event data to a handler.
"""

import logging
import uuid
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from retort.agent.opening import Opened
from retort.agent.triage import criteria as criteria_of
from retort.agent.triage.progress import Progress
from retort.agent.triage.records import Criteria, Shown
from retort.agent.triage.screening import Screening
from retort.retrieval.errors import RetortError
from retort.ui import render, triage_record, triage_side
from retort.ui.screenings import Screenings

if TYPE_CHECKING:
    pass

log = logging.getLogger(__name__)

_BEGIN = (
    "<h2>Begin a screening</h2><p>Records come from RIS, nbib, PubMed XML, BibTeX, CSV or JSONL "
    "files, with or without earlier labels. Criteria may be left out; with them the first records "
    "are already the likely ones.</p>"
)
_RECALL = "(name) => [sessionStorage.getItem('retort-screening') || '']"


class TriagePage:
    """The components of the page and the handlers of their events."""

    def __init__(self, screenings: Screenings, opened: Opened) -> None:
        import gradio as gr

        self._gr = gr
        self._screenings = screenings
        self._opened = opened
        self.recalled = gr.Textbox(visible=False)
        self.header = gr.HTML(
            render.header_html(opened.status_line(), "triage"), elem_id="header-block"
        )
        with gr.Column(elem_id="start", visible=False) as self.start:
            self.listing = gr.HTML(elem_id="screenings")
            gr.HTML(_BEGIN)
            self.name = gr.Textbox(label="Name", max_lines=1, elem_id="name")
            with gr.Row():
                self.upload = gr.File(
                    label="Records",
                    file_count="multiple",
                    height=160,
                    elem_id="upload",
                )
                with gr.Column():
                    self.path = gr.Textbox(
                        label="or a file or folder on this machine", max_lines=1, elem_id="path"
                    )
                    self.is_library = gr.Checkbox(
                        label="or every paper of the library that the chat answers from",
                        elem_id="is-library",
                    )
            self.question = gr.Textbox(
                label="Question of the review",
                placeholder="Do triptans relieve migraine in adults?",
                elem_id="sought",
            )
            with gr.Row():
                self.include = gr.Textbox(
                    label="Include (one criterion a line)", lines=3, elem_id="include"
                )
                self.exclude = gr.Textbox(
                    label="Exclude (one criterion a line)", lines=3, elem_id="exclude"
                )
            self.notice = gr.HTML(elem_id="begin-notice")
            self.begin = gr.Button("Begin screening", variant="primary", elem_id="begin")
        with gr.Row(elem_id="triage"):
            js = (files("retort.ui") / "triage.js").read_text(encoding="utf-8")
            self.reader = gr.HTML(
                elem_id="reader", js_on_load=js, apply_default_css=False, padding=False
            )
            self.why = gr.HTML(elem_id="why", apply_default_css=False, padding=False)
            self.side = gr.HTML(elem_id="side", apply_default_css=False, padding=False)
        self._wire()

    def _wire(self) -> None:
        import gradio as gr

        def act(event: gr.EventData) -> dict[Any, Any]:
            return self.act(event._data)

        def refresh(event: gr.EventData) -> dict[Any, Any]:
            return self.refresh(event._data)

        def keep(event: gr.EventData) -> dict[Any, Any]:
            return self.keep(event._data)

        screen = [self.reader, self.why, self.side, self.start, self.listing]
        common: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        direct = {**common, "queue": False}
        self.reader.act(act, None, screen, trigger_mode="once", **direct)
        self.reader.refresh(
            refresh, None, [self.why, self.side], trigger_mode="always_last", **direct
        )
        self.reader.keep(keep, None, [self.why, self.side], trigger_mode="multiple", **direct)
        self.begin.click(
            self.create,
            [
                *(self.name, self.upload, self.path, self.is_library),
                *(self.question, self.include, self.exclude),
            ],
            [*screen, self.notice],
            trigger_mode="once",
            **common,
        )

    def load(self, recalled: str) -> dict[Any, Any]:
        """Fill a fresh page: the screening that its tab showed before, else the start."""
        header = {self.header: render.header_html(self._opened.status_line(), "triage")}
        if recalled in {item.name for item in self._screenings.listing()}:
            return header | self.act({"act": "open", "screening": recalled})
        return header | self._start()

    def act(self, said: Mapping[str, Any]) -> dict[Any, Any]:
        """Do what a key or a button says, for the record that it was pressed for.

        Args:
            said: ``act`` and, as far as they matter, ``screening``, ``record``, ``note``,
                ``filter``, ``offset``: what the browser sent, so nothing in it is trusted.
        """
        what = str(said.get("act", ""))
        if what == "leave":
            return self._start()
        try:
            screening = self._screenings.open(str(said.get("screening") or ""))
            if what == "list":
                return {self.side: self._side(screening, said)}
            return self._read(screening, _done(screening, what, said))
        except RetortError as error:
            return self._failed(said, error)
        except Exception as error:
            return self._failed(said, _unforeseen(error))

    def keep(self, said: Mapping[str, Any]) -> dict[Any, Any]:
        """Keep a note on the record; what was decided of it stays."""
        try:
            screening = self._screenings.open(str(said.get("screening") or ""))
            screening.note(str(said.get("record") or ""), str(said.get("note") or ""))
        except RetortError as error:
            return {self.side: render.notice_html(error)}
        return self.refresh(said)

    def refresh(self, said: Mapping[str, Any]) -> dict[Any, Any]:
        """Reason, progress and decisions anew, once the record is shown."""
        try:
            screening = self._screenings.open(str(said.get("screening") or ""))
            if not said.get("record"):
                return {self.side: self._side(screening, said)}
            record = screening.show(str(said["record"])).record
            is_waiting = self._screenings.judge_soon(screening, record)
            why = triage_record.why_html(screening.criteria, screening.reasons(record))
            return {self.why: why, self.side: self._side(screening, said, is_waiting)}
        except RetortError as error:
            return {self.side: render.notice_html(error)}

    def create(
        self,
        name: str,
        uploaded: list[str] | None,
        path: str,
        is_library: bool,
        question: str,
        include: str,
        exclude: str,
    ) -> Iterator[dict[Any, Any]]:
        """Begin a screening and show its first record."""
        yield {self.notice: render.waiting_html("Reading the records")}
        try:
            paths = [Path(item) for item in uploaded or []]
            paths += [Path(path.strip()).expanduser()] if path.strip() else []
            screening, came = self._screenings.create(
                name.strip(), paths, is_library, _criteria(question, include, exclude)
            )
        except RetortError as error:
            yield {self.notice: render.notice_html(error)}
            return
        except Exception as error:
            yield {self.notice: render.notice_html(_unforeseen(error))}
            return
        notice = triage_record.intake_html(came)
        yield {self.notice: "", **self._read(screening, screening.next(), notice)}

    def _start(self) -> dict[Any, Any]:
        return {
            self.reader: "",
            self.why: "",
            self.side: "",
            self.start: self._gr.update(visible=True),
            self.listing: triage_side.listing_html(self._screenings.listing()),
        }

    def _read(self, screening: Screening, shown: Shown | None, notice: str = "") -> dict[Any, Any]:
        spans = screening.highlights(shown.record) if shown else ()
        reasons = screening.reasons(shown.record) if shown else ()
        return {
            self.reader: triage_record.reader_html(screening.name, shown, spans, reasons, notice),
            self.why: triage_record.why_html(screening.criteria, reasons),
            self.start: self._gr.update(visible=False),
        }

    def _side(self, screening: Screening, said: Mapping[str, Any], is_waiting: bool = False) -> str:
        kind = str(said.get("filter") or "all")
        kind = kind if kind in triage_side.FILTERS else "all"
        progress = screening.progress()
        offset = _number(said.get("offset"))
        listed, total = _listed(screening, progress, kind, offset)
        if offset and not listed:
            offset = 0
            listed, total = _listed(screening, progress, kind, offset)
        return (
            triage_side.progress_html(progress, is_waiting)
            + triage_side.decisions_html(listed, total, kind, offset)
            + triage_side.export_html(screening.name, screening.prisma())
        )

    def _failed(self, said: Mapping[str, Any], error: RetortError) -> dict[Any, Any]:
        """The same record with what went wrong above it; without one, the start."""
        notice = render.notice_html(error)
        try:
            screening = self._screenings.open(str(said.get("screening") or ""))
            return self._read(screening, screening.next(), notice)
        except RetortError:
            return {**self._start(), self.listing: notice}


def _done(screening: Screening, what: str, said: Mapping[str, Any]) -> Shown | None:
    """Do one thing with a screening; gives the record to show then."""
    record_id, note = str(said.get("record") or ""), str(said.get("note") or "").strip()
    if what in triage_record.WORDS:
        return screening.decide(record_id, what, note)
    if what == "show":
        return screening.show(record_id)
    if what == "undo":
        return screening.undo() or screening.next()
    return screening.next()


def _listed(
    screening: Screening, progress: Progress, kind: str, offset: int
) -> tuple[Sequence[Shown], int]:
    """One page of the decisions of a kind, and how many there are of it; under conflicts, the
    records that came with contradictory labels.
    """
    end = offset + triage_side.PAGE
    if kind == "all":
        return screening.decisions(end)[offset:], progress.screened + progress.maybe
    if kind == "conflict":
        ids = screening.facts["conflicts"]
        return [screening.show(record_id) for record_id in ids[offset:end]], len(ids)
    found = [s for s in screening.decisions() if s.decision and s.decision.label == kind]
    return found[offset:end], len(found)


def _criteria(question: str, include: str, exclude: str) -> Criteria:
    """What was written into the three boxes; a question alone may hold all of it, by its lines."""
    lines = [
        tuple(line.strip() for line in text.splitlines() if line.strip())
        for text in (include, exclude)
    ]
    if not any(lines) and "\n" in question.strip():
        return criteria_of.read(question)
    return Criteria(question.strip(), *lines)


def _number(value: object) -> int:
    text = str(value or "")
    return int(text) if text.isdecimal() and len(text) < 9 else 0


def _unforeseen(error: Exception) -> RetortError:
    error_id = uuid.uuid4().hex[:8]
    log.exception("triage page failed, error id %s", error_id)
    why = f"{type(error).__name__}: {error} (error {error_id} in the log)."
    return RetortError("The triage page could not do this.", why, "retort doctor")


def build(blocks: Any, screenings: Screenings, opened: Opened) -> None:
    """Add the page to the chat's server as ``/triage``."""
    with blocks.route("Triage", "/triage", show_in_navbar=False):
        page = TriagePage(screenings, opened)
        blocks.load(
            page.load,
            page.recalled,
            [page.header, page.reader, page.why, page.side, page.start, page.listing],
            js=_RECALL,
            show_progress="hidden",
            api_visibility="private",
        )
