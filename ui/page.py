"""The chat page: Gradio over the assistant's events. All of Gradio in Retort is in this file.

The page is a function of typed events; what an answer looks like is ``render``. It listens on this
machine
only, shares nothing, loads nothing from other hosts.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Iterator
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from retort.agent.opening import Opened
from retort.agent.records import Answer, Finished, TextDelta, ToolFinished, ToolStarted
from retort.retrieval.errors import RetortError
from retort.tools.records import Evidence
from retort.ui import render, terminal

if TYPE_CHECKING:
    import gradio as gr

EXAMPLES = (
    "Which CYP2C9 variants lower the warfarin dose?",
    "Which compounds in ChEMBL inhibit EGFR with an IC50 below 10 nM?",
    "Is CC(=O)Nc1ccc(O)cc1 soluble in water, and is it a hERG risk?",
    "What is the mechanism of action of osimertinib, and does it pass Lipinski's rules?",
)
"""Literature, look-up, prediction, mixed."""

CONTENT_POLICY = (
    "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; img-src 'self' data: blob:; "
    "connect-src 'self' ws: wss:; font-src 'self' data:; object-src 'none'; frame-src 'none'"
)
"""The browser itself refuses what the escaping might miss: no request leaves for another host."""

CONTEXT_CHARACTERS = 300
"""Stored text shown before and after a quote."""


class Chat:
    """The conversations of one page server: what runs, and how events become messages."""

    def __init__(self, opened: Opened) -> None:
        self.opened = opened
        self.assistant = opened.assistant
        self._running: dict[str, threading.Event] = {}

    def stop(self, session: str) -> None:
        """Stop what the conversation is waiting for; what was written stays."""
        if cancel := self._running.get(session):
            cancel.set()

    def respond(
        self, question: str, history: list[Any], session: str
    ) -> Iterator[tuple[list[Any], dict[str, Any]]]:
        """Answer one question; yields the growing list of messages, and whether Stop is live."""
        import gradio as gr

        cancel = threading.Event()
        self._running[session] = cancel
        messages = [*history, gr.ChatMessage(role="user", content=render.plain_markdown(question))]
        turn = _TurnMessages(self)
        yield [*messages, *turn.waiting()], gr.update(interactive=True)
        try:
            for event in self.assistant.ask(question, session, cancel):
                turn.take(event)
                yield [*messages, *turn.messages()], gr.update(interactive=True)
        except RetortError as error:
            turn.fail(error)
        finally:
            self._running.pop(session, None)
        yield [*messages, *turn.messages()], gr.update(interactive=False)

    def final_markdown(self, answer: Answer) -> str:
        """A finished answer with its sources, molecules and checks."""
        parts = (
            render.answer_markdown(answer),
            render.error_html(answer),
            render.checks_html(answer),
            render.sources_html(answer, self.surroundings),
            render.molecules_html(answer, _draw),
        )
        return "\n\n".join(part for part in parts if part)

    def surroundings(self, evidence: Evidence) -> tuple[str, str]:
        """The stored text around a literature quote; nothing where the paper is gone."""
        try:
            paper = self.assistant.benches.library().paper(str(evidence.record.get("paper_id", "")))
        except RetortError:
            return "", ""
        if paper is None or evidence.start is None or evidence.end is None:
            return "", ""
        before = paper.text[max(0, evidence.start - CONTEXT_CHARACTERS) : evidence.start]
        after = paper.text[evidence.end : evidence.end + CONTEXT_CHARACTERS]
        return before, after


class _TurnMessages:
    """The messages of one question, grown by its events."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat
        self._tools: dict[str, Any] = {}
        self._started: dict[str, float] = {}
        self._text = ""
        self._final: str | None = None

    def waiting(self) -> list[Any]:
        import gradio as gr

        return [_folded(gr, "Thinking about the question", "", "pending")]

    def take(self, event: Any) -> None:
        import gradio as gr

        if isinstance(event, ToolStarted):
            self._text = ""
            self._started[event.id] = time.monotonic()
            self._tools[event.id] = _folded(gr, event.title, "", "pending")
        elif isinstance(event, ToolFinished):
            body = render.tool_markdown(event.call.args, event.text)
            title = event.title if event.call.status == "ok" else f"Failed: {event.title}"
            self._tools[event.id] = _folded(gr, title, body, "done", event.call.seconds)
        elif isinstance(event, TextDelta):
            self._text += event.text
        elif isinstance(event, Finished):
            self._final = self._chat.final_markdown(event.answer)

    def fail(self, error: RetortError) -> None:
        blank = Answer("", "", "failed", "", error=error.as_dict())
        self._final = render.error_html(blank)

    def messages(self) -> list[Any]:
        import gradio as gr

        made = list(self._tools.values())
        if self._final is not None:
            return [*made, gr.ChatMessage(role="assistant", content=self._final)]
        if self._text:
            return [
                *made,
                gr.ChatMessage(role="assistant", content=render.plain_markdown(self._text)),
            ]
        return made or self.waiting()


