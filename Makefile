# Needs Python 3.11+ with venv, and make. Everything else is set up here, in .venv, from the package registry.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
BROWSER := $(VENV)/.browser
WORKERS ?= 2

SHARED ?= ../shared/data

.PHONY: install demo test check slow browser bench train train-venv test-torch lock clean
.DEFAULT_GOAL := test

install: $(INSTALLED)

$(INSTALLED): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "webcare needs Python 3.11 or newer: make PYTHON=python3.12")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# A fictional brand with lively customers, and the inbox at the address that it prints. Ctrl-C ends it; nothing of it stays.
demo: $(INSTALLED)
	@exec $(BIN)/webcare demo

test: $(INSTALLED)
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m "not slow"

slow: $(INSTALLED)
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m slow

# The pages in a real browser, which tests/browser/README.md names; without it `make test` and `make slow` skip these and say so.
browser: $(BROWSER)
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal tests/browser

$(BROWSER): $(INSTALLED) tests/browser/requirements-browser.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r tests/browser/requirements-browser.lock
	@touch $@

check: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest tests/architecture

bench: $(INSTALLED)
	$(BIN)/python tests/bench/run.py

# The model that ships, from texts to sentiment/weights, in an environment of its own: torch is large. SHARED is the folder of the public
# texts that the model card lists. On a machine without a GPU: make train PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu
# The C library's settings keep freed memory for the next step, in large pages: given back and asked for anew it costs a quarter of the time.
train: export MALLOC_MMAP_MAX_ = 0
train: export MALLOC_TRIM_THRESHOLD_ = 17179869184
train: export MALLOC_TOP_PAD_ = 268435456
train: export MALLOC_ARENA_MAX = 1
train: export GLIBC_TUNABLES = glibc.malloc.hugetlb=1
train: train-venv
	.venv-train/bin/python -m sentiment.train all --shared $(SHARED)

train-venv:
	@test -x .venv-train/bin/python || $(PYTHON) -m venv .venv-train
	.venv-train/bin/python -m pip install --quiet --disable-pip-version-check -e '.[train]'

# The tests that need torch, which every other target skips by name.
test-torch: train-venv
	.venv-train/bin/python -m pip install --quiet --disable-pip-version-check 'pytest>=9' 'pytest-asyncio>=1.5'
	.venv-train/bin/python -m pytest tests/unit/sentiment/test_foreign.py tests/unit/sentiment/test_training_*.py

# Renews what is pinned; needs uv (pip install uv). The extras `torch` and `train` stay out: they would pull gigabytes into every install.
lock:
	uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --python-version 3.11 \
		--group dev --extra postgres pyproject.toml -o requirements.lock
	uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --python-version 3.11 \
		--group pyproject.toml:browser -c requirements.lock -o tests/browser/requirements-browser.lock

clean:
	rm -rf $(VENV) .venv-train .train .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache bench.json
