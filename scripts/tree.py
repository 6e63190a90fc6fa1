"""The tree of the README: every module with the first sentence of what it says it owns.

    python scripts/tree.py          print it
    python scripts/tree.py --write  put it into README.md

A test fails when README.md is behind.
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
ROOMS = ("agent", "tools", "retrieval", "prompts", "ui")
BEGIN, END = "<!-- tree: made by scripts/tree.py -->\n", "<!-- end of tree -->"
WIDTH = 108


def first_sentence(path: Path) -> str:
    """The first sentence of a module's docstring, on one line."""
    text = " ".join((ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").split())
    return text.split(". ")[0].split(":: ")[0].rstrip(".:")


def lines() -> list[str]:
    """The tree, one line per package and module."""
    made: list[str] = []
    for room in ROOMS:
        for package in sorted({path.parent for path in (ROOT / room).rglob("__init__.py")}):
            relative = package.relative_to(ROOT)
            depth = "  " * (len(relative.parts) - 1)
            made.append(_line(f"{depth}{relative.name}/", package / "__init__.py"))
            for path in sorted(package.glob("*.py")):
                if path.name != "__init__.py":
                    made.append(_line(f"{depth}  {path.name}", path))
    return made


def _line(name: str, path: Path) -> str:
    line = f"{name:26} {first_sentence(path)}"
    return line if len(line) <= WIDTH else line[: WIDTH - 3].rsplit(" ", 1)[0] + " ..."


def filled(readme: str) -> str:
    """The README with the tree of today between its two marks."""
    before, _, rest = readme.partition(BEGIN)
    _, _, after = rest.partition(END)
    body = "\n".join(lines())
    return f"{before}{BEGIN}\n```text\n{body}\n```\n\n{END}{after}"


if __name__ == "__main__":
    if "--write" in sys.argv:
        readme = ROOT / "README.md"
        readme.write_text(filled(readme.read_text(encoding="utf-8")), encoding="utf-8")
    else:
        print("\n".join(lines()))
