#!/bin/sh
# Starts the room's server on a folder beside this one, and says what the machine lacks. Double-click, or ./start.sh
case $0 in */*) here=${0%/*} ;; *) here=. ;; esac
here=$(cd "$here" && pwd)
room=${VDRAW_ROOM:-$here/room}

have() { command -v "$1" >/dev/null 2>&1; }
say() { printf '%s\n' "$1"; }

if have getconf; then
  read -r _ needed <"$here/GLIBC" || :
  found=$(getconf GNU_LIBC_VERSION 2>/dev/null) && found=${found#* }
  if [ -n "$needed" ] && [ -n "$found" ] && { [ "${found%%.*}" -lt "${needed%%.*}" ] || { [ "${found%%.*}" -eq "${needed%%.*}" ] && [ "${found#*.}" -lt "${needed#*.}" ]; }; }; then
    say "这台电脑的系统太旧：glibc $found，需要 $needed 或更新。请在较旧的系统上重新制作便携版。"
    say "This system is too old: glibc $found, needed is $needed. Make the portable folder on an older system."
    exit 1
  fi
fi
have xorriso || say "没有 xorriso：不能刻录光盘映像，其余照常。/ No xorriso: no disc images; everything else works."
have par2 || say "没有 par2：归档没有纠错数据，其余照常。/ No par2: archives without recovery data; everything else works."
if have fc-list && [ -z "$(fc-list :lang=zh 2>/dev/null)" ]; then
  say "没有中文字体：本机网页的中文可能显示为方框，手机不受影响。/ No Chinese font on this machine; phones are not affected."
fi
if have xdg-open; then
  (sleep 3; xdg-open "http://127.0.0.1:${PORT:-8000}/console" >/dev/null 2>&1) &
else
  say "请用浏览器打开控制台的地址。/ Open the console's address in a browser."
fi
exec "$here/vdraw.sh" serve --room "$room" --port "${PORT:-8000}"
