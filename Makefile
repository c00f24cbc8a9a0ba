# The commands of this project. Computers without make: README.md gives the plain commands.

PYTHON ?= python3
PORT ?= 8000

# Two environments: the whole project, and the analysis where oTree is absent. What is asked for
# stands in the files *.in; the files *.txt name every version, with all that is brought along;
# what exists only as source is built with requirements-build.txt.
BIN := .venv/bin
ANALYSIS_BIN := .venv-analysis/bin

# By the first name before pip 25.3, by the second from then on.
BUILD := PIP_CONSTRAINT=requirements-build.txt PIP_BUILD_CONSTRAINT=requirements-build.txt
INSTALL := -m pip install --quiet --requirement

.PHONY: run test conformance demo screenshots benchmarks lock

run: .venv/.installed
	@PORT=$(PORT) $(BIN)/python start.py

demo: .venv/.installed
	$(BIN)/python -m lab.demo

test: .venv/.tests-installed .venv-analysis/.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	PATH="$(abspath $(BIN)):$$PATH" $(BIN)/python -m pytest --numprocesses 2 --dist loadfile tests --ignore tests/analysis
	$(ANALYSIS_BIN)/python -m pytest --numprocesses 2 --confcutdir tests/analysis tests/analysis

conformance: .venv/.tests-installed
	PATH="$(abspath $(BIN)):$$PATH" $(BIN)/python -m pytest tests/conformance --every-line $(if $(STUDY),--study $(STUDY))

screenshots: .venv/.tests-installed
	PATH="$(abspath $(BIN)):$$PATH" $(BIN)/python -m tests.screenshots

benchmarks: .venv/.tests-installed
	for each in whatever_the_experimenter_does live_messages capacity panel hostile_clients first_paint \
			first_page randomization_inference published_pattern reading_exports report; do \
		$(BIN)/python -m benchmarks.$$each || exit 1; done

# Each file agrees with those that it contains, and on all Pythons where it can. `make lock NEWER=--upgrade` takes newer versions.
LOCK := $(BIN)/uv pip compile --universal --python-version 3.10 --fork-strategy fewest --quiet $(NEWER) \
	--build-constraints requirements-build.txt --custom-compile-command "make lock"

lock: .venv/.tests-installed
	$(LOCK) analysis/requirements.in -o analysis/requirements.txt
	$(LOCK) requirements.in -c analysis/requirements.txt -o requirements.txt
	$(LOCK) tests/requirements.in -c requirements.txt -o tests/requirements.txt
	$(LOCK) analysis/requirements-cluster.in -c analysis/requirements.txt -o analysis/requirements-cluster.txt
	$(LOCK) tests/analysis/requirements.in -c analysis/requirements-cluster.txt -o tests/analysis/requirements.txt

.venv/.installed: requirements.txt
	$(PYTHON) -m venv .venv
	$(BUILD) $(BIN)/python $(INSTALL) requirements.txt
	touch $@

.venv/.tests-installed: .venv/.installed tests/requirements.txt
	$(BUILD) $(BIN)/python $(INSTALL) tests/requirements.txt
	touch $@

.venv-analysis/.installed: tests/analysis/requirements.txt
	$(PYTHON) -m venv .venv-analysis
	$(BUILD) $(ANALYSIS_BIN)/python $(INSTALL) tests/analysis/requirements.txt
	touch $@
