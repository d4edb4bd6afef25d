# make run    start the app          make test   run every test, the browser's included
# make check  lint, types, imports   make bench  measure, as ratios

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
COMPLETE := .venv/.complete
BROWSER := .venv/.browser

.PHONY: setup run test check format bench clean
.DEFAULT_GOAL := run

setup: $(COMPLETE)

# A Python without ensurepip (as Debian ships it) makes its environment with virtualenv instead.
$(COMPLETE): requirements.txt requirements-dev.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv || { rm -rf .venv; $(PYTHON) -m pip install --user virtualenv && $(PYTHON) -m virtualenv .venv; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	touch $@

# Without the kernel's walls (only Linux has them) the app serves this machine alone.
ADDRESS := $(if $(filter Linux,$(shell uname)),,--server.address localhost)

run: setup
	$(BIN)/streamlit run app.py $(ADDRESS)

# Debian's Chromium where there is root and apt, else Playwright's own; CHROMIUM=/path names another.
$(BROWSER): $(COMPLETE)
	command -v chromium >/dev/null || test -n "$$CHROMIUM" || { \
	  test "$$(id -u)" = 0 && command -v apt-get >/dev/null && apt-get update -qq && apt-get install -y -qq chromium fonts-noto-cjk; } || \
	  $(BIN)/playwright install chromium
	touch $@

test: setup $(BROWSER)
	$(BIN)/python -m pytest

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: setup $(BROWSER)
	$(BIN)/python -m bench

clean:
	rm -rf .venv .peers .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
