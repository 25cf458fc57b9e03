//! The result of a search, for people and for programs.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use confcall_conformance::difference::{Difference, Exchange, Family};
use serde_json::{Map, Value, json};

use crate::printable::{printable, printable_json};

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();
const DIM: Style = Style::new().dimmed();

/// A search until now.
pub(super) struct Report {
    pub(super) seed: u64,
    /// The other implementation, as it names itself.
    pub(super) other: String,
    /// The families that are compared, with the number of their runs.
    pub(super) runs: Vec<(Family, u64)>,
    pub(super) requests: usize,
    /// The families that are left out, with the operation that is missing.
    pub(super) unspoken: Vec<(Family, &'static str)>,
    pub(super) found: Option<Found>,
}

/// The difference that ended a search.
pub(super) struct Found {
    pub(super) family: Family,
    /// The number of the run.
    pub(super) number: u64,
    /// The number of requests before it was made short.
    pub(super) before: usize,
    pub(super) difference: Difference,
    /// True if its requests alone show it.
    pub(super) is_shown_again: bool,
}

impl Report {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            seed,
            other: String::new(),
            runs: Vec::new(),
            requests: 0,
            unspoken: Vec::new(),
            found: None,
        }
    }

    /// Counts a run.
    pub(super) fn count(&mut self, family: Family, requests: usize) {
        let mut runs = self.runs.iter_mut();
        if let Some((_, count)) = runs.find(|(known, _)| *known == family) {
            *count += 1;
        }
        self.requests += requests;
    }

    /// The runs and requests in words.
    pub(super) fn counted(&self) -> String {
        let runs = self.runs.iter();
        let runs: Vec<_> = runs
            .map(|(family, count)| format!("{count} of {family}"))
            .collect();
        format!("runs: {}, {} requests", runs.join(", "), self.requests)
    }

    pub(super) fn print(&self, json: bool, out: &mut impl Write) -> io::Result<()> {
        match (json, &self.found) {
            (true, _) => writeln!(out, "{}", printable_json(&self.json().to_string()))?,
            (false, Some(found)) => {
                found.print(out)?;
                writeln!(out, "seed {}, {}", self.seed, self.counted())?;
            }
            (false, None) => {
                let (seed, counted) = (self.seed, self.counted());
                let other = printable(&self.other);
                writeln!(
                    out,
                    "{GOOD}no difference{GOOD:#} to {other}, seed {seed}, {counted}"
                )?;
            }
        }
        if !json {
            for (family, operation) in &self.unspoken {
                writeln!(
                    out,
                    "not compared: {family}, since it does not speak {operation}"
                )?;
            }
        }
        out.flush()
    }

    fn json(&self) -> Value {
        let runs = self.runs.iter();
        let runs = runs.map(|(family, count)| (family.to_string(), (*count).into()));
        let unspoken = self.unspoken.iter();
        let unspoken =
            unspoken.map(|(family, operation)| (family.to_string(), (*operation).into()));
        json!({
            "seed": self.seed,
            "other": self.other,
            "runs": runs.collect::<Map<_, _>>(),
            "requests": self.requests,
            "unspoken": unspoken.collect::<Map<_, _>>(),
            "difference": self.found.as_ref().map(Found::json),
        })
    }
}

impl Found {
    /// A difference as it was found.
    pub(super) fn new(family: Family, number: u64, difference: Difference) -> Self {
        Self {
            family,
            number,
            before: difference.exchanges.len(),
            difference,
            is_shown_again: false,
        }
    }

    fn print(&self, out: &mut impl Write) -> io::Result<()> {
        for Exchange {
            request,
            ours,
            other,
        } in &self.difference.exchanges
        {
            writeln!(out, "{request}")?;
            let other = other.as_deref();
            match other.is_some_and(|other| value(other) == value(ours)) {
                true => writeln!(out, "    {DIM}both   {ours}{DIM:#}")?,
                false => {
                    writeln!(out, "    engine {ours}")?;
                    writeln!(
                        out,
                        "    other  {}",
                        other.map_or("-".to_owned(), printable)
                    )?;
                }
            }
        }
        let Self { family, number, .. } = self;
        let kind = printable(&self.difference.kind.to_string());
        writeln!(
            out,
            "{BAD}difference{BAD:#} in run {number} of {family}: {kind}"
        )?;
        let (before, after) = (self.before, self.difference.exchanges.len());
        match self.is_shown_again {
            true => writeln!(out, "shrunk from {before} requests to {after}"),
            false => writeln!(
                out,
                "not shrunk: after a new start these requests do not show it, so that it depends on earlier runs or on chance"
            ),
        }
    }

    fn json(&self) -> Value {
        let exchanges = self.difference.exchanges.iter();
        let exchanges = exchanges.map(|one| {
            json!({
                "request": value(&one.request.to_string()),
                "engine": value(&one.ours),
                "other": one.other.as_deref().map(value),
            })
        });
        json!({
            "family": self.family.name(),
            "run": self.number,
            "kind": self.difference.kind.to_string(),
            "requests_before": self.before,
            "is_shown_again": self.is_shown_again,
            "exchanges": exchanges.collect::<Vec<_>>(),
        })
    }
}

/// A line as JSON; one that is none as a string.
fn value(line: &str) -> Value {
    serde_json::from_str(line).unwrap_or_else(|_| line.into())
}
