"""A library on a real server: the same papers, passages and rankings as in a folder."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fetch_matrix import LIMITS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from literature_services import serve
from stored import WORDS, make_paper

import retort.retrieval
from retort.retrieval import fusion
from retort.retrieval.chunks import split
from retort.retrieval.encode import HashingEncoder
from retort.retrieval.errors import RetortError
from retort.retrieval.fetch import fetch
from retort.retrieval.fetch.pubmed import PubMed
from retort.retrieval.fetch.state import State
from retort.retrieval.ingest import add_paths
from retort.retrieval.library import Library
from retort.retrieval.postgres import server as servers
from retort.retrieval.postgres import views
from retort.retrieval.records import Filter, Paper
from retort.retrieval.search import MODES, neighbours, search, search_in_paper, search_many

ROOT = Path(__file__).parents[3]


def opened(address: str, create: bool = True) -> Library:
    return Library.open(address, HashingEncoder(), create=create)


def described(number: int) -> Paper:
    """One of thirty: some long, some retracted, of several years and journals."""
    plain = make_paper(number, sentences=90 if number % 7 == 0 else 4)
    return Paper(
        plain.paper_id,
        plain.source_id,
        plain.title,
        plain.text,
        year=2000 + number % 9,
        journal=("Blood", "Cell")[number % 2],
        mesh=("Liver",) if number % 3 == 0 else (),
        retracted=number % 10 == 0,
    )


@pytest.fixture(scope="module")
def both(
    server: str, admin: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Library, Library]]:
    """The same thirty papers on the server and in a folder."""
    papers = [described(number) for number in range(30)]
    shared = opened(f"{server}&library=both")
    local = Library.open(tmp_path_factory.mktemp("both") / "a", HashingEncoder(), create=True)
    for library in (shared, local):
        library.add(papers)
        library.add([make_paper(3, version="Changed. ")])
    with shared, local:
        yield shared, local
    admin.execute("DROP SCHEMA retort_both CASCADE")


def assert_sound(library: Library) -> None:
    checks = library.verify()
    assert len(checks) >= 5 and not [check for check in checks if not check.ok]


FILTERS = st.builds(
    Filter,
    years=st.sampled_from([(None, None), (2005, None), (2003, 2006), (1990, 1999)]),
    journals=st.sampled_from([(), ("blood",), ("Cell", "Nature")]),
    mesh=st.sampled_from([(), ("Liver",)]),
    paper_ids=st.sampled_from([(), ("PMID:7", "P8", "P14"), ("P99",)]),
    exclude_retracted=st.booleans(),
    has_abstract=st.sampled_from([None, True, False]),
)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    query=st.lists(st.sampled_from([*WORDS, "unknownword", "the"]), min_size=1).map(" ".join),
    mode=st.sampled_from(MODES),
    k=st.integers(1, 60),
    per_paper=st.sampled_from([None, 1, 3]),
    wanted=st.none() | FILTERS,
)
def test_what_is_found_is_what_a_folder_finds(
    both: tuple[Library, Library],
    query: str,
    mode: str,
    k: int,
    per_paper: int | None,
    wanted: Filter | None,
) -> None:
    shared, local = both
    found = search(shared, query, k, mode, per_paper, wanted)
    assert found == search(local, query, k, mode, per_paper, wanted)
    for hit in found:
        paper = shared.paper(hit.passage.paper_id)
        assert paper and paper.text[hit.passage.start : hit.passage.end] == hit.passage.text


def test_what_is_learnt_counts_as_in_a_folder(
    both: tuple[Library, Library], monkeypatch: pytest.MonkeyPatch
) -> None:
    shared, local = both
    plain = search(shared, "warfarin dose", 30)
    size = local.encoder().dimension
    matrix = np.random.default_rng(0).normal(0, 0.1, (size, size)).astype(np.float32)
    monkeypatch.setattr(fusion, "query_map", lambda _: fusion.QueryMap(0.9, matrix))
    found = search(shared, "warfarin dose", 30)
    assert found == search(local, "warfarin dose", 30) != plain


def test_around_and_inside_a_paper(both: tuple[Library, Library]) -> None:
    shared, local = both
    inside = search_in_paper(shared, "PMID:7", "warfarin dose")
    assert inside == search_in_paper(local, "PMID:7", "warfarin dose") and len(inside) > 1
    name = inside[0].passage.passage_id
    assert neighbours(shared, name, 1, 2) == neighbours(local, name, 1, 2)


def test_an_index_over_many_vectors_finds_what_comparing_them_finds(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(address) as library:
        library.add(map(make_paper, range(80)))
        exact = [search(library, word, 10, "dense", None) for word in WORDS]
        monkeypatch.setattr(servers, "EXACT_UP_TO", 50)
        library.refresh()
        assert library.status()["index"]["vectors"] == "approximate"
        asked: list[str] = []
        of_dimension = views.of_dimension
        monkeypatch.setattr(views, "of_dimension", lambda d: asked.append("") or of_dimension(d))
        found = [search(library, word, 10, "dense", None) for word in WORDS]
        assert len(asked) == len(WORDS)
        same = sum(hit in best for best, hits in zip(exact, found, strict=True) for hit in hits)
        assert same >= 0.95 * 10 * len(WORDS)
        library.rebuild(HashingEncoder(32))
        assert library.status()["encoder"] == "hashing-32"
        assert len(search(library, WORDS[0], 10, "dense", None)) == 10
        assert_sound(library)


def test_added_replaced_and_removed(address: str) -> None:
    with opened(address) as library:
        added = library.add(map(make_paper, range(4)))
        assert (added.added, added.passages) == (4, 4)
        again = library.add([make_paper(1), make_paper(2, version="New. ")])
        assert (again.unchanged, again.replaced) == (1, 1)
        assert library.paper("PMID:2") == make_paper(2, version="New. ")
        assert library.missing([make_paper(1), make_paper(2)]) == [make_paper(2)]
        library.remove(library.removal(["PMID:1", "P3"]))
        assert library.count() == (2, 2) and library.paper("P3") is None
        assert {hit.passage.paper_id for hit in search(library, "study")} == {"P0", "P2"}
        assert_sound(library)
        library.remove(library.removal(everything=True))
        assert library.count() == (0, 0) and search(library, "study") == []
    with opened(address, create=False) as library:
        assert library.count() == (0, 0)


def test_files_merge_as_they_do_in_a_folder(address: str, tmp_path: Path) -> None:
    one, two = tmp_path / "one.jsonl", tmp_path / "two.jsonl"
    one.write_text('{"id": "A", "title": "A trial of warfarin", "abstract": "Short.", "pmid": "5"}')
    two.write_text(
        '{"id": "B", "title": "A trial of warfarin", "abstract": "Longer text.", "pmid": "5"}\n'
        '{"id": "C", "title": "Another one", "abstract": "Something else."}'
    )
    folder = Library.open(tmp_path / "a", HashingEncoder(), create=True)
    with opened(address) as shared, folder as local:
        reports = [add_paths(library, [one, two]) for library in (shared, local)]
        assert reports[0] == reports[1]
        assert shared.count() == local.count() == (2, 2)
        assert shared.paper("A") == shared.paper("B") == local.paper("B") is not None
        assert [row.status for row in add_paths(shared, [one]).files] == ["unchanged"]
        for library in (shared, local):
            library.remove(library.removal(path=str(two)))
        assert shared.paper("A") == local.paper("A") is not None and shared.count() == (1, 1)
        compared = ("papers", "merged", "files", "without_abstract", "failed_files")
        status = [{n: lib.status()[n] for n in compared} for lib in (shared, local)]
        assert status[0] == status[1]


@pytest.mark.parametrize("text", ["a\0b", "α\u0301 \U0001f9ea\n\t end", "50 % of ? 'x' \\"])
def test_a_text_comes_back_as_it_was(address: str, text: str) -> None:
    paper = Paper("T", "PMID:1", f"Title {text}", f"{text} warfarin. " * 200, metadata={"n": text})
    with opened(address) as library:
        library.add([paper])
        assert library.paper("T") == paper
        (first, *_) = search(library, "warfarin", per_paper=None)
        assert first.passage in split(paper) and first.title == paper.title
        assert_sound(library)


def test_a_term_longer_than_an_index_holds(address: str) -> None:
    with opened(address) as library:
        library.add([Paper("T", "PMID:1", "Sequence", f"{'acgt' * 2000} ends"), make_paper(1)])
        assert [h.passage.paper_id for h in search(library, "acgt" * 2000, mode="lexical")] == ["T"]


def test_one_writes_and_others_read(address: str) -> None:
    with opened(address) as library, opened(address) as other:
        library.add([make_paper(1)])
        with library.writing() as writer:
            with pytest.raises(RetortError, match="written to by another run"):
                other.add([make_paper(2)])
            before = search(other, "study")
            writer.add([make_paper(3)])
            assert len(search(other, "study")) == len(before) + 1
        done = threading.Event()

        def wait() -> None:
            with other.writing(wait_seconds=20) as writer:
                writer.add([make_paper(2)])
                done.set()

        with library.writing():
            waiting = threading.Thread(target=wait)
            waiting.start()
            assert not done.wait(0.3)
        waiting.join()
        assert done.is_set() and library.count()[0] == 3


def test_a_search_sees_one_moment(address: str) -> None:
    with opened(address) as library, opened(address) as other:
        library.add(map(make_paper, range(3)))
        with library.view() as view:
            before = view.ask("study", 0).best(10)[0].tolist()
            other.add([make_paper(9)])
            other.remove(other.removal(["P0"]))
            assert view.ask("study", 0).best(10)[0].tolist() == before and len(before) == 3
            assert len(view.passages(view.ask("study", 0).best(10)[0])) == 3
        assert len(search(library, "study")) == 3


_KILLED = """
import sys
from retort.retrieval import writing
from retort.retrieval.encode import HashingEncoder
from retort.retrieval.library import Library
from stored import make_paper
writing.PAPERS_PER_COMMIT = 3
with Library.open(sys.argv[1], HashingEncoder(), create=True) as library:
    print(0, flush=True)
    papers = (make_paper(n, sentences=60, version=sys.argv[2]) for n in range(300))
    library.add(papers, lambda done: print(done, flush=True))
