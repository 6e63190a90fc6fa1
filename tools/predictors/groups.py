"""Names for several endpoints at once: families, "admet", "targets", "all"."""

from __future__ import annotations

from collections.abc import Sequence

from retort.tools.predictors.records import Endpoint

OFF_TARGET = "off-target"
"""family of the target panel"""
_OTHER_NAMES = {
    "targets": OFF_TARGET,
    "target": OFF_TARGET,
    "off targets": OFF_TARGET,
    "off target": OFF_TARGET,
    "off-targets": OFF_TARGET,
    "tox": "toxicity",
    "adme": "admet",
}


def members(name: str, endpoints: Sequence[Endpoint]) -> list[Endpoint]:
    """The endpoints that a group's name means, in their order; none where it is no group.

    Args:
        name: a family, "admet" (all but the target panel), "targets" or "all"; in any case.
        endpoints: those that there are.
    """
    wanted = " ".join(name.replace("_", " ").split()).casefold()
    wanted = _OTHER_NAMES.get(wanted, wanted)
    return [
        endpoint
        for endpoint in endpoints
        if wanted in ("all", endpoint.family)
        or (wanted == "admet" and endpoint.family != OFF_TARGET)
    ]
