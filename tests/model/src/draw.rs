//! Drawing a block for a chain: right in most respects, wrong in few.
//!
//! ```text
//! group, key, values ── changes ──▶ state after them ── proof ──▶ Block ── sign ──▶
//!                          │ each may be bent            │            │ wrong key, flipped bit
//! ```

use arbitrary::{Arbitrary, Result, Unstructured};

use crate::keys;
use crate::rules::{Model, Values};
use crate::trie;
use crate::values::{Block, Change, Group, Person, Proof, SharedKey};

/// Draws the next block of a chain, signed.
pub(crate) fn block(u: &mut Unstructured<'_>, model: &Model) -> Result<Block> {
    let mut after = model.clone();
    let changes = changes(u, &mut after)?;
    let proof = proof(u, &after, &changes)?;
    let mut block = Block {
        signature: [0; 64],
        previous: model.hash,
        changes,
        height: model.height.wrapping_add(1),
        proof,
        signer: signer(u, model, &after)?,
    };
    if u.ratio(1, 20)? {
        bend_place(u, &mut block)?;
    }
    // Last: whatever was bent before is signed, and fails for what it is.
    sign(u, model, &mut block)?;
    Ok(block)
}

/// Draws the block that a chain may start from: any height, any state.
pub(crate) fn first_block(u: &mut Unstructured<'_>) -> Result<Block> {
    // Both ends of the range, where a height can overflow.
    let heights = [0, 0, 1, 7, i32::MAX - 1, i32::MAX, -1, i32::MIN];
    let mut model = Model::new(Values::Client);
    model.height = *u.choose(&heights)?;
    model.height = model.height.saturating_sub(1);
    for _ in 0..u.int_in_range(0..=4)? {
        bend_group(u, &mut model.group)?;
    }
    block(u, &model)
}

fn changes(u: &mut Unstructured<'_>, after: &mut Model) -> Result<Vec<Change>> {
    let (group, key, value, noop) = (0, 1, 2, 3);
    // The usual block of a call has the greatest weight, so that chains grow.
    let usual: [&[u8]; 7] = [
        &[group, key],
        &[group, key],
        &[group, key],
        &[group],
        &[value],
        &[value, group, key],
        &[noop, value, value],
    ];
    let kinds = match u.ratio(5, 6)? {
        true => u.choose(&usual)?.to_vec(),
        false => {
            let count = u.int_in_range(0..=5)?;
            let any = (0..count).map(|_| u.int_in_range(0..=3));
            any.collect::<Result<_>>()?
        }
    };
    let change = |kind| change(u, after, kind);
    kinds.into_iter().map(change).collect()
}

/// Draws one change and makes it, whether it is permitted or not.
fn change(u: &mut Unstructured<'_>, after: &mut Model, kind: u8) -> Result<Change> {
    Ok(match kind {
        0 => {
            let mut group = after.group.clone();
            for _ in 0..u.int_in_range(0..=2)? {
                bend_group(u, &mut group)?;
            }
            after.group = group.clone();
            after.key = SharedKey::empty();
            Change::Group(group)
        }
        1 => {
            let key = shared_key(u, &after.group)?;
            after.key = key.clone();
            Change::Key(key)
        }
        2 => {
            let key = value_key(u)?;
            let value = vec![0xab; *u.choose(&[0, 1, 5, 253, 254, 300])?];
            if let (Values::Full(entries), Ok(key)) = (&mut after.values, key.as_slice().try_into())
            {
                entries.insert(key, value.clone());
            }
            Change::Value { key, value }
        }
        _ => Change::Noop([u.arbitrary()?; 32]),
    })
}

/// A key of the trie that leaves the path of another at any bit; rarely none.
fn value_key(u: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let mut key = vec![*u.choose(&[0, 0xff])?; 32];
    for _ in 0..u.int_in_range(0..=2)? {
        let bit = u8::arbitrary(u)?;
        key[usize::from(bit / 8)] ^= 0x80 >> (bit % 8);
    }
    if u.ratio(1, 16)? {
        key.resize(*u.choose(&[0, 31, 33])?, 1);
    }
    Ok(key)
}

/// Changes a group in one respect, most often as a client would.
fn bend_group(u: &mut Unstructured<'_>, group: &mut Group) -> Result<()> {
    let at = match group.people.len() {
        0 => 0,
        count => u.choose_index(count)?,
    };
    let kind = u.int_in_range(0..=17)?;
    match (kind, group.people.get_mut(at)) {
        (0..=5, _) => add(u, group)?,
        // A crowd, beyond the eight that the engine compares in another way.
        (16, _) => {
            for _ in 0..u.int_in_range(0..=12)? {
                add(u, group)?;
            }
        }
        (17, Some(one)) => {
            let mut twin = *one;
            match u.int_in_range(0..=2)? {
                0 => twin.key = keys::public(u)?,
                1 => twin.user = keys::user(u)?,
                _ => {}
            }
            group.people.push(twin);
        }
        (6..=8, Some(_)) => drop(group.people.remove(at)),
        (9, Some(one)) => one.flags = flags(u)?,
        (10, Some(one)) => one.version = *u.choose(&[0, 1, -1, 255, 256, i32::MAX])?,
        (11, Some(one)) => one.key = keys::public(u)?,
        (12, Some(one)) => one.user = keys::user(u)?,
        (13, Some(_)) => group.people.rotate_left(at),
        (14, _) => group.external &= u.int_in_range(0..=7)?,
        _ => group.external = flags(u)?,
    }
    Ok(())
}

