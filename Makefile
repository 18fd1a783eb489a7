# Two commands for newcomers: `make demo` and `make test`. The rest is for those who stay.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv pip install --quiet --python $(BIN)/python

.PHONY: demo test check format bench lock clean

demo: $(VENV)/.run
	$(BIN)/feynax demo

test: $(VENV)/.dev
	$(BIN)/python -m pytest -n 2 --dist loadfile
	FEYNAX_TEST_FLOAT32=1 $(BIN)/python -m pytest -q -m float32

check: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.dev
	$(BIN)/python -m benchmarks

# Writes the hashed requirements anew from pyproject.toml.
lock: $(VENV)/.dev
	$(BIN)/uv lock --upgrade
	$(BIN)/uv export --quiet --no-dev --group build --no-emit-project --no-header -o requirements/run.txt
	$(BIN)/uv export --quiet --no-emit-project --no-header -o requirements/dev.txt

clean:
	rm -rf $(VENV) runs

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
