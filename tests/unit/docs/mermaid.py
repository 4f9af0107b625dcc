"""As much of Mermaid as the pictures in docs/ use: what is declared, and what is joined to what.

The browser draws an undeclared name as a box of its own, without a word. Here it is a mistake.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

BLOCK = re.compile(r"^```mermaid\n(.*?)^```", re.DOTALL | re.MULTILINE)
NODE = re.compile(r'(\w+)\["[^"\[\]]+"\]')
EDGE = re.compile(r'(\w+) -->\|"([^"|]+)"\| (\w+)')
PARTICIPANT = re.compile(r"participant (\w+)(?: as [^;:]+)?")
MESSAGE = re.compile(r"(\w+)(?:->>|-x)(\w+): [^;]+")
NOTE = re.compile(r"Note over (\w+): [^;]+")


@dataclass(frozen=True)
class Picture:
    """One block of a page."""

    type: str
    """`flowchart` or `sequenceDiagram`."""
    parts: tuple[str, ...]
    """What is declared, in order."""
    steps: tuple[tuple[str, str], ...]
    """From where to where, in order."""


def pictures(page: str) -> Iterator[Picture]:
    """Every picture of a page.

    Raises:
        ValueError: a line that is neither a declaration nor a step, or a step of a part that is not declared.
    """
    for block in BLOCK.findall(page):
        head, *lines = (line.strip() for line in block.splitlines())
        if head == "flowchart TB":
            yield _flowchart(lines)
        elif head == "sequenceDiagram":
            yield _sequence(lines)
        else:
            raise ValueError(f"{head!r} is no picture known here")


def _flowchart(lines: list[str]) -> Picture:
    parts: list[str] = []
    steps: list[tuple[str, str]] = []
    for line in lines:
        if node := NODE.fullmatch(line):
            parts.append(node[1])
        elif edge := EDGE.fullmatch(line):
            steps.append((edge[1], edge[3]))
        else:
            raise ValueError(f"{line!r} is neither a part nor an arrow")
    return _checked(Picture("flowchart", tuple(parts), tuple(steps)))


def _sequence(lines: list[str]) -> Picture:
    parts: list[str] = []
    steps: list[tuple[str, str]] = []
    for line in lines:
        if participant := PARTICIPANT.fullmatch(line):
            parts.append(participant[1])
        elif message := MESSAGE.fullmatch(line):
            steps.append((message[1], message[2]))
        elif note := NOTE.fullmatch(line):
            steps.append((note[1], note[1]))
        else:
            raise ValueError(f"{line!r} is neither a participant nor a message nor a note")
    return _checked(Picture("sequenceDiagram", tuple(parts), tuple(steps)))


def _checked(picture: Picture) -> Picture:
    undeclared = {part for step in picture.steps for part in step} - set(picture.parts)
    if undeclared:
        raise ValueError(f"not declared: {', '.join(sorted(undeclared))}")
    return picture
