"""Sets up what the tools of a conversation work with. Builds; answers nothing.

Heavy parts (the library with its encoder, the predictors) are opened when a tool first needs them,
once per process, and shared by all conversations.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from retort.agent.settings import Settings

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


class BenchMaker:
    """Makes benches for one set of settings."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._lock = threading.RLock()
        self._library: Library | None = None
        self._predictors: Predictors | None = None
        self._chembl: ChemblSource | None = None
        self._encoder: Encoder | None = None
        self._reranker: Reranker | None = None
        self._router: Router | None = None

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
            name_of=self.chembl().name_of,
        )

    def tools(self, bench: Bench) -> list[BaseTool]:
        """The tools that work with a bench."""
        from retort.tools import build

        return build(bench)

    def chembl(self) -> ChemblSource:
        """ChEMBL as the settings name it."""
        with self._lock:
            if self._chembl is None:
                from retort.tools.chembl import open_source

                self._chembl = open_source(
                    self.settings.chembl,
                    cache=self.settings.cache_path,
                    offline=self.settings.offline,
                    url=self.settings.chembl_url,
                )
            return self._chembl

    def encoder(self) -> Encoder:
        """The bundled encoder, loaded once: the library's default and the embedded planner's."""
        with self._lock:
            if self._encoder is None:
                from retort.retrieval.encode import load_encoder

                self._encoder = load_encoder("bundled", offline=True)
            return self._encoder

    def router(self) -> Router:
        """Chooses the tools that a model is shown; it reads with the bundled encoder."""
        with self._lock:
            if self._router is None:
                from retort.agent.routing import Router

                self._router = Router(self.encoder)
            return self._router

    def reranker(self) -> Reranker | None:
        """The cross-encoder that the settings name; None where they name none."""
        with self._lock:
            if self._reranker is None and self.settings.reranker:
                from retort.retrieval.rerank import load_reranker

                self._reranker = load_reranker(self.settings.reranker, self.settings.offline)
            return self._reranker

    def predictors(self) -> Predictors:
        """Retort's property predictors."""
        with self._lock:
            if self._predictors is None:
                from retort.tools.predictors import Predictors

                self._predictors = Predictors.load(self.settings.predictors_path)
            return self._predictors

    def library(self) -> Library:
        """The library that questions are answered from.

        The user's default library while it holds papers, else the starter library, which is made
        when it does not exist yet. A library that was named and does not exist is an error.
        """
        with self._lock:
            if self._library is None:
                self._library = self._open_library()
            return self._library

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
