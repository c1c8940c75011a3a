#!/bin/sh
# Runs any command of the program: ./vdraw.sh status --room room
case $0 in */*) here=${0%/*} ;; *) here=. ;; esac
exec "$here/python.sh" -m verifiable_draw "$@"
