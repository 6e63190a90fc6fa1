"""The same questions to both ChEMBL backends, answer by answer.

    python benchmarks/chembl_backends.py [--json]

The local backend reads the starter file (with a table of warnings, which it lacks); the web backend
asks a loopback server that speaks the service's protocol over the same file. Exit code 1 where any
answer differs in a single field.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "support"))


def main() -> None:
    from chembl_queries import QUERIES, answer, build
    from chembl_service import ChemblServer

    from retort.tools.chembl.local import LocalSource
    from retort.tools.chembl.web import WebSource

    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--json", action="store_true")
    as_json = parser.parse_args().json
    os.environ["NO_PROXY"] = "127.0.0.1"
    differing = 0
    with tempfile.TemporaryDirectory() as folder:
        path = build(Path(folder) / "starter.sqlite")
        local, service = LocalSource(path), ChemblServer(path)
        web = WebSource(service.url, cache=Path(folder) / "kept")
        for number, (name, ask) in enumerate(QUERIES.items(), 1):
            begin = time.perf_counter()
            here, rows, counted = answer(ask, local)
            middle = time.perf_counter()
            there, _, _ = answer(ask, web)
            local_ms, web_ms = (middle - begin) * 1e3, (time.perf_counter() - middle) * 1e3
            same = here == there
            differing += not same
            if as_json:
                row = {"query": name, "rows": rows, "equal": same}
                print(json.dumps(row | {"local_ms": local_ms, "web_ms": web_ms}))
                continue
            verdict = "equal" if same else "DIFFERENT"
            shown = f"{rows} rows {counted}".strip()
            print(f"{number:2}  {name:42} {shown:18} {verdict}  {local_ms:6.1f} {web_ms:7.1f} ms")
            if not same:
                print(f"    local {here}\n    web   {there}")
        service.close()
        local.close()
    if not as_json:
        print(f"{len(QUERIES) - differing} of {len(QUERIES)} equal (columns: local, web, in ms)")
    sys.exit(1 if differing else 0)


if __name__ == "__main__":
    main()
