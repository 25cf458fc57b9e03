//! Secrets in the memory of a process, of which nothing is left when their owners are gone.
//!
//! It searches the writable memory of its own process, by `/proc/self/mem`, for secrets that it knows: each must be there
//! once as long as it is needed, and no quarter of it at any other time, neither in memory that is freed nor in any other. So it
//! sees a key that is not wiped, a buffer that grew, and a value that was moved out of its place.
//!
//! Of the stack it searches what lies far below itself. Engines and conferences work there, so that it sees what their work
//! leaves behind. That matters beyond the stack: a future, and a value with an `Option` that is `None`, are copied to the
//! heap as a whole, with what the stack held before where they have no value.
//!
//! It cannot see:
//!
//! - Registers, what the system swapped out, and other forms of a secret than its bytes, but for the form of an epoch's
//!   key that is searched for.
//! - What was overwritten by chance: a piece of memory that is reused was not necessarily wiped.
//!
//! The secrets that it searches for are masked. One thread does everything, in a process without a test harness: an
//! allocation of another thread could hide what there is to find, and threads have their stacks where the search looks.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test"
)]

#[cfg(target_os = "linux")]
mod calls;
#[cfg(target_os = "linux")]
mod lives;
#[cfg(target_os = "linux")]
mod memory;
#[cfg(target_os = "linux")]
mod owners;
#[cfg(target_os = "linux")]
mod said;

#[cfg(not(target_os = "linux"))]
fn main() {}

#[cfg(target_os = "linux")]
fn main() {
    if said::is_to_say_secrets() {
        return;
    }
    owners::a_private_key_is_wiped();
    owners::a_private_key_that_was_moved_is_wiped();
    owners::an_epoch_key_is_wiped();
    owners::the_secret_that_two_keys_share_is_wiped();
    owners::a_cryptor_wipes_the_keys_of_its_epochs();
    owners::a_membership_wipes_key_and_nonce();
    owners::a_frame_and_its_one_time_secret_are_wiped();
    calls::engines_take_their_secrets_along();
    calls::conferences_take_their_secrets_along();
}
