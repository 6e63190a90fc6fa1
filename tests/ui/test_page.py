"""The chat page in headless Chromium, over a scripted model. One server serves all tests here."""

from __future__ import annotations

import re
import signal
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any

import page_browser
import pytest
from page_browser import Site
from page_script import ACTIVITIES, NASTY

from retort.agent.records import Answer
from retort.agent.sessions import Sessions
from retort.ui import figures
from retort.ui.page import EXAMPLES

if TYPE_CHECKING:
    from playwright.sync_api import Page

SEEN_BEFORE = "What did I ask yesterday?"
pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("page"),
    pytest.mark.skipif(
        not page_browser.CHROMIUM, reason="no Chromium on this machine: sh scripts/chromium.sh"
    ),
]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    home = tmp_path_factory.mktemp("page")
    with closing(Sessions(home / "sessions.sqlite")) as sessions:
        sessions.save(Answer("old1", SEEN_BEFORE, "answered", "This, *1/*2."), "from-before")
    with page_browser.opened(home) as opened:
        yield opened


def fresh(site: Site, width: int = 1280, scheme: str = "light") -> Page:
    """The chat in a tab of its own."""
    page = site.tab("/", width, scheme)
    page.wait_for_selector(".example")
    page.wait_for_function("document.querySelector('#status').textContent.length > 0")
    return page


def ask(page: Page, question: str) -> Any:
    """Ask and wait for the end; returns the last answer."""
    before = page.locator(".footer").count()
    page.locator("#question textarea").fill(question)
    page.locator("#question textarea").press("Enter")
    page.wait_for_function("n => document.querySelectorAll('.footer').length > n", arg=before)
    page.wait_for_selector("#send:enabled")
    return page.locator(".answer").last


def reload(site: Site, page: Page) -> None:
    """Reload; that the old page's streams break then is no complaint."""
    page.reload()
    site.forgive_broken_streams()


def test_the_first_screen_says_what_it_runs_on_and_offers_four_questions(site: Site) -> None:
    page = fresh(site)
    status = page.locator("#status").inner_text()
    assert status.startswith("model scripted (for the tests) | library starter: 3 notes")
    assert [item.inner_text() for item in page.locator(".example").all()] == list(EXAMPLES)
    assert page.locator("#send").is_enabled() and page.locator("#stop").is_disabled()
    page.locator(".example").first.click()
    page.wait_for_selector(".footer")
    assert page.locator(".example").count() == 0
    assert page.locator(".question").inner_text() == EXAMPLES[0]


def test_a_marker_opens_the_marked_passage(site: Site) -> None:
    page = fresh(site)
    answer = ask(page, "Which CYP2C9 variants lower the warfarin dose?")
    step = page.locator("details.step")
    assert re.fullmatch(
        r"Literature: 3 passages from 2 papers for .* \(\d+\.\d s\)", step.inner_text().strip()
    )
    assert not page.locator(".given").is_visible()
    step.locator("summary").click()
    assert "CYP2C9 variants warfarin dose" in step.locator("td").inner_text()
    assert "- CYP2C9 and warfarin" in page.locator(".given").inner_text()

    assert "CYP2C9*2 and CYP2C9*3 needed lower" in answer.inner_text()
    assert answer.locator("td", has_text="*1/*2").is_visible()
    marks = answer.locator(".quote mark")
    assert not any(mark.is_visible() for mark in marks.all())
    marker = answer.locator("a.cite.literature").first
    assert "literature: CYP2C9 genotype" in (marker.get_attribute("title") or "")
    marker.click()
    mark = answer.locator(".quote mark:visible")
    assert mark.count() == 1 and mark.inner_text().startswith("RESULTS: Carriers of CYP2C9*2 and")
    assert mark.evaluate("e => e.getBoundingClientRect().top < innerHeight")
    answer.locator("a.cite.note").click()
    assert "A note written for Retort, not a paper." in answer.inner_text()
    assert page.url.startswith(f"{site.url}/#a") and len(page.context.pages) == 1


def test_kinds_are_words_and_structures_are_drawn(site: Site) -> None:
    page = fresh(site)
    answer = ask(page, "osimertinib")
    assert answer.locator(".source .kind").all_inner_texts() == ["record (ChEMBL 36)", "calculated"]
    assert page.locator("details.step:not(.plan)").count() == 2
    assert "Plan (2 steps)" in page.locator("details.plan").inner_text()
    assert answer.locator(".molecule svg path").count() > 10
    answer = ask(page, "soluble?")
    assert answer.locator(".source .kind").all_inner_texts() == [
        "predicted",
        "predicted",
        "outside the domain",
    ]
    answer.locator("a.cite.prediction").first.click()
    assert "-1.9 to -0.2" in answer.locator(".quote:visible td").all_inner_texts()


