"""Sets up what the tools of a conversation work with. Builds; answers nothing.

Heavy parts (the library with its encoder, the predictors) are opened when a tool first needs them,
once per process, and shared by all conversations.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self

from retort.agent.settings import Settings
from retort.retrieval.records import Filter

if TYPE_CHECKING:
    from langchain_core.tools import BaseTool

    from retort.agent.routing import Router
    from retort.retrieval.encode import Encoder
    from retort.retrieval.library import Library
    from retort.retrieval.rerank import Reranker
    from retort.tools import Bench
    from retort.tools.chembl.source import ChemblSource
    from retort.tools.predictors import Predictors

DEFAULT = "default"
"""The user's library, unless another is named."""

STARTER = "starter"
"""The library of this project's own notes, used while the user's library holds no paper."""


@dataclass(slots=True)
class _Parts:
    """What is open already, shared by all makers that came of one."""

    libraries: dict[str, Library] = field(default_factory=dict)
    predictors: Predictors | None = None
    chembl: ChemblSource | None = None
    encoder: Encoder | None = None
    reranker: Reranker | None = None
    router: Router | None = None


class BenchMaker:
    """Makes benches for one set of settings."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.only = Filter()
        """the papers that every search is limited to"""
        self._lock = threading.RLock()
        self._parts = _Parts()

    def over(self, library: str, only: Filter) -> Self:
        """A maker of benches over another library, or a part of one, that shares all the rest.

        Args:
            library: its name; "" for the same.
            only: the papers that may be found.
        """
        other = copy.copy(self)
        other.settings = replace(self.settings, library=library or self.settings.library)
        other.only = only
        return other

    def make(self, molecules: Iterable[Mapping[str, Any]] = ()) -> Bench:
        """A bench for one conversation; ``molecules`` are those it already has, in order of
        handles.
        """
        from retort.tools import Bench
        from retort.tools.molecule import Molecule, MoleculeBook

        known = [Molecule.from_dict(fields) for fields in molecules]
        return Bench(
            molecules=MoleculeBook(self.chembl(), known),
            chembl=self.chembl(),
            library=self.library,
            predictors=self.predictors,
            reranker=self.reranker,
            only=self.only,
            name_of=self.chembl().name_of,
        )

    def tools(self, bench: Bench) -> list[BaseTool]:
        """The tools that work with a bench."""
        from retort.tools import build

        return build(bench)

    def chembl(self) -> ChemblSource:
        """ChEMBL as the settings name it."""
        with self._lock:
            if self._parts.chembl is None:
                from retort.tools.chembl import open_source

                self._parts.chembl = open_source(
                    self.settings.chembl,
                    cache=self.settings.cache_path,
                    offline=self.settings.offline,
                    url=self.settings.chembl_url,
                )
            return self._parts.chembl

    def encoder(self) -> Encoder:
        """The bundled encoder, loaded once: the library's default and the embedded planner's."""
        with self._lock:
            if self._parts.encoder is None:
                from retort.retrieval.encode import load_encoder

                self._parts.encoder = load_encoder("bundled", offline=True)
            return self._parts.encoder

    def router(self) -> Router:
        """Chooses the tools that a model is shown; it reads with the bundled encoder."""
        with self._lock:
            if self._parts.router is None:
                from retort.agent.routing import Router

                self._parts.router = Router(self.encoder)
            return self._parts.router

    def reranker(self) -> Reranker | None:
        """The cross-encoder that the settings name; None where they name none."""
        with self._lock:
            if self._parts.reranker is None and self.settings.reranker:
                from retort.retrieval.rerank import load_reranker

                self._parts.reranker = load_reranker(self.settings.reranker, self.settings.offline)
            return self._parts.reranker

    def predictors(self) -> Predictors:
        """Retort's property predictors."""
        with self._lock:
            if self._parts.predictors is None:
                from retort.tools.predictors import Predictors

                self._parts.predictors = Predictors.load(self.settings.predictors_path)
            return self._parts.predictors

    def library(self) -> Library:
        """The library that questions are answered from.

        The user's default library while it holds papers, else the starter library, which is made
        when it does not exist yet. A library that was named and does not exist is an error.
        """
        with self._lock:
            libraries, name = self._parts.libraries, self.settings.library
            if name not in libraries:
                libraries[name] = self._open_library()
            return libraries[name]

    def _open_library(self) -> Library:
        from retort.retrieval.library import Library

        settings = self.settings
        name = settings.library
        if name == DEFAULT and _is_empty(settings, name):
            name = STARTER
        if name == STARTER:
            return self._starter()
        encoder = self.encoder() if settings.encoder == "bundled" else settings.encoder
        return Library.open(settings.library_place(), encoder, offline=settings.offline)

    def _starter(self) -> Library:
        from retort.retrieval.ingest import add_starter
        from retort.retrieval.library import Library

        library = Library.open(self.settings.library_path(STARTER), self.encoder(), create=True)
        add_starter(library)
        return library


def _is_empty(settings: Settings, name: str) -> bool:
    from retort.retrieval.library import Library

    path = settings.library_path(name)
    if not (path / "library.sqlite").exists():
        return True
    with Library.open(path, settings.encoder, offline=settings.offline) as library:
        return library.count()[0] == 0
