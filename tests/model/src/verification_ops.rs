//! Rounds of the verification, judged by the model and by the engine.

use arbitrary::Unstructured;
use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng as _;
use confcall_state::verification::{
    BroadcastError, Dropped, EarlyBroadcasts, Phase as EnginePhase, Received, RoundCounts,
    Verification,
};
use confcall_state::wire::{Broadcast as EngineBroadcast, BroadcastContent};
use confcall_state::{Block as EngineBlock, Chain, ChainState, PrivateKey, UserId};
use sha2::{Digest as _, Sha256};

use crate::broadcasts::{Broadcast, Phase, Round, Says};
use crate::keys;
use crate::values::{Block, Change, Group, Person, Proof, SharedKey};
use crate::verdict::{Disagreement, Refused, Stop, agree, until_used_up};

/// The size of a comparison of rounds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rounds {
    /// Blocks and broadcasts.
    pub steps: u64,
    /// The rounds in which all committed and revealed.
    pub completed: u64,
}

/// Draws blocks and broadcasts from `data` until it is used up, and compares what becomes of each.
///
/// A [`RoundCounts`] is compared with the model; two members take part as well, and must come to what it comes to.
///
/// # Errors
///
/// The first [`Disagreement`].
pub fn verification_ops(data: &[u8]) -> Result<Rounds, Disagreement> {
    let mut u = Unstructured::new(data);
    let mut rounds = Rounds::default();
    let end = Scene::draw(&mut u).and_then(|mut scene| {
        while !u.is_empty() {
            let before = scene.round.phase;
            scene.step(&mut u)?;
            rounds.steps += 1;
            rounds.completed +=
                u64::from(before != scene.round.phase && scene.round.phase == Phase::End);
        }
        Ok(())
    });
    until_used_up(end).map(|()| rounds)
}

/// The user and the key of the person at a place; both are the same in every block.
fn person(place: u8) -> Person {
    let key = PrivateKey::from_seed(&[place + 1; 32]);
    Person {
        user: i64::from(place) - 1,
        key: *key.public_key().as_bytes(),
        flags: 3,
        version: 0,
    }
}

/// The block of a height whose group are these people.
fn block(height: i32, people: u8) -> Block {
    let places = (0..8_u8).filter(|place| people & 1 << place != 0);
    let group = Group {
        people: places.map(person).collect(),
        external: 3,
    };
    Block {
        signature: [0; 64],
        previous: [0; 32],
        changes: vec![Change::Group(group), Change::Key(SharedKey::empty())],
        height,
        proof: Proof {
            kv_hash: [0; 32],
            group: None,
            key: None,
        },
        signer: None,
    }
}

/// A member who takes part.
struct Member {
    key: PrivateKey,
    verification: Verification,
    rng: ChaCha20Rng,
}

struct Scene {
    height: i32,
    hash: [u8; 32],
    round: Round,
    /// The broadcasts that wait for later blocks.
    kept: Vec<Broadcast>,
    early: EarlyBroadcasts,
    counts: RoundCounts,
    members: Vec<Member>,
    /// The broadcasts of members that the server has not echoed.
    said: Vec<EngineBroadcast>,
}

impl Scene {
    fn draw(u: &mut Unstructured<'_>) -> Result<Self, Stop> {
        let early = match u.ratio(3, 4)? {
            true => EarlyBroadcasts::Keep,
            false => EarlyBroadcasts::Refuse,
        };
        let (block, state) = Self::next(u, 0)?;
        let members = [0, 1].map(|place| {
            let key = PrivateKey::from_seed(&[place + 1; 32]);
            let mut rng = ChaCha20Rng::from_seed([place; 32]);
            let user_id = UserId::new(person(place).user);
            // Two of the people take part with secrets of their own; the others are spoken for.
            let verification = Verification::start(user_id, &state, &key, &mut rng);
            Member {
                key,
                verification,
                rng,
            }
        });
        let mut counts = RoundCounts::new(early);
        counts.restart(&state);
        let mut scene = Self {
            height: 0,
            hash: block.hash(),
            round: round(&block),
            kept: Vec::new(),
            early,
            counts,
            members: members.into(),
            said: Vec::new(),
        };
        scene.collect();
        Ok(scene)
    }

