#!/usr/bin/env bash
# Sets up what the tests need and we did not write: Go with golang.org/x/mod, openssl, strace, xorriso, par2, Node with
# npm, Chromium, a Chinese font, Pango, Poppler and LibreOffice Calc from the system's packages, and the aics programs in
# a Python 3.12 environment of their own. What is there already stays.
# Says plainly what is missing; under CI=true that ends the run, at home the tests that need it are skipped.
#
#   setup.sh PYTHON_ENVIRONMENT
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
environment=$1
missing=()

have() { command -v "$1" >/dev/null; }
go_ready() { have go && { [ -d /usr/share/gocode/src/golang.org/x/mod/sumdb ] || go list golang.org/x/mod/sumdb/tlog >/dev/null 2>&1; }; }
node_ready() { have node && node -e 'process.exit(parseInt(process.versions.node) < 18 ? 1 : 0)'; }
browser_ready() { have chromium || have chromium-browser || have google-chrome; }
font_ready() { have fc-list && [ -n "$(fc-list :lang=zh)" ]; }
libraries() { ldconfig -p 2>/dev/null || /sbin/ldconfig -p; }
pango_ready() { local name; for name in libpango-1.0 libpangoft2-1.0 libharfbuzz-subset; do libraries | grep -c "$name\.so" >/dev/null || return 1; done; }

wanted=()
go_ready || wanted+=(golang-go golang-golang-x-mod-dev)
have strace || wanted+=(strace)
have openssl || wanted+=(openssl)
have xorriso || wanted+=(xorriso)
have par2 || wanted+=(par2)
node_ready || wanted+=(nodejs)
have npm || wanted+=(npm)
browser_ready || wanted+=(chromium)
font_ready || wanted+=(fontconfig fonts-noto-cjk)
pango_ready || wanted+=(libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0)
have pdftotext || wanted+=(poppler-utils)
have soffice || wanted+=(libreoffice-calc)
if [ ${#wanted[@]} -gt 0 ] && have apt-get && [ "$(id -u)" = 0 ]; then
  apt-get update -qq && apt-get install -y -qq --no-install-recommends "${wanted[@]}" >/dev/null || true
fi
go_ready || missing+=("Go with golang.org/x/mod (apt-get install golang-go golang-golang-x-mod-dev)")
have strace || missing+=("strace (apt-get install strace)")
have openssl || missing+=("openssl (apt-get install openssl)")
have xorriso || missing+=("xorriso (apt-get install xorriso)")
have par2 || missing+=("par2 (apt-get install par2)")
node_ready || missing+=("Node 18 or later (apt-get install nodejs)")
have npm || missing+=("npm (apt-get install npm)")
browser_ready || missing+=("Chromium (apt-get install chromium)")
font_ready || missing+=("a Chinese font (apt-get install fontconfig fonts-noto-cjk)")
pango_ready || missing+=("Pango with HarfBuzz's subsetter (apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0)")
have pdftotext || missing+=("Poppler's programs (apt-get install poppler-utils)")
have soffice || missing+=("LibreOffice Calc (apt-get install libreoffice-calc)")

new_enough() { "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 12))' 2>/dev/null; }

find_python() {
  local candidate
  for candidate in python3.12 python3.13 python3.14 python3 "$HOME"/.pyenv/versions/3.1[2-9].*/bin/python /opt/python/3.1[2-9]*/bin/python3; do
    if candidate=$(command -v "$candidate") && new_enough "$candidate"; then
      echo "$candidate"
      return
    fi
  done
  if have uv && uv python install --quiet 3.12 2>/dev/null; then
    uv python find 3.12
  fi
}

if [ ! -x "$environment/bin/aics-witness" ]; then
  python=$(find_python)
  if [ -z "$python" ] && have apt-get && [ "$(id -u)" = 0 ] && apt-get install -y -qq python3.12 python3.12-venv >/dev/null 2>&1; then
    python=$(find_python)
  fi
  if [ -z "$python" ]; then
    missing+=("Python 3.12 or later with venv, for the aics programs (apt, pyenv or uv)")
  else
    rm -rf "$environment"
    "$python" -m venv "$environment"
    "$environment/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$here/requirements.lock"
  fi
fi

if [ ${#missing[@]} -gt 0 ]; then
  printf '缺少 / missing: %s\n' "${missing[@]}"
  [ "${CI:-}" != true ] || exit 1
fi
