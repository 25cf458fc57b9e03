//! The moves that are open in a state: all blocks, commits and reveals that the attacker has or can make, and that change anything.
//!
//! What a user refuses changes nothing here: that a refusal costs a membership is [`Move::Lose`].

use std::slice;
use std::sync::Arc;

use crate::block::{Block, Change, Entry, Fields, Group, Parent, Rights, SharedKey};
use crate::chain::Chain;
use crate::check::{Check, Checks};
use crate::model::{Move, State};
use crate::person::{Member, Person, Stage};
use crate::round::Round;
use crate::scene::Scene;
use crate::term::{Content, Grind, Key, Nonce, Secret, Term, User};

/// The moves that concern a user.
pub(crate) fn moves(state: &State, user: User, scene: Scene, checks: Checks) -> Vec<Move> {
    let attack = Attack {
        state,
        person: state.person(user),
        scene,
        checks,
    };
    let mut moves = attack.restarts();
    match &attack.person.stage {
        Stage::Away => {}
        Stage::Outside => moves.extend(attack.tips()),
        Stage::Entering { key, block } => moves.extend(attack.answers(*key, block)),
        Stage::Member(member) => {
            moves.extend(attack.deliveries(member));
            moves.extend(attack.removals(member));
            if !member.is_behind {
                moves.extend(attack.broadcasts(member));
            }
        }
    }
    moves
}

/// The attacker before one user.
struct Attack<'a> {
    state: &'a State,
    person: &'a Person,
    scene: Scene,
    checks: Checks,
}

