"""From a Vega-Lite specification to an SVG that may stand in a page under a strict policy.

charts.py calls it. What comes out has no script, style, id, font or address of its own: colours are the
page's custom properties, marks named `m0`, `m1`… are links or tooltips. Nothing here knows a figure.
"""

import re
import threading
import xml.etree.ElementTree as ET
from collections import OrderedDict
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

Spec = dict[str, object]
"""A Vega-Lite specification, or a part of one, as JSON has it."""

VEGA_LITE = "5.20"
KEPT_CHARTS = 512
"""How many finished charts a process keeps; the one asked for longest ago goes first."""

_MARK = re.compile(r"m\d+")
_NAMESPACE = "http://www.w3.org/2000/svg"
_LEFT_OUT = ("role", "aria-roledescription", "aria-label", "font-family", "style", "id", "pointer-events")
_CONTROLS = re.compile("[\x00-\x1f\x7f\u2028\u2029\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff]")
_ADDRESS = re.compile(r"(/(?!/)|\?|#)")


class Caption(msgspec.Struct, frozen=True, kw_only=True):
    """What a chart is called, what it shows in a sentence, what its values are; in the page's language."""

    title: str
    about: str = ""
    axis: str = ""


class MarkLink(NamedTuple):
    """What a mark says when one stands on it, and the page behind it."""

    said: str
    href: str | None = None


class _Kept:
    """The charts made last, by content. Threads share it."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._charts: OrderedDict[bytes, str] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: bytes) -> str | None:
        with self._lock:
            if key in self._charts:
                self._charts.move_to_end(key)
            return self._charts.get(key)

    def put(self, key: bytes, svg: str) -> None:
        with self._lock:
            self._charts[key] = svg
            while len(self._charts) > self._limit:
                self._charts.popitem(last=False)


_kept = _Kept(KEPT_CHARTS)


def drawn(spec: Spec, caption: Caption, marks: Sequence[MarkLink], kind: str) -> str:
    """The chart as an `<svg class="plot plot-KIND">`; the same content is drawn once."""
    key = msgspec.json.encode((spec, caption, marks, kind))
    found = _kept.get(key)
    if found is None:
        found = _fit_for_page(_rendered(spec), caption, marks, kind)
        _kept.put(key, found)
    return found


def plain(text: str) -> str:
    """A text without characters that no XML may hold."""
    return _CONTROLS.sub(" ", text)


def _rendered(spec: Spec) -> str:
    import vl_convert

    svg: str = vl_convert.vegalite_to_svg(spec, vl_version=VEGA_LITE, allowed_base_urls=[])
    return svg


def _fit_for_page(svg: str, caption: Caption, marks: Sequence[MarkLink], kind: str) -> str:
    drawing = ET.fromstring(svg)
    _clean(drawing, marks)
    linked = any(mark.href for mark in marks)
    width, height = drawing.get("width", ""), drawing.get("height", "")
    root = ET.Element("svg", xmlns=_NAMESPACE, viewBox=drawing.get("viewBox", f"0 0 {width} {height}"))
    root.attrib.update({"width": width, "height": height, "class": f"plot plot-{kind}"})
    root.set("role", "group" if linked else "img")
    ET.SubElement(root, "title").text = plain(caption.title)
    if caption.about:
        ET.SubElement(root, "desc").text = plain(caption.about)
    root.extend(drawing)
    return ET.tostring(root, encoding="unicode")


def _clean(parent: ET.Element, marks: Sequence[MarkLink]) -> None:
    """Take out what is empty, foreign or not ours to say; put links around the marks that have one."""
    for place, element in enumerate(list(parent)):
        element.tag = element.tag.rpartition("}")[2]
        name = element.get("aria-label", "")
        for attribute in _LEFT_OUT:
            element.attrib.pop(attribute, None)
        _clean(element, marks)
        if _is_empty(element):
            parent.remove(element)
        elif _MARK.fullmatch(name):
            element.attrib.update({"class": "hit", "pointer-events": "all"})
            parent[list(parent).index(element)] = _linked(element, marks[int(name[1:])])
        else:
            assert element.tag in ("g", "path", "line", "rect", "text"), (
                f"{element.tag} at {place} in a chart"
            )


def _is_empty(element: ET.Element) -> bool:
    if element.tag == "path":
        return element.get("d", "") in ("", "M0,0h0v0h0Z") or element.get("class") == "background"
    return element.tag in ("g", "defs", "style", "clipPath") and not len(element)


def _linked(element: ET.Element, mark: MarkLink) -> ET.Element:
    """The mark within a link that says itself, or within a group that says itself when there is no page."""
    around = ET.Element("g") if mark.href is None else ET.Element("a", href=_own_address(mark.href))
    if mark.href is not None:
        around.set("aria-label", plain(mark.said))
    ET.SubElement(around, "title").text = plain(mark.said)
    around.append(element)
    return around


def _own_address(href: str) -> str:
    assert _ADDRESS.match(href), f"a chart leads to pages of the console, not to {href!r}"
    return plain(href)
