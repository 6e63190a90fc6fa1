"""A library on a PostgreSQL server with pgvector, for those who share one.

``address`` says which server and library, ``connections`` speaks to it, ``tables`` owns what a row
holds there, ``postings`` the lexical index, ``views`` what a search sees, ``server`` puts them
together as a ``Store``. What is written, and by which rules, is said elsewhere for every library:
``writing``, ``commits``, ``merging``.
"""

from retort.retrieval.postgres.server import Server

__all__ = ["Server"]
