"""What a screening may be called. Knows not which names are taken."""

from __future__ import annotations

from retort.retrieval.errors import UsageError

LONGEST_NAME = 100


def named(text: str) -> str:
    """A name without surplus blanks.

    Raises:
        UsageError: it is none.
    """
    name = " ".join(text.split())
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise UsageError(
            f"{name[:LONGEST_NAME]!r} is no name for a screening.",
            f"A name has 1 to {LONGEST_NAME} characters.",
            "Give it a name.",
        )
    return name
