use std::collections::{BTreeMap, VecDeque};

use confcall_join::api::Method;
use confcall_join::engine::{Engine, Event, Input, Misuse, Outcome, Output, RequestId};
use confcall_join::policy::CheckedRequest;
use confcall_media::Moment;
use confcall_state::UserId;

use crate::tl::{read_pushed, read_response};

/// An engine whose requests, answers and updates are bytes of the API.
///
/// It is for stacks that have bytes alone, on any runtime or none, and for other languages. The contract is that of [`Engine`]: after
/// every input, poll until [`ByteOutput::Timeout`]. Each request passes the policy before its bytes come out, and what cannot be
/// read of the server is lost, as if it had not come.
///
/// ```
/// use confcall_join::engine::Engine;
/// use confcall_media::Moment;
/// use confcall_state::UserId;
/// use confcall_transport::{ByteEngine, ByteOutput};
/// # use confcall_join::api::RpcError;
/// # use confcall_join::engine::{Event, Input, Outcome};
/// # struct Stack { now: Moment }
/// # enum Arrived { Answer(u64, Vec<u8>), Error(u64, RpcError), Pushed(Vec<u8>), Nothing }
/// # impl Stack {
/// #     fn send(&mut self, _: u64, _: Option<i32>, _: Vec<u8>) {}
/// #     fn wait_until(&mut self, _: Option<Moment>) -> Arrived { Arrived::Nothing }
/// #     fn now(&self) -> Moment { self.now }
/// # }
///
/// fn drive(engine: Engine, own: UserId, stack: &mut Stack) -> Result<(), Box<dyn std::error::Error>> {
///     let mut engine = ByteEngine::new(engine, own);
///     while !engine.engine().has_ended() {
///         match engine.poll_output() {
///             ByteOutput::Request { request, data_centre, bytes } => stack.send(request.into(), data_centre, bytes),
///             ByteOutput::Event(event) => println!("{event}"),
///             ByteOutput::Timeout(wake) => match stack.wait_until(wake) {
///                 Arrived::Answer(number, bytes) => engine.handle_answer(stack.now(), number.into(), &bytes)?,
///                 Arrived::Error(number, error) => {
///                     let (request, outcome) = (number.into(), Outcome::Refused(error));
///                     engine.handle_input(stack.now(), Input::Answer { request, outcome })?;
///                 }
///                 Arrived::Pushed(bytes) => engine.handle_push(stack.now(), &bytes)?,
///                 Arrived::Nothing => engine.handle_input(stack.now(), Input::Tick)?,
///             },
///         }
///     }
///     Ok(())
/// }
/// ```
#[derive(Debug)]
pub struct ByteEngine {
    engine: Engine,
    own: UserId,
    /// The methods of the requests that are under way, by which their answers are read; the engine bounds them.
    methods: BTreeMap<RequestId, Method>,
    /// Inputs for which the engine was not ready, of one push or of requests that were not sent.
    inputs: VecDeque<Input>,
    /// The moment of the newest input.
    now: Moment,
}

/// An output of a [`ByteEngine`], which its driver carries out.
#[derive(Clone, Debug)]
#[must_use = "an output that is dropped is lost"]
pub enum ByteOutput {
    /// Send this, and hand back the answer, once, whatever becomes of it.
    Request {
        /// Its number.
        request: RequestId,
        /// The data centre to which it goes; the account's home without one.
        data_centre: Option<i32>,
        /// One serialised method of the API, in layer [`LAYER`](crate::tl::LAYER), without `invokeWithLayer`.
        bytes: Vec<u8>,
    },
    /// Show this to the client's interface.
    Event(Event),
    /// There is nothing more to do before this moment or the next input; never again if there is no moment.
    Timeout(Option<Moment>),
}

impl ByteEngine {
    /// Carries the bytes of an engine whose user is `own`; it may have come out of a checkpoint.
    pub fn new(engine: Engine, own: UserId) -> Self {
        Self {
            engine,
            own,
            methods: BTreeMap::new(),
            inputs: VecDeque::new(),
            now: Moment::default(),
        }
    }

    /// The engine, for what it shows, and for checkpoints.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The next output.
    pub fn poll_output(&mut self) -> ByteOutput {
        loop {
            match self.engine.poll_output() {
                Output::Request {
                    request,
                    kind,
                    body,
                    data_centre,
                } => {
                    match CheckedRequest::new(kind, &body) {
                        Ok(checked) => {
                            let checked = checked.to_data_centre(data_centre);
                            self.methods.insert(request, checked.method());
                            let data_centre = checked.data_centre();
                            let bytes = checked.into_bytes();
                            return ByteOutput::Request {
                                request,
                                data_centre,
                                bytes,
                            };
                        }
                        // The engine builds no such request. It ends after a few tries, as if the server could not be reached.
                        Err(_) => self.inputs.push_back(lost(request)),
                    }
                }
                Output::Event(event) => return ByteOutput::Event(event),
                Output::Timeout(wake) => {
                    let next = self.inputs.pop_front();
                    match next.map(|input| self.engine.handle_input(self.now, input)) {
                        Some(Ok(())) => {}
                        // The engine was polled to the end, and the moment is one that it knows.
                        Some(Err(_)) | None => return ByteOutput::Timeout(wake),
                    }
                }
            }
        }
    }

    /// Takes in an answer as the bytes of an `rpc_result`, unpacked; an error of the server is an
    /// [`Outcome::Refused`] by [`ByteEngine::handle_input`], and no answer an [`Outcome::Lost`].
    ///
    /// # Errors
    ///
    /// [`Misuse`]; nothing has changed then.
    pub fn handle_answer(
        &mut self,
        now: Moment,
        request: RequestId,
        bytes: &[u8],
    ) -> Result<(), Misuse> {
        let method = self.methods.get(&request);
        let read = method.and_then(|method| read_response(*method, bytes, self.own).ok());
        let outcome = read.map_or(Outcome::Lost, Outcome::Done);
        self.handle_input(now, Input::Answer { request, outcome })
    }

    /// Takes in what the server pushed: the bytes of an `Updates`, whatever it is about.
    ///
    /// # Errors
    ///
    /// [`Misuse`]; nothing has changed then.
    pub fn handle_push(&mut self, now: Moment, bytes: &[u8]) -> Result<(), Misuse> {
        let mut inputs = VecDeque::new();
        match read_pushed(bytes, self.own) {
            Ok(pushed) => {
                inputs.extend(pushed.updates.into_iter().map(Input::Update));
                inputs.extend(pushed.gap.then_some(Input::Missed));
            }
            Err(_) => inputs.push_back(Input::Missed),
        }
        let first = inputs.pop_front().unwrap_or(Input::Tick);
        self.handle_input(now, first)?;
        self.inputs = inputs;
        Ok(())
    }

    /// Takes in any other input.
    ///
    /// # Errors
    ///
    /// [`Misuse`]; nothing has changed then.
    pub fn handle_input(&mut self, now: Moment, input: Input) -> Result<(), Misuse> {
        if !self.inputs.is_empty() {
            return Err(Misuse::OutputPending);
        }
        let answered = match &input {
            Input::Answer { request, .. } => Some(*request),
            _ => None,
        };
        self.engine.handle_input(now, input)?;
        self.now = now;
        if let Some(request) = answered {
            self.methods.remove(&request);
        }
        Ok(())
    }
}

fn lost(request: RequestId) -> Input {
    Input::Answer {
        request,
        outcome: Outcome::Lost,
    }
}
