# What fuzz/run, fuzz/rate and fuzz/judge know of the targets. They stand at the root when they source this file.

# Those whose object is a sequence of steps and no primitive: their curves, MACs and ciphers are stand-ins.
stateful=(chain_ops engine_ops group_call_ops mtproto_session packet_ops server_ops verification_ops)

# How much these are optimised: they run long enough to be worth another minute of building.
stateful_opt=2

# The most bytes of a sequence: choices behind that take time and say little more.
longest=512

host=$(rustc -vV | sed -n 's/^host: //p')

# True for a target with stand-ins.
is_stateful() {
    [[ " ${stateful[*]} " == *" $1 "* ]]
}

# Says what is missing to build a target.
need_cargo_fuzz() {
    if ! cargo fuzz --version >/dev/null 2>&1; then
        echo "cargo-fuzz is missing; install it with 'cargo install --locked cargo-fuzz'" >&2
        exit 1
    fi
}

# Every target.
all_targets() {
    sed -n 's|^path = "fuzz_targets/\(.*\)\.rs"$|\1|p' fuzz/Cargo.toml
}

# The program of a target.
program() {
    local folder=fuzz/target
    if is_stateful "$1"; then
        folder=fuzz/target/standins
    fi
    printf '%s/%s/release/%s\n' "$folder" "$host" "$1"
}

# The arguments of libFuzzer for a target, wherever it runs.
fuzzer_arguments() {
    # Nobody else writes to the corpus of a target that runs.
    printf -- '%s\n' -dict=fuzz/tl.dict -timeout=60 -rss_limit_mb=2048 -reload=0 -print_final_stats=1
    if is_stateful "$1"; then
        # Entropic's books take longer than an input that reaches as much as these.
        printf -- '%s\n' "-max_len=$longest" -entropic=0
    fi
}

# The features that these targets need.
features_of() {
    local target
    for target in "$@"; do
        sed -n "/fuzz_targets\/$target.rs/,/^\$/s/required-features = \[\"\(.*\)\"\]/\1/p" fuzz/Cargo.toml
    done | sort -u | paste -sd,
}

# Builds targets, with what they need and no more. The address sanitizer is left out.
build_targets() {
    local features target
    features=$(features_of "$@")
    for target in "$@"; do
        local command=(cargo fuzz build -s none --no-default-features --features "$features" "$target")
        if is_stateful "$target"; then
            # Only here: in any other build they would be a hole. What is compared says nothing of the choices that lead there.
            CARGO_PROFILE_RELEASE_OPT_LEVEL=$stateful_opt RUSTFLAGS='--cfg confcall_standins' "${command[@]}" --no-trace-compares --target-dir fuzz/target/standins
        else
            "${command[@]}"
        fi
    done
}
