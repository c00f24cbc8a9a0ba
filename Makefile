# The commands of this project. Computers without make: README.md gives the plain commands.

PYTHON ?= python3
PORT ?= 8000

# Two environments: the whole project, and the analysis where oTree is absent.
BIN := .venv/bin
ANALYSIS_BIN := .venv-analysis/bin

.PHONY: run test demo screenshots benchmarks

run: .venv/.installed
	@! $(BIN)/python -c "import socket; socket.create_connection(('127.0.0.1', $(PORT)))" 2>/dev/null || \
		{ echo "Port $(PORT) is in use. Choose another: PORT=8010 make run"; exit 1; }
	PATH="$(abspath $(BIN)):$$PATH" OTREE_PRODUCTION=1 otree prodserver 127.0.0.1:$(PORT)

demo: .venv/.installed
	$(BIN)/python -m lab.demo

test: .venv/.tests-installed .venv-analysis/.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	PATH="$(abspath $(BIN)):$$PATH" $(BIN)/python -m pytest --numprocesses 2 --dist loadfile tests --ignore tests/analysis
	$(ANALYSIS_BIN)/python -m pytest --numprocesses 2 --confcutdir tests/analysis tests/analysis

screenshots: .venv/.tests-installed
	PATH="$(abspath $(BIN)):$$PATH" $(BIN)/python -m tests.screenshots

benchmarks: .venv/.tests-installed
	for each in live_messages first_paint first_page randomization_inference reading_exports report; do \
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
