"""The texts of the console as templates and views write them, for the test that each is translated."""

import ast
import re
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

_CALL = re.compile(r"""_\(\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)')""")
_MANY = re.compile(r"""_\.many\(\s*"((?:[^"\\]|\\.)*)",\s*"((?:[^"\\]|\\.)*)\"""")


def folder() -> Path:
    """Where the console lies."""
    return Path(str(resources.files("services.console")))


def texts_of_templates() -> Iterator[str]:
    """Every literal text that a template asks a translation for."""
    for file in sorted((folder() / "templates").rglob("*.html")):
        text = file.read_text("utf-8")
        for found in _CALL.finditer(text):
            yield found[1] if found[1] is not None else found[2]
        for found in _MANY.finditer(text):
            yield found[2]


def texts_of_code() -> Iterator[str]:
    """Literal texts given to a language called `spoken` or `_` in the console's modules."""
    for file in sorted(folder().rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and _is_language(node.func) and node.args:
                first = node.args[0]
                if isinstance(first, ast.Constant) and isinstance(first.value, str):
                    yield first.value


def notes_of_figures() -> Iterator[str]:
    """Why a figure has no value or no interval, as figures and the queries about them say it."""
    for package in ("projections", "services.store.queries"):
        for file in sorted(Path(str(resources.files(package))).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                said = node.value if isinstance(node, ast.Constant) else None
                if isinstance(said, str) and said.startswith(("not available: ", "one answer: ")):
                    yield said


def _is_language(called: ast.expr) -> bool:
    if isinstance(called, ast.Name):
        return called.id in ("spoken", "_")
    return isinstance(called, ast.Attribute) and called.attr in ("spoken", "language")
