"""Text as real files have it: byte order marks, UTF-16, comments, words that are no numbers."""

import codecs
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

_COMMENTS = re.compile(rb"#(?<!\d\.#)[^\r\n]*")  # but 1.#IND is how Windows writes NaN


def plain_text(content: bytes) -> bytes:
    """The text without its byte order mark; UTF-16 becomes UTF-8. Other bytes stay as they are."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        content = content.decode("utf-16").encode()
    return content.removeprefix(codecs.BOM_UTF8)


def without_comments(content: bytes) -> bytes:
    """Plain text without what stands behind a # on each line.

    Raises ValueError for zero bytes, which a crash or a broken copy leaves in a text.
    """
    text = plain_text(content)
    if b"\0" in text:
        raise ValueError("it has zero bytes: its text is damaged, or it is no text")
    # files that were put together have byte order marks inside
    return _COMMENTS.sub(b"", text.replace(codecs.BOM_UTF8, b""))


def numbers(words: Sequence[bytes] | Sequence[str]) -> np.ndarray:
    """Words as float64 [n]. Raises ValueError with the first that is no number."""
    return _parsed(words, float, np.float64, "a number")


def whole_numbers(words: Sequence[bytes] | Sequence[str]) -> np.ndarray:
    """Words as int64 [n]. Raises ValueError with the first that is no whole number."""
    return _parsed(words, int, np.int64, "a whole number of 64 bits")


def _parsed(words: Sequence[Any], kind: type, dtype: type, what: str) -> np.ndarray:
    nothing = type(words[0])() if words else ""
    underscore = b"_" if nothing == b"" else "_"  # Python reads 1_000; no file format means that
    try:
        found = np.array(list(map(kind, words)), dtype)
        if underscore not in nothing.join(words):
            return found
    except (ValueError, OverflowError):
        pass
    wrong = next(word for word in words if underscore in word or not _is_one(word, kind, dtype))
    shown = wrong.decode("latin-1") if isinstance(wrong, bytes) else wrong
    raise ValueError(f"{shown[:40]!r} is not {what}")


def _is_one(word: Any, kind: type, dtype: type) -> bool:
    try:
        dtype(kind(word))
    except (ValueError, OverflowError):
        return False
    return True
