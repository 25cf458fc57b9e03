use core::time::Duration;

use confcall_media::Moment;

/// A moment as a trace shows it; five hundred years are enough.
pub(super) fn nanoseconds(moment: Moment) -> u64 {
    let since_origin = moment.since(Moment::default());
    u64::try_from(since_origin.as_nanos()).unwrap_or(u64::MAX)
}

pub(super) fn moment(nanoseconds: u64) -> Moment {
    Moment::new(Duration::from_nanos(nanoseconds))
}