def test_a_table_shows_its_first_rows_and_is_downloaded_whole(site: Site) -> None:
    page = fresh(site)
    answer = ask(page, "EGFR, all of them")
    table = answer.locator(".table")
    assert "12 of 37 rows" in table.inner_text() and table.locator("tbody tr").count() == 12
    for format, whole in (("CSV", ACTIVITIES.csv()), ("SDF", ACTIVITIES.sdf()[0])):
        with page.expect_download() as download:
            table.locator("a.download", has_text=format).click()
        assert download.value.path().read_bytes().decode() == whole
    assert len(page.context.pages) == 1
    table.locator("summary").click()
    assert table.locator(".molecule svg").count() == figures.MOST_CARDS
    assert "IC50 = 0.5 nM" in table.locator(".caption").first.inner_text()


def test_dangerous_text_is_shown_to_the_letter_and_asks_nobody(site: Site) -> None:
    page = fresh(site)
    answer = ask(page, "traps <img src=http://evil.example/u.png> [x](http://evil.example) **b**")
    answer.locator("a.cite").click()
    shown = answer.locator(".quote mark:visible").evaluate("e => e.textContent")
    assert shown == NASTY
    assert "C[C@H](N)C(=O)O, CYP2C9*2 and CYP2C9*3, $$x^2$$ <img" in answer.inner_text()
    assert "[x](http://evil.example) **b**" in page.locator(".question").inner_text()
    assert "traps <img src=http://evil.example/q.png> *a*" in page.locator(".step").inner_text()
    assert page.locator("#chat img").count() == 0
    assert page.locator("#chat a[href*='evil']").count() == 0


def test_findings_abstentions_and_failures_are_plain_to_see(site: Site) -> None:
    page = fresh(site)
    answer = ask(page, "careless")
    checks = answer.locator(".checks").inner_text()
    assert "[E99]" in checks and "7" in checks and "Gefitinib was also tested" in checks
    answer = ask(page, "What is the capital of France?")
    assert answer.locator(".checks").count() == 0
    assert "no answer in these sources" in answer.inner_text()
    answer = ask(page, "broken")
    error = answer.locator(".error").inner_text().splitlines()
    assert error[0] == "The question could not be answered." and error[-1] == "Next: retort doctor"


def test_stop_keeps_what_was_written_and_a_second_question_waits(site: Site) -> None:
    page = fresh(site)
    box = page.locator("#question textarea")
    box.fill("slow")
    page.locator("#send").click()
    page.wait_for_selector(".writing")
    assert page.locator("#send").is_disabled() and page.locator("#stop").is_enabled()
    box.fill("Me too?")
    box.press("Enter")
    page.wait_for_selector("#notice .error")
    assert "still being written" in page.locator("#notice").inner_text()
    assert box.input_value() == "Me too?"
    asked = time.monotonic()
    page.locator("#stop").click()
    page.wait_for_selector(".footer")
    assert time.monotonic() - asked < 10
    answer = page.locator(".answer").last.inner_text()
    assert answer.startswith("Erlotinib has an IC50 of 2.0 nM [1]")
    assert "(Stopped by the user.)" in answer and "stopped, incomplete" in answer
    page.wait_for_selector("#send:enabled")
    assert page.locator("#stop").is_disabled() and not page.locator("#notice .error").count()
    box.press("Enter")
    page.wait_for_function("document.querySelectorAll('.question').length == 2")


def test_bad_questions_are_answered_below_the_conversation_and_kept(site: Site) -> None:
    page = fresh(site)
    page.locator("#send").click()
    page.wait_for_selector("#notice .error")
    assert "The question is empty." in page.locator("#notice").inner_text()
    page.locator("#question textarea").fill("x" * 25_000)
    page.locator("#question textarea").press("Enter")
    page.get_by_text("The question has 25,000 characters.").wait_for()
    assert len(page.locator("#question textarea").input_value()) == 25_000
    assert page.locator(".question").count() == 0


