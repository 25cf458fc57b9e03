//! The settings of the call as the server shows them, and the commands that change them.

use core::time::Duration;

use crate::api::{CallRef, CallSettings, GetGroupCall, GroupCall, ToggleGroupCallSettings};
use crate::engine::command::CommandFailure;
use crate::engine::context::Context;
use crate::engine::event::Event;
use crate::engine::purpose::Purpose;
use crate::engine::timers::Timer;
use crate::policy::{self, CallKind};

/// The least time before the call is asked for again whose settings are not known.
const AGAIN: Duration = Duration::from_secs(5);

/// The settings of the call.
#[derive(Clone, Debug, Default)]
pub(in crate::engine) struct Settings {
    shown: Option<CallSettings>,
    /// The version of the call that they were shown with.
    version: i32,
}

/// A setting, and the value that it is to have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine) enum Setting {
    /// True if messages can be sent.
    MessagesEnabled(bool),
    /// True if those who join are muted.
    JoinMuted(bool),
}

impl Setting {
    pub(in crate::engine) fn is_so(self, settings: CallSettings) -> bool {
        match self {
            Self::MessagesEnabled(enabled) => settings.messages_enabled == enabled,
            Self::JoinMuted(muted) => settings.join_muted == muted,
        }
    }

    fn may_be_changed(self, settings: CallSettings) -> bool {
        match self {
            Self::MessagesEnabled(_) => settings.can_change_messages_enabled,
            Self::JoinMuted(_) => settings.can_change_join_muted,
        }
    }
}

impl Settings {
    /// The settings, if the server has shown them.
    pub(in crate::engine) fn shown(&self) -> Option<CallSettings> {
        self.shown
    }

    /// True if no message can be sent.
    pub(in crate::engine) fn forbid_messages(&self) -> bool {
        self.shown.is_some_and(|shown| !shown.messages_enabled)
    }

    /// The request that changes a setting, unless the server does not let us, or calls of the kind do not have it.
    pub(in crate::engine) fn change(
        &self,
        kind: CallKind,
        call: CallRef,
        setting: Setting,
    ) -> Result<ToggleGroupCallSettings, CommandFailure> {
        // Of what it has not shown yet the server is to say whether we may.
        let may = self.shown.is_none_or(|shown| setting.may_be_changed(shown));
        let mut request = ToggleGroupCallSettings::nothing(call.into());
        match setting {
            Setting::MessagesEnabled(enabled) => request.messages_enabled = Some(enabled),
            Setting::JoinMuted(muted) => request.join_muted = Some(muted),
        }
        let is_allowed = may && policy::check_settings(kind, &request).is_ok();
        is_allowed
            .then_some(request)
            .ok_or(CommandFailure::NotAllowed)
    }

    /// Asks for the call if its settings were not shown, as after a lost answer or a restart.
    pub(in crate::engine) fn ask(&self, ctx: &mut Context, call: CallRef) {
        if self.shown.is_none() {
            self.ask_anew(ctx, call);
        }
    }

    /// Asks for the call, of which changes may have been missed.
    pub(in crate::engine) fn ask_anew(&self, ctx: &mut Context, call: CallRef) {
        let (call, limit) = (call.into(), 1);
        ctx.send(Purpose::Call, GetGroupCall { call, limit });
    }

    /// Asks again after a pause, if they are not known yet.
    pub(in crate::engine) fn ask_later(&self, ctx: &mut Context) {
        if self.shown.is_none() {
            let pause = ctx.spread(AGAIN);
            ctx.after(Timer::Call, pause);
        }
    }

