use confcall_join::Ssrc;
use confcall_join::api::{MessageId, Method, Peer, RpcError};
use confcall_join::joining::PayloadError;
use confcall_join::limits::MESSAGE_CHARACTERS;
use confcall_join::policy::PolicyViolation;
use confcall_state::chain::{RemovalFault, SelfAddFault};
use confcall_state::tl::{ReadError, ReadErrorKind};
use confcall_state::verification::BroadcastError;
use confcall_state::{ChainError, PublicKey, UserId};
use thiserror::Error;

use crate::error::{InviteError, NoSpace, TooManyCalls};

/// The rule that a refused request breaks; the request has changed nothing.
///
/// A client sees of it only [`Refusal::rpc_error`].
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The bytes are no request that a conference serves.
    #[error("not a request: {0}")]
    Unreadable(ReadError),
    /// The request is one that this server does not serve.
    #[error("{0} is not served")]
    Unsupported(Method),
    /// The request breaks the policy of conferences.
    #[error(transparent)]
    Policy(#[from] PolicyViolation),
    /// The join payload cannot be read.
    #[error(transparent)]
    Payload(#[from] PayloadError),
    /// The reference names no call, or not with this access hash or for this user.
    #[error("the reference names no call of this user")]
    UnknownCall,
    /// Only members may do this.
    #[error("user {0} is no member of the call")]
    NotAMember(UserId),
    /// Only the creator may do this.
    #[error("user {0} did not create the call")]
    NotTheCreator(UserId),
    /// Only those who may manage calls of the chat may do this.
    #[error("user {0} may not manage the calls of the chat")]
    NotAnAdmin(UserId),
    /// The user was kicked.
    #[error("user {0} was kicked")]
    Kicked(UserId),
    /// The invited user was kicked, and only the creator can invite them.
    #[error("user {0} was kicked, and only the creator can invite them")]
    InvitedKicked(UserId),
    /// The participant to be changed, or the user who would share a screen, is not in the call.
    #[error("the participant is not in the call")]
    NoParticipant,
    /// The volume is not from 1 to 20000, or is one's own.
    #[error("the volume of another participant is from 1 to 20000")]
    Volume,
    /// No hands are raised in a conference.
    #[error("no hands are raised in a conference")]
    Hand,
    /// The camera is another user's, or there is none that could be turned on.
    #[error("only an own camera is turned on and off, by those who may speak")]
    VideoStop,
    /// As many participants show a picture as can.
    #[error("{limit} participants show a picture already")]
    VideoFull {
        /// The greatest number.
        limit: i32,
    },
    /// The picture is another user's, or there is none that could be paused.
    #[error("only an own picture is paused, while it is shown")]
    VideoPause,
    /// The user was muted by the creator, and shares no screen.
    #[error("user {0} was muted by the creator")]
    Silenced(UserId),
    /// The creator turned messages off.
    #[error("messages are turned off")]
    MessagesDisabled,
    /// The user has no such source in the call.
    #[error("the source is not one of this user in the call")]
    NotJoined,
    /// The reference names no call between this user and another one.
    #[error("the reference names no call between this user and another one")]
    UnknownPhoneCall,
    /// The call was ended before.
    #[error("the call was ended before")]
    EndedBefore,
    /// The request changes no setting that conferences have.
    #[error("no setting is changed")]
    NothingToSet,
    /// The request names no user to invite.
    #[error("no user is named who could be invited")]
    NobodyToInvite,
    /// The invited user is a member already.
    #[error("user {0} is a member already")]
    AlreadyMember(UserId),
    /// The message invites this user to nothing.
    #[error("message {0} invites this user to nothing")]
    NotAnInvitation(MessageId),
    /// The user cannot be invited.
    #[error(transparent)]
    Invite(#[from] InviteError),
    /// The encrypted message is empty or too large.
    #[error("a message has 1 to {limit} bytes, not {size}")]
    MessageSize {
        /// Its size in bytes.
        size: usize,
        /// The greatest size.
        limit: usize,
    },
    /// The offset of a page is none that a page before it said.
    #[error("no page of the roster starts at this offset")]
    Offset,
    /// A media source belongs to another member.
    #[error("the source {0} belongs to another member")]
    SourceTaken(Ssrc),
    /// The member would have too many media sources.
    #[error("a member has at most {limit} media sources")]
    TooManySources {
        /// The greatest number.
        limit: usize,
    },
    /// The call has as many participants as it can.
    #[error("the call has {limit} participants already")]
    Full {
        /// The greatest number.
        limit: usize,
    },
    /// The call has as many blocks as the server keeps.
    #[error("the call has {limit} blocks already")]
    ChainFull {
        /// The greatest number.
        limit: usize,
    },
    /// The block is too large.
    #[error("a block has at most {limit} bytes, not {size}")]
    BlockTooLarge {
        /// Its size in bytes.
        size: usize,
        /// The greatest size.
        limit: usize,
    },
    /// The block cannot be read in canonical form; the server form is refused too.
    #[error("not a block: {0}")]
    BlockUnreadable(ReadError),
    /// The block does not stand on the newest one, or the chain refuses it for itself.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// The block does not name the announced key as its signer.
    #[error("the block is not signed by the announced key {announced}")]
    NotTheSigner {
        /// The key that the request announces.
        announced: PublicKey,
    },
    /// The announced key was in this call before.
    #[error("the key {0} was in this call before")]
    KeyUsed(PublicKey),
    /// No key could be sealed to the announced key, so that no member could write a block any more.
    #[error("the key {0} shares no secret with any other")]
    KeyUnusable(PublicKey),
    /// The shared key of the block is one that no participant could open.
    #[error("the shared key of the block cannot be opened by any participant")]
    SharedKeyUnusable,
    /// The block does not add the joining user and nothing else.
    #[error(transparent)]
    NotASelfAdd(#[from] SelfAddFault),
    /// A removal block is not signed by the member who sends it.
    #[error("the block is not signed by the key of the member who sends it")]
    NotTheRemover,
    /// A user who has not left cannot be removed as one who did.
    #[error("user {0} has not left")]
    NotLeft(UserId),
    /// The block does not remove the named users and nothing else.
    #[error(transparent)]
    NotARemoval(#[from] RemovalFault),
    /// The broadcast cannot be read in canonical form; the server form is refused too.
    #[error("not a broadcast: {0}")]
    BroadcastUnreadable(ReadError),
    /// The broadcast is not about the newest block.
    #[error("the broadcast is not about the newest block")]
    BroadcastStale,
    /// The broadcast is under the name of another user than the one who sends it.
    #[error("the broadcast is under the name of user {0}")]
    NotTheSender(UserId),
    /// The broadcast does not count.
    #[error(transparent)]
    Broadcast(#[from] BroadcastError),
    /// The reference names no peer of the world.
    #[error("the reference names no peer of the world")]
    UnknownPeer,
    /// The reference names no channel, or not with this access hash for this user.
    #[error("the reference names no channel of this user")]
    UnknownChannel,
    /// Nobody has the public name.
    #[error("nobody has this public name")]
    UnknownName,
    /// The chat is private, and the user no member.
    #[error("the chat is private")]
    PrivateChat,
    /// The chat has no public name, and so no links.
    #[error("the chat has no public name")]
    NotPublic,
    /// The call is announced for a time that is too near or too far.
    #[error("a call is announced for 10 seconds to 8 days from now")]
    ScheduleDate,
    /// The call was announced and has not begun.
    #[error("the call has not begun")]
    NotBegun,
    /// The call was not announced, or has begun.
    #[error("the call has begun")]
    Begun,
    /// The user may not join as this peer, or another one has.
    #[error("this user cannot join as {0}")]
    JoinAs(Peer),
    /// Only those invite who joined as themselves.
    #[error("only those invite who joined as themselves, not as {0}")]
    InviteAsOther(Peer),
    /// The user was invited before.
    #[error("user {0} was invited before")]
    InvitedBefore(UserId),
    /// The user is no member of the chat.
    #[error("user {0} is no member of the chat")]
    NotInChat(UserId),
    /// The text of a message is too long.
    #[error("a text has at most {limit} characters, not {length}", limit = MESSAGE_CHARACTERS)]
    TextTooLong {
        /// The number of its characters.
        length: usize,
    },
    /// A message has neither text nor stars.
    #[error("a message has a text, or stars")]
    TextMissing,
    /// The message costs more stars than the user allows.
    #[error("a message costs {price} stars")]
    PriceTooLow {
        /// The least price.
        price: i64,
    },
    /// The user has fewer stars than it would pay.
    #[error("the user has too few stars")]
    TooPoor,
    /// The message is another's, and the user no admin.
    #[error("only admins delete the messages of others")]
    OthersMessage,
    /// There is no such message.
    #[error("there is no such message")]
    UnknownMessage,
    /// The stream has no such channel, picture or scale, or the call is no stream.
    #[error("the call has no such stream")]
    StreamLocation,
    /// The most bytes of a part are none that can be asked for.
    #[error("a part is asked for in blocks of 4096 bytes, 1 MiB at most")]
    FileLimit,
    /// A part is not asked for from the start of a block.
    #[error("a part is asked for from the start of a block of 4096 bytes")]
    FileOffset,
    /// No part of the stream begins at this time.
    #[error("no part of the stream begins at this time")]
    NoPartBegins,
    /// The part is still to come.
    #[error("the part is still to come")]
    PartToCome,
    /// The part was dropped, or the stream began later.
    #[error("the part was dropped")]
    PartDropped,
    /// The user created another call, or joined it otherwise, with this `random_id`.
    #[error("another request of this user had the random id {0}")]
    RandomIdUsed(i32),
    /// There are as many calls as the server keeps.
    #[error(transparent)]
    TooManyCalls(#[from] TooManyCalls),
    /// The server has no room for the block or broadcast.
    #[error(transparent)]
    NoSpace(#[from] NoSpace),
}

impl Refusal {
    /// The error that a client sees (`spec/protocol.md`, 11.2).
    pub fn rpc_error(&self) -> RpcError {
        match self {
            Self::Unreadable(error) => unreadable(error),
            Self::Unsupported(_) => bad("INPUT_METHOD_INVALID"),
            Self::Policy(violation) => policy_error(violation),
            Self::Payload(error) => payload_error(error),
            Self::UnknownCall => bad("GROUPCALL_INVALID"),
            // The API does not say which of the two it is.
            Self::NotAMember(_) | Self::Kicked(_) => RpcError::new(403, "GROUPCALL_FORBIDDEN"),
            Self::NotTheCreator(_) | Self::NotAnAdmin(_) => bad("CHAT_ADMIN_REQUIRED"),
            Self::UnknownPeer => bad("PEER_ID_INVALID"),
            Self::UnknownChannel => bad("CHANNEL_INVALID"),
            Self::UnknownName => bad("USERNAME_NOT_OCCUPIED"),
            Self::PrivateChat => bad("CHANNEL_PRIVATE"),
            Self::NotPublic => RpcError::new(403, "PUBLIC_CHANNEL_MISSING"),
            Self::ScheduleDate => bad("SCHEDULE_DATE_INVALID"),
            // Official clients wait for the begin, so no error is documented; it is that of a call that is not for us.
            Self::NotBegun => RpcError::new(403, "GROUPCALL_FORBIDDEN"),
            Self::Begun => RpcError::new(403, "GROUPCALL_ALREADY_STARTED"),
            Self::JoinAs(_) => bad("JOIN_AS_PEER_INVALID"),
            Self::InviteAsOther(_) => bad("INVITE_FORBIDDEN_WITH_JOINAS"),
            Self::InvitedBefore(_) => bad("USER_ALREADY_INVITED"),
            Self::NotInChat(_) => RpcError::new(403, "USER_NOT_PARTICIPANT"),
            Self::TextTooLong { .. } => bad("MESSAGE_TOO_LONG"),
            Self::TextMissing => bad("MESSAGE_EMPTY"),
            // As for the paid messages of chats; the page of calls documents none.
            Self::PriceTooLow { price } => {
                RpcError::new(403, format!("ALLOW_PAYMENT_REQUIRED_{price}"))
            }
            Self::TooPoor => bad("BALANCE_TOO_LOW"),
            Self::OthersMessage => RpcError::new(403, "MESSAGE_DELETE_FORBIDDEN"),
            Self::UnknownMessage => bad("MESSAGE_ID_INVALID"),
            Self::StreamLocation => bad("LOCATION_INVALID"),
            Self::FileLimit => bad("LIMIT_INVALID"),
            Self::FileOffset => bad("OFFSET_INVALID"),
            Self::NoPartBegins => bad("TIME_INVALID"),
            Self::PartToCome => bad("TIME_TOO_BIG"),
            Self::PartDropped => bad("TIME_TOO_SMALL"),
            Self::NoParticipant => RpcError::new(403, "PARTICIPANT_JOIN_MISSING"),
            Self::Volume => bad("USER_VOLUME_INVALID"),
            Self::Hand => bad("RAISE_HAND_FORBIDDEN"),
            Self::VideoStop | Self::VideoFull { .. } => bad("VIDEO_STOP_FORBIDDEN"),
            Self::VideoPause => bad("VIDEO_PAUSE_FORBIDDEN"),
            Self::Silenced(_) => RpcError::new(403, "GROUPCALL_FORBIDDEN"),
            // No error is documented for this one; it is that of a chat in which one may not write.
            Self::MessagesDisabled => RpcError::new(403, "CHAT_WRITE_FORBIDDEN"),
            Self::NotJoined => bad("GROUPCALL_JOIN_MISSING"),
            Self::UnknownPhoneCall => bad("CALL_PEER_INVALID"),
            Self::EndedBefore => bad("GROUPCALL_ALREADY_DISCARDED"),
            Self::NothingToSet => bad("GROUPCALL_NOT_MODIFIED"),
            Self::NobodyToInvite => bad("USER_ID_INVALID"),
            Self::InvitedKicked(_) => bad("USER_WAS_KICKED"),
            Self::AlreadyMember(_) => bad("USER_ALREADY_PARTICIPANT"),
            Self::NotAnInvitation(_) => bad("MESSAGE_ID_INVALID"),
            Self::Invite(_) => RpcError::new(500, "GROUPCALL_INVITE_FAILED"),
            Self::MessageSize { .. } => bad("ENCRYPTED_MESSAGE_INVALID"),
            Self::Offset => bad("OFFSET_INVALID"),
            Self::SourceTaken(_) => bad("GROUPCALL_SSRC_DUPLICATE_MUCH"),
            Self::Full { .. } => bad("GROUPCALL_PARTICIPANTS_TOO_MUCH"),
            Self::TooManySources { .. } => bad("DATA_JSON_INVALID"),
            Self::ChainFull { .. } | Self::NoSpace(_) => {
                RpcError::new(500, "GROUPCALL_ADD_PARTICIPANTS_FAILED")
            }
            Self::Chain(error) => chain_error(error),
            Self::BlockTooLarge { .. }
            | Self::BlockUnreadable(_)
            | Self::SharedKeyUnusable
            | Self::NotASelfAdd(_)
            | Self::NotTheRemover
            | Self::NotLeft(_)
            | Self::NotARemoval(_)
            | Self::BroadcastUnreadable(_)
            | Self::NotTheSender(_)
            | Self::Broadcast(_) => bad("BLOCK_INVALID"),
            Self::NotTheSigner { .. } | Self::KeyUsed(_) | Self::KeyUnusable(_) => {
                bad("PUBLIC_KEY_INVALID")
            }
            Self::BroadcastStale => bad("CONF_WRITE_CHAIN_INVALID"),
            Self::RandomIdUsed(_) => RpcError::new(500, "RANDOM_ID_DUPLICATE"),
            Self::TooManyCalls(_) => RpcError::new(500, "GROUPCALL_CREATE_FAILED"),
        }
    }
}

impl From<Refusal> for RpcError {
    fn from(refusal: Refusal) -> Self {
        refusal.rpc_error()
    }
}

fn bad(name: &str) -> RpcError {
    RpcError::new(400, name)
}

/// The error for a method that is not known, which names it, or for arguments that cannot be read.
fn unreadable(error: &ReadError) -> RpcError {
    match error {
        ReadError {
            offset: 0,
            kind: ReadErrorKind::UnexpectedConstructor { found, .. },
        } => RpcError::new(400, format!("INPUT_METHOD_INVALID_{found}_0")),
        _ => bad("INPUT_FETCH_ERROR"),
    }
}

fn policy_error(violation: &PolicyViolation) -> RpcError {
    match violation {
        PolicyViolation::JoinAsNotSelf(_) => bad("JOIN_AS_PEER_INVALID"),
        PolicyViolation::InviteHashForbidden(_) => bad("INVITE_HASH_INVALID"),
        PolicyViolation::KeyMissing(_) => bad("PUBLIC_KEY_INVALID"),
        PolicyViolation::BlockMissing(_) => bad("BLOCK_INVALID"),
        PolicyViolation::Payload(error) => payload_error(error),
        PolicyViolation::VolumeOutOfRange(_) => bad("USER_VOLUME_INVALID"),
        PolicyViolation::HandForbidden(_) => bad("RAISE_HAND_FORBIDDEN"),
        PolicyViolation::JoinMutedForbidden(_) | PolicyViolation::PriceForbidden(_) => {
            bad("GROUPCALL_NOT_MODIFIED")
        }
        // The kind of the call does not have what is asked for.
        PolicyViolation::NotAConference(_)
        | PolicyViolation::NotForPublishers(_)
        | PolicyViolation::OnlyInChats(_)
        | PolicyViolation::SendAsForbidden(_)
        | PolicyViolation::PaymentForbidden(_) => bad("INPUT_METHOD_INVALID"),
        _ => bad("DATA_JSON_INVALID"),
    }
}

fn payload_error(error: &PayloadError) -> RpcError {
    match error {
        // The API answers a missing source as one that is taken (`spec/protocol.md`, 10).
        PayloadError::MissingSsrc => bad("GROUPCALL_SSRC_DUPLICATE_MUCH"),
        _ => bad("DATA_JSON_INVALID"),
    }
}

/// The error by which the loser of a race reads the tip again, and the writer of a wrong block does not.
fn chain_error(error: &ChainError) -> RpcError {
    match (error, error.reference_code()) {
        (ChainError::Height { .. } | ChainError::PreviousHash { .. }, Some(code)) => {
            // The API documents the prefix alone, so the suffix finds clients that match the whole.
            bad(&format!("CONF_WRITE_CHAIN_INVALID_{}", code.code()))
        }
        _ => bad("BLOCK_INVALID"),
    }
}
