"""The house itself: arrows that only run down, a package map that matches the folders, a quick
front door."""

from __future__ import annotations

import ast
import importlib.util
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MAY_IMPORT = {
    "ui": {"ui", "agent", "tools", "retrieval", "prompts"},
    "agent": {"agent", "tools", "retrieval", "prompts"},
    "tools": {"tools", "retrieval"},
    "retrieval": {"retrieval"},
    "prompts": {"prompts"},
}
AT_HOME = {
    "gradio": ("ui/page.py", "ui/triage_page.py"),
    "faiss": ("retrieval/",),
    "transformers": ("agent/models/", "retrieval/", "tools/predictors/smiles/hub.py"),
    "chembl_webresource_client": ("tools/chembl/",),
    "lightgbm": ("tools/predictors/",),
    "ray": ("agent/cluster.py",),
    "os.environ": ("agent/settings.py",),
}
HEAVY = {"torch", "transformers", "gradio", "faiss", "lightgbm", "ray"}
OF_TORCH = (
    "agent/models/local/cache.py",
    "agent/models/local/engine.py",
    "agent/models/local/sampling.py",
    "agent/verdicts/network.py",
    "tools/predictors/graph/network.py",
    "tools/predictors/smiles/hub.py",
    "tools/predictors/smiles/network.py",
    "tools/predictors/training/adapting.py",
    "tools/predictors/training/finetuning.py",
    "tools/predictors/training/graph.py",
    "tools/predictors/training/lora.py",
    "tools/predictors/training/pretraining.py",
)
"""Files that define networks or train them: imported only inside functions, or by each other."""


def sources() -> list[Path]:
    return [path for room in MAY_IMPORT for path in sorted((ROOT / room).rglob("*.py"))]


def imported(tree: ast.AST) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return names


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_run_down_and_stay_in_their_room(path: Path) -> None:
    place = path.relative_to(ROOT).as_posix()
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    names = imported(tree)
    rooms = {name.split(".")[1] for name in names if name.startswith("retort.")}
    assert rooms <= MAY_IMPORT[place.split("/")[0]]
    for package, homes in AT_HOME.items():
        used = package in text if "." in package else package in {n.split(".")[0] for n in names}
        assert not used or place.startswith(homes), f"{package} in {place}"
    from_top = {
        name
        for node in tree.body
        for name in imported(ast.Module([node], []))
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    top = {name.split(".")[0] for name in from_top}
    of_torch = {f"retort.{name}".removesuffix(".py").replace("/", ".") for name in OF_TORCH}
    if place in OF_TORCH:
        top -= {"torch", "transformers"}
    else:
        assert not from_top & of_torch, f"{place} imports {from_top & of_torch}"
    assert not top & HEAVY, f"{place} imports {top & HEAVY} when it is imported"


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_each_file_says_what_it_owns_and_stays_readable(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(text)), "a module begins by saying what it owns"
    assert text.count("\n") <= 400


def test_the_package_map_lists_every_folder() -> None:
    listed = set(
        tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    )
    found = {
        "retort." + ".".join(path.parent.relative_to(ROOT).parts)
        for room in MAY_IMPORT
        for path in (ROOT / room).rglob("__init__.py")
    }
    assert listed == found


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv = ['retort', '--help']\n"
        "from retort.ui.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        f"print(sorted({HEAVY | {'langchain_core', 'rdkit', 'numpy'}!r} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip().endswith("[]")
    for command in (
        "ask",
        "chat",
        "library",
        "search",
        "tools",
        "call",
        "predict",
        "batch",
        "doctor",
        "models",
        "export",
    ):
        assert f" {command} " in done.stdout


def test_no_pickle_is_ever_read() -> None:
    for path in sources():
        names = imported(ast.parse(path.read_text(encoding="utf-8")))
        assert not names & {"pickle", "joblib", "dill", "cloudpickle", "shelve"}, path


def test_the_readmes_tree_is_of_today() -> None:
    spec = importlib.util.spec_from_file_location("tree", ROOT / "scripts" / "tree.py")
    assert spec is not None and spec.loader is not None
    tree = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tree)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert tree.filled(readme) == readme, "run: python scripts/tree.py --write"


def test_every_command_that_the_readme_names_exists() -> None:
    from retort.ui.cli import app

    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`retort (\w+)", readme))
    known = {command.name or command.callback.__name__ for command in app.registered_commands}
    groups = {group.name for group in app.registered_groups}
    assert named and named <= known | groups
