//! The situations from which the attacker begins, and how much it may do in each.

use crate::block::{Block, Change, Entry, Fields, Group, Parent, Rights, SharedKey};
use crate::check::Checks;
use crate::model::{Model, State};
use crate::person::Stage;
use crate::term::{Secret, Term, User};

/// A situation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scene {
    /// Alice and Bob enter a call of which they know nothing.
    FirstContact,
    /// The same, with rounds of the verification.
    FirstEmoji,
    /// Alice, Bob and Mallory are in a call in which everybody may add and remove.
    Call,
    /// The same, with rounds of the verification.
    CallEmoji,
    /// The same call; Alice loses her membership, or starts again. Bob is not there.
    Return,
    /// Alice and Mallory are in a call, and Alice starts again in the middle of a verification.
    Restart,
    /// Strangers may do nothing, Mallory may add and Trudy remove; Alice follows. Bob was removed.
    Permissions,
}

/// How often what may happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Budget {
    /// Blocks that the attacker writes.
    pub forged: u8,
    /// Tips that are shown to honest users.
    pub entries: u8,
    /// Blocks by which honest members remove somebody.
    pub removals: u8,
    /// Memberships that are lost, or given up by a restart without a checkpoint.
    pub losses: u8,
    /// Checkpoints.
    pub checkpoints: u8,
    /// Rounds of the verification in which all commits are delivered.
    pub rounds: u8,
}

impl Scene {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::FirstContact,
        Self::FirstEmoji,
        Self::Call,
        Self::CallEmoji,
        Self::Return,
        Self::Restart,
        Self::Permissions,
    ];

    /// The bounds within which every order of events is visited.
    pub const fn budget(self) -> Budget {
        let [forged, entries, removals, losses, checkpoints, rounds] = match self {
            Self::FirstContact => [2, 2, 0, 0, 0, 0],
            Self::FirstEmoji => [1, 2, 0, 0, 0, 2],
            Self::Call => [2, 0, 2, 0, 0, 0],
            Self::CallEmoji => [1, 0, 1, 0, 0, 2],
            Self::Return => [2, 1, 0, 1, 1, 0],
            Self::Restart => [1, 0, 0, 0, 1, 3],
            Self::Permissions => [3, 0, 0, 0, 0, 0],
        };
        Budget {
            forged,
            entries,
            removals,
            losses,
            checkpoints,
            rounds,
        }
    }

    /// The permissions that the attacker gives in its blocks.
    pub(crate) const fn rights(self) -> &'static [Rights] {
        match self {
            Self::Permissions => &[Rights::ADD, Rights::REMOVE, Rights::BOTH],
            _ => &[Rights::BOTH],
        }
    }

    /// The model with these checks.
    pub(crate) fn model(self, checks: Checks) -> Model {
        Model {
            scene: self,
            checks,
        }
    }

    /// The state in which it begins, which honest moves have led to.
    pub(crate) fn state(self, checks: Checks) -> Option<State> {
        let mut state = State::new(self.budget());
        if matches!(self, Self::FirstContact | Self::FirstEmoji) {
            return Some(state);
        }
        let group = |entries, external| Group { entries, external };
        let mallory = |rights| Entry::new(User::Mallory, User::Mallory.key(), rights);
        let mut tip = written(None, group(vec![mallory(Rights::BOTH)], Rights::BOTH));
        state.knowledge.learn(Term::Block(tip.clone()));
        if !matches!(self, Self::Restart) {
            tip = enter(&mut state, User::Bob, &tip, checks)?;
        }
        let before = tip;
        tip = enter(&mut state, User::Alice, &before, checks)?;
        match self {
            Self::Call | Self::CallEmoji => state.act(User::Bob, |bob| bob.follow(&tip, checks))?,
            Self::Permissions => {
                let trudy = Entry::new(User::Trudy, User::Trudy.key(), Rights::REMOVE);
                let next = tip.group.without(User::Bob);
                let next = next.with(mallory(Rights::ADD)).with(trudy);
                let next = written(Some(&tip), group(next.entries, Rights::NONE));
                state.knowledge.learn(Term::Block(next.clone()));
                state.act(User::Alice, |alice| alice.follow(&next, checks))?;
            }
            _ => {}
        }
        if !matches!(self, Self::Call | Self::CallEmoji) {
            state.bob.stage = Stage::Away;
        }
        Some(state)
    }
}

/// Enters an honest user on a tip, whose own block comes back.
fn enter(state: &mut State, user: User, tip: &Block, checks: Checks) -> Option<Block> {
    state.act(user, |person| person.read_tip(Some(tip), checks))?;
    let Stage::Entering { block, .. } = state.person(user).stage.clone() else {
        return None;
    };
    state.act(user, |person| person.read_answer(&block, checks))?;
    Some(block)
}

/// A block of Mallory's that keeps to the rules.
fn written(tip: Option<&Block>, group: Group) -> Block {
    let key = User::Mallory.key();
    Block::new(Fields {
        height: tip.map_or(0, |tip| tip.height + 1),
        parent: tip.map_or(Parent::Zero, |tip| Parent::Of(tip.clone())),
        change: Change::Group,
        shared: SharedKey {
            secret: Secret::ATTACKERS,
            opened_by: group.keys(),
        },
        group,
        signer: key,
        signed_by: key,
    })
}