"""


def test_a_kill_in_the_middle_loses_nothing_that_was_committed(address: str) -> None:
    path = f"{Path(retort.retrieval.__path__[0]).parents[1]}:{ROOT / 'tests' / 'support'}"
    for attempt in range(2):
        version = f"Version {attempt}. "
        process = subprocess.Popen(
            [sys.executable, "-c", _KILLED, address, version],
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": path},
        )
        assert process.stdout is not None and process.stdout.readline() == "0\n"
        process.stdout.readline()  # what it told from here on is in the library
        time.sleep(0.1 * attempt)
        process.send_signal(signal.SIGKILL)
        told = [3, *map(int, process.stdout.read().split())][-1]
        process.stdout.close()
        assert process.wait() == -signal.SIGKILL and told < 300
        with opened(address) as library:
            for number in range(told):
                assert library.paper(f"P{number}") == make_paper(number, 60, version)
            assert_sound(library)
            with library.writing(wait_seconds=10):
                pass


def test_a_fetch_goes_on_where_it_was_stopped(address: str, monkeypatch: Any) -> None:
    done = State.done
    with serve() as services, opened(address) as library:
        source = PubMed(offline=False, url=services.eutils, limits=LIMITS)
        monkeypatch.setattr(State, "done", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            fetch(library, source, "warfarin", 12)
        assert library.count()[0] == 12  # committed, not yet noted
        monkeypatch.setattr(State, "done", done)
        resumed = fetch(library, source, "warfarin", 12)
        assert (resumed.resumed, resumed.fetched, resumed.added) == (True, 12, 0)
        more = fetch(library, source, "warfarin", 20)
        assert (more.fetched, more.known, more.added) == (8, 12, 8)
        assert fetch(library, source, "warfarin", 20).searched is False
        assert_sound(library)


# -- what goes wrong -------------------------------------------------------------------------------


def test_what_is_not_there_says_so(address: str, server: str, admin: Any) -> None:
    with pytest.raises(RetortError, match="No library") as error:
        opened(address, create=False)
    assert error.value.next == f"retort library add PATH --library {address}"
    with pytest.raises(RetortError, match="does not exist"):
        opened(server.replace("/postgres?", "/nowhere?"))
    with opened(address) as library:
        schema = f"retort_{address.partition('library=')[2]}"
        admin.execute(f'DROP SCHEMA "{schema}" CASCADE')
        with pytest.raises(RetortError, match="is gone"):
            library.count()


@pytest.mark.parametrize(("fact", "what"), [("schema", "has schema 99"), ("terms", "another Reto")])
def test_a_library_of_another_retort_is_left_alone(address: str, fact: str, what: str) -> None:
    with opened(address) as library, library.store.borrow() as db:
        db.execute("UPDATE meta SET value = '99' WHERE key = ?", (fact,))
    with pytest.raises(RetortError, match=what):
        opened(address)


def test_a_password_that_is_wrong_and_rights_that_are_missing(
    server: str, admin: Any, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A role that needs a password and may do nothing, in a database without the extension."""
    (rules,) = admin.execute("SHOW hba_file").fetchone()
    before = Path(rules).read_text()
    admin.execute("CREATE ROLE guarded LOGIN PASSWORD 's3cret'")
    admin.execute("CREATE DATABASE bare")
    Path(rules).write_text(f"local all guarded scram-sha-256\n{before}")
    admin.execute("SELECT pg_reload_conf()")
    place = address.replace("postgres:@", "guarded@").replace("/postgres?", "/bare?")
    try:
        for given in ("", "wr0ng"):
            monkeypatch.setenv("PGPASSWORD", given)
            with pytest.raises(RetortError, match="does not let you in") as error:
                opened(place)
            assert "wr0ng" not in str(error.value) and ".pgpass" in error.value.next
        monkeypatch.setenv("PGPASSWORD", "s3cret")
        with pytest.raises(RetortError, match="cannot be made") as error:
            opened(place)
        assert "CREATE EXTENSION vector" in error.value.next
    finally:
        Path(rules).write_text(before)
        admin.execute("SELECT pg_reload_conf()")
        admin.execute("DROP DATABASE bare")
        admin.execute("DROP ROLE guarded")


