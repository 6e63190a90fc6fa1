"""A chat page over a scripted model, as a process of its own: ``page_server.py HOME PORT``.

Started once for all browser tests. Every host name that is looked up is written to
``HOME/lookups.txt``; the spy is set before anything heavy is imported.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
from pathlib import Path
from typing import Any


def spy_on_lookups(file: Path) -> None:
    """Write every host name that this process looks up to a file."""
    look_up = socket.getaddrinfo

    def spied(host: Any, *args: Any, **kwargs: Any) -> Any:
        with file.open("a") as log:
            log.write(f"{host}\n")
        return look_up(host, *args, **kwargs)

    socket.getaddrinfo = spied


def drawing(smiles: str, **_: Any) -> str:
    """A structure as SVG."""
    from rdkit import Chem
    from rdkit.Chem.Draw import rdMolDraw2D

    drawer = rdMolDraw2D.MolDraw2DSVG(240, 160)
    drawer.drawOptions().clearBackground = False
    drawer.DrawMolecule(Chem.MolFromSmiles(smiles))
    drawer.FinishDrawing()
    svg = drawer.GetDrawingText()
    return str(svg[svg.index("<svg") :])


def main(home: Path, port: int) -> None:
    """Serve the page until it is interrupted."""
    from retort.agent.settings import Settings, silence_telemetry

    silence_telemetry(os.environ)
    from page_script import Benches, Slow, play

    from retort.agent.assistant import Assistant
    from retort.agent.opening import Opened
    from retort.agent.sessions import Sessions
    from retort.ui.page import serve

    assistant = Assistant(
        Settings(home=home),
        Slow(steps=[play]),
        "scripted",
        Benches(),  # type: ignore[arg-type]
        Sessions(home / "sessions.sqlite"),
        is_planner=True,
    )
    serve(Opened(assistant, "for the tests"), "127.0.0.1", port, drawing)


if __name__ == "__main__":
    spy_on_lookups(Path(sys.argv[1]) / "lookups.txt")
    signal.signal(signal.SIGINT, signal.default_int_handler)  # whatever the parent process ignores
    main(Path(sys.argv[1]), int(sys.argv[2]))
