//! An honest user: what our engine does on entering a call, in it, and over a restart.
//!
//! ```text
//!            tip                answer                     lost, restarted
//! Outside ─────────▶ Entering ─────────▶ Member ─────────────────────────▶ Outside
//!    ▲                                    │   ▲
//!    └──── compared with what was known   └───┘ blocks, commits, reveals, a checkpoint
//! ```

use crate::block::{Block, Change, Entry, Fields, Group, Parent, Rights, SharedKey};
use crate::chain::{self, Chain};
use crate::check::{Check, Checks};
use crate::round::Round;
use crate::term::{Broadcast, Content, Key, Nonce, Secret, Term, User};

/// An honest user.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Person {
    /// The user.
    pub(crate) user: User,
    /// Where the user is.
    pub(crate) stage: Stage,
    /// The state of the call that the engine compares others with.
    pub(crate) known: Option<Chain>,
    /// The last state that was shown, which no mutation forgets.
    pub(crate) seen: Option<Chain>,
    /// The strongest thing that was told since then.
    pub(crate) told: Told,
    /// True once other keys or another chain were shown and that was not told.
    pub(crate) is_misled: bool,
    /// The last checkpoint.
    pub(crate) saved: Option<Member>,
    /// The numbers of keys, secrets and nonces that were drawn.
    pub(crate) drawn: [u8; 3],
}

/// Where an honest user is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Stage {
    /// Not in the game: the user's keys are honest, and nothing is sent to it.
    Away,
    /// Out of the call, and wants in.
    Outside,
    /// A block of ours was sent.
    Entering {
        /// Our key.
        key: Key,
        /// Our block.
        block: Block,
    },
    /// In the call.
    Member(Box<Member>),
}

/// What a user was told about a change of the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Told {
    /// Nothing.
    Nothing,
    /// Who came, went or has another key.
    Changes,
    /// It may be another call, or there are blocks that were not seen: compare the emoji.
    Alarm,
}

/// A membership.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Member {
    /// Our key.
    pub(crate) key: Key,
    /// The chain.
    pub(crate) chain: Chain,
    /// The secret that opened last.
    pub(crate) held: Secret,
    /// The group as it came about by permitted blocks, from the tip that was trusted on.
    pub(crate) rightful: Group,
    /// The verification of the newest block.
    pub(crate) round: Round,
    /// True from a restart until the server has shown the rest of the chain.
    pub(crate) is_behind: bool,
}

impl Person {
    /// A user who was in no call.
    pub(crate) fn new(user: User, stage: Stage) -> Self {
        Self {
            user,
            stage,
            known: None,
            seen: None,
            told: Told::Nothing,
            is_misled: false,
            saved: None,
            drawn: [0; 3],
        }
    }

    /// The membership, if there is one.
    pub(crate) fn member(&self) -> Option<&Member> {
        match &self.stage {
            Stage::Member(member) => Some(member),
            _ => None,
        }
    }

    /// Reads the tip, or that there is none, compares it with what was known, and writes the block that adds us.
    pub(crate) fn read_tip(&mut self, tip: Option<&Block>, checks: Checks) -> Option<Vec<Term>> {
        let told = match (&self.known, tip) {
            (Some(_), None) if checks.make(Check::ChainGone) => return None,
            (None, _) | (Some(_), None) => Told::Nothing,
            (Some(known), Some(tip)) => compare(known, tip, checks),
        };
        let key = Key {
            owner: self.user,
            number: self.drawn[0],
        };
        let us = Entry::new(self.user, key, Rights::BOTH);
        let mut shared = self.fresh_key();
        let block = match tip {
            None => {
                let group = Group {
                    entries: vec![us],
                    external: Rights::BOTH,
                };
                write(None, group, &mut shared, key)
            }
            Some(tip) => {
                let chain = Chain::start(tip);
                let group = chain.group.with(us);
                let block = write(Some(tip), group, &mut shared, key);
                // The look at our own block before it is sent.
                chain.apply(&block, Checks::all())?;
                block
            }
        };
        self.drawn[0] += 1;
        self.tell(told);
        let said = Term::Block(block.clone());
        self.stage = Stage::Entering { key, block };
        Some(vec![said])
    }

    /// Reads the first block of the answer to our join.
    pub(crate) fn read_answer(&mut self, first: &Block, checks: Checks) -> Option<Vec<Term>> {
        let Stage::Entering { key, block: own } = &self.stage else {
            return None;
        };
        let (key, own) = (*key, own.clone());
        let ours = Chain::start(&own);
        let follows = ours.apply(first, checks).is_some();
        let is_gap = first.height > own.height + 1;
        let told = match () {
            () if *first == own || follows => Told::Nothing,
            () if is_gap && !checks.make(Check::NoGapBehindOwn) => Told::Alarm,
            () if !checks.make(Check::OwnBlock) => Told::Nothing,
            () => return None,
        };
        let rightful = match *first == own {
            true => own.group.clone(),
            false => chain::rightful(&own.group, &own, first),
        };
        let chain = Chain::start(first);
        let is_us = chain
            .group
            .by_key(key)
            .is_some_and(|entry| entry.user == self.user);
        if !is_us || !chain.shared.opened_by.contains(&key) {
            return None;
        }
        self.tell(told);
        if checks.make(Check::ChangesOnReturn)
            && self
                .known
                .as_ref()
                .is_some_and(|known| self.differs(known, &chain))
        {
            self.tell(Told::Changes);
        }
        self.known = Some(chain.clone());
        let (round, said) = self.begin_round(key, &chain, checks);
        let held = chain.shared.secret;
        self.stage = Stage::Member(Box::new(Member {
            key,
            chain,
            held,
            rightful,
            round,
            is_behind: false,
        }));
        self.is_shown();
        Some(said)
    }