def test_conversations_come_back_with_their_thumbs(site: Site) -> None:
    page = fresh(site)
    ask(page, "EGFR, please")
    page.locator("button[title=Dislike]").last.click()
    page.wait_for_timeout(300)
    reload(site, page)
    page.wait_for_selector(".footer")
    assert page.locator(".question").inner_text() == "EGFR, please"
    assert "37 activities" in page.locator("details.step").inner_text()
    with closing(sqlite3.connect(site.home / "sessions.sqlite")) as db:
        rated = db.execute(
            "SELECT question, liked FROM feedback JOIN answer ON answer_id = answer.id"
        ).fetchall()
    assert rated == [("EGFR, please", 0)]

    page.locator("#listing label", has_text=SEEN_BEFORE).click()
    page.wait_for_function("document.querySelector('.question').innerText.includes('yesterday')")
    assert page.locator(".answer").inner_text().startswith("This, *1/*2.")
    page.locator("#new").click()
    page.wait_for_selector(".example")
    assert page.locator("#listing input:checked").count() == 0
    titles = page.locator("#listing label").all_inner_texts()
    assert titles[0].endswith("EGFR, please") and titles[-1].endswith(SEEN_BEFORE)


def test_a_running_answer_survives_a_reload_and_a_change_of_conversation(site: Site) -> None:
    page = fresh(site)
    page.locator("#question textarea").fill("slow and reloaded")
    page.locator("#question textarea").press("Enter")
    page.wait_for_selector(".writing")
    page.locator("#new").click()
    page.wait_for_selector(".example")
    assert page.locator("#send").is_enabled()
    page.locator("#listing label", has_text="slow and reloaded").click()
    page.wait_for_selector(".writing")
    reload(site, page)
    page.wait_for_selector(".writing")
    assert page.locator("#stop").is_enabled()
    page.locator("#stop").click()
    page.wait_for_selector(".footer")


@pytest.mark.parametrize(("width", "scheme"), [(1280, "dark"), (420, "light")])
def test_it_fits_and_can_be_read(site: Site, width: int, scheme: str) -> None:
    page = fresh(site, width, scheme)
    answer = ask(page, "EGFR, narrow")
    answer.locator("a.cite").first.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for name in ("#send", "#stop", "#question", ".answer"):
        box = page.locator(name).last.bounding_box()
        assert box is not None and box["x"] >= 0 and box["x"] + box["width"] <= width
    for name in (".answer p", ".quote mark", ".kind", ".footer", "#status"):
        assert _contrast(page, name) >= 4.5, name
    if width < 900:
        page.locator(".toggle-button").click()
        page.locator("#listing label", has_text=SEEN_BEFORE).click()
        page.wait_for_function("document.querySelector('.question').innerText.includes('yester')")
        page.locator("#send").click(trial=True)  # the list is out of the way again


def test_the_browser_itself_refuses_other_hosts(site: Site) -> None:
    page = site.browser.new_page()
    page.goto(site.url)
    refused = page.evaluate(
        """() => new Promise(done => {
            document.addEventListener("securitypolicyviolation", e => done(e.blockedURI));
            document.body.append(Object.assign(new Image(), {src: "http://evil.example/z.png"}));
        })"""
    )
    assert refused == "http://evil.example/z.png"


def test_nothing_left_the_machine_and_nothing_went_wrong(site: Site) -> None:
    assert site.elsewhere == []
    assert site.complaints == []
    looked_up = set((site.home / "lookups.txt").read_text().split())
    assert looked_up <= {"127.0.0.1", "localhost"}


def test_an_interrupt_saves_what_is_being_written(site: Site) -> None:
    page = fresh(site)
    page.locator("#question textarea").fill("slow and interrupted")
    page.locator("#question textarea").press("Enter")
    page.wait_for_selector(".writing")
    site.process.send_signal(signal.SIGINT)
    assert site.process.wait(timeout=30) == 0
    with closing(sqlite3.connect(site.home / "sessions.sqlite")) as db:
        last = db.execute("SELECT question, status FROM answer ORDER BY created").fetchall()[-1]
    assert last == ("slow and interrupted", "stopped")


def _contrast(page: Page, name: str) -> float:
    """The contrast of a text with what is behind it, as WCAG 2 counts it."""
    return float(
        page.locator(name).first.evaluate(
            """e => {
                const rgba = text => text.match(/[\\d.]+/g).map(Number);
                const light = ([r, g, b]) => {
                    const [x, y, z] = [r, g, b].map(v => v / 255).map(
                        v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
                    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
                };
                let behind = e, colour = [0, 0, 0, 0];
                while (behind && (colour.length == 4 && colour[3] == 0)) {
                    colour = rgba(getComputedStyle(behind).backgroundColor);
                    behind = behind.parentElement;
                }
                const [a, b] = [light(rgba(getComputedStyle(e).color)), light(colour)].sort();
                return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
            }"""
        )
    )