/// Adds a person at the end, most often one who is not there yet under any name or key.
fn add(u: &mut Unstructured<'_>, group: &mut Group) -> Result<()> {
    let one = Person {
        user: keys::user(u)?,
        key: keys::public(u)?,
        flags: flags(u)?,
        version: u.int_in_range(0..=1)?,
    };
    if u.ratio(7, 8)? {
        let others = |other: &Person| other.user != one.user && other.key != one.key;
        group.people.retain(others);
    }
    group.people.push(one);
    Ok(())
}

fn flags(u: &mut Unstructured<'_>) -> Result<u32> {
    let unknown = [8, 11, 0x8000_0000, 0x4000_0003];
    match u.int_in_range(0..=31)? {
        0 => u.choose(&unknown).copied(),
        1..12 => Ok(3),
        12..24 => Ok(7),
        _ => u.int_in_range(0..=7),
    }
}

/// A shared key for a group; its content does not matter here.
fn shared_key(u: &mut Unstructured<'_>, group: &Group) -> Result<SharedKey> {
    let mut key = SharedKey {
        ek: [9; 32],
        encrypted: vec![7; 64],
        users: group.people.iter().map(|one| one.user).collect(),
        headers: vec![vec![5; 32]; group.people.len()],
    };
    let kind = u.int_in_range(0..=23)?;
    match (kind, key.users.first_mut()) {
        (0, _) => key.headers.push(vec![5; 32]),
        (1, _) => drop(key.headers.pop()),
        (2, _) => drop((key.headers.pop(), key.users.pop())),
        (3, Some(first)) => *first = keys::user(u)?,
        (4, Some(first)) => {
            let first = *first;
            key.users.push(first);
            key.headers.push(Vec::new());
        }
        (5, Some(_)) => key.users.rotate_left(1),
        (6, _) => key = SharedKey::empty(),
        // Nearly the empty one.
        (7, _) => {
            key = SharedKey::empty();
            key.encrypted = vec![0];
        }
        (8, _) => key.ek = [0; 32],
        _ => {}
    }
    Ok(key)
}

/// The state after the block as it is proven, rarely another one.
fn proof(u: &mut Unstructured<'_>, after: &Model, changes: &[Change]) -> Result<Proof> {
    let group = changes.iter().any(|one| matches!(one, Change::Group(_)));
    let key = changes.iter().any(|one| matches!(one, Change::Key(_)));
    let mut proof = Proof {
        kv_hash: match &after.values {
            Values::Full(entries) => trie::hash(entries),
            Values::Client => after.kv_hash,
        },
        group: (!group).then(|| after.group.clone()),
        key: (!group && !key).then(|| after.key.clone()),
    };
    match u.int_in_range(0..=39)? {
        0 => proof.kv_hash[31] ^= 1,
        1 => proof.group = None,
        2 => proof.group = Some(after.group.clone()),
        3 => proof.key = None,
        4 => proof.key = Some(after.key.clone()),
        5 => proof.key = Some(SharedKey::empty()),
        6 => {
            if let Some(group) = &mut proof.group {
                bend_group(u, group)?;
            }
        }
        7 => {
            if let Some(key) = &mut proof.key {
                key.ek[0] ^= 1;
            }
        }
        _ => {}
    }
    Ok(proof)
}

/// The signer that the block names.
fn signer(u: &mut Unstructured<'_>, before: &Model, after: &Model) -> Result<Option<[u8; 32]>> {
    let last = after.group.people.last();
    let someone = match before.group.people.len() {
        0 => None,
        count => before.group.people.get(u.choose_index(count)?),
    };
    Ok(match u.int_in_range(0..=11)? {
        0 => None,
        1 => Some(keys::public(u)?),
        2..6 => last.map(|one| one.key),
        _ => someone.or(last).map(|one| one.key),
    })
}

/// Puts the block on another place of the chain.
fn bend_place(u: &mut Unstructured<'_>, block: &mut Block) -> Result<()> {
    match u.int_in_range(0..=3)? {
        0 => block.previous[0] ^= 1,
        1 => block.previous = [0; 32],
        _ => {
            let heights = [-1, 0, 1, i32::MIN, i32::MAX, block.height.wrapping_add(1)];
            block.height = *u.choose(&heights)?;
        }
    }
    Ok(())
}

/// Signs the block by the signer that it names, or by the first participant; rarely by another, or badly.
fn sign(u: &mut Unstructured<'_>, model: &Model, block: &mut Block) -> Result<()> {
    let first = model.group.people.first().map(|one| one.key);
    let mut signer = block.signer.or(first).unwrap_or_default();
    if u.ratio(1, 40)? {
        signer = keys::public(u)?;
    }
    if let Some(key) = keys::private(&signer) {
        block.signature = *key.sign(&block.signed()).as_bytes();
    }
    if u.ratio(1, 40)? {
        let bit: u16 = u.int_in_range(0..=511)?;
        block.signature[usize::from(bit / 8)] ^= 1 << (bit % 8);
    }
    Ok(())
}
