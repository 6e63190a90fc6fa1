"""Why a local model is not loaded: for each cause what happened, why, and the next step."""

from __future__ import annotations

from pathlib import Path

from retort.agent.models.memory import Memory, Need
from retort.retrieval.errors import OfflineError, OutageError, RetortError, UsageError

_OTHERWISE = "retort models lists models that work, or --model embedded"


def line(error: BaseException) -> str:
    """An exception on one line."""
    return f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"


def _again(name: str) -> str:
    """The command that makes the files whole; a hub name has no more than one slash."""
    if Path(name).expanduser().is_dir():
        return "Copy or download the folder again."
    return f"hf download {name}"


def no_folder(name: str) -> RetortError:
    """Neither a path nor a name."""
    why = f"There is no folder {name}, and a name on the hub reads OWNER/MODEL."
    return UsageError(f"{name} names no model.", why, _OTHERWISE)


def a_file(name: str) -> RetortError:
    """A single file, most often GGUF."""
    next = "A GGUF file: llama-server --jinja -m FILE, then --model http://127.0.0.1:8080/v1#NAME"
    return UsageError(f"{name} is a file.", "hf: takes a folder or a name on the hub.", next)


def not_here(name: str) -> RetortError:
    """Offline, and not in the cache."""
    return OfflineError(
        f"The model {name} is not on this disk.",
        "RETORT_OFFLINE=1 forbids fetching it.",
        f"hf download {name} with a network, or --model embedded",
    )


def not_on_the_hub(name: str) -> RetortError:
    """A wrong name, or a private one."""
    why = "The hub has no model of that name that it would show you."
    next = f"Check the spelling; for a private one, hf auth login. {_OTHERWISE}"
    return RetortError(f"There is no model {name}.", why, next)


def gated(name: str) -> RetortError:
    """Its licence wants to be accepted."""
    return RetortError(
        f"The model {name} may not be fetched yet.",
        "Its licence must be accepted on its page on the hub, by an account.",
        f"Accept it at https://huggingface.co/{name}, then hf auth login and hf download {name}",
    )


def unreachable(name: str, error: BaseException) -> RetortError:
    """The hub did not answer."""
    next = f"hf download {name} later, or --model embedded"
    return OutageError(f"The model {name} cannot be fetched.", line(error), next)


def no_model(name: str, folder: Path) -> RetortError:
    """A folder without a configuration."""
    why, next = "It has no config.json.", "Give the folder that holds config.json and the weights."
    if (folder / "adapter_config.json").exists():
        why = "It holds an adapter alone, not a model."
        next = "Merge the adapter into its model, and give the folder of the result."
    elif any(folder.glob("*.gguf")):
        why = "It holds GGUF weights, which a server runs."
        next = "llama-server --jinja -m FILE, then --model http://127.0.0.1:8080/v1#NAME"
    return RetortError(f"{name} holds no model for transformers.", why, next)


def own_code(name: str) -> RetortError:
    """It would only run with code of its folder."""
    return RetortError(
        f"{name} needs code of its own.",
        "transformers does not know its architecture, and code out of a model's folder is never "
        "run.",
        f"A server that runs it, by its URL; {_OTHERWISE}",
    )


def unknown(name: str, kind: str) -> RetortError:
    """An architecture younger than the library."""
    import transformers

    why = f"transformers {transformers.__version__} does not know the architecture {kind!r}."
    next = f"pip install -U transformers, or a server that runs it, by its URL; {_OTHERWISE}"
    return RetortError(f"{name} cannot be loaded.", why, next)


def no_decoder(name: str, kind: str) -> RetortError:
    """An encoder, a classifier, or an encoder-decoder."""
    why = f"It is a {kind}: no decoder that writes on from a text."
    return RetortError(f"{name} writes no answers.", why, f"Choose a chat model: {_OTHERWISE}")


