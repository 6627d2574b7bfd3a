"""Charts: what they draw, what they never hold, where they lead. Drawn by the real engine."""

import time
import xml.etree.ElementTree as ET

import pytest

from services.console import chart_svg
from services.console.chart_axes import nice_ticks, shortened
from services.console.charts import (
    Caption,
    Column,
    Plan,
    Point,
    Step,
    bars,
    cohorts,
    columns_over_time,
    drawable,
    line_with_band,
    number_text,
    plan_and_actual,
    sparkline,
    warm_up,
    waterfall,
)

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun")
SVG = "{http://www.w3.org/2000/svg}"
NASTY = "<script>\"&'\x00</text>"


def months(gap: int | None = None, **columns: object) -> list[Point]:
    points = []
    for place, month in enumerate(MONTHS):
        if place == gap:
            points.append(Point(label=month, value=None, n=3, note="n = 3 is too few", href="/rows?m=gap"))
            continue
        points.append(
            Point(
                label=month,
                value=20.0 + place,
                low=10.0 + place,
                high=30.0 + place,
                n=300 + place,
                href=f"/rows?m={place}&by=month",
            )
        )
    return points


def every_chart(text: str = "NPS") -> dict[str, str]:
    caption = Caption(title=text, about=f"{text} by month", axis=text)
    points = [Point(label=f"{text} {n}", value=n, low=n - 1, high=n + 1, n=9, href="/r") for n in range(3)]
    return {
        "line": line_with_band(points, caption, reference=1.5),
        "series": line_with_band(
            [Point(label=m, value=1, series=s, href="/r") for m in MONTHS for s in (text, "other")], caption
        ),
        "cohorts": cohorts(points, caption, reference=1.5),
        "bars": bars([*points, Point(label=text, value=None, note=text)], caption),
        "plan": plan_and_actual([Plan(label=text, plan=10, actual=9, href="/r")], caption),
        "waterfall": waterfall(
            [Step(label=text, value=10, whole=True, href="/r"), Step(label="mix", value=-3)], caption
        ),
        "columns": columns_over_time(
            [Column(label=m, value=3, series=s, href="/r") for m in MONTHS for s in (text, "b")], caption
        ),
        "sparkline": sparkline([1, 2, None, 4], caption),
    }


def links(svg: str) -> list[tuple[str, str]]:
    return [(a.get("href", ""), a.get("aria-label", "")) for a in ET.fromstring(svg).iter(f"{SVG}a")]


@pytest.mark.parametrize("text", ["NPS", "净推荐值（按月）", NASTY])
def test_no_chart_holds_script_style_id_or_address_of_its_own(text: str) -> None:
    for name, svg in every_chart(text).items():
        root = ET.fromstring(svg)
        tags = {element.tag.removeprefix(SVG) for element in root.iter()}
        assert tags <= {"svg", "title", "desc", "g", "path", "line", "rect", "text", "a"}, name
        for element in root.iter():
            assert not {"style", "id", "font-family", "aria-roledescription"} & set(element.attrib), name
            assert not any(attribute.startswith(("on", "{")) for attribute in element.attrib), name
            assert element.get("href", "/").startswith("/"), name
            for paint in ("fill", "stroke"):
                colour = element.get(paint, "none")
                assert colour in ("none", "transparent") or colour.startswith("var(--"), f"{name}: {colour}"


def test_a_chart_says_its_name_and_is_a_picture_only_without_links() -> None:
    for name, svg in every_chart().items():
        root = ET.fromstring(svg)
        assert root[0].tag == f"{SVG}title", name
        assert root[0].text == "NPS", name
        assert root.get("role") == ("img" if name == "sparkline" else "group"), name


def test_each_point_is_a_link_that_says_value_interval_and_n() -> None:
    found = links(line_with_band(months(), Caption(title="NPS")))
    assert found[0] == ("/rows?m=0&by=month", "Jan: 20 (10 … 30), n = 300")
    assert len(found) == len(MONTHS)


def test_a_point_under_the_minimum_is_a_gap_that_says_why() -> None:
    svg = line_with_band(months(gap=2), Caption(title="NPS"))
    assert ("/rows?m=gap", "Mar: n = 3 is too few") in links(svg)
    root = ET.fromstring(svg)
    assert [text.text for text in root.iter(f"{SVG}text")].count("n=3") == 1
    lines = [g for g in root.iter(f"{SVG}g") if "mark-line" in g.get("class", "")]
    assert len(lines) == 2, "the line is broken at the gap"


