use std::collections::{BTreeMap, BTreeSet};

use confcall_state::UserId;

/// How participants are heard, as the creator decided it for all and as viewers chose it for themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Voices {
    silenced: BTreeSet<UserId>,
    volumes: BTreeMap<UserId, i32>,
    choices: BTreeMap<(UserId, UserId), Choice>,
}

/// The choice of one viewer about one participant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Choice {
    pub(crate) muted: bool,
    pub(crate) volume: Option<i32>,
}

/// A volume as a viewer has it, in hundredths of a percent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Volume {
    pub(super) value: Option<i32>,
    pub(super) is_by_admin: bool,
}

impl Voices {
    /// Decisions and choices that were saved.
    pub(crate) fn new(
        silenced: impl IntoIterator<Item = UserId>,
        volumes: impl IntoIterator<Item = (UserId, i32)>,
        choices: impl IntoIterator<Item = (UserId, UserId, Choice)>,
    ) -> Self {
        let choices = choices.into_iter();
        Self {
            silenced: silenced.into_iter().collect(),
            volumes: volumes.into_iter().collect(),
            choices: choices
                .map(|(viewer, user_id, choice)| ((viewer, user_id), choice))
                .collect(),
        }
    }

    /// The users whom only the creator lets speak again, members or not.
    pub(crate) fn silenced(&self) -> &BTreeSet<UserId> {
        &self.silenced
    }

    /// The volumes that the creator set for all.
    pub(crate) fn volumes(&self) -> &BTreeMap<UserId, i32> {
        &self.volumes
    }

    /// The choices, each with its viewer and with the user whom it is about.
    pub(crate) fn choices(&self) -> impl ExactSizeIterator<Item = (UserId, UserId, Choice)> {
        let choices = self.choices.iter();
        choices.map(|((viewer, user_id), choice)| (*viewer, *user_id, *choice))
    }

    pub(crate) fn may_speak(&self, user_id: UserId) -> bool {
        !self.silenced.contains(&user_id)
    }

    pub(super) fn choice(&self, viewer: UserId, user_id: UserId) -> Choice {
        let choice = self.choices.get(&(viewer, user_id));
        choice.copied().unwrap_or_default()
    }

    /// The volume of a participant for a viewer, whose own choice comes before the creator's.
    pub(super) fn volume(&self, viewer: UserId, user_id: UserId) -> Volume {
        let own = self.choice(viewer, user_id).volume;
        let by_admin = self.volumes.get(&user_id).copied();
        Volume {
            value: own.or(by_admin),
            is_by_admin: own.is_none() && by_admin.is_some(),
        }
    }

    /// Takes away a user's right to speak; true if it had that.
    pub(crate) fn silence(&mut self, user_id: UserId) -> bool {
        self.silenced.insert(user_id)
    }

    /// Gives a user the right to speak back; true if it was taken away.
    pub(crate) fn allow(&mut self, user_id: UserId) -> bool {
        self.silenced.remove(&user_id)
    }

    /// Sets a volume for all who choose none; true if it was another one.
    pub(super) fn set_volume(&mut self, user_id: UserId, volume: i32) -> bool {
        self.volumes.insert(user_id, volume) != Some(volume)
    }

    pub(super) fn choose(&mut self, viewer: UserId, user_id: UserId, choice: Choice) {
        // Only what differs from no choice takes room.
        match choice == Choice::default() {
            true => self.choices.remove(&(viewer, user_id)),
            false => self.choices.insert((viewer, user_id), choice),
        };
    }

    /// Forgets what was set about a user who left, and what that user chose; the right to speak does not come back so.
    pub(super) fn forget(&mut self, gone: &[UserId]) {
        self.volumes.retain(|user_id, _| !gone.contains(user_id));
        self.choices
            .retain(|(viewer, user_id), _| !gone.contains(viewer) && !gone.contains(user_id));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VIEWER: UserId = UserId::new(1);
    const USER: UserId = UserId::new(2);

    fn volume(value: i32, is_by_admin: bool) -> Volume {
        Volume {
            value: Some(value),
            is_by_admin,
        }
    }

    #[test]
    fn the_own_choice_of_a_volume_comes_before_that_of_the_creator() {
        let mut voices = Voices::default();
        assert_eq!(voices.volume(VIEWER, USER), Volume::default());
        assert!(voices.set_volume(USER, 5000));
        assert_eq!(voices.volume(VIEWER, USER), volume(5000, true));
        let choice = Choice {
            volume: Some(7000),
            ..Choice::default()
        };
        voices.choose(VIEWER, USER, choice);
        assert_eq!(voices.volume(VIEWER, USER), volume(7000, false));
        assert_eq!(voices.volume(UserId::new(3), USER), volume(5000, true));
    }

    #[test]
    fn of_those_who_left_only_that_they_are_silenced_is_remembered() {
        let mut voices = Voices::default();
        let choice = Choice {
            muted: true,
            volume: None,
        };
        voices.choose(VIEWER, USER, choice);
        voices.choose(USER, VIEWER, choice);
        voices.set_volume(USER, 1);
        voices.silence(USER);
        voices.forget(&[USER]);
        assert_eq!(voices, Voices::new([USER], [], []));
    }
}
