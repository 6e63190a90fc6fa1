"""Memory: what a language model needs to answer with, and what this machine has free.

Owns the rules of thumb. Knows no model: ``catalogue`` and ``local/estimate`` count their weights.
"""

from __future__ import annotations

from dataclasses import dataclass

GIB = 2**30
CONTEXT_KEPT = 16_384
"""tokens of context that an estimate makes room for: one question with its evidence"""
OVERHEAD_GIB = 1.0
"""of each device: CUDA's own memory and the activations; a rule of thumb, not measured"""
SLACK = 1.03
"""of the weights: what the allocator loses to rounding; a rule of thumb, not measured"""
BITS = {"8bit": 8.01, "4bit": 4.13}
"""of one weight that bitsandbytes quantised, with its scales: LLM.int8 (arXiv:2208.07339) keeps
one float a row; NF4 with double quantisation (arXiv:2305.14314) 0.127 bits a weight"""


@dataclass(frozen=True, slots=True)
class Need:
    """What a model takes while it answers. An estimate."""

    weights_gib: float
    cache_gib: float
    """16-bit keys and values of the context that is kept"""
    overhead_gib: float = OVERHEAD_GIB

    @property
    def gib(self) -> float:
        """All of it."""
        return self.weights_gib * SLACK + self.cache_gib + self.overhead_gib

    def told(self) -> str:
        """On one line."""
        return (
            f"about {self.gib:.1f} GiB: {self.weights_gib:.1f} of weights, {self.cache_gib:.1f} of "
            f"keys and values, {self.gib - self.weights_gib - self.cache_gib:.1f} besides"
        )


def weights_gib(parameters: int, linear: int, quantisation: str = "", width: float = 2) -> float:
    """Memory of the weights.

    Args:
        parameters: all of them.
        linear: those that quantised weights make smaller; embeddings, the output and the experts
            of a mixture stay as they are.
        quantisation: ``""``, ``"8bit"`` or ``"4bit"``.
        width: bytes of a weight that is not quantised.
    """
    if not quantisation:
        return parameters * width / GIB
    return ((parameters - linear) * width + linear * BITS[quantisation] / 8) / GIB


@dataclass(frozen=True, slots=True)
class Memory:
    """Of one device, or of several together, in GiB."""

    device: str
    free_gib: float
    total_gib: float

    def told(self) -> str:
        """On one line."""
        return f"{self.device}, {self.free_gib:.1f} of {self.total_gib:.1f} GiB free"


def gpus() -> tuple[Memory, ...]:
    """What each CUDA GPU has now, in CUDA's order."""
    import torch

    if not torch.cuda.is_available():
        return ()
    found = []
    for index in range(torch.cuda.device_count()):
        free, total = torch.cuda.mem_get_info(index)
        found.append(Memory(torch.cuda.get_device_name(index), free / GIB, total / GIB))
    return tuple(found)


def together(found: tuple[Memory, ...]) -> Memory:
    """Several GPUs as one: a model is split over them by layers."""
    names = " + ".join(each.device for each in found)
    free_gib, total_gib = (
        sum(each.free_gib for each in found),
        sum(each.total_gib for each in found),
    )
    return Memory(names, free_gib, total_gib)


def gpu_memory() -> Memory | None:
    """What all CUDA GPUs have now; None where there is none."""
    return together(found) if (found := gpus()) else None


def ram() -> Memory:
    """What the machine has for a model on the CPU."""
    import psutil

    memory = psutil.virtual_memory()
    return Memory("this machine's RAM", memory.available / GIB, memory.total / GIB)
