# Presence Bridge from a checkout: `make run` starts it, `make test` checks everything.
# Needs python3 (3.11 or newer) and make; all else is installed into .venv or, for the tests, by apt-get.

PYTHON ?= python3
# Home Assistant 2024.3, of the tests, runs on 3.11 and 3.12.
HOMEASSISTANT_PYTHON ?= python3.11
CONFIG ?= config.example.toml
SECONDS ?= 60
ROUNDS ?= 5
MINUTES ?= 8
SEEDS ?= 1-20
KILLS ?= 200
IMAGE_BASE ?= debian:bookworm-slim
IMAGE_OPTIONS ?=
BASE ?= HEAD~1
WORKS ?=

VENV := .venv
BIN := $(VENV)/bin
HOMEASSISTANT := .venv-homeassistant
# When the last commit was made: the time of all files in what is built.
EPOCH = $(shell git log -1 --format=%ct 2>/dev/null || echo 1577836800)
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet
SUDO := $(shell test "$$(id -u)" = 0 || echo sudo)

.DEFAULT_GOAL := help
.PHONY: help run check setup test coverage test-homeassistant lint format fuzz bench bench-micro bench-rules bench-scrape docs dashboard dashboard-picture faults soak clean bench-compare bench-scale audit bandit deb image lock package sbom test-deb test-image test-install test-package test-pythons test-systemd

help: ## Print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: setup ## Run the bridge, CONFIG=config.example.toml unless told otherwise
	@exec $(BIN)/presence-bridge run --config $(CONFIG)

check: setup ## Check the configuration in CONFIG, and show what it says
	@$(BIN)/presence-bridge check --config $(CONFIG)

setup: $(VENV)/.installed ## Install what `run` needs into .venv

test: $(VENV)/.installed-for-tests ## Everything that CI does: install the tests' programs, lint, run all tests
	@tests/tools/install.sh
	@$(MAKE) --no-print-directory lint
	$(BIN)/pytest --numprocesses auto --dist loadfile --ignore=tests/homeassistant --ignore=tests/packages --ignore=tests/systemd

test-pythons: ## Run the tests on each supported Python that this machine has, under pyenv or on PATH
	@tests/tools/install.sh
	@tests/tools/pythons.sh

coverage: $(VENV)/.installed-for-tests ## All tests, and which lines none of them reaches
	@tests/tools/install.sh
	$(BIN)/pytest --numprocesses auto --dist loadfile --cov --ignore=tests/homeassistant --ignore=tests/packages --ignore=tests/systemd

test-homeassistant: $(VENV)/.installed-for-tests $(HOMEASSISTANT)/.installed ## Run the tests with a real Home Assistant
	@tests/tools/install.sh
	$(BIN)/pytest tests/homeassistant

lint: $(VENV)/.installed-for-tests ## Check style, types and who imports whom
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

format: $(VENV)/.installed-for-tests ## Format the code, and mend what ruff can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

faults: $(VENV)/.installed-for-tests ## Break everything around the bridge, SEEDS=1-20, KILLS=200 in all; writes docs/reliability.md
	@tests/tools/install.sh
	@rm -f build/faults.json
	SEEDS=$(SEEDS) KILLS=$(KILLS) FIGURES=$(CURDIR)/build/faults.json $(BIN)/pytest tests/faults
	@PYTHONPATH=tests $(BIN)/python tests/tools/reliability.py build/faults.json

soak: $(VENV)/.installed-for-tests ## Random faults for MINUTES=8, and a reckoning at the end; writes docs/reliability.md
	@tests/tools/install.sh
	@rm -f build/soak.json
	PYTHONPATH=.:tests $(BIN)/python tests/faults/soak.py --minutes $(MINUTES) --figures $(CURDIR)/build/soak.json
	@PYTHONPATH=tests $(BIN)/python tests/tools/reliability.py build/soak.json

package: $(VENV)/.installed-for-packages ## Build the wheel and the sdist into dist/, the same to the last bit wherever that is done
	@rm -rf dist && SOURCE_DATE_EPOCH=$(EPOCH) $(BIN)/hatchling build --directory dist >/dev/null

