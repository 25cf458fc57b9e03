# Lists the recipes.
default:
    @just --list

# Runs everything that a change must pass.
ci:
    .ci/run

# Formats the code.
fmt:
    cargo fmt --all

# Checks the format and runs clippy without tolerance for warnings.
lint:
    cargo fmt --all --check
    cargo clippy --locked --workspace --all-targets --all-features -- -D warnings

# Builds the documentation without tolerance for warnings.
doc $RUSTDOCFLAGS="-D warnings":
    cargo doc --locked --workspace --no-deps --all-features

# Runs all tests.
test:
    cargo test --workspace

# Runs every interleaving of threads that share a cryptor.
loom $RUSTFLAGS="--cfg loom":
    cargo test --release -p confcall-media --test loom --target-dir target/loom

# Runs what reads bytes and counts packets under Miri; needs a nightly toolchain with the components miri and rust-src.
miri $MIRIFLAGS="-Zmiri-disable-isolation" $PROPTEST_CASES="2":
    cargo +nightly miri test -p confcall-media --lib --target-dir target/miri -- channel counters replay packet codec
    cargo +nightly miri test -p confcall-state --lib --target-dir target/miri -- tl:: types:: trie:: wire::byte_strings

# Joins a recorded call in the embedded server.
demo:
    cargo run --release -- demo

# Runs the benches, each beside its floor; arguments go to cargo, as in `just bench --features confcall-state/parallel`.
bench *ARGS:
    cargo bench --workspace --bench join_block --bench apply_block --bench parse_block --bench verification_round --bench seal_frame --bench open_frame --bench membership_memory --bench press_link --bench idle_engines --bench livestream {{ ARGS }}

# Loads a server over TCP with many members and many calls; `just load --quick` for small numbers.
load *ARGS:
    cargo bench -p confcall-cli --bench server_load -- {{ ARGS }}

# Runs the conformance vectors.
vectors:
    cargo run --release -- vectors tests/vectors

# Fuzzes a target, as in `just fuzz chain_ops 10`; needs cargo-fuzz.
fuzz TARGET MINUTES:
    fuzz/run $(({{ MINUTES }} * 60)) {{ TARGET }}

# Lives through calls with chaos and hostile servers for so many minutes; `just soak 1 --seed 7` for stated ones.
soak MINUTES="30" *ARGS="":
    cargo run --release -p confcall-tests --bin soak -- --minutes {{ MINUTES }} {{ ARGS }}

# Changes the rules one by one, each of which a test must notice, as in `just mutants --re media/src/replay`; needs cargo-mutants.
mutants *ARGS:
    cargo mutants --workspace {{ ARGS }}

# Checks licences, duplicate versions, sources and advisories; needs cargo-deny.
deny:
    cargo deny check
