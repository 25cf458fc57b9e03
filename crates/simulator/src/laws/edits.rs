use std::collections::BTreeMap;

use confcall_join::api::{EditGroupCallParticipant, InputPeer, Peer, Request};
use confcall_join::engine::{Command, CommandFailure, CommandId, Event, Input, OwnState};
use confcall_state::UserId;

/// The law that participants are changed only as the caller wants it.
///
/// Others are muted, and made louder or less loud, by a command that names them. Our own microphone and camera are turned on by
/// a command that nothing has taken back since: neither a later one, nor an admin who silenced us. Hands are raised and taken down
/// by a command too.
#[derive(Clone, Debug)]
pub(super) struct Edits {
    user: UserId,
    /// As whom we are in the call.
    own: Peer,
    /// The changes of others that were asked for.
    muted: Vec<(Peer, bool)>,
    volumes: Vec<(Peer, i32)>,
    /// The hands that were raised or taken down, ours among them.
    hands: Vec<(Option<Peer>, bool)>,
    /// True for a source of ours that may be on; nothing until the engine has shown what it begins with.
    sound: Option<bool>,
    picture: Option<bool>,
    /// True if a screen may be shared.
    screen: Option<bool>,
    /// The commands to turn our microphone or our camera on that have no answer yet, and whether it could be on before.
    turning_on: BTreeMap<CommandId, (Command, Option<bool>)>,
    is_silenced: bool,
}

impl Edits {
    pub(super) fn new(user: UserId) -> Self {
        Self {
            user,
            own: Peer::User(user),
            muted: Vec::new(),
            volumes: Vec::new(),
            hands: Vec::new(),
            sound: None,
            picture: None,
            screen: None,
            turning_on: BTreeMap::new(),
            is_silenced: false,
        }
    }

    pub(super) fn begin(&mut self, input: &Input) {
        let Input::Command { id, command } = input else {
            return;
        };
        let before = match command {
            Command::SetMuted { muted: false } => Some(self.sound),
            Command::SetVideo { on: true } => Some(self.picture),
            _ => None,
        };
        if let Some(before) = before {
            self.turning_on.insert(*id, (command.clone(), before));
        }
        match command {
            Command::Mute { peer, muted } => {
                self.muted.push((*peer, *muted));
                if *peer == self.own && !muted {
                    self.sound = Some(true);
                }
            }
            Command::SetVolume { peer, volume } => self.volumes.push((*peer, *volume)),
            Command::RaiseHand { raised } => self.hands.push((None, *raised)),
            Command::LowerHand { peer } => self.hands.push((Some(*peer), false)),
            Command::SetMuted { muted } => self.sound = Some(!muted),
            Command::SetVideo { on } => self.picture = Some(*on),
            Command::StartPresentation { .. } => self.screen = Some(true),
            Command::StopPresentation => self.screen = Some(false),
            _ => {}
        }
    }

    pub(super) fn sent(&self, body: &Request) {
        let user = self.user;
        match body {
            Request::EditParticipant(edit) => self.edited(edit),
            Request::Join(join) => self.check_on(!join.muted, !join.video_stopped),
            Request::Create(create) if create.params.is_some() => {
                self.check_on(!create.muted, !create.video_stopped);
            }
            Request::JoinPresentation(_) => assert!(
                self.screen != Some(false),
                "user {user}: a screen is shared that nobody wants"
            ),
            _ => {}
        }
    }

    fn edited(&self, edit: &EditGroupCallParticipant) {
        let user = self.user;
        let peer = edit.participant.peer(user);
        let is_own = edit.participant == InputPeer::SelfUser || peer == Some(self.own);
        let is_volume = |volume| peer.is_some_and(|peer| self.volumes.contains(&(peer, volume)));
        let is_asked = if is_own {
            self.check_on(edit.muted == Some(false), edit.video_stopped == Some(false));
            true
        } else {
            let is_muting = |muted| peer.is_some_and(|peer| self.muted.contains(&(peer, muted)));
            let pictures = [
                edit.video_stopped,
                edit.video_paused,
                edit.presentation_paused,
            ];
            edit.muted.is_none_or(is_muting) && pictures == [None; 3]
        };
        let is_hand = |raised| {
            let of_other = |peer| self.hands.contains(&(Some(peer), raised));
            is_own && self.hands.contains(&(None, raised)) || peer.is_some_and(of_other)
        };
        assert!(
            is_asked && edit.volume.is_none_or(is_volume) && edit.raise_hand.is_none_or(is_hand),
            "user {user}: {edit:?} was not asked for"
        );
    }

    fn check_on(&self, sound: bool, picture: bool) {
        let user = self.user;
        assert!(
            !sound || self.sound != Some(false),
            "user {user}: turns its microphone on, which is to be off"
        );
        assert!(
            !picture || self.picture != Some(false),
            "user {user}: turns its camera on, which is to be off"
        );
    }

    pub(super) fn see(&mut self, event: &Event) {
        match event {
            Event::Joined(joined) | Event::Rejoined(joined) => self.own = joined.own,
            Event::Done { id, .. } => drop(self.turning_on.remove(id)),
            Event::Failed { id, why, .. } => {
                let Some((command, before)) = self.turning_on.remove(id) else {
                    return;
                };
                if *why == CommandFailure::Silenced {
                    let wanted = match command {
                        Command::SetMuted { .. } => &mut self.sound,
                        _ => &mut self.picture,
                    };
                    // What was wanted before is as it was, unless it has been taken back since.
                    if *wanted == Some(true) {
                        *wanted = before.map(|on| on && !self.is_silenced);
                    }
                }
            }
            _ => {}
        }
    }

    /// Notes that an admin silenced us, after which neither sound nor picture is turned on by what was wanted before.
    pub(super) fn settle(&mut self, own: Option<OwnState>) {
        let Some(own) = own else { return };
        self.sound.get_or_insert(!own.wanted.muted);
        self.picture.get_or_insert(!own.wanted.video_stopped);
        let is_silenced = own.confirmed.muted && !own.can_unmute;
        if is_silenced && !core::mem::replace(&mut self.is_silenced, is_silenced) {
            (self.sound, self.picture, self.screen) = (Some(false), Some(false), Some(false));
        }
        self.is_silenced = is_silenced;
        let user = self.user;
        assert!(
            !is_silenced || own.wanted.muted && own.wanted.video_stopped,
            "user {user}: sound or picture is wanted although it is silenced: {own:?}"
        );
    }
}
