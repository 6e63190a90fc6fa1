"""The local model behind LangChain's interface: messages go in, a streamed message comes out.

Any model whose chat template is known to its tokenizer. Several conversations are written at the
same time; a Stop ends one within a token, or within a piece of its prompt.
"""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Iterator, Sequence
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import PrivateAttr

from retort.agent.models import cancellation
from retort.agent.models.closing import closing
from retort.agent.models.local.grammar import Grammars
from retort.agent.models.local.prompt import Prompts
from retort.agent.models.local.text import Decoder, until_stop
from retort.agent.models.notation import VisibleText, opens_thinking, parse_reply
from retort.retrieval.errors import RetortError

CHUNK_GPU, CHUNK_CPU = 1024, 128
"""tokens of a prompt that are read between two looks at the Stop"""
ATTENTION = frozenset({"full_attention", "sliding_attention", "chunked_attention"})
"""kinds of layers that keep keys and values and nothing else"""
KEPT_SHARE = 0.25
"""of the GPU memory that is free once the model is loaded: for earlier prompts"""
KEPT_CPU_BYTES = 2**30


class LocalChatModel(BaseChatModel):
    """A transformers model behind LangChain's interface.

    Attributes:
        name_or_path: what was loaded, for messages.
        max_new_tokens: longest answer in tokens.
        seed: greedy decoding when 0, else the seed of sampling.
    """

    name_or_path: str
    max_new_tokens: int = 1024
    seed: int = 0
    _tokenizer: Any = PrivateAttr()
    _prompts: Prompts = PrivateAttr()
    _engine: Any = PrivateAttr()
    _grammars: Grammars = PrivateAttr()
    _context: int = PrivateAttr()

    def __init__(self, model: Any, tokenizer: Any, **fields: Any) -> None:
        from retort.agent.models.local.engine import Engine

        super().__init__(**fields)
        self._tokenizer, self._prompts = tokenizer, Prompts(tokenizer)
        tokenizer("")  # clears what a file may set, before several threads use it
        config = model.config.get_text_config()
        _require_keys_and_values(self.name_or_path, model, config)
        self._context = config.max_position_embeddings
        chunk = CHUNK_GPU if model.device.type == "cuda" else CHUNK_CPU
        ends = _ends(model, tokenizer)
        self._engine = Engine(model, ends, _kept_bytes(model), chunk)
        self._grammars = Grammars(tokenizer, sorted(ends))

    @property
    def _llm_type(self) -> str:
        return "local"

    def bind_tools(
        self, tools: Sequence[Any], *, tool_choice: str | None = None, **kwargs: Any
    ) -> Runnable[Any, AIMessage]:
        """Bind tools as OpenAI-style schemas, which chat templates render.

        Args:
            tools: anything that LangChain makes a schema of.
            tool_choice: ``None`` or ``"auto"``, ``"required"`` or ``"any"``, ``"none"``, or the
                name of the one that must be called.
        """
        schemas = [convert_to_openai_tool(tool) for tool in tools]
        return self.bind(tools=schemas, tool_choice=tool_choice, **kwargs)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        from langchain_core.language_models.chat_models import generate_from_stream

        return generate_from_stream(self._stream(messages, stop, run_manager, **kwargs))

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        bound, choice = kwargs.get("tools") or [], kwargs.get("tool_choice")
        tools = [] if choice == "none" else bound
        request = self._request(self._prompts.tokens(messages, tools))
        ending = self._prompts.ending(request.prompt)
        request.constraint = self._grammars.constraint(bound, choice, ending)
        visible, raw = VisibleText(tools, opens_thinking(ending)), ""
        decoder = Decoder(self._tokenizer)
        with contextlib.closing(self._pieces(request, decoder)) as pieces:
            for piece in until_stop(pieces, stop or ()):
                raw += piece
                for text in visible.feed(piece):
                    chunk = ChatGenerationChunk(message=AIMessageChunk(content=text))
                    if run_manager:
                        run_manager.on_llm_new_token(text, chunk=chunk)
                    yield chunk
        parsed = parse_reply(raw, tools, ending, self._tokenizer)
        held_back = visible.flush()
        tokens = len(request.prompt), decoder.count
        calls, invalid = parsed.calls, parsed.invalid
        last = closing(calls, invalid, held_back, parsed.thinking, tokens, request.reused)
        yield ChatGenerationChunk(message=last)

    def _request(self, prompt: list[int]) -> Any:
        from retort.agent.models.local.engine import Request

        room = self._context - len(prompt)
        if room < 1:
            raise RetortError(
                f"The conversation is too long for {self.name_or_path}.",
                f"It has {len(prompt)} tokens and the model reads {self._context}.",
                "Begin a new conversation, ask for less at a time, or choose a model that reads"
                " more",
            )
        new = min(self.max_new_tokens, room)
        return Request(prompt, new, self.seed, cancel=cancellation.current())

    def _pieces(self, request: Any, decoder: Decoder) -> Generator[str]:
        """The text of the answer as it comes; closing it frees the engine's place."""
        try:
            with contextlib.closing(self._engine.stream(request)) as tokens:
                for token in tokens:
                    if piece := decoder.feed(token):
                        yield piece
        except RetortError:
            raise
        except Exception as error:
            raise _explained(self.name_or_path, len(request.prompt), error) from error
        if piece := decoder.end():
            yield piece


def _require_keys_and_values(name: str, model: Any, config: Any) -> None:
    kinds = set(getattr(config, "layer_types", None) or ()) - ATTENTION
    if kinds or getattr(model, "_is_stateful", False):
        raise RetortError(
            f"{name} cannot run here.",
            "Its layers keep a state of another kind than the keys and values of attention"
            f" ({', '.join(sorted(kinds)) or model.config.model_type}).",
            "Serve it and give --model http://HOST:PORT/v1#MODEL, or choose another: retort models",
        )


def _ends(model: Any, tokenizer: Any) -> frozenset[int]:
    said = model.generation_config.eos_token_id
    ends = {tokenizer.eos_token_id, *(said if isinstance(said, list) else [said])}
    return frozenset(ends - {None})


def _kept_bytes(model: Any) -> int:
    import torch

    if model.device.type != "cuda":
        return KEPT_CPU_BYTES
    return int(torch.cuda.mem_get_info(model.device)[0] * KEPT_SHARE)


def _explained(name: str, tokens: int, error: Exception) -> RetortError:
    text = f"{type(error).__name__}: {error}".splitlines()[0][:300]
    if isinstance(error, MemoryError):
        return RetortError(
            f"This conversation of {tokens} tokens does not fit into memory beside {name}.",
            text,
            "Begin a new conversation, choose a smaller model, or --model embedded",
        )
    return RetortError(
        f"{name} failed while it was answering.", text, "Try again, or --model embedded"
    )
