"""The verdicts: what a judge may say of a statement and the text it cites, and how it is told.

Knows the words and their order in the head's output, nothing of judges. Imports nothing heavy.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from retort.agent.records import Verdict

Label = Literal["supported", "contradicted", "no evidence"]
Said = Label | Literal["uncertain", "not judged"]

SUPPORTED: Label = "supported"
CONTRADICTED: Label = "contradicted"
NO_EVIDENCE: Label = "no evidence"
LABELS: tuple[Label, ...] = (SUPPORTED, CONTRADICTED, NO_EVIDENCE)
"""in the order of the head's outputs"""

UNCERTAIN: Said = "uncertain"
"""the judge leans to none of the three enough to be believed"""
NOT_JUDGED: Said = "not judged"
"""there was no judge"""
QUOTED = "quoted"
"""the judge's name where the statement is the cited text itself"""

_TOLD = {
    CONTRADICTED: "contradicts: read it",
    NO_EVIDENCE: "no evidence found in the passage",
    UNCERTAIN: "support uncertain",
    NOT_JUDGED: "support not judged",
    SUPPORTED: "supports",
}
"""worst first"""


def told(found: Sequence[Verdict], marker: int) -> str:
    """What a reader is told beside a source: the worst verdict on it; "" where there is none."""
    own = [verdict for verdict in found if verdict.marker == marker]
    if own and all(verdict.judge == QUOTED for verdict in own):
        return "quoted word for word"
    for said, words in _TOLD.items():
        for verdict in own:
            if verdict.verdict == said:
                return words + _by(verdict)
    return ""


def _by(verdict: Verdict) -> str:
    """Whose opinion it is, and how sure it is."""
    if not verdict.judge or verdict.judge == QUOTED:
        return ""
    sure = "" if verdict.probability is None else f" {verdict.probability:.0%}"
    return f" (judged by {verdict.judge}{sure})"