def test_a_reader_without_the_right_to_write_reads(server: str, admin: Any, address: str) -> None:
    schema = f"retort_{address.partition('library=')[2]}"
    with opened(address) as library:
        library.add([make_paper(1)])
    admin.execute("CREATE ROLE reader LOGIN")
    try:
        admin.execute(f'GRANT USAGE ON SCHEMA "{schema}" TO reader')
        admin.execute(f'GRANT SELECT ON ALL TABLES IN SCHEMA "{schema}" TO reader')
        with opened(address.replace("postgres:@", "reader@")) as library:
            assert len(search_many(library, ["study"])[0]) == 1
            with pytest.raises(RetortError, match="cannot be changed"):
                library.add([make_paper(2)])
    finally:
        admin.execute("DROP OWNED BY reader")
        admin.execute("DROP ROLE reader")


def test_a_server_that_went_away_and_came_back(address: str, admin: Any) -> None:
    with opened(address) as library:
        library.add([make_paper(1)])
        end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = ?"
        admin.execute(end.replace("?", "%s"), ("retort",))
        assert library.count() == (1, 1)
        with pytest.raises(RetortError, match="Cannot use"), library.store.borrow() as db:
            admin.execute(end.replace("?", "%s"), ("retort",))
            db.execute("SELECT 1")
        assert library.count() == (1, 1)
