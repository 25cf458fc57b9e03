//! `confcall inspect`: explains the bytes of a block or a broadcast.

mod applied;
mod applied_tree;
mod block;
mod block_tree;
mod broadcast;
mod difference;
mod form;
mod input;
mod item;
mod malformed;
mod signer;
mod style;
mod tree;
mod visible_state;

use std::io::Write;
use std::process::ExitCode;

use anyhow::Context as _;
use confcall::state::Block;
use serde::Serialize;
use serde_json::Value;

use block::BlockReport;
use broadcast::BroadcastReport;
use input::NotBytes;
pub(crate) use item::{Item, ItemContent};
use malformed::Malformed;
pub(crate) use visible_state::VisibleState;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
The input is a block or a broadcast, alone, in the form that clients send or in the form that the server \
sends; raw, in hexadecimal or in base64, in which white space does not count. A file goes before a text \
that happens to be its name.

With --previous a block is also applied to the state that the previous one shows, and a broadcast is \
compared with the block that it verifies.

Exit status: 0 if the input was explained, also if the block is refused; 1 if it is malformed.

Examples:
  confcall inspect block.bin
  confcall inspect tip.hex --previous before.hex
  confcall inspect b63d9a63...
  pbpaste | confcall inspect --json | jq .signer")]
pub(crate) struct Args {
    /// A file, the bytes themselves in hexadecimal or base64, or - for standard input.
    #[arg(value_name = "FILE|HEX|-", default_value = "-")]
    input: String,

    /// The block before it, given in the same ways; for a broadcast, the block that it verifies.
    #[arg(long, value_name = "FILE|HEX|-")]
    previous: Option<String>,

    /// Print one JSON object instead of a tree.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    // Both would read the same stream, and the second would find nothing.
    if args.input == "-" && args.previous.as_deref() == Some("-") {
        anyhow::bail!("standard input can be the block or the previous one, not both");
    }
    let bytes = input::load(&args.input).with_context(|| shown(&args.input));
    let bytes = match bytes {
        Ok(bytes) => bytes,
        Err(error) => return refuse(args, error, out),
    };
    let item = match Item::read(&bytes) {
        Ok(item) => item,
        Err(malformed) => return refuse(args, malformed.into(), out),
    };
    let previous = args.previous.as_deref().map(previous).transpose();
    let previous = match previous {
        Ok(previous) => previous,
        Err(error) => return refuse(args, error, out),
    };
    match &item.content {
        ItemContent::Block(block) => {
            let report = BlockReport::new(block, item.form, bytes.len(), previous.as_ref());
            print(args, &report, || block_tree::tree(&report, block), out)?;
        }
        ItemContent::Broadcast(broadcast) => {
            let report = BroadcastReport::new(broadcast, item.form, bytes.len(), previous.as_ref());
            print(args, &report, || report.tree(), out)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn print(
    args: &Args,
    report: &impl Serialize,
    tree: impl FnOnce() -> tree::Tree,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    if args.json {
        let mut report = serde_json::to_value(report)?;
        write_ids_as_strings(&mut report);
        writeln!(out, "{report}")?;
    } else {
        tree().print(out)?;
    }
    Ok(out.flush()?)
}

/// Makes strings of the ids of users, which many programs would round to floating point.
///
/// The shapes are those of the vectors, which have numbers.
fn write_ids_as_strings(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match name.as_str() {
                    "user_id" | "dest_user_id" => write_as_strings(value),
                    _ => write_ids_as_strings(value),
                }
            }
        }
        Value::Array(all) => all.iter_mut().for_each(write_ids_as_strings),
        _ => {}
    }
}

fn write_as_strings(value: &mut Value) {
    match value {
        Value::Number(number) => *value = Value::String(number.to_string()),
        Value::Array(all) => all.iter_mut().for_each(write_as_strings),
        _ => {}
    }
}

/// The error of the whole command; with `--json` it stands in the place of the report.
fn refuse(args: &Args, error: anyhow::Error, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    if !args.json {
        return Err(error);
    }
    let in_bytes = error.downcast_ref::<Malformed>().map(Malformed::offset);
    let offset = in_bytes.or_else(|| error.downcast_ref::<NotBytes>().map(NotBytes::offset));
    let report = serde_json::json!({
        "error": {"code": 0, "name": "", "message": format!("{error:#}"), "offset": offset},
    });
    writeln!(out, "{report}")?;
    Ok(ExitCode::FAILURE)
}

fn previous(source: &str) -> anyhow::Result<Block> {
    let in_previous = || format!("--previous {}", shown(source));
    let bytes = input::load(source).with_context(in_previous)?;
    let item = Item::read(&bytes).with_context(|| "--previous")?;
    match item.content {
        ItemContent::Block(block) => Ok(block),
        ItemContent::Broadcast(_) => anyhow::bail!("--previous is a broadcast; it must be a block"),
    }
}

/// A source as it is shown in an error, shortened since texts can be long.
fn shown(source: &str) -> String {
    let mut short: String = source.chars().take(40).collect();
    if short.len() < source.len() {
        short.push_str("...");
    }
    match source {
        "-" => "standard input".to_owned(),
        _ => short.replace(char::is_control, " "),
    }
}
