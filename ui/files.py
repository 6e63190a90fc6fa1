"""Files that a command writes: as a whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from retort.retrieval.errors import RetortError


def write_whole(output: Path, content: bytes) -> None:
    """Write a file as a whole or not at all; a device or pipe is written to as it is.

    Raises:
        RetortError: it cannot be written.
    """
    is_special = output.exists() and not output.is_file()
    temporary = output if is_special else output.with_name(output.name + ".tmp")
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(content)
        if not is_special:
            os.replace(temporary, output)
    except OSError as error:
        if not is_special:
            temporary.unlink(missing_ok=True)
        raise RetortError(
            f"Cannot write {output}.", f"{error.strerror}.", "Give another --output file."
        ) from error
