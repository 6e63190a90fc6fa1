"""What a user sees when the ChEMBL web service fails, one row per fault, for eight questions each.

    python benchmarks/chembl_faults.py [--json]

A loopback server speaks the service's protocol and breaks it; nothing leaves the machine. Exit code
1 where an outage is told as "nothing found", an exception is not one for users, a question takes
more than a second beyond its limit, or something else is told than is expected. The same rows are
tested (``tests/tools/chembl/test_faults.py``).
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
GRACE_S = 1.0


def main() -> None:
    from chembl_matrix import (
        FAULTS,
        LIMIT_S,
        QUESTIONS,
        Seen,
        has_openssl,
        outage_after,
        second_page_fails,
        seen,
    )

    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--json", action="store_true")
    as_json = parser.parse_args().json
    os.environ["NO_PROXY"] = "127.0.0.1,.invalid"
    unexpected = 0

    def show(name: str, kind: str, says: str, found: dict[str, Seen]) -> None:
        nonlocal unexpected
        slowest = max(item.seconds for item in found.values())
        bad = [
            question
            for question, item in found.items()
            if item.kind != kind or not re.search(says, item.told)
        ]
        ok = not bad and slowest <= LIMIT_S + GRACE_S
        unexpected += not ok
        told = next(iter(found.values())).told
        if as_json:
            row = {"fault": name, "kind": kind, "told": told, "questions": len(found)}
            print(json.dumps(row | {"slowest_s": round(slowest, 2), "as_expected": ok}))
            return
        mark = "" if ok else f"UNEXPECTED ({', '.join(bad) or 'too slow'}) "
        told = re.sub(r"http://127\.0\.0\.1:\d+\S*", "URL", told)
        print(
            f"{mark}{name}: {kind} in {slowest:.1f} s at most ({len(found)} questions)\n    {told}"
        )
        for question in bad:
            print(f"    {question}: {found[question].kind}: {found[question].told}")

    for fault in FAULTS:
        if fault.tls and not has_openssl():
            print(f"skipped, no openssl here: {fault.name}", file=sys.stderr)
            continue
        found = {}
        for name, ask in QUESTIONS.items():
            with tempfile.TemporaryDirectory() as folder:
                found[name] = seen(fault, Path(folder), ask)
        show(fault.name, fault.kind, fault.says, found)
    with tempfile.TemporaryDirectory() as folder:
        show(
            "page 2 of 5 fails once",
            "found",
            "17 rows",
            {"": second_page_fails(Path(folder), "500")},
        )
    with tempfile.TemporaryDirectory() as folder:
        failed = second_page_fails(Path(folder), *["500"] * 3)
        show("page 2 of 5 fails for good", "outage", "HTTP 500", {"": failed})
    with tempfile.TemporaryDirectory() as folder:
        old = outage_after(Path(folder), days=10)
        show("500, and an answer of ten days ago", "found", "did not answer; this is", {"": old})
    with tempfile.TemporaryDirectory() as folder:
        none = outage_after(Path(folder), days=10, target="unobtainase")
        show("500, and ten days ago it found nothing", "outage", "HTTP 500", {"": none})
    sys.exit(1 if unexpected else 0)


if __name__ == "__main__":
    main()
