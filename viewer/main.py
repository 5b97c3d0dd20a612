# PYTHON_ARGCOMPLETE_OK
"""The viewer: codes and shapes live in a browser. See --help and README.md."""

import time

from imnet.base.errors import run_program
from imnet_viewer.options import parse_options


def main() -> None:
    """Serve the page until Ctrl-C."""
    options = parse_options()
    from imnet_viewer.app import serve  # not for --help
    from imnet_viewer.loading import load_models

    models = load_models(options)
    for words in models.missing.values():
        print(f"note: {words}")
    server = serve(
        models,
        options.host,
        options.port,
        options.drag_resolution,
        options.finest,
        options.page_host,
    )
    host = f"[{options.host}]" if ":" in options.host else options.host
    print(f"http://{host}:{server.get_port()}  (Ctrl-C ends it)")
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        server.stop()


def run() -> None:
    """Run the installed program."""
    run_program(main)


if __name__ == "__main__":
    run()
