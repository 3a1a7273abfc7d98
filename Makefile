# Each target installs what is missing first; `make help` lists them.

SWIFT ?= swift
PREFIX ?= /usr/local
# Benchmarks choose the kernel of the machine, whatever the environment forces elsewhere.
NATIVE_BLAS = env -u OPENBLAS_CORETYPE -u OPENBLAS_L2_SIZE
SWIFT_FILES = Package.swift Sources Tests $(wildcard Snippets Benchmarks/Package.swift Benchmarks/Sources Cluster/Package.swift Cluster/Sources)
DOCUMENTED = DeepLinear LinearAlgebra LinearNetworks Dynamics Analysis Estimators DataFormats Records Reports Jobs

.DEFAULT_GOAL := help
.PHONY: help deps build demo studio studio-test studio-fuzz test theory fuzz sanitize properties soak memory mutations cluster check-cluster bench bench-peers docs lint install python python-test clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | while IFS="$$(printf '\t')" read -r name text; do \
	  printf '  make %-13s %s\n' "$$name" "$$text"; done

deps: ## install OpenBLAS, LAPACKE, zlib and Plotly.js where they are missing
	@Scripts/dependencies.sh

build: deps ## build the library and the command for release
	@$(SWIFT) build -c release --product deeplinear

demo: build ## fill in a matrix and an image; reports appear in reports/
	@Scripts/demo.sh

studio: build ## open the studio on reports/ in a browser
	@mkdir -p reports
	@"$$($(SWIFT) build -c release --show-bin-path)/deeplinear" studio reports

studio-test: build ## try the studio in a real browser
	@Scripts/studio-browser.sh "$$($(SWIFT) build -c release --show-bin-path)/deeplinear"

studio-fuzz: build ## send the studio ten thousand requests made by chance
	@Scripts/studio-browser.sh "$$($(SWIFT) build -c release --show-bin-path)/deeplinear" --fuzz 10000

test: deps ## run every test
	@$(SWIFT) test

theory: deps ## check every statement of theory on its full number of random problems, 500 to 1,000
	@DEEPLINEAR_PROBLEMS=all $(SWIFT) test --filter 'AnalysisTests|DynamicsTests|LinearNetworksTests'

fuzz: deps ## run libFuzzer on every reader, 10 s each; FUZZ="600 csv npz" for longer
	@Scripts/fuzz.sh $(FUZZ)

sanitize: deps ## run the tests under the address, undefined-behaviour and thread sanitizers
	@for kind in address undefined thread; do \
	  ASAN_OPTIONS=detect_leaks=0 $(SWIFT) test --sanitize=$$kind --scratch-path .build/sanitize-$$kind $(SANITIZE) || exit 1; done

properties: build ## check true statements on random tables; PROPERTIES="1000 7" for so many with a seed
	@python3 Scripts/properties.py "$$($(SWIFT) build -c release --show-bin-path)/deeplinear" $(PROPERTIES)

soak: build ## run mixed commands with random kills and look at what is left; SOAK="2000 1"
	@python3 Scripts/soak.py "$$($(SWIFT) build -c release --show-bin-path)/deeplinear" $(SOAK)

memory: build ## compare peak memory with what refusals say is needed; MEMORY="500 regress" for jobs below 500 MB of a kind
	@python3 Scripts/memory.py "$$($(SWIFT) build -c release --show-bin-path)/deeplinear" $(MEMORY)

mutations: deps ## put likely faults into a copy of the code and see which verdicts of the gallery turn
	@Scripts/mutate-gallery.py $(MUTATIONS)

cluster: deps ## install OpenMPI and build deeplinear-mpi into Cluster/.build
	@Scripts/dependencies.sh mpi
	@$(SWIFT) build -c release --package-path Cluster --product deeplinear-mpi

check-cluster: build cluster ## test deeplinear-mpi on up to four ranks
	@Cluster/check.sh

bench: deps ## run the benchmarks and compare with the last kept result; BENCHMARKS=--keep keeps this one
	@$(NATIVE_BLAS) $(SWIFT) run -c release --package-path Benchmarks deeplinear-benchmarks $(BENCHMARKS)

bench-peers: build ## complete a million noisy entries beside Python peers
	@Scripts/bench-peers.sh

docs: deps ## build the documentation into .build/docs
	@mkdir -p .build
	@DEEPLINEAR_DOCS=1 $(SWIFT) package --allow-writing-to-directory .build/docs generate-documentation \
	  $(foreach target,$(DOCUMENTED),--target $(target)) --enable-experimental-combined-documentation \
	  --transform-for-static-hosting --output-path .build/docs

lint: deps ## check the format of the sources and the arrows between targets
	@$(SWIFT) format lint --strict --parallel --recursive $(SWIFT_FILES)
	@Scripts/check-layers.sh
	@Scripts/accelerator/check-kernels.sh

install: build ## install the command under PREFIX (default /usr/local)
	@install -d "$(DESTDIR)$(PREFIX)/bin" "$(DESTDIR)$(PREFIX)/share/deeplinear"
	@install -m 755 "$$($(SWIFT) build -c release --show-bin-path)/deeplinear" "$(DESTDIR)$(PREFIX)/bin/deeplinear"
	@if [ -s .deeplinear/plotly/plotly.min.js ]; then \
	  install -m 644 .deeplinear/plotly/plotly.min.js "$(DESTDIR)$(PREFIX)/share/deeplinear/plotly.min.js"; fi
	@echo "Installed $(DESTDIR)$(PREFIX)/bin/deeplinear"

python: deps ## build the Python wheel into dist/
	@Scripts/python-wheel.sh

python-test: build python ## install the wheel into a new virtual environment and test it
	@Scripts/python-test.sh

clean: ## remove what was built
	@$(SWIFT) package clean
	@rm -rf .build/docs dist Python/src/deeplinear/_library Python/licenses Python/LICENSE
