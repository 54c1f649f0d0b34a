"""A new plugin: a file that already runs, and its test."""

from importlib.resources import files
from importlib.util import find_spec
from keyword import iskeyword
from pathlib import Path
from string import Template

from bench.plugin import PluginError

TEMPLATES = {"{name}.py": "plugin.py.txt", "test_{name}.py": "test_plugin.py.txt"}


def new_plugin(name: str, folder: Path) -> list[Path]:
    """Write NAME.py and test_NAME.py into `folder` and return their paths.

    Raises PluginError for a name that cannot be a plugin's, and for a file that is there already.
    """
    _require_identifier(name)
    texts = {folder / file.format(name=name): _text(template, name) for file, template in TEMPLATES.items()}
    for path in texts:
        if path.exists():
            raise PluginError(f"new: {path} is there already; choose another name, or move it away")
    _require_free(name)
    folder.mkdir(parents=True, exist_ok=True)
    for path, text in texts.items():
        path.write_text(text, "utf-8", newline="\n")
    return list(texts)


def class_name(name: str) -> str:
    """The class of a plugin: `my_rule` is `MyRule`; a name that the file imports gets `Rule` behind it."""
    import optimizers

    kind = "".join(part[:1].upper() + part[1:] for part in name.split("_"))
    return f"{kind}Rule" if hasattr(optimizers, kind) else kind


def _require_identifier(name: str) -> None:
    if not name.isidentifier() or iskeyword(name) or name.startswith("_"):
        raise PluginError(f"new: the name must be a Python name that does not begin with _, got {name!r}")


def _require_free(name: str) -> None:
    """A file called like a module would hide it from its neighbours; one called like a method, be mistaken for it."""
    found = find_spec(name) or find_spec(f"optimizers.{name}")
    if found is not None and found.origin is not None:  # a mere folder has no origin
        raise PluginError(f"new: {name!r} is taken by a module or an optimizer; choose another name")


def _text(template: str, name: str) -> str:
    text = (files("bench") / "templates" / template).read_text("utf-8")
    return Template(text).substitute(name=name, kind=class_name(name))
