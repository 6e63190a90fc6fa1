# Each target makes the environment it needs, once. CPU machines get torch's CPU build; machines with an
# NVIDIA driver get the CUDA build that pip chooses.
PYTHON ?= python3.11
VENV ?= .venv
BIN = $(VENV)/bin
STAMP = $(VENV)/.installed

.PHONY: install chat ask test lint types unit bench clean

install: $(STAMP)

$(STAMP): pyproject.toml constraints.txt scripts/install.sh
	PYTHON=$(PYTHON) VENV=$(VENV) sh scripts/install.sh
	touch $(STAMP)

chat: install
	$(BIN)/retort chat

ask: install
	@$(BIN)/retort ask "$(Q)"

test: install lint types unit

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: install
	@mkdir -p .typing && ln -sfn .. .typing/retort
	MYPYPATH=.typing $(BIN)/mypy -p retort.agent -p retort.tools -p retort.retrieval -p retort.prompts -p retort.ui

unit: install
	sh scripts/chromium.sh
	$(BIN)/python -m pytest -n 2 --dist loadgroup

bench: install
	$(BIN)/python benchmarks/speed.py
	$(BIN)/python benchmarks/retrieval.py
	$(BIN)/python benchmarks/embedded_planner.py

clean:
	rm -rf $(VENV) .typing .mypy_cache .ruff_cache .pytest_cache .hypothesis
