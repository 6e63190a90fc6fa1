"""Speed of ``hf:`` models, with random weights: what a token costs does not depend on them.

    python -m benchmarks.local_model [--size tiny|8b] [--json]

``tiny`` runs anywhere: 4 layers, 7 million parameters, float32 on the CPU. ``8b`` has the shape of
Qwen3-8B in bfloat16 and needs a CUDA GPU with 40 GiB free. Prints one table: tokens a second of
reading and writing for 1, 8, 32 and 128 questions at once, the share of the memory bandwidth that
writing reaches (bytes of weights and of keys and values that each step must read, against a copy
measured here), seconds to the first token with and without reuse of a prompt's prefix, how soon a
Stop ends the work, questions together against one after another, and memory.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from retort.agent.models.local.engine import Engine

GIB = 2**30
AT_ONCE = (1, 8, 32, 128)
COMPARED = 32
"""questions, together and one after another; every other answer is a quarter as long"""


@dataclass(frozen=True, slots=True)
class Size:
    """What is run, in tokens."""

    prompt: int
    new: int
    prefix: int
    """of a long prompt that is asked twice, and tried in the middle for a Stop"""
    fields: dict[str, int | bool]


SIZES = {
    "tiny": Size(
        *(128, 32, 2048),
        {"vocab_size": 8192, "hidden_size": 256, "intermediate_size": 768, "num_hidden_layers": 4,
         "num_attention_heads": 8, "num_key_value_heads": 2, "head_dim": 32},
    ),
    "8b": Size(
        *(1024, 128, 8192),
        {"vocab_size": 151_936, "hidden_size": 4096, "intermediate_size": 12_288,
         "num_hidden_layers": 36, "num_attention_heads": 32, "num_key_value_heads": 8,
         "head_dim": 128},
    ),
}  # fmt: skip
STEPS = 64
"""tokens that all answers write together"""
NEEDS_GIB = 40
"""for ``8b``: weights, the keys and values of 128 questions, and what reading them takes"""


@dataclass(frozen=True, slots=True)
class Run:
    """When one request was asked, and when each of its tokens came; in seconds."""

    start: float
    times: tuple[float, ...]

    @property
    def first_s(self) -> float:
        """To its first token."""
        return self.times[0] - self.start

    @property
    def end_s(self) -> float:
        """To its last one."""
        return self.times[-1] - self.start


def make_model(size: Size, device: str) -> Any:
    """The model, with random weights made where they will be."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    config = AutoConfig.for_model("qwen3", max_position_embeddings=40_960, **size.fields)
    torch.manual_seed(0)
    dtype = torch.bfloat16 if device == "cuda" else torch.float32
    with torch.device(device):
        return AutoModelForCausalLM.from_config(config, dtype=dtype).eval()


def engine_of(model: Any) -> Engine:
    """A fresh engine that no token ends, so that each answer has its length."""
    from retort.agent.models.local.chat import CHUNK_CPU, CHUNK_GPU
    from retort.agent.models.local.engine import Engine

    chunk = CHUNK_GPU if model.device.type == "cuda" else CHUNK_CPU
    return Engine(model, frozenset(), 4 * GIB, chunk)


def prompts(model: Any, count: int, length: int, seed: int) -> list[list[int]]:
    """Prompts that share nothing."""
    draw = random.Random(seed)
    most = model.config.vocab_size - 1
    return [[draw.randint(1, most) for _ in range(length)] for _ in range(count)]


def ask(engine: Engine, prompt: list[int], new: int, cancel: threading.Event | None = None) -> Run:
    """One question, read to its end."""
    from retort.agent.models.local.engine import Request

    start = time.perf_counter()
    stream = engine.stream(Request(prompt, new, cancel=cancel))
    return Run(start, tuple(time.perf_counter() for _ in stream))


