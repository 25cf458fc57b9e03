//! The flag without which engines and memberships cannot be copied.

/// The reason is printed for a run without the flag, in which the tests of `exhaustive` and `forged` are left out.
#[test]
#[expect(clippy::assertions_on_constants, reason = "the build decides")]
#[cfg_attr(
    not(any(fuzzing, confcall_testing)),
    ignore = "the tests that copy engines did not run: RUSTFLAGS took the place of .cargo/config.toml, \
              which sets --cfg confcall_testing"
)]
fn the_flag_of_the_tests_is_set() {
    assert!(cfg!(any(fuzzing, confcall_testing)));
}
