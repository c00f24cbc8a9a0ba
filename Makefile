# The commands of this project. Computers without make: README.md gives the plain commands.

PYTHON ?= python3
PORT ?= 8000

# Two environments: the whole project, and the analysis where oTree is absent.
BIN := .venv/bin
ANALYSIS_BIN := .venv-analysis/bin

.PHONY: run test conformance demo screenshots benchmarks

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
	PATH="$(abspath $(BIN)):$$PATH" $(BIN)/python -m pytest tests/conformance $(if $(STUDY),--study $(STUDY))

screenshots: .venv/.tests-installed
	PATH="$(abspath $(BIN)):$$PATH" $(BIN)/python -m tests.screenshots

benchmarks: .venv/.tests-installed
	for each in whatever_the_experimenter_does live_messages capacity panel hostile_clients first_paint \
			first_page randomization_inference published_pattern reading_exports report; do \
		$(BIN)/python -m benchmarks.$$each || exit 1; done

.venv/.installed: requirements.txt analysis/requirements.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --requirement requirements.txt
	touch $@

.venv/.tests-installed: .venv/.installed tests/requirements.txt
	$(BIN)/python -m pip install --quiet --requirement tests/requirements.txt
	touch $@

.venv-analysis/.installed: analysis/requirements.txt analysis/requirements-cluster.txt tests/analysis/requirements.txt
	$(PYTHON) -m venv .venv-analysis
	$(ANALYSIS_BIN)/python -m pip install --quiet --requirement tests/analysis/requirements.txt
	touch $@
