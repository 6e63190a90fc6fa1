"""A page server and a headless Chromium that looks at it, for the browser tests."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import page_server
import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), ""
)
QUIET = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
BROKEN = ("signal is aborted", "Connection errored out", "net::ERR_")
"""what a tab complains of when its server goes"""


@dataclass
class Site:
    """The server and what browsers did with it."""

    home: Path
    port: int
    browser: Browser
    process: subprocess.Popen[str]
    elsewhere: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Of the server, without a slash at its end."""
        return f"http://127.0.0.1:{self.port}"

    def tab(self, path: str, width: int = 1280, scheme: Any = "light", height: int = 900) -> Page:
        """A fresh tab whose every request and error is watched."""
        viewport: Any = {"width": width, "height": height}
        page = self.browser.new_context(viewport=viewport, color_scheme=scheme).new_page()
        page.set_default_timeout(40_000)
        page.on("request", lambda request: self._note(request.url))
        page.on("console", lambda m: self.complaints.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.goto(self.url + path)
        return page

    def restart(self) -> None:
        """Kill the server, as a power cut would, and start it anew."""
        self.process.kill()
        self.process.wait()
        self.process = _served(self.home, self.port)

    def forgive_broken_streams(self) -> None:
        """That the streams of a tab break when it is left or its server goes is no complaint."""
        self.complaints[:] = [t for t in self.complaints if not any(b in t for b in BROKEN)]

    def _note(self, url: str) -> None:
        if not url.startswith((self.url, "data:", "blob:")):
            self.elsewhere.append(url)


@contextmanager
def opened(home: Path) -> Iterator[Site]:
    """A server over ``home`` and a browser, until the block ends."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = _served(home, port)
    site = None
    try:
        with sync_api.sync_playwright() as playwright:
            browser: Browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
            site = Site(home, port, browser, process)
            yield site
            browser.close()
    finally:
        process = site.process if site else process
        process.kill()
        process.wait()


def _served(home: Path, port: int) -> subprocess.Popen[str]:
    hidden = ("RETORT_", "GRADIO_", "HF_", "LANG")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(hidden)}
    command = [sys.executable, page_server.__file__, str(home), str(port)]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline().strip() == f"http://127.0.0.1:{port}"
    return process
