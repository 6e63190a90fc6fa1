"""The chat page: Gradio's components and what their events do; and how both pages are served.

What runs and what was said is ``conversations``, what an answer looks like is ``render``. The page
listens on this machine only, shares nothing, keeps no text in the browser, loads nothing from
other hosts.

Annotations are evaluated here: Gradio reads them to hand event data to a handler.
"""

import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from retort.agent.opening import Opened
from retort.retrieval.errors import RetortError
from retort.ui import downloads, render, screenings, terminal, triage_page
from retort.ui.conversations import Conversations, Listed, Shown
from retort.ui.figures import Drawing
from retort.ui.policy import Policy
from retort.ui.screenings import Screenings

if TYPE_CHECKING:
    import gradio as gr

EXAMPLES = (
    "Which CYP2C9 variants lower the warfarin dose?",
    "Which compounds in ChEMBL inhibit EGFR with an IC50 below 10 nM?",
    "Is CC(=O)Nc1ccc(O)cc1 soluble in water, and is it a hERG risk?",
    "What is the mechanism of action of osimertinib, and does it pass Lipinski's rules?",
)
"""Literature, look-up, prediction, mixed."""

SHORTEST_PAUSE = 0.08
LONGEST_PAUSE = 1.0
"""Seconds between two pictures of an answer that is being written: at least, and with no news."""

_KEEP = "(name) => sessionStorage.setItem('retort-conversation', name || '')"
_RECALL = """(view, name, wide) => [
    view, sessionStorage.getItem('retort-conversation') || '', window.innerWidth > 900
]"""
"""A tab remembers the name of its conversation, so that a reload comes back to it. Not in the
page's address: its links ``#a..`` would then lead to another page."""


@dataclass(slots=True)
class View:
    """Which conversation a page shows. Changed in place, so that whoever draws it notices."""

    name: str = ""
    is_wide: bool = True
    """whether the list of conversations has room beside the messages"""

    def current(self) -> str:
        """The conversation's name; a new one where the page has none yet."""
        self.name = self.name or f"chat-{uuid.uuid4().hex[:12]}"
        return self.name


