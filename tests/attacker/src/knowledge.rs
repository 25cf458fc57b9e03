//! The attacker's knowledge: a set of terms, closed under what can be taken apart, and what can be made of it.
//!
//! ```text
//! taking apart                                       making
//! block            ─▶ public keys, sealed secrets    private key            ─▶ its signature
//! sealed, private  ─▶ secret                         secret, public key     ─▶ sealed secret
//! commit           ─▶ hash of a nonce                nonce                  ─▶ its hash
//! reveal           ─▶ nonce                          block, other nonces    ─▶ a nonce ground over them
//! ```

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::block::{Block, Parent};
use crate::term::{Content, Key, Nonce, Secret, Term, User};

/// What the attacker knows.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Knowledge(Arc<BTreeSet<Term>>);

impl Knowledge {
    /// What it knows before anybody has said anything: its own keys, its secret and its nonces.
    pub(crate) fn of_attacker() -> Self {
        let mut knowledge = Self(Arc::new(BTreeSet::new()));
        for user in [User::Mallory, User::Trudy] {
            knowledge.learn(Term::Private(user.key()));
            knowledge.learn(Term::Public(user.key()));
            knowledge.learn(Term::Nonce(Nonce::Drawn {
                by: user,
                number: 0,
            }));
        }
        knowledge.learn(Term::Secret(Secret::ATTACKERS));
        knowledge
    }

    /// Takes in a term, and all that can be taken out of what is known then.
    pub(crate) fn learn(&mut self, term: Term) {
        let mut new = vec![term];
        while let Some(term) = new.pop() {
            if self.0.contains(&term) {
                continue;
            }
            new.extend(self.taken_out(&term));
            Arc::make_mut(&mut self.0).insert(term);
        }
    }

    /// True if the attacker has a term, or can make it.
    pub(crate) fn can_make(&self, term: &Term) -> bool {
        self.0.contains(term)
            || match term {
                Term::Private(_) | Term::Public(_) | Term::Secret(_) => false,
                Term::Sealed { to, secret } => {
                    self.has(Term::Public(*to)) && self.has(Term::Secret(*secret))
                }
                Term::Nonce(Nonce::Drawn { .. }) => false,
                Term::Nonce(Nonce::Ground(grind)) => {
                    let others = grind.others.iter();
                    self.can_name(&Parent::Of(grind.block.clone()))
                        && others
                            .cloned()
                            .all(|other| self.can_make(&Term::Nonce(other)))
                }
                Term::Hash(nonce) => self.can_make(&Term::Nonce(nonce.clone())),
                Term::Block(block) => self.can_write(block),
                Term::Broadcast(one) => {
                    let content = match &one.content {
                        Content::Commit(nonce) => Term::Hash(nonce.clone()),
                        Content::Reveal(nonce) => Term::Nonce(nonce.clone()),
                    };
                    self.has(Term::Private(one.by)) && self.can_make(&content)
                }
            }
    }

    /// The blocks that were seen or written.
    pub(crate) fn blocks(&self) -> impl Iterator<Item = &Block> {
        self.0.iter().filter_map(|term| match term {
            Term::Block(block) => Some(block),
            _ => None,
        })
    }

    /// The public keys of a user that were seen.
    pub(crate) fn keys_of(&self, user: User) -> impl Iterator<Item = Key> {
        self.0.iter().filter_map(move |term| match term {
            Term::Public(key) if key.owner == user => Some(*key),
            _ => None,
        })
    }

    /// The contents of the broadcasts about a block that a key has signed.
    pub(crate) fn said_by(&self, key: Key, block: &Block) -> impl Iterator<Item = &Content> {
        self.0.iter().filter_map(move |term| match term {
            Term::Broadcast(one) if one.by == key && one.block == *block => Some(&one.content),
            _ => None,
        })
    }

    /// The nonces whose hashes were seen.
    pub(crate) fn hashed(&self) -> impl Iterator<Item = &Nonce> {
        self.0.iter().filter_map(|term| match term {
            Term::Hash(nonce) => Some(nonce),
            _ => None,
        })
    }

    fn has(&self, term: Term) -> bool {
        self.0.contains(&term)
    }

    /// The parts of a new term that can be read, some of them with what is known already.
    fn taken_out(&self, term: &Term) -> Vec<Term> {
        match term {
            Term::Block(block) => {
                let keys = block.group.keys().into_iter().map(Term::Public);
                let secret = block.shared.secret;
                let headers = block.shared.opened_by.iter();
                keys.chain(headers.map(|to| Term::Sealed { to: *to, secret }))
                    .collect()
            }
            Term::Sealed { to, secret } if self.has(Term::Private(*to)) => {
                vec![Term::Secret(*secret)]
            }
            Term::Private(key) => {
                let sealed = self.0.iter().filter_map(|term| match term {
                    Term::Sealed { to, secret } if to == key => Some(Term::Secret(*secret)),
                    _ => None,
                });
                sealed.collect()
            }
            Term::Broadcast(one) => match &one.content {
                Content::Commit(nonce) => vec![Term::Hash(nonce.clone())],
                Content::Reveal(nonce) => vec![Term::Nonce(nonce.clone())],
            },
            _ => Vec::new(),
        }
    }

    fn can_write(&self, block: &Block) -> bool {
        let secret = block.shared.secret;
        let mut headers = block.shared.opened_by.iter();
        self.has(Term::Private(block.signed_by))
            && self.has(Term::Public(block.signer))
            && self.can_name(&block.parent)
            && block
                .group
                .keys()
                .into_iter()
                .all(|key| self.has(Term::Public(key)))
            && headers.all(|to| self.can_make(&Term::Sealed { to: *to, secret }))
    }

    /// True if the attacker has the hash of a block, because it has the block.
    fn can_name(&self, parent: &Parent) -> bool {
        match parent {
            Parent::Zero | Parent::Invented => true,
            Parent::Of(block) => self.has(Term::Block(block.clone())),
        }
    }
}
