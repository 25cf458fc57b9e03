use std::time::Duration;

use confcall_join::api::RpcError;
use confcall_state::UserId;

use crate::exchanged_keys::{ExchangedKeys, Holder};
use crate::keys::Keys;
use crate::login::Binding;
use crate::mtproto::auth_key::{AuthKey, AuthKeyId};
use crate::mtproto::key_exchange::Agreed;
use crate::mtproto::message::MsgId;

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
    /// The user; `None` before a login.
    pub(crate) user: Option<UserId>,
}

/// The message in which a client asks for something: its key, its session and its id.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    pub(crate) key: AuthKeyId,
    pub(crate) session: i64,
    pub(crate) message: MsgId,
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
        let Some((key, _)) = self.exchanged.find(id, now) else {
            let (user, key) = self.issued.find(id)?;
            let user = Some(user);
            return Some(KnownKey { key, user });
        };
        let key = AuthKey::from_bytes(*key.expose());
        let user = self.user(id, now);
        Some(KnownKey { key, user })
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
    pub(crate) fn permanent(&self, id: AuthKeyId, now: Duration) -> Option<AuthKeyId> {
        match self.exchanged.find(id, now) {
            Some((_, Holder::Unbound)) => None,
            Some((_, Holder::Bound(permanent))) => Some(permanent),
            Some((_, Holder::Guest | Holder::User(_))) | None => Some(id),
        }
    }

    /// Gives the key of a client to a user.
    pub(crate) fn log_in(
        &mut self,
        id: AuthKeyId,
        user: UserId,
        now: Duration,
    ) -> Result<(), RpcError> {
        let permanent = self.permanent(id, now);
        let permanent = permanent.ok_or_else(|| RpcError::new(401, "AUTH_KEY_PERM_EMPTY"))?;
        match self.exchanged.give(permanent, Some(user)) {
            true => Ok(()),
            // A temporary key can outlive the permanent one, which gave way to others.
            false => Err(RpcError::new(401, "AUTH_KEY_PERM_EMPTY")),
        }
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