    /// Follows a block.
    pub(crate) fn follow(&mut self, block: &Block, checks: Checks) -> Option<Vec<Term>> {
        let Stage::Member(member) = &self.stage else {
            return None;
        };
        let before = &member.chain;
        let chain = before.apply(block, checks)?;
        let key = member.key;
        let is_us = chain
            .group
            .by_key(key)
            .is_some_and(|entry| entry.user == self.user);
        let opens = chain.shared.opened_by.contains(&key);
        if !is_us || (!opens && checks.make(Check::KeyOpens)) {
            return None;
        }
        let told = match checks.make(Check::ChangesByBlock) && self.differs(before, &chain) {
            true => Told::Changes,
            false => Told::Nothing,
        };
        let held = if opens {
            chain.shared.secret
        } else {
            member.held
        };
        let rightful = chain::rightful(&member.rightful, &before.head, block);
        let is_behind = member.is_behind;
        self.tell(told);
        if checks.make(Check::KnownHeight)
            && let Some(known) = &self.known
            && known.head.height == block.height
            && known.head != *block
        {
            // A fork: told of, and the call is entered again.
            self.tell(Told::Alarm);
            self.known = Some(chain);
            self.stage = Stage::Outside;
            return Some(Vec::new());
        }
        let (round, said) = self.begin_round(key, &chain, checks);
        self.stage = Stage::Member(Box::new(Member {
            key,
            chain,
            held,
            rightful,
            round,
            is_behind,
        }));
        if !is_behind {
            self.is_shown();
        }
        Some(said)
    }

    /// Writes the block that removes a user; it counts once the server shows it.
    pub(crate) fn remove(&mut self, user: User, checks: Checks) -> Option<Vec<Term>> {
        let member = self.member()?;
        member.chain.group.by_user(user)?;
        let (chain, key) = (member.chain.clone(), member.key);
        let mut shared = match checks.make(Check::FreshKey) {
            true => self.fresh_key(),
            false => chain.shared.clone(),
        };
        let block = write(
            Some(&chain.head),
            chain.group.without(user),
            &mut shared,
            key,
        );
        chain.apply(&block, Checks::all())?;
        Some(vec![Term::Block(block)])
    }

    /// Loses the membership, and wants in again.
    pub(crate) fn lose(&mut self, checks: Checks) -> Option<Vec<Term>> {
        let chain = self.member()?.chain.clone();
        let is_older = |known: &Chain| known.head.height > chain.head.height;
        self.known = match self.known.take().filter(is_older) {
            _ if !checks.make(Check::KnownOverRejoin) => None,
            None => Some(chain),
            later => later,
        };
        self.stage = Stage::Outside;
        Some(Vec::new())
    }

    /// Starts again without a checkpoint, with what the program kept.
    pub(crate) fn restart(&mut self, checks: Checks) -> Option<Vec<Term>> {
        self.member()?;
        self.known = self
            .seen
            .clone()
            .filter(|_| checks.make(Check::KnownOverRestart));
        self.stage = Stage::Outside;
        Some(Vec::new())
    }

    /// Saves the membership.
    pub(crate) fn save(&mut self, checks: Checks) -> Option<Vec<Term>> {
        let mut saved = self.member()?.clone();
        saved.is_behind = true;
        if checks.make(Check::NonceSavedLate) {
            saved.round.forget_early_nonce();
        }
        self.saved = Some(saved);
        Some(Vec::new())
    }

    /// Goes on from what was saved.
    pub(crate) fn restore(&mut self, checks: Checks) -> Option<Vec<Term>> {
        let mut member = self.saved.take()?;
        self.known = self
            .seen
            .clone()
            .filter(|_| checks.make(Check::KnownOverRestart));
        let compared = self.known.as_ref().map(|known| {
            // A later state is compared on the way to it.
            let is_later = known.head.height > member.chain.head.height;
            if is_later {
                Told::Nothing
            } else {
                compare(known, &member.chain.head, checks)
            }
        });
        if checks.make(Check::ResumeIsCompared) {
            self.tell(compared.unwrap_or(Told::Nothing));
        }
        let mut said = Vec::new();
        if member.round == Round::Forgotten {
            let (round, commit) = self.begin_round(member.key, &member.chain, checks);
            member.round = round;
            said = commit;
        }
        self.stage = Stage::Member(Box::new(member));
        Some(said)
    }

