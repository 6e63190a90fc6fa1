"""Files that can be made again: kept whole beside their checksum, and not believed where damaged.

Knows nothing of what is in them.
"""

from __future__ import annotations

import hashlib
import logging
from contextlib import suppress
from pathlib import Path

log = logging.getLogger(__name__)


def read(file: Path) -> bytes | None:
    """What was kept; None where nothing was, or it is damaged."""
    try:
        content = file.read_bytes()
        checksum = file.with_suffix(".sha256").read_text()
    except (OSError, ValueError):
        return None
    return content if checksum == hashlib.sha256(content).hexdigest() else None


def keep(file: Path, content: bytes) -> None:
    """Keep it in place of what was there. Where that fails it is told in the log only."""
    temporary = file.with_suffix(".tmp")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(content)
        file.with_suffix(".sha256").write_text(hashlib.sha256(content).hexdigest())
        temporary.replace(file)
    except OSError:
        log.exception("%s could not be kept", file)
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
