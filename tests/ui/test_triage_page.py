"""The triage page in headless Chromium: from import to export, by keyboard alone."""

from __future__ import annotations

import csv
import io
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import page_browser
import pytest
from page_browser import Site

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("page"),
    pytest.mark.skipif(
        not page_browser.CHROMIUM, reason="no Chromium on this machine: sh scripts/chromium.sh"
    ),
]

HOSTILE = (
    "Sumatriptan <img src=http://evil.example/t.png> ${alert(1)} {{value}}",
    "<script src=http://evil.example/s.js></script> [x](http://evil.example) "
    "![y](http://evil.example/y.png) migraine "
    '<style>@import "http://evil.example/c.css"</style> "quoted" & a < b',
)
LONG = "Sumatriptan relieved migraine in this randomised trial of adults. " * 60
ROWS = (
    ("r1", *HOSTILE, ""),
    ("r2", "Rizatriptan in migraine: a trial", LONG, ""),
    ("r3", "A title alone on migraine", "", ""),
    ("r4", "Statins and cholesterol", "Cholesterol fell.", ""),
    ("r5", "Eletriptan in migraine", "Adults with migraine took eletriptan.", ""),
    ("r6", "Labelled before, on migraine", "It was included once.", "1"),
    *((f"x{n}", f"Something else {n}", f"Nothing of it, number {n}.", "") for n in range(12)),
)
RECORD = "#record[data-record]"
QUIET = 300
"""ms; what is pressed sooner after a record has come is taken for a slip"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with page_browser.opened(tmp_path_factory.mktemp("triage")) as opened:
        yield opened


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("records") / "records.csv"
    with path.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows([("record_id", "title", "abstract", "label_included"), *ROWS])
    return path


@pytest.fixture
def page(site: Site, file: Path, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A tab that shows the first record of a screening named after the test."""
    page = begin(site, file, request.node.name)
    yield page
    page.context.close()
    site.forgive_broken_streams()


def begin(site: Site, file: Path, name: str, width: int = 1280, height: int = 800) -> Page:
    """Fill in the start screen by keyboard alone."""
    page = site.tab("/triage", width, height=height)
    page.locator("#name :is(input, textarea)").focus()
    page.keyboard.type(name)
    page.locator("#path :is(input, textarea)").focus()
    page.keyboard.type(str(file))
    for _ in range(3):  # past the library's box and the file of criteria
        page.keyboard.press("Tab")
    for text in ("Do triptans relieve migraine?", "adults with migraine", "statins"):
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector(RECORD)
    page.wait_for_selector("#decisions")
    return page


def record(page: Page) -> str:
    return str(page.locator("#record").get_attribute("data-record"))


def press(page: Page, key: str) -> str:
    """Press a key and wait for another record; gives its id."""
    before = page.locator("#record").get_attribute("data-record")
    page.wait_for_timeout(QUIET)
    page.keyboard.press(key)
    page.wait_for_function(
        "id => document.querySelector('#record').dataset.record !== id", arg=before
    )
    return str(page.locator("#record").get_attribute("data-record"))


def open_record(page: Page, title: str) -> None:
    """Open a decided record from the list, by keyboard."""
    page.locator("#decisions li button", has_text=title).focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(f"#record:has-text({title!r})")


def has(page: Page, selector: str, text: str) -> None:
    page.locator(selector, has_text=text).first.wait_for()


def test_from_import_to_export_by_keyboard(site: Site, page: Page) -> None:
    has(page, "#record", "18 records, 1 label kept")
    has(page, "#count", "1/18")
    assert "migraine" in page.locator("#record mark.criterion").first.inner_text().lower()
    assert "adults with migraine" in page.locator("#why").inner_text()
    assert page.locator("#why q").inner_text()

    first = record(page)
    second = press(page, "v")
    page.keyboard.press("n")
    page.keyboard.type("vxm, unsure of the dose")
    assert record(page) == second, "a key fired while a note was being written"
    page.keyboard.press("Enter")
    third = press(page, "m")
    press(page, "x")
    has(page, "#count", "3/18")
    assert press(page, "u") == third
    press(page, "v")
    has(page, "#decisions li", "maybe")
    has(page, "#decisions li", "unsure of the dose")
    text = page.locator("#progress").inner_text()
    assert "Stopping rule not met yet: at least 95% found, with a 5% chance of error." in text
    assert "done" not in page.locator("body").inner_text().lower()
    assert "target 95%" in (page.locator("svg.curve title").text_content() or "")

    with page.expect_download() as download:
        page.locator("#take a", has_text="CSV").focus()
        page.keyboard.press("Enter")
    rows = list(csv.DictReader(io.StringIO(download.value.path().read_text("utf-8-sig"))))
    assert len(rows) == len(ROWS)
    held = {row["record_id"]: row for row in rows}
    texts = [str([*held[one].values()]) for one in (first, second, third)]
    assert "'include'" in texts[0] and "'maybe'" in texts[1] and "'include'" in texts[2]
    assert "unsure of the dose" in texts[1]
    with page.expect_download() as download:
        page.locator("#take a", has_text="RIS").click()
    assert download.value.path().read_text().count("ER  -") == len(ROWS)
    assert "Records identified" in page.locator(".prisma").inner_text()


