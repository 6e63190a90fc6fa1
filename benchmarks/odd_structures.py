r"""What every tool makes of odd structures and texts.

    python benchmarks/odd_structures.py [--only TOOL ...] [--json]

A SMILES with ``#``, ``/``, ``\`` and ``%12``, a salt, a macrocycle of 150 characters, an invalid
one, isotopes, charges, mixtures, metals, mol blocks, nothing at all, 10,000 characters, and texts
made to break a database or a URL go through every tool of ``retort.tools.build``. Prints what each
gave; exits 1 when something other than a ``RetortError`` came out. Reaches no network.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from langchain_core.tools import BaseTool
from pydantic import ValidationError
from rdkit import Chem

from retort.retrieval.encode import HashingEncoder
from retort.retrieval.errors import RetortError
from retort.retrieval.library import Library
from retort.tools import Bench, build
from retort.tools.chembl import starter
from retort.tools.chembl.local import LocalSource
from retort.tools.molecule import MoleculeBook

MACROCYCLE = (
    "CC[C@H]1OC(=O)[C@H](C)[C@@H](O[C@H]2C[C@@](C)(OC)[C@@H](O)[C@H](C)O2)[C@H](C)"
    "[C@@H](O[C@@H]2O[C@H](C)C[C@@H]([C@H]2O)N(C)C)[C@](C)(O)C[C@@H](C)C(=O)[C@H](C)[C@@H](O)"
    "[C@]1(C)O"
)
"""erythromycin"""

ODD: dict[str, str] = {
    "triple bond (#)": "N#Cc1ccc(C#C)cc1",
    "E double bond (/)": "CC/C=C/C(=O)O",
    "Z double bond (\\)": "CC/C=C\\C(=O)O",
    "ring number %12": "C%12CCCC(N)CC%12",
    "salt": "CN(C)C(=N)NC(N)=N.Cl",
    "macrocycle": MACROCYCLE,
    "invalid SMILES": "C1CC(",
    "five-bonded carbon": "C(C)(C)(C)(C)C",
    "isotopes": "[2H]C([2H])([2H])Oc1ccc([13CH3])cc1",
    "charged": "C[N+](C)(C)CC(=O)[O-]",
    "mixture": "CC(=O)Oc1ccccc1C(=O)O.Cn1c(=O)c2c(ncn2C)n(C)c1=O",
    "metal complex": "N.N.Cl[Pt]Cl",
    "ferrocene": "[Fe+2].c1cc[cH-]c1.c1cc[cH-]c1",
    "inorganic salt": "[Na+].[Cl-]",
    "radical": "CC1(C)CCCC(C)(C)N1[O]",
    "one atom": "[H][H]",
    "wildcard": "*c1ccccc1",
    "reaction": "CCO>>CC=O",
    "mol block V2000": Chem.MolToMolBlock(Chem.MolFromSmiles("CC(=O)Oc1ccccc1C(=O)O")),
    "mol block V3000": Chem.MolToV3KMolBlock(Chem.MolFromSmiles("C[C@H](N)C(=O)O")),
    "broken mol block": "\n\n\n  2  1  0  0  0  0  0  0  0  0999 V2000\nM  END\n",
    "name": "metformin hcl",
    "misspelt name": "imatinub",
    "handle not given": "M99",
    "DrugBank id": "DB00619",
    "biologic": "trastuzumab",
    "empty": "",
    "blanks": " \t\n",
    "10,000 characters": "C" * 10_000,
    "10,000 letters": "aspirin " * 1_250,
    "SQL": "aspirin'; DROP TABLE molecule_dictionary; --",
    "LIKE pattern": "%_%",
    "URL": "https://example.org/../?q=a&b=%00#x",
    "path": "../../etc/passwd",
    "markup": "<script>alert(1)</script>",
    "Greek and look-alikes": "β-cаrotene",
    "lone surrogate": "asp\ud800irin",
    "control signs": "asp\x00irin\x1b[31m",
}

NAMED_OTHERWISE = {
    "smarts": "c1ccccc1",
    "target": "EGFR",
    "question": "hERG",
    "query": "hERG",
}
"""arguments that are no molecule, where a tool needs them beside one"""


@contextmanager
def bench_over(folder: Path) -> Iterator[Bench]:
    """Tools over the starter file and an empty library; the predictors that are shipped."""
    from retort.tools.predictors import Predictors

    source = LocalSource(starter.path_for(folder))
    predictors: list[Predictors] = []

    def loaded() -> Predictors:
        if not predictors:
            predictors.append(Predictors.load())
        return predictors[0]

    with Library.open(folder / "library", HashingEncoder(), create=True) as library:
        yield Bench(MoleculeBook(source), source, lambda: library, loaded)
    source.close()


def arguments(tool: BaseTool, text: str) -> dict[str, Any]:
    """A call of a tool with a text for the molecule, and for every text that it needs."""
    schema = tool.tool_call_schema
    fields = schema if isinstance(schema, dict) else schema.model_json_schema()
    needed = set(fields.get("required", ()))
    call: dict[str, Any] = {}
    for name, field in fields["properties"].items():
        kinds = {field.get("type"), *(each.get("type") for each in field.get("anyOf", ()))}
        if name in ("molecule", "other", "molecules", "smiles"):
            call[name] = [text, "aspirin"] if "array" in kinds else text
        elif name in needed:
            call[name] = [text] if "array" in kinds else NAMED_OTHERWISE.get(name, text)
    if not {"molecule", "molecules", "smiles"} & set(call):
        first = next(iter(fields["properties"]))
        call[first] = [text] if "array" in str(fields["properties"][first].get("type")) else text
    return call


def outcome(tool: BaseTool, text: str) -> tuple[str, bool]:
    """One line on what a tool gave, and whether it may give that."""
    call = arguments(tool, text)
    try:
        message = tool.invoke({"type": "tool_call", "id": "1", "name": tool.name, "args": call})
        message.content.encode("utf-8")
        json.dumps(message.artifact.as_dict())
    except RetortError as error:
        return f"refused: {error.what}", bool(error.what and error.next)
    except ValidationError as error:
        return f"arguments refused: {error.errors()[0]['msg']}", True
    except Exception as error:
        traceback.print_exc()
        return f"FAILED: {type(error).__name__}: {error}", False
    return f"ok: {message.artifact.summary}", True


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", nargs="*", default=[], help="names of tools")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    rows, failed = [], 0
    with tempfile.TemporaryDirectory() as folder, bench_over(Path(folder)) as bench:
        for tool in build(bench):
            if args.only and tool.name not in args.only:
                continue
            for label, text in ODD.items():
                start = time.perf_counter()
                told, is_fine = outcome(tool, text)
                seconds = time.perf_counter() - start
                failed += not is_fine
                rows.append({"tool": tool.name, "case": label, "gave": told, "seconds": seconds})
                if not args.json:
                    shown = told.encode("unicode_escape").decode()[:100]
                    print(f"{tool.name:22} {label:22} {seconds:6.2f} s  {shown}", flush=True)
    if args.json:
        print(json.dumps(rows, indent=1))
    slowest = max(rows, key=lambda row: row["seconds"], default=None)
    if slowest:
        print(
            f"{len(rows)} calls, {failed} that failed otherwise than by a plain refusal; slowest "
            f"{slowest['seconds']:.1f} s ({slowest['tool']}, {slowest['case']})",
            file=sys.stderr,
        )
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
