//! One user's stay in a call, driven on a tokio runtime.

mod backlog;
mod clock;
mod driver;
mod handle;
mod inbox;
mod log;
mod notices;
mod options;
mod orders;
mod outlet;
mod requests;
mod restored;
mod view;
mod wishes;

pub use handle::Conference;
pub use notices::{Events, Notice};
pub use options::Options;
pub use restored::Restored;
pub use view::View;
