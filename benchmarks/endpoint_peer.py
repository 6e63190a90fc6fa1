"""Asks ``transformers serve`` with a tiny random model: a real server's own dialect, on this
machine.

    python benchmarks/endpoint_peer.py [--json]

Checks that the server is found, a model in a folder is loaded, text is streamed, tools are taken,
tokens are counted and a Stop closes the connection. Needs ``pip install transformers[serving]``;
skips with a message where it is missing. Exit code 1 where a check fails. What the random model
says means nothing.
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

START_S = 120
TEMPLATE = (
    "{% if tools %}{{ tools | tojson }}{% endif %}{% for m in messages %}<|im_start|>{{ m.role }}\n"
    "{{ m.content }}<|im_end|>\n{% endfor %}<|im_start|>assistant\n"
)


def make_model(folder: Path) -> None:
    """A two-layer random Qwen3 over bytes, as the hub lays models out."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast, Qwen3Config, Qwen3ForCausalLM

    torch.manual_seed(0)
    alphabet = ["<|im_end|>", "<|im_start|>", *sorted(pre_tokenizers.ByteLevel.alphabet())]
    raw = Tokenizer(models.BPE(vocab={c: at for at, c in enumerate(alphabet)}, merges=[]))
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=raw, eos_token="<|im_end|>", pad_token="<|im_end|>"
    )
    tokenizer.chat_template = TEMPLATE
    tokenizer.save_pretrained(folder)
    config = Qwen3Config(
        vocab_size=len(alphabet), hidden_size=32, intermediate_size=64, num_hidden_layers=2,
        num_attention_heads=2, num_key_value_heads=2, head_dim=16, max_position_embeddings=8192,
        eos_token_id=0, pad_token_id=0,
    )  # fmt: skip
    Qwen3ForCausalLM(config).save_pretrained(folder)


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
        folder = Path(name) / "tiny"
        make_model(folder)
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
            found = checks(f"http://127.0.0.1:{port}/v1", folder)
        except RetortError as error:
            sys.exit(f"FAILED: {error}")
        finally:
            server.terminate()
            server.wait()
    stop_s = found["stop_s"]
    ok = found["pieces"] > 1 and all(found["tokens"]) and found["takes_tools"]
    ok = ok and stop_s is not None and 0 <= stop_s < 1
    print(json.dumps(found | {"ok": ok}) if as_json else f"{found} {'ok' if ok else 'FAILED'}")
    sys.exit(0 if ok else 1)


if __name__ == "__main__":
    main()