deb: package ## Build the Debian package into dist/, for Debian 12 and there
	@SOURCE_DATE_EPOCH=$(EPOCH) systemd/debian/build.sh dist/*.whl $(BIN)/python dist

lock: $(VENV)/.installed-for-release ## Choose anew what the Debian package and the image contain
	$(BIN)/uv --quiet pip compile --upgrade --extra embedded --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-emit-find-links --no-annotate --custom-compile-command 'make lock' \
		--output-file systemd/debian/requirements.lock pyproject.toml

sbom: package $(VENV)/.installed-for-release ## List what the Debian package and the image contain: dist/sbom.cdx.json
	@SOURCE_DATE_EPOCH=$(EPOCH) tests/tools/sbom.sh $(BIN)/python dist/*.whl dist/sbom.cdx.json

bandit: $(VENV)/.installed-for-release ## Look for careless code; each finding is mended, or its reason is written down
	@$(BIN)/python tests/tools/bandit.py

audit: $(VENV)/.installed-for-release ## Ask for known weaknesses in what the lock file pins (needs the advisory service)
	@$(BIN)/python tests/tools/audit.py

test-package: package $(VENV)/.installed-for-tests ## Install the wheel into a new virtual environment, and try what it brings
	$(BIN)/pytest tests/packages/test_wheel.py

test-deb: deb $(VENV)/.installed-for-tests ## Install, use, upgrade and purge the Debian package in clean Debians (root)
	@tests/packages/install.sh
	$(BIN)/pytest tests/packages/test_deb.py

image: package ## Build the image presence-bridge with buildah, on IMAGE_BASE=debian:bookworm-slim, with IMAGE_OPTIONS=
	buildah bud --format docker --timestamp $(EPOCH) --build-arg BASE=$(IMAGE_BASE) $(IMAGE_OPTIONS) --tag presence-bridge .

test-image: package $(VENV)/.installed-for-tests ## Build the image on a Debian made here, and run it (root)
	@tests/packages/install.sh
	$(BIN)/pytest tests/packages/test_image.py

test-install: package $(VENV)/.installed-for-tests ## Type the installing commands of README and docs into clean Debians (root)
	@tests/packages/install.sh
	$(BIN)/pytest tests/packages/test_install.py

test-systemd: deb $(VENV)/.installed-for-tests ## Run the service under a real systemd: reload, watchdog, kill -9, upgrade under load (root)
	@tests/packages/install.sh
	$(BIN)/pytest tests/systemd

fuzz: $(VENV)/.installed-for-fuzz ## Fuzz each target in tests/fuzz, SECONDS=60 for each
	@$(BIN)/python tests/fuzz/run.py all $(SECONDS)

bench: setup ## The bridge beside the least Python that does the protocol, ROUNDS=5 times in turn
	@tests/tools/install.sh
	@$(BIN)/python bench/run.py --rounds $(ROUNDS) --works "$(WORKS)" --json bench/history/$$(git rev-parse --short HEAD).json

bench-compare: setup ## The same, and beside them the bridge of another revision, BASE=HEAD~1
	@tests/tools/install.sh
	@$(BIN)/python bench/run.py --rounds $(ROUNDS) --works "$(WORKS)" --base $(BASE) --json build/compare.json

bench-scale: setup ## 50,000 subscriptions, 10,000 watchers of one extension, 10,000 retained messages, two bridges
	@tests/tools/install.sh
	@$(BIN)/python bench/scale.py --json bench/history/scale-$$(git rev-parse --short HEAD).json

bench-scrape: setup ## What a scrape of 1,000 extensions costs a NOTIFY that is on its way, ROUNDS=5 times in turn
	@tests/tools/install.sh
	@$(BIN)/python bench/scrape.py --rounds $(ROUNDS)

bench-micro: $(VENV)/.installed-for-bench ## What the pieces cost: reading and writing SIP, a SUBSCRIBE, a change, rules, a scrape
	@$(BIN)/python bench/micro_sip.py
	@$(BIN)/pytest bench/micro --benchmark-columns=min,median,iqr,rounds --benchmark-sort=name --benchmark-json=build/micro.json

bench-rules: setup ## What a message costs 1,000 sensors and 1,000 rules, against reading its JSON
	@$(BIN)/python bench/micro_rules.py

dashboard: setup ## Write grafana/presence-bridge.json anew, from grafana/*.py
	@$(BIN)/python -B grafana/dashboard.py

dashboard-picture: $(VENV)/.installed-for-tests ## Draw docs/dashboard.png from MINUTES=8 of real life, with Grafana's components (needs npm)
	@tests/tools/install.sh
	PYTHONPATH=.:tests $(BIN)/python tests/tools/dashboard_data.py --minutes $(MINUTES) build/dashboard.json
	@grafana/picture/draw.sh build/dashboard.json docs/dashboard.png

docs: $(VENV)/.installed-for-tests ## Build the pages into build/site; dead links and anchors are errors
	@$(BIN)/python tests/tools/site.py

clean: ## Remove what was installed and everything that tools have left
	rm -rf $(VENV) $(HOMEASSISTANT) grafana/picture/node_modules build dist *.egg-info .coverage .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.installed: pyproject.toml | $(BIN)/pip
	@echo "Installing the bridge into $(VENV) ..."
	@$(PIP) --editable '.[embedded]'
	@touch $@

$(VENV)/.installed-for-tests: pyproject.toml | $(BIN)/pip
	@echo "Installing the bridge and its tests' packages into $(VENV) ..."
	@$(PIP) --editable '.[embedded,test,docs]'
	@touch $(VENV)/.installed $@

$(VENV)/.installed-for-packages: pyproject.toml | $(BIN)/pip
	@echo "Installing what builds packages into $(VENV) ..."
	@$(PIP) 'hatchling>=1.27'
	@touch $@

$(VENV)/.installed-for-release: pyproject.toml | $(BIN)/pip
	@echo "Installing the tools of a release into $(VENV) ..."
	@$(PIP) --editable '.[embedded,release]'
	@touch $@

$(VENV)/.installed-for-bench: pyproject.toml | $(BIN)/pip
	@echo "Installing what measures into $(VENV) ..."
	@mkdir -p build
	@$(PIP) --editable '.[embedded,bench]'
	@touch $(VENV)/.installed $@

$(VENV)/.installed-for-fuzz: pyproject.toml | $(BIN)/pip
	@echo "Installing atheris into $(VENV) ..."
	@$(PIP) --editable '.[embedded,fuzz]'
	@touch $@

# Most of it is never imported: what is, is compiled when it is.
$(HOMEASSISTANT)/.installed: tests/homeassistant/requirements.txt | $(BIN)/pip
	@echo "Installing Home Assistant into $(HOMEASSISTANT) ..."
	@$(HOMEASSISTANT_PYTHON) -m venv --clear $(HOMEASSISTANT)
	@$(HOMEASSISTANT)/bin/python -m pip --disable-pip-version-check install --quiet --no-compile --requirement $<
	@touch $@

# Debian ships python3 without what makes virtual environments.
$(BIN)/pip:
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null \
		|| { $(SUDO) apt-get update --quiet --quiet && $(SUDO) apt-get install --yes --quiet --quiet python3-venv >/dev/null; } \
		|| { echo "$(PYTHON) cannot make virtual environments: install python3-venv, then run make again." >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)
