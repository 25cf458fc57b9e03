use core::ops::Add;
use core::time::Duration;

/// A point of the caller's time, as the time since an origin that the caller chooses.
///
/// This crate has no clock. The same origin must serve one [`Cryptor`](crate::Cryptor) for its whole life, and
/// the time must not depend on the clock of the wall being set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(Duration);

impl Moment {
    /// The moment that is this long after the origin.
    pub const fn new(since_origin: Duration) -> Self {
        Self(since_origin)
    }

    /// The time since `earlier`; zero if it is not earlier.
    pub const fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

impl Add<Duration> for Moment {
    type Output = Self;

    fn add(self, later: Duration) -> Self {
        Self(self.0.saturating_add(later))
    }
}
