use core::slice;

use confcall_join::api::{
    CallConnection, CallMessageId, ChainBlocks, DataJson, EncryptedMessage, MessageId,
    Participants, Response, SubChain, Update, Updates,
};
use confcall_state::UserId;
use grammers_tl_types::{enums, types};

use super::labels::read_labels;
use super::read::{ReadFault, read_whole};
use super::values::{
    read_call, read_call_message, read_invitation, read_migration, read_participants, read_peer,
    read_reference,
};

/// The content of a value of the API's type `Updates`, as far as it is about calls.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unpacked {
    /// The updates of our kinds, in order.
    pub updates: Vec<Update>,
    /// Set if there was more than the server sends at once, `updatesTooLong`.
    pub gap: bool,
}

impl From<Unpacked> for Response {
    /// The answer to a request; that there was more shows in what the answer lacks.
    fn from(unpacked: Unpacked) -> Self {
        Self::Updates(Updates(unpacked.updates))
    }
}

/// Unpacks any of the seven constructors of `Updates`, as the user `own` gets them (`spec/protocol.md`, 11.1).
///
/// The three short messages hold a text, or the number of one that was sent; neither is ours.
pub fn read_updates(updates: &enums::Updates, own: UserId) -> Unpacked {
    let (updates, users, chats): (&[_], &[_], &[_]) = match updates {
        enums::Updates::TooLong => {
            return Unpacked {
                updates: Vec::new(),
                gap: true,
            };
        }
        enums::Updates::UpdateShort(short) => (slice::from_ref(&short.update), &[], &[]),
        enums::Updates::Combined(all) => (&all.updates, &all.users, &all.chats),
        enums::Updates::Updates(all) => (&all.updates, &all.users, &all.chats),
        enums::Updates::UpdateShortMessage(_)
        | enums::Updates::UpdateShortChatMessage(_)
        | enums::Updates::UpdateShortSentMessage(_) => (&[], &[], &[]),
    };
    let updates = updates.iter().filter_map(|update| read_update(update, own));
    let mut updates: Vec<_> = updates.collect();
    // Names beside updates that are not ours are not ours either.
    let labels = match updates.is_empty() {
        true => Vec::new(),
        false => read_labels(users, chats),
    };
    if !labels.is_empty() {
        // Before the updates that they are about.
        updates.insert(0, Update::Labels(labels));
    }
    Unpacked {
        updates,
        gap: false,
    }
}

/// Unpacks the bytes of an `Updates` that the server pushed to the user `own`.
///
/// # Errors
///
/// [`ReadFault`]; the updates that the bytes held are missed then.
pub fn read_pushed(bytes: &[u8], own: UserId) -> Result<Unpacked, ReadFault> {
    read_whole(bytes).map(|updates| read_updates(&updates, own))
}

fn read_update(update: &enums::Update, own: UserId) -> Option<Update> {
    match update {
        enums::Update::GroupCallChainBlocks(update) => {
            read_chain_blocks(update).map(Update::ChainBlocks)
        }
        enums::Update::GroupCallConnection(update) => {
            Some(Update::Connection(read_connection(update)))
        }
        enums::Update::GroupCallParticipants(update) => Some(Update::Participants(Participants {
            call: read_reference(&update.call)?,
            participants: read_participants(&update.participants),
            version: update.version,
        })),
        enums::Update::GroupCall(update) => Some(Update::GroupCall {
            call: read_call(&update.call),
            peer: update.peer.as_ref().map(read_peer),
            live_story: update.live_story,
        }),
        enums::Update::GroupCallMessage(update) => read_call_message(update).map(Update::Message),
        enums::Update::DeleteGroupCallMessages(update) => {
            let messages = update.messages.iter().copied();
            Some(Update::MessagesDeleted {
                call: read_reference(&update.call)?,
                messages: messages.map(CallMessageId::new).collect(),
            })
        }
        enums::Update::GroupCallEncryptedMessage(update) => {
            Some(Update::EncryptedMessage(EncryptedMessage {
                call: read_reference(&update.call)?,
                from: read_peer(&update.from_id),
                encrypted_message: update.encrypted_message.clone(),
            }))
        }
        enums::Update::NewMessage(types::UpdateNewMessage { message, .. })
        | enums::Update::EditMessage(types::UpdateEditMessage { message, .. }) => {
            read_invitation(message, own).map(Update::Invitation)
        }
        enums::Update::DeleteMessages(update) => {
            let messages = update.messages.iter().copied().map(MessageId::new);
            Some(Update::Deleted(messages.collect()))
        }
        enums::Update::PhoneCall(update) => {
            read_migration(&update.phone_call).map(Update::Migrated)
        }
        // A client hands in everything that its server pushes, most of which is about chats.
        _ => None,
    }
}

fn read_chain_blocks(update: &types::UpdateGroupCallChainBlocks) -> Option<ChainBlocks> {
    Some(ChainBlocks {
        call: read_reference(&update.call)?,
        sub_chain: SubChain::from_value(update.sub_chain_id)?,
        blocks: update.blocks.clone(),
        next_offset: update.next_offset,
    })
}

fn read_connection(update: &types::UpdateGroupCallConnection) -> CallConnection {
    let enums::DataJson::Json(params) = &update.params;
    CallConnection {
        presentation: update.presentation,
        params: DataJson::new(params.data.as_str()),
    }
}
