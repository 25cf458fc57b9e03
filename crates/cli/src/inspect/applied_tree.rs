//! The tree that `--previous` adds to a block.

use confcall::state::wire::Permissions;
use confcall_conformance::shapes::CodedError;

use super::applied::{Applied, ChainVerdict};
use super::difference::{Changed, GroupDifference, Replaced};
use super::style::{bad, doubt, good};
use super::tree::Tree;

pub(super) fn tree(applied: &Applied) -> Tree {
    let tree = Tree::new(
        "after the previous",
        format!("block {}, {}", applied.height, applied.hash),
    );
    let tree = match (&applied.outcome, &applied.cannot_start) {
        (Some(ChainVerdict::Ok(_)), _) => tree.line("verdict", good("accepted")),
        (Some(ChainVerdict::Error(error)), _) => {
            tree.line("verdict", format!("{}: {}", bad("refused"), words(error)))
        }
        (None, Some(error)) => tree.line(
            "verdict",
            format!(
                "{}: no chain can start from the previous block: {}",
                doubt("unknown"),
                words(error)
            ),
        ),
        (None, None) => tree,
    };
    match &applied.difference {
        Some(difference) if difference.is_empty() => tree.line("group", "unchanged"),
        Some(difference) => tree.with_all(difference_lines(difference)),
        None => tree,
    }
}

fn difference_lines(difference: &GroupDifference) -> Vec<Tree> {
    let added = difference.added.iter().map(|one| {
        let may = Permissions::from_bits(one.flags);
        let text = format!("user {}, key {}, may {may}", one.user_id, one.public_key);
        Tree::new("added", text)
    });
    let removed = difference.removed.iter().map(|one| {
        Tree::new(
            "removed",
            format!("user {}, key {}", one.user_id, one.public_key),
        )
    });
    let mut lines: Vec<_> = added.chain(removed).collect();
    lines.extend(difference.changed.iter().flat_map(changed_lines));
    if let Some(Replaced { from, to }) = difference.external_permissions {
        let [from, to] = [from, to].map(|bits| Permissions::from_bits(bits.cast_unsigned()));
        lines.push(Tree::new("everybody else may", format!("{from} → {to}")));
    }
    if let Some(Replaced { from, to }) = difference.protocol_version {
        lines.push(Tree::new("protocol version", format!("{from} → {to}")));
    }
    lines
}

fn changed_lines(changed: &Changed) -> Vec<Tree> {
    let user = changed.user_id;
    let key = changed.public_key.map(|Replaced { from, to }| {
        Tree::new("replaced key", format!("user {user}"))
            .line("from", from.to_string())
            .line("to", to.to_string())
    });
    let flags = changed.flags.map(|Replaced { from, to }| {
        let [from, to] = [from, to].map(Permissions::from_bits);
        Tree::new("permissions", format!("user {user}: {from} → {to}"))
    });
    let version = changed
        .version
        .map(|Replaced { from, to }| Tree::new("version", format!("user {user}: {from} → {to}")));
    [key, flags, version].into_iter().flatten().collect()
}

/// An error with its code and name, if it has them.
pub(super) fn words(error: &CodedError) -> String {
    match error.name.as_str() {
        "" => error.message.clone(),
        name => format!("{} {name}: {}", error.code, error.message),
    }
}