class Page:
    """The components of the page and the handlers of their events."""

    def __init__(self, opened: Opened, conversations: Conversations) -> None:
        import gradio as gr

        self._gr = gr
        self._opened = opened
        self._conversations = conversations
        self.view = gr.State(View())
        self.recalled = [gr.Textbox(visible=False), gr.Checkbox(visible=False)]
        with gr.Sidebar(width=280, elem_id="sidebar", open=False) as self.sidebar:
            self.new = gr.Button("New conversation", size="sm", elem_id="new")
            gr.HTML("Earlier conversations", elem_id="listing-title")
            self.listing = gr.Radio(
                [], label="Earlier conversations", elem_id="listing", container=False
            )
        self.header = gr.HTML(render.header_html("", "chat"), elem_id="header-block")
        self.chat = gr.Chatbot(
            elem_id="chat",
            show_label=False,
            container=False,
            scale=1,
            min_height=200,
            layout="panel",
            buttons=[],
            latex_delimiters=[],
            placeholder=_PLACEHOLDER,
            examples=[{"text": text} for text in EXAMPLES],
        )
        self.notice = gr.HTML(elem_id="notice")
        with gr.Row(elem_id="ask-row"):
            self.question = gr.Textbox(
                placeholder="Ask about a drug, a target, a structure, a finding ...",
                label="Question",
                show_label=False,
                container=False,
                scale=8,
                min_width=200,
                max_lines=8,
                autofocus=True,
                elem_id="question",
            )
            self.send = gr.Button("Ask", variant="primary", scale=1, min_width=80, elem_id="send")
            self.stop = gr.Button("Stop", interactive=False, scale=1, min_width=80, elem_id="stop")
        self.screen = [
            self.chat,
            self.send,
            self.stop,
            self.listing,
            self.sidebar,
            self.notice,
        ]
        self._wire()

    def _wire(self) -> None:
        import gradio as gr

        def pick(view: View, picked: gr.SelectData) -> Iterator[dict[Any, Any]]:
            yield from self.ask(picked.value["text"], view)

        def rate(view: View, thumb: gr.LikeData) -> None:
            self.rate(view, thumb.index, thumb.liked)

        screen = self.screen
        common: dict[str, Any] = {
            "show_progress": "hidden",
            "trigger_mode": "multiple",
            "api_visibility": "private",
        }
        for trigger in (self.question.submit, self.send.click):
            trigger(self.ask, [self.question, self.view], [self.question, *screen], **common)
        self.chat.example_select(pick, self.view, [self.question, *screen], **common)
        self.listing.input(self.open, [self.listing, self.view], screen, **common)
        self.new.click(self.begin, self.view, screen, **common)
        self.stop.click(self.halt, self.view, self.stop, queue=False, **common)
        self.chat.like(rate, self.view, None, **common)
        self.listing.change(None, self.listing, None, js=_KEEP)

    def ask(self, text: str, view: View) -> Iterator[dict[Any, Any]]:
        """Begin to answer, then show the answer as it grows; a question not taken stays."""
        try:
            self._conversations.start(view.current(), text)
        except RetortError as error:
            yield {self.notice: render.notice_html(error)}
            return
        first = True
        for update in self.follow(view):
            yield update | ({self.question: ""} if first else {})
            first = False

    def open(self, name: str, view: View) -> Iterator[dict[Any, Any]]:
        """Show an earlier conversation, and follow it where it still runs."""
        view.name = name
        yield from self._aside(view)
        yield from self.follow(view)

    def begin(self, view: View) -> Iterator[dict[Any, Any]]:
        """Begin a new conversation; what runs in another goes on."""
        view.name = ""
        view.current()
        yield from self._aside(view)
        yield from self.follow(view)

    def _aside(self, view: View) -> Iterator[dict[Any, Any]]:
        """On a narrow page the list lies over the messages: out of the way once one is chosen."""
        if not view.is_wide:
            yield {self.sidebar: self._gr.update(open=False)}

    def load(self, view: View, asked: str, is_wide: bool) -> Iterator[dict[Any, Any]]:
        """Fill a fresh page; its tab may recall the conversation it showed before."""
        view.is_wide = is_wide
        yield {
            self.header: render.header_html(self._opened.status_line(), "chat"),
            self.sidebar: self._gr.update(open=is_wide),
        }
        if asked in {item.name for item in self._conversations.listing()}:
            view.name = asked
        yield from self.follow(view)

    def halt(self, view: View) -> Any:
        """Stop what this page is waiting for."""
        self._conversations.stop(view.current())
        return self._gr.update(interactive=False)

    def rate(self, view: View, index: Any, liked: Any) -> None:
        """Keep a thumb, up or down; a thumb taken back is kept as well."""
        shown = self._conversations.shown(view.current())
        answer_id = shown[index if isinstance(index, int) else index[0]].answer_id
        opinion = {"Like": True, True: True, "Dislike": False, False: False}.get(liked)
        if answer_id:
            self._conversations.rate(answer_id, opinion)

    def follow(self, view: View) -> Iterator[dict[Any, Any]]:
        """The screen of a conversation, again and again until nothing runs in it any more.

        Where the page has meanwhile gone to another conversation, the last screen is that one's:
        Gradio shows the last thing a handler yields once more when it ends.
        """
        name = view.current()
        version, was_busy = -1, None
        while True:
            is_elsewhere = view.name != name
            name = view.current()
            turn = self._conversations.turn(name)
            busy = turn is not None
            update = {self.chat: self._chat(name)}
            if busy != was_busy or is_elsewhere:
                update |= self._frame(name, busy)
            yield update
            if turn is None or is_elsewhere:
                return
            was_busy = busy
            version, done = turn.wait(version, LONGEST_PAUSE)
            if not done:
                time.sleep(SHORTEST_PAUSE)

    def _chat(self, name: str) -> Any:
        shown = self._conversations.shown(name)
        ratings = self._conversations.ratings(name)
        return self._gr.update(
            value=[item.message for item in shown], feedback_value=_thumbs(shown, ratings)
        )

    def _frame(self, name: str, busy: bool) -> dict[Any, Any]:
        """Everything around the messages."""
        update = self._gr.update
        choices = [(_label(item), item.name) for item in self._conversations.listing()]
        known = any(item == name for _, item in choices)
        return {
            self.send: update(interactive=not busy),
            self.stop: update(interactive=busy),
            self.listing: update(choices=choices, value=name if known else None),
            self.notice: "",
        }


