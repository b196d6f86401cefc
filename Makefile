# kdecay: a reproducibility package for k-Decay learning-rate schedules.
#
# Knobs, as `make NAME=value TARGET`:
#
#   DATA=DIR       the folder that holds cifar-10-batches-bin/ and cifar-100-binary/
#   THREADS=N      threads of a training run; changes no bit of its results
#   EXP=FILE       the experiment file of `make run`
#   SEED=N         the seed of `make run`
#   AUDIT_RUNS=N   runs whose first steps `make audit` trains again where DATA has the pictures,
#   AUDIT_SEED=N   drawn by this seed, to be chosen by the auditor,
#   AUDIT_STEPS=N  the number of these steps, 2 to 100
#   CC, CFLAGS     compiler and optimisation; a change rebuilds what depends on it
#   V=1            show every command
#
DATA    ?= build/data
THREADS ?= $(shell nproc)
SEED    ?= 1
AUDIT_RUNS  ?= 2
AUDIT_SEED  ?= 1
AUDIT_STEPS ?= 3
CC      := $(if $(filter default,$(origin CC)),gcc,$(CC))
CFLAGS  ?= -O3 -g

# A clean tree gives the same bytes on every day.
export SOURCE_DATE_EPOCH := 1586736000
export FORCE_SOURCE_DATE := 1
export LC_ALL := C.UTF-8

.DELETE_ON_ERROR:
.SUFFIXES:
.DEFAULT_GOAL := all
Q := $(if $(V),,@)

# ---- Packages and data -----------------------------------------------------------------------

PACKAGES := gcc libc6-dev libdnnl-dev librandom123-dev libinih-dev libgsl-dev libmd-dev \
            libcmocka-dev libmpfr-dev gnuplot-nox latexmk texlive-latex-recommended lmodern curl ca-certificates

INSTALL = if dpkg-query -W $(1) >/dev/null 2>&1; then echo "all packages are there"; else \
  $(if $(filter 0,$(shell id -u)),,sudo) sh -c 'apt-get update && \
  DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $(1)'; fi

# With `make setup all` everything waits for the packages, on any -j.
SETUP := $(filter setup,$(MAKECMDGOALS))

.PHONY: setup
setup: ## install the Debian packages that all other targets need (as root or through sudo)
	$(Q)$(call INSTALL,$(PACKAGES))

CIFAR_URL := https://www.cs.toronto.edu/~kriz
CIFAR_MD5 := c32a1d4ab5d03f1284b67883e8d87530  cifar-10-binary.tar.gz\n03b5dce01913d631647c71ecec9e9cb8  cifar-100-binary.tar.gz\n

.PHONY: data
data: | $(SETUP) ## download CIFAR-10 and CIFAR-100, check and unpack them into DATA
	$(Q)mkdir -p $(DATA)
	$(Q)cd $(DATA) && for name in cifar-10-binary cifar-100-binary; do \
	  test -f $$name.tar.gz || \
	  { curl -fsSL --retry 2 -o $$name.tar.gz.tmp $(CIFAR_URL)/$$name.tar.gz && \
	    mv $$name.tar.gz.tmp $$name.tar.gz; } || \
	  { rm -f $$name.tar.gz.tmp; echo "make data: $$name.tar.gz cannot be downloaded; unpack it \
	elsewhere and name its folder with DATA=DIR" >&2; exit 1; }; done
	$(Q)cd $(DATA) && printf '$(CIFAR_MD5)' | md5sum -c --quiet
	$(Q)cd $(DATA) && for name in cifar-10-binary cifar-100-binary; do \
	  tar -xzf $$name.tar.gz || exit 1; done

# ---- Program ---------------------------------------------------------------------------------

WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror -Wno-psabi
# No contraction: a fused multiply-add rounds once where two instructions round twice, so that the
# bits would depend on the instruction set.
STRICT   := -std=c11 -fopenmp -ffp-contract=off
COMPILE  := $(CC) $(STRICT) $(CFLAGS) $(WARNINGS)
LIBS     := -ldnnl -linih -lmd -lgsl -lgslcblas -lm

