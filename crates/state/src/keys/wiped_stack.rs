use core::hint::black_box;

/// The bytes of the stack that are wiped: more than any work on secrets here uses, also without optimisation.
const WIPED: usize = 64 << 10;

/// Does some work, and wipes the part of the stack that it used.
///
/// A secret that is moved or returned leaves a copy on the stack, which no destructor reaches. A structure that is later
/// built there and copied to the heap as a whole can take that copy along, in a place that has no value of its own. The
/// result must not hold a secret but behind a pointer.
///
/// It takes 2 µs, as long as a small frame. So frames are sealed and opened without it.
pub fn with_wiped_stack<T>(work: impl FnOnce() -> T) -> T {
    let result = below(work);
    wipe();
    result
}

/// Calls one level below the caller, where [`wipe`] has its place too.
#[inline(never)]
fn below<T>(work: impl FnOnce() -> T) -> T {
    work()
}

#[inline(never)]
fn wipe() {
    let zeros = [0_u8; WIPED];
    // Without it the compiler would see that nothing reads them.
    black_box(&zeros);
}
