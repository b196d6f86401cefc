# kdecay: a reproducibility package for k-Decay learning-rate schedules.
#
# Knobs, as `make NAME=value TARGET`:
#
#   DATA=DIR       the folder that holds cifar-10-batches-bin/ and cifar-100-binary/
#   THREADS=N      threads of a training run; they change no bit of its results
#   CHECKPOINT_MINUTES=X
#                  a run writes a checkpoint when the last one is X minutes old, and after every epoch
#   EXP=FILE       the experiment file of `make run`
#   EXP=FILE|FOLDER
#                  the experiments that `make run-desk` and `make submit` take; without it, all
#   SEED=N         the seed of `make run`
#   EFFECT=POINTS  the difference in test error that `make power` asks for
#   MPI=1          build with Open MPI, for runs in several processes and on several machines
#   RANKS=N        with MPI=1, the number of processes (ranks) of a run; they change no bit
#   MPIRUN=COMMAND the command that starts the ranks, for instance "mpirun --hostfile FILE"
#   SCALE=full|desk|smoke
#                  the scale that `make submit` takes; without it, all
#   DRY_RUN=1      `make submit` shows its commands and submits nothing
#   CPUS=N         threads of each rank of a run in Slurm
#   SAFETY=X       a time limit in Slurm is X times the predicted time,
#   HOURS=N        and at most N hours; a longer run resumes from its checkpoint
#   AT_ONCE=N      at most N tasks of a Slurm array run at the same time
#   AFTER=TARGETS  the targets that a last Slurm job makes from the new logs; empty: no such job
#   SBATCH_OPTIONS=WORDS
#                  more options for sbatch, for instance --partition=NAME --constraint=CPU --account=NAME
#   FROM=DIR       the folder of logs that `make collect` reads
#   FUZZ_SECONDS=N the time that `make fuzz` spends on each kind of file
#   ID=VALUE-ID    the number that `make trace` traces; build/tables/*.sources.tsv list all ids
#   BENCH_NETWORKS=NAMES
#                  the networks that `make bench` measures
#   BENCH_ROUNDS=N, BENCH_SECONDS=N
#                  rounds of measurements, and seconds of each measurement
#   BENCH_SET=SECTION.KEY=VALUE
#                  a key that `make bench` changes in the experiments
#   BENCH_TORCH=found|install|no
#                  compare with PyTorch if it is installed; install it first; do not compare
#   BENCH_PYTHON=PROGRAM
#                  the Python whose PyTorch `make bench` measures; without it, the one among
#                  those in PATH that has the newest PyTorch
#   RANKS_STEPS=N  `make bench-ranks` takes the median of N steps; with MPI=1 it also measures
#                  2 and 4 ranks, which MPIRUN starts
#   AUDIT_RUNS=N   the number of runs whose first steps `make audit` trains again, if DATA has the images
#   AUDIT_SEED=N   the seed that draws these runs; the auditor chooses it
#   AUDIT_STEPS=N  the number of these steps, 2 to 100
#   SYSTEMS=NAMES  the releases of Debian that `make test-systems` tries
#   CHROMIUM=PROGRAM
#                  the browser of `make test-page`
#   CC, CFLAGS     compiler and optimisation; a change rebuilds what depends on it
#   OUT=DIR        the folder of objects and program; use another one for another compiler
#   V=1            show every command
#
DATA    ?= build/data
RANKS   ?= 1
THREADS ?= $(shell echo $$(($$(nproc) / $(RANKS) + !($$(nproc) / $(RANKS)))))
CHECKPOINT_MINUTES ?= 10
SEED    ?= 1
CPUS    ?= 8
SAFETY  ?= 2
HOURS   ?= 24
AFTER   ?= tables figures paper
FUZZ_SECONDS ?= 30
AUDIT_RUNS  ?= 2
AUDIT_SEED  ?= 1
AUDIT_STEPS ?= 3
SYSTEMS     ?= trixie bookworm
CC      := $(if $(filter default,$(origin CC)),gcc,$(CC))
CFLAGS  ?= -O3 -g
OUT     := build

# Figures and paper carry this date, so that they have the same bytes on every day.
export SOURCE_DATE_EPOCH := 1586736000
export FORCE_SOURCE_DATE := 1
export LC_ALL := C.UTF-8

.DELETE_ON_ERROR:
.SUFFIXES:
.DEFAULT_GOAL := all
Q := $(if $(V),,@)

# ---- Packages and data -----------------------------------------------------------------------

# The names are those of Debian 12 and 13 alike.
PACKAGES := gcc libc6-dev libdnnl-dev librandom123-dev libinih-dev libgsl-dev nettle-dev \
            libcmocka-dev libmpfr-dev gnuplot-nox faketime latexmk texlive-latex-recommended texlive-pictures lmodern \
            latex-cjk-chinese latex-cjk-chinese-arphic-gbsn00lp poppler-utils curl ca-certificates \
            $(if $(MPI),openmpi-bin libopenmpi-dev)

# dpkg also knows packages that are not installed, and says so.
INSTALL = if dpkg-query -W -f '$${db:Status-Status}\n' $(1) 2>&1 | grep -qvx installed; then \
  $(if $(filter 0,$(shell id -u)),,sudo) sh -c 'apt-get update && \
  DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $(1)'; \
  else echo "all packages are installed"; fi

# `make setup all` installs the packages before it does anything else, on any -j.
SETUP := $(filter setup,$(MAKECMDGOALS))

