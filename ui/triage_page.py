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
from typing import Any

from retort.agent.opening import Opened
from retort.agent.triage import criteria as criteria_of
from retort.agent.triage import excluding
from retort.agent.triage.progress import Progress
from retort.agent.triage.records import Criteria, Label, Shown
from retort.agent.triage.screening import Screening
from retort.retrieval.errors import RetortError
from retort.ui import render, triage_record, triage_side
from retort.ui.screenings import Screenings

log = logging.getLogger(__name__)

_BEGIN = (
    "<h2>Begin a screening</h2><p>Records come from RIS, nbib, PubMed XML, BibTeX, CSV or JSONL "
    "files, with or without earlier labels. Criteria may be left out; with them the first records "
    "are already the likely ones.</p>"
)
PATIENCE_SECONDS = 0.5
"""between two looks at how many records were read"""
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
            self.sought = gr.UploadButton(
                "Criteria from a file (text, Markdown, JSON)", size="sm", elem_id="criteria-file"
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
        acted = self.reader.act(act, None, screen, trigger_mode="once", **direct)
        acted.success(None, js="() => window.retortTriage.answered()")
        self.reader.refresh(
            refresh, None, [self.why, self.side], trigger_mode="always_last", **direct
        )
        self.reader.keep(keep, None, self.side, trigger_mode="multiple", **direct)
        sources = [self.name, self.upload, self.path]
        self.upload.upload(self.propose, sources, self.name, **direct)
        self.path.blur(self.propose, sources, self.name, **direct)
        boxes = [self.question, self.include, self.exclude, self.notice]
        self.sought.upload(self.fill, self.sought, boxes, **direct)
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
                ``because`` (a reason to exclude), ``held`` (the label that the tab shows),
                ``filter``, ``offset``: what the browser sent, so nothing in it is trusted.
        """
        what = str(said.get("act", ""))
        if what == "leave":
            return self._start()
        try:
            screening = self._screenings.open(str(said.get("screening") or ""))
            if what == "list":
                return {self.side: self._side(screening, said)}
            shown, done = _done(screening, what, said)
            return self._read(screening, shown, done=done)
        except RetortError as error:
            return self._failed(said, error)
        except Exception as error:
            return self._failed(said, _unforeseen(error))

    def keep(self, said: Mapping[str, Any]) -> dict[Any, Any]:
        """Keep a note on the record; what was decided of it stays."""
        try:
            screening = self._screenings.open(str(said.get("screening") or ""))
            screening.note(str(said.get("record") or ""), str(said.get("note") or ""))
            return {self.side: self._side(screening, said, self._screenings.is_judging)}
        except RetortError as error:
            return {self.side: render.notice_html(error)}

    def refresh(self, said: Mapping[str, Any]) -> dict[Any, Any]:
        """Reason, progress and decisions anew, once the record is shown."""
        try:
            screening = self._screenings.open(str(said.get("screening") or ""))
            if not said.get("record"):
                return {self.side: self._side(screening, said)}
            record = screening.show(str(said["record"])).record
            is_waiting = self._screenings.judge_soon(screening, record)
            reasons, trouble = (
                screening.reasons(record),
                self._screenings.trouble(screening, record),
            )
            why = triage_record.why_html(screening.criteria, reasons, trouble)
            return {self.why: why, self.side: self._side(screening, said, is_waiting)}
        except RetortError as error:
            return {self.side: render.notice_html(error)}

    def propose(self, name: str, uploaded: list[str] | None, path: str) -> str:
        """The name that was given, else one after the first file."""
        return name if name.strip() else self._screenings.proposed(_paths(uploaded, path))

    def fill(self, file: str) -> dict[Any, Any]:
        """Write the criteria of a file into the boxes, where they can be read and changed."""
        try:
            found = criteria_of.read(file)
        except RetortError as error:
            return {self.notice: render.notice_html(error)}
        return {
            self.question: found.question,
            self.include: "\n".join(found.include),
            self.exclude: "\n".join(found.exclude),
            self.notice: "",
        }

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
            paths = _paths(uploaded, path)
            name = self.propose(name, uploaded, path)
            screening, came = self._screenings.create(
                name, paths, is_library, _criteria(question, include, exclude)
            )
        except RetortError as error:
            yield {self.notice: render.notice_html(error)}
            return
        except Exception as error:
            yield {self.notice: render.notice_html(_unforeseen(error))}
            return
        while not screening.wait_for_first(PATIENCE_SECONDS):
            done, total = screening.counted
            told = f"Reading the words of {done:,} of {total:,} records"
            yield {self.notice: render.waiting_html(told)}
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

    def _read(
        self, screening: Screening, shown: Shown | None, notice: str = "", done: str = ""
    ) -> dict[Any, Any]:
        spans = screening.highlights(shown.record) if shown else ()
        reasons = screening.reasons(shown.record) if shown else ()
        return {
            self.reader: triage_record.reader_html(
                screening.name, shown, spans, reasons, notice, done
            ),
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
            + triage_side.export_html(screening.name, screening.prisma(), screening.excluded_for())
        )

    def _failed(self, said: Mapping[str, Any], error: RetortError) -> dict[Any, Any]:
        """The same record with what went wrong above it; without one, the start."""
        notice = render.notice_html(error)
        try:
            screening = self._screenings.open(str(said.get("screening") or ""))
            return self._read(screening, screening.next(), notice)
        except RetortError:
            return {**self._start(), self.listing: notice}


def _done(screening: Screening, what: str, said: Mapping[str, Any]) -> tuple[Shown | None, str]:
    """Do one thing with a screening; gives the record to show then, and what was done."""
    record_id = str(said.get("record") or "")
    if what in triage_record.WORDS:
        return _decided(screening, what, said)
    if what == "show":
        return screening.show(record_id), ""
    if what == "undo":
        back = screening.undo()
        if back is None:
            return screening.next(), "There is nothing to take back."
        return back, triage_record.done_text("Taken back", back.record)
    if what == "redo":
        again = screening.redo()
        if again is None or again.decision is None:
            return screening.next(), "There is nothing to bring back."
        word = triage_record.WORDS[again.decision.label].capitalize()
        return screening.next(), triage_record.done_text(f"{word} again", again.record)
    return screening.next(), ""


def _decided(
    screening: Screening, label: Label, said: Mapping[str, Any]
) -> tuple[Shown | None, str]:
    """Keep a decision, unless another tab has made one since this tab showed the record."""
    before = screening.show(str(said.get("record") or ""))
    held = before.decision.label if before.decision else ""
    if str(said.get("held", held)) != held:
        if held == label:  # the same key, come twice
            return screening.next(), ""
        now = triage_record.WORDS[before.decision.label] if before.decision else "undecided"
        return before, f"Nothing was changed: in another tab this record became {now}."
    because, note = str(said.get("because") or ""), str(said.get("note", before.note)).strip()
    note = excluding.noted(screening.criteria, label, because, note)
    if before.note and not note:
        screening.note(before.record.id, "")
    word = triage_record.WORDS[label].capitalize() + (f" ({because})" if because else "")
    following = screening.decide(before.record.id, label, note)
    return following, triage_record.done_text(word, before.record)


def _listed(
    screening: Screening, progress: Progress, kind: str, offset: int
) -> tuple[Sequence[Shown], int]:
    """One page of the decisions of a kind, and how many there are of it; under conflicts, the
    records that came with contradictory labels.
    """
    end = offset + triage_side.PAGE
    if kind == "conflict":
        ids = screening.facts["conflicts"]
        return [screening.show(record_id) for record_id in ids[offset:end]], len(ids)
    counts: dict[Label, int] = {
        "include": progress.included,
        "exclude": progress.excluded,
        "maybe": progress.maybe,
    }
    label = next((label for label in counts if label == kind), None)
    total = counts[label] if label else sum(counts.values())
    return screening.decisions(label, offset, end), total


def _paths(uploaded: Sequence[str] | None, path: str) -> list[Path]:
    named = [Path(path.strip()).expanduser()] if path.strip() else []
    return [*map(Path, uploaded or ()), *named]


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
