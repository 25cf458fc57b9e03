//! Making a run that differs short: requests are left out, then bytes and parts of the lists in those that remain.

use serde_json::{Map, Value, json};

use super::answer::Answer;
use super::comparison::{Comparison, Difference, Other};
use super::fault::Fault;
use super::request::Request;
use crate::peer::Peer;

/// A run that differs, as short as was found.
#[derive(Debug)]
#[non_exhaustive]
pub enum Shrunk {
    /// The requests show a difference whenever both start anew.
    Shown(Difference),
    /// The requests alone show none: it depends on what was asked before them, or on something else.
    NotAgain,
}

impl<O: Other, P: FnMut() -> Peer> Comparison<O, P> {
    /// Makes a run that differs short. Each try starts both anew, and `goes_on` is asked before it.
    ///
    /// What is found may be another difference than that of the start.
    ///
    /// # Errors
    ///
    /// As [`compare`](Self::compare), and [`Fault::Silent`] if the other implementation cannot be started again.
    pub fn shrink(
        &mut self,
        found: &Difference,
        mut goes_on: impl FnMut() -> bool,
    ) -> Result<Shrunk, Fault> {
        let Some(mut best) = self.compare_afresh(&found.requests())? else {
            return Ok(Shrunk::NotAgain);
        };
        for candidates in [later_starts, shorter, smaller] {
            let (mut passed, mut is_new) = (0_usize, false);
            while goes_on() {
                // Listed again after each success, since they follow from the best run so far.
                match candidates(&best.requests()).into_iter().nth(passed) {
                    Some(candidate) => match self.compare_afresh(&candidate)? {
                        Some(next) if is_understood(&next) => (best, is_new) = (next, true),
                        _ => passed = passed.saturating_add(1),
                    },
                    // What was needed at first may not be, now that others are gone.
                    None if is_new => (passed, is_new) = (0, false),
                    None => break,
                }
            }
        }
        Ok(Shrunk::Shown(best))
    }
}

/// True if our peer understands the last request: no other implementation needs to judge one that is none.
fn is_understood(difference: &Difference) -> bool {
    let last = difference.exchanges.last();
    let answer = last.and_then(|last| Answer::read(&last.ours).ok());
    answer.is_some_and(|answer| !answer.is_not_understood())
}

/// The runs in which a chain starts from a block instead of coming to it, the latest start first.
fn later_starts(run: &[Request]) -> Vec<Vec<Request>> {
    // The last request is what differs.
    let before = run.len().saturating_sub(1);
    let places = (0..before).rev();
    let runs = places.filter_map(|place| {
        let apply = run
            .get(place)
            .filter(|request| request.op == "chain_apply")?;
        let chain = apply.fields.get("chain")?;
        let start = json!({ "chain": chain, "mode": "client", "block": apply.fields.get("block") });
        let (earlier, later) = run.split_at(place);
        let others = earlier
            .iter()
            .filter(|one| one.fields.get("chain") != Some(chain));
        let mut run: Vec<_> = others.cloned().collect();
        run.push(Request::new("chain_new", start));
        run.extend(later.iter().skip(1).cloned());
        Some(run)
    });
    runs.collect()
}

/// The runs without some requests, but with the last one: many are left out first, and late ones before early ones.
fn shorter(run: &[Request]) -> Vec<Vec<Request>> {
    let before = run.len().saturating_sub(1);
    let sizes =
        core::iter::successors(Some(before), |size| Some(size / 2)).take_while(|size| *size > 0);
    let ranges = sizes.flat_map(|size| {
        let ends = (1..=before).rev().step_by(size);
        ends.map(move |end| end.saturating_sub(size)..end)
    });
    let runs = ranges.map(|range| {
        let places = run.iter().enumerate();
        let kept = places.filter(|(place, _)| !range.contains(place));
        kept.map(|(_, request)| request.clone()).collect()
    });
    runs.collect()
}

/// The runs of which one request is smaller.
fn smaller(run: &[Request]) -> Vec<Vec<Request>> {
    let mut runs = Vec::new();
    for (place, request) in run.iter().enumerate() {
        for fields in smaller_fields(&request.fields) {
            let mut run = run.to_vec();
            if let Some(request) = run.get_mut(place) {
                request.fields = fields;
            }
            runs.push(run);
        }
    }
    runs
}

fn smaller_fields(fields: &Map<String, Value>) -> Vec<Map<String, Value>> {
    let mut all = Vec::new();
    for (name, value) in fields {
        for value in smaller_values(value) {
            let mut fields = fields.clone();
            fields.insert(name.clone(), value);
            all.push(fields);
        }
    }
    all
}

/// A value without one element, with half of its bytes, or with a part that is so.
fn smaller_values(value: &Value) -> Vec<Value> {
    match value {
        Value::Object(fields) => smaller_fields(fields)
            .into_iter()
            .map(Value::Object)
            .collect(),
        Value::Array(elements) => {
            let mut all = Vec::new();
            for (place, element) in elements.iter().enumerate() {
                let (before, after) = elements.split_at(place);
                let after = after.get(1..).unwrap_or_default();
                all.push(Value::Array([before, after].concat()));
                for element in smaller_values(element) {
                    all.push(Value::Array([before, &[element], after].concat()));
                }
            }
            all
        }
        Value::String(text) => {
            // Of an even number of digits, half of the bytes.
            let half = text.len() / 4 * 2;
            let is_hex = text.len() > 1 && hex::decode(text).is_ok();
            let half = text.get(..half).filter(|_| is_hex);
            half.map(Value::from).into_iter().collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => Vec::new(),
    }
}
