//! The tree of a block.

use std::collections::BTreeSet;

use confcall::state::wire::{Change, GroupState, SharedKey};
use confcall::state::{Block, KvHash};

use super::applied::{Applied, ChainVerdict};
use super::applied_tree::{self, words};
use super::block::BlockReport;
use super::difference::GroupDifference;
use super::signer::SignatureVerdict;
use super::style::{bad, doubt, faint, good};
use super::tree::Tree;
use super::visible_state::{Source, VisibleKey, VisibleState};

/// The bytes of a value that are shown.
const SHOWN_BYTES: usize = 32;

pub(super) fn tree(report: &BlockReport, block: &Block) -> Tree {
    let fields = block.fields();
    let shown = VisibleState::of(fields);
    let title = format!("block {}", fields.height);
    let about = format!(", {}, {} bytes", report.form.words(), report.size);
    Tree::new(title, about)
        .line("hash", block.hash().to_string())
        .line("previous hash", previous_hash(block))
        .line("signed by", signer(report))
        .line("signature", verdict(report.signature))
        .line("encoding", encoding(report))
        .with_all(deviations(report))
        .with(changes(&fields.changes))
        .with(group(&shown, report.previous.as_ref()))
        .with(shared_key(&shown.key))
        .with(state_proof(block))
        .with(start(&report.start))
        .with_all(report.previous.as_ref().map(applied_tree::tree))
}

fn previous_hash(block: &Block) -> String {
    let hash = block.fields().prev_block_hash;
    if hash == confcall::state::BlockHash::ZERO {
        format!("{hash} {}", faint("zero: there is no block before"))
    } else {
        hash.to_string()
    }
}

fn signer(report: &BlockReport) -> String {
    let Some(signer) = &report.signer else {
        return format!(
            "nobody is named, so it must be the first participant before; {}",
            doubt("give the block before with --previous")
        );
    };
    let user = match signer.user_id {
        Some(user_id) => format!("user {user_id}"),
        None => "nobody in the groups that are known".to_owned(),
    };
    let how = match signer.named {
        true => "",
        false => ", not named: the first participant before",
    };
    format!("{} {user}{how}", signer.public_key)
}

pub(super) fn verdict(verdict: SignatureVerdict) -> String {
    match verdict {
        SignatureVerdict::Valid => good("valid"),
        SignatureVerdict::Invalid => {
            format!("{}: not one of this key over this content", bad("invalid"))
        }
        SignatureVerdict::Unknown => {
            format!("{}: whose it should be is not known", doubt("unchecked"))
        }
    }
}

fn encoding(report: &BlockReport) -> String {
    match report.deviations.len() {
        0 => "canonical".to_owned(),
        count => format!(
            "{}, in {}; hash and signature are of the canonical bytes",
            doubt("not canonical"),
            counted(count, "place")
        ),
    }
}

fn deviations(report: &BlockReport) -> Option<Tree> {
    if report.deviations.is_empty() {
        return None;
    }
    let lines = report.deviations.iter();
    let lines = lines.map(|one| Tree::new(format!("byte {}", one.offset), one.message.as_str()));
    Some(Tree::new("deviations", "").with_all(lines))
}

fn changes(changes: &[Change]) -> Tree {
    let lines = changes.iter().enumerate().map(|(number, change)| {
        let number = number.to_string();
        match change {
            Change::Noop { nonce } => {
                Tree::new(number, format!("nothing; nonce {}", hex::encode(nonce)))
            }
            Change::SetValue { key, value } => Tree::new(number, "sets a value")
                .line("key", some_bytes(key))
                .line("value", some_bytes(value)),
            Change::SetGroupState(group) => {
                let count = group.participants.len();
                Tree::new(
                    number,
                    format!("sets the group: {}", counted(count, "participant")),
                )
            }
            Change::SetSharedKey(key) => {
                let count = key.recipients.len();
                Tree::new(
                    number,
                    format!("sets the shared key: for {}", counted(count, "recipient")),
                )
            }
        }
    });
    Tree::new("changes", changes.len().to_string()).with_all(lines)
}

fn some_bytes(bytes: &[u8]) -> String {
    match bytes.get(..SHOWN_BYTES) {
        Some(start) if bytes.len() > SHOWN_BYTES => {
            format!(
                "{}... ({} bytes; --json has all)",
                hex::encode(start),
                bytes.len()
            )
        }
        _ => format!("{} ({} bytes)", hex::encode(bytes), bytes.len()),
    }
}