def test_the_bar_stays_where_it_is(page: Page) -> None:
    places = set()
    lengths = set()
    for _ in range(6):
        boxes = [button.bounding_box() for button in page.locator("#bar button").all()]
        places.add(str(boxes))
        lengths.add(len(page.locator("#record").inner_text()))
        press(page, "x")
    assert len(places) == 1
    assert max(lengths) > 3000 and min(lengths) < 200


def test_a_decision_is_revised_and_its_history_kept(page: Page) -> None:
    open_record(page, "Labelled before")
    has(page, "#record .before", "Came labelled: included.")
    press(page, "x")
    has(page, "#decisions li", "excluded")
    page.locator("#decisions button", has_text="Included").focus()
    page.keyboard.press("Enter")
    has(page, "#decisions", "None so far.")
    page.locator("#decisions button", has_text="Excluded").click()
    open_record(page, "Labelled before")
    has(page, "#record .before", "You decided: excluded")
    page.locator("#record button", has_text="Back to the next record").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("#record:not(:has(.before))")


def test_keys_can_be_changed_and_never_fire_in_a_text_box(page: Page) -> None:
    page.locator("#bar .keys").focus()
    page.keyboard.press("Enter")
    box = page.locator("#keys input[data-for=include]")
    box.focus()
    before = record(page)
    box.press("ControlOrMeta+a")
    page.keyboard.type("x")
    page.keyboard.press("Tab")
    has(page, "#keys-said", "Another action has this key.")
    box.focus()
    box.press("ControlOrMeta+a")
    page.keyboard.type("j")
    page.keyboard.press("Tab")
    has(page, "#keys-said", "Kept.")
    page.keyboard.press("Escape")
    assert record(page) == before
    assert page.locator("#bar .include kbd").inner_text() == "J"
    page.keyboard.press("v")
    page.keyboard.press("Control+j")
    assert press(page, "j") != before
    has(page, "#count", "2/18")
    page.reload()
    page.wait_for_selector(RECORD)
    has(page, "#bar .include", "J")


def test_a_new_record_is_announced_and_one_without_an_abstract_says_so(page: Page) -> None:
    said = page.locator("#said")
    assert said.get_attribute("role") == "status"
    element = said.element_handle()
    for _ in range(len(ROWS)):
        if record(page) == "r3":
            break
        press(page, "x")
    assert "A title alone on migraine. It has no abstract." in said.inner_text()
    assert element is not None and element.evaluate("e => e.isConnected")
    assert "This record has no abstract." in page.locator("#record").inner_text()
    assert page.evaluate("document.activeElement.id") == "record"


def test_a_held_or_bouncing_key_decides_once(page: Page) -> None:
    page.wait_for_timeout(QUIET)
    for _ in range(20):
        page.keyboard.down("x")  # the first press, then the repeats of a held key
        page.wait_for_timeout(20)
    page.keyboard.up("x")
    has(page, "#count", "2/18")
    page.wait_for_timeout(QUIET)
    for _ in range(20):
        page.keyboard.press("x")
        page.wait_for_timeout(20)
    page.wait_for_timeout(QUIET)
    page.locator("#bar .exclude").dblclick()
    has(page, "#count", "4/18")
    page.wait_for_timeout(2 * QUIET)
    assert "4/18" in page.locator("#count").inner_text()


