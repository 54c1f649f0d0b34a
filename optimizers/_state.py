"""What a state holds: a walk through it, and its way into a file and back."""

import json
from collections import deque
from collections.abc import Iterator
from io import BytesIO
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimizers._base import State

Arrays = dict[str, NDArray[Any]]


def leaves(value: Any, path: str = "state") -> Iterator[tuple[str, Any]]:
    """Everything in a state with the path to it: `state.m`, `state.inner.history[0]`."""
    if isinstance(value, dict):
        parts = ((f"{path}[{key!r}]", part) for key, part in value.items())
    elif isinstance(value, list | tuple | deque):
        parts = ((f"{path}[{i}]", part) for i, part in enumerate(value))
    elif hasattr(value, "__dict__") and not isinstance(value, type | np.ndarray) and not callable(value):
        parts = ((f"{path}.{name}", part) for name, part in vars(value).items())
    else:
        yield path, value
        return
    for name, part in parts:
        yield from leaves(part, name)


def arrays(state: Any) -> Iterator[tuple[str, NDArray[Any]]]:
    """The arrays of a state, each with the path to it."""
    return ((path, leaf) for path, leaf in leaves(state) if isinstance(leaf, np.ndarray))


def is_scratch(path: str) -> bool:
    """Whether a path leads to working memory, whose content does not outlive a step."""
    return ".scratch" in path or "['scratch" in path


def fingerprint(state: Any) -> dict[str, Any]:
    """The content of a state without its working memory, to be compared."""
    return {path: _frozen(leaf) for path, leaf in leaves(state) if not is_scratch(path)}


def saved(state: Any) -> bytes:
    """The state as a .npz file: its arrays, and the rest as JSON. TypeError names what no file can hold."""
    kept: Arrays = {}
    text = json.dumps(_packed(state, "state", kept))
    file = BytesIO()
    kept["text"] = np.array(text)
    np.savez(file, allow_pickle=False, **kept)
    return file.getvalue()


def loaded(file: bytes) -> Any:
    """The state that `saved` wrote."""
    with np.load(BytesIO(file), allow_pickle=False) as kept:
        return _unpacked(json.loads(str(kept["text"])), dict(kept))


def _frozen(leaf: Any) -> Any:
    if isinstance(leaf, np.ndarray):
        return leaf.dtype.str, leaf.shape, leaf.tobytes()
    return json.dumps(leaf.bit_generator.state, default=str) if isinstance(leaf, np.random.Generator) else repr(leaf)


def _packed(value: Any, path: str, kept: Arrays) -> Any:
    if value is None or type(value) in (bool, int, float, str):
        return value
    if isinstance(value, np.ndarray | np.generic):
        kept[path] = np.asarray(value)
        return {"kind": type(value).__name__, "at": path}
    kind, content = _content(value, path)
    parts = [_packed(part, f"{path}/{i}", kept) for i, part in enumerate(content)]
    return {"kind": kind, "content": parts}


def _content(value: Any, path: str) -> tuple[str, list[Any]]:
    """A container's kind and its parts."""
    if isinstance(value, np.random.Generator):
        return "Generator", [value.bit_generator.state]
    if type(value) in (State, SimpleNamespace):
        return type(value).__name__, [vars(value)]
    if type(value) is dict:
        return "dict", [list(value.keys()), list(value.values())]
    if type(value) is deque:
        return "deque", [list(value), value.maxlen]
    if type(value) in (list, tuple):
        return type(value).__name__, list(value)
    raise TypeError(f"{path} holds a {type(value).__name__}, which no file keeps")


def _unpacked(packed: Any, kept: Arrays) -> Any:
    if not isinstance(packed, dict):
        return packed
    if "at" in packed:
        array = kept[packed["at"]]
        return array if packed["kind"] == "ndarray" else array[()]
    content = [_unpacked(part, kept) for part in packed["content"]]
    return _MADE[packed["kind"]](content)


def _generator(content: list[Any]) -> np.random.Generator:
    bits = getattr(np.random, content[0]["bit_generator"])()
    bits.state = content[0]
    return np.random.Generator(bits)


_MADE: dict[str, Any] = {
    "Generator": _generator,
    "State": lambda content: State(**content[0]),
    "SimpleNamespace": lambda content: SimpleNamespace(**content[0]),
    "dict": lambda content: dict(zip(*content, strict=True)),
    "deque": lambda content: deque(content[0], content[1]),
    "list": list,
    "tuple": tuple,
}
