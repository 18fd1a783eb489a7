# Two commands for newcomers: `make demo` and `make test`. The rest is for those who stay.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv pip install --quiet --python $(BIN)/python

PEERS := .venv-peers
DOCS := .venv-docs

.PHONY: demo test check format peers bench docs lock clean

demo: $(VENV)/.run
	$(BIN)/feynax demo

test: $(VENV)/.dev
	FEYNAX_TEST_FLOAT32=1 $(BIN)/python -m pytest -q -n 2 --dist worksteal -m float32
	$(BIN)/python -m pytest -q -n 2 --dist worksteal -m "not peer"

check: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Comparisons with other libraries, in an environment of their own: they are never dependencies.
peers: $(PEERS)/.ready
	$(PEERS)/bin/python -m pytest -q -m peer

bench: $(VENV)/.dev
	$(BIN)/python -m benchmarks

# The site, into site/: its tools need no JAX, and live in an environment of their own.
docs: $(DOCS)/.ready $(VENV)/.run
	FEYNAX_PYTHON=$(BIN)/python NO_MKDOCS_2_WARNING=1 $(DOCS)/bin/mkdocs build --strict --quiet
	@echo site/index.html

# Writes the hashed requirements anew from pyproject.toml.
lock: $(VENV)/.dev
	$(BIN)/uv lock --upgrade
	$(BIN)/uv export --quiet --no-dev --group build --no-emit-project --no-header -o requirements/run.txt
	$(BIN)/uv export --quiet --no-emit-project --no-header -o requirements/dev.txt
	$(BIN)/uv export --quiet --only-group docs --no-emit-project --no-header -o requirements/docs.txt

clean:
	rm -rf $(VENV) $(PEERS) $(DOCS) runs site

# The wheels come from the hashed list; the project itself is installed without looking further.
$(VENV)/bin/uv:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv

$(VENV)/.run: requirements/run.txt pyproject.toml | $(VENV)/bin/uv
	$(UV) --require-hashes -r requirements/run.txt
	$(UV) --no-deps --no-build-isolation --editable .
	touch $@

$(VENV)/.dev: requirements/dev.txt pyproject.toml | $(VENV)/bin/uv
	$(UV) --require-hashes -r requirements/dev.txt
	$(UV) --no-deps --no-build-isolation --editable .
	touch $@ $(VENV)/.run

$(PEERS)/.ready: requirements/dev.txt | $(VENV)/bin/uv
	$(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check torch==2.13.0
	$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check torchdiffeq qutip blackjax numpyro numba
	$(BIN)/uv pip install --quiet --python $(PEERS)/bin/python --require-hashes -r requirements/dev.txt
	$(BIN)/uv pip install --quiet --python $(PEERS)/bin/python --no-deps --no-build-isolation --editable .
	touch $@

$(DOCS)/.ready: requirements/docs.txt | $(VENV)/bin/uv
	$(PYTHON) -m venv $(DOCS)
	$(BIN)/uv pip install --quiet --python $(DOCS)/bin/python --require-hashes -r requirements/docs.txt
	touch $@
