"""docs/measurements.md and docs/measurements.svg, from what is recorded: `python -m tests.benchmarks.report`.

Pure but for `write`. A unit test holds the files against the data.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path

from tests.benchmarks.record import DATA, Measurement, Series, load

PAGE, PICTURE = DATA.parent / "measurements.md", DATA.parent / "measurements.svg"

INTRODUCTION = """\
# What was measured

`make bench` makes these figures again on your machine (root, the sandbox, hours; `make bench ARGS="-k dies"`
some of them) and writes this page, the picture and the raw values in [measured/](measured/). Each value is
one run. *Ratio*: the median of the first row, Portico's, against that of others; more than 1 is in Portico's
favour.

![every run as a dot](measurements.svg)
"""


def page(measurements: Sequence[Measurement]) -> str:
    """The page, ending with a newline."""
    return "\n".join([INTRODUCTION, *(line for each in measurements for line in _section(each))])


def _section(each: Measurement) -> Iterator[str]:
    bound = f" Bound: {each.bound}." if each.bound else ""
    yield f"## {each.title}\n"
    yield f"{each.how}{bound} {each.unit}, {each.better} is better.\n"
    yield "| | runs | min | median | max | ratio | |"
    yield "|---|---|---|---|---|---|---|"
    for series in each.series:
        low, high = min(series.values), max(series.values)
        cells = [series.subject, str(len(series.values)), *map(figure, (low, series.median, high))]
        yield f"| {' | '.join([*cells, ratio(each, series), series.note])} |"
    yield ""
    yield f"{'; '.join(dict.fromkeys(series.where for series in each.series))}.\n"


def ratio(measurement: Measurement, series: Series) -> str:
    """How much better Portico's median is; empty where there is nothing to compare."""
    ours = measurement.series[0]
    if series.ours or 0 in (ours.median, series.median):
        return ""
    more = ours.median / series.median
    return f"{more if measurement.better == 'more' else 1 / more:.2f}"


def figure(value: float) -> str:
    """Three digits that mean something: 0.312, 31.2, 31,200."""
    if value == 0 or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.{max(0, 2 - math.floor(math.log10(abs(value))))}f}"


WIDTH, LEFT, ROW, HEAD = 860, 300, 22, 44


def picture(measurements: Sequence[Measurement]) -> str:
    """One panel for each measurement, one row for each series, one dot for each run."""
    body: list[str] = []
    top = 10
    for each in measurements:
        body += _panel(each, top)
        top += HEAD + ROW * len(each.series) + 14
    opening = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top}" font-family="sans-serif">'
    ground = f'<rect width="{WIDTH}" height="{top}" fill="#ffffff"/>'
    return "\n".join([opening, ground, *body, "</svg>", ""])


def _panel(each: Measurement, top: int) -> Iterator[str]:
    end = _nice(max(max(series.values) for series in each.series) or 1)
    scale = (WIDTH - LEFT - 30) / end
    yield _text(10, top + 14, f"{each.title} ({each.unit}, {each.better} is better)", "#111111", 13, "bold")
    bottom = top + HEAD + ROW * len(each.series) - 10
    for step in range(5):
        at = LEFT + end * step / 4 * scale
        yield f'<path d="M{at:.1f} {top + 36}V{bottom}" stroke="#dddddd"/>'
        yield _text(at, top + 32, f"{end * step / 4:,g}", "#666666", 10, anchor="middle")
    for index, series in enumerate(each.series):
        middle = top + HEAD + ROW * index + 6
        color = "#0b62c4" if series.ours else "#777777"
        yield _text(LEFT - 12, middle + 4, series.subject, color, 12, anchor="end")
        for value in series.values:
            yield (
                f'<circle cx="{LEFT + value * scale:.1f}" cy="{middle}" r="4" fill="{color}" '
                'fill-opacity="0.45"/>'
            )
        at = LEFT + series.median * scale
        yield f'<path d="M{at:.1f} {middle - 8}v16" stroke="{color}" stroke-width="2"/>'


def _nice(value: float) -> float:
    """The next larger of 1, 2, 4, 8 × a power of ten: four steps of it are round."""
    power = 10.0 ** math.floor(math.log10(value))
    return next(factor * power for factor in (1, 2, 4, 8, 10) if factor * power >= value)


def _text(
    x: float, y: float, text: str, color: str, size: int, weight: str = "normal", anchor: str = "start"
) -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f'<text {place} fill="{color}" font-size="{size}" font-weight="{weight}">{escape(text)}</text>'


def write(page_file: Path = PAGE, picture_file: Path = PICTURE) -> None:
    """Writes both files anew."""
    measurements = load()
    page_file.write_text(page(measurements))
    picture_file.write_text(picture(measurements))


if __name__ == "__main__":
    write()
