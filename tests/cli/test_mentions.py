"""Every `daybook …` that a message, a page, a README or a help text names is a command with such options."""

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import typer

from services.cli.app import app

ROOT = Path(__file__).parents[2]
CODE = ("events", "projections", "services", "mappings", "tests")
PLACE = "PLACE"
"""What stands in a text of code where a value is filled in."""

_QUOTED = re.compile(r"`(?:DAYBOOK_\w+=\S+ )*daybook( [^`]*)?`")
_SHOWN = re.compile(r"^\s*(?:\$ )?(?:DAYBOOK_\w+=\S+ )*daybook( [^|>#\n]*)", re.MULTILINE)
_FENCED = re.compile(r"^```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)
_OPEN_END = re.compile(r"…|\.\.\.|[A-Z][A-Z_]*|[<\[({].*")
"""A word that stands for others: the rest of a mention says nothing of what there is."""


class Mention(NamedTuple):
    """A command line that is named somewhere, without the `daybook`."""

    where: str
    words: tuple[str, ...]


def test_the_mentions_are_found() -> None:
    found = list(mentions())
    assert len(found) > 100
    assert {one.where.rpartition(".")[2] for one in found} >= {"py", "md"}


def test_every_command_and_option_that_is_named_exists() -> None:
    wrong = [
        f"{one.where}: daybook {' '.join(one.words)}: {why}"
        for one in mentions()
        if (why := _wrong(one.words))
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    "line, why",
    [
        ("figures nps --by month", None),
        ("figures NAME --as-of TIME --known-at TIME", None),
        ("audit as-of SUBJECT", None),
        ("complaint …", None),
        ("figures --knownat 1", "no option --knownat"),
        ("audit asof", "no command asof"),
        ("report", "no command report"),
    ],
)
def test_what_is_not_there_is_told(line: str, why: str | None) -> None:
    assert _wrong(tuple(line.split())) == why


def mentions() -> Iterator[Mention]:
    """Every mention in code, pages, READMEs and their shell examples."""
    for path in sorted(_files()):
        where = str(path.relative_to(ROOT))
        text = path.read_text()
        if path.suffix == ".py":
            texts = list(_texts_of(text))
        else:
            texts = [text]
            for block in _FENCED.findall(text):
                for line in _SHOWN.findall(block.replace("\\\n", " ")):
                    yield Mention(where, _words(line))
        for one in texts:
            for line in _QUOTED.findall(" ".join(one.split())):
                yield Mention(where, _words(line))


def _files() -> Iterator[Path]:
    for folder in CODE:
        for suffix in ("py", "html", "po", "yaml"):
            yield from (ROOT / folder).rglob(f"*.{suffix}")
    for path in ROOT.rglob("*.md"):
        if (
            not any(part.startswith(".") for part in path.relative_to(ROOT).parts)
            and path.name != "CHANGELOG.md"
        ):
            yield path


def _texts_of(source: str) -> Iterator[str]:
    """The texts of a module, those that follow each other as one, with `PLACE` for what is filled in."""
    tree = ast.parse(source)
    inner = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(
                str(part.value) if isinstance(part, ast.Constant) else PLACE for part in node.values
            )
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inner:
            yield node.value


def _words(line: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(line))
    except ValueError:
        return tuple(line.split())


def _wrong(words: tuple[str, ...]) -> str | None:
    """What a mention names that there is not; None if all of it is there."""
    command: Any = typer.main.get_command(app)
    for word in words:
        name = word.rstrip(",.;:")
        commands = getattr(command, "commands", {})
        if name.startswith("--"):
            option = name.partition("=")[0]
            if option not in {"--help", *(one for parameter in command.params for one in parameter.opts)}:
                return f"no option {option}"
        elif commands:
            if _OPEN_END.fullmatch(name):
                return None
            if name not in commands:
                return f"no command {name}"
            command = commands[name]
    return None
