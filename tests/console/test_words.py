"""Words for columns, codes, event types and rules: complete in both kinds of Chinese, each in one place."""

import datetime as dt
import importlib
import pkgutil
import re
import typing
from collections import Counter
from collections.abc import Iterator
from importlib import resources
from types import ModuleType

import msgspec
import pytest
from babel.messages.pofile import read_po

import events
import projections
import services.desks
from events.catalogue import CATALOGUE
from projections.catalogue import FIGURES, LEDGERS
from projections.figure import PERIODS
from projections.rules.clock_alarms import SAID
from projections.rules.clock_book import shipped_texts
from projections.rules.clock_pack import parse_clock_pack
from services.audit.revealing import GROUPS, PURPOSES
from services.config import Settings
from services.console.language import COLUMNS, EVENTS, catalogues, language
from services.console.rule_books import CLOCK_PACKS, DEFAULTS, shipped_books
from services.door.quarantine import State
from services.store.generation import BUILDING, FOLLOWING, LIVE, RETIRED
from services.store.queries.customer_lines import SaleState
from services.watch.packs import load_pack
from services.watch.watch import KIND

CHINESE = ("zh-Hans", "zh-Hant")
CJK = r"[\u4e00-\u9fff]"
ASCII_BETWEEN = re.compile(rf"{CJK}\s?[,.;:!?()]\s?{CJK}|{CJK}[,;:!?]|[(]{CJK}|{CJK}[)]")
SIMPLIFIED_ONLY = frozenset(
    "诉户险规则认证资评说话请询记录应该计划统确审结业务产权处属为当导师岁帐账项预题额类级经纪约组织终给绝继续"
    "销错键闭问闻间关阅队随难须顾领频风验骗买卖价这进还远违连迟选递过运边达设访许论识译试详语误读调谁课变让议"
)
"""Frequent characters that are written in Simplified Chinese alone."""


def modules() -> Iterator[ModuleType]:
    """Every module of the events, the ledgers and the desks."""
    for package in (events, projections, services.desks):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            yield importlib.import_module(found.name)


def codes() -> set[str]:
    """Every code that a declared `Literal` of the modules lists."""
    found: set[str] = set()
    for module in modules():
        for value in vars(module).values():
            found.update(_literals(value))
            if isinstance(value, type) and issubclass(value, msgspec.Struct):
                for hint in typing.get_type_hints(value).values():
                    found.update(_literals(hint))
    return found


def clocks() -> set[str]:
    """Every regime, and every clock of one."""
    found: set[str] = set()
    for name, text in shipped_texts(CLOCK_PACKS):
        if not name.startswith(DEFAULTS):
            stated = parse_clock_pack(text).stated
            found |= {stated.pack, *(clock.id for clock in stated.clocks)}
    return found


def columns() -> set[str]:
    """Every column of every ledger."""
    return {column for ledger in LEDGERS.ledgers for column in ledger.columns}


def dimensions() -> set[str]:
    """Everything that figures are grouped by and made from."""
    day = dt.date(2026, 5, 4)
    parts = {name for one in FIGURES for name in one.estimate((), day).parts}
    return parts | {name for one in FIGURES for name in (*one.by, *one.always, *PERIODS)}


def entries(code: str) -> Iterator[tuple[str, str, str]]:
    """File, msgid and translation of every entry of a language."""
    for name in catalogues(code):
        with (resources.files("services.console") / "locales" / code / name).open("rb") as file:
            yield from ((name, str(one.id), str(one.string)) for one in read_po(file) if one.id)


@pytest.mark.parametrize("code", CHINESE)
def test_every_column_code_and_event_type_has_a_word(code: str) -> None:
    wanted = {f"column:{one}" for one in columns() | dimensions()} | {f"word:{one}" for one in codes()}
    wanted |= {f"event:{one.name}" for one in CATALOGUE}
    wanted |= {f"word:{one.name.partition('.')[0]}" for one in CATALOGUE}
    wanted |= {f"word:{one}" for one in (*SAID.values(), *GROUPS, *PURPOSES, *typing.get_args(SaleState))}
    wanted |= {f"word:{one}" for one in clocks()}
    wanted |= {f"word:{one}" for one in (BUILDING, FOLLOWING, LIVE, RETIRED, "ledgers", KIND)}
    wanted |= {f"word:{one}" for one in (*typing.get_args(State), "entries", "licence_expired")}
    wanted |= {f"word:{one.name}" for one in LEDGERS.ledgers} | {
        f"word:{one.name}" for one in LEDGERS.tallies
    }
    assert len(wanted) > 900
    assert sorted(wanted - set(language(code).messages)) == []


@pytest.mark.parametrize("code", CHINESE)
def test_a_word_is_translated_in_one_place(code: str) -> None:
    counted = Counter(msgid for _, msgid, _ in entries(code))
    assert [msgid for msgid, n in counted.items() if n > 1] == []
    homes = {"column": "columns.po", "word": "words.po", "event": "events.po"}
    for name, msgid, _ in entries(code):
        kind = re.match(r"(column|word|event):", msgid)
        assert kind is None or homes[kind[1]] == name, msgid


@pytest.mark.parametrize("code", CHINESE)
def test_punctuation_among_chinese_is_full_width(code: str) -> None:
    assert [text for _, _, text in entries(code) if ASCII_BETWEEN.search(text)] == []


def test_what_rule_packs_state_is_said_in_traditional_chinese() -> None:
    """The packs themselves have English and Simplified."""
    pack = load_pack(Settings().rule_pack)
    stated = {text for rule in pack.rules.values() for text in (rule.title.zh, rule.text.zh)}
    stated |= {line.title["zh"] for book in shipped_books() for line in book.lines if "zh" in line.title}
    said = {text: language("zh-Hant").messages.get(f"zh:{text}") for text in stated}
    assert len(stated) > 60
    assert [text for text, traditional in said.items() if traditional is None] == []
    assert all(_places(text) == _places(traditional or "") for text, traditional in said.items())


@pytest.mark.parametrize("code", CHINESE)
def test_what_the_rules_of_the_house_apply_to_is_said(code: str) -> None:
    said = {rule.applies_to for rule in load_pack(Settings().rule_pack).rules.values()} | {"everything"}
    assert len(said) > 20
    assert sorted(said - set(language(code).messages)) == []


def _places(text: str) -> list[str]:
    return sorted(re.findall(r"{\w+}", text))


def test_traditional_chinese_has_no_simplified_character() -> None:
    assert [text for _, _, text in entries("zh-Hant") if SIMPLIFIED_ONLY & set(text)] == []


def test_event_types_read_as_sentences_in_english() -> None:
    english = language("en")
    assert english.event_type("sale.confirmed") == "Sale confirmed"
    assert english.event_type("interaction.call_handled") == "Call handled"
    assert english.column("rm_id") == "relationship manager"
    assert english.column("rate_bp") == "rate (basis points)"
    assert english.column("amount_minor") == "amount"
    assert [one.name for one in CATALOGUE if "_" in english.event_type(one.name)] == []


def test_the_exceptions_name_what_is_there() -> None:
    assert sorted(EVENTS.keys() - {one.name for one in CATALOGUE}) == []
    assert all(text and "_" not in text for text in COLUMNS.values())


def _literals(hint: object) -> Iterator[str]:
    if typing.get_origin(hint) is typing.Literal:
        yield from (one for one in typing.get_args(hint) if isinstance(one, str))
    else:
        for inner in typing.get_args(hint):
            yield from _literals(inner)
