use confcall_media::Moment;
use thiserror::Error;

use super::chain::Chain;
use super::header::Header;
use super::moment::moment;
use super::record::{Record, TracedOutput};
use crate::engine::Input;
use crate::engine::fact::Fact;

/// A trace that was read and is whole up to its end.
#[derive(Clone, Debug)]
pub struct Trace {
    /// The beginning of the engine.
    pub header: Header,
    /// The beginning, and then one step for each input; none at all if the trace was cut before the beginning was whole.
    pub steps: Vec<Step>,
    /// The end, if it is there.
    pub ending: Ending,
}

/// An input and what became of it.
#[derive(Clone, Debug)]
pub struct Step {
    /// The number of its first line, from 1.
    pub line: usize,
    /// The moment of the input.
    pub at: Moment,
    /// The input; `None` at the beginning.
    pub input: Option<Input>,
    /// The public parts of everything that took a secret.
    pub facts: Vec<Fact>,
    /// The outputs, each with the number of its line.
    pub outputs: Vec<(usize, TracedOutput)>,
}

/// The end of a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// With its last line.
    Complete,
    /// The last line is missing: the recording stopped, or the trace was cut. A step that is not whole is left out.
    Cut,
}

/// Bytes are no trace.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("line {line}: {kind}")]
pub struct TraceError {
    /// The number of the line, from 1.
    pub line: usize,
    /// The fault.
    pub kind: TraceErrorKind,
}

/// A fault of a line.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TraceErrorKind {
    /// The line does not continue the chain: it, or the end of line before it, was edited; or lines were cut out or
    /// moved. In the first line: this is no trace.
    #[error("the chain breaks: the line was edited or moved, or lines before it are missing")]
    Chain,
    /// The line is none that this version writes.
    #[error("this is no record: {0}")]
    Malformed(String),
    /// The line stands in the wrong place.
    #[error("{0} stands in the wrong place")]
    Misplaced(&'static str),
    /// There is no line at all.
    #[error("the trace is empty")]
    Empty,
    /// The last line counts other inputs.
    #[error("the trace has {found} inputs, not {counted}")]
    Count {
        /// The number that the last line counts.
        counted: usize,
        /// The number of inputs that there are.
        found: usize,
    },
}

impl Trace {
    /// Reads a trace and checks its chain.
    ///
    /// # Errors
    ///
    /// [`TraceError`] with the line. A trace whose end is missing is none: [`Ending::Cut`].
    pub fn read(bytes: &[u8]) -> Result<Self, TraceError> {
        let mut reader = Reader::default();
        for (index, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
            // A line without its end is one that was being written.
            let Some(line) = line.strip_suffix(b"\n") else {
                break;
            };
            let read = reader.line(index + 1, line);
            read.map_err(|kind| TraceError {
                line: index + 1,
                kind,
            })?;
        }
        let (line, kind) = (1, TraceErrorKind::Empty);
        reader.finish().ok_or(TraceError { line, kind })
    }

    /// The number of inputs.
    pub fn inputs(&self) -> usize {
        let inputs = self.steps.iter();
        inputs.filter(|step| step.input.is_some()).count()
    }
}

impl Step {
    /// True if all of it is there.
    fn is_whole(&self) -> bool {
        matches!(self.outputs.last(), Some((_, TracedOutput::Wake(_))))
    }
}

/// Everything that was read so far.
#[derive(Debug, Default)]
struct Reader {
    chain: Chain,
    header: Option<Header>,
    steps: Vec<Step>,
    ended: bool,
}

impl Reader {
    fn line(&mut self, number: usize, line: &[u8]) -> Result<(), TraceErrorKind> {
        // Before anything is read: a line that was edited may say what it likes.
        let object = self.chain.open(line).ok_or(TraceErrorKind::Chain)?;
        let record = serde_json::from_slice(&object);
        let record = record.map_err(|error| TraceErrorKind::Malformed(error.to_string()))?;
        if self.ended {
            return Err(TraceErrorKind::Misplaced("a line after the end"));
        }
        match record {
            Record::Header(header) if self.header.is_none() => self.begin(number, header),
            Record::Header(_) => Err(TraceErrorKind::Misplaced("a header")),
            Record::Input { at, what } => self.input(number, moment(at), what),
            Record::Facts(facts) => {
                let step = self.open_step("facts")?;
                let facts = facts.into_iter().map(Fact::try_from);
                let facts: Result<Vec<_>, _> = facts.collect();
                step.facts.extend(facts.map_err(TraceErrorKind::Malformed)?);
                Ok(())
            }
            Record::Output(output) => {
                let step = self.open_step("an output")?;
                step.outputs.push((number, output));
                Ok(())
            }
            Record::End { inputs } => self.end(inputs),
        }
    }

    fn begin(&mut self, line: usize, header: Header) -> Result<(), TraceErrorKind> {
        header.check().map_err(TraceErrorKind::Malformed)?;
        self.steps.push(Step {
            line,
            at: header.start(),
            input: None,
            facts: Vec::new(),
            outputs: Vec::new(),
        });
        self.header = Some(header);
        Ok(())
    }

    fn input(&mut self, line: usize, at: Moment, input: Input) -> Result<(), TraceErrorKind> {
        if !self.is_between_steps() {
            return Err(TraceErrorKind::Misplaced("an input"));
        }
        self.steps.push(Step {
            line,
            at,
            input: Some(input),
            facts: Vec::new(),
            outputs: Vec::new(),
        });
        Ok(())
    }

    fn end(&mut self, counted: usize) -> Result<(), TraceErrorKind> {
        if !self.is_between_steps() {
            return Err(TraceErrorKind::Misplaced("the end"));
        }
        // The beginning is a step without an input.
        let found = self.steps.len() - 1;
        if counted != found {
            return Err(TraceErrorKind::Count { counted, found });
        }
        self.ended = true;
        Ok(())
    }

    fn is_between_steps(&self) -> bool {
        self.steps.last().is_some_and(Step::is_whole)
    }

    fn open_step(&mut self, what: &'static str) -> Result<&mut Step, TraceErrorKind> {
        let step = self.steps.last_mut().filter(|step| !step.is_whole());
        step.ok_or(TraceErrorKind::Misplaced(what))
    }

    fn finish(mut self) -> Option<Trace> {
        // A recording that was stopped ends anywhere, and half a step cannot be compared.
        self.steps.pop_if(|step| !step.is_whole());
        Some(Trace {
            header: self.header?,
            steps: self.steps,
            ending: match self.ended {
                true => Ending::Complete,
                false => Ending::Cut,
            },
        })
    }
}
