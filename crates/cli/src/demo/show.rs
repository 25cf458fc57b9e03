use core::time::Duration;
use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use confcall::JoinBlock;
use confcall::join::api::{JoinGroupCall, Request};
use confcall::join::joining::Tip;
use confcall::state::UserId;
use confcall_server::Call;

use super::joining::Joined;
use super::recorded::RecordedCall;

const LABEL: Style = AnsiColor::Cyan.on_default().bold();
const GOOD: Style = AnsiColor::Green.on_default().bold();

/// Writes the demo for people.
pub(super) struct Show<'a, W>(&'a mut W);

impl<'a, W: Write> Show<'a, W> {
    pub(super) fn new(out: &'a mut W) -> Self {
        Self(out)
    }

    /// One line: what it is about, and what it says.
    pub(super) fn line(&mut self, label: &str, text: &str) -> io::Result<()> {
        writeln!(self.0, "{LABEL}{label:<9}{LABEL:#} {text}")?;
        self.0.flush()
    }

    /// The same at a moment of a virtual clock.
    pub(super) fn line_at(&mut self, at: Duration, label: &str, text: &str) -> io::Result<()> {
        self.line(label, &format!("{:>6.2} s  {text}", at.as_secs_f64()))
    }

    /// The same screen for somebody else.
    pub(super) fn reborrow(&mut self) -> Show<'_, W> {
        Show(self.0)
    }

    /// The call before we join it.
    pub(super) fn start(
        &mut self,
        recorded: &RecordedCall,
        call: &Call,
        seed: &[u8; 32],
    ) -> io::Result<()> {
        let loaded = format!(
            "{}, recorded: {} blocks and {} broadcasts, every block validated by the embedded server",
            recorded.name,
            call.blocks().len(),
            call.broadcasts().len(),
        );
        self.line("call", &loaded)?;
        self.line("link", call.invite_link().as_str())?;
        self.line(
            "seed",
            &format!("{}  (--seed repeats this run)", hex::encode(seed)),
        )
    }

    /// The newest block before ours.
    pub(super) fn tip(&mut self, tip: &Tip) -> io::Result<()> {
        let (height, hash) = (tip.block.height(), tip.block.hash());
        let participants = tip.chain.state().group_state().participants.len();
        let text = format!("height {height}, hash {hash}, {participants} participants");
        self.line("tip", &text)
    }

    /// Our block.
    pub(super) fn block(&mut self, join: &JoinBlock) -> io::Result<()> {
        let block = join.block();
        let (height, size, hash) = (block.height(), block.bytes().len(), block.hash());
        self.line(
            "block",
            &format!("height {height}, {size} bytes, hash {hash}"),
        )?;
        self.line("adds", &format!("user {}", join.user_id()))?;
        self.line("key", &join.public_key().to_string())
    }

    /// The request with our block.
    pub(super) fn request(&mut self, join: &JoinGroupCall) -> io::Result<()> {
        let request = Request::from(join.clone());
        let (method, size) = (request.method(), request.to_tl().len());
        self.line("request", &format!("{method}, {size} bytes"))?;
        let present = |present| if present { "set" } else { "none" };
        let fields = format!(
            "join_as {:?}, invite_hash {}, public_key {}, block {}, muted {}, video_stopped {}",
            join.join_as,
            present(join.invite_hash.is_some()),
            present(join.public_key.is_some()),
            present(join.block.is_some()),
            join.muted,
            join.video_stopped,
        );
        self.line("fields", &fields)
    }

    /// The server's verdict and the call after it.
    pub(super) fn joined(&mut self, joined: &Joined) -> io::Result<()> {
        let state = joined.chain.state();
        self.line("verdict", &format!("{GOOD}accepted{GOOD:#}"))?;
        let height = format!("{}, hash {}", state.height(), state.hash());
        self.line("height", &height)?;
        for one in &state.group_state().participants {
            let member = format!(
                "{:<14} {}  may {}",
                one.user_id, one.public_key, one.permissions
            );
            self.line("member", &member)?;
        }
        Ok(())
    }

    pub(super) fn opened(&mut self, user_id: UserId) -> io::Result<()> {
        self.line(
            "key",
            &format!("user {user_id} opens the new shared key: the same as ours"),
        )
    }

    pub(super) fn keys_checked(&mut self, members: usize) -> io::Result<()> {
        writeln!(
            self.0,
            "{GOOD}verified{GOOD:#}: we and all {members} recorded members hold the same epoch key"
        )
    }

    pub(super) fn done(&mut self) -> io::Result<()> {
        writeln!(
            self.0,
            "{GOOD}everything held{GOOD:#}: a recorded call from the join to a removal, and a whole life of engines"
        )
    }
}

/// Users in a line.
pub(super) fn list(users: &[UserId]) -> String {
    let users: Vec<_> = users.iter().map(UserId::to_string).collect();
    users.join(" ")
}
