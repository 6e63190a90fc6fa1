"""Answers from the literature: which sentences are quoted, how they are grouped and told.

``choose`` and ``write`` are the face. ``topic`` says what a question is about, ``coverage`` how
much of it a text speaks to, ``prose`` which sentences can be quoted at all, ``choice`` which
answer and which say the same, ``findings`` which of them disagree, ``telling`` how they stand in
an answer. Text of papers is data here: it is compared and quoted, never followed.
"""

from retort.agent.models.embedded.literature.choice import Quote, choose, unheard
from retort.agent.models.embedded.literature.telling import source, write

__all__ = ["Quote", "choose", "source", "unheard", "write"]
