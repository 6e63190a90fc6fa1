"""``hf:``: a causal language model through transformers, on the local GPU where there is one.

Any model whose chat template takes tools. One generation at a time; a Stop ends it within one
token.
"""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Iterator, Sequence
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, ToolMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import PrivateAttr

from retort.agent.models.cancellation import is_cancelled
from retort.agent.models.closing import closing
from retort.agent.models.toolcalls import Parsed, VisibleText, parse
from retort.retrieval.errors import RetortError

ROLES = {"human": "user", "ai": "assistant", "system": "system", "tool": "tool"}


class HuggingFaceChatModel(BaseChatModel):
    """A transformers model behind LangChain's interface.

    Attributes:
        name_or_path: what was loaded, for messages.
        max_new_tokens: longest answer in tokens.
        seed: greedy decoding when 0, else the seed of sampling.
    """

    name_or_path: str
    max_new_tokens: int = 1024
    seed: int = 0
    _model: Any = PrivateAttr()
    _tokenizer: Any = PrivateAttr()
    _lock: threading.Lock = PrivateAttr(default_factory=threading.Lock)

    def __init__(self, model: Any, tokenizer: Any, **fields: Any) -> None:
        super().__init__(**fields)
        self._model = model
        self._tokenizer = tokenizer

    @property
    def _llm_type(self) -> str:
        return "huggingface"

    def bind_tools(
        self, tools: Sequence[Any], *, tool_choice: str | None = None, **kwargs: Any
    ) -> Runnable[Any, AIMessage]:
        """Bind tools as OpenAI-style schemas, which chat templates render."""
        return self.bind(tools=[convert_to_openai_tool(tool) for tool in tools], **kwargs)

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
        tools = kwargs.get("tools") or None
        names = [tool["function"]["name"] for tool in tools or ()]
        encoded = self._encode(messages, tools)
        visible, raw = VisibleText(), ""
        with self._lock:
            for piece in self._pieces(encoded):
                raw += piece
                for text in visible.feed(piece):
                    chunk = ChatGenerationChunk(message=AIMessageChunk(content=text))
                    if run_manager:
                        run_manager.on_llm_new_token(text, chunk=chunk)
                    yield chunk
        count = len(self._tokenizer(raw, add_special_tokens=False)["input_ids"])
        parsed = parse(raw, names)
        held_back = parsed.text if not parsed.calls and _is_held_back(parsed) else ""
        tokens = encoded["input_ids"].shape[1], count
        last = closing(parsed.calls, parsed.invalid, held_back, parsed.thinking, tokens)
        yield ChatGenerationChunk(message=last)

    def _encode(self, messages: list[BaseMessage], tools: list[dict[str, Any]] | None) -> Any:
        return self._tokenizer.apply_chat_template(
            [_as_dict(message) for message in messages],
            tools=tools,
            add_generation_prompt=True,
            return_tensors="pt",
            return_dict=True,
        ).to(self._model.device)

    def _pieces(self, encoded: Any) -> Iterator[str]:
        """Run generation in a thread of its own and yield its text as it comes."""
        import torch
        from transformers import StoppingCriteria, StoppingCriteriaList, TextIteratorStreamer

        class Stop(StoppingCriteria):  # type: ignore[misc]
            def __call__(self, input_ids: Any, scores: Any, **kwargs: Any) -> Any:
                return torch.full((input_ids.shape[0],), is_cancelled(), device=input_ids.device)

        streamer = TextIteratorStreamer(self._tokenizer, skip_prompt=True, skip_special_tokens=True)
        failure: list[BaseException] = []

        def work() -> None:
            try:
                if self.seed:
                    torch.manual_seed(self.seed)
                with torch.inference_mode():
                    self._model.generate(
                        **encoded,
                        max_new_tokens=self.max_new_tokens,
                        do_sample=bool(self.seed),
                        streamer=streamer,
                        stopping_criteria=StoppingCriteriaList([Stop()]),
                    )
            except BaseException as error:  # handed to the reader below
                failure.append(error)
            finally:
                streamer.end()

        context = contextvars.copy_context()
        thread = threading.Thread(target=context.run, args=(work,), daemon=True)
        thread.start()
        yield from streamer
        thread.join()
        if failure:
            raise _explained(self.name_or_path, failure[0]) from failure[0]


def _is_held_back(parsed: Parsed) -> bool:
    """Whether the text is a JSON-like answer that the stream did not show, fearing a call."""
    return parsed.text[:1] in ("{", "[")


def _as_dict(message: BaseMessage) -> dict[str, Any]:
    """A message as chat templates take it; tool-call arguments stay a dictionary."""
    entry: dict[str, Any] = {"role": ROLES[message.type], "content": message.text}
    if isinstance(message, ToolMessage):
        entry["name"] = message.name or ""
        entry["tool_call_id"] = message.tool_call_id
    if isinstance(message, AIMessage) and message.tool_calls:
        entry["tool_calls"] = [
            {
                "type": "function",
                "id": c["id"],
                "function": {"name": c["name"], "arguments": c["args"]},
            }
            for c in message.tool_calls
        ]
    return entry


def load(name_or_path: str, offline: bool, seed: int = 0) -> HuggingFaceChatModel:
    """Load a model by hub name or path; bf16 on a GPU, its own precision on a CPU.

    Raises:
        RetortError: it is not there, does not fit, or has no chat template.
    """
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    has_gpu = torch.cuda.is_available()
    try:
        tokenizer = AutoTokenizer.from_pretrained(name_or_path, local_files_only=offline)
        model = AutoModelForCausalLM.from_pretrained(
            name_or_path,
            dtype=torch.bfloat16 if has_gpu else "auto",
            device_map="auto" if has_gpu else None,
            local_files_only=offline,
        ).eval()
    except Exception as error:
        raise _explained(name_or_path, error) from error
    if not getattr(tokenizer, "chat_template", None):
        raise RetortError(
            f"{name_or_path} has no chat template.",
            "It is a base model: it completes text and does not answer.",
            "Choose an instruction-tuned model, or --model embedded",
        )
    return HuggingFaceChatModel(model, tokenizer, name_or_path=name_or_path, seed=seed)


def _explained(name: str, error: BaseException) -> RetortError:
    text = f"{type(error).__name__}: {error}".splitlines()[0][:300]
    if "out of memory" in text.lower():
        return RetortError(
            f"{name} does not fit into the GPU's memory.",
            text,
            "--model embedded, or a smaller model",
        )
    return RetortError(
        f"Cannot run the model {name}.",
        text,
        "Give a folder that holds a model, unset RETORT_OFFLINE to fetch it, or --model embedded",
    )
