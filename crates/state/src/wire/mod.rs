//! The blocks and broadcasts of a call as values, and how they stand on the wire.
//!
//! ```text
//! server ── from_server ─▶ ┌─────────────────────────────┐
//!                          │ Block                       │─ to_server ─▶ server form, incremented id
//! local ──── parse ──────▶ │  fields                     │─ bytes ─────▶ canonical form
//!                          │  canonical bytes, hash      │
//! BlockFields ── sign ───▶ │  deviations from the form   │
//!                          └─────────────────────────────┘
//! ```
//!
//! A block that is read in canonical form keeps the bytes that were received; any other is serialised again,
//! because hashes and signatures are computed over the canonical form.
//!
//! Implements `spec/protocol.md`, 1.1 to 1.3; the schema is `spec/e2e.tl`.

mod block;
mod boxed;
mod broadcast;
mod byte_strings;
mod change;
mod form;
mod group_state;
mod item;
mod permissions;
mod shared_key;
mod state_proof;

pub use block::{Block, BlockFields};
pub use broadcast::{Broadcast, BroadcastContent};
pub use byte_strings::ByteStrings;
pub use change::Change;
pub use group_state::{GroupState, Participant};
pub use item::{ITEM_IDS, NotServerForm, check_server_form};
pub use permissions::Permissions;
pub use shared_key::SharedKey;
pub use state_proof::StateProof;
