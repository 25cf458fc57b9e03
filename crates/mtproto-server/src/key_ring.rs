use std::time::Duration;

use confcall_join::api::RpcError;
use confcall_state::UserId;

use crate::exchanged_keys::{ExchangedKeys, Holder};
use crate::keys::Keys;
use crate::login::{Asked, Binding};
use crate::mtproto::auth_key::{AuthKey, AuthKeyId};
use crate::mtproto::key_exchange::Agreed;

/// All keys that a client can show: those that the server issued, and those that clients agreed on with it.
#[derive(Debug)]
pub(crate) struct KeyRing {
    issued: Keys,
    exchanged: ExchangedKeys,
}

/// A key that a client shows.
#[derive(Debug)]
pub(crate) struct KnownKey {
    pub(crate) key: AuthKey,
    pub(crate) standing: Standing,
}

/// What a key is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    /// The user; `None` before a login.
    pub(crate) user: Option<UserId>,
    /// The end of a temporary key, as a time since the epoch; `None` for one that has none.
    pub(crate) end: Option<Duration>,
}

impl KeyRing {
    pub(crate) fn new(issued: Keys) -> Self {
        let exchanged = ExchangedKeys::default();
        Self { issued, exchanged }
    }

    pub(crate) fn add(&mut self, agreed: Agreed, now: Duration) {
        self.exchanged.add(agreed, now);
    }

    pub(crate) fn find(&mut self, id: AuthKeyId, now: Duration) -> Option<KnownKey> {
        let exchanged = self.exchanged.find(id, now);
        let key = match exchanged.map(|(key, _)| AuthKey::from_bytes(*key.expose())) {
            Some(key) => key,
            None => self.issued.find(id)?.1,
        };
        let standing = self.standing(id, now);
        Some(KnownKey { key, standing })
    }

    /// What a key is good for.
    pub(crate) fn standing(&mut self, id: AuthKeyId, now: Duration) -> Standing {
        Standing {
            user: self.user(id, now),
            end: self.exchanged.end(id),
        }
    }

    /// The user for whom a key stands.
    pub(crate) fn user(&mut self, id: AuthKeyId, now: Duration) -> Option<UserId> {
        let permanent = self.permanent(id, now)?;
        match self.exchanged.find(permanent, now) {
            Some((_, Holder::User(user))) => Some(user),
            Some(_) => None,
            None => self.issued.find(permanent).map(|(user, _)| user),
        }
    }

    /// The permanent key for which a key stands, which can be itself; `None` for a temporary one that is not bound.
    fn permanent(&self, id: AuthKeyId, now: Duration) -> Option<AuthKeyId> {
        match self.exchanged.find(id, now) {
            Some((_, Holder::Unbound)) => None,
            Some((_, Holder::Bound(permanent))) => Some(permanent),
            Some((_, Holder::Guest | Holder::User(_))) | None => Some(id),
        }
    }

    /// The permanent key that a login of a client gives to its user.
    pub(crate) fn for_login(&self, id: AuthKeyId, now: Duration) -> Result<AuthKeyId, RpcError> {
        let permanent = self.permanent(id, now);
        // A temporary key can outlive the permanent one, which gave way to others, and one that was issued is its user's.
        let permanent = permanent.filter(|id| self.exchanged.find(*id, now).is_some());
        permanent.ok_or_else(|| RpcError::new(401, "AUTH_KEY_PERM_EMPTY"))
    }

    /// Gives the key of a client to a user.
    pub(crate) fn log_in(
        &mut self,
        id: AuthKeyId,
        user: UserId,
        now: Duration,
    ) -> Result<(), RpcError> {
        let permanent = self.for_login(id, now)?;
        self.exchanged.give(permanent, Some(user));
        Ok(())
    }

    /// Takes the key of a client from its user; one that was issued stays the user's.
    pub(crate) fn log_out(&mut self, id: AuthKeyId, now: Duration) {
        if let Some(permanent) = self.permanent(id, now) {
            self.exchanged.give(permanent, None);
        }
    }

