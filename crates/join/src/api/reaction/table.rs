use core::time::Duration;

use super::kinds::{GiveUpReason, Reaction};
use super::row::ErrorName::{self, Code, Exact, Prefix, Seconds, ServerFault};
use super::row::Row;
use crate::api::Method::{
    self, CreateConferenceCall, DeclineConferenceCallInvite, DeleteConferenceCallParticipants,
    DiscardGroupCall, EditGroupCallParticipant, GetFile, GetGroupCallStreamChannels,
    InviteConferenceCallParticipant, InviteToGroupCall, JoinGroupCall, JoinGroupCallPresentation,
    LeaveGroupCallPresentation, SendConferenceCallBroadcast, StartScheduledGroupCall,
    ToggleGroupCallRecord, ToggleGroupCallSettings, ToggleGroupCallStartSubscription,
};

const ANY: &[Method] = Method::ALL;
/// Creating a conference can join it, and then fails in the same ways.
const JOIN: &[Method] = &[JoinGroupCall, CreateConferenceCall];
const REMOVE: &[Method] = &[DeleteConferenceCallParticipants];
const BROADCAST: &[Method] = &[SendConferenceCallBroadcast];
const BROADCAST_REMOVE: &[Method] = &[
    SendConferenceCallBroadcast,
    DeleteConferenceCallParticipants,
];
const SETTINGS_DISCARD: &[Method] = &[ToggleGroupCallSettings, DiscardGroupCall];
const EDIT: &[Method] = &[EditGroupCallParticipant];
const PRESENT: &[Method] = &[JoinGroupCallPresentation];
const SCREEN: &[Method] = &[JoinGroupCallPresentation, LeaveGroupCallPresentation];
const EDIT_SCREEN: &[Method] = &[
    EditGroupCallParticipant,
    JoinGroupCallPresentation,
    LeaveGroupCallPresentation,
];
const INVITE: &[Method] = &[InviteConferenceCallParticipant];
const INVITE_MEMBERS: &[Method] = &[InviteToGroupCall];
const RECORD: &[Method] = &[ToggleGroupCallRecord];
const BEGIN: &[Method] = &[StartScheduledGroupCall, ToggleGroupCallStartSubscription];
const PART: &[Method] = &[GetFile];
const STREAM: &[Method] = &[GetFile, GetGroupCallStreamChannels];
const DECLINE: &[Method] = &[DeclineConferenceCallInvite];

const OVER: Reaction = Reaction::GiveUp(GiveUpReason::OverOrNotForUs);
const OUR_MISTAKE: Reaction = Reaction::GiveUp(GiveUpReason::OurMistake);
const NOT_ALLOWED: Reaction = Reaction::GiveUp(GiveUpReason::NotAllowed);
const FULL: Reaction = Reaction::GiveUp(GiveUpReason::Full);
const NOT_AS_THIS_PEER: Reaction = Reaction::GiveUp(GiveUpReason::NotAsThisPeer);
const LOGGED_OUT: Reaction = Reaction::GiveUp(GiveUpReason::LoggedOut);
const PASSWORD_NEEDED: Reaction = Reaction::GiveUp(GiveUpReason::PasswordNeeded);
const ELSEWHERE: Reaction = Reaction::GiveUp(GiveUpReason::OtherDataCentre);
const UNPREPARED: Reaction = Reaction::GiveUp(GiveUpReason::Unprepared);
const WAIT_FAILED: Reaction = Reaction::GiveUp(GiveUpReason::WaitFailed);
const FROZEN: Reaction = Reaction::GiveUp(GiveUpReason::Frozen);
const BOT: Reaction = Reaction::GiveUp(GiveUpReason::Bot);
const WAIT: Reaction = Reaction::WaitThenRepeat(Duration::ZERO);

