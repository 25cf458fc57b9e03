use anyhow::Context as _;
use confcall::UserId;
use confcall::state::PrivateKey;
use confcall::state::wire::GroupState;
use serde::Deserialize;

const TRANSCRIPTS: &str = include_str!("../../../../tests/vectors/call/transcripts.json");

#[derive(Deserialize)]
struct Transcripts {
    cases: Vec<Transcript>,
}

#[derive(Deserialize)]
struct Transcript {
    name: String,
    users: Vec<User>,
    events: Vec<Event>,
}

#[derive(Deserialize)]
struct User {
    user_id: i64,
    seed: String,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Event {
    Block {
        block: String,
    },
    Verification {
        messages: Vec<Message>,
    },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Message {
    message: String,
}

/// A call that the reference implementation recorded.
pub(super) struct RecordedCall {
    pub(super) name: String,
    /// In server form.
    pub(super) blocks: Vec<Vec<u8>>,
    /// In server form.
    pub(super) broadcasts: Vec<Vec<u8>>,
    users: Vec<User>,
}

impl RecordedCall {
    /// The recorded call with the most blocks, and of those the one with the most events.
    pub(super) fn longest() -> anyhow::Result<Self> {
        let transcripts: Transcripts =
            serde_json::from_str(TRANSCRIPTS).context("the recorded calls cannot be read")?;
        let longest = transcripts
            .cases
            .into_iter()
            .max_by_key(|case| (case.blocks().count(), case.events.len()))
            .context("there is no recorded call")?;
        Ok(Self {
            blocks: longest
                .blocks()
                .map(hex::decode)
                .collect::<Result<_, _>>()?,
            broadcasts: longest
                .broadcasts()
                .map(hex::decode)
                .collect::<Result<_, _>>()?,
            name: longest.name,
            users: longest.users,
        })
    }

    /// The recorded users who are in a group, with their keys.
    pub(super) fn members(
        &self,
        group_state: &GroupState,
    ) -> anyhow::Result<Vec<(UserId, PrivateKey)>> {
        let mut members = Vec::new();
        for user in &self.users {
            let mut seed = [0; 32];
            hex::decode_to_slice(&user.seed, &mut seed)?;
            // The seeds are those of the vectors; the call is a test and its keys are public.
            let key = PrivateKey::from_seed(&seed);
            if group_state.by_key(&key.public_key()).is_some() {
                members.push((UserId::new(user.user_id), key));
            }
        }
        Ok(members)
    }
}

impl Transcript {
    fn blocks(&self) -> impl Iterator<Item = &String> {
        self.events.iter().filter_map(|event| match event {
            Event::Block { block } => Some(block),
            _ => None,
        })
    }

    fn broadcasts(&self) -> impl Iterator<Item = &String> {
        let messages = self.events.iter().filter_map(|event| match event {
            Event::Verification { messages } => Some(messages),
            _ => None,
        });
        messages.flatten().map(|message| &message.message)
    }
}