_PLACEHOLDER = (
    "<h2>Ask about a drug, a target or a finding</h2>"
    "<p>Every statement of an answer carries a number that opens its source.</p>"
)


def _label(item: Listed) -> str:
    """A conversation in the list: when, and on the next line what it began with."""
    if item.updated is None:
        return f"answering now\n{item.title}"
    then, now = time.localtime(item.updated), time.localtime()
    pattern = "%H:%M" if then[:3] == now[:3] else "%d %b %Y, %H:%M"
    return f"{time.strftime(pattern, then)}\n{item.title}"


def _thumbs(shown: list[Shown], ratings: dict[str, bool]) -> list[str | None]:
    """The thumb of each message of the assistant, in order."""
    words = {True: "Like", False: "Dislike", None: None}
    return [
        words[ratings.get(item.answer_id)] for item in shown if item.message["role"] == "assistant"
    ]


def build(opened: Opened, conversations: Conversations, screenings: Screenings) -> "gr.Blocks":
    """The chat page and the triage page, not yet served."""
    import gradio as gr

    with gr.Blocks(title="Retort", analytics_enabled=False, fill_height=True) as blocks:
        page = Page(opened, conversations)

        blocks.load(
            page.load,
            [page.view, *page.recalled],
            [page.header, *page.screen],
            js=_RECALL,
            show_progress="hidden",
            api_visibility="private",
        )
    triage_page.build(blocks, screenings, opened)
    return blocks


def serve(opened: Opened, host: str, port: int, draw: Drawing | None = None) -> None:
    """Serve the page until it is interrupted; prints its address.

    What is being written when the interrupt comes is stopped and saved. The server itself ends
    with the process: to wait for open browser tabs would only make Ctrl-C slow.

    Args:
        opened: the assistant and how it was chosen.
        host: address to listen on; 127.0.0.1 keeps the page on this machine.
        port: to listen on.
        draw: makes the drawing of a structure; RDKit's by default.

    Raises:
        RetortError: the port is taken.
    """
    import gradio as gr
    from starlette.middleware import Middleware

    conversations = Conversations(opened.assistant, draw or _draw)
    sittings = Screenings(opened.assistant)
    page = build(opened, conversations, sittings)
    page.queue(default_concurrency_limit=32, max_size=256)
    try:
        page.launch(
            server_name=host,
            server_port=port,
            share=False,
            quiet=True,
            prevent_thread_lock=True,
            ssr_mode=False,
            run_history=False,
            footer_links=[],
            theme=gr.themes.Base(font=["system-ui", "sans-serif"], font_mono=["monospace"]),
            css="".join(
                (files("retort.ui") / name).read_text(encoding="utf-8")
                for name in ("page.css", "triage.css")
            ),
            app_kwargs={
                "middleware": [Middleware(Policy)],
                "routes": [downloads.route(conversations.tables), screenings.route(sittings)],
            },
        )
    except OSError as error:
        raise RetortError(
            f"Cannot listen on {host}:{port}.",
            "The port is taken, or the address is none of this machine's.",
            f"retort chat --port {port + 1}",
        ) from error
    print(f"http://{host}:{port}", flush=True)
    terminal.say("Ctrl-C ends the page; conversations are saved.")
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        conversations.close()
        sittings.close()


def _draw(
    smiles: str,
    weights: Sequence[float] = (),
    highlight: Sequence[int] = (),
    among: Sequence[str] = (),
) -> str:
    """RDKit's drawing, made on this machine; a frame that says so where there is none."""
    from retort.tools import depict, sheets

    try:
        if weights:
            return depict.draw_weights(smiles, weights)
        core = _core(tuple(among))
        return depict.draw(smiles, 240, 160, highlight=highlight, core=core)
    except RetortError:
        return sheets.svg([sheets.Cell(smiles)], width=240, height=160)


@lru_cache(maxsize=8)
def _core(among: tuple[str, ...]) -> Any:
    """What structures share, found once for all their drawings."""
    from retort.tools import sheets, structures

    read = (structures.read_smiles(smiles)[0] for smiles in among)
    return sheets.common_core([molecule for molecule in read if molecule is not None])
