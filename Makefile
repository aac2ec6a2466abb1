# Two commands matter: `make app` and `make test`. Each does all the set-up it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
PEERS := .venv-peers
PEERS_INSTALLED := $(PEERS)/.installed

.PHONY: app build test lint bench bench-peers fuzz train clean

app: $(INSTALLED)
	$(BIN)/python app.py

build: $(INSTALLED)
	$(BIN)/qa build seeds

# Those that train or time take both cores for themselves; the rest go two files at a time.
test: $(INSTALLED)
	$(BIN)/pytest --numprocesses 2 --dist loadfile -m 'not alone'
	$(BIN)/pytest -m alone

# Dependencies twice: all code with all extras, then the package with those of its users.
lint: $(INSTALLED)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/deptry --no-ansi .
	$(BIN)/deptry --no-ansi . --extend-exclude 'training|benchmarks|tests' \
		--optional-dependencies-dev-groups train,fuzz,test

bench: $(INSTALLED)
	$(BIN)/python -m benchmarks

# Changes files of every format until a loader trips; what it finds is kept in tests/corpus.
fuzz: $(INSTALLED)
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[fuzz]'
	$(BIN)/python tests/fuzz.py

# Beside other systems, over seeds/ and, with DATA as below, over SQuAD; SAMPLE=20 for a try.
bench-peers: $(INSTALLED) $(PEERS_INSTALLED)
	$(BIN)/python -m benchmarks.peers $(DATA) $(if $(SAMPLE),--sample $(SAMPLE))

# DATA is a folder of labelled questions (*.jsonl.gz), TEXT a file of plain text
# (.jsonl.gz, {"paragraphs": [...]} a line), BEFORE, which may be left out, a checkpoint of
# another reader, to learn from whether there is an answer; a run that was cut off goes on.
train: $(INSTALLED)
	@test -n "$(DATA)" -a -n "$(TEXT)" || { \
		echo 'name the data: make train DATA=folder TEXT=file'; exit 2; }
	$(BIN)/python -m training.recipe $(DATA) $(TEXT) $(if $(BEFORE),--null-teacher $(BEFORE))

clean:
	rm -rf $(VENV) $(PEERS) build

# Installed last and touched at the end: an interrupted set-up is done again.
$(INSTALLED): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Verbatim needs Python 3.11 or newer; name one: make PYTHON=python3.12"; exit 2; }
	@echo "Setting up $(VENV): a minute or two, once."
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[test,train]'
	@touch $@

# PyTorch first, by itself: resolved beside the others, pip may want its CUDA build.
$(PEERS_INSTALLED): benchmarks/peers/requirements.txt benchmarks/peers/constraints.txt
	@echo "Setting up $(PEERS), the other systems: some minutes, once."
	$(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/pip install --quiet torch==2.13.0
	$(PEERS)/bin/pip install --quiet --constraint benchmarks/peers/constraints.txt \
		--requirement benchmarks/peers/requirements.txt
	@touch $@
