//! The blocks of one chain, with the verdicts that the model gives and the engine agrees with.

use std::collections::BTreeMap;

use confcall_state::ReferenceCode;
use serde_json::{Value, json};

use crate::rules::{Model, Values};
use crate::values::Group;
use crate::verdict::Refused;

/// A chain's blocks in order, each with what became of it.
#[derive(Clone, Debug)]
pub struct Judged {
    is_full: bool,
    /// The block that the chain starts from, if not from nothing.
    start: Option<Step>,
    steps: Vec<Step>,
}

/// A block's bytes, and what the rules say of it.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) block: Vec<u8>,
    pub(crate) verdict: Verdict,
}

#[derive(Clone, Debug)]
pub(crate) enum Verdict {
    /// The chain after it.
    Accepted(Box<Model>),
    Refused(Refused),
    Unreadable,
}

impl From<Result<Model, Refused>> for Verdict {
    fn from(verdict: Result<Model, Refused>) -> Self {
        verdict.map_or_else(Self::Refused, |model| Self::Accepted(Box::new(model)))
    }
}

impl Judged {
    pub(crate) fn new(first: &Model) -> Self {
        Self {
            is_full: matches!(first.values, Values::Full(_)),
            start: None,
            steps: Vec::new(),
        }
    }

    /// A client's chain that trusts one block.
    pub(crate) fn started(block: Vec<u8>, model: &Model) -> Self {
        let verdict = Verdict::Accepted(Box::new(model.clone()));
        Self {
            start: Some(Step { block, verdict }),
            ..Self::new(model)
        }
    }

    pub(crate) fn push(&mut self, block: Vec<u8>, verdict: Verdict) {
        self.steps.push(Step { block, verdict });
    }

    /// A case of the kind `chain`, as `tests/vectors/README.md` has it.
    pub fn to_vector(&self, name: &str) -> Value {
        let steps: Vec<_> = self.steps.iter().map(Step::to_vector).collect();
        let mode = if self.is_full { "full" } else { "client" };
        let mut case = json!({ "name": name, "mode": mode, "steps": steps });
        if let Some(start) = &self.start {
            case["start"] = start.to_vector();
        }
        case
    }
}

impl Step {
    fn to_vector(&self) -> Value {
        let block = hex::encode(&self.block);
        match &self.verdict {
            Verdict::Accepted(model) => json!({ "block": block, "ok": state(model) }),
            // The vectors write both as code 0, as the reference has none for either.
            Verdict::Refused(Refused { code: None, .. }) | Verdict::Unreadable => {
                json!({ "block": block, "error": { "code": 0, "name": "" } })
            }
            Verdict::Refused(Refused {
                code: Some(code), ..
            }) => {
                let all = ReferenceCode::ALL.iter();
                let name = all
                    .map(|one| (one.code(), one.name()))
                    .find(|one| one.0 == *code);
                let name = name.map_or("", |one| one.1);
                json!({ "block": block, "error": { "code": code, "name": name } })
            }
        }
    }

    /// The verdict in words.
    fn verdict(&self) -> String {
        match &self.verdict {
            Verdict::Accepted(_) => "accepted".to_owned(),
            Verdict::Unreadable => "unreadable".to_owned(),
            Verdict::Refused(Refused { code, rule }) => {
                let code = code.map_or("no code".to_owned(), |code| code.to_string());
                format!("{code}: not so that {rule}")
            }
        }
    }
}

fn state(model: &Model) -> Value {
    json!({
        "height": model.height,
        "hash": hex::encode(model.hash),
        "kv_hash": hex::encode(model.kv_hash),
        "group_state": group(&model.group),
        "shared_key_users": model.key.users,
    })
}

fn group(group: &Group) -> Value {
    let people = group.people.iter().map(|one| {
        json!({
            "user_id": one.user,
            "public_key": hex::encode(one.key),
            "flags": one.flags,
            "version": one.version,
        })
    });
    let people: Vec<_> = people.collect();
    json!({ "participants": people, "external_permissions": group.external })
}

/// The number of times that each verdict was reached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// The blocks that were judged.
    pub blocks: u64,
    /// The verdicts on them, by what the model says.
    pub verdicts: BTreeMap<String, u64>,
}

impl Seen {
    /// Adds the blocks of one chain.
    pub fn add(&mut self, judged: &Judged) {
        for step in &judged.steps {
            self.blocks += 1;
            *self.verdicts.entry(step.verdict()).or_default() += 1;
        }
    }
}
