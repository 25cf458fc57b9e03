use confcall_join::api::EditGroupCallParticipant;
use confcall_state::UserId;

use super::member::CallMember;
use super::pictures::{Camera, Screen, VIDEO_LIMIT};
use super::voices::Voices;
use crate::refusal::Refusal;

/// The edit of a participant by a member of the call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Edit<'a> {
    pub(super) editor: UserId,
    /// True if the editor decides for all.
    pub(super) is_by_admin: bool,
    /// True if the participant decides for all.
    pub(super) is_of_admin: bool,
    pub(super) hands: Hands,
    /// The place that a hand gets that is raised now.
    pub(super) next_hand: i64,
    /// True if as many others show a picture as participants can.
    pub(super) is_video_full: bool,
    pub(super) request: &'a EditGroupCallParticipant,
}

/// The hands of those who may not speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hands {
    /// They can be raised.
    Raised,
    /// The kind of call has none.
    Unknown,
}

/// Those for whom the roster is another one after an edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Effect {
    /// The editor at most, who gets the answer.
    Editor,
    /// All, by a change that the version does not count.
    All,
    /// All, by a change that the version counts.
    Counted,
}

impl Edit<'_> {
    /// Changes a participant as far as the editor may (`phone.editGroupCallParticipant`); a refusal changes nothing.
    pub(super) fn apply(
        &self,
        member: &mut CallMember,
        voices: &mut Voices,
    ) -> Result<Effect, Refusal> {
        let volume = self.request.volume;
        if volume.is_some_and(|volume| !EditGroupCallParticipant::VOLUMES.contains(&volume)) {
            return Err(Refusal::Volume);
        }
        if self.request.raise_hand.is_some() && self.hands == Hands::Unknown {
            return Err(Refusal::Hand);
        }
        if self.editor == member.user_id {
            return self.apply_to_own(member, voices);
        }
        self.check_pictures()?;
        match self.request.raise_hand {
            // An admin takes a hand down; only its owner raises it.
            Some(is_raised) if is_raised || !self.is_by_admin => return Err(Refusal::Hand),
            _ => {}
        }
        Ok(match self.is_by_admin {
            true => self.decide(member, voices),
            false => self.choose(member.user_id, voices),
        })
    }

    /// Everyone turns on and off what is its own, as long as it may speak.
    fn apply_to_own(&self, member: &mut CallMember, voices: &Voices) -> Result<Effect, Refusal> {
        // How loud one is for others is theirs to say.
        if self.request.volume.is_some() {
            return Err(Refusal::Volume);
        }
        let may_speak = voices.may_speak(member.user_id);
        let mut edited = member.clone();
        if let Some(muted) = self.request.muted {
            // There is no error for a wish that is not granted: the entry in the answer shows it.
            edited.muted = muted || !may_speak;
        }
        match self.request.raise_hand {
            Some(true) if may_speak => return Err(Refusal::Hand),
            Some(true) => edited.hand = edited.hand.or(Some(self.next_hand)),
            Some(false) => edited.hand = None,
            None => {}
        }
        self.edit_camera(&mut edited.camera, may_speak)?;
        self.edit_screen(edited.screen.as_mut())?;
        let is_changed = edited != *member;
        *member = edited;
        Ok(counted(is_changed))
    }

    fn edit_camera(&self, camera: &mut Camera, may_show: bool) -> Result<(), Refusal> {
        match self.request.video_stopped {
            Some(false) if camera.groups.is_empty() || !may_show => {
                return Err(Refusal::VideoStop);
            }
            Some(false) if self.is_video_full => {
                return Err(Refusal::VideoFull { limit: VIDEO_LIMIT });
            }
            Some(is_stopped) if !camera.groups.is_empty() => {
                camera.is_stopped = is_stopped;
                camera.is_paused &= !is_stopped;
            }
            _ => {}
        }
        match self.request.video_paused {
            Some(true) if !camera.is_shown() => return Err(Refusal::VideoPause),
            Some(is_paused) => camera.is_paused = is_paused,
            None => {}
        }
        Ok(())
    }

    fn edit_screen(&self, screen: Option<&mut Screen>) -> Result<(), Refusal> {
        match (self.request.presentation_paused, screen) {
            (Some(true), None) => Err(Refusal::VideoPause),
            (Some(is_paused), Some(screen)) => {
                screen.is_paused = is_paused;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Nobody turns the pictures of another on or off.
    fn check_pictures(&self) -> Result<(), Refusal> {
        let request = self.request;
        if request.video_stopped.is_some() {
            return Err(Refusal::VideoStop);
        }
        match request.video_paused.or(request.presentation_paused) {
            Some(_) => Err(Refusal::VideoPause),
            None => Ok(()),
        }
    }

    /// An admin decides for all.
    fn decide(&self, member: &mut CallMember, voices: &mut Voices) -> Effect {
        let user_id = member.user_id;
        let muted = counted(match self.request.muted {
            Some(true) => {
                let silenced = !self.is_of_admin && voices.silence(user_id);
                !core::mem::replace(&mut member.muted, true) || silenced
            }
            // Not unmuted: the participant may now do that, and decides; the hand has done its work.
            Some(false) => member.hand.take().is_some() | voices.allow(user_id),
            None => false,
        });
        let lowered = counted(match self.request.raise_hand {
            Some(false) => member.hand.take().is_some(),
            _ => false,
        });
        let volume = self.request.volume;
        match volume.is_some_and(|volume| voices.set_volume(user_id, volume)) {
            true => muted.max(lowered).max(Effect::All),
            false => muted.max(lowered),
        }
    }

    /// Any other member chooses for itself.
    fn choose(&self, user_id: UserId, voices: &mut Voices) -> Effect {
        let mut choice = voices.choice(self.editor, user_id);
        choice.muted = self.request.muted.unwrap_or(choice.muted);
        choice.volume = self.request.volume.or(choice.volume);
        voices.choose(self.editor, user_id, choice);
        Effect::Editor
    }
}

fn counted(is_changed: bool) -> Effect {
    match is_changed {
        true => Effect::Counted,
        false => Effect::Editor,
    }
}
