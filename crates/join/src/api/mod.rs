//! The API's requests with their exact bytes, and the typed form of its answers.
//!
//! A request is a plain value: every field that the wire carries, nothing decided. What a kind of call
//! allows is decided by [`policy`](crate::policy). Answers are typed only: the adapter that speaks to the
//! server turns what it got into [`Updates`] or an [`RpcError`].
//!
//! ```text
//! Request ──to_tl──▶ bytes ──Service::handle──▶ Updates or RpcError
//!    ▲                 │
//!    └────from_tl──────┘
//! ```
//!
//! Implements `spec/protocol.md`, 11.1. Here a vector of the API is boxed, while the chain's are bare.

mod call;
mod codec;
mod create_conference_call;
mod get_chain_blocks;
mod ids;
mod join_group_call;
mod method;
mod peer;
mod request;
mod rpc_error;
mod service;
mod update;

pub use call::InputGroupCall;
pub use create_conference_call::CreateConferenceCall;
pub use get_chain_blocks::{GetGroupCallChainBlocks, SubChain};
pub use ids::{AccessHash, CallId, ChannelId, ChatId, DataJson, MessageId};
pub use join_group_call::JoinGroupCall;
pub use method::Method;
pub use peer::{InputPeer, Peer};
pub use request::Request;
pub use rpc_error::RpcError;
pub use service::Service;
pub use update::{
    ChainBlocks, Connection, GroupCall, GroupCallParticipant, Participants, Update, Updates,
};
