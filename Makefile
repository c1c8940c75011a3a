PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
# Under CI everything runs; at home the slow tests are left out.
SELECT := $(if $(filter true,$(CI)),,-m "not slow")

.PHONY: demo demo-year ceremony observer portable test coverage bench verifier conformance vectors lock clean

# Erases build/demo first. Its room is used with VDRAW_STATE=build/demo/state and the passphrase demo.
demo: $(VENV)/.stamp
	$(RUN) -m verifiable_draw.demo build/demo

# Three honest years of a small county, then wrongdoing planted one at a time; needs xorriso and par2.
demo-year: $(VENV)/.stamp
	$(RUN) -m verifiable_draw.simulation.demo build/demo-year

# The room on this machine: you are the clerk, simulated observers attend, phones may join.
ceremony: $(VENV)/.stamp dist/observer.html
	$(RUN) -m verifiable_draw.ceremony_demo build/ceremony

test: $(VENV)/.stamp $(VENV)/.interop
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	$(RUN) -m pytest -n 2 --dist worksteal $(SELECT)

coverage: $(VENV)/.stamp $(VENV)/.interop
	$(RUN) -m pytest -n 2 --dist worksteal -m "not slow" --cov --cov-report=term:skip-covered

bench: $(VENV)/.stamp
	$(RUN) -m benchmarks

verifier: $(VENV)/.stamp
	$(RUN) -m verifiable_draw.verifier_file dist/verify.pyz
	$(RUN) -m verifiable_draw.verifier_page dist/verify.html
	$(RUN) -m verifiable_draw.verifier_page dist/family.html

# The observers' page as one file; needs Node and npm.
OBSERVER := $(shell find verifiable_draw/web/observer/src verifier/web/src -type f) verifiable_draw/web/observer/package-lock.json
observer: dist/observer.html

dist/observer.html: $(VENV)/.stamp $(OBSERVER) verifiable_draw/observer_page.py
	$(RUN) -m verifiable_draw.observer_page $@

# A folder for a Linux laptop without network, Python or packages; docs/portable.md.
portable: $(VENV)/.stamp $(wildcard dist/observer.html)
	$(RUN) -m portable.build build/portable

# VERIFIER is any command that keeps spec/conformance.md.
VERIFIER ?= $(RUN) -m verifier

conformance: $(VENV)/.stamp
	$(RUN) -m conformance --verifier "$(VERIFIER)"

vectors: $(VENV)/.stamp
	$(RUN) -m tests.vectors.regenerate

# One lock for everything, with hashes and without download addresses.
lock: $(VENV)/.stamp
	$(RUN) -m pip install --quiet pip-tools
	$(VENV)/bin/pip-compile --quiet --all-extras --allow-unsafe --generate-hashes --no-emit-index-url --no-emit-find-links \
	  --no-emit-trusted-host --no-strip-extras --no-header --output-file requirements.lock pyproject.toml

$(VENV)/.stamp: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "需要 Python 3.11 或更新的版本：make PYTHON=python3.12 / Python 3.11 or later is needed"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' || \
	  { echo "缺少 venv：apt-get install python3-venv / the venv module is missing"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(RUN) -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	touch $@

# Programs we did not write, which the tests compare with.
$(VENV)/.interop: $(VENV)/.stamp tests/interop/requirements.lock tests/interop/setup.sh
	tests/interop/setup.sh $(VENV)/interop
	touch $@

clean:
	rm -rf build dist $(VENV)