SOURCES := $(wildcard src/*.c)
TESTS   := $(wildcard src/tests/*.c)
OBJECTS := $(SOURCES:src/%.c=build/objects/%.o)
TEST_OBJECTS := $(TESTS:src/tests/%.c=build/objects/tests/%.o)

build/objects/flags: FORCE
	$(Q)mkdir -p $(@D) && echo '$(COMPILE) $(LIBS)' | cmp -s - $@ || \
	  echo '$(COMPILE) $(LIBS)' > $@

build/objects/version.h: FORCE | $(SETUP)
	$(Q)mkdir -p $(@D); version=$$(git describe --always --dirty --abbrev=12 2>/dev/null || \
	  echo unknown); \
	printf '#define KDECAY_VERSION "%s"\n#define KDECAY_COMPILER "%s; %s"\n' "$$version" \
	  "$$($(CC) --version | head -n 1)" '$(STRICT) $(CFLAGS)' > $@.tmp; \
	if cmp -s $@.tmp $@; then rm $@.tmp; else mv $@.tmp $@; fi

build/objects/%.o: src/%.c build/objects/flags | $(SETUP)
	$(Q)mkdir -p $(@D)
	$(Q)$(COMPILE) -Ibuild/objects -Isrc -MMD -MP -c $< -o $@

build/objects/main.o: build/objects/version.h

build/kdecay: $(OBJECTS)
	$(Q)$(COMPILE) $^ $(LIBS) -o $@

build/tests: $(filter-out build/objects/main.o,$(OBJECTS)) $(TEST_OBJECTS)
	$(Q)$(COMPILE) $^ $(LIBS) -lcmocka -lmpfr -o $@

-include $(OBJECTS:.o=.d) $(TEST_OBJECTS:.o=.d)

.PHONY: FORCE
FORCE:

# ---- Runs ------------------------------------------------------------------------------------

TRAIN := build/kdecay train --threads $(THREADS) --data $(DATA)

.PHONY: run
run: build/kdecay ## train EXP with SEED, or go on after a stop; the log goes to results/
	$(Q)$(if $(EXP),,echo "make run: name an experiment, as EXP=experiments/....ini" >&2; exit 1;) \
	  $(TRAIN) $(EXP) --seed $(SEED)

.PHONY: status
status: build/kdecay ## every arm: seeds wanted, present, running, missing, stale; core-hours
	$(Q)build/kdecay status

.PHONY: run-desk
run-desk: build/kdecay ## train all missing desk runs, one after another; stop and start at will
	$(Q)build/kdecay missing desk | while read -r experiment seed; do \
	  $(TRAIN) $$experiment --seed $$seed < /dev/null || exit 1; done

# Trained again on every machine, seconds each; `make audit` compares them with results/smoke.
SMOKE := $(patsubst experiments/%.ini,build/runs/%/seed-1.tsv,$(wildcard experiments/smoke/*/*.ini))

.PHONY: smoke
smoke: $(SMOKE) ## train the smoke experiments on made-up pictures (seconds)

$(SMOKE): build/runs/%/seed-1.tsv: experiments/%.ini build/kdecay
	$(Q)rm -f $@ build/runs/checkpoints/$*/seed-*
	$(Q)build/kdecay train $< --seed 1 --threads $(THREADS) --results build/runs \
	  --checkpoints build/runs/checkpoints

# ---- Tables, figures, paper ------------------------------------------------------------------

LOGS := $(shell find results experiments -type f)

THESIS_TABLES := $(foreach t,table-5-2 table-5-3,$t $t-full $t-desk)
TABLE_FILES := $(foreach t,$(THESIS_TABLES) table-schedules runs,build/tables/$t.csv build/tables/$t.tex) \
               $(foreach t,table-5-2 table-5-3 table-schedules runs,build/tables/$t.txt) build/tables/macros.tex
FIGURES := schedules bases slopes area low-rate training error-k error-area
PLOT_FILES := $(FIGURES:%=build/plots/%.tsv)

$(TABLE_FILES) $(PLOT_FILES) &: build/kdecay $(LOGS)
	$(Q)build/kdecay report --out build

.PHONY: tables
tables: $(TABLE_FILES) ## write all tables to build/tables/ as text, CSV and LaTeX

.PHONY: table-5-2
table-5-2: build/tables/table-5-2.txt ## show table 5-2 of the thesis (CIFAR-10), with the desk-scale runs below it
	$(Q)cat $<

.PHONY: table-5-3
table-5-3: build/tables/table-5-3.txt ## show the second table of the thesis (CIFAR-100), likewise
	$(Q)cat $<

.PHONY: table-schedules
table-schedules: build/tables/table-schedules.txt ## show the desk arms that differ in the schedule alone, at equal mean rate
	$(Q)cat $<

