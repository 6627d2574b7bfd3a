# The gate and the tasks; every target sets up its own virtual environment on a machine with Python 3.11+.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PROCESSES ?= 2
READY := $(VENV)/.ready

.PHONY: help check format test fuzz browser demo screens bench proof schemas constraints audit clean

help:
	@echo "make check   formatting, lint, types, import contracts"
	@echo "make test    every test; real PostgreSQL, and real Kafka where Java and Maven are"
	@echo "make demo    play the sample bank and print its figures and its score"
	@echo "make fuzz    the whole API tried by Schemathesis, every boundary (make test tries less of it)"
	@echo "make screens screenshots of every view on the sample bank, into build/screens"
	@echo "make proof   replay five real data sets every way there is and compare digests"
	@echo "make bench   rates and ratios of projector, rebuild and door"

$(READY): pyproject.toml deploy/constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c deploy/constraints.txt --group dev --editable .
	@touch $(READY)

check: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

test: $(READY) browser
	$(BIN)/pytest -n $(PROCESSES) --dist loadfile

fuzz: $(READY)
	DAYBOOK_FUZZ=1 $(BIN)/pytest tests/api/test_openapi.py

# Tests of screens drive a real Chromium: Debian's is installed where it is missing and may be.
browser:
	@command -v chromium >/dev/null || test -n "$$DAYBOOK_CHROMIUM" \
	|| { test "$$(id -u)" = 0 && apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium >/dev/null; } \
	|| echo "no Chromium here: tests of screens will be skipped"

screens: $(READY) browser
	$(BIN)/python -m tests.console.screens

demo: $(READY)
	$(BIN)/daybook demo

proof: $(READY)
	$(BIN)/python -m tests.proof.matrix

bench: $(READY)
	$(BIN)/python -m tests.bench

schemas: $(READY)
	$(BIN)/python -m events.schema_files

constraints: $(READY)
	$(BIN)/python -m pip freeze --exclude-editable | grep -v "^-e" > deploy/constraints.txt

audit: $(READY)
	$(BIN)/pip-audit -r deploy/constraints.txt

clean:
	rm -rf $(VENV) build dist *.egg-info
