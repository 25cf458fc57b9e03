//! The server over TCP, as clients of `grammers` and hostile ones see it.

mod calls;
mod chaos;
mod client;
mod connecting;
mod files;
mod hostile;
mod raw;
mod scene;
