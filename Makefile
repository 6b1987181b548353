# A few fixed commands run everything; each makes what it needs, from nothing.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
OPENAI2 := .clients/openai2/.installed
LATEST := .latest
# Tests start hundreds of processes: each would compile our modules again.
export PYTHONDONTWRITEBYTECODE :=
LOCK = $(BIN)/uv --config-file tools/uv.toml pip compile --quiet --upgrade

.PHONY: demo test quick test-long test-latest mutants check format build lock clean

$(STAMP): pyproject.toml constraints.txt requirements-dev.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --require-hashes --no-deps --only-binary :all: --requirement requirements-dev.txt
	$(BIN)/pip install --quiet --constraint constraints.txt torch
	$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	$(BIN)/pip check
	touch $@

$(OPENAI2): requirements-openai2.txt | $(STAMP)  ## the other major version of a client that tests use
	$(BIN)/pip install --quiet --upgrade --require-hashes --no-deps --only-binary :all: --requirement $< --target $(@D)
	touch $@

demo: $(STAMP)  ## a small model recites real works, and its reader is told which
	$(BIN)/provenance demo

quick: $(STAMP)  ## the tests that take no time, their properties on fewer examples
	$(BIN)/pytest -n 2 --dist loadfile -m "not slow and not long" --hypothesis-profile quick

test: $(STAMP) $(OPENAI2)  ## every test but the long ones
	$(BIN)/pytest -n 2 --dist loadfile -m "not long"

test-long: $(STAMP) $(OPENAI2)  ## the long ones: kills, full disks, every byte of a file, foreign servers
	$(BIN)/pytest -n 2 --dist loadfile -m long

mutants: $(STAMP) $(OPENAI2)  ## plants faults in the modules changed since main, and says which of them no test notices
	$(BIN)/python tools/mutants.py

test-latest: $(OPENAI2)  ## every test with the newest versions that our ranges admit, in an environment of its own
	test -x $(LATEST)/bin/python || $(PYTHON) -m venv $(LATEST)
	$(LATEST)/bin/pip install --quiet --upgrade --upgrade-strategy eager --constraint constraints.txt --editable ".[dev]"
	$(LATEST)/bin/pytest -n 2 --dist loadfile

check: $(STAMP)  ## style, types, layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy tools/*.py
	$(BIN)/lint-imports

format: $(STAMP)  ## put the code into shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

build: $(STAMP)  ## wheel and source archive in dist/, the wheel installed in build/wheel, and its bill of materials
	rm -rf dist build && mkdir build
	$(BIN)/python -m build --quiet --no-isolation
	$(BIN)/pip freeze --quiet --exclude licence-provenance > build/versions.txt
	$(PYTHON) -m venv --without-pip build/wheel
	$(BIN)/pip --python build/wheel install --quiet --constraint build/versions.txt dist/*.whl
	$(BIN)/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible --output-file dist/sbom.cdx.json build/wheel

lock: $(STAMP)  ## the newest versions that our ranges admit, for the next installation here and elsewhere
	$(LOCK) --constraint constraints.txt --extra dev pyproject.toml --output-file requirements-dev.txt
	echo "openai>=2,<3" | $(LOCK) - --output-file requirements-openai2.txt

clean:
	rm -rf $(VENV) .clients $(LATEST) dist build demo-output .mypy_cache .ruff_cache .pytest_cache .hypothesis
