"""What a user sees when a model's server fails: one row per fault.

    python benchmarks/endpoint_faults.py [--json]

A loopback server speaks the chat protocol and breaks it; nothing leaves the machine. Exit code 1
where something else is told than is expected, no way on is given, or it takes more than a second
beyond the limit. The same rows are tested (``tests/agent/models/test_endpoint.py``).
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "support"))
GRACE_S = 1.0


def main() -> None:
    from endpoint_matrix import FAULTS, LIMITS, seen

    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--json", action="store_true")
    as_json = parser.parse_args().json
    unexpected = 0
    for fault in FAULTS:
        found = seen(fault)
        is_told = found.what.startswith(fault.what) and fault.says in found.why
        longest_s = LIMITS.total_s + GRACE_S
        ok = is_told and found.requests == fault.requests and found.seconds <= longest_s
        unexpected += not ok
        if as_json:
            row = {"fault": fault.name, "what": found.what, "why": found.why, "next": found.next}
            row |= {"requests": found.requests, "seconds": round(found.seconds, 2)}
            print(json.dumps(row | {"as_expected": ok}))
            continue
        why = re.sub(r"https?://[\w.]+:\d+/v1", "URL", found.why)
        next = re.sub(r"https?://[\w.]+:\d+/v1", "URL", found.next)
        mark = "" if ok else "UNEXPECTED "
        print(f"{mark}{fault.name} ({found.requests} requests, {found.seconds:.1f} s)")
        print("\n".join(f"    {line}" for line in (found.what, why, next) if line))
    print(f"{len(FAULTS)} faults, {unexpected} unexpected", file=sys.stderr)
    sys.exit(1 if unexpected else 0)


if __name__ == "__main__":
    main()
