use std::collections::BTreeMap;
use std::fmt;

use confcall::join::api::Method;
use confcall::join::engine::EndReason;
use confcall_simulator::{Life, World};
use serde::Serialize;

/// The figures of all lives.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Report {
    /// The seed of the first call.
    pub(crate) seed: u64,
    pub(crate) seconds: u64,
    pub(crate) calls: u64,
    hostile_calls: u64,
    virtual_seconds: u64,
    clients: u64,
    joins: u64,
    restored: u64,
    blocks: u64,
    broadcasts: u64,
    requests: u64,
    messages: u64,
    shown_messages: u64,
    packets: Packets,
    faults: BTreeMap<&'static str, u64>,
    ends: BTreeMap<String, u64>,
    pub(crate) divergences: Vec<Divergence>,
}

#[derive(Debug, Default, Serialize)]
struct Packets {
    sealed: u64,
    sent: u64,
    opened: u64,
    refused: u64,
    lost: u64,
}

/// A life in which a law did not hold.
#[derive(Debug, Serialize)]
pub(crate) struct Divergence {
    seed: u64,
    what: String,
}

impl fmt::Display for Divergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "--call {}: {}", self.seed, self.what)
    }
}

impl Report {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            seed,
            ..Self::default()
        }
    }

    /// Adds a life, or what did not hold in it, of which the first line says it and the others are the log; gives the
    /// divergence if it is one.
    pub(crate) fn add(&mut self, seed: u64, lived: Result<Life, String>) -> Option<&Divergence> {
        self.calls += 1;
        match lived {
            Ok(life) => {
                self.add_life(&life);
                None
            }
            Err(what) => {
                let what = what.lines().next().unwrap_or_default().to_owned();
                self.divergences.push(Divergence { seed, what });
                self.divergences.last()
            }
        }
    }

    fn calls_a_minute(&self) -> u64 {
        self.calls * 60 / self.seconds.max(1)
    }

    fn add_life(&mut self, life: &Life) {
        let (world, frames) = (&life.world, &life.frames);
        self.hostile_calls += u64::from(world.hostility.is_some());
        self.virtual_seconds += world.now().as_secs();
        self.clients += world.nodes.len() as u64;
        self.restored += world.restored;
        self.add_traffic(world);
        for (fault, times) in &world.fault_counts {
            *self.faults.entry(fault).or_default() += times;
        }
        let ends = world.nodes.iter().filter_map(|node| node.ended.as_ref());
        for ended in ends {
            *self.ends.entry(kind(&ended.reason)).or_default() += 1;
        }
        self.packets.sealed += frames.sealed;
        self.packets.sent += frames.sent;
        self.packets.opened += frames.opened;
        self.packets.refused += frames.refused;
        self.packets.lost += frames.lost;
    }

    fn add_traffic(&mut self, world: &World) {
        let sent = |method| world.sent(method) as u64;
        self.broadcasts += sent(Method::SendConferenceCallBroadcast);
        self.messages += sent(Method::SendGroupCallEncryptedMessage);
        for node in &world.nodes {
            self.joins += node.joins as u64;
            self.shown_messages += node.messages().count() as u64;
            self.requests += node.requests.len() as u64;
        }
        for call in world.server.calls() {
            // The first block has height 0.
            let height = call.chain_state().height().value();
            self.blocks += u64::try_from(height + 1).unwrap_or_default();
        }
    }
}

/// The name of a reason.
fn kind(reason: &EndReason) -> String {
    let text = format!("{reason:?}");
    let end = text.find(|c: char| !c.is_alphanumeric());
    text.get(..end.unwrap_or(text.len()))
        .unwrap_or_default()
        .to_owned()
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Packets {
            sealed,
            sent,
            opened,
            refused,
            lost,
        } = &self.packets;
        writeln!(f, "first seed   {}", self.seed)?;
        writeln!(
            f,
            "calls        {} in {} s, {} a minute, {} of them of a hostile server",
            self.calls,
            self.seconds,
            self.calls_a_minute(),
            self.hostile_calls
        )?;
        writeln!(f, "virtual time {} s", self.virtual_seconds)?;
        writeln!(
            f,
            "clients      {}, {} joins, {} restored from a checkpoint",
            self.clients, self.joins, self.restored
        )?;
        writeln!(
            f,
            "blocks       {}, {} broadcasts, {} requests",
            self.blocks, self.broadcasts, self.requests
        )?;
        writeln!(
            f,
            "messages     {} sent, {} shown by others",
            self.messages, self.shown_messages
        )?;
        writeln!(
            f,
            "packets      {sealed} sealed, {sent} sent, {opened} opened, {refused} rightly refused, {lost} lost"
        )?;
        writeln!(f, "faults       {}", list(&self.faults))?;
        writeln!(f, "ends         {}", list(&self.ends))?;
        writeln!(f, "divergences  {}", self.divergences.len())?;
        for divergence in &self.divergences {
            writeln!(f, "  {divergence}")?;
        }
        Ok(())
    }
}

fn list<K: fmt::Display>(counts: &BTreeMap<K, u64>) -> String {
    let counts = counts.iter().map(|(what, times)| format!("{times} {what}"));
    counts.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_divergence_is_shown_with_its_seed_and_without_its_log() {
        let mut report = Report::new(7);
        report.add(9, Err("users 1 and 2 differ\nall events".to_owned()));
        let text = report.to_string();
        assert!(text.ends_with("divergences  1\n  --call 9: users 1 and 2 differ\n"));
        assert_eq!(report.calls, 1);
    }
}
