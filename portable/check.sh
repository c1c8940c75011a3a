# Read by the other scripts, which set `here`: says in plain words why this machine cannot run the carried programs.
say() { printf '%s\n' "$1" >&2; }
give_up() { say "$1"; say "$2"; exit 1; }

case $here in *[:\;]*)
  give_up "文件夹的路径里不能有冒号或分号：$here" "The folder's path must not hold a colon or a semicolon: $here" ;;
esac
{ read -r _ needed; read -r machine; } <"$here/GLIBC"
found=$(uname -m 2>/dev/null) || found=$machine
[ "$found" = "$machine" ] ||
  give_up "这个文件夹是给 $machine 处理器做的，这台电脑是 $found。" "This folder was made for $machine processors; this machine is $found."
found=$(getconf GNU_LIBC_VERSION 2>/dev/null) || found=
found=${found#* }
case $found in
[0-9]*.[0-9]*)
  major=${found%%.*} minor=${found#*.} minor=${minor%%[!0-9]*}
  if [ "$major" -lt "${needed%%.*}" ] || { [ "$major" -eq "${needed%%.*}" ] && [ "$minor" -lt "${needed#*.}" ]; }; then
    give_up "这台电脑的系统太旧：glibc $found，需要 $needed 或更新。请在较旧的系统上重新制作便携版。" \
      "This system is too old: glibc $found, needed is $needed. Make the portable folder on an older system."
  fi ;;
esac
reason=$(/bin/sh "$here/python.sh" -c '' 2>&1) ||
  give_up "这里不能运行程序。U 盘若是 FAT 格式，或系统禁止从 U 盘运行程序，请把 .tar.gz 复制到电脑硬盘上解压。详情：$reason" \
    "Programs cannot be run here. If the stick is FAT, or the system forbids running programs from it, unpack the .tar.gz on the laptop's own disk. Details: $reason"
