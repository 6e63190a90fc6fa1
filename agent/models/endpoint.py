"""``http(s)://``: any OpenAI-compatible server, through langchain-openai (extra ``endpoint``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from retort.retrieval.errors import RetortError, UsageError

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

TIMEOUT_SECONDS = 120.0
RETRIES = 2


def connect(url: str, name: str, seed: int = 0) -> BaseChatModel:
    """A chat model served at ``url``.

    Args:
        url: base address, ``http://HOST:PORT/v1``.
        name: the model's name on that server.
        seed: passed on when it is not 0.

    Raises:
        UsageError: the spec names no model.
        RetortError: the extra ``endpoint`` is not installed.
    """
    if not name:
        raise UsageError(
            f"{url} names a server and no model.",
            "One server may hold several.",
            f"--model {url}#NAME",
        )
    try:
        from langchain_openai import ChatOpenAI
    except ImportError as error:
        raise RetortError(
            "The package for OpenAI-compatible servers is not installed.",
            "It is an extra.",
            "pip install 'retort[endpoint]'",
        ) from error
    model: BaseChatModel = ChatOpenAI(
        base_url=url,
        model=name,
        api_key="none",
        timeout=TIMEOUT_SECONDS,
        max_retries=RETRIES,
        temperature=0.0,
        seed=seed or None,
        streaming=True,
        stream_usage=True,
    )
    return model
