# Presence Bridge from a checkout: `make run` starts it, `make test` checks everything.
# Needs python3 (3.11 or newer) and make; all else is installed into .venv or, for the tests, by apt-get.

PYTHON ?= python3
CONFIG ?= config.example.toml
SECONDS ?= 60
ROUNDS ?= 5

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet
SUDO := $(shell test "$$(id -u)" = 0 || echo sudo)

.DEFAULT_GOAL := help
.PHONY: help run check setup test lint format fuzz bench bench-micro clean

help: ## Print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: setup ## Run the bridge, CONFIG=config.example.toml unless told otherwise
	@exec $(BIN)/presence-bridge run --config $(CONFIG)

check: setup ## Check the configuration in CONFIG, and show what it says
	@$(BIN)/presence-bridge check --config $(CONFIG)

setup: $(VENV)/.installed ## Install what `run` needs into .venv

test: $(VENV)/.installed-for-tests ## Everything that CI does: install the tests' programs, lint, run all tests
	@tests/tools/install.sh
	@$(MAKE) --no-print-directory lint
	$(BIN)/pytest --cov

lint: $(VENV)/.installed-for-tests ## Check style, types and who imports whom
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

format: $(VENV)/.installed-for-tests ## Format the code, and mend what ruff can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

fuzz: $(VENV)/.installed-for-fuzz ## Fuzz each target in tests/fuzz, SECONDS=60 for each
	@$(BIN)/python tests/fuzz/run.py all $(SECONDS)

bench: setup ## The bridge beside the least Python that does the protocol, ROUNDS=5 times in turn
	@tests/tools/install.sh
	@$(BIN)/python bench/run.py --rounds $(ROUNDS) --json bench/history/$$(git rev-parse --short HEAD).json

bench-micro: setup ## What reading and matching SIP messages costs, against a bare sendto
	@$(BIN)/python bench/micro_sip.py

clean: ## Remove .venv and everything that tools have left
	rm -rf $(VENV) build dist *.egg-info .coverage .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.installed: pyproject.toml | $(BIN)/pip
	@echo "Installing the bridge into $(VENV) ..."
	@$(PIP) --editable '.[embedded]'
	@touch $@

$(VENV)/.installed-for-tests: pyproject.toml | $(BIN)/pip
	@echo "Installing the bridge and its tests' packages into $(VENV) ..."
	@$(PIP) --editable '.[embedded,test]'
	@touch $(VENV)/.installed $@

$(VENV)/.installed-for-fuzz: pyproject.toml | $(BIN)/pip
	@echo "Installing atheris into $(VENV) ..."
	@$(PIP) --editable '.[embedded,fuzz]'
	@touch $@

# Debian ships python3 without what makes virtual environments.
$(BIN)/pip:
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null \
		|| { $(SUDO) apt-get update --quiet --quiet && $(SUDO) apt-get install --yes --quiet --quiet python3-venv >/dev/null; } \
		|| { echo "$(PYTHON) cannot make virtual environments: install python3-venv, then run make again." >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)