.PHONY: setup
setup: ## install the Debian packages that all other targets need (as root or with sudo)
	$(Q)$(call INSTALL,$(PACKAGES))

CIFAR_URL := https://www.cs.toronto.edu/~kriz
CIFAR_MD5 := c32a1d4ab5d03f1284b67883e8d87530  cifar-10-binary.tar.gz\n03b5dce01913d631647c71ecec9e9cb8  cifar-100-binary.tar.gz\n

.PHONY: data
data: | $(SETUP) ## download CIFAR-10 and CIFAR-100, check them, and unpack them into DATA
	$(Q)mkdir -p $(DATA)
	$(Q)cd $(DATA) && for name in cifar-10-binary cifar-100-binary; do \
	  test -f $$name.tar.gz || \
	  { curl -fsSL --retry 2 -o $$name.tar.gz.tmp $(CIFAR_URL)/$$name.tar.gz && \
	    mv $$name.tar.gz.tmp $$name.tar.gz; } || \
	  { rm -f $$name.tar.gz.tmp; echo "make data: $$name.tar.gz cannot be downloaded; unpack it \
	elsewhere and name its folder: DATA=DIR" >&2; exit 1; }; done
	$(Q)cd $(DATA) && printf '$(CIFAR_MD5)' | md5sum -c --quiet
	$(Q)cd $(DATA) && for name in cifar-10-binary cifar-100-binary; do \
	  tar -xzf $$name.tar.gz || exit 1; done

# ---- Program ---------------------------------------------------------------------------------

WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror -Wno-psabi
# No contraction: a fused multiply-add rounds once where two instructions round twice, so that the
# bits would depend on the instruction set.
STRICT   := -std=c11 -fopenmp -ffp-contract=off
COMPILE  := $(CC) $(STRICT) $(CFLAGS) $(WARNINGS)
LIBS      = -ldnnl -l:libstdc++.so.6 -linih -lnettle -lgsl -lgslcblas -lm $(MPI_LIBS)

# Only ranks_mpi.c, which replaces ranks_alone.c, includes the header of MPI. mpicc is called when a
# rule needs it, after `make setup MPI=1 all` has installed it.
MPI_LIBS     = $(if $(MPI),$(shell mpicc --showme:link))
MPI_INCLUDES = $(patsubst -I%,-isystem %,$(shell mpicc --showme:compile))

SOURCES := $(filter-out $(if $(MPI),src/network/ranks_alone.c,src/network/ranks_mpi.c), \
             $(filter-out src/tests/% src/bench/synthetic_logs.c,$(wildcard src/*.c src/*/*.c)))
TESTS   := $(filter-out src/tests/faults.c src/tests/fuzz/%,$(wildcard src/tests/*.c src/tests/*/*.c))
OBJECTS := $(SOURCES:src/%.c=$(OUT)/objects/%.o)
TEST_OBJECTS := $(TESTS:src/tests/%.c=$(OUT)/objects/tests/%.o)

$(OUT)/objects/flags: FORCE | $(SETUP)
	$(Q)mkdir -p $(@D) && echo '$(COMPILE) $(LIBS)' | cmp -s - $@ || \
	  echo '$(COMPILE) $(LIBS)' > $@

$(OUT)/objects/version.h: FORCE | $(SETUP)
	$(Q)mkdir -p $(@D); version=$$(git describe --always --dirty --abbrev=12 2>/dev/null || \
	  echo unknown); \
	printf '#define KDECAY_VERSION "%s"\n#define KDECAY_COMPILER "%s; %s"\n' "$$version" \
	  "$$($(CC) --version | head -n 1)" '$(STRICT) $(CFLAGS)' > $@.tmp; \
	if cmp -s $@.tmp $@; then rm $@.tmp; else mv $@.tmp $@; fi

$(OUT)/objects/%.o: src/%.c $(OUT)/objects/flags | $(SETUP)
	$(Q)mkdir -p $(@D)
	$(Q)$(COMPILE) $(INCLUDES) -I$(OUT)/objects -Isrc -MMD -MP -c $< -o $@

$(OUT)/objects/main.o: $(OUT)/objects/version.h

$(OUT)/objects/network/ranks_mpi.o: INCLUDES = $(MPI_INCLUDES)

$(OUT)/kdecay: $(OBJECTS)
	$(Q)$(COMPILE) $^ $(LIBS) -o $@

# test_reads.c counts the calls of log_read().
$(OUT)/tests: $(filter-out $(OUT)/objects/main.o,$(OBJECTS)) $(TEST_OBJECTS)
	$(Q)$(COMPILE) $^ $(LIBS) -lcmocka -lmpfr -Wl,--wrap=log_read -o $@

# Programs for the benchmarks. They stand in build/ beside the program that they measure.
build/synthetic_logs: build/objects/bench/synthetic_logs.o $(filter-out build/objects/main.o,$(OBJECTS))
	$(Q)$(COMPILE) $^ $(LIBS) -o $@

-include $(OBJECTS:.o=.d) $(TEST_OBJECTS:.o=.d) build/objects/bench/synthetic_logs.d

.PHONY: FORCE
FORCE:

# ---- Runs ------------------------------------------------------------------------------------

TRAIN := build/kdecay train --threads $(THREADS) --data $(DATA) --checkpoint-minutes $(CHECKPOINT_MINUTES)

