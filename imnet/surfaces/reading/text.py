"""Text as real files have it: byte order marks, UTF-16, comments, words that are no numbers."""

import codecs
import re
from collections.abc import Sequence

import numpy as np

_COMMENTS = re.compile(rb"#[^\r\n]*")


def plain_text(content: bytes) -> bytes:
    """The text without its byte order mark; UTF-16 becomes UTF-8. Other bytes stay as they are."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        content = content.decode("utf-16").encode()
    return content.removeprefix(codecs.BOM_UTF8)


def without_comments(content: bytes) -> bytes:
    """Plain text without what stands behind a # on each line."""
    return _COMMENTS.sub(b"", plain_text(content))


def numbers(words: Sequence[bytes | str]) -> np.ndarray:
    """Words as float64 [n]. Raises ValueError with the first that is no number."""
    try:
        return np.array(list(map(float, words)), np.float64)
    except ValueError:
        raise ValueError(f"{_first_wrong(words, float)} is not a number") from None


def whole_numbers(words: Sequence[bytes | str]) -> np.ndarray:
    """Words as int64 [n]. Raises ValueError with the first that is no whole number."""
    try:
        return np.array(list(map(int, words)), np.int64)
    except (ValueError, OverflowError):
        wrong = _first_wrong(words, lambda word: np.int64(int(word)))
        raise ValueError(f"{wrong} is not a whole number of 64 bits") from None


def _first_wrong(words: Sequence[bytes | str], kind) -> str:
    for word in words:
        try:
            kind(word)
        except (ValueError, OverflowError):
            shown = word.decode("latin-1") if isinstance(word, bytes) else word
            return repr(shown[:40])
    raise AssertionError("all words are numbers")
