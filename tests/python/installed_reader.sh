#!/usr/bin/env bash
# Installs python/ into a new environment from nothing but Debian's packages, and runs reader_test.py there.
# Usage: installed_reader.sh PYTHON SOURCE_DIR LORASWEEP
set -euo pipefail
python=$1 source=$2 program=$3
for module in h5py pandas xarray setuptools venv pip; do
  "$python" -c "import $module" 2>/dev/null || { echo "skipped: Python has no $module (scripts/deps installs it)"; exit 77; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -r "$source/python" "$work/python" # setuptools builds in place
"$python" -m venv --system-site-packages "$work/venv"
"$work/venv/bin/pip" install --quiet --no-index --no-build-isolation --no-deps "$work/python"
cd "$work"
MPLBACKEND=Agg MPLCONFIGDIR=$work "$work/venv/bin/python" "$source/tests/python/reader_test.py" "$program" "$source"
