//! A sequence of blocks, judged by the model and by the engine.

use arbitrary::Unstructured;
use confcall_state::wire::{GroupState, Permissions, SharedKey as EngineKey};
use confcall_state::{Block as EngineBlock, Chain, ChainError, ChainState};

use crate::draw;
use crate::judged::{Judged, Verdict};
use crate::keys;
use crate::rules::{Model, Values};
use crate::trie::Entries;
use crate::values::{Block, Group, Person, SharedKey};
use crate::verdict::{Disagreement, Refused, Stop, agree, until_used_up};
use crate::wire::Sloppiness;

/// Draws blocks from `data` until it is used up, and compares what becomes of each.
///
/// # Errors
///
/// The first [`Disagreement`].
pub fn chain_ops(data: &[u8]) -> Result<Judged, Disagreement> {
    let mut u = Unstructured::new(data);
    let mut pair = Pair::client();
    let end = pair.run(&mut u);
    until_used_up(end).map(|()| pair.judged)
}

/// The same chain twice.
struct Pair {
    model: Model,
    engine: Chain,
    judged: Judged,
}

impl Pair {
    fn full() -> Self {
        let model = Model::new(Values::Full(Entries::new()));
        Self::begin(model, Chain::full())
    }

    fn client() -> Self {
        Self::begin(Model::new(Values::Client), Chain::client())
    }

    fn begin(model: Model, engine: Chain) -> Self {
        let judged = Judged::new(&model);
        Self {
            model,
            engine,
            judged,
        }
    }

    fn draw(u: &mut Unstructured<'_>) -> Result<Self, Stop> {
        Ok(match u.int_in_range(0..=3)? {
            0 | 1 => Self::full(),
            2 => Self::client(),
            _ => started(&draw::first_block(u)?)?.unwrap_or_else(Self::client),
        })
    }

    /// Another chain, and blocks on it until the choices are used up.
    fn run(&mut self, u: &mut Unstructured<'_>) -> Result<(), Stop> {
        *self = Self::draw(u)?;
        loop {
            self.step(u)?;
        }
    }

    /// One block.
    fn step(&mut self, u: &mut Unstructured<'_>) -> Result<(), Stop> {
        // Choices that are used up are all alike, and would never end.
        if u.is_empty() {
            return Err(Stop::UsedUp);
        }
        let block = draw::block(u, &self.model)?;
        let sloppiness = Sloppiness::draw(u)?;
        let bytes = block.written(&sloppiness);
        let Some(read) = read(&block, &sloppiness)? else {
            self.judged.push(bytes, Verdict::Unreadable);
            return Ok(());
        };
        started(&block)?;
        let verdict = self.model.after(&block);
        self.judged.push(bytes, verdict.clone().into());
        let before = self.engine.clone();
        compare(&verdict, &self.engine.apply(&read).map(drop), &block)?;
        if let Ok(next) = verdict {
            check_building(&before, &block, &read)?;
            self.model = next;
        }
        Ok(compare_states(&self.model, self.engine.state(), &block)?)
    }
}

/// Reads a block from sloppy bytes and compares what was read; `None` if it cannot be read.
fn read(block: &Block, sloppiness: &Sloppiness) -> Result<Option<EngineBlock>, Disagreement> {
    let bytes = block.written(sloppiness);
    let read = EngineBlock::parse(&bytes);
    let is_readable = block.is_readable(sloppiness);
    let given = (block, sloppiness);
    agree("reading", &is_readable, &read.is_ok(), &given)?;
    let Ok(read) = read else {
        return Ok(None);
    };
    agree(
        "canonical form",
        &block.canonical(),
        &read.bytes().to_vec(),
        &given,
    )?;
    agree("hash", &block.hash(), read.hash().as_bytes(), &given)?;
    let is_canonical = bytes == block.canonical();
    agree(
        "deviation",
        &is_canonical,
        &read.deviations().is_empty(),
        &given,
    )?;
    Ok(Some(read))
}

/// Starts a chain from a block, wherever it stands; `None` if it shows no state.
fn started(block: &Block) -> Result<Option<Pair>, Disagreement> {
    let sloppiness = Sloppiness::default();
    let Some(read) = read(block, &sloppiness)? else {
        return Ok(None);
    };
    let model = Model::start_from(block);
    let engine = Chain::start_from(&read);
    compare(&model, &engine, block)?;
    let (Ok(model), Ok(engine)) = (model, engine) else {
        return Ok(None);
    };
    compare_states(&model, engine.state(), block)?;
    let judged = Judged::started(block.canonical(), &model);
    Ok(Some(Pair {
        model,
        engine,
        judged,
    }))
}

/// Compares verdicts and codes.
fn compare<T>(
    model: &Result<Model, Refused>,
    engine: &Result<T, ChainError>,
    block: &Block,
) -> Result<(), Disagreement> {
    let code = |code: Option<i32>| code.map_or("no code".to_owned(), |code| code.to_string());
    let said = model
        .as_ref()
        .map(drop)
        .map_err(|refused| code(refused.code));
    let judged = engine.as_ref().map(drop).map_err(|error| {
        let of_reference = error.reference_code();
        code(of_reference.map(|one| one.code()))
    });
    agree(
        "verdict",
        &said,
        &judged,
        &(model.as_ref().err(), engine.as_ref().err(), block),
    )
}

fn compare_states(model: &Model, engine: &ChainState, block: &Block) -> Result<(), Disagreement> {
    agree("height", &model.height, &engine.height().value(), block)?;
    agree("hash", &model.hash, engine.hash().as_bytes(), block)?;
    agree("trie", &model.kv_hash, engine.kv_hash().as_bytes(), block)?;
    agree("group", &model.group, &group(engine.group_state()), block)?;
    agree("key", &model.key, &shared_key(engine.shared_key()), block)
}

/// A block that is accepted is one that its signer can build, byte for byte.
///
/// Not so where it names no signer, and in client mode where it sets values or adopts a hash that is not the last.
fn check_building(before: &Chain, block: &Block, read: &EngineBlock) -> Result<(), Disagreement> {
    let Some(signer) = block.signer.as_ref().and_then(keys::private) else {
        return Ok(());
    };
    let fields = read.fields();
    let adopts = fields.state_proof.kv_hash != before.state().kv_hash();
    let built = match before.build(fields.changes.clone(), signer) {
        _ if adopts && before.values().is_none() => return Ok(()),
        Err(ChainError::ValuesUnknown) => return Ok(()),
        built => built.map(|built| built.bytes().to_vec()),
    };
    agree("building", &Ok(block.canonical()), &built, block)
}

fn group(engine: &GroupState) -> Group {
    let people = engine.participants.iter().map(|one| Person {
        user: one.user_id.value(),
        key: *one.public_key.as_bytes(),
        flags: one.permissions.bits(),
        version: one.version,
    });
    Group {
        people: people.collect(),
        external: Permissions::bits(engine.external_permissions),
    }
}

fn shared_key(engine: &EngineKey) -> SharedKey {
    SharedKey {
        ek: *engine.ephemeral_key.as_bytes(),
        encrypted: engine.encrypted_shared_key.clone(),
        users: engine.recipients.iter().map(|one| one.value()).collect(),
        headers: engine.headers.iter().map(<[u8]>::to_vec).collect(),
    }
}