.PHONY: runs
runs: build/tables/runs.txt ## show every run that has a log
	$(Q)cat $<

FIGURE_FILES := $(foreach f,$(FIGURES),build/figures/$f.pdf build/figures/$f.svg)

.PHONY: figures
figures: $(FIGURE_FILES) ## draw all figures to build/figures/ as PDF and SVG

define FIGURE_RULE
build/figures/%.$(1): figures/%.gp figures/style.gp build/plots/%.tsv | $$(SETUP)
	$$(Q)mkdir -p $$(@D)
	$$(Q)gnuplot -e "input='build/plots/$$*.tsv'; output_file='$$@.tmp'; format='$(1)'" $$<
	$$(Q)mv $$@.tmp $$@
endef
$(foreach format,pdf svg,$(eval $(call FIGURE_RULE,$(format))))

.PHONY: paper
paper: build/paper/paper.pdf ## compile the paper to build/paper/paper.pdf

# The lines of C that the paper shows: LaTeX reads them from src/ itself.
build/listings/schedule.tex: src/decay.c src/schedule.c paper/listing.awk
	$(Q)mkdir -p $(@D)
	$(Q)awk -v functions="polynomial cosine" -f paper/listing.awk src/decay.c > $@.tmp
	$(Q)awk -v functions="warped factor_at lr_without_warmup" -f paper/listing.awk src/schedule.c >> $@.tmp
	$(Q)mv $@.tmp $@

build/paper/paper.pdf: $(wildcard paper/*) build/listings/schedule.tex $(FIGURE_FILES) $(TABLE_FILES)
	$(Q)mkdir -p $(@D)
	$(Q)TEXINPUTS=build:paper: BIBINPUTS=paper: latexmk -norc -g -pdf -interaction=nonstopmode \
	  -halt-on-error -outdir=build/paper -cd- paper/paper.tex > build/paper/latexmk.txt 2>&1 || \
	  { tail -n 30 build/paper/latexmk.txt >&2; exit 1; }
	$(Q)if grep -nE 'undefined|has been referenc' build/paper/paper.log >&2; then exit 1; fi

# ---- Checks ----------------------------------------------------------------------------------

.PHONY: test
test: build/tests build/kdecay ## run all tests
	$(Q)build/tests

PARITY := $(filter-out %/common.ini,$(wildcard src/tests/parity/*.ini))

.PHONY: parity
parity: build/kdecay ## compare networks and 50 training steps with PyTorch (installs python3-torch)
	$(Q)$(call INSTALL,python3-torch python3-numpy libopenblas0-pthread)
	$(Q)/usr/bin/python3 src/tests/parity.py build/kdecay build/parity $(PARITY)

.PHONY: audit
audit: build/kdecay $(SMOKE) ## check logs, experiments, regenerated tables, runs made again; fails on any difference
	$(Q)build/kdecay audit --replay build/runs --out build/audit --data $(DATA) --threads $(THREADS) \
	  --runs $(AUDIT_RUNS) --seed $(AUDIT_SEED) --steps $(AUDIT_STEPS)

.PHONY: audit-selftest
audit-selftest: build/kdecay ## forge and damage a copy of results and experiments 1000 times; the audit must notice each
	$(Q)build/kdecay selftest --out build/selftest

.PHONY: keep
keep: build/kdecay ## after new logs or experiments: keep the digests of sources and tables that the audit expects
	$(Q)build/kdecay keep --out build/audit

.PHONY: format
format: ## format the sources (clang-format)
	$(Q)clang-format -i src/*.[ch] src/tests/*.[ch]

# ---- Everything ------------------------------------------------------------------------------

.PHONY: all
all: build/kdecay smoke tables figures paper ## program, smoke run, tables, figures and paper

.PHONY: clean
clean: ## remove all that was generated, but for downloaded data and checkpoints
	$(Q)find build -mindepth 1 -maxdepth 1 ! -name data ! -name checkpoints -exec rm -rf {} +

.PHONY: help
help: ## this list
	$(Q)awk -F ':.*## ' '/^[a-z][a-z0-9-]*:.*## / {printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	$(Q)echo "  Knobs: DATA=$(DATA) THREADS=$(THREADS) SEED=$(SEED) EXP= AUDIT_RUNS=$(AUDIT_RUNS) AUDIT_SEED=$(AUDIT_SEED) AUDIT_STEPS=$(AUDIT_STEPS) CC=$(CC) CFLAGS='$(CFLAGS)' V="
