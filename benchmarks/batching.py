"""Several conversations at once against one after another, and prompts that were read before.

    python benchmarks/batching.py [--requests 8] [--new 64] [--prefix 2048]

A randomly initialised Qwen3 of 42 million parameters on this machine's GPU, or in float32 on its
CPU: what is measured is the engine, not what the model says. Each figure is the best of three; the
seconds of the processor tell of the work where other programs share the machine.
"""

from __future__ import annotations

import argparse
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from retort.agent.models.local.chat import CHUNK_CPU, CHUNK_GPU


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--requests", type=int, default=8)
    options.add_argument("--new", type=int, default=64, help="tokens written for each")
    options.add_argument("--prefix", type=int, default=2048, help="tokens that prompts share")
    asked = options.parse_args()
    import torch

    device = "cuda" if torch.cuda.is_available() else "cpu"
    model = build(device, asked.prefix + 1024)
    millions = sum(p.numel() for p in model.parameters()) / 1e6
    print(f"{millions:.0f} million parameters, {model.dtype}, {device}")
    batching(model, asked.requests, asked.new)
    prefixes(model, asked.prefix)
    stopping(model, asked.prefix)


def build(device: str, context: int) -> Any:
    import torch
    from transformers import Qwen3Config, Qwen3ForCausalLM

    torch.manual_seed(0)
    config = Qwen3Config(
        vocab_size=16_000, hidden_size=512, intermediate_size=1536, num_hidden_layers=8,
        num_attention_heads=8, num_key_value_heads=4, head_dim=64,
        max_position_embeddings=context, eos_token_id=None, bos_token_id=None,
    )  # fmt: skip
    dtype = torch.bfloat16 if device == "cuda" else torch.float32
    return Qwen3ForCausalLM(config).to(device=device, dtype=dtype).eval()


def engine(model: Any, prefix_bytes: int = 0) -> Any:
    from retort.agent.models.local.engine import Engine

    chunk = CHUNK_GPU if model.device.type == "cuda" else CHUNK_CPU
    return Engine(model, frozenset(), prefix_bytes, chunk)


def prompt(length: int, seed: int) -> list[int]:
    import torch

    random = torch.Generator().manual_seed(seed)
    return torch.randint(0, 16_000, (length,), generator=random).tolist()  # type: ignore[no-any-return]


def best(work: Callable[[], Any]) -> tuple[float, float]:
    """Seconds that went by, and seconds of the processor."""
    taken = []
    for _ in range(3):
        start, used = time.perf_counter(), time.process_time()
        work()
        taken.append((time.perf_counter() - start, time.process_time() - used))
    return min(wall for wall, _ in taken), min(cpu for _, cpu in taken)


def batching(model: Any, count: int, new: int) -> None:
    import torch

    from retort.agent.models.local.engine import Request

    running = engine(model)
    prompts = [prompt(32 + 16 * n, n) for n in range(count)]

    def ask(tokens: list[int]) -> list[int]:
        return list(running.stream(Request(tokens, new)))

    def at_once() -> list[list[int]]:
        with ThreadPoolExecutor(count) as pool:
            return list(pool.map(ask, prompts))

    def generate() -> None:
        with torch.inference_mode():
            for tokens in prompts:
                ids = torch.tensor([tokens], device=model.device)
                model.generate(ids, max_new_tokens=new, do_sample=False)

    one_by_one = [ask(tokens) for tokens in prompts]
    same = sum(a == b for a, b in zip(one_by_one, at_once(), strict=True))
    print(f"answers that are the same at once and one by one: {same} of {count}")
    for name, work in (
        ("transformers' generate, one by one", generate),
        ("one by one", lambda: [ask(tokens) for tokens in prompts]),
        (f"{count} at once", at_once),
    ):
        wall, cpu = best(work)
        print(f"{name}: {count * new / wall:.0f} tokens/s, {count * new / cpu:.0f} per CPU second")


def prefixes(model: Any, length: int) -> None:
    """Seconds to the first token of a prompt whose beginning was read before, and was not."""
    from retort.agent.models.local.engine import Request

    shared, numbers = prompt(length, 1), iter(range(100, 200))

    def first(running: Any) -> None:
        list(running.stream(Request(shared + prompt(64, next(numbers)), 1)))

    keeping, plain = engine(model, 2**32), engine(model)
    first(keeping)
    for name, running in (("read", plain), ("reused", keeping)):
        wall, cpu = best(lambda running=running: first(running))  # type: ignore[misc]
        print(f"first token, {length} tokens {name} + 64: {wall:.3f} s, {cpu:.3f} CPU seconds")


def stopping(model: Any, length: int) -> None:
    """Seconds from a Stop while a prompt is read until the stream has ended."""
    from retort.agent.models.local.engine import Request

    taken = []
    for seed in range(5):
        running, cancel, pressed = engine(model), threading.Event(), [0.0]

        def press(cancel: threading.Event = cancel, pressed: list[float] = pressed) -> None:
            pressed[0] = time.perf_counter()
            cancel.set()

        timer = threading.Timer(0.02, press)
        timer.start()
        list(running.stream(Request(prompt(length, seed), 64, cancel=cancel)))
        taken.append(time.perf_counter() - pressed[0])
        timer.join()
    print(f"Stop while {length} tokens are read: at most {max(taken):.3f} s")


if __name__ == "__main__":
    main()
