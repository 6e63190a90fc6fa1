"""A page in headless Chromium whose paper is full of traps: nobody is asked for anything."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from retort.agent.export import inert
from retort.agent.records import Answer, Citation
from retort.tools.records import Evidence
from retort.ui import render

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), ""
)
TRAPS = (
    "<img src={at}/1>",
    "![x]({at}/2)",
    "<iframe src={at}/3></iframe>",
    "<style>@import url({at}/4);</style>",
    "<link rel=prefetch href={at}/5>",
    "<link rel=stylesheet href={at}/6>",
    "<svg><image href={at}/7 /><use href={at}/8#a /></svg>",
    "<script>fetch('{at}/9')</script>",
    "<img src=x onerror=\"fetch('{at}/10')\">",
    '"><img src={at}/11>',
    "' style='background:url({at}/12)",
    "<object data={at}/13></object><embed src={at}/14><video src={at}/15 autoplay></video>",
    "<meta http-equiv=refresh content='0;url={at}/16'>",
    "[x](javascript:fetch('{at}/17'))",
    "</textarea></title></style></script><img src={at}/18>",
    "[1]: {at}/19\n![a][1]",
    "| a | b |\n|---|---|\n| ![x]({at}/20) | <img src={at}/21> |",
    "&lt;img src={at}/22&gt;",
)


@pytest.fixture
def listener() -> Iterator[tuple[str, list[str]]]:
    asked: list[str] = []

    class Listening(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Listening)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()


def trapped(at: str) -> str:
    """An answer, its source, its steps and its question, each full of traps, as the page has it."""
    text = "\n\n".join(trap.format(at=at) for trap in TRAPS)
    record = {
        "record": "passage", "journal": text, "section": text, "authors": [text, text],
        "retracted": True, "retraction": text, "year": text, "page": text,
    }  # fmt: skip
    paper = Evidence("literature", text, text, text, 0, 9, f"https://{text}", record)
    found = Evidence("chembl", text, text, text, url=text, record={"record": "x", text: text})
    answer = Answer(
        "a1", text, "answered", f"{text} [1][2]", model=text,
        citations=(Citation(1, paper), Citation(2, found)), unused=(paper,),
        molecules=({"handle": text, "name": text, "smiles": text, "inchikey": text},),
        error={"what": text, "why": text, "next": f"retort {text}"},
    )  # fmt: skip
    return "".join(
        (
            render.question_html(text),
            render.answer_html(answer, lambda _: (text, text), lambda *_, **__: ""),
            render.partial_html(text),
            render.tool_html(text, {text: text, "query": [text]}, text, 0.1, failed=True),
            render.waiting_html(text),
        )
    )


@pytest.mark.browser
@pytest.mark.skipif(not CHROMIUM, reason="no Chromium on this machine: sh scripts/chromium.sh")
def test_no_trap_in_a_paper_makes_the_page_ask_anybody(listener: tuple[str, list[str]]) -> None:
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    at, asked = listener
    with sync_api.sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        page = browser.new_page()
        page.set_content(f"<img src={at}/bare>")
        page.wait_for_load_state("networkidle")
        assert asked == ["/bare"], "what the listener would hear"
        asked.clear()
        page.set_content(f"<!doctype html><body>{trapped(at)}</body>")
        for folded in page.locator("details").all():
            folded.evaluate("element => element.open = true")
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(300)
        active = "img, iframe, script, style, link, object, embed, video, meta[http-equiv], image"
        assert page.locator(f"body :is({active})").count() == 0
        addresses = page.locator("a").evaluate_all("all => all.map(a => a.getAttribute('href'))")
        assert all(address.startswith(("#", "https://")) for address in addresses)
        assert page.locator(f"text={at}/1>").count() > 0, "the traps are shown as text"
        browser.close()
    assert asked == []


def test_no_trap_is_active_in_an_exported_answer() -> None:
    made = inert("\n\n".join(trap.format(at="http://evil.example") for trap in TRAPS))
    assert "![" not in made.replace("\\![", "") and "](" not in made
    assert "<" not in made.replace("\\<", "")