def test_numbers_on_the_axis_are_written_by_the_page() -> None:
    svg = columns_over_time(
        [Column(label="1月", value=3e8)], Caption(title="AUM"), number=lambda value: f"{value / 1e8:.1f} 亿"
    )
    texts = [text.text for text in ET.fromstring(svg).iter(f"{SVG}text")]
    assert {"0.0 亿", "1.0 亿", "2.0 亿", "3.0 亿", "1月"} <= set(texts)


def test_each_tick_has_its_own_value() -> None:
    ticks = nice_ticks(-13, 47)
    svg = line_with_band(
        [Point(label="a", value=-13), Point(label="b", value=47)], Caption(title="x"), number=number_text
    )
    texts = [text.text for text in ET.fromstring(svg).iter(f"{SVG}text")]
    assert texts[2:] == [number_text(value) for value in ticks.values]


@pytest.mark.parametrize(
    "low, high, first, last",
    [(0, 100, 0, 100), (10, 47, 10, 50), (0.2, 0.31, 0.2, 0.32), (5, 5, 0, 5), (0, 0, 0, 1), (-3, -3, -3, 0)],
)
def test_ticks_are_round_and_span_the_values(low: float, high: float, first: float, last: float) -> None:
    ticks = nice_ticks(low, high)
    assert ticks.low <= first
    assert ticks.high >= last
    assert 2 <= len(ticks.values) <= 9


def test_steps_of_a_waterfall_stand_on_each_other() -> None:
    svg = waterfall(
        [
            Step(label="plan", value=100, whole=True),
            Step(label="volume", value=20, href="/v"),
            Step(label="price", value=-10),
            Step(label="actual", value=110, whole=True),
        ],
        Caption(title="gap"),
    )
    texts = [text.text for text in ET.fromstring(svg).iter(f"{SVG}text")]
    assert {"100", "+20", "−10", "110"} <= set(texts)
    assert links(svg) == [("/v", "volume: +20")]


def test_a_page_outside_is_no_address_for_a_point() -> None:
    for href in ("https://example.com/", "//example.com/", "javascript:alert(1)"):
        with pytest.raises(AssertionError, match="pages of the console"):
            bars([Point(label="a", value=1, href=href)], Caption(title="x"))


def test_empty_charts_are_drawn() -> None:
    caption = Caption(title="nothing yet")
    for svg in (
        line_with_band([], caption),
        bars([], caption),
        cohorts([], caption),
        plan_and_actual([], caption),
        waterfall([], caption),
        columns_over_time([], caption),
        sparkline([], caption),
    ):
        assert ET.fromstring(svg)[0].text == "nothing yet"


def test_the_same_content_is_drawn_once_and_other_content_anew() -> None:
    warm_up()
    points = months()
    first = bars(points, Caption(title="kept"))
    begun = time.perf_counter()
    assert bars(points, Caption(title="kept")) is first
    assert time.perf_counter() - begun < 0.02
    assert bars(points, Caption(title="保留")) is not first
    assert bars(points, Caption(title="kept"), number=lambda value: f"{value} %") is not first


def test_what_is_too_much_for_a_chart_is_known_before() -> None:
    assert drawable([Point(label="a", value=1, series=str(n)) for n in range(6)])
    assert not drawable([Point(label="a", value=1, series=str(n)) for n in range(7)])
    assert not drawable([Point(label=str(n), value=1) for n in range(401)])


def test_charts_kept_are_bounded() -> None:
    kept = chart_svg._Kept(2)
    for key in (b"a", b"b"):
        kept.put(key, key.decode())
    assert kept.get(b"a") == "a"
    kept.put(b"c", "c")
    assert (kept.get(b"a"), kept.get(b"b"), kept.get(b"c")) == ("a", None, "c")


def test_long_labels_are_cut_by_their_width() -> None:
    assert shortened("short", 10) == "short"
    assert shortened("A very long name of a branch", 10) == "A very long name…"
    assert shortened("很长的分支机构名称", 5) == "很长的分…"
