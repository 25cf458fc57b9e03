use core::fmt;

use thiserror::Error;

use super::reader::{Step, Trace};
use super::record::TracedOutput;
use crate::engine::{Engine, Misuse, Output};

/// A trace that an engine came to again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replayed {
    /// The number of inputs.
    pub inputs: usize,
    /// The number of requests and events that came out.
    pub outputs: usize,
}

/// The first place where a replayed engine does something else than the trace says.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Difference {
    /// Another output came.
    #[error("line {line}: expected {}, got {}", Words(.expected), Words(.got))]
    Output {
        /// The number of the line.
        line: usize,
        /// The output in the trace; `None` after the outputs of a step.
        expected: Option<TracedOutput>,
        /// The output that came; `None` if nothing more did.
        got: Option<TracedOutput>,
    },
    /// The engine asked for the result of another secret operation than the trace has.
    #[error("line {line}: the engine asked for other facts than the trace has")]
    Facts {
        /// The number of the line of the input.
        line: usize,
    },
    /// The engine takes no such input there.
    #[error("line {line}: {misuse}")]
    Input {
        /// The number of the line of the input.
        line: usize,
        /// The reason.
        misuse: Misuse,
    },
    /// No engine can be made from the header.
    #[error("line 1: {0}")]
    Header(String),
}

struct Words<'a>(&'a Option<TracedOutput>);

impl fmt::Display for Words<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(output) => f.write_str(&serde_json::to_string(output).unwrap_or_default()),
            None => f.write_str("nothing more"),
        }
    }
}

/// Runs the engine again on the inputs of a trace, without any secret.
///
/// # Errors
///
/// [`Difference`], the first one.
pub fn replay(trace: &Trace) -> Result<Replayed, Difference> {
    let config = trace.header.config().map_err(Difference::Header)?;
    let seed = trace.header.public_seed().map_err(Difference::Header)?;
    let mut replayed = Replayed {
        inputs: 0,
        outputs: 0,
    };
    // A trace that was cut in its beginning has nothing to compare.
    let Some((first, steps)) = trace.steps.split_first() else {
        return Ok(replayed);
    };
    let mut engine = Engine::replayed(config, seed, first.at, first.facts.clone());
    replayed.outputs += compare(&mut engine, first)?;
    for step in steps {
        // Before the input: the engine asks for them while it handles it.
        engine.add_facts(step.facts.clone());
        if let Some(input) = step.input.clone() {
            let line = step.line;
            let handled = engine.handle_input(step.at, input);
            handled.map_err(|misuse| Difference::Input { line, misuse })?;
            replayed.inputs += 1;
        }
        replayed.outputs += compare(&mut engine, step)?;
    }
    Ok(replayed)
}

/// Compares what comes out with what a step says; gives how many requests and events there were.
fn compare(engine: &mut Engine, step: &Step) -> Result<usize, Difference> {
    let mut line = step.line;
    let mut expected = step.outputs.iter();
    loop {
        let output = engine.poll_output();
        let got = TracedOutput::of(&output);
        let next = expected.next();
        line = next.map_or(line, |(line, _)| *line);
        if next.map(|(_, expected)| expected) != Some(&got) {
            return Err(Difference::Output {
                line,
                expected: next.map(|(_, expected)| expected.clone()),
                got: Some(got),
            });
        }
        if matches!(output, Output::Timeout(_)) {
            break;
        }
    }
    // A step that was read ends with its only timeout.
    match engine.has_derailed() {
        true => Err(Difference::Facts { line: step.line }),
        false => Ok(step.outputs.len() - 1),
    }
}