    /// Goes on as a member after a restart: the server says that there is nothing more.
    pub(crate) fn catch_up(&mut self, checks: Checks) -> Option<Vec<Term>> {
        let Stage::Member(member) = &mut self.stage else {
            return None;
        };
        member.is_behind.then_some(())?;
        let height = member.chain.head.height;
        let is_below = self
            .known
            .as_ref()
            .is_some_and(|known| known.head.height > height);
        if is_below && checks.make(Check::Reached) {
            // The chain went back: told of, and the call is entered again.
            self.tell(Told::Alarm);
            self.stage = Stage::Outside;
        } else {
            member.is_behind = false;
            self.is_shown();
        }
        Some(Vec::new())
    }

    /// Counts the commits of all members, and reveals our nonce.
    pub(crate) fn count_commits(&mut self, commits: Vec<Nonce>) -> Option<Vec<Term>> {
        let Stage::Member(member) = &mut self.stage else {
            return None;
        };
        let ours = member.round.commit(commits)?;
        Some(vec![broadcast(member, Content::Reveal(ours))])
    }

    /// Counts another commit in the place of one.
    pub(crate) fn count_commit_again(&mut self, at: usize, nonce: Nonce) -> Option<Vec<Term>> {
        let Stage::Member(member) = &mut self.stage else {
            return None;
        };
        member.round.commit_again(at, nonce)?;
        Some(Vec::new())
    }

    /// Counts the reveals of all members, which show the emoji.
    pub(crate) fn count_reveals(
        &mut self,
        reveals: Vec<Nonce>,
        checks: Checks,
    ) -> Option<Vec<Term>> {
        let Stage::Member(member) = &mut self.stage else {
            return None;
        };
        let block = member.chain.head.clone();
        member.round.reveal(&block, reveals, checks)?;
        Some(Vec::new())
    }

    fn begin_round(&mut self, key: Key, chain: &Chain, checks: Checks) -> (Round, Vec<Term>) {
        let number = match checks.make(Check::FreshNonce) {
            true => self.drawn[2],
            false => 0,
        };
        self.drawn[2] = number + 1;
        let nonce = Nonce::Drawn {
            by: self.user,
            number,
        };
        let says = |content| {
            Term::Broadcast(Broadcast {
                by: key,
                block: chain.head.clone(),
                content,
            })
        };
        let mut said = vec![says(Content::Commit(nonce.clone()))];
        if !checks.make(Check::RevealLast) {
            said.push(says(Content::Reveal(nonce.clone())));
        }
        (Round::Committing { ours: nonce }, said)
    }

    fn fresh_key(&mut self) -> SharedKey {
        let secret = Secret {
            by: self.user,
            number: self.drawn[1],
        };
        self.drawn[1] += 1;
        SharedKey {
            secret,
            opened_by: Vec::new(),
        }
    }

    fn tell(&mut self, told: Told) {
        self.told = self.told.max(told);
    }

    fn differs(&self, before: &Chain, after: &Chain) -> bool {
        let (old, new) = (
            before.group.pairs_without(self.user),
            after.group.pairs_without(self.user),
        );
        !old.eq(new)
    }

    /// Notes that the present state is shown to people, and whether they were misled by it.
    fn is_shown(&mut self) {
        let Some(shown) = self.member().map(|member| member.chain.clone()) else {
            return;
        };
        if let Some(seen) = self.seen.replace(shown.clone()) {
            let is_quiet = self.told == Told::Nothing && self.differs(&seen, &shown);
            let is_swapped = self.told < Told::Alarm && !seen.leads_to(&shown.head);
            self.is_misled |= is_quiet || is_swapped;
        }
        self.told = Told::Nothing;
    }
}

/// Compares the tip with what was known (`spec/protocol.md`, 6).
fn compare(known: &Chain, tip: &Block, checks: Checks) -> Told {
    let (before, now) = (known.head.height, tip.height);
    let check = match () {
        () if now < before => Check::WentBack,
        () if now == before && *tip == known.head => return Told::Nothing,
        () if now == before => Check::SameHeight,
        () if now == before + 1 && known.apply(tip, checks).is_some() => return Told::Nothing,
        () if now == before + 1 => Check::NextHeight,
        // More people than blocks, or all of them with other keys, is an alarm in other words.
        () => Check::Gap,
    };
    match checks.make(check) {
        true => Told::Alarm,
        false => Told::Nothing,
    }
}

/// The block that gives the call a group and a key for all who are in it.
fn write(tip: Option<&Block>, group: Group, shared: &mut SharedKey, key: Key) -> Block {
    shared.opened_by = group.keys();
    Block::new(Fields {
        height: tip.map_or(0, |tip| tip.height + 1),
        parent: tip.map_or(Parent::Zero, |tip| Parent::Of(tip.clone())),
        change: Change::Group,
        group,
        shared: shared.clone(),
        signer: key,
        signed_by: key,
    })
}

fn broadcast(member: &Member, content: Content) -> Term {
    Term::Broadcast(Broadcast {
        by: member.key,
        block: member.chain.head.clone(),
        content,
    })
}
