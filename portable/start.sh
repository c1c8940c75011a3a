#!/bin/sh
# Starts the room's server on a folder beside this one, and says what the machine lacks. Double-click, or ./start.sh
# PORT and VDRAW_ROOM may be set; further options go to `vdraw serve`.
case $0 in */*) here=${0%/*} ;; *) here=. ;; esac
here=$(CDPATH='' cd -- "$here" && pwd) || exit 1
room=${VDRAW_ROOM:-$here/room}
port=${PORT:-8000}
have() { command -v "$1" >/dev/null 2>&1; }
tell() { printf '%s\n' "$1"; }

# Double-clicked, nobody would see what is said: begin again in a terminal, which stays open at the end.
hold=
if [ "$1" = --hold ]; then
  hold=yes
  shift
  trap : INT # for the server, which this waits for
  trap 'printf "%s" "按回车键关闭。/ Press Enter to close. "; read -r _' EXIT
elif [ ! -t 0 ] && [ ! -t 1 ] && [ -n "$DISPLAY$WAYLAND_DISPLAY" ]; then
  for one in deepin-terminal mate-terminal gnome-terminal konsole xfce4-terminal x-terminal-emulator xterm; do
    have "$one" || continue
    case $one in gnome-terminal) flag=-- ;; mate-terminal | xfce4-terminal) flag=-x ;; *) flag=-e ;; esac
    exec "$one" "$flag" /bin/sh "$here/start.sh" --hold "$@"
  done
fi

. "$here/check.sh"
have xorriso || tell "没有 xorriso：不能制作光盘映像，其余照常。/ No xorriso: no disc images; everything else works."
have par2 || tell "没有 par2：归档没有纠错数据，其余照常。/ No par2: archives without recovery data; everything else works."
if have fc-list && [ -z "$(fc-list :lang=zh 2>/dev/null)" ]; then
  tell "没有中文字体：本机网页的中文可能显示为方框，手机不受影响。/ No Chinese font on this machine; phones are not affected."
fi

# Waits for the server to answer; ends by itself when the server does not come up.
WAIT="import os, socket, sys, time
up = lambda: socket.socket().connect_ex(('127.0.0.1', int(sys.argv[1]))) == 0
if up():
    sys.exit('another program answers there')
for _ in range(300):
    time.sleep(0.2)
    os.kill(int(sys.argv[2]), 0)
    if up():
        sys.exit()
sys.exit('no server')"
opener=
for one in xdg-open gio sensible-browser firefox chromium google-chrome; do
  if have "$one"; then opener=$one; break; fi
done
[ "$opener" = gio ] && opener="gio open"
if [ -n "$opener" ] && [ -n "$DISPLAY$WAYLAND_DISPLAY" ]; then
  (/bin/sh "$here/python.sh" -c "$WAIT" "$port" $$ && $opener "http://127.0.0.1:$port/console") >/dev/null 2>&1 &
else
  tell "请用浏览器打开控制台的地址。/ Open the console's address in a browser."
fi
set -- "$here/python.sh" -m verifiable_draw serve --room "$room" --port "$port" "$@"
[ -n "$hold" ] || exec /bin/sh "$@"
/bin/sh "$@"
