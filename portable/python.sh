#!/bin/sh
# Runs the carried Python from this folder, with nothing of the machine's own Python.
case $0 in */*) here=${0%/*} ;; *) here=. ;; esac
here=$(cd "$here" && pwd)
PYTHONHOME=$here/python PYTHONPATH=$here/app:$here/site LD_LIBRARY_PATH=$here/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
PYTHONDONTWRITEBYTECODE=1 PYTHONNOUSERSITE=1 PYTHONSAFEPATH=1 PYTHONUTF8=1
export PYTHONHOME PYTHONPATH LD_LIBRARY_PATH PYTHONDONTWRITEBYTECODE PYTHONNOUSERSITE PYTHONSAFEPATH PYTHONUTF8
exec "$here/python/bin/python3" "$@"
