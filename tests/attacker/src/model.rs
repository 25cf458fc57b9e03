//! The state of the whole, and the moves by which it changes.

use crate::attack;
use crate::block::Block;
use crate::check::Checks;
use crate::knowledge::Knowledge;
use crate::law::{Law, Sight};
use crate::person::{Person, Stage};
use crate::scene::{Budget, Scene};
use crate::term::{Emoji, Nonce, Secret, Term, User};

/// The model of one situation with some checks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Model {
    /// The situation.
    pub(crate) scene: Scene,
    /// The checks that are made.
    pub(crate) checks: Checks,
}

/// The state of everybody.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct State {
    /// An honest user.
    pub(crate) alice: Person,
    /// Another one.
    pub(crate) bob: Person,
    /// What the attacker knows.
    pub(crate) knowledge: Knowledge,
    /// The emoji that were shown, each once.
    pub(crate) shown: Vec<Shown>,
    /// True once a removal by an honest member came back to it.
    pub(crate) has_removed: bool,
    /// What may still happen.
    pub(crate) left: Budget,
}

/// Emoji that a user was shown, and what they stood for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Shown {
    /// The emoji.
    pub(crate) emoji: Emoji,
    /// The user.
    pub(crate) user: User,
    /// The newest block of the user.
    pub(crate) block: Block,
    /// The group.
    pub(crate) group: crate::block::Group,
    /// The key of the epoch that the user holds.
    pub(crate) secret: Secret,
}

/// A move of the attacker, or of a user whom it lets move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Move {
    /// A user who enters is shown a tip, or that there is none.
    Tip(User, Option<Block>),
    /// The answer to a join shows this block first.
    Answer(User, Block),
    /// A member is sent a block.
    Deliver(User, Block),
    /// A member removes another one.
    Remove(User, User),
    /// A member is told that it is none any more, and joins again.
    Lose(User),
    /// A member starts again without a checkpoint.
    Restart(User),
    /// A member saves itself.
    Save(User),
    /// A member starts again with what it saved.
    Restore(User),
    /// A member that started again is told that there is nothing more.
    CatchUp(User),
    /// A member is sent commits to these nonces, by participant.
    Commits(User, Vec<Nonce>),
    /// A member is sent another commit of a participant, by its place.
    CommitAgain(User, usize, Nonce),
    /// A member is sent these reveals, by participant.
    Reveals(User, Vec<Nonce>),
}

impl State {
    /// Nobody has said anything.
    pub(crate) fn new(left: Budget) -> Self {
        Self {
            alice: Person::new(User::Alice, Stage::Outside),
            bob: Person::new(User::Bob, Stage::Outside),
            knowledge: Knowledge::of_attacker(),
            shown: Vec::new(),
            has_removed: false,
            left,
        }
    }

    /// An honest user.
    pub(crate) fn person(&self, user: User) -> &Person {
        match user {
            User::Bob => &self.bob,
            _ => &self.alice,
        }
    }

    /// The honest users.
    pub(crate) fn people(&self) -> [&Person; 2] {
        [&self.alice, &self.bob]
    }

    /// Has an honest user act; the attacker hears what it says.
    pub(crate) fn act(
        &mut self,
        user: User,
        act: impl FnOnce(&mut Person) -> Option<Vec<Term>>,
    ) -> Option<()> {
        let person = match user {
            User::Bob => &mut self.bob,
            _ => &mut self.alice,
        };
        let said = act(person)?;
        said.into_iter().for_each(|term| self.knowledge.learn(term));
        Some(())
    }

    /// Takes a block that the attacker shows into what is known, and off the budget if it was just written.
    fn use_block(&mut self, block: &Block) -> Option<()> {
        if !self.knowledge.blocks().any(|known| known == block) {
            self.left.forged = self.left.forged.checked_sub(1)?;
            self.knowledge.learn(Term::Block(block.clone()));
        }
        Some(())
    }

    fn make(&mut self, step: Move, checks: Checks) -> Option<()> {
        let left = &mut self.left;
        match step {
            Move::Tip(user, tip) => {
                left.entries = left.entries.checked_sub(1)?;
                if let Some(tip) = &tip {
                    self.use_block(tip)?;
                }
                self.act(user, |person| person.read_tip(tip.as_ref(), checks))
            }
            Move::Answer(user, block) => {
                self.use_block(&block)?;
                self.act(user, |person| person.read_answer(&block, checks))
            }
            Move::Deliver(user, block) => {
                self.use_block(&block)?;
                self.act(user, |person| person.follow(&block, checks))?;
                let is_own = block.signed_by.owner == user;
                self.has_removed |= is_own && self.person(user).member().is_some();
                Some(())
            }
            Move::Remove(user, other) => {
                left.removals = left.removals.checked_sub(1)?;
                self.act(user, |person| person.remove(other, checks))
            }
            Move::Lose(user) => {
                left.losses = left.losses.checked_sub(1)?;
                self.act(user, |person| person.lose(checks))
            }
            Move::Restart(user) => {
                left.losses = left.losses.checked_sub(1)?;
                self.act(user, |person| person.restart(checks))
            }
            Move::Save(user) => {
                left.checkpoints = left.checkpoints.checked_sub(1)?;
                self.act(user, |person| person.save(checks))
            }
            Move::Restore(user) => self.act(user, |person| person.restore(checks)),
            Move::CatchUp(user) => self.act(user, |person| person.catch_up(checks)),
            Move::Commits(user, nonces) => {
                left.rounds = left.rounds.checked_sub(1)?;
                self.act(user, |person| person.count_commits(nonces))
            }
            Move::CommitAgain(user, at, nonce) => {
                self.act(user, |person| person.count_commit_again(at, nonce))
            }
            Move::Reveals(user, nonces) => {
                self.act(user, |person| person.count_reveals(nonces, checks))?;
                self.show(user);
                Some(())
            }
        }
    }

    fn show(&mut self, user: User) {
        let Some(member) = self.person(user).member() else {
            return;
        };
        let Some(emoji) = member.round.emoji().cloned() else {
            return;
        };
        let shown = Shown {
            emoji,
            user,
            block: member.chain.head.clone(),
            group: member.chain.group.clone(),
            secret: member.held,
        };
        if let Err(at) = self.shown.binary_search(&shown) {
            self.shown.insert(at, shown);
        }
    }
}

impl stateright::Model for Model {
    type State = State;
    type Action = Move;

    fn init_states(&self) -> Vec<State> {
        self.scene.state(self.checks).into_iter().collect()
    }

    fn actions(&self, state: &State, actions: &mut Vec<Move>) {
        for user in User::HONEST {
            actions.extend(attack::moves(state, user, self.scene, self.checks));
        }
    }

    fn next_state(&self, state: &State, step: Move) -> Option<State> {
        let mut next = state.clone();
        next.make(step, self.checks)?;
        Some(next)
    }

    fn properties(&self) -> Vec<stateright::Property<Self>> {
        let laws = Law::ALL.into_iter().map(Law::property);
        laws.chain(Sight::ALL.into_iter().map(Sight::property))
            .collect()
    }
}
