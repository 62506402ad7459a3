# Everything here sets itself up: a Python 3.11 or newer is all that must be there.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
CORPUS ?=
# The tests start hundreds of processes: none is to compile everything anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo test quick bench bench-detection lint types walls docs lock clean

help:  ## Show what can be made.
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 18

# A stamp for each set of packages: made again when its lock file or the project file changes.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Nightlatch needs Python 3.11 or newer: make PYTHON=/path/to/python3.11 ..."; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.server: requirements/server.txt pyproject.toml | $(BIN)/python
	@echo "Installing Nightlatch into $(VENV) ..."
	$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements/server.txt
	$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --editable .
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.server
	@echo "Installing what the tests and benchmarks need ..."
	$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

demo: $(VENV)/.server  ## Watch the breach be seen and stopped (ARGS='--exit --json').
	@$(BIN)/nightlatch demo $(ARGS)

test: $(VENV)/.dev lint types walls  ## Run everything: style, types, walls and all tests.
	@scripts/with_system_packages $(BIN)/python -m pytest --numprocesses 4 --dist worksteal $(ARGS)

quick: $(VENV)/.dev  ## Run the quick tests only.
	@$(BIN)/python -m pytest --quiet --numprocesses 2 --dist worksteal -m "not slow and not browser" $(ARGS)

bench: $(VENV)/.dev  ## Run all benchmarks, or one: ARGS='middleware --json'.
	@$(BIN)/python -m benchmarks $(ARGS)

bench-detection: $(VENV)/.dev  ## What the attack engine finds in CORPUS=dir (ARGS=--json).
	@test -n '$(CORPUS)' || { echo "Say where the corpora are: make bench-detection CORPUS=dir"; exit 2; }
	@$(BIN)/python -m benchmarks detection '$(CORPUS)' $(ARGS)

lint: $(VENV)/.dev
	@$(BIN)/ruff format --check --quiet . && $(BIN)/ruff check --quiet .

types: $(VENV)/.dev
	@$(BIN)/mypy
	@MYPYPATH=src:. $(BIN)/mypy --strict --explicit-package-bases tests benchmarks scripts

walls: $(VENV)/.dev
	@$(BIN)/lint-imports >/dev/null || $(BIN)/lint-imports

lock:  ## Pin all packages anew, with hashes.
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-annotate --no-header --extra server -o requirements/server.txt
	$(BIN)/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-annotate --no-header --extra server --extra dev -o requirements/dev.txt

clean:  ## Remove what was built and installed.
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
