# Install the wheel that lies beside this script, with the extras $2, into an environment $1 of its own.
set -eu
here=$(dirname "$0")
python3 -m venv "$1"
"$1/bin/python" -m pip install --quiet --disable-pip-version-check --no-cache-dir --no-compile \
    --constraint "$here/constraints.txt" "$(ls "$here"/warmfit-*.whl)[$2]"
"$1/bin/python" -m compileall -q "$1/lib" || true  # a package of many versions carries files that this Python cannot read