def test_a_digit_excludes_for_its_criterion_and_is_counted(page: Page) -> None:
    first = record(page)
    page.keyboard.press("n")
    page.keyboard.type("of 2003")
    page.keyboard.press("Enter")
    press(page, "1")
    has(page, "#record .last", "Excluded (statins)")
    has(page, "#decisions li", "statins; of 2003")
    has(page, ".prisma .of", "statins")
    assert press(page, "u") == first
    has(page, "#record .last", "Taken back")
    assert page.locator("#note").input_value() == "statins; of 2003"
    assert press(page, "Shift+U") != first
    has(page, "#record .last", "Excluded again")
    press(page, "u")
    press(page, "v")
    has(page, "#decisions li", "of 2003")
    assert "statins" not in page.locator("#decisions").inner_text()


def test_what_is_written_in_a_note_outlives_another_record_and_a_reload(page: Page) -> None:
    first = record(page)
    page.keyboard.press("n")
    page.keyboard.type("half a thought")
    page.locator("#decisions li button").first.click()
    has(page, "#record .before", "Came labelled")
    page.locator("#record button", has_text="Back to the next record").click()
    page.wait_for_selector("#record:not(:has(.before))")
    assert record(page) == first
    assert page.locator("#note").input_value() == "half a thought"
    page.keyboard.press("n")
    page.keyboard.press("End")
    page.keyboard.type(", and the rest")
    page.wait_for_timeout(4 * QUIET)  # nothing is pressed: it is kept as it is typed
    page.reload()
    page.wait_for_selector(RECORD)
    page.wait_for_function("document.querySelector('#note').value !== ''")
    assert page.locator("#note").input_value() == "half a thought, and the rest"


def test_a_decision_made_in_another_tab_is_not_overwritten_unseen(page: Page) -> None:
    other = page.context.new_page()
    other.goto(page.url)
    other.locator("#screenings button").first.click()
    other.wait_for_selector(RECORD)
    first = record(page)
    assert record(other) == first
    press(page, "v")
    other.wait_for_timeout(QUIET)
    other.keyboard.press("x")
    has(other, "#record .last", "Nothing was changed: in another tab this record became included.")
    has(other, "#record .before", "You decided: included")
    has(other, "#count", "2 included")
    assert press(other, "x") != first
    has(other, "#count", "1 included")


def test_a_server_that_does_not_answer_is_told(site: Site, page: Page) -> None:
    page.wait_for_timeout(QUIET)
    first = record(page)
    site.process.send_signal(signal.SIGSTOP)
    try:
        page.keyboard.press("v")
        has(page, "#late", "Retort does not answer.")
        assert record(page) == first
    finally:
        site.process.send_signal(signal.SIGCONT)
    has(page, "#record .last", "Included")
    assert page.locator("#late").inner_text() == ""


def test_hostile_records_are_shown_to_the_letter_and_ask_nobody(site: Site, page: Page) -> None:
    for _ in range(len(ROWS)):
        if record(page) == "r1":
            break
        press(page, "x")
    assert page.locator("#record h2").evaluate("e => e.textContent") == HOSTILE[0]
    assert page.locator("#record .abstract").evaluate("e => e.textContent") == HOSTILE[1]
    assert page.locator("#triage :is(img, script, style)").count() == 0
    assert page.locator("a[href*=evil]").count() == 0
    press(page, "v")
    has(page, "#decisions li", HOSTILE[0])
    assert page.locator("#decisions img").count() == 0
    assert site.elsewhere == []


def test_a_screening_goes_on_after_a_restart(site: Site, page: Page) -> None:
    press(page, "v")
    here = press(page, "x")
    page.goto("about:blank")  # else the page reloads itself when the server is back
    site.restart()
    page.goto(f"{site.url}/triage")
    page.wait_for_selector(RECORD)
    assert record(page) == here
    has(page, "#count", "3/18")
    page.locator("#take button", has_text="All screenings").focus()
    page.keyboard.press("Enter")
    item = page.locator("#screenings button").first
    item.wait_for()
    assert "3 of 18 screened, 2 included" in item.inner_text()
    item.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(RECORD)
    assert record(page) == here
    site.forgive_broken_streams()


def test_nothing_left_the_machine_and_nothing_went_wrong(site: Site) -> None:
    assert site.elsewhere == []
    assert site.complaints == []
    looked_up = set((site.home / "lookups.txt").read_text().split())
    assert looked_up <= {"127.0.0.1", "localhost"}
