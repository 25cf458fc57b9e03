use confcall_media::Moment;
use confcall_state::keys::Seed;

use super::chain::Chain;
use super::header::Header;
use super::moment::nanoseconds;
use super::record::{Record, TracedOutput};
use crate::engine::{Config, Engine, Input, Misuse, Output};

/// Writes the trace of an engine.
///
/// It stands between the engine and its driver: every input goes through [`Recorder::handle_input`], every output
/// comes through [`Recorder::poll_output`]. The lines wait in memory until they are taken, at any time
/// that suits their store.
///
/// # Example
///
/// ```
/// use confcall_join::engine::{Command, CommandId, Config, Input, Output};
/// use confcall_join::trace::{Recorder, Trace, replay};
/// # use confcall_join::joining::{Fingerprint, JoinPayload};
/// # use confcall_join::{joining::Target, policy::Media};
/// # use confcall_media::Moment;
/// # use confcall_state::keys::Seed;
/// # use confcall_state::{Joiner, UserId};
/// # use chacha20::{ChaCha20Rng, rand_core::SeedableRng};
/// # let mut rng = ChaCha20Rng::from_seed([7; 32]);
/// # let payload = JoinPayload::generate(Fingerprint::sha256([7; 32]), None, &mut rng);
/// # let media = Media { payload, muted: true, video_stopped: true };
/// # let config = Config::new(Target::Create, Joiner::new(UserId::new(1)), media);
/// # let (seed, now) = (Seed::copy_of(&[7; 32]), Moment::default());
/// let (mut recorder, mut engine) = Recorder::start(config, seed, now);
/// while !matches!(recorder.poll_output(&mut engine), Output::Timeout(_)) {}
/// let (id, command) = (CommandId::new(1), Command::Leave);
/// recorder.handle_input(&mut engine, now, Input::Command { id, command })?;
/// while !matches!(recorder.poll_output(&mut engine), Output::Timeout(_)) {}
///
/// let trace = Trace::read(recorder.finish().as_bytes())?;
/// assert_eq!(replay(&trace)?.inputs, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Recorder {
    chain: Chain,
    lines: String,
    inputs: usize,
}

impl Recorder {
    /// Starts an engine and its trace.
    pub fn start(config: Config, seed: Seed, now: Moment) -> (Self, Engine) {
        let form = config.clone();
        let (mut engine, public_seed) = Engine::recorded(config, seed, now);
        let mut recorder = Self {
            chain: Chain::default(),
            lines: String::new(),
            inputs: 0,
        };
        let header = Header::new(&form, public_seed, now);
        recorder.write(&Record::Header(header));
        recorder.write_facts(&mut engine);
        (recorder, engine)
    }

    /// Hands an input to the engine.
    ///
    /// # Errors
    ///
    /// [`Misuse`]; the engine and the trace are unchanged then.
    pub fn handle_input(
        &mut self,
        engine: &mut Engine,
        now: Moment,
        input: Input,
    ) -> Result<(), Misuse> {
        // The record is made before the engine takes the input, and written only if it does.
        let record = Record::Input {
            at: nanoseconds(now),
            what: input.clone(),
        };
        engine.handle_input(now, input)?;
        self.inputs += 1;
        self.write(&record);
        self.write_facts(engine);
        Ok(())
    }

    /// Asks the engine for the next output.
    pub fn poll_output(&mut self, engine: &mut Engine) -> Output {
        let output = engine.poll_output();
        self.write(&Record::Output(TracedOutput::of(&output)));
        output
    }

    /// Takes the lines since the last time, to be appended to the file.
    pub fn take_lines(&mut self) -> String {
        core::mem::take(&mut self.lines)
    }

    /// Ends the trace; gives the lines since the last time.
    pub fn finish(mut self) -> String {
        let inputs = self.inputs;
        self.write(&Record::End { inputs });
        self.lines
    }

    fn write_facts(&mut self, engine: &mut Engine) {
        let facts = engine.take_facts();
        if !facts.is_empty() {
            self.write(&Record::Facts(facts.into_iter().map(Into::into).collect()));
        }
    }

    fn write(&mut self, record: &Record) {
        #[expect(
            clippy::expect_used,
            reason = "no record has a map with other keys than texts"
        )]
        let object = serde_json::to_string(record).expect("a record is JSON");
        self.lines.push_str(&self.chain.seal(&object));
    }
}
