"""The one guard through which every free text passes before it reaches a file.

Pure: no Pulumi, no network, no clock. Read by the renderers. A newline is a second directive, a space a
second argument, and `#`, quotes, backslashes and `$` mean something to HAProxy or keepalived: what is not
plainly harmless is refused, nothing is escaped.
"""

from __future__ import annotations

import re

_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
_PATH = re.compile(r"/[A-Za-z0-9._~/=&?,:@+-]{0,200}")


def word(text: str) -> str:
    """The text, when it is fit for a name: 1..63 letters, digits, `.`, `_`, `-`, the first a letter or digit.

    A subset of what HAProxy takes (configuration manual, 2.2). Raises ValueError naming the text and what is
    wrong.
    """
    if not _WORD.fullmatch(text):
        rule = "a name is 1 to 63 letters, digits, dots, dashes and underscores"
        raise ValueError(f"{text!r} {_wrong(text)}: {rule}")
    return text


def url_path(text: str) -> str:
    """The text, when it is fit for the path of a health check: a slash and at most 200 harmless signs.

    Raises ValueError naming the text and what is wrong.
    """
    if not _PATH.fullmatch(text):
        rule = "a path begins with / and holds at most 200 letters, digits and ._~/=&?,:@+-"
        raise ValueError(f"{text!r} {_wrong(text)}: {rule}")
    return text


def _wrong(text: str) -> str:
    if not text:
        return "is empty"
    if "\n" in text or "\r" in text:
        return "holds a newline"
    if any(ord(sign) < 32 or ord(sign) == 127 for sign in text):
        return "holds a control character"
    if any(sign.isspace() for sign in text):
        return "holds a space"
    return "does not fit"
