"""A recall curve as a picture. Owns its drawing; knows no ranking."""

from __future__ import annotations

import io
from collections.abc import Sequence

WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 720, 480, 80, 30, 25, 65
"""pixels: of the picture, and of its margins"""
INK, GRID, LINE, CHANCE, STOP = "#222222", "#dddddd", "#0b5fa5", "#888888", "#b3441e"


def png(recall: Sequence[float], stop_share: float | None = None) -> bytes:
    """Recall over the share of records read, with the line of a random order beside it.

    Args:
        recall: after each record read, 0 to 1.
        stop_share: where the stopping rule would have ended, 0 to 1.
    """
    from PIL import Image, ImageDraw, ImageFont

    image = Image.new("RGB", (WIDTH, HEIGHT), "white")
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(14)

    def at(x: float, y: float) -> tuple[float, float]:
        wide, high = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
        return LEFT + x * wide, HEIGHT - BOTTOM - y * high

    for tenth in range(0, 11, 2):
        share = tenth / 10
        draw.line([at(share, 0), at(share, 1)], GRID)
        draw.line([at(0, share), at(1, share)], GRID)
        x, y = at(share, 0)
        draw.text((x, y + 8), f"{share:.0%}", INK, font, "ma")
        x, y = at(0, share)
        draw.text((x - 8, y), f"{share:.0%}", INK, font, "rm")
    draw.text(at(0.5, 0), "\n\nrecords read", INK, font, "ma")
    draw.text((8, 6), "relevant records found", INK, font)
    draw.line([at(0, 0), at(1, 1)], CHANCE, 1)
    draw.text(at(0.62, 0.55), "random order", CHANCE, font)
    if stop_share is not None:
        draw.line([at(stop_share, 0), at(stop_share, 1)], STOP, 2)
        side = "ra" if stop_share > 0.5 else "la"
        x, y = at(stop_share, 0.08)
        draw.text((x + (-6 if side == "ra" else 6), y), "stopping rule", STOP, font, side)
    points = [at(0, 0)] + [at((n + 1) / len(recall), value) for n, value in enumerate(recall)]
    draw.line(points, LINE, 3)
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()
