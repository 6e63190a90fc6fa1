"""What a user sees when a literature service fails, one row per fault.

    python benchmarks/fetch_faults.py [--json]

A loopback server replays the services' shapes and breaks them; nothing leaves the machine. The
same rows are tested (``tests/retrieval/fetch/test_faults.py``).
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "support"))


def main() -> None:
    from fetch_matrix import FAULTS, seen

    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--json", action="store_true")
    as_json = parser.parse_args().json
    os.environ["NO_PROXY"] = "127.0.0.1,.invalid"
    unexpected = 0
    for fault in FAULTS:
        with tempfile.TemporaryDirectory() as folder:
            told, papers = seen(fault, Path(folder) / "library")
        as_expected = bool(re.search(fault.says, told)) and papers == fault.papers
        unexpected += not as_expected
        if as_json:
            row = {"fault": fault.name, "source": fault.source, "seen": told, "papers": papers}
            print(json.dumps(row | {"as_expected": as_expected}))
        else:
            mark = "" if as_expected else "UNEXPECTED "
            print(f"{mark}{fault.source:9}  {fault.name}\n           {papers} papers in; {told}")
    sys.exit(1 if unexpected else 0)


if __name__ == "__main__":
    main()
