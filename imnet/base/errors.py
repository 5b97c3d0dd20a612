"""Errors that a user can cause, and the one place where they become a line and an exit status."""

import sys
from collections.abc import Callable


class UserError(Exception):
    """Something the user can mend; the message is one line: what, where, how to mend it."""


def run_program(main: Callable[[], int | None]) -> None:
    """Run `main` and exit with its status (None is 0).

    A UserError, an error of the operating system or Ctrl-C becomes one line on stderr and exit
    status 2, without a traceback. Everything else is a fault of ours and keeps its traceback.
    """
    # A log is read while it grows; names are file names, of any bytes.
    sys.stdout.reconfigure(line_buffering=True, errors="backslashreplace")
    try:
        status = main()
    except UserError as error:
        message = str(error)
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        message = f"{error.strerror or error}{where}"
    except KeyboardInterrupt:
        message = "interrupted; finished files are complete, the same command continues from any"
    else:
        sys.exit(status or 0)
    print(f"error: {message}", file=sys.stderr)
    sys.exit(2)
