"""PubMed: the form of its requests, searches beyond 9,999 records, and records that do not come."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from literature_services import FIRST_DAY, FIRST_PMID, Services

from retort.retrieval.fetch.http import Limits
from retort.retrieval.fetch.pubmed import PER_SECOND_WITH_KEY, PubMed

Make = Callable[..., PubMed]


def pmids(*numbers: int) -> list[str]:
    return [str(FIRST_PMID + number) for number in numbers]


def test_a_search_lists_the_best_and_says_how_it_was_understood(
    services: Services, pubmed: Make
) -> None:
    found = pubmed().find("warfarin", 7)
    assert found.count == 30
    assert list(found.ids) == pmids(*range(7))
    assert found.translation == services.translation
    assert found.cursor and not found.notes


def test_records_come_in_batches_and_in_order(services: Services, pubmed: Make) -> None:
    services.count = 450
    source = pubmed()
    found = source.find("warfarin", 450)
    cursor, sizes, ids = found.cursor, [], []
    while cursor:
        batch = source.batch("warfarin", found.ids, cursor, 450, frozenset())
        sizes.append(len(batch.records))
        ids += [record.id for record in batch.records]
        cursor = batch.cursor
    assert sizes == [200, 200, 50] and tuple(ids) == found.ids
    form = services.asked("efetch")[0]
    assert form["id"].count(",") == 199 and form["db"] == "pubmed" and form["retmode"] == "xml"


def test_a_record_is_read_as_the_reader_reads_it(pubmed: Make) -> None:
    source = pubmed()
    found = source.find("warfarin", 30)
    batch = source.batch("warfarin", found.ids, found.cursor, 30, frozenset())
    paper = batch.records[3].paper
    assert paper is not None
    assert (paper.paper_id, paper.doi, paper.year) == (
        *("PMID:30000004", "10.1000/warfarin.3", 2019),
    )
    assert paper.text[paper.sections[1].start : paper.sections[1].end] == (
        "Study 3 found 10^-3 of it."
    )


def test_known_records_are_passed_over(services: Services, pubmed: Make) -> None:
    source = pubmed()
    found = source.find("warfarin", 30)
    batch = source.batch("warfarin", found.ids, found.cursor, 30, frozenset(pmids(0, 5)))
    assert list(batch.passed) == pmids(0, 5) and len(batch.records) == 28
    assert FIRST_PMID not in map(int, services.asked("efetch")[0]["id"].split(","))
    batch = source.batch("warfarin", found.ids, found.cursor, 30, frozenset(found.ids))
    assert not batch.records and len(services.asked("efetch")) == 1


def test_what_is_not_sent_is_asked_for_once_more_and_then_named(
    services: Services, pubmed: Make
) -> None:
    services.deleted = set(pmids(4, 9))
    source = pubmed()
    found = source.find("warfarin", 30)
    batch = source.batch("warfarin", found.ids, found.cursor, 30, frozenset())
    gone = [record for record in batch.records if record.paper is None]
    assert [record.id for record in gone] == pmids(4, 9)
    assert all("deleted, or merged" in record.reason for record in gone)
    assert [form["id"] for form in services.asked("efetch")[1:]] == [",".join(pmids(4, 9))]


def test_records_that_the_reader_skips_are_named_with_its_reason(
    services: Services, pubmed: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = "<PubmedArticle><MedlineCitation><PMID>{}</PMID></MedlineCitation></PubmedArticle>"
    real = services.answer

    def answer(path: str, form: dict[str, str], fault: str) -> tuple[int, str]:
        status, body = real(path, form, fault)
        hollow = empty.format(pmids(99)[0])
        return status, body.replace("</PubmedArticleSet>", f"{hollow}</PubmedArticleSet>")

    monkeypatch.setattr(services, "answer", answer)
    ids = [*pmids(1, 2), *pmids(99)]
    services.deleted = set(pmids(99))
    batch = pubmed().batch("warfarin", ids, "0", 3, frozenset())
    assert [bool(record.paper) for record in batch.records] == [True, True, False]
    assert batch.records[2].reason == "no Article element"


@pytest.mark.parametrize("most", [25_000, 12_000])
def test_beyond_9999_records_the_search_is_split_by_date(
    services: Services, pubmed: Make, most: int
) -> None:
    services.count, services.per_day = 25_000, 7
    found = pubmed(limits=Limits(per_second=1e6)).find("warfarin", most)
    assert found.count == 25_000 and len(found.ids) == len(set(found.ids)) == most
    assert set(found.ids) <= set(pmids(*range(25_000))) and not found.notes
    newest = max(map(int, found.ids))
    assert newest == FIRST_PMID + 24_999, "the newest entries come first"
    spans = services.asked("esearch")[1:]
    assert all(form["datetype"] == "edat" and "sort" not in form for form in spans)
    assert (spans[0]["mindate"], spans[0]["maxdate"]) == ("1700/01/01", "3000/12/31")
    assert len(spans) < 60


def test_a_day_with_more_than_9999_records_is_told(services: Services, pubmed: Make) -> None:
    services.count, services.per_day = 24_000, 11_000
    found = pubmed(limits=Limits(per_second=1e6)).find("warfarin", 24_000)
    days = [FIRST_DAY + timedelta(days=number) for number in (1, 0)]
    assert found.notes == tuple(
        f"1,001 records entered {day} to {day} are out of reach" for day in days
    )
    assert len(found.ids) == 2 * 9_999 + 2_000


def test_a_line_break_inside_a_string_of_the_json_is_read(services: Services, pubmed: Make) -> None:
    services.translation = "(warfarin)\nAND more"
    assert pubmed().find("warfarin", 3).translation == "(warfarin)\nAND more"


def test_a_key_raises_the_pace() -> None:
    assert PubMed(offline=False, key="k")._client._limits.per_second == PER_SECOND_WITH_KEY
    assert PubMed(offline=False)._client._limits.per_second == 3.0
