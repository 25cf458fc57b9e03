//! Verdicts of the model, and the end of a comparison that finds a difference.

use core::fmt;

/// A refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The code of the reference, where it has one.
    pub code: Option<i32>,
    /// The rule, for people.
    pub rule: &'static str,
}

impl Refused {
    pub(crate) fn with(code: i32, rule: &'static str) -> Self {
        let code = Some(code);
        Self { code, rule }
    }

    pub(crate) fn without_code(rule: &'static str) -> Self {
        Self { code: None, rule }
    }
}

/// Refuses unless a condition holds.
pub(crate) fn require(holds: bool, refused: Refused) -> Result<(), Refused> {
    if holds { Ok(()) } else { Err(refused) }
}

/// The model and the engine do not agree, and what each of them says.
pub struct Disagreement {
    /// The subject.
    pub about: &'static str,
    /// The verdict of the model.
    pub model: String,
    /// The verdict of the engine.
    pub engine: String,
    /// The input of both.
    pub given: String,
}

impl fmt::Debug for Disagreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} differs", self.about)?;
        writeln!(f, "model:  {}", self.model)?;
        writeln!(f, "engine: {}", self.engine)?;
        write!(f, "given:  {}", self.given)
    }
}

/// Compares what the model says with what the engine says.
pub(crate) fn agree<T: PartialEq + fmt::Debug>(
    about: &'static str,
    model: &T,
    engine: &T,
    // Printed only where they differ: formatting a block costs more than judging it.
    given: &impl fmt::Debug,
) -> Result<(), Disagreement> {
    if model == engine {
        return Ok(());
    }
    Err(Disagreement {
        about,
        model: format!("{model:?}"),
        engine: format!("{engine:?}"),
        given: format!("{given:?}"),
    })
}

/// The reason that a comparison ends.
pub(crate) enum Stop {
    /// All choices are made.
    UsedUp,
    Differs(Disagreement),
}

impl From<arbitrary::Error> for Stop {
    fn from(_: arbitrary::Error) -> Self {
        Self::UsedUp
    }
}

impl From<Disagreement> for Stop {
    fn from(disagreement: Disagreement) -> Self {
        Self::Differs(disagreement)
    }
}

/// The result of a comparison; used-up choices are no fault.
pub(crate) fn until_used_up(end: Result<(), Stop>) -> Result<(), Disagreement> {
    match end {
        Err(Stop::Differs(disagreement)) => Err(disagreement),
        Ok(()) | Err(Stop::UsedUp) => Ok(()),
    }
}
