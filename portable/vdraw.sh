#!/bin/sh
# Runs any command of the program: ./vdraw.sh status --room room
case $0 in */*) here=${0%/*} ;; *) here=. ;; esac
here=$(CDPATH='' cd -- "$here" && pwd) || exit 1
. "$here/check.sh"
exec /bin/sh "$here/python.sh" -m verifiable_draw "$@"
