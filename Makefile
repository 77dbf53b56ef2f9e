# Needs Python 3.11+ with venv, and make. Everything else is set up here, in .venv, from the package registry.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
WORKERS ?= 2

.PHONY: install demo test check slow bench lock clean
.DEFAULT_GOAL := test

install: $(INSTALLED)

$(INSTALLED): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "webcare needs Python 3.11 or newer: make PYTHON=python3.12")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# Three days of a fictional brand, through the whole pipeline on virtual time, and one case explained.
demo: $(INSTALLED)
	@dir=$$(mktemp -d) && trap 'rm -rf "$$dir"' EXIT && \
	echo "Three days at Meerkoet, a provider that does not exist (webcare/demo/README.md tells what to look for):" && \
	$(BIN)/webcare replay webcare/demo/stream.jsonl --db "$$dir/demo.db" | $(BIN)/python -m json.tool && \
	echo && echo "Why did case of message m0150 breach?  (webcare why m0150)" && echo && \
	$(BIN)/webcare why m0150 --db "$$dir/demo.db"

test: $(INSTALLED)
	$(BIN)/python -m pytest -n $(WORKERS) -m "not slow"

slow: $(INSTALLED)
	$(BIN)/python -m pytest -n $(WORKERS) -m slow

check: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest tests/architecture

bench: $(INSTALLED)
	$(BIN)/python tests/bench/run.py

# Renews requirements.lock; needs uv (pip install uv).
lock:
	uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --python-version 3.11 \
		--group dev --all-extras pyproject.toml -o requirements.lock

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache bench.json