    /// A block that the engine starts from.
    fn next(u: &mut Unstructured<'_>, height: i32) -> Result<(Block, ChainState), Stop> {
        let people = [0b11, 0b11, 0b111, 0b1, 0b1_1110, 0xff];
        let block = block(height, *u.choose(&people)?);
        let read = EngineBlock::parse(&block.canonical());
        let chain = read.ok().and_then(|read| Chain::start_from(&read).ok());
        let state = chain.map(|chain| chain.state().clone());
        let given = &block;
        let state = state.ok_or_else(|| Disagreement {
            about: "a plain block",
            model: "accepted".to_owned(),
            engine: "refused".to_owned(),
            given: format!("{given:?}"),
        })?;
        Ok((block, state))
    }

    fn step(&mut self, u: &mut Unstructured<'_>) -> Result<(), Stop> {
        match u.int_in_range(0..=15)? {
            0 => self.restart(u),
            1..=6 if !self.said.is_empty() => {
                let at = u.choose_index(self.said.len())?;
                let echoed = match u.ratio(3, 4)? {
                    true => self.said.remove(at),
                    false => self.said[at],
                };
                Ok(self.receive(&model_of(&echoed))?)
            }
            _ => {
                let broadcast = self.broadcast(u)?;
                Ok(self.receive(&broadcast)?)
            }
        }
    }

    /// The next block comes.
    fn restart(&mut self, u: &mut Unstructured<'_>) -> Result<(), Stop> {
        self.height += u.int_in_range(1..=3)?;
        let (block, state) = Self::next(u, self.height)?;
        self.hash = block.hash();
        self.round = round(&block);
        let faults = self.counts.restart(&state);
        self.said.clear();
        let (due, later) = core::mem::take(&mut self.kept)
            .into_iter()
            .filter(|one| one.height >= self.height)
            .partition(|one: &Broadcast| one.height == self.height);
        self.kept = later;
        let due: Vec<_> = due;
        let refused = due.iter().filter_map(|one| {
            let code = self.round.receive(one).err()?.code;
            Some((one.user, code))
        });
        let refused: Vec<_> = refused.collect();
        let faults = faults
            .iter()
            .map(|fault| (fault.user_id.value(), code(&fault.error)));
        agree("what was kept", &refused, &faults.collect(), &due)?;
        for member in &mut self.members {
            member
                .verification
                .restart(&state, &member.key, &mut member.rng);
        }
        self.collect();
        Ok(self.compare(&due)?)
    }

    /// Anything that a server can show.
    fn broadcast(&self, u: &mut Unstructured<'_>) -> Result<Broadcast, Stop> {
        // Those who take part speak for themselves most of the time.
        let place = *u.choose(&[0, 1, 2, 2, 3, 4, 5, 6, 7, 8])?;
        let nonce = [u.int_in_range(0..=1)?; 32];
        let ahead = [0, 0, 0, 0, 0, 1, 1, 2, 64, 65, -1, i32::MAX];
        let mut broadcast = Broadcast {
            signature: [0; 64],
            user: person(place).user,
            height: self.height.saturating_add(*u.choose(&ahead)?),
            block: self.hash,
            says: match u.ratio(1, 2)? {
                true => Says::Commit(Sha256::digest(nonce).into()),
                false => Says::Reveal(nonce),
            },
        };
        if u.ratio(1, 12)? {
            broadcast.block[0] ^= 1;
        }
        let signer = match u.ratio(1, 12)? {
            true => keys::public(u)?,
            false => person(place).key,
        };
        if let Some(key) = keys::private(&signer) {
            broadcast.signature = *key.sign(&broadcast.signed()).as_bytes();
        }
        Ok(broadcast)
    }

