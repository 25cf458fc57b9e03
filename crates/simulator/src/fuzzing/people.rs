//! Users who ask a server for things.

use std::collections::BTreeMap;

use arbitrary::{Result, Unstructured};
use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng as _;
use confcall_join::Ssrc;
use confcall_join::api::{
    AccessHash, CallId, CheckGroupCall, CreateConferenceCall, DeclineConferenceCallInvite,
    DeleteConferenceCallParticipants, DiscardGroupCall, EditGroupCallParticipant, GetGroupCall,
    GetGroupCallChainBlocks, GetGroupParticipants, InputGroupCall, InputPeer, InputUser,
    InviteConferenceCallParticipant, JoinGroupCall, JoinGroupCallPresentation, LeaveGroupCall,
    LeaveGroupCallPresentation, MessageId, Removal, Request, SendConferenceCallBroadcast,
    SendGroupCallEncryptedMessage, Service as _, SubChain, ToggleGroupCallSettings, VideoLayers,
};
use confcall_join::joining::{Fingerprint, JoinPayload};
use confcall_state::keys::Signature;
use confcall_state::wire::{Broadcast, BroadcastContent, GroupState};
use confcall_state::{Block, Chain, JoinBlock, Joiner, PrivateKey, UserId};

use confcall_server::Call;
use confcall_server::Server;

/// The number of users.
const USERS: i64 = 5;

/// The users of a server, who know what they need for requests of all kinds.
pub(super) struct People {
    rng: ChaCha20Rng,
    /// The key of each membership.
    keys: BTreeMap<(CallId, UserId), PrivateKey>,
    /// The key of a block that is being sent.
    pending: Option<PrivateKey>,
}

/// One of the users.
pub(super) fn user(u: &mut Unstructured<'_>) -> Result<UserId> {
    Ok(UserId::new(u.int_in_range(1..=USERS)?))
}

impl People {
    pub(super) fn new() -> Self {
        Self {
            rng: ChaCha20Rng::from_seed([6; 32]),
            keys: BTreeMap::new(),
            pending: None,
        }
    }

    /// A user joins a call, perhaps not for the first time.
    pub(super) fn enter(&mut self, server: &mut Server, call: CallId, from: UserId) {
        let call = server.call(call).expect("a call of this server");
        if let Some(request) = self.join(call, call.reference(), from) {
            self.send(server, from, &request);
        }
    }

    /// A user asks a server for something.
    pub(super) fn send(&mut self, server: &mut Server, from: UserId, request: &Request) {
        if server.handle(from, &request.to_tl()).is_ok() {
            self.settle(server, from);
        }
    }

    /// Keeps the key of a block that the server took.
    pub(super) fn settle(&mut self, server: &Server, from: UserId) {
        let Some(key) = self.pending.take() else {
            return;
        };
        let public_key = key.public_key();
        let holds = |call: &&Call| {
            call.chain_state()
                .group_state()
                .by_key(&public_key)
                .is_some()
        };
        if let Some(call) = server.calls().find(holds) {
            self.keys.insert((call.id(), from), key);
        }
    }

