# Sourced by demo.sh and test.sh: activates .venv, made once and again when the requirements change.
install() { # requirements file
    local file=$1 stamp
    stamp=".venv/installed-$file-$(cat requirements*.txt pyproject.toml | cksum | cut -d' ' -f1)"
    if [ ! -e "$stamp" ]; then
        python3 -c 'import sys; sys.exit(sys.version_info < (3, 10))' || {
            echo "error: $(python3 --version) is too old: Python 3.10 or newer is needed" >&2
            exit 2
        }
        [ -e .venv/bin/python ] || python3 -m venv .venv
        .venv/bin/python -m pip install --quiet -r "$file"
        touch "$stamp"
    fi
    . .venv/bin/activate
}
