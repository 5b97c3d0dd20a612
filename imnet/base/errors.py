"""Errors that a user can cause, and the one place where they become a line and an exit status."""

import errno
import os
import re
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

_FULL_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class UserError(Exception):
    """Something the user can mend; the message is one line: what, where, how to mend it.

    Below the programs it calls an argument by its name in backticks: `learning_rate`.
    """


def with_flags(message: str) -> str:
    """Turn each `argument` in a message into the program's --flag of the same name."""
    return re.sub(r"`([a-z_]+)`", r"--\1", message)


def one_line(error: BaseException) -> str:
    """Put the text of an error on one line; return its type where it has no text."""
    lines = (line.strip() for line in str(error).splitlines())
    return " ".join(line for line in lines if line) or type(error).__name__


def full_disk(error: BaseException | None) -> int | None:
    """Return the error number of a full disk (or quota, or file size limit) that caused an error.

    h5py and TensorFlow raise errors of other kinds, which have the system's words in their text.
    """
    while error is not None:
        for number in _FULL_DISK:
            if os.strerror(number) in str(error):
                return number
        error = error.__cause__ or error.__context__
    return None


@cache
def say_once(message: str) -> None:
    """Print a note on stderr, once a run however often it is called."""
    print(f"note: {message}", file=sys.stderr)


def run_program(main: Callable[[], int | None]) -> None:
    """Run `main` and exit with its status (None is 0).

    A UserError, an error of the operating system, a full disk or Ctrl-C becomes one line on stderr
    and exit status 2, without a traceback. Everything else is a fault of ours and keeps its
    traceback.
    """
    # Line by line, because a log is read while it grows. Names may hold any bytes.
    sys.stdout.reconfigure(line_buffering=True, errors="backslashreplace")
    try:
        status = main()
    except UserError as error:
        message = with_flags(one_line(error))
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        message = f"{error.strerror or one_line(error)}{where}"
        if isinstance(error, FileExistsError | NotADirectoryError):
            places = [Path(error.filename), *Path(error.filename).parents] if where else []
            for place in filter(Path.is_file, places):
                message = f"{place} is a file, and a folder is needed there: name another"
        if error.filename is None:  # it may be stdout that is full or closed: leave it alone
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt:
        message = "interrupted: files already written are whole; run the same command again"
    except Exception as error:
        if full_disk(error) is None:
            raise
        message = one_line(error)
    else:
        sys.exit(status or 0)
    print(f"error: {message}", file=sys.stderr)
    sys.exit(2)
