"""How far a screening is, its curve, and its decisions to revise: HTML. Pure; knows no Gradio.

Nothing here says that a screening is finished: it says what was read, what is estimated, how sure
the estimate is, and what the stopping rule says.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from retort.agent.triage.estimate import TARGET
from retort.agent.triage.progress import Progress
from retort.agent.triage.records import Estimate, Shown
from retort.agent.triage.store import Summary
from retort.ui import screenings
from retort.ui.markdown import escape
from retort.ui.triage_record import WORDS

PAGE = 8
"""decisions listed at a time"""
EARLY = 0.1
"""share read below which the estimated recall is too low in the mean (``benchmarks/triage.py``)"""
FILTERS = {
    "all": "All",
    "include": "Included",
    "exclude": "Excluded",
    "maybe": "Maybe",
    "conflict": "Conflicts",
}
WIDTH, HEIGHT = 320, 130
LEFT, RIGHT, TOP, BOTTOM = 34, 8, 8, 18
_PRISMA = {
    "identified": "Records identified",
    "duplicates_removed": "Duplicates removed",
    "screened": "Screened",
    "included": "Included",
    "excluded": "Excluded",
    "undecided": "Undecided",
    "not_screened": "Not screened",
}


def progress_html(progress: Progress, is_waiting: bool = False) -> str:
    """Counts, estimate, rule, hint and curve.

    Args:
        progress: how far the screening is.
        is_waiting: whether something of the record shown is still to come; the page looks again.
    """
    waiting = " data-waiting" if is_waiting or progress.is_learning else ""
    share = 100 * progress.screened / max(progress.total, 1)
    conflicts = f" · {progress.conflicts:,} with contradictory labels" if progress.conflicts else ""
    estimate = progress.estimate
    recall = f" · estimated recall {estimate.recall:.0%}" if estimate.found else ""
    learning = _learning(progress)
    return (
        f'<section id="count" aria-label="Count"{waiting}>'
        f"<p><strong>{progress.screened:,}/{progress.total:,}</strong> screened</p>"
        f'<p class="gauge"><span style="width:{share:.2f}%"></span></p>'
        f"<p><strong>{progress.included:,}</strong> included · {progress.excluded:,} excluded · "
        f"{progress.maybe:,} maybe{conflicts}{recall}</p></section>"
        '<section id="progress" aria-label="Progress"><h3>Progress</h3>'
        f"{_estimate(estimate)}{curve_html(progress)}"
        f"{f'<p class=quiet>{learning}</p>' if learning else ''}</section>"
    )


def _estimate(estimate: Estimate) -> str:
    row = (
        f'<p class="quiet">{estimate.in_a_row:,} in a row irrelevant. That is a hint, no rule.</p>'
        if estimate.in_a_row
        else ""
    )
    rule = f"at least {TARGET:.0%} found, with a {1 - estimate.confidence:.0%} chance of error"
    if not estimate.found:
        return f"<p>Estimated recall: none yet, since nothing relevant was found.</p>{row}"
    highest = _recall_high(estimate)
    early = "; mostly too low this early" if estimate.read < EARLY * estimate.total else ""
    recall = (
        f"<p>Estimated recall <strong>{estimate.recall:.0%}</strong> "
        f'<span class="quiet">({estimate.recall_low:.0%} to {highest:.0%}; '
        f"{estimate.found:,} found of some {estimate.relevant:,.0f}, each bound "
        f"{estimate.confidence:.0%} sure{early})</span></p>"
    )
    met = "met: " if estimate.is_target_met else "not met yet: "
    state = "reached" if estimate.is_target_met else "waiting"
    return f'{recall}<p class="rule {state}"><strong>Stopping rule</strong> {met}{rule}.</p>{row}'


def _recall_high(estimate: Estimate) -> float:
    return min(estimate.found / max(estimate.low, 1), 1.0)


def _learning(progress: Progress) -> str:
    done, of = progress.vectors
    reading = f" The encoder has read {done:,} of {of:,} records." if done < of else ""
    learning = "Learning from the last labels ..." if progress.is_learning else ""
    return f"{learning}{reading}".strip()


def curve_html(progress: Progress) -> str:
    """Recall against records read, with the band of the estimate; empty before there is one."""
    estimate = progress.estimate
    if len(progress.curve) < 2 or not estimate.found:
        return ""
    most = max(progress.curve[-1][0], 1)

    def at(read: float, recall: float) -> str:
        x = LEFT + (WIDTH - LEFT - RIGHT) * read / most
        y = TOP + (HEIGHT - TOP - BOTTOM) * (1 - min(max(recall, 0.0), 1.0))
        return f"{x:.1f},{y:.1f}"

    line = " ".join(at(read, found / estimate.relevant) for read, found in progress.curve)
    upper = [at(read, found / max(estimate.low, 1)) for read, found in progress.curve]
    lower = [at(read, found / estimate.high) for read, found in reversed(progress.curve)]
    band = f'<polygon class="band" points="{" ".join(upper + lower)}"/>'
    target = f"{at(0, TARGET)} {at(most, TARGET)}"
    axis = f"{at(0, 1)} {at(0, 0)} {at(most, 0)}"
    title = (
        f"Recall curve: after {estimate.read:,} records read, estimated recall "
        f"{estimate.recall:.0%} ({estimate.recall_low:.0%} to {_recall_high(estimate):.0%}); "
        f"target {TARGET:.0%}."
    )
    bottom = HEIGHT - BOTTOM
    ticks = "".join(
        f'<text x="{LEFT - 5}" y="{at(0, share).split(",")[1]}" dy="4" text-anchor="end">'
        f"{share:.0%}</text>"
        for share in (0.0, 0.5, 1.0)
    )
    return (
        f'<svg class="curve" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        'aria-labelledby="curve-title">'
        f'<title id="curve-title">{title}</title>{band}'
        f'<polyline class="target" points="{target}"/><polyline class="axis" points="{axis}"/>'
        f'<polyline class="found" points="{line}"/>{ticks}'
        f'<text x="{LEFT}" y="{bottom + 13}">0</text>'
        f'<text x="{WIDTH - RIGHT}" y="{bottom + 13}" text-anchor="end">{most:,} read</text>'
        '</svg><p class="quiet">Line: share found of the relevant records as estimated now. Band: '
        "the same by the bounds of that estimate. Dashed: the target.</p>"
    )


def decisions_html(listed: Sequence[Shown], total: int, kind: str, offset: int) -> str:
    """One page of the decisions of a kind, newest first, each a button that opens its record.

    Args:
        listed: the decisions on this page, at most ``PAGE``.
        total: decisions of this kind.
        kind: a key of ``FILTERS``.
        offset: of the first one listed.
    """
    tabs = "".join(
        f'<button type="button" data-act="list" data-filter="{key}" '
        f'aria-pressed="{"true" if key == kind else "false"}">{word}</button>'
        for key, word in FILTERS.items()
    )
    items = "".join(_decision(shown) for shown in listed)
    body = f"<ol>{items}</ol>" if items else '<p class="quiet">None so far.</p>'
    return (
        f'<section id="decisions" data-filter="{escape(kind)}" data-offset="{offset}" '
        f'aria-label="Decisions"><h3>Decisions</h3><div class="tabs">{tabs}</div>{body}'
        f"{_pager(total, offset)}</section>"
    )


def _decision(shown: Shown) -> str:
    decision = shown.decision
    label = WORDS[decision.label] if decision else "conflict"
    by = f" ({decision.by})" if decision and decision.by != "user" else ""
    note = (
        f' <bdi class="quiet">{escape(decision.note)}</bdi>' if decision and decision.note else ""
    )
    return (
        f'<li><button type="button" data-act="show" data-record="{escape(shown.record.id)}">'
        f'<span class="label {decision.label if decision else "conflict"}">{label}{by}</span> '
        f"<bdi>{escape(shown.record.title or shown.record.id)}</bdi>{note}</button></li>"
    )


def _pager(total: int, offset: int) -> str:
    if total <= PAGE:
        return ""
    steps = (("Newer", offset - PAGE), ("Older", offset + PAGE))
    buttons = "".join(
        f'<button type="button" data-act="list" data-offset="{to}"'
        f"{'' if 0 <= to < total else ' disabled'}>{word}</button>"
        for word, to in steps
    )
    last = min(offset + PAGE, total)
    return f'<p class="pager">{buttons} <span>{offset + 1:,} to {last:,} of {total:,}</span></p>'


def export_html(name: str, prisma: Mapping[str, int], reasons: Mapping[str, int]) -> str:
    """Links to what can be taken away, and the counts of the PRISMA flow.

    Args:
        name: of the screening.
        prisma: counts by the keys of ``_PRISMA``.
        reasons: of the excluded ones, why -> how many.
    """
    rows = ""
    for key, word in _PRISMA.items():
        rows += f'<tr><th scope="row">{word}</th><td>{prisma.get(key, 0):,}</td></tr>'
        for reason, count in reasons.items() if key == "excluded" else ():
            rows += f'<tr class="of"><th scope="row" dir="auto">{escape(reason)}</th>'
            rows += f"<td>{count:,}</td></tr>"
    return (
        '<section id="take" aria-label="Export"><h3>Export</h3><p>'
        f'<a class="download" href="{escape(screenings.address(name, "csv"))}" download>CSV</a> '
        f'<a class="download" href="{escape(screenings.address(name, "ris"))}" download>RIS</a> '
        '<span class="quiet">all records with decision, reason, score and rank</span></p>'
        f'<table class="prisma"><caption>PRISMA counts</caption>{rows}</table>'
        '<p><button type="button" data-act="leave">All screenings</button></p></section>'
    )


def listing_html(summaries: Sequence[Summary]) -> str:
    """The screenings to go on with, newest first."""
    if not summaries:
        return ""
    items = "".join(
        f'<li><button type="button" data-act="open" data-screening="{escape(item.name)}">'
        f"<strong>{escape(item.name)}</strong> <span>{item.screened:,} of {item.total:,} screened, "
        f"{item.included:,} included · "
        f"{time.strftime('%d %b %Y, %H:%M', time.localtime(item.updated))}</span></button></li>"
        for item in summaries
    )
    return f"<h2>Go on with a screening</h2><ul>{items}</ul>"
