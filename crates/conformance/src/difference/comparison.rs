use super::Family;
use super::answer::{Answer, Kind};
use super::fault::{Fault, Silence};
use super::request::Request;
use crate::peer::Peer;

/// Another implementation that answers the requests of `spec/interop.md`.
pub trait Other {
    /// Starts anew, without any object; what ran before is gone.
    ///
    /// # Errors
    ///
    /// [`Silence::NotStarted`].
    fn restart(&mut self) -> Result<(), Silence>;

    /// Sends a line and waits for the line that answers it; both are without their ends.
    ///
    /// # Errors
    ///
    /// The reason that no line comes. Nothing more is asked before the next [`restart`](Self::restart).
    fn ask(&mut self, line: &str) -> Result<String, Silence>;
}

/// A request, and what became of it.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// The request.
    pub request: Request,
    /// Our answer.
    pub ours: String,
    /// That of the other implementation, if there is one.
    pub other: Option<String>,
}

/// A run of which the last request is answered in two ways.
#[derive(Clone, Debug)]
pub struct Difference {
    /// All that was asked, in order.
    pub exchanges: Vec<Exchange>,
    /// The difference between the last answers.
    pub kind: Kind,
}

impl Difference {
    /// The requests.
    pub(super) fn requests(&self) -> Vec<Request> {
        let requests = self.exchanges.iter();
        requests.map(|one| one.request.clone()).collect()
    }
}

/// Another implementation beside our own peer.
pub struct Comparison<O, P> {
    other: O,
    new_peer: P,
    ours: Peer,
    other_name: String,
}

impl<O: Other, P: FnMut() -> Peer> Comparison<O, P> {
    /// Starts both; `new_peer` makes a peer of ours without any object.
    ///
    /// # Errors
    ///
    /// [`Fault::Silent`] and [`Fault::NotAPeer`].
    pub fn start(mut other: O, mut new_peer: P) -> Result<Self, Fault> {
        other.restart()?;
        let line = other.ask("{\"op\":\"ping\"}")?;
        let Ok(answer) = Answer::read(&line) else {
            return Err(Fault::NotAPeer(line.chars().take(100).collect()));
        };
        let ours = new_peer();
        Ok(Self {
            other,
            new_peer,
            ours,
            other_name: name(&answer),
        })
    }

    /// The other implementation's name and version, as it says them.
    pub fn other_name(&self) -> &str {
        &self.other_name
    }

    /// The first operation of a family that the other implementation does not speak; `None` if it speaks all.
    ///
    /// # Errors
    ///
    /// [`Fault::Silent`] if it cannot be started again.
    pub fn unspoken(&mut self, family: Family) -> Result<Option<&'static str>, Fault> {
        for request in family.probes() {
            match self.other.ask(&request.to_string()) {
                Ok(line) => {
                    if Answer::read(&line).is_ok_and(|answer| answer.is_not_understood()) {
                        return Ok(Some(request.op));
                    }
                }
                // It has the operation, and the runs will show what ends it.
                Err(_) => self.other.restart()?,
            }
        }
        Ok(None)
    }

    /// Asks both the same until they differ.
    ///
    /// # Errors
    ///
    /// [`Fault::Ours`].
    pub fn compare(&mut self, run: &[Request]) -> Result<Option<Difference>, Fault> {
        let mut exchanges = Vec::new();
        for request in run {
            let (exchange, kind) = self.ask_both(request)?;
            exchanges.push(exchange);
            if let Some(kind) = kind {
                return Ok(Some(Difference { exchanges, kind }));
            }
        }
        Ok(None)
    }

    /// The same after both have started anew.
    pub(super) fn compare_afresh(&mut self, run: &[Request]) -> Result<Option<Difference>, Fault> {
        self.other.restart()?;
        self.ours = (self.new_peer)();
        self.compare(run)
    }

    fn ask_both(&mut self, request: &Request) -> Result<(Exchange, Option<Kind>), Fault> {
        let line = request.to_string();
        let fault = |answer: String| Fault::Ours {
            request: line.clone(),
            answer,
        };
        let ours = self.ours.answer(&line);
        let ours = ours.map_err(|error| fault(error.to_string()))?;
        let our_answer = Answer::read(&ours).map_err(|error| fault(error.to_string()))?;
        let (other, kind) = match self.other.ask(&line) {
            Ok(line) => {
                let kind = match Answer::read(&line) {
                    Ok(answer) => our_answer.difference(&answer),
                    Err(error) => Some(Kind::NoAnswer(error.to_string())),
                };
                (Some(line), kind)
            }
            Err(silence) => (None, Some(Kind::Silent(silence))),
        };
        let request = request.clone();
        Ok((
            Exchange {
                request,
                ours,
                other,
            },
            kind,
        ))
    }
}

/// The name and version in an answer to `ping`.
fn name(answer: &Answer) -> String {
    let Answer::Ok(fields) = answer else {
        return "without a name".to_owned();
    };
    let field = |name| fields.get(name).and_then(|value| value.as_str());
    [field("name"), field("version")]
        .map(Option::unwrap_or_default)
        .join(" ")
}
