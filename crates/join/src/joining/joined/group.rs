//! The answer to a join of a call that is no conference.

use super::fault::AnswerFault;
use super::naming::is_other;
use crate::api::{CallRef, DataJson, GroupCall, Participants, Peer, Update, Updates};
use crate::joining::Answer;

/// The parts of an answer to a join of a call that is no conference.
#[derive(Clone, Debug)]
pub(crate) struct GroupJoinAnswer {
    /// The way in which the media comes.
    pub(crate) media: Answer,
    /// The call, if the answer shows it.
    pub(crate) shown: Option<GroupCall>,
    /// The group or channel whose call it is, if the answer says so.
    pub(crate) host: Option<Peer>,
    /// True if the call is shown as a conference, once at least.
    pub(crate) is_conference: bool,
    /// True if the call is a live story.
    pub(crate) is_story: bool,
    /// The parts of the roster that the answer shows, in its order.
    pub(crate) rosters: Vec<Participants>,
}

impl GroupJoinAnswer {
    /// Reads the answer to a join of a call; what it says of other calls is passed over.
    ///
    /// # Errors
    ///
    /// [`AnswerFault`] if it does not say how the media comes.
    pub(crate) fn read(answer: Updates, call: CallRef) -> Result<Self, AnswerFault> {
        let call = call.into();
        let mut params: Option<DataJson> = None;
        let (mut shown, mut is_conference, mut is_story) = (None, false, false);
        let mut host = None;
        let mut rosters = Vec::new();
        for update in answer.0 {
            match update {
                Update::Connection(connection) if !connection.presentation => {
                    params = Some(connection.params);
                }
                Update::GroupCall {
                    call: one,
                    peer,
                    live_story,
                } if !is_other(&one.reference(), &call) => {
                    is_conference |= one.active().is_some_and(|call| call.conference);
                    shown = Some(one);
                    host = peer.or(host);
                    is_story |= live_story;
                }
                Update::Participants(roster) if !is_other(&roster.call, &call) => {
                    rosters.push(roster);
                }
                _ => {}
            }
        }
        let params = params.ok_or(AnswerFault::NoConnection)?;
        Ok(Self {
            media: Answer::from_json(params.as_str())?,
            shown,
            host,
            is_conference,
            is_story,
            rosters,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{AccessHash, ActiveCall, CallConnection, CallId};

    const CALL: CallRef = CallRef {
        id: CallId::new(1),
        access_hash: AccessHash::new(2),
    };

    fn connection(params: &str) -> Update {
        Update::Connection(CallConnection {
            presentation: false,
            params: DataJson::new(params.to_owned()),
        })
    }

    #[test]
    fn an_answer_says_how_the_media_comes_and_what_it_says_of_other_calls_does_not_count() {
        let other = CallRef {
            id: CallId::new(7),
            ..CALL
        };
        let call = |call, live_story| Update::GroupCall {
            call: ActiveCall::new(call).into(),
            peer: None,
            live_story,
        };
        let updates = vec![
            call(CALL, true),
            call(other, false),
            connection(r#"{"stream": true, "rtmp": true}"#),
        ];
        let answer = GroupJoinAnswer::read(Updates(updates), CALL).unwrap();
        assert_eq!(answer.media, Answer::Stream { rtmp: true });
        assert_eq!(answer.shown.map(|shown| shown.named()), Some(CALL));
        assert!(answer.is_story);
        let conference = Update::GroupCall {
            call: ActiveCall::conference(CALL).into(),
            peer: None,
            live_story: false,
        };
        let both = vec![
            conference,
            call(CALL, false),
            connection(r#"{"stream": true}"#),
        ];
        let answer = GroupJoinAnswer::read(Updates(both), CALL).unwrap();
        assert!(answer.is_conference);
        let silent = GroupJoinAnswer::read(Updates(vec![call(CALL, false)]), CALL);
        assert_eq!(silent.unwrap_err(), AnswerFault::NoConnection);
    }
}
