use confcall_join::api::{ToggleGroupCallSettings, Update, Updates};
use confcall_state::UserId;

use crate::names::draw_slug;
use crate::refusal::Refusal;
use crate::server::Server;

impl Server {
    /// Replaces the link of a call on behalf of its creator (`spec/protocol.md`, 12).
    ///
    /// Conferences have none of the other settings.
    pub(crate) fn change_settings(
        &mut self,
        from: UserId,
        request: &ToggleGroupCallSettings,
    ) -> Result<Updates, Refusal> {
        let call = self.find(from, &request.call).ok_or(Refusal::UnknownCall)?;
        let id = call.id();
        if call.creator != Some(from) {
            return Err(Refusal::NotTheCreator(from));
        }
        if !request.reset_invite_hash {
            return Err(Refusal::NothingToSet);
        }
        let mut slug = draw_slug(&mut self.names.fresh());
        while self.slugs.contains_key(&slug) {
            slug = draw_slug(&mut self.names.fresh());
        }
        let call = self.calls.get_mut(&id).ok_or(Refusal::UnknownCall)?;
        let revoked = core::mem::replace(&mut call.names.slug, slug.clone());
        let answer = Update::GroupCall(call.shown_to(from));
        self.slugs.remove(&revoked);
        self.slugs.insert(slug, id);
        self.tell_others(id, from, |call, viewer| {
            [Update::GroupCall(call.shown_to(viewer))]
        });
        Ok(Updates(vec![answer]))
    }
}
