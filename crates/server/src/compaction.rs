use confcall_join::api::CallId;
use confcall_state::Height;
use confcall_state::wire::Broadcast;

use crate::call::Call;
use crate::refusal::Refusal;
use crate::server::Server;

impl Server {
    /// Drops the broadcasts of a call that are about older blocks than the newest, as the API does at times.
    ///
    /// Whoever then asks for a dropped one is answered from the first that is left (`spec/protocol.md`, 7).
    ///
    /// # Errors
    ///
    /// [`Refusal::UnknownCall`]
    pub fn compact(&mut self, call: CallId) -> Result<(), Refusal> {
        let call = self.calls.get_mut(&call).ok_or(Refusal::UnknownCall)?;
        call.compact();
        Ok(())
    }
}

impl Call {
    fn compact(&mut self) {
        let height = self.chain_state().height();
        let is_old = |item: &&Vec<u8>| broadcast_height(item).is_some_and(|found| found < height);
        let old = self.broadcasts().iter().take_while(is_old).count();
        self.broadcasts.drop_oldest(old);
    }
}

fn broadcast_height(item: &[u8]) -> Option<Height> {
    let broadcast = Broadcast::from_server(item).ok()?;
    Some(broadcast.height)
}
