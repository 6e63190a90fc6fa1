"""Asks ``transformers serve`` with tiny random models of three architectures: a real server's own
dialect, on this machine.

    python benchmarks/endpoint_peer.py [--json]

Checks for a Qwen3, a Llama and a Gemma 3 that the server is found, the model in its folder is
loaded, text is streamed, tools are taken, tokens are counted and a Stop closes the connection.
Needs ``pip install transformers[serving]``; skips with a message where it is missing. Exit code 1
where a check fails. What a random model says means nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "support"))
from chat_models import FAMILIES, make_chat_model

START_S = 120


def checks(url: str, folder: Path) -> dict[str, Any]:
    """What the server gives; raises what a user would see."""
    from retort.agent.models import cancellation
    from retort.agent.models.endpoint import connect

    model = connect(url, str(folder))
    pieces = [chunk.text for chunk in model.bind(max_tokens=24).stream("How potent?")]
    message = model.bind(max_tokens=24).invoke("How potent?")
    usage = message.usage_metadata or {"input_tokens": 0, "output_tokens": 0}
    cancel = threading.Event()
    cancellation.set_current(cancel)
    stopped_at: list[float] = []
    threading.Timer(0.5, lambda: (stopped_at.append(time.monotonic()), cancel.set())).start()
    model.bind(max_tokens=4000).invoke("How potent?")
    ended_at = time.monotonic()
    cancellation.set_current(threading.Event())
    return {
        "pieces": sum(map(bool, pieces)),
        "tokens": [usage["input_tokens"], usage["output_tokens"]],
        "takes_tools": model.greet(),
        "stop_s": round(ended_at - stopped_at[0], 2) if stopped_at else None,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--json", action="store_true")
    as_json = parser.parse_args().json
    command = shutil.which("transformers", path=str(Path(sys.executable).parent))
    try:
        import fastapi  # noqa: F401
        import uvicorn  # noqa: F401
    except ImportError:
        command = None
    if command is None:
        sys.exit("skipped: pip install 'transformers[serving]'")
    from retort.retrieval.errors import RetortError

    with tempfile.TemporaryDirectory() as name:
        folders = {each: _endless(make_chat_model(Path(name) / each, each)) for each in FAMILIES}
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            port = unused.getsockname()[1]
        address = ("--host", "127.0.0.1", "--port", str(port))
        server = subprocess.Popen(
            [command, "serve", *address],
            env=os.environ | {"HF_HUB_OFFLINE": "1"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            deadline = time.monotonic() + START_S
            while socket.socket().connect_ex(("127.0.0.1", port)):
                if time.monotonic() > deadline:
                    sys.exit(f"transformers serve did not start within {START_S} s")
                time.sleep(0.5)
            url = f"http://127.0.0.1:{port}/v1"
            found = {family: checks(url, folder) for family, folder in folders.items()}
        except RetortError as error:
            sys.exit(f"FAILED: {error}")
        finally:
            server.terminate()
            server.wait()
    ok = all(map(is_well, found.values()))
    if as_json:
        print(json.dumps(found | {"ok": ok}))
    else:
        for family, told in found.items():
            print(f"{family}: {told} {'ok' if is_well(told) else 'FAILED'}")
    sys.exit(0 if ok else 1)


def _endless(folder: Path) -> Path:
    """The model without its end: a random one may end before it can be stopped."""
    file = folder / "generation_config.json"
    said = json.loads(file.read_text())
    ends = said["eos_token_id"]
    said["suppress_tokens"] = ends if isinstance(ends, list) else [ends]
    file.write_text(json.dumps(said))
    return folder


def is_well(found: dict[str, Any]) -> bool:
    """Whether a model streamed, counted, took tools and stopped within a second."""
    stop_s = found["stop_s"]
    stopped = stop_s is not None and 0 <= stop_s < 1
    return stopped and found["pieces"] > 1 and all(found["tokens"]) and found["takes_tools"]


if __name__ == "__main__":
    main()