    /// Takes the settings of a call that the server shows; gives false if it is older than what is known.
    ///
    /// A call is shown whole, so that none of another version is missed by it.
    pub(in crate::engine) fn take(&mut self, ctx: &mut Context, call: &GroupCall) -> bool {
        let Some(call) = call.active() else {
            // The end has no version.
            return true;
        };
        if call.version < self.version {
            return false;
        }
        let settings = call.settings;
        let settings = match (call.min, self.shown) {
            (false, _) => settings,
            (true, Some(shown)) => CallSettings {
                join_muted: settings.join_muted,
                messages_enabled: settings.messages_enabled,
                ..shown
            },
            // What we may do is not known by it.
            (true, None) => return true,
        };
        self.version = call.version;
        if self.shown.replace(settings) != Some(settings) {
            ctx.event(Event::Settings(settings));
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::ActiveCall;
    use crate::engine::testing::{CALL, context, outputs};

    const OFF: CallSettings = CallSettings {
        join_muted: false,
        can_change_join_muted: false,
        messages_enabled: false,
        can_change_messages_enabled: false,
    };

    fn call(version: i32, settings: CallSettings, min: bool) -> GroupCall {
        let call = ActiveCall {
            participants_count: 1,
            version,
            settings,
            min,
            ..ActiveCall::conference(CALL)
        };
        call.into()
    }

    fn shown(ctx: &mut Context) -> Vec<CallSettings> {
        let events = outputs(ctx).1.into_iter();
        let shown = events.filter_map(|event| match event {
            Event::Settings(settings) => Some(settings),
            _ => None,
        });
        shown.collect()
    }

    #[test]
    fn settings_are_shown_when_they_change_and_not_by_an_older_call() {
        let (mut settings, mut ctx) = (Settings::default(), context());
        let on = CallSettings {
            messages_enabled: true,
            ..OFF
        };
        assert!(settings.take(&mut ctx, &call(5, on, false)));
        assert!(settings.take(&mut ctx, &call(5, on, false)));
        assert!(!settings.take(&mut ctx, &call(4, OFF, false)));
        assert_eq!(shown(&mut ctx), [on]);
        assert!(settings.take(&mut ctx, &call(9, OFF, false)));
        assert_eq!(shown(&mut ctx), [OFF]);
        assert!(settings.forbid_messages());
    }

    #[test]
    fn a_call_for_all_does_not_say_what_we_may_do() {
        let (mut settings, mut ctx) = (Settings::default(), context());
        assert!(settings.take(&mut ctx, &call(1, OFF, true)));
        assert_eq!(settings.shown(), None);
        let ours = CallSettings {
            can_change_messages_enabled: true,
            ..OFF
        };
        settings.take(&mut ctx, &call(1, ours, false));
        let on = CallSettings {
            messages_enabled: true,
            ..OFF
        };
        settings.take(&mut ctx, &call(2, on, true));
        let both = CallSettings {
            messages_enabled: true,
            ..ours
        };
        assert_eq!(settings.shown(), Some(both));
    }

    #[test]
    fn only_what_the_server_lets_us_change_is_asked_for_and_nothing_that_conferences_do_not_have() {
        let (mut settings, mut ctx) = (Settings::default(), context());
        let messages = Setting::MessagesEnabled(false);
        let is_allowed = |settings: &Settings, setting| {
            settings.change(CallKind::Conference, CALL, setting).is_ok()
        };
        assert!(is_allowed(&settings, messages));
        settings.take(&mut ctx, &call(1, OFF, false));
        assert!(!is_allowed(&settings, messages));
        let all = CallSettings {
            can_change_join_muted: true,
            can_change_messages_enabled: true,
            ..OFF
        };
        settings.take(&mut ctx, &call(2, all, false));
        assert!(is_allowed(&settings, messages));
        assert!(!is_allowed(&settings, Setting::JoinMuted(true)));
    }

    #[test]
    fn a_call_whose_settings_are_not_known_is_asked_for() {
        let (mut settings, mut ctx) = (Settings::default(), context());
        settings.ask(&mut ctx, CALL);
        assert_eq!(outputs(&mut ctx).0.len(), 1);
        settings.ask_later(&mut ctx);
        assert!(ctx.timers.is_set(Timer::Call));
        settings.take(&mut ctx, &call(1, OFF, false));
        settings.ask(&mut ctx, CALL);
        assert_eq!(outputs(&mut ctx).0.len(), 0);
    }
}