def _folded(gr: Any, title: str, body: str, status: str, seconds: float | None = None) -> Any:
    """One line for a tool, closed until it is opened."""
    metadata: dict[str, Any] = {"title": title, "status": status}
    if seconds is not None:
        metadata["duration"] = round(seconds, 2)
    return gr.ChatMessage(role="assistant", content=body, metadata=metadata)


def _draw(smiles: str) -> str:
    from retort.tools.depict import svg

    try:
        return svg(smiles, width=240, height=160)
    except RetortError:
        return ""


def build(opened: Opened) -> gr.Blocks:
    """The page, not yet served."""
    import gradio as gr

    chat = Chat(opened)
    with gr.Blocks(title="Retort", analytics_enabled=False, fill_height=True) as page:
        gr.Markdown("# Retort", elem_id="retort-title")
        gr.Markdown(render.plain_markdown(opened.status_line()), elem_id="status")
        session = gr.State(lambda: f"page-{uuid.uuid4().hex[:12]}")
        chatbot = gr.Chatbot(
            label="Conversation",
            elem_id="chat",
            scale=1,
            buttons=["copy"],
            latex_delimiters=[],
            placeholder="Answers come with their sources, each opened by its number.",
        )
        with gr.Row():
            examples = [gr.Button(text, size="sm") for text in EXAMPLES]
        with gr.Row():
            question = gr.Textbox(
                placeholder="Ask about a drug, a target, a structure, a finding ...",
                show_label=False,
                container=False,
                scale=8,
                autofocus=True,
            )
            send = gr.Button("Ask", variant="primary", scale=1)
            stop = gr.Button("Stop", variant="stop", scale=1, interactive=False)
        _wire(gr, chat, session, chatbot, question, send, stop, examples)
    return page


def _wire(
    gr: Any,
    chat: Chat,
    session: Any,
    chatbot: Any,
    question: Any,
    send: Any,
    stop: Any,
    examples: list[Any],
) -> None:
    asked = gr.State("")

    def take(text: str) -> tuple[str, str]:
        return "", text

    def respond(text: str, history: list[Any], name: str) -> Iterator[Any]:
        if not text.strip():
            yield history, gr.update(interactive=False)
            return
        yield from chat.respond(text, history, name)

    for trigger in (question.submit, send.click):
        trigger(take, question, [question, asked], show_progress="hidden").then(
            respond,
            [asked, chatbot, session],
            [chatbot, stop],
            show_progress="hidden",
            api_name="ask" if trigger is send.click else False,
        )
    for button in examples:
        button.click(respond, [button, chatbot, session], [chatbot, stop], show_progress="hidden")
    stop.click(chat.stop, session, None, queue=False, show_progress="hidden")


def serve(opened: Opened, host: str, port: int) -> None:
    """Serve the page until it is interrupted; prints its address.

    Raises:
        RetortError: the port is taken.
    """
    import gradio as gr

    page = build(opened)
    page.queue(default_concurrency_limit=4, max_size=64)
    try:
        page.launch(
            server_name=host,
            server_port=port,
            share=False,
            quiet=True,
            prevent_thread_lock=True,
            theme=gr.themes.Base(font=["system-ui", "sans-serif"], font_mono=["monospace"]),
            css=(files("retort.ui") / "page.css").read_text(encoding="utf-8"),
            head=f'<meta http-equiv="Content-Security-Policy" content="{CONTENT_POLICY}">',
        )
    except OSError as error:
        raise RetortError(
            f"Cannot listen on {host}:{port}.", f"{error}.", f"retort chat --port {port + 1}"
        ) from error
    print(f"http://{host}:{port}", flush=True)
    terminal.say("Ctrl-C ends the page; conversations are saved.")
    page.block_thread()