    /// A request of a user; `None` for one that the user could not write.
    pub(super) fn request(
        &mut self,
        u: &mut Unstructured<'_>,
        server: &Server,
        from: UserId,
    ) -> Result<Option<Request>> {
        let calls: Vec<_> = server.calls().collect();
        if calls.is_empty() {
            return self.creation(u, from);
        }
        let call = calls[u.choose_index(calls.len())?];
        let reference = reference(u, call)?;
        Ok(Some(match u.int_in_range(0..=28)? {
            0 => return self.creation(u, from),
            1..=6 => {
                return self
                    .join(call, reference, from)
                    .map_or(Ok(None), |one| Ok(Some(one)));
            }
            7..=9 => return self.removal(u, call, reference, from),
            10 | 11 => LeaveGroupCall {
                call: reference,
                source: Some(source(u, call)?),
            }
            .into(),
            12..=15 => return self.broadcast(u, call, reference, from),
            16 => GetGroupCallChainBlocks {
                call: reference,
                sub_chain: *u.choose(&[SubChain::Blocks, SubChain::Broadcasts])?,
                offset: u.int_in_range(-3..=20)?,
                limit: u.int_in_range(-1..=101)?,
            }
            .into(),
            17 => InviteConferenceCallParticipant {
                video: u.arbitrary()?,
                call: reference,
                user: InputUser::User {
                    id: user(u)?,
                    access_hash: AccessHash::new(0),
                },
            }
            .into(),
            18 => DeclineConferenceCallInvite {
                message: MessageId::new(u.int_in_range(0..=9)?),
            }
            .into(),
            19 => SendGroupCallEncryptedMessage {
                call: reference,
                encrypted_message: vec![1; u.int_in_range(0..=9)?],
            }
            .into(),
            20 => GetGroupParticipants::page(reference, *u.choose(&["", "1", "x"])?, 2).into(),
            21 => CheckGroupCall {
                call: reference,
                sources: vec![source(u, call)?],
            }
            .into(),
            22 => match u.arbitrary()? {
                true => GetGroupCall {
                    call: reference,
                    limit: 2,
                }
                .into(),
                false => ToggleGroupCallSettings::revoke_link(reference).into(),
            },
            23 | 24 => edit(u, reference)?.into(),
            25 => {
                let mut payload = self.screen();
                if u.ratio(1, 4)? {
                    let source = source(u, call)?;
                    payload = with_source(payload, source);
                }
                JoinGroupCallPresentation {
                    call: reference,
                    params: payload.to_params(),
                }
                .into()
            }
            26 => LeaveGroupCallPresentation { call: reference }.into(),
            27 => ToggleGroupCallSettings {
                reset_invite_hash: u.arbitrary()?,
                messages_enabled: u.arbitrary()?,
                ..ToggleGroupCallSettings::revoke_link(reference)
            }
            .into(),
            _ => DiscardGroupCall { call: reference }.into(),
        }))
    }

    fn creation(&mut self, u: &mut Unstructured<'_>, from: UserId) -> Result<Option<Request>> {
        let random_id = u.int_in_range(1..=3)?;
        let first = JoinBlock::first(Joiner::new(from), &mut self.rng);
        let join = first.ok().filter(|_| random_id != 3);
        let params = join.is_some().then(|| self.payload().to_params());
        let request = CreateConferenceCall {
            muted: true,
            video_stopped: true,
            random_id,
            public_key: join.as_ref().map(JoinBlock::public_key),
            block: join.as_ref().map(|join| join.block().bytes().to_vec()),
            params,
        };
        self.pending = join.map(JoinBlock::into_private_key);
        Ok(Some(request.into()))
    }

    fn join(&mut self, call: &Call, reference: InputGroupCall, from: UserId) -> Option<Request> {
        let joiner = Joiner::new(from);
        let join = match tip(call) {
            Some(tip) => JoinBlock::add_self(&tip, joiner, &mut self.rng),
            None => JoinBlock::first(joiner, &mut self.rng),
        };
        let join = join.ok()?;
        let request = JoinGroupCall {
            muted: true,
            video_stopped: true,
            call: reference,
            join_as: InputPeer::SelfUser,
            invite_hash: None,
            public_key: Some(join.public_key()),
            block: Some(join.block().bytes().to_vec()),
            params: self.payload().to_params(),
        };
        self.pending = Some(join.into_private_key());
        Some(request.into())
    }

    /// A block without one user, signed with the key of one.
    fn removal(
        &mut self,
        u: &mut Unstructured<'_>,
        call: &Call,
        reference: InputGroupCall,
        from: UserId,
    ) -> Result<Option<Request>> {
        let (removed, signer) = (user(u)?, if u.ratio(7, 8)? { from } else { user(u)? });
        let removal = *u.choose(&[Removal::Kick, Removal::OnlyLeft])?;
        let chain = tip(call).and_then(|tip| Chain::start_from(&tip).ok());
        let (Some(chain), Some(key)) = (chain, self.keys.get(&(call.id(), signer))) else {
            return Ok(None);
        };
        let mut group = GroupState::clone(chain.state().group_state());
        group.participants.retain(|one| one.user_id != removed);
        let block = chain.build_group_change(group, key, &mut self.rng);
        Ok(block.ok().map(|block| {
            DeleteConferenceCallParticipants {
                removal,
                call: reference,
                ids: vec![removed],
                block: block.bytes().to_vec(),
            }
            .into()
        }))
    }

