# Counterfoil. `make` lists what can be done.

# Rust's own installer puts cargo where a fresh shell may not look yet.
export PATH := $(or $(CARGO_HOME),$(HOME)/.cargo)/bin:$(PATH)

CARGO_TARGET_DIR ?= target
ALL := --workspace --all-features --locked
N ?= 20

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-long model stress bench wear lint doc clean

help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 20

setup: ## Install what the others need; they call it themselves
	@scripts/setup

demo: setup ## Show two simulated machines being licensed, and attacks being refused
	@echo "Building the programs in release mode; the first time takes some minutes."
	@cargo build --release --locked -p counterfoil -p tpm-sim --all-features --bins --example demo
	@$(CARGO_TARGET_DIR)/release/examples/demo

test: setup ## Run all tests, and read the test vectors with another implementation
	@cargo test $(ALL)
	@python=$$(scripts/python-env)/bin/python && "$$python" tests/python/check_vectors.py tests/vectors

test-long: setup ## Try everything of which the others try samples: a kill at every step
	@COUNTERFOIL_TEST_LONG=1 cargo test $(ALL) --test kill --test server_folder

model: setup ## Check the protocol in every state within large bounds (some minutes); docs/model.md
	@cargo run --locked --quiet -p counterfoil-model

stress: setup ## Run the tests N times (make stress N=20)
	@cargo test $(ALL) --no-run
	@for run in $$(seq $(N)); do echo "run $$run of $(N)"; cargo test $(ALL) --quiet || exit 1; done

bench: setup ## Measure; prints lines: name value unit goal ok
	@cargo bench $(ALL) --bench figures

wear: setup ## Live ten years on each kind of machine; prints lines like bench
	@cargo bench $(ALL) --bench wear

lint: setup ## Check the format and all warnings
	@cargo fmt --all --check
	@cargo clippy $(ALL) --all-targets -- -D warnings

doc: setup ## Build the library's documentation
	@RUSTDOCFLAGS="-D warnings" cargo doc $(ALL) --no-deps

clean: ## Remove what was built here (the cached libtss2 and Python environment stay)
	@cargo clean