def together(engine: Engine, asked: Sequence[list[int]], new: Sequence[int]) -> list[Run]:
    """Questions from as many readers at once."""
    runs: list[Run | None] = [None] * len(asked)

    def read(at: int) -> None:
        runs[at] = ask(engine, asked[at], new[at])

    threads = [threading.Thread(target=read, args=(at,)) for at in range(len(asked))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [run for run in runs if run is not None]


def bandwidth(device: str) -> float:
    """Bytes a second that a large copy reads and writes."""
    import torch

    source = torch.ones(2**30 if device == "cuda" else 2**26, dtype=torch.uint8, device=device)
    target = torch.empty_like(source)

    def copy() -> float:
        start = time.perf_counter()
        for _ in range(10):
            target.copy_(source)
        if device == "cuda":
            torch.cuda.synchronize()
        return 20 * source.numel() / (time.perf_counter() - start)

    return max(copy() for _ in range(5))


def speeds(model: Any, size: Size, most: float) -> list[dict[str, Any]]:
    """Reading and writing for each number of questions at once."""
    config = model.config
    embedding = model.get_input_embeddings().weight  # one row a token is read of it
    weights = sum(p.nbytes for p in model.parameters()) - embedding.nbytes
    width = config.num_key_value_heads * config.head_dim * model.dtype.itemsize
    per_token = 2 * config.num_hidden_layers * width
    rows = []
    for count in AT_ONCE:
        asked = prompts(model, count, size.prompt, seed=count)
        read = together(engine_of(model), asked, [1] * count)
        read_s = max(run.times[0] for run in read) - min(run.start for run in read)
        steps_s = writing(model, asked[0], count)
        step_bytes = weights + count * (size.prompt + count / 2 + STEPS / 2) * per_token
        rows.append(
            {
                "questions": count,
                "prefill_tokens_s": round(count * size.prompt / read_s, 1),
                "decode_tokens_s": round(count * steps_s, 1),
                "bandwidth_share": round(steps_s * step_bytes / most, 3),
            }
        )
    return rows


def writing(model: Any, prompt: list[int], count: int) -> float:
    """Steps a second while all of ``count`` answers are being written, each with its own cache.

    They share their prompt, so that they begin one step after another, and write ``STEPS`` tokens
    more than it takes all to begin.
    """
    engine = engine_of(model)
    ask(engine, prompt, 1)
    runs = together(engine, [prompt] * count, [count + STEPS] * count)
    begun, ended = max(run.times[0] for run in runs), min(run.times[-1] for run in runs)
    steps = [sum(begun < at <= ended for at in run.times) for run in runs]
    return sum(steps) / count / (ended - begun)


def reuse(model: Any, size: Size) -> dict[str, float]:
    """Seconds to the first token of a long prompt: new, and with all but 64 tokens of it kept."""
    (prompt,) = prompts(model, 1, size.prefix, seed=7)
    engine = engine_of(model)
    new_s = ask(engine, prompt, 2).first_s
    other = [*prompt[:-64], *prompts(model, 1, 64, seed=8)[0]]
    return {"new_s": round(new_s, 3), "reused_s": round(ask(engine, other, 2).first_s, 4)}


def stop(model: Any, size: Size) -> dict[str, float]:
    """Seconds from a Stop to the end of the stream, while reading and while writing."""
    (long,) = prompts(model, 1, size.prefix, seed=9)
    whole_s = ask(engine_of(model), long, 1).end_s
    found = {}
    for name, prompt, wait_s in (("reading", long, whole_s / 2), ("writing", long[:64], 0.0)):
        engine, cancel, pressed = engine_of(model), threading.Event(), [0.0]

        def press(cancel: threading.Event = cancel, pressed: list[float] = pressed) -> None:
            pressed[0] = time.perf_counter()
            cancel.set()

        timer = threading.Timer(wait_s or 0.5, press)
        timer.start()
        ask(engine, prompt, 20_000, cancel)
        ended = time.perf_counter()
        timer.join()
        found[f"{name}_s"] = round(ended - pressed[0], 4)
    return found


def compared(model: Any, size: Size) -> dict[str, float]:
    """The same questions together and one after another, in seconds."""
    asked = prompts(model, COMPARED, size.prompt, seed=11)
    new = [size.new if at % 2 else size.new // 4 for at in range(COMPARED)]
    start = time.perf_counter()
    together(engine_of(model), asked, new)
    together_s = time.perf_counter() - start
    engine, start = engine_of(model), time.perf_counter()
    for prompt, count in zip(asked, new, strict=True):
        ask(engine, prompt, count)
    return {
        "together_s": round(together_s, 2),
        "one_by_one_s": round(time.perf_counter() - start, 2),
    }


def memory_gib(device: str) -> float:
    """The most that was held: of the GPU, or of this process."""
    if device == "cuda":
        import torch

        return float(torch.cuda.max_memory_allocated() / GIB)
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / GIB


def measure(name: str, device: str) -> dict[str, Any]:
    """Everything that the table shows."""
    import torch

    size = SIZES[name]
    model = make_model(size, device)
    ask(engine_of(model), prompts(model, 1, 64, seed=1)[0], 4)  # the first run compiles and warms
    most = bandwidth(device)
    where = torch.cuda.get_device_name() if device == "cuda" else "CPU"
    return {
        "size": name,
        "device": where,
        "threads": torch.get_num_threads(),
        "parameters": sum(each.numel() for each in model.parameters()),
        "copy_gb_s": round(most / 1e9, 1),
        "prompt_tokens": size.prompt,
        "new_tokens": size.new,
        "speeds": speeds(model, size, most),
        "prefix_tokens": size.prefix,
        "first_token": reuse(model, size),
        "stop": stop(model, size),
        "batching": compared(model, size) | {"questions": COMPARED},
        "memory_gib": round(memory_gib(device), 2),
    }


def table(found: dict[str, Any]) -> str:
    """The findings as Markdown."""
    held = f"{found['parameters'] / 1e6:,.0f} million parameters, {found['device']}"
    lines = [f"| {found['size']}: {held} | |", "|---|--:|"]
    for row in found["speeds"]:
        at_once = f"{row['questions']} at once" if row["questions"] > 1 else "one stream"
        lines.append(
            f"| {at_once}: read, write (tokens/s), share of bandwidth | "
            f"{row['prefill_tokens_s']:,.0f}, {row['decode_tokens_s']:,.0f}, "
            f"{row['bandwidth_share']:.0%} |"
        )
    first, ended, batch = found["first_token"], found["stop"], found["batching"]
    lines += [
        f"| first token of {found['prefix_tokens']:,}: new, with its prefix kept (s) | "
        f"{first['new_s']:.3f}, {first['reused_s']:.4f} |",
        f"| Stop while reading, while writing (s) | "
        f"{ended['reading_s']:.3f}, {ended['writing_s']:.3f} |",
        f"| {batch['questions']} questions: together, one by one (s) | "
        f"{batch['together_s']:.2f}, {batch['one_by_one_s']:.2f} |",
        f"| memory (GiB) | {found['memory_gib']:.2f} |",
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--size", choices=SIZES, default="tiny")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    from retort.agent.models.memory import gpu_memory

    device = "cpu"
    if arguments.size == "8b":
        room = gpu_memory()
        if room is None or room.free_gib < NEEDS_GIB:
            has = room.told() if room else "no CUDA GPU"
            sys.exit(f"skipped: 8b needs a CUDA GPU with {NEEDS_GIB} GiB free; here: {has}")
        device = "cuda"
    found = measure(arguments.size, device)
    print(json.dumps(found, indent=2) if arguments.json else table(found))


if __name__ == "__main__":
    main()
