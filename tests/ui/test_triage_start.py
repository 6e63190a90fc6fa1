"""How a screening is begun on the triage page: files, criteria and names; in headless Chromium."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

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

RECORD = "#record[data-record]"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with page_browser.opened(tmp_path_factory.mktemp("triage")) as opened:
        yield opened


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "records.csv"
    lines = [f"Triptans in migraine {n},Of {n} adults.\n" for n in range(6)]
    path.write_text("".join(["title,abstract\n", *lines]), encoding="utf-8")
    return path


def has(page: Page, selector: str, text: str) -> None:
    page.locator(selector, has_text=text).first.wait_for()


@pytest.mark.parametrize(
    ("name", "path", "why"),
    [
        ("n" * 101, "{file}", "is no name for a screening"),
        ("nowhere", "/no/such/file.ris", "/no/such/file.ris"),
        ("nothing", "", "Nothing to screen was chosen."),
    ],
)
def test_bad_starts_say_what_why_and_next(
    site: Site, file: Path, name: str, path: str, why: str
) -> None:
    page = site.tab("/triage")
    page.locator("#name :is(input, textarea)").fill(name)
    page.locator("#path :is(input, textarea)").fill(path.format(file=file))
    page.locator("#begin").click()
    has(page, "#begin-notice .error", why)
    assert "Next: " in page.locator("#begin-notice .error").inner_text()
    assert page.locator("#begin").is_visible()


def test_criteria_come_from_a_file_and_a_name_from_the_records(
    site: Site, file: Path, tmp_path: Path
) -> None:
    wanted = tmp_path / "criteria.md"
    wanted.write_text("Question: Which triptan?\n\n## Include\n- adults\n- trials\n\nExclude: rats")
    page: Any = site.tab("/triage")
    with page.expect_file_chooser() as chooser:
        page.locator("#criteria-file").press("Enter")
    chooser.value.set_files(wanted)
    box = "#{} :is(input, textarea)".format
    page.wait_for_function("document.querySelector('#exclude textarea').value === 'rats'")
    assert page.locator(box("sought")).input_value() == "Which triptan?"
    assert page.locator(box("include")).input_value() == "adults\ntrials"
    page.locator(box("path")).fill(str(file))
    page.locator(box("path")).press("Tab")
    page.wait_for_function(
        "document.querySelector('#name :is(input, textarea)').value.startsWith('records')"
    )
    page.locator("#begin").click()
    page.wait_for_selector(RECORD)
    assert "rats" in page.locator("#why").inner_text()


def test_a_conflict_opened_from_its_list_leads_back(site: Site, tmp_path: Path) -> None:
    path = tmp_path / "torn.csv"
    both = "Ada: Included; Bob: Excluded"
    lines = [("title", "abstract", "label"), ("Triptans in migraine", "Of adults.", both)]
    lines += [(f"Statins and cholesterol {n}", f"It fell by {n}.", "") for n in range(4)]
    with path.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows(lines)
    page = site.tab("/triage")
    page.locator("#path :is(input, textarea)").fill(str(path))
    page.locator("#begin").click()
    page.wait_for_selector(RECORD)
    first = page.locator("#record").get_attribute("data-record")
    page.wait_for_selector("#count:not([data-waiting])")  # a look at the progress shows all again
    page.locator("#decisions button", has_text="Conflicts").click()
    has(page, "#decisions li", "Triptans in migraine")
    page.locator("#decisions li button").click()
    has(page, "#record .before", "Undecided.")
    page.locator("#record .before button", has_text="Back to the next record").click()
    page.wait_for_selector("#record:not(:has(.before))")
    assert page.locator("#record").get_attribute("data-record") == first


def test_a_broken_file_among_several_is_named_and_the_others_are_read(
    site: Site, file: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.ris"
    broken.write_text("abc")
    page: Any = site.tab("/triage")
    with page.expect_file_chooser() as chooser:
        page.locator("#upload button").first.press("Enter")
    chooser.value.set_files([broken, file])
    page.wait_for_function("document.querySelector('#upload').innerText.includes('records')")
    page.locator("#begin").click()
    page.wait_for_selector(RECORD)
    has(page, "#record", "1 file could not be read: broken.ris is too short")
    has(page, "#record", "6 records")


def test_an_upload_and_a_narrow_window(site: Site, file: Path) -> None:
    page: Any = site.tab("/triage", 390, height=800)
    page.locator("#name :is(input, textarea)").fill("uploaded")
    with page.expect_file_chooser() as chooser:
        page.locator("#upload button").first.press("Enter")
    chooser.value.set_files(file)
    page.locator("#upload", has_text="records").wait_for()
    page.wait_for_function("document.querySelector('#upload').innerText.includes('.csv')")
    page.locator("#begin").click()
    page.wait_for_selector(RECORD)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    for button in page.locator("#bar button").all():
        box = button.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 390 and box["y"] + box["height"] <= 800