impl Attack<'_> {
    fn restarts(&self) -> Vec<Move> {
        let (person, left) = (self.person, &self.state.left);
        let user = person.user;
        let mut moves = Vec::new();
        if let Some(member) = person.member() {
            if left.losses > 0 && left.entries > 0 {
                moves.extend([Move::Lose(user), Move::Restart(user)]);
            }
            if left.checkpoints > 0 && !member.is_behind {
                moves.push(Move::Save(user));
            }
            if member.is_behind {
                moves.push(Move::CatchUp(user));
            }
        }
        if person.saved.is_some() {
            moves.push(Move::Restore(user));
        }
        moves
    }

    fn tips(&self) -> Vec<Move> {
        let user = self.person.user;
        if self.state.left.entries == 0 {
            return Vec::new();
        }
        let seen = self.state.knowledge.blocks().cloned();
        let tips = seen.chain(self.forged(|| self.forged_tips()));
        let tips = tips.map(|tip| Move::Tip(user, Some(tip)));
        tips.chain([Move::Tip(user, None)]).collect()
    }

    fn answers(&self, key: Key, own: &Block) -> Vec<Move> {
        let user = self.person.user;
        let seen = self.state.knowledge.blocks().cloned();
        let forged = self.forged(|| {
            let chain = Chain::start(own);
            let mut blocks = self.blocks_on(&chain, key);
            for group in self.groups(own.group.external, Some(key)) {
                for height in [own.height, own.height + 2] {
                    blocks.push(self.free(height, Parent::Invented, group.clone()));
                }
            }
            blocks
        });
        let answers = seen.chain(forged).filter(|block| {
            let mut person = self.person.clone();
            person.read_answer(block, self.checks).is_some()
        });
        answers.map(|block| Move::Answer(user, block)).collect()
    }

    fn deliveries(&self, member: &Member) -> Vec<Move> {
        let user = self.person.user;
        let seen = self.state.knowledge.blocks().cloned();
        let forged = self.forged(|| self.blocks_on(&member.chain, member.key));
        let blocks = seen.chain(forged).filter(|block| {
            let chain = member.chain.apply(block, self.checks);
            chain.is_some() && self.person.clone().follow(block, self.checks).is_some()
        });
        blocks.map(|block| Move::Deliver(user, block)).collect()
    }

    /// Somebody whom the server does not list any more is removed.
    fn removals(&self, member: &Member) -> Vec<Move> {
        let user = self.person.user;
        if self.state.left.removals == 0 {
            return Vec::new();
        }
        let users = member.chain.group.entries.iter().map(|entry| entry.user);
        let others = users.filter(|other| *other != user);
        others.map(|other| Move::Remove(user, other)).collect()
    }

    /// What is left of these blocks after a look at the budget and at what the attacker knows.
    fn forged(&self, blocks: impl FnOnce() -> Vec<Block>) -> Vec<Block> {
        if self.state.left.forged == 0 {
            return Vec::new();
        }
        let mut blocks = blocks();
        let knowledge = &self.state.knowledge;
        blocks.retain(|block| knowledge.can_make(&Term::Block(block.clone())));
        blocks
    }

    fn forged_tips(&self) -> Vec<Block> {
        let groups = self.groups(Rights::BOTH, None);
        let Some(known) = &self.person.known else {
            return groups
                .map(|group| self.free(0, Parent::Zero, group))
                .collect();
        };
        let height = known.head.height;
        let on = Parent::Of(known.head.clone());
        let places = [
            (height - 1, Parent::Invented),
            (height, Parent::Invented),
            (height + 1, Parent::Invented),
            (height + 1, on),
            (height + 2, Parent::Invented),
        ];
        let blocks = groups.flat_map(|group| {
            places
                .clone()
                .map(|(height, parent)| self.free(height, parent, group.clone()))
        });
        blocks.collect()
    }

    /// A block at any place, which the attacker signs with its first key.
    fn free(&self, height: u8, parent: Parent, group: Group) -> Block {
        let signer = User::Mallory.key();
        Block::new(Fields {
            height,
            parent,
            change: Change::Group,
            shared: attackers(group.keys()),
            group,
            signer,
            signed_by: signer,
        })
    }

    /// The blocks of the attacker one higher than a chain, with a key in its place.
    fn blocks_on(&self, chain: &Chain, key: Key) -> Vec<Block> {
        let height = chain.head.height + 1;
        let on = Parent::Of(chain.head.clone());
        let mut blocks = Vec::new();
        let write = |parent, change, group, shared, signer, signed_by| {
            Block::new(Fields {
                height,
                parent,
                change,
                group,
                shared,
                signer,
                signed_by,
            })
        };
        let attackers_keys = [User::Mallory.key(), User::Trudy.key()];
        for group in self.groups(chain.group.external, Some(key)) {
            let signers = attackers_keys.into_iter().map(|signer| (signer, signer));
            // A signature in another name, which is none.
            let forged = group
                .keys()
                .into_iter()
                .filter(|signer| signer.owner.is_honest());
            let forged = forged.map(|signer| (signer, User::Mallory.key()));
            for (signer, signed_by) in signers.chain(forged) {
                for parent in [on.clone(), Parent::Invented] {
                    for without in [None, Some(User::Bob)] {
                        let keys = group
                            .entries
                            .iter()
                            .filter(|entry| Some(entry.user) != without);
                        let keys: Vec<_> = keys.map(|entry| entry.key).collect();
                        if without.is_some() && keys.len() == group.entries.len() {
                            continue;
                        }
                        let (group, shared) = (group.clone(), attackers(keys));
                        blocks.push(write(
                            parent.clone(),
                            Change::Group,
                            group,
                            shared,
                            signer,
                            signed_by,
                        ));
                    }
                }
            }
        }
        let other = Group {
            external: Rights::NONE,
            ..chain.group.clone()
        };
        let proofs = [
            (chain.group.clone(), chain.shared.clone()),
            (other, chain.shared.clone()),
            (chain.group.clone(), attackers(chain.group.keys())),
        ];
        let stranger = User::Trudy.key();
        blocks.extend(proofs.map(|(group, shared)| {
            write(on.clone(), Change::Value, group, shared, stranger, stranger)
        }));
        blocks
    }

    /// The groups that the attacker can set: honest users with keys of theirs, or with one of the attacker's; Mallory; in some
    /// scenes Trudy. A key of the user concerned is there, or nothing of that user.
    fn groups(&self, external: Rights, key: Option<Key>) -> impl Iterator<Item = Group> {
        let rights = self.scene.rights();
        let fake = User::Trudy.key();
        let places = [User::Alice, User::Bob, User::Mallory, User::Trudy].map(|user| {
            let keys: Vec<Key> = match user {
                User::Mallory => vec![user.key()],
                User::Trudy if rights.len() > 1 => vec![user.key()],
                User::Trudy => Vec::new(),
                _ if user == self.person.user => key.into_iter().collect(),
                _ => self.state.knowledge.keys_of(user).chain([fake]).collect(),
            };
            let must_be_in = user == self.person.user && key.is_some();
            let rights = match user.is_honest() && user == self.person.user {
                true => &[Rights::BOTH],
                false => rights,
            };
            let entries = keys.into_iter().flat_map(|key| {
                rights
                    .iter()
                    .map(move |rights| Some(Entry::new(user, key, *rights)))
            });
            let none = (!must_be_in).then_some(None);
            entries.chain(none).collect::<Vec<_>>()
        });
        let mut lists = vec![Vec::new()];
        for place in places {
            let longer = lists.iter().flat_map(|list: &Vec<Entry>| {
                place.iter().filter_map(|entry| {
                    let mut list = list.clone();
                    if let Some(entry) = entry {
                        if list.iter().any(|other| other.key == entry.key) {
                            return None;
                        }
                        list.push(*entry);
                    }
                    Some(list)
                })
            });
            lists = longer.collect();
        }
        let externals = match rights.len() > 1 {
            true => vec![Rights::NONE, Rights::BOTH],
            false => vec![external],
        };
        lists
            .into_iter()
            .filter(|list| !list.is_empty())
            .flat_map(move |entries| {
                let group = move |external| Group {
                    entries: entries.clone(),
                    external,
                };
                externals.clone().into_iter().map(group)
            })
    }

    fn broadcasts(&self, member: &Member) -> Vec<Move> {
        let user = self.person.user;
        match &member.round {
            Round::Committing { ours } if self.state.left.rounds > 0 => {
                let commits = self.nonces(member, |entry| match entry.key.owner.is_honest() {
                    _ if entry.key == member.key => vec![ours.clone()],
                    true => self.said(entry.key, member, |content| match content {
                        Content::Commit(nonce) => Some(nonce),
                        Content::Reveal(_) => None,
                    }),
                    false => self.commits_of_attacker(entry.key),
                });
                commits
                    .into_iter()
                    .map(|nonces| Move::Commits(user, nonces))
                    .collect()
            }
            Round::Revealing { commits, .. } => {
                let mut at = 0;
                let reveals = self.nonces(member, |entry| {
                    let committed = commits.get(at).cloned();
                    at += 1;
                    match entry.key.owner.is_honest() {
                        true => self.said(entry.key, member, |content| match content {
                            Content::Reveal(nonce) if Some(nonce) == committed.as_ref() => {
                                Some(nonce)
                            }
                            _ => None,
                        }),
                        false if self.checks.make(Check::RevealMatches) => {
                            let known = committed.into_iter();
                            known.filter(|one| self.knows(one)).collect()
                        }
                        false => self.commits_of_attacker(entry.key),
                    }
                });
                let again = self.commits_again(member, commits);
                let reveals = reveals
                    .into_iter()
                    .filter(|nonces| nonces.iter().all(|one| self.knows(one)));
                again
                    .into_iter()
                    .chain(reveals.map(|nonces| Move::Reveals(user, nonces)))
                    .collect()
            }
            _ => Vec::new(),
        }
    }

    /// Other commits in the place of those that were counted.
    fn commits_again(&self, member: &Member, commits: &[Nonce]) -> Vec<Move> {
        if self.checks.make(Check::CommitStands) {
            return Vec::new();
        }
        let entries = member.chain.group.entries.iter().enumerate();
        let places = entries.filter(|(_, entry)| !entry.key.owner.is_honest());
        let again = places.filter_map(|(at, _)| {
            let nonce = self.ground(member, commits, at)?;
            Some(Move::CommitAgain(self.person.user, at, nonce))
        });
        again.collect()
    }

    /// All choices of one nonce for each participant, those included of which one is ground over the others.
    fn nonces(&self, member: &Member, mut of: impl FnMut(&Entry) -> Vec<Nonce>) -> Vec<Vec<Nonce>> {
        let entries = &member.chain.group.entries;
        let mut choices = vec![Vec::new()];
        for entry in entries {
            let options = of(entry);
            let longer = choices.iter().flat_map(|list: &Vec<Nonce>| {
                options
                    .iter()
                    .map(|nonce| [list.as_slice(), slice::from_ref(nonce)].concat())
            });
            choices = longer.collect();
        }
        let ground = choices.iter().flat_map(|nonces| {
            let places = entries
                .iter()
                .enumerate()
                .filter(|(_, entry)| !entry.key.owner.is_honest());
            places.filter_map(|(at, _)| {
                let mut nonces = nonces.clone();
                let nonce = self.ground(member, &nonces, at)?;
                *nonces.get_mut(at)? = nonce;
                Some(nonces)
            })
        });
        let ground: Vec<_> = ground.collect();
        choices.extend(ground);
        choices
    }

    /// A nonce for one place that is ground over those at all others, if the attacker knows them.
    fn ground(&self, member: &Member, nonces: &[Nonce], at: usize) -> Option<Nonce> {
        let others = nonces.iter().enumerate().filter(|(other, _)| *other != at);
        let mut others: Vec<_> = others.map(|(_, nonce)| nonce.clone()).collect();
        others.sort();
        // Another search over the result of one gains nothing, and there would be no end to them.
        if others.iter().any(|nonce| matches!(nonce, Nonce::Ground(_))) {
            return None;
        }
        let nonce = Nonce::Ground(Arc::new(Grind {
            block: member.chain.head.clone(),
            others,
        }));
        self.knows(&nonce).then_some(nonce)
    }

    /// A nonce of the attacker's own, or any whose hash it has seen.
    fn commits_of_attacker(&self, key: Key) -> Vec<Nonce> {
        let own = Nonce::Drawn {
            by: key.owner,
            number: 0,
        };
        let seen = self
            .state
            .knowledge
            .hashed()
            .filter(|nonce| matches!(nonce, Nonce::Drawn { by, .. } if by.is_honest()));
        [own].into_iter().chain(seen.cloned()).collect()
    }

    fn said<'a>(
        &'a self,
        key: Key,
        member: &Member,
        pick: impl Fn(&'a Content) -> Option<&'a Nonce>,
    ) -> Vec<Nonce> {
        let said = self.state.knowledge.said_by(key, &member.chain.head);
        said.filter_map(pick).cloned().collect()
    }

    fn knows(&self, nonce: &Nonce) -> bool {
        self.state.knowledge.can_make(&Term::Nonce(nonce.clone()))
    }
}

/// A key that the attacker has written, for those who hold these keys.
fn attackers(opened_by: Vec<Key>) -> SharedKey {
    SharedKey {
        secret: Secret::ATTACKERS,
        opened_by,
    }
}
