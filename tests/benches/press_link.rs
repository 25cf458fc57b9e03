//! People who press a link within the same second, in virtual time.
//!
//! Floor: a block lands at most every round trip after the last one, the time to read the tip and to build on it.
#![allow(missing_docs, clippy::print_stdout, reason = "a bench")]

use std::time::Duration;

use confcall_simulator::Crowd;

fn main() {
    for (round_trip, crowds) in [(100, &[1, 2, 5, 10, 20, 50, 100, 200][..]), (300, &[200])] {
        println!("round trip of {round_trip} ms");
        for people in crowds {
            let mut crowd = Crowd::new(1, Duration::from_millis(round_trip));
            println!("    {}", crowd.rush(*people));
        }
    }
}