/// Every error that the protocol knows, the more special rows first (`spec/protocol.md`, 11.2).
#[rustfmt::skip]
pub const ROWS: &[Row] = &[
    row(Prefix("CONF_WRITE_CHAIN_INVALID"),          None,      JOIN,             Reaction::RebuildOnNewTip),
    row(Prefix("CONF_WRITE_CHAIN_INVALID"),          None,      REMOVE,           Reaction::CatchUpAndRebuild),
    row(Prefix("CONF_WRITE_CHAIN_INVALID"),          None,      BROADCAST,        Reaction::CatchUpAndDrop),
    row(Exact("BLOCK_INVALID"),                      None,      BROADCAST_REMOVE, Reaction::DropAndReport),
    row(Exact("BLOCK_INVALID"),                      None,      JOIN,             OUR_MISTAKE),
    row(Exact("GROUPCALL_SSRC_DUPLICATE_MUCH"),      Some(400), JOIN,             Reaction::NewSsrc),
    row(Exact("GROUPCALL_FORBIDDEN"),                Some(403), JOIN,             OVER),
    row(Exact("GROUPCALL_SSRC_DUPLICATE_MUCH"),      Some(400), PRESENT,          Reaction::NewSsrc),
    row(Exact("GROUPCALL_FORBIDDEN"),                Some(403), SCREEN,           Reaction::Report),
    row(Exact("GROUPCALL_JOIN_MISSING"),             Some(400), SCREEN,           Reaction::Report),
    row(Exact("PARTICIPANT_JOIN_MISSING"),           Some(403), EDIT_SCREEN,      Reaction::Report),
    row(Exact("RAISE_HAND_FORBIDDEN"),               Some(400), EDIT,             Reaction::Report),
    row(Exact("USER_VOLUME_INVALID"),                Some(400), EDIT,             Reaction::Report),
    row(Exact("VIDEO_PAUSE_FORBIDDEN"),              Some(400), EDIT,             Reaction::Report),
    row(Exact("VIDEO_STOP_FORBIDDEN"),               Some(400), EDIT,             Reaction::Report),
    row(Prefix("FLOOD_WAIT_"),                       Some(420), PART,             Reaction::NotYet),
    row(Prefix("FLOOD_PREMIUM_WAIT_"),               Some(420), PART,             Reaction::NotYet),
    row(Exact("TIME_TOO_BIG"),                       Some(400), PART,             Reaction::NotYet),
    row(Prefix("FILE_MIGRATE_"),                     Some(303), STREAM,           Reaction::Report),
    row(Exact("GROUPCALL_NOT_MODIFIED"),             Some(400), RECORD,           Reaction::TreatAsSuccess),
    row(Exact("GROUPCALL_ALREADY_STARTED"),          Some(403), BEGIN,            Reaction::TreatAsSuccess),
    row(Exact("USER_ALREADY_INVITED"),               Some(400), INVITE_MEMBERS,   Reaction::TreatAsSuccess),
    row(Exact("GROUPCALL_FORBIDDEN"),                Some(403), ANY,              Reaction::Rejoin),
    row(Exact("GROUPCALL_JOIN_MISSING"),             Some(400), ANY,              Reaction::Rejoin),
    row(Exact("GROUPCALL_INVALID"),                  Some(400), ANY,              Reaction::RefreshReferenceOnce),
    row(Exact("GROUPCALL_ADD_PARTICIPANTS_FAILED"),  Some(500), JOIN,             Reaction::RetryWithBackoff),
    row(Exact("DATA_JSON_INVALID"),                  Some(400), JOIN,             OUR_MISTAKE),
    row(Exact("JOIN_AS_PEER_INVALID"),               Some(400), JOIN,             OUR_MISTAKE),
    row(Exact("PUBLIC_KEY_INVALID"),                 Some(400), JOIN,             OUR_MISTAKE),
    row(Exact("CHAT_ADMIN_REQUIRED"),                Some(400), JOIN,             NOT_ALLOWED),
    row(Exact("CHAT_WRITE_FORBIDDEN"),               Some(403), JOIN,             NOT_ALLOWED),
    row(Exact("GROUPCALL_PARTICIPANTS_TOO_MUCH"),    None,      JOIN,             FULL),
    row(Exact("GROUPCALL_ANONYMOUS_FORBIDDEN"),      None,      JOIN,             NOT_AS_THIS_PEER),
    row(Exact("GROUPCALL_NOT_MODIFIED"),             Some(400), SETTINGS_DISCARD, Reaction::TreatAsSuccess),
    row(Exact("GROUPCALL_ALREADY_DISCARDED"),        Some(400), SETTINGS_DISCARD, Reaction::TreatAsSuccess),
    row(Exact("USER_PRIVACY_RESTRICTED"),            None,      INVITE,           Reaction::Report),
    row(Exact("USER_ALREADY_PARTICIPANT"),           None,      INVITE,           Reaction::Report),
    row(Exact("USER_WAS_KICKED"),                    None,      INVITE,           Reaction::Report),
    row(Exact("MESSAGE_ID_INVALID"),                 Some(400), DECLINE,          Reaction::Ignore),
    row(Seconds("FLOOD_WAIT_"),                      Some(420), ANY,              WAIT),
    row(Seconds("FLOOD_PREMIUM_WAIT_"),              Some(420), ANY,              WAIT),
    row(Seconds("SLOWMODE_WAIT_"),                   Some(420), ANY,              WAIT),
    row(Exact("FROZEN_METHOD_INVALID"),              Some(420), ANY,              FROZEN),
    row(Exact("BOT_METHOD_INVALID"),                 Some(400), ANY,              BOT),
    row(Exact("MSG_WAIT_FAILED"),                    None,      ANY,              WAIT_FAILED),
    row(Exact("MSG_WAIT_TIMEOUT"),                   None,      ANY,              WAIT_FAILED),
    row(Exact("CONNECTION_NOT_INITED"),              Some(400), ANY,              UNPREPARED),
    row(Prefix("USER_MIGRATE_"),                     Some(303), ANY,              ELSEWHERE),
    row(Prefix("PHONE_MIGRATE_"),                    Some(303), ANY,              ELSEWHERE),
    row(Prefix("NETWORK_MIGRATE_"),                  Some(303), ANY,              ELSEWHERE),
    row(Prefix("FILE_MIGRATE_"),                     Some(303), ANY,              ELSEWHERE),
    row(Exact("AUTH_KEY_DUPLICATED"),                Some(406), ANY,              LOGGED_OUT),
    row(Exact("SESSION_PASSWORD_NEEDED"),            Some(401), ANY,              PASSWORD_NEEDED),
    row(Code(401),                                   Some(401), ANY,              LOGGED_OUT),
    row(Code(303),                                   Some(303), ANY,              ELSEWHERE),
    row(ServerFault,                                 None,      ANY,              Reaction::CheckTipFirst),
];

const fn row(
    name: ErrorName,
    code: Option<i32>,
    methods: &'static [Method],
    reaction: Reaction,
) -> Row {
    Row {
        name,
        code,
        methods,
        reaction,
    }
}
