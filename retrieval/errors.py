"""The one shape of an error that a user sees: what happened, why, and the next command.

Stands on the lowest floor so that every room can raise it. Knows no door: the doors render it.
"""

from __future__ import annotations


class RetortError(Exception):
    """A failure that is shown to the user as it is, without a traceback.

    Args:
        what: one sentence, what did not happen ("Cannot read "C1CC(" as a molecule.").
        why: the cause, as precisely as it is known ("RDKit: unclosed ring at character 3.").
        next: what the user can do now, a command where there is one ("retort library add PATH").
    """

    def __init__(self, what: str, why: str = "", next: str = "") -> None:
        super().__init__(" ".join(part for part in (what, why, next) if part))
        self.what = what
        self.why = why
        self.next = next

    def __reduce__(self) -> tuple[type[RetortError], tuple[str, str, str]]:
        return type(self), (self.what, self.why, self.next)

    def as_dict(self) -> dict[str, str]:
        """The ``error`` object of the wire format: ``{"what", "why", "next"}``."""
        return {"what": self.what, "why": self.why, "next": self.next}


class UsageError(RetortError):
    """The caller asked wrongly (exit code 2 at the command line)."""


class NotReadError(RetortError):
    """A file is whole, as far as is known, but of a format that is not read."""


class OfflineError(RetortError):
    """A connection was needed and ``RETORT_OFFLINE=1`` forbids it."""


class OutageError(RetortError):
    """A service did not answer, or answered rubbish. Never to be confused with "nothing found"."""