def no_template(name: str) -> RetortError:
    """A base model."""
    return RetortError(
        f"{name} has no chat template.",
        "It is a base model: it completes text and does not answer.",
        "Choose an instruction-tuned model, or --model embedded",
    )


def damaged(name: str, file: str, why: str) -> RetortError:
    """A file that cannot be read."""
    return RetortError(f"{file} of {name} is damaged.", why, _again(name))


def incomplete(name: str, file: str) -> RetortError:
    """A download that was cut off."""
    return RetortError(f"{name} is here only in part.", f"{file} is missing.", _again(name))


def no_weights(name: str) -> RetortError:
    """Nothing to load."""
    why = "There is no model.safetensors and no index of parts."
    return RetortError(f"{name} has no weights.", why, _again(name))


def pickles(name: str, files: list[str]) -> RetortError:
    """Weights that could run code when they are read."""
    return RetortError(
        f"{name} has its weights as pickles alone ({files[0]}).",
        "Reading a pickle can run code that is in it; only safetensors files are loaded.",
        f"Choose a copy with safetensors files; {_OTHERWISE}",
    )


def wrong_weights(name: str, missing: list[str]) -> RetortError:
    """Weights that are not those of the configuration."""
    why = f"{len(missing)} weights of its configuration are not in its files, {missing[0]} first."
    return RetortError(f"{name} is not whole.", why, _again(name))


def too_large(
    name: str, need: Need, room: Memory, fitting: str = "", quantised: str = ""
) -> RetortError:
    """More memory than is free.

    Args:
        name: the model.
        need: what it takes.
        room: what is free.
        fitting: a model of the catalogue that would fit.
        quantised: the quantisation that would make this one fit.
    """
    ways = [f"RETORT_QUANTISATION={quantised}"] if quantised else []
    ways += [f"--model hf:{fitting}"] if fitting else []
    ways += ["a server on a larger machine, by its URL", "--model embedded"]
    why = f"It needs {need.told()}; {room.told()}."
    return RetortError(f"{name} does not fit.", why, ", or ".join(ways))


def out_of_memory(name: str, error: BaseException) -> RetortError:
    """The estimate was too low, or another program took the memory."""
    next = "End what else uses the GPU, a smaller model (retort models), or --model embedded"
    return RetortError(f"{name} does not fit into the GPU's memory.", line(error), next)


def no_quantisation(setting: str) -> RetortError:
    """A setting that names nothing."""
    return UsageError(
        f"RETORT_QUANTISATION={setting!r} is no way to hold weights.",
        "It is 4bit, 8bit, or unset for 16 bits.",
        "RETORT_QUANTISATION=4bit",
    )


def quantised_already(name: str, method: str) -> RetortError:
    """Two quantisations at once."""
    why = f"Its files hold {method} weights, which are loaded as they are."
    return UsageError(f"{name} is quantised already.", why, "unset RETORT_QUANTISATION")


def no_gpu(setting: str) -> RetortError:
    """Quantised weights on a CPU."""
    return RetortError(
        f"RETORT_QUANTISATION={setting} needs a CUDA GPU.",
        "The kernels of bitsandbytes are CUDA's; for a CPU it looks for others on the hub.",
        "unset RETORT_QUANTISATION, or a GGUF model by llama-server and its URL",
    )


def no_package(setting: str) -> RetortError:
    """The package is optional."""
    return RetortError(
        f"RETORT_QUANTISATION={setting} needs the package bitsandbytes.",
        "It is not installed.",
        "pip install 'bitsandbytes>=0.49', or unset RETORT_QUANTISATION",
    )


def missing_package(name: str, error: BaseException) -> RetortError:
    """A quantised checkpoint that wants a package of its own."""
    next = "Install what it names, or a server that runs it, by its URL"
    return RetortError(f"{name} needs a package that is not here.", line(error), next)


def cannot_load(name: str, error: BaseException) -> RetortError:
    """Anything else."""
    return RetortError(f"{name} cannot be loaded.", line(error), _OTHERWISE)
