//! The description of a call that is no conference: its title, its schedule, whether it is recorded.

use crate::api::{ActiveCall, CallSettings, cut_label};
use crate::engine::call_info::CallInfo;
use crate::policy::CallKind;

/// The description of a call as it was shown last.
#[derive(Clone, Debug, Default)]
pub(in crate::engine) struct Description {
    known: Option<Box<ActiveCall>>,
    shown: Option<CallInfo>,
}

impl Description {
    /// The call as it was shown last.
    pub(in crate::engine) fn call(&self) -> Option<&ActiveCall> {
        self.known.as_deref()
    }

    /// True if what is known is of a later version than this one.
    pub(in crate::engine) fn is_later_than(&self, version: i32) -> bool {
        self.call().is_some_and(|known| known.version > version)
    }

    /// Takes what the server says of the call, unless that is older than what is known. A call that is shown to all says
    /// nothing of what depends on who looks.
    pub(in crate::engine) fn take(&mut self, call: &ActiveCall) {
        if self.is_later_than(call.version) {
            return;
        }
        let known = self.known.take();
        let mut call = Box::new(call.clone());
        // Only conferences have one.
        call.invite_link = None;
        if let Some(title) = &mut call.title {
            *title = cut_label(title).to_owned();
        }
        if let Some(known) = known.filter(|_| call.min) {
            call.min = known.min;
            call.creator = known.creator;
            call.start_subscribed = known.start_subscribed;
            call.can_start_video = known.can_start_video;
            call.default_send_as = known.default_send_as;
            call.settings = CallSettings {
                join_muted: call.settings.join_muted,
                messages_enabled: call.settings.messages_enabled,
                ..known.settings
            };
        }
        self.known = Some(call);
    }

    /// False where the server lets nobody, or not us, begin to show a picture.
    pub(in crate::engine) fn may_show(&self) -> bool {
        self.call().is_none_or(|call| {
            let count = call.video_count;
            let is_full =
                count.is_some_and(|count| call.video_limit > 0 && count >= call.video_limit);
            // What is shown to all says nothing of us.
            !is_full && (call.min || call.can_start_video)
        })
    }

    /// The description if it is another one than was shown last; `count` is the number of participants as it is known by now.
    pub(in crate::engine) fn changed(
        &mut self,
        kind: CallKind,
        count: Option<i32>,
    ) -> Option<CallInfo> {
        let call = self.known.as_deref()?;
        let info = CallInfo {
            participants: count.unwrap_or(call.participants_count),
            ..CallInfo::new(kind, call)
        };
        let before = self.shown.replace(info.clone());
        (before.as_ref() != Some(&info)).then_some(info)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::testing::CALL;

    #[test]
    fn a_call_that_is_shown_to_all_leaves_what_is_ours_and_an_older_one_changes_nothing() {
        let mut description = Description::default();
        let ours = ActiveCall {
            version: 5,
            can_start_video: true,
            start_subscribed: true,
            ..ActiveCall::new(CALL)
        };
        description.take(&ours);
        let info = description.changed(CallKind::VideoChat, None).unwrap();
        assert!(info.can_start_video && info.title.is_none());
        let all = ActiveCall {
            version: 6,
            min: true,
            title: Some("t".repeat(5000)),
            ..ActiveCall::new(CALL)
        };
        description.take(&all);
        let info = description.changed(CallKind::VideoChat, None).unwrap();
        assert!(info.can_start_video && info.start_subscribed);
        assert_eq!(info.title.map(|title| title.len()), Some(1024));
        description.take(&ours);
        assert_eq!(description.changed(CallKind::VideoChat, None), None);
        // Those who come and go change the number without a new call.
        let info = description.changed(CallKind::VideoChat, Some(7)).unwrap();
        assert_eq!(info.participants, 7);
    }
}
