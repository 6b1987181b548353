# A few fixed commands run everything; each makes what it needs, from nothing.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
OPENAI3 := .clients/openai3/.installed

.PHONY: demo test quick check format build clean

$(STAMP): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --constraint constraints.txt --editable ".[dev]"
	touch $@

$(OPENAI3): pyproject.toml | $(STAMP)  ## the other major version of a client that tests use
	$(BIN)/pip install --quiet --upgrade --target $(@D) "openai>=3,<4"
	touch $@

demo: $(STAMP)  ## a small model recites real works, and its reader is told which
	$(BIN)/provenance demo

test: $(STAMP) $(OPENAI3)  ## every test
	$(BIN)/pytest -n 2 --dist loadfile

quick: $(STAMP)  ## the tests that take no time
	$(BIN)/pytest -n 2 --dist loadfile -m "not slow"

check: $(STAMP)  ## style, types, layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(STAMP)  ## put the code into shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

build: $(STAMP)  ## wheel and source archive in dist/
	rm -rf dist
	$(BIN)/python -m build --quiet

clean:
	rm -rf $(VENV) .clients dist build demo-output .mypy_cache .ruff_cache .pytest_cache .hypothesis
