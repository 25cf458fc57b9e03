//! Many who press a link within the same second: all get in, soon and without a storm of requests.

use std::time::Duration;

use confcall_simulator::{Crowd, Rush};

fn rush(people: usize) -> Rush {
    Crowd::new(1, Duration::from_millis(100)).rush(people)
}

#[test]
fn two_hundred_who_press_a_link_are_in_within_90_seconds_and_25_requests_each() {
    let rush = rush(200);
    assert!(rush.time < Duration::from_secs(90), "{rush}");
    assert!(rush.mean_requests < 25.0, "{rush}");
}

#[test]
fn ten_who_press_a_link_hardly_wait_for_each_other() {
    let rush = rush(10);
    assert!(rush.time < Duration::from_secs(4), "{rush}");
    assert!(rush.mean_requests < 3.0, "{rush}");
}