    fn broadcast(
        &self,
        u: &mut Unstructured<'_>,
        call: &Call,
        reference: InputGroupCall,
        from: UserId,
    ) -> Result<Option<Request>> {
        let state = call.chain_state();
        let nonce = [7; 32];
        let broadcast = Broadcast {
            signature: Signature::ZERO,
            user_id: if u.ratio(7, 8)? { from } else { user(u)? },
            height: state.height(),
            block_hash: state.hash(),
            content: match u.arbitrary()? {
                true => BroadcastContent::Reveal { nonce },
                false => BroadcastContent::Commit {
                    nonce_hash: NONCE_HASH,
                },
            },
        };
        let Some(key) = self.keys.get(&(call.id(), from)) else {
            return Ok(None);
        };
        let broadcast = broadcast.sign(key).to_bytes();
        Ok(Some(
            SendConferenceCallBroadcast {
                call: reference,
                broadcast,
            }
            .into(),
        ))
    }

    fn payload(&mut self) -> JoinPayload {
        JoinPayload::generate(Fingerprint::sha256([7; 32]), None, &mut self.rng)
    }

    /// The payload of a screen.
    fn screen(&mut self) -> JoinPayload {
        let layers = Some(VideoLayers::One);
        JoinPayload::generate(Fingerprint::sha256([8; 32]), layers, &mut self.rng)
    }
}

/// The same payload with another source of sound.
fn with_source(payload: JoinPayload, source: Ssrc) -> JoinPayload {
    let credentials = payload.credentials().clone();
    let changed = JoinPayload::new(
        source,
        credentials,
        payload.fingerprints().to_vec(),
        Vec::new(),
    );
    changed.unwrap_or(payload)
}

/// An edit of a participant, perhaps the own one.
fn edit(u: &mut Unstructured<'_>, call: InputGroupCall) -> Result<EditGroupCallParticipant> {
    let participant = match u.arbitrary()? {
        true => InputPeer::SelfUser,
        false => InputPeer::User {
            id: user(u)?,
            access_hash: AccessHash::new(0),
        },
    };
    let volume = u.int_in_range(-1..=20_001)?;
    Ok(EditGroupCallParticipant {
        muted: u.arbitrary()?,
        volume: u.ratio(1, 3)?.then_some(volume),
        raise_hand: u.ratio(1, 16)?.then_some(true),
        video_stopped: u.arbitrary()?,
        video_paused: u.arbitrary()?,
        presentation_paused: u.arbitrary()?,
        ..EditGroupCallParticipant::new(call, participant)
    })
}

/// The SHA-256 of 32 bytes of 7.
const NONCE_HASH: [u8; 32] = [
    0x4b, 0xb0, 0x6f, 0x8e, 0x4e, 0x3a, 0x77, 0x15, 0xd2, 0x01, 0xd5, 0x73, 0xd0, 0xaa, 0x42, 0x37,
    0x62, 0xe5, 0x5d, 0xab, 0xd6, 0x1a, 0x2c, 0x02, 0x27, 0x8f, 0xa5, 0x6c, 0xc6, 0xd2, 0x94, 0xe0,
];

fn tip(call: &Call) -> Option<Block> {
    Block::from_server(call.blocks().last()?).ok()
}

fn reference(u: &mut Unstructured<'_>, call: &Call) -> Result<InputGroupCall> {
    Ok(match u.int_in_range(0..=7)? {
        0 => InputGroupCall::InviteMessage(MessageId::new(u.int_in_range(0..=9)?)),
        1 => InputGroupCall::Slug(call.slug().clone()),
        2 => InputGroupCall::Id {
            id: call.id(),
            access_hash: AccessHash::new(0),
        },
        _ => call.reference(),
    })
}

fn source(u: &mut Unstructured<'_>, call: &Call) -> Result<Ssrc> {
    let sources: Vec<_> = call.members().map(|member| member.source()).collect();
    let of_member = match sources.len() {
        0 => None,
        count => sources.get(u.choose_index(count)?).copied(),
    };
    Ok(of_member.unwrap_or(Ssrc::new(1).expect("it is not zero")))
}