# No thread is bound to a core: mpirun may bind all threads of a rank to one core. When mpirun passes
# a signal on, the ranks have 10 seconds to end a step and save.
MPIRUN ?= mpirun $(if $(filter 0,$(shell id -u)),--allow-run-as-root)
START  := $(if $(MPI),$(MPIRUN) -n $(RANKS) --bind-to none --mca odls_base_sigkill_timeout 10)

.PHONY: run
run: build/kdecay ## train EXP with SEED, or resume it after a stop; the log goes to results/
	$(Q)$(if $(EXP),,echo "make run: name an experiment file: EXP=experiments/....ini" >&2; exit 1;) \
	  $(if $(filter-out 1,$(RANKS)),$(if $(MPI),,echo "make run: RANKS needs MPI=1" >&2; exit 1;)) \
	  $(START) $(TRAIN) $(EXP) --seed $(SEED)

.PHONY: status
status: build/kdecay ## show every arm: seeds wanted, present, running, queued, missing, stale; core-hours
	$(Q)$(QUEUE); build/kdecay status $$queue

.PHONY: power
power: build/kdecay ## show what each comparison can conclude: least p, pairs needed, pairs for EFFECT points
	$(Q)build/kdecay power $(if $(EXP),'$(EXP)') $(if $(EFFECT),--effect $(EFFECT))

.PHONY: watch
watch: build/kdecay ## follow running and queued runs until Ctrl-C: progress, loss, error, time left
	$(Q)$(QUEUE); build/kdecay watch $$queue

.PHONY: run-desk
run-desk: build/kdecay ## train all missing desk runs, or those of EXP, one after another; stop and start at will
	$(Q)runs=$$(build/kdecay missing $(if $(EXP),'$(EXP)') --scale desk) || exit 1; \
	  echo "$$runs" | while read -r experiment seed && [ "$$seed" ]; do \
	  $(TRAIN) $$experiment --seed $$seed < /dev/null || exit 1; done

# The protocol's order: no control is trained before the primary arms are complete.
.PHONY: run-confirmation
run-confirmation: build/kdecay ## train the missing runs of experiments/confirmation, in the order of its protocol
	$(Q)$(MAKE) run-desk EXP=experiments/confirmation/primary
	$(Q)$(MAKE) run-desk EXP=experiments/confirmation/controls

# What experiments/weight-search/PROTOCOL.md says: seeds 7 to 14, eight draws of rows per layer. Random
# search takes four of them for each seed; halving decides by its own runs.
SEARCH := experiments/weight-search

.PHONY: search-random
search-random: build/kdecay ## train the missing runs of random search in experiments/weight-search; stop and start at will
	$(Q)for seed in 7 8 9 10 11 12 13 14; do for i in 0 1 2 3; do \
	  $(TRAIN) $(SEARCH)/draws/e10/r$$((1 + (seed - 7 + i) % 8)).ini --seed $$seed || exit 1; done; done

.PHONY: search-halving
search-halving: build/kdecay ## the same for successive halving: 8 draws of 1 epoch, 4 of 3 epochs, 2 of 10 epochs
	$(Q)for seed in 7 8 9 10 11 12 13 14; do \
	  src/cluster/halving.sh $(SEARCH)/draws results $$seed $(TRAIN) || exit 1; done

# ---- Slurm -----------------------------------------------------------------------------------

# The option of `kdecay status` that names what squeue printed; empty where there is no Slurm.
QUEUE = queue=; if command -v squeue > /dev/null; then mkdir -p build/slurm; \
  if src/cluster/queue.sh build/slurm > build/slurm/queue 2> /dev/null; then queue='--queue build/slurm/queue'; \
  else echo "make $@: Slurm does not answer; queued and running tasks are unknown" >&2; fi; fi

quoted = '$(subst ','\'',$(1))'
SUBMIT = $(foreach v,EXP SCALE DATA CPUS RANKS SAFETY HOURS AT_ONCE AFTER CHECKPOINT_MINUTES SBATCH_OPTIONS,$v=$(call quoted,$($v)))

.PHONY: submit
submit: build/kdecay ## submit the missing runs of EXP (file or folder) and SCALE to Slurm; DRY_RUN=1 only shows the commands
	$(Q)$(SUBMIT) DRY_RUN=$(DRY_RUN) src/cluster/submit.sh build/kdecay build/slurm

.PHONY: submit-dry-run
submit-dry-run: build/kdecay ## show the commands of make submit, and submit nothing
	$(Q)$(SUBMIT) DRY_RUN=1 src/cluster/submit.sh build/kdecay build/slurm

.PHONY: collect
collect: build/kdecay ## copy the finished logs that are below FROM, a copy of another results/, and not yet here
	$(Q)$(if $(FROM),,echo "make collect: name a folder of logs: FROM=DIR" >&2; exit 1;) \
	  build/kdecay collect $(call quoted,$(FROM))

.PHONY: cost
cost: build/kdecay ## show the core-hours of each row of the thesis's tables, and its folder for make submit
	$(Q)build/kdecay cost

# Slurm's PMIx opens the libpmix.so that is in the -dev package.
.PHONY: test-cluster
test-cluster: build/kdecay ## start a Slurm of one node, disturb a campaign in it, compare its logs (root; minutes)
	$(Q)$(call INSTALL,munge slurmctld slurmd slurm-client $(if $(MPI),libopenmpi-dev libpmix-dev))
	$(Q)src/tests/cluster.sh build/kdecay build/cluster

# ---- Smoke runs ------------------------------------------------------------------------------

