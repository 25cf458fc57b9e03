//! Blocks, and the groups and keys that they set.

use std::collections::hash_map::DefaultHasher;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::{BitAnd, BitOr, Deref};
use std::sync::Arc;

use crate::term::{Key, Secret, User};

/// Permissions: to add users, and to remove them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Rights(u8);

impl Rights {
    pub(crate) const NONE: Self = Self(0);
    pub(crate) const ADD: Self = Self(1);
    pub(crate) const REMOVE: Self = Self(2);
    pub(crate) const BOTH: Self = Self(3);

    pub(crate) fn holds(self, other: Self) -> bool {
        other.0 & !self.0 == 0
    }

    pub(crate) fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
}

impl BitAnd for Rights {
    type Output = Self;

    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl BitOr for Rights {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// A participant: a user with a key and permissions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Entry {
    /// The user.
    pub(crate) user: User,
    /// The user's key.
    pub(crate) key: Key,
    /// The permissions.
    pub(crate) rights: Rights,
}

impl Entry {
    pub(crate) const fn new(user: User, key: Key, rights: Rights) -> Self {
        Self { user, key, rights }
    }

    pub(crate) fn is_same(&self, other: &Self) -> bool {
        (self.user, self.key) == (other.user, other.key)
    }
}

/// A group state; the order of the participants is left out of the model.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Group {
    /// The participants, by user, each key once.
    pub(crate) entries: Vec<Entry>,
    /// The permissions of everybody else.
    pub(crate) external: Rights,
}

impl Group {
    pub(crate) fn by_key(&self, key: Key) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }

    pub(crate) fn by_user(&self, user: User) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.user == user)
    }

    /// The permissions of the holder of a key.
    pub(crate) fn rights_of(&self, key: Key) -> Rights {
        let entry = self.by_key(key);
        entry.map_or(self.external, |entry| entry.rights)
    }

    pub(crate) fn without(&self, user: User) -> Self {
        let entries = self.entries.iter().copied();
        Self {
            entries: entries.filter(|entry| entry.user != user).collect(),
            external: self.external,
        }
    }

    pub(crate) fn with(&self, entry: Entry) -> Self {
        let mut next = self.without(entry.user);
        next.entries.push(entry);
        next.entries.sort();
        next
    }

    pub(crate) fn keys(&self) -> Vec<Key> {
        self.entries.iter().map(|entry| entry.key).collect()
    }

    /// Users and keys of all but one user.
    pub(crate) fn pairs_without(&self, user: User) -> impl Iterator<Item = (User, Key)> {
        let pairs = self.entries.iter().map(|entry| (entry.user, entry.key));
        pairs.filter(move |(one, _)| *one != user)
    }
}

/// A shared key: a secret, and who has a header that opens it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct SharedKey {
    /// The secret.
    pub(crate) secret: Secret,
    /// The keys that open it. The rules see only that each participant has a header, not whether it opens.
    pub(crate) opened_by: Vec<Key>,
}

/// The block on which another stands, as its hash names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Parent {
    /// The zero hash, on which block 0 stands.
    Zero,
    /// The hash of a block.
    Of(Block),
    /// A hash of no block.
    Invented,
}

/// The changes that a block makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Change {
    /// It sets the group and a key for it.
    Group,
    /// It sets a value; group and key stand in its state proof.
    Value,
}

/// Everything in a block.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Fields {
    /// The height.
    pub(crate) height: u8,
    /// The block on which it stands.
    pub(crate) parent: Parent,
    /// The kind of its changes.
    pub(crate) change: Change,
    /// The group that it sets or proves.
    pub(crate) group: Group,
    /// The key that it sets or proves.
    pub(crate) shared: SharedKey,
    /// The key that it names as its signer's.
    pub(crate) signer: Key,
    /// The key that made the signature, over all of the above.
    pub(crate) signed_by: Key,
}

/// A block; two with the same fields are one, as its hash has no collisions.
#[derive(Clone)]
pub(crate) struct Block {
    hash: u64,
    fields: Arc<Fields>,
}

impl Block {
    /// The block with these fields.
    pub(crate) fn new(fields: Fields) -> Self {
        let mut hasher = DefaultHasher::new();
        fields.hash(&mut hasher);
        Self {
            hash: hasher.finish(),
            fields: Arc::new(fields),
        }
    }
}

impl Deref for Block {
    type Target = Fields;

    fn deref(&self) -> &Fields {
        &self.fields
    }
}

impl PartialEq for Block {
    fn eq(&self, other: &Self) -> bool {
        self.hash == other.hash
    }
}

impl Eq for Block {}

impl PartialOrd for Block {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Block {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.hash.cmp(&other.hash)
    }
}

impl Hash for Block {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.hash.hash(state);
    }
}

/// The form in which a trace shows a block: short, its parent by name alone.
impl fmt::Debug for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |block: &Self| format!("#{:04x}", block.hash & 0xffff);
        let parent = match &self.parent {
            Parent::Zero => "zero".to_owned(),
            Parent::Of(block) => name(block),
            Parent::Invented => "invented".to_owned(),
        };
        let entries = self.group.entries.iter();
        let entries: Vec<_> = entries
            .map(|one| {
                let (user, owner, number) = (one.user, one.key.owner, one.key.number);
                format!("{user:?}={owner:?}{number}/{}", one.rights.0)
            })
            .collect();
        let (height, change, secret) = (self.height, self.change, self.shared.secret);
        write!(
            f,
            "{}@{height} on {parent} {change:?} [{}]/{} key {:?}{} to {} by {:?}",
            name(self),
            entries.join(" "),
            self.group.external.0,
            secret.by,
            secret.number,
            self.shared.opened_by.len(),
            self.signer,
        )?;
        if self.signer != self.signed_by {
            write!(f, ", forged by {:?}", self.signed_by)?;
        }
        Ok(())
    }
}