    /// Lets the temporary key of a client stand for a permanent one, which the client proves to have.
    pub(crate) fn bind(
        &mut self,
        asked: Asked,
        binding: &Binding,
        now: Duration,
    ) -> Result<(), RpcError> {
        match self.exchanged.find(asked.key, now) {
            Some((_, Holder::Unbound)) => {}
            Some((_, Holder::Bound(permanent))) if permanent == binding.permanent() => {}
            Some((_, Holder::Bound(_))) => {
                return Err(RpcError::new(400, "TEMP_AUTH_KEY_ALREADY_BOUND"));
            }
            _ => return Err(RpcError::new(400, "TEMP_AUTH_KEY_EMPTY")),
        }
        let permanent = self.find(binding.permanent(), now);
        let is_permanent = self.permanent(binding.permanent(), now) == Some(binding.permanent());
        let permanent = permanent.filter(|_| is_permanent);
        let permanent = permanent.ok_or_else(|| RpcError::new(400, "ENCRYPTED_MESSAGE_INVALID"))?;
        let end = binding.verify(&permanent.key, asked, now)?;
        self.exchanged.bind(asked.key, binding.permanent(), end);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mtproto::auth_key::LENGTH;
    use crate::mtproto::message::MsgId;
    use confcall_server::tl::Layer;

    const NOW: Duration = Duration::from_secs(1_800_000_000);
    const ALICE: UserId = UserId::new(1);
    const BOB: UserId = UserId::new(2);

    /// A ring with an issued key of Alice, and a permanent and a temporary one that clients agreed on.
    struct Scene {
        ring: KeyRing,
        issued: AuthKeyId,
        permanent: AuthKeyId,
        temporary: AuthKeyId,
        _directory: tempfile::TempDir,
    }

    fn scene() -> Scene {
        let directory = tempfile::TempDir::new().unwrap();
        let mut keys = Keys::create(directory.path().join("keys")).unwrap();
        let issued = keys.issue(ALICE).unwrap().id();
        let mut ring = KeyRing::new(keys);
        let hour = Duration::from_secs(3600);
        let [permanent, temporary] = [(1, None), (2, Some(hour))].map(|(byte, lifetime)| {
            let key = AuthKey::from_bytes([byte; LENGTH]);
            let id = key.id();
            ring.add(Agreed { key, lifetime }, NOW);
            id
        });
        Scene {
            ring,
            issued,
            permanent,
            temporary,
            _directory: directory,
        }
    }

    impl Scene {
        /// Binds the temporary key with the proof of a client.
        fn bind(&mut self, permanent: AuthKeyId) -> Result<(), String> {
            let asked = self.asked(self.temporary);
            let key = self.ring.find(permanent, NOW).unwrap().key;
            let binding = Binding::sealed(&key, asked, 1_800_001_000);
            let bound = self.ring.bind(asked, &binding, NOW);
            bound.map_err(|error| error.message)
        }

        fn asked(&self, key: AuthKeyId) -> Asked {
            Asked {
                key,
                session: 7,
                message: MsgId(4),
                layer: Layer::Newest,
            }
        }

        fn user(&mut self, key: AuthKeyId) -> Option<UserId> {
            self.ring.user(key, NOW)
        }
    }

    #[test]
    fn a_temporary_key_follows_the_permanent_one_through_logins() {
        let mut scene = scene();
        let (permanent, temporary) = (scene.permanent, scene.temporary);
        let early = scene.ring.log_in(temporary, BOB, NOW).unwrap_err();
        assert_eq!(early.message, "AUTH_KEY_PERM_EMPTY");
        scene.bind(permanent).unwrap();
        assert_eq!(scene.user(temporary), None);
        scene.ring.log_in(temporary, BOB, NOW).unwrap();
        let both = [permanent, temporary].map(|key| scene.user(key));
        assert_eq!(both, [Some(BOB); 2]);
        scene.ring.log_out(permanent, NOW);
        let both = [permanent, temporary].map(|key| scene.user(key));
        assert_eq!(both, [None; 2]);
    }

    #[test]
    fn a_temporary_key_can_stand_for_one_that_was_issued() {
        let mut scene = scene();
        let (issued, temporary) = (scene.issued, scene.temporary);
        scene.bind(issued).unwrap();
        assert_eq!(scene.user(temporary), Some(ALICE));
        // An issued key stays its user's.
        scene.ring.log_out(temporary, NOW);
        assert!(scene.ring.log_in(temporary, BOB, NOW).is_err());
        assert_eq!(scene.user(temporary), Some(ALICE));
        let later = NOW + Duration::from_secs(1000);
        assert!(scene.ring.find(temporary, later).is_none());
    }

    #[test]
    fn a_temporary_key_is_bound_once_and_to_a_permanent_one() {
        let mut scene = scene();
        let (issued, permanent, temporary) = (scene.issued, scene.permanent, scene.temporary);
        let itself = scene.bind(temporary).unwrap_err();
        assert_eq!(itself, "ENCRYPTED_MESSAGE_INVALID");
        scene.bind(permanent).unwrap();
        // A client that had no answer asks again.
        scene.bind(permanent).unwrap();
        let other = scene.bind(issued).unwrap_err();
        assert_eq!(other, "TEMP_AUTH_KEY_ALREADY_BOUND");
    }

    #[test]
    fn a_permanent_key_is_not_bound() {
        let mut scene = scene();
        for key in [scene.permanent, scene.issued] {
            let asked = scene.asked(key);
            let issued = scene.ring.find(scene.issued, NOW).unwrap().key;
            let binding = Binding::sealed(&issued, asked, 1_800_001_000);
            let refused = scene.ring.bind(asked, &binding, NOW).unwrap_err();
            assert_eq!(refused.message, "TEMP_AUTH_KEY_EMPTY");
        }
    }
}
