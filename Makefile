# The three commands of this project. Computers without make: see README.md for the plain commands.

PYTHON ?= python3
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test demo
run: $(VENV)/.installed
	PATH="$(abspath $(BIN)):$$PATH" OTREE_PRODUCTION=1 otree prodserver 127.0.0.1:$(PORT)

$(VENV)/.installed: requirements.txt analysis/requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --requirement requirements.txt
	touch $@