    fn receive(&mut self, broadcast: &Broadcast) -> Result<(), Disagreement> {
        let bytes = broadcast.canonical();
        let read = EngineBroadcast::parse(&bytes);
        let written = read.as_ref().map(|read| read.to_bytes());
        agree("canonical form", &Ok(&bytes), &written.as_ref(), broadcast)?;
        let Ok(read) = read else {
            return Ok(());
        };
        let engine = self.counts.receive(&read);
        let model = match broadcast.height - self.height {
            0 => self.round.receive(broadcast).map(|()| Received::Counted),
            ..0 => Ok(Received::Old),
            _ if self.early == EarlyBroadcasts::Refuse => {
                Err(Refused::with(500, "its block has come"))
            }
            ahead => Ok(self.keep(broadcast, ahead)),
        };
        let model = model.map_err(|refused| refused.code);
        agree(
            "verdict",
            &model,
            &engine.as_ref().copied().map_err(code),
            broadcast,
        )?;
        for member in &mut self.members {
            // A bad one changes nothing, which is compared below.
            let _ = member.verification.receive(&read, &member.key);
        }
        self.collect();
        self.compare(broadcast)
    }

    /// Keeps a broadcast as it is, once and within bounds of height; no drawing gets to the bound of size.
    fn keep(&mut self, broadcast: &Broadcast, ahead: i32) -> Received {
        if ahead > 64 {
            return Received::Dropped(Dropped::TooFarAhead);
        }
        // Of the same commit the first can count, of the same reveal the last.
        let is_commit = matches!(broadcast.says, Says::Commit(_));
        if is_commit && self.kept.contains(broadcast) {
            return Received::Dropped(Dropped::Repeated);
        }
        self.kept.retain(|one| one != broadcast);
        self.kept.push(broadcast.clone());
        Received::Kept
    }

    /// Takes what the members want to say.
    fn collect(&mut self) {
        for member in &mut self.members {
            self.said.extend(member.verification.take_outbound());
        }
    }

    fn compare<T: core::fmt::Debug>(&self, given: &T) -> Result<(), Disagreement> {
        let users = |users: &mut dyn Iterator<Item = UserId>| users.map(UserId::value).collect();
        let said =
            |said: &std::collections::BTreeMap<i64, [u8; 32]>| said.keys().copied().collect();
        let all = self
            .members
            .iter()
            .map(|member| member.verification.counts());
        // Members keep what a counts that refuses later broadcasts does not.
        let all = all.filter(|_| self.early == EarlyBroadcasts::Keep);
        for counts in all.chain([&self.counts]) {
            let phase = match counts.phase() {
                EnginePhase::Commit => Phase::Commit,
                EnginePhase::Reveal => Phase::Reveal,
                EnginePhase::End => Phase::End,
            };
            agree("phase", &self.round.phase, &phase, given)?;
            let committed: Vec<i64> = users(&mut counts.committed());
            agree("commits", &said(&self.round.commits), &committed, given)?;
            let revealed: Vec<i64> = users(&mut counts.revealed());
            agree("reveals", &said(&self.round.reveals), &revealed, given)?;
            let emoji_hash = counts.emoji_hash().map(|hash| hash.as_bytes().to_vec());
            agree("emoji hash", &self.round.emoji_hash, &emoji_hash, given)?;
        }
        Ok(())
    }
}

fn round(block: &Block) -> Round {
    let group = block.changes.iter().find_map(|change| match change {
        Change::Group(group) => Some(group.clone()),
        _ => None,
    });
    Round::of(block.hash(), group.unwrap_or_else(Group::before_first))
}

fn code(error: &BroadcastError) -> Option<i32> {
    error.reference_code().map(|code| code.code())
}

/// A broadcast of a member, as the model has it.
fn model_of(said: &EngineBroadcast) -> Broadcast {
    Broadcast {
        signature: *said.signature.as_bytes(),
        user: said.user_id.value(),
        height: said.height.value(),
        block: *said.block_hash.as_bytes(),
        says: match said.content {
            BroadcastContent::Commit { nonce_hash } => Says::Commit(nonce_hash),
            BroadcastContent::Reveal { nonce } => Says::Reveal(nonce),
        },
    }
}