# Every machine trains these runs again, in seconds; `make audit` compares them with results/smoke. A
# machine that cannot train one (status 3: it has no bf16) leaves it out, and the audit says so.
SMOKE := $(patsubst experiments/%.ini,build/runs/%/seed-1.tsv,$(wildcard experiments/smoke/*/*.ini))

.PHONY: smoke
smoke: $(SMOKE) ## train the smoke experiments on synthetic images (seconds)

$(SMOKE): build/runs/%/seed-1.tsv: experiments/%.ini $(wildcard experiments/families/*.ini) build/kdecay
	$(Q)rm -f $@ build/runs/checkpoints/$*/seed-*
	$(Q)build/kdecay train $< --seed 1 --threads $(THREADS) --results build/runs \
	  --checkpoints build/runs/checkpoints || test $$? -eq 3

# ---- Tables, figures, paper ------------------------------------------------------------------

# File times say nothing: all files of a fresh clone have nearly the same time. So the report is always
# made, and it leaves a file alone whose bytes would not change. Figures and paper depend on a file of
# the digests of all that they are drawn from; that file is rewritten when a digest changes.
DIGESTS = mkdir -p $(@D); sha256sum $(filter-out FORCE,$^) > $@.tmp; $(KEEP_OLD)
KEEP_OLD = if cmp -s $@.tmp $@; then rm $@.tmp; else mv $@.tmp $@; fi

THESIS_TABLES := $(foreach t,table-5-2 table-5-3,$t $t-full $t-desk)
VARIANT_TABLES := table-schedules table-precision table-campaign table-weight-net table-pad-net \
                  table-exploratory table-confirmation table-confirmation-exploratory table-weight-search
# Tables whose numbers the paper's text cites by their value ids.
CITED_TABLES := $(filter-out table-schedules,$(VARIANT_TABLES)) claims-numbers
TABLE_FILES := $(foreach t,$(THESIS_TABLES) $(VARIANT_TABLES) claims claims-numbers numbers runs scaling,\
                 $(foreach e,csv tex sources.tsv,build/tables/$t.$e)) \
               $(foreach t,table-5-2 table-5-3 $(VARIANT_TABLES) claims claims-weight-net claims-pad-net \
                 runs scaling,build/tables/$t.txt) \
               $(foreach e,txt tex,build/tables/environments.$e) build/tables/macros.tex build/tables/number-macros.tex \
               build/tables/confirmation-macros.tex build/tables/weight-search-macros.tex \
               build/tables/claims-states.tex $(CITED_TABLES:%=build/tables/%.values.tex) \
               build/tables/arms.tsv build/tables/bases.tsv
FIGURES := thesis-cells schedules bases slopes area low-rate over-k curves budget differences rate-map \
           error-parameters border-maps border-filters scaling confirmation
PLOT_FILES := $(FIGURES:%=build/plots/%.tsv)

$(TABLE_FILES) $(PLOT_FILES) &: build/kdecay FORCE
	$(Q)build/kdecay report --out build

.PHONY: tables
tables: $(TABLE_FILES) ## write all tables to build/tables/ as text, CSV and LaTeX

SHOWN_TABLES := table-claims table-5-2 table-5-3 table-schedules table-precision table-campaign table-weight-net table-pad-net table-exploratory table-confirmation table-weight-search
.PHONY: $(SHOWN_TABLES)
table-5-2: ## show table 5-2 of the thesis (CIFAR-10), and the desk runs below it
table-5-3: ## show the second table of the thesis (CIFAR-100), and the desk runs below it
table-schedules: ## compare desk arms that differ only in the schedule, at equal mean rate
table-precision: ## compare desk arms that differ only in the precision of the feature maps
table-campaign: ## show error against k after 30 epochs, CIFAR-10 and CIFAR-100
table-weight-net: ## show Weight Net: parameters, extra computation, error, claims
table-pad-net: ## show Pad Net: paddings, their parameters and computation, error, claims
table-exploratory: ## show these comparisons by max-T, pooled variance, leave-one-out, equivalence, test loss
table-confirmation: ## show the registered confirmation of k = 3: how many runs, and its verdicts once they are all there
table-weight-search: ## show the registered search of Weight Net and its rivals: results, verdicts once all are there
table-claims: build/tables/claims.txt ## show each claim, the verdict of each kind of evidence, and the numbers behind it
$(filter-out table-claims,$(SHOWN_TABLES)): table-%: build/tables/table-%.txt
table-weight-net: build/tables/claims-weight-net.txt
table-pad-net: build/tables/claims-pad-net.txt
table-confirmation: build/tables/table-confirmation-exploratory.txt
$(SHOWN_TABLES):
	$(Q)cat $^

.PHONY: trace
trace: $(TABLE_FILES) ## show the lines of logs that the number with the value id ID came from
	$(Q)build/kdecay trace '$(ID)'

.PHONY: runs
runs: build/tables/runs.txt ## show every run that has a log
	$(Q)cat $<

FIGURE_FILES := $(foreach f,$(FIGURES),build/figures/$f.pdf build/figures/$f.svg)

.PHONY: figures
figures: $(FIGURE_FILES) ## draw all figures to build/figures/ as PDF and SVG

# The README files show copies, which make test compares with results/drawn.sha256.
README_FIGURES := $(sort $(shell sed -n 's|.*](.*figures/\(.*\)\.svg).*|\1|p' $(wildcard README.md */README.md) /dev/null))

.PHONY: readme-figures
readme-figures: $(README_FIGURES:%=build/figures/%.svg) ## copy the figures that the README files show to figures/
	$(Q)cp $^ figures/

# The system and the versions on which the bytes of figures and paper depend.
DRAWING := gnuplot-nox libcairo2 libpango-1.0-0 libpangocairo-1.0-0 libharfbuzz0b libfreetype6 \
           libfontconfig1 fonts-lmodern lmodern zlib1g latexmk texlive-binaries texlive-base \
           texlive-latex-base texlive-latex-recommended texlive-pictures latex-cjk-common latex-cjk-chinese \
           latex-cjk-chinese-arphic-gbsn00lp poppler-utils

build/inputs/packages: FORCE | $(SETUP)
	$(Q)mkdir -p $(@D); . /etc/os-release; { echo "# $$ID $$VERSION_ID"; \
	  dpkg-query -W -f '# $${Package} $${Version}\n' $(DRAWING) 2> /dev/null; } > $@.tmp; $(KEEP_OLD)

$(FIGURES:%=build/inputs/%): build/inputs/%: figures/%.gp figures/style.gp build/plots/%.tsv \
                             build/inputs/packages FORCE
	$(Q)$(DIGESTS)

# Cairo writes the time of day into a PDF, so gnuplot gets another clock.
DRAWN_AT := $(shell date -u -d @$(SOURCE_DATE_EPOCH) '+%Y-%m-%d %H:%M:%S')

define FIGURE_RULE
build/figures/%.$(1): build/inputs/%
	$$(Q)mkdir -p $$(@D)
	$$(Q)TZ=UTC0 faketime -f '$(DRAWN_AT)' gnuplot -e "input='build/plots/$$*.tsv'; output_file='$$@.tmp'; format='$(1)'" figures/$$*.gp
	$$(Q)mv $$@.tmp $$@
endef
$(foreach format,pdf svg,$(eval $(call FIGURE_RULE,$(format))))

.PHONY: paper
paper: build/paper/paper.pdf ## compile the paper to build/paper/paper.pdf

# The C files whose functions the paper shows; it reads the lines from src/.
LISTED := $(sort $(shell sed -n 's/^\\listing{\([^}]*\)}.*/\1/p' paper/supplement.tex))

# Tables that the paper prints without the rows that no run fills yet.
FILLED := $(VARIANT_TABLES) $(filter %-full %-desk,$(THESIS_TABLES))

build/inputs/paper: $(wildcard paper/*) $(LISTED) $(FIGURES:%=build/figures/%.pdf) \
                    $(filter %.tex,$(TABLE_FILES)) build/inputs/packages FORCE
	$(Q)$(DIGESTS)

# LaTeX starts in an empty folder, so nothing depends on an earlier build. Three of its warnings are
# errors here: references without a target, citations without a target, lines more than 5 pt too long.
build/paper/paper.pdf: build/inputs/paper
	$(Q)rm -rf $(@D) && mkdir -p $(@D)
	$(Q)awk -f paper/listing.awk paper/supplement.tex $(LISTED) > build/paper/listings.tex
	$(Q)mkdir build/paper/filled && for table in $(FILLED); do \
	  awk -f paper/filled.awk build/tables/$$table.tex > build/paper/filled/$$table.tex; done
	$(Q)find build/paper/filled -empty -name '*.tex' -delete
	$(Q)TEXINPUTS=build:build/paper:paper: BIBINPUTS=paper: latexmk -norc -pdf -cd- \
	  -latexoption=-no-shell-escape -interaction=nonstopmode -halt-on-error -outdir=build/paper \
	  paper/paper.tex > build/paper/latexmk.txt 2>&1 || \
	  { tail -n 30 build/paper/latexmk.txt >&2; exit 1; }
	$(Q)if grep -nE 'undefined|has been referenc|multiply.defined' build/paper/paper.log >&2 || \
	  grep -n '^Warning--' build/paper/paper.blg >&2; then exit 1; fi
	$(Q)awk '/^Overfull/ && substr($$3, 2) + 0 > 5 {print FILENAME ":" FNR ": " $$0; bad = 1} \
	  END {exit bad}' build/paper/paper.log >&2

# ---- The page --------------------------------------------------------------------------------

# Static files. Only these targets need node and npm, and the page is made without npm, too.
# src/page/package-lock.json pins the library with its digest.
PAGE_PACKAGES := build/page-packages
CHROMIUM ?= chromium
UPLOT := $(PAGE_PACKAGES)/node_modules/uplot
NPM_CI = mkdir -p $(PAGE_PACKAGES) && cp src/page/package.json src/page/package-lock.json src/page/.npmrc $(PAGE_PACKAGES)/ && \
  (cd $(PAGE_PACKAGES) && npm ci --ignore-scripts --fetch-retries=0 $(1) > npm.txt 2>&1)

NEED_NODE = command -v node > /dev/null || \
  { echo "make $@: node is not installed; run make page-packages or apt-get install nodejs" >&2; exit 1; }

.PHONY: page-packages
page-packages: ## install the library for plots of make page, from npm, into build/
	$(Q)for tool in node npm; do command -v $$tool > /dev/null || missing=1; done; \
	  if [ "$$missing" ]; then $(call INSTALL,nodejs npm); fi
	$(Q)$(call NPM_CI,--omit=dev) || { tail -n 5 $(PAGE_PACKAGES)/npm.txt >&2; exit 1; }

PAGE_SOURCES := $(TABLE_FILES) $(FIGURES:%=build/figures/%.svg)

.PHONY: page
page: build/kdecay $(PAGE_SOURCES) ## make build/page/index.html: the results as static pages to browse (needs node)
	$(Q)$(NEED_NODE)
	$(Q)cmp -s src/page/package-lock.json $(PAGE_PACKAGES)/package-lock.json && test -d $(UPLOT) || \
	  ! command -v npm > /dev/null || $(call NPM_CI,--omit=dev) || \
	  { rm -rf $(UPLOT); echo "make page: the library for plots cannot be installed; the pages show the paper's figures instead" >&2; }
	$(Q)node src/page/page.mjs build/kdecay $(UPLOT) build/page.tmp
	$(Q)rm -rf build/page && mv build/page.tmp build/page && echo build/page/index.html

.PHONY: check-page
check-page: ## compare the data below build/page with the kept digests (make audit compares them made anew)
	$(Q)cd build/page && sha256sum --check --quiet ../../results/page.sha256

.PHONY: test-page
test-page: page ## test the pages in a headless Chromium (installs it): links, numbers, plots, accessibility
	$(Q)command -v $(CHROMIUM) > /dev/null || { $(call INSTALL,chromium fonts-dejavu-core); }
	$(Q)test -d $(PAGE_PACKAGES)/node_modules/axe-core || $(call NPM_CI) || \
	  { tail -n 5 $(PAGE_PACKAGES)/npm.txt >&2; exit 1; }
	$(Q)node src/page/test_decay.mjs build/kdecay build/tables/bases.tsv
	$(Q)node src/page/page.mjs build/kdecay build/page-test/no-library build/page-test/without > /dev/null
	$(Q)CHROMIUM=$$(command -v $(CHROMIUM)) node src/page/test.mjs build/page $(PAGE_PACKAGES) build/kdecay build/page-test build/page-test/without

# ---- Checks ----------------------------------------------------------------------------------

.PHONY: test
test: build/tests build/kdecay ## run all tests
	$(Q)sh src/tests/arrows.sh src
	$(Q)sh src/tests/readme.sh build/kdecay build/scratch/readme
	$(Q)sh src/tests/setup.sh build/scratch/setup
	$(Q)bash src/tests/halving.sh build/kdecay build/scratch/halving
	$(Q)build/tests

.PHONY: check-builds
check-builds: build/kdecay ## build figures and paper in copies: the bytes must be equal, and nothing may be built twice
	$(Q)src/tests/builds.sh build/kdecay build/builds

build/faults.so: src/tests/faults.c
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -std=c11 -O1 $(WARNINGS) -fPIC -shared $< -o $@

.PHONY: test-faults
test-faults: build/kdecay build/faults.so ## train with failing memory, a full disk and damaged files (minutes)
	$(Q)bash src/tests/faults.sh build/kdecay build/faults.so build/scratch/faults

.PHONY: test-determinism
test-determinism: build/kdecay ## train with other threads, kills, compilers and sanitizers; the digests must be equal (half an hour)
	$(Q)$(call INSTALL,clang libomp-dev libclang-rt-dev valgrind)
	$(Q)bash src/tests/determinism.sh build/matrix

# With MPI=1, the folder of the program without MPI.
ALONE := build$(if $(MPI),/alone)

.PHONY: test-mpi
test-mpi: ## train on 1, 2 and 4 ranks, with stops and kills; the digests must be equal (minutes; installs Open MPI)
	$(Q)$(call INSTALL,openmpi-bin libopenmpi-dev)
	$(Q)$(MAKE) --no-print-directory MPI= OUT=$(ALONE) $(ALONE)/kdecay
	$(Q)$(MAKE) --no-print-directory MPI=1 OUT=build/mpi build/mpi/kdecay
	$(Q)bash src/tests/mpi.sh $(ALONE)/kdecay build/mpi/kdecay build/scratch/mpi '$(MPIRUN)'

.PHONY: test-systems
test-systems: ## try the README's two commands and the audit in a fresh Debian of each of SYSTEMS (root; an hour)
	$(Q)bash src/tests/systems.sh build/systems $(SYSTEMS)

# libFuzzer needs clang. It writes an input that fails to build/fuzz/NAME-crash-...; `build/fuzz/fuzz_NAME
# FILE` repeats the failure.
FUZZERS := $(patsubst src/tests/fuzz/fuzz_%.c,%,$(wildcard src/tests/fuzz/fuzz_*.c))
FUZZ_COMPILE := clang $(STRICT) -O1 -g $(WARNINGS) -fsanitize=address,undefined \
  -fno-sanitize-recover=all -Isrc -Isrc/tests/fuzz

.PHONY: fuzz-packages
fuzz-packages:
	$(Q)$(call INSTALL,clang libomp-dev libclang-rt-dev)

build/fuzz/readers.a: $(SOURCES) $(wildcard src/*.h src/*/*.h) | fuzz-packages
	$(Q)mkdir -p $(@D)/objects && rm -f $@
	$(Q)for source in $(filter-out src/main.c,$(SOURCES)); do $(FUZZ_COMPILE) -fsanitize=fuzzer-no-link \
	  -c $$source -o $(@D)/objects/$$(basename $$source .c).o || exit 1; done
	$(Q)ar rc $@ $(@D)/objects/*.o

build/fuzz/fuzz_%: src/tests/fuzz/fuzz_%.c src/tests/fuzz/file.c build/fuzz/readers.a
	$(Q)$(FUZZ_COMPILE) -fsanitize=fuzzer $^ $(LIBS) -o $@

build/fuzz/corpus: src/tests/fuzz/corpus.c build/fuzz/readers.a
	$(Q)$(FUZZ_COMPILE) -fsanitize=fuzzer-no-link $^ $(LIBS) -o $@

.PHONY: fuzz
fuzz: build/fuzz/corpus $(FUZZERS:%=build/fuzz/fuzz_%) ## feed damaged files to every reader, for FUZZ_SECONDS each
	$(Q)build/fuzz/corpus build/fuzz/seeds
	$(Q)mkdir -p $(FUZZERS:%=build/fuzz/seeds/%) $(FUZZERS:%=build/fuzz/found/%)
	$(Q)for log in $$(find results -name 'seed-*.tsv'); do \
	  cp $$log build/fuzz/seeds/log/$$(echo $$log | tr / -); \
	  sed -n 's/^# experiment: //p' $$log > build/fuzz/seeds/config/$$(echo $$log | tr / -); done
	$(Q)cp experiments/families/*.ini build/fuzz/seeds/config
	$(Q)cp results/published/*.tsv build/fuzz/seeds/published
	$(Q)for name in $(FUZZERS); do build/fuzz/fuzz_$$name -max_total_time=$(FUZZ_SECONDS) -verbosity=0 \
	  -print_final_stats=1 -artifact_prefix=build/fuzz/$$name- build/fuzz/found/$$name \
	  build/fuzz/seeds/$$name 2> build/fuzz/$$name.txt || { cat build/fuzz/$$name.txt >&2; exit 1; }; \
	  echo "$$name: $$(sed -n 's/^stat::number_of_executed_units: *//p' build/fuzz/$$name.txt) inputs, no fault found"; \
	  done

TORCH_PACKAGES := python3-torch python3-numpy libopenblas0-pthread

PARITY := $(filter-out %/common.ini,$(wildcard src/tests/parity/*.ini))

.PHONY: parity
parity: build/kdecay ## compare networks and 50 training steps with PyTorch (installs python3-torch)
	$(Q)$(call INSTALL,$(TORCH_PACKAGES))
	$(Q)/usr/bin/python3 src/tests/parity.py build/kdecay build/parity $(PARITY)

# src/audit/drawn.h. Words, since other versions of TeX may break lines and pages elsewhere.
build/drawn.txt: build/inputs/packages $(FIGURE_FILES) build/paper/paper.pdf
	$(Q)pdftotext build/paper/paper.pdf - | sed -z 's/-\n//g; s/-//g' | tr -s '[:space:]' '\n' | \
	  sort > build/paper/words.txt
	$(Q)cp build/inputs/packages $@.tmp
	$(Q)cd build && sha256sum $(sort $(FIGURE_FILES:build/%=%)) paper/paper.pdf paper/words.txt >> drawn.txt.tmp
	$(Q)mv $@.tmp $@

# Without these tools the audit skips its level `drawing`. `make setup audit` installs them first.
DRAWN := $(if $(SETUP)$(shell for tool in gnuplot faketime latexmk pdftotext; do \
  command -v $$tool > /dev/null || exit 1; done; echo all),build/drawn.txt)

# Without node the audit skips its check `page`. npm is not needed.
PAGE_DATA := $(if $(shell command -v node),build/page-data.sha256)

build/page-data.sha256: $(TABLE_FILES) FORCE
	$(Q)node src/page/data.mjs > $@.tmp; mv $@.tmp $@

# The date of the commit that last changed each protocol (registration.h). A shallow clone shows the
# date of its oldest commit instead, so there it is unknown.
build/protocols.txt: FORCE
	$(Q)mkdir -p $(@D); : > $@.tmp; \
	if [ "$$(git rev-parse --is-shallow-repository 2>/dev/null)" = false ]; then \
	  for file in $$(git ls-files 'experiments/*PROTOCOL.md'); do \
	    printf '%s  %s  %s\n' "$$(sha256sum < $$file | cut -d ' ' -f 1)" \
	      "$$(TZ=UTC0 git log -1 --format=%cd --date=format-local:%Y-%m-%dT%H:%M:%SZ -- $$file)" \
	      $$file >> $@.tmp; done; fi; mv $@.tmp $@

.PHONY: audit
audit: build/kdecay build/tests $(SMOKE) $(DRAWN) $(PAGE_DATA) build/protocols.txt ## check logs, experiments, tables, figures, paper, page, runs made again; fails on any difference
	$(Q)build/kdecay audit --replay build/runs $(DRAWN:%=--drawn %) $(PAGE_DATA:%=--page %) --protocols build/protocols.txt \
	  --out build/audit --data $(DATA) \
	  --threads $(THREADS) --runs $(AUDIT_RUNS) --seed $(AUDIT_SEED) --steps $(AUDIT_STEPS)
	$(Q)build/tests project

.PHONY: audit-selftest
audit-selftest: build/kdecay ## forge or damage a copy of results and experiments 1000 times; the audit must notice each
	$(Q)build/kdecay selftest --out build/selftest

.PHONY: keep
keep: build/kdecay build/drawn.txt $(PAGE_DATA) readme-figures ## after new logs or experiments: keep the digests of sources, tables, drawings and page data that the audit expects
	$(Q)build/kdecay keep --drawn build/drawn.txt $(PAGE_DATA:%=--page %) --out build/audit
	$(Q)$(if $(PAGE_DATA),,echo "make keep: the digests of the page's data were not made, since node is missing" >&2)

.PHONY: format
format: ## format the sources (clang-format)
	$(Q)clang-format -i src/*.[ch] src/*/*.[ch] src/tests/*/*.[ch]

# ---- Benchmarks ------------------------------------------------------------------------------

BENCH_NETWORKS ?= preact-20 preact-110 preact-110-bottleneck preact-164 wrn-16-8 wrn-28-10 \
                  densenet-bc-100-12 densenet-bc-250-24
BENCH_ROUNDS   ?= 3
BENCH_SECONDS  ?= 3
BENCH_TORCH    ?= found
BENCH_PYTHON   ?=
BENCH_SET      ?=
RANKS_STEPS    ?= 3

bench_experiment = $(firstword $(wildcard experiments/cifar10/$(1)/poly-k1.0.ini \
                                          experiments/cifar100/$(1)/poly-k1.0.ini) $(1))

.PHONY: bench
bench: build/kdecay ## measure speed and memory of training, and of PyTorch if it is installed, into build/bench/
	$(Q)$(if $(filter install,$(BENCH_TORCH)),$(call INSTALL,$(TORCH_PACKAGES)))
	$(Q)build/kdecay bench $(foreach n,$(BENCH_NETWORKS),$(call bench_experiment,$n)) \
	  --threads $(THREADS) --rounds $(BENCH_ROUNDS) --seconds $(BENCH_SECONDS) --out build/bench \
	  $(if $(filter no,$(BENCH_TORCH)),,--torch src/bench/torch_steps.py \
	    --python "$(or $(BENCH_PYTHON),$$(src/bench/newest_torch.sh))") $(BENCH_SET:%=--set %)
	$(Q)for format in pdf svg; do \
	  gnuplot -e "input='build/bench/bench.csv'; output_file='build/bench/bench.$$format'; \
	  format='$$format'" figures/bench.gp || exit 1; done
	$(Q)cat build/bench/bench.txt

# The report reads results/benchmarks/. To keep a measurement of a quiet machine:
# cp build/bench/ranks.tsv results/benchmarks/ && make keep
.PHONY: bench-ranks
bench-ranks: build/kdecay ## measure training on 1 rank (MPI=1: on 1, 2 and 4) into build/bench/ranks.tsv
	$(Q)MPIRUN='$(if $(MPI),$(MPIRUN) --bind-to none --oversubscribe)' src/bench/ranks.sh build/kdecay build/bench/ranks $(RANKS_STEPS) \
	  'make bench-ranks$(if $(MPI), MPI=$(MPI)) RANKS_STEPS=$(RANKS_STEPS)' \
	  $(foreach n,$(BENCH_NETWORKS),$(call bench_experiment,$n)) > build/bench-ranks.tsv
	$(Q)mv build/bench-ranks.tsv build/bench/ranks.tsv

LOG_BENCH := build/bench-report

.PHONY: bench-report
bench-report: build/kdecay build/synthetic_logs ## measure the time of the report on up to 10,000 synthetic logs of 200 rows
	$(Q)rm -rf $(LOG_BENCH)
	$(Q)mkdir -p $(LOG_BENCH)/results && cp -R results/published $(LOG_BENCH)/results/
	$(Q)from=0; for logs in 1000 2000 5000 10000; do \
	  build/synthetic_logs $(LOG_BENCH) $$from $$logs || exit 1; from=$$logs; \
	  start=$$(date +%s.%N); \
	  build/kdecay report --results $(LOG_BENCH)/results --experiments $(LOG_BENCH)/experiments \
	    --out $(LOG_BENCH)/out || exit 1; \
	  echo "$$logs $$start $$(date +%s.%N)" | \
	    awk '{s = $$3 - $$2; printf "%6d logs %7.2f s %7.3f ms a log\n", $$1, s, 1000 * s / $$1}'; \
	  done

# ---- Everything ------------------------------------------------------------------------------

.PHONY: all
all: build/kdecay smoke tables figures paper ## build the program, train the smoke runs, make tables, figures and paper

.PHONY: clean
clean: ## remove generated files, but keep downloaded data, checkpoints and the files of Slurm
	$(Q)find build -mindepth 1 -maxdepth 1 ! -name data ! -name checkpoints ! -name slurm -exec rm -rf {} +

.PHONY: help
help: ## show this list
	$(Q)awk -F ':.*## ' '/^[a-z][a-z0-9-]*:.*## / {printf "  make %-17s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	$(Q)echo "  Knobs of submit: SCALE= CPUS=$(CPUS) RANKS=$(RANKS) SAFETY=$(SAFETY) HOURS=$(HOURS) AT_ONCE= AFTER='$(AFTER)' SBATCH_OPTIONS= DRY_RUN= FROM="
	$(Q)echo "  Knobs: DATA=$(DATA) THREADS=$(THREADS) SEED=$(SEED) EXP= MPI= RANKS=$(RANKS) AUDIT_RUNS=$(AUDIT_RUNS) AUDIT_SEED=$(AUDIT_SEED) AUDIT_STEPS=$(AUDIT_STEPS) CC=$(CC) CFLAGS='$(CFLAGS)' V="
	$(Q)echo "  Knobs of bench: BENCH_NETWORKS='$(BENCH_NETWORKS)' BENCH_ROUNDS=$(BENCH_ROUNDS) BENCH_SECONDS=$(BENCH_SECONDS) BENCH_TORCH=$(BENCH_TORCH) BENCH_PYTHON=$(BENCH_PYTHON) BENCH_SET= RANKS_STEPS=$(RANKS_STEPS)"