fn group(shown: &VisibleState<'_>, applied: Option<&Applied>) -> Tree {
    let Some((group, source)) = shown.group else {
        return Tree::new("group after it", "not shown by this block");
    };
    let count = counted(group.participants.len(), "participant");
    let version = group.protocol_version();
    let value = format!("{count}, protocol version {version}; {}", source.words());
    let difference = applied.and_then(|applied| applied.difference.as_ref());
    Tree::new("group after it", value)
        .with_all(participants(group, difference))
        .line(
            "",
            format!("everybody else may: {}", group.external_permissions),
        )
}

/// The table of the participants, in the order of the chain.
fn participants(group: &GroupState, difference: Option<&GroupDifference>) -> Vec<Tree> {
    if group.participants.is_empty() {
        return Vec::new();
    }
    let row = |user: &str, key: &str, may: &str, version: &str, note: &str| {
        // The widths are those of the longest values: a 64-bit id, a key in hexadecimal, all permissions.
        let row = format!("{user:>20}  {key:<64}  {may:<20}  {version:<7}  {note}");
        row.trim_end().to_owned()
    };
    let head = row("user id", "public key", "may", "version", "");
    let added = difference.iter().flat_map(|all| &all.added);
    let added: BTreeSet<i64> = added.map(|one| one.user_id).collect();
    let rows = group.participants.iter().map(|one| {
        let is_new = added.contains(&one.user_id.value());
        let text = row(
            &one.user_id.to_string(),
            &one.public_key.to_string(),
            &one.permissions.to_string(),
            &one.version.to_string(),
            if is_new { "new" } else { "" },
        );
        Tree::new("", text)
    });
    std::iter::once(Tree::new("", faint(&head)))
        .chain(rows)
        .collect()
}

fn shared_key(shown: &VisibleKey<'_>) -> Tree {
    const LABEL: &str = "shared key after it";
    match shown {
        VisibleKey::Key(key, _) if key.is_empty() => Tree::new(LABEL, doubt("none")),
        VisibleKey::Key(key, source) => key_tree(LABEL, key, *source),
        VisibleKey::Cleared => Tree::new(
            LABEL,
            format!(
                "{}: the group changes and no key is set after it",
                doubt("none")
            ),
        ),
        VisibleKey::Unknown => Tree::new(LABEL, "not shown by this block"),
    }
}

fn key_tree(label: &str, key: &SharedKey, source: Source) -> Tree {
    let size = key.encrypted_shared_key.len();
    let recipients: Vec<_> = key.recipients.iter().map(|user| user.to_string()).collect();
    let count = counted(recipients.len(), "recipient");
    Tree::new(label, format!("for {count}; {}", source.words()))
        .line("ephemeral key", key.ephemeral_key.to_string())
        .line("encrypted key", format!("{size} bytes"))
        .line("recipients", recipients.join(", "))
        .line("headers", headers(key))
}

/// The number of headers, and the size that they all have or the odd ones out.
fn headers(key: &SharedKey) -> String {
    let count = key.headers.len();
    let is_odd = |(_, header): &(usize, &[u8])| header.len() != 32;
    let odd = key.headers.iter().enumerate().find(is_odd);
    match odd {
        None => format!("{count} of 32 bytes"),
        Some((number, header)) => format!(
            "{count}; {}",
            doubt(&format!(
                "number {number} has {} bytes instead of 32",
                header.len()
            ))
        ),
    }
}

fn state_proof(block: &Block) -> Tree {
    let proof = &block.fields().state_proof;
    let kv_hash = match proof.kv_hash {
        KvHash::EMPTY => format!("{} {}", proof.kv_hash, faint("the empty trie")),
        hash => hash.to_string(),
    };
    let part = |is_there: bool| if is_there { "repeated" } else { "left out" };
    Tree::new("state proof", "")
        .line("trie hash", kv_hash)
        .line("group", part(proof.group_state.is_some()))
        .line("shared key", part(proof.shared_key.is_some()))
}

fn start(start: &ChainVerdict) -> Tree {
    let value = match start {
        ChainVerdict::Ok(_) => "a client can start from this block".to_owned(),
        ChainVerdict::Error(error) => {
            format!("a client cannot start from this block: {}", words(error))
        }
    };
    Tree::new("alone", value)
}

fn counted(count: usize, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}
