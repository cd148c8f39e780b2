"""Charts as SVG inside the page itself: nothing is fetched and no script runs."""

from collections.abc import Sequence
from datetime import datetime

from faxdispatch.campaign.report.html import Html, tag

WIDTH = 900
_HEIGHT = 160
_AXIS = 22


def stacked_bar(parts: Sequence[tuple[str, int, str]]) -> Html:
    """Return one bar in parts, each with its label, its count and its colour; empty if all counts are 0."""
    total = sum(count for _, count, _ in parts)
    if not total:
        return Html("")
    drawn, at = [], 0.0
    for label, count, colour in parts:
        width = WIDTH * count / total
        if count:
            words = tag("title", f"{label}: {count:,}")
            drawn.append(tag("rect", words, x=at, y=0, width=width, height=36, fill=colour))
        at += width
    said = ", ".join(f"{label} {count:,}" for label, count, _ in parts if count)
    return _svg(drawn, 36, said)


def bar(count: int, most: int, colour: str) -> Html:
    """Return a bar for one line of a table, as long as its share of the largest count."""
    length = 200 * count / most if most else 0.0
    return tag(
        "svg",
        tag("rect", x=0, y=0, width=max(1.0, length), height=12, fill=colour),
        viewBox="0 0 200 12",
        width=200,
        height=12,
        aria_hidden="true",
    )


def columns(spans: Sequence[tuple[datetime, int]], seconds: int, colour: str) -> Html:
    """Return a column for each span of this many seconds, with the first and the last time (UTC) below."""
    if not spans:
        return Html("")
    most = max(count for _, count in spans)
    step = WIDTH / len(spans)
    drawn = []
    for place, (begin, count) in enumerate(spans):
        height = _HEIGHT * count / most
        words = tag("title", f"{_moment(begin, seconds)}: {count:,}")
        left, width = place * step, max(1.0, step * 0.86)
        drawn.append(tag("rect", words, x=left, y=_HEIGHT - height, width=width, height=height, fill=colour))
    drawn.append(tag("line", x1=0, y1=_HEIGHT, x2=WIDTH, y2=_HEIGHT, stroke="currentColor"))
    drawn.append(tag("text", _moment(spans[0][0], seconds), x=0, y=_HEIGHT + 16))
    if len(spans) > 1:
        drawn.append(tag("text", _moment(spans[-1][0], seconds), x=WIDTH, y=_HEIGHT + 16, text_anchor="end"))
    drawn.append(tag("text", f"at most {most:,}", x=WIDTH / 2, y=_HEIGHT + 16, text_anchor="middle"))
    return _svg(drawn, _HEIGHT + _AXIS, f"deliveries over time, at most {most:,} in a span")


def _svg(children: Sequence[Html], height: int, said: str) -> Html:
    return tag("svg", *children, viewBox=f"0 0 {WIDTH} {height}", role="img", aria_label=said, class_="chart")


def _moment(moment: datetime, seconds: int) -> str:
    return moment.strftime("%Y-%m-%d" if seconds >= 86_400 else "%Y-%m-%d %H:%M")
