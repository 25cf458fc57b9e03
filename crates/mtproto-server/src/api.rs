//! The methods beside those of conferences that clients call before they do anything else.

use confcall_join::api::{PeerLabel, RpcError};
use confcall_server::tl::write_users;
use confcall_state::UserId;
use confcall_state::tl::{ReadError, Reader};
use grammers_tl_types::{Identifiable, Serializable as _, enums, functions, types};

use crate::limits;
use crate::mtproto::query::unreadable;
use crate::requester::{DC, Requester};
use crate::startup;

/// Answers a method that is not about conferences; `None` if it is another one.
pub(crate) fn answer(
    method: &[u8],
    requester: Requester,
    labels: impl FnOnce(&[UserId]) -> Vec<PeerLabel>,
) -> Option<Result<Vec<u8>, RpcError>> {
    let mut reader = Reader::new(method);
    let id = reader.u32("a method").ok()?;
    Some(match id {
        functions::help::GetConfig::CONSTRUCTOR_ID => Ok(config(requester).to_bytes()),
        functions::updates::GetState::CONSTRUCTOR_ID => Ok(requester.state().to_bytes()),
        functions::users::GetUsers::CONSTRUCTOR_ID => match read_users(&mut reader, requester) {
            Ok(users) => Ok(write_users(&labels(shown(&users)), requester.occasion())),
            Err(_) => Err(unreadable()),
        },
        _ => return startup::answer(id, &mut reader, requester, labels),
    })
}

/// The server as the only data centre, under the address by which the client reached it.
fn config(requester: Requester) -> enums::Config {
    // A socket for both kinds of addresses shows the older ones as newer ones.
    let ip = requester.address.ip().to_canonical();
    let only = types::DcOption {
        ipv6: ip.is_ipv6(),
        media_only: false,
        tcpo_only: false,
        cdn: false,
        r#static: true,
        this_port_only: true,
        id: DC,
        ip_address: ip.to_string(),
        port: i32::from(requester.address.port()),
        secret: None,
    };
    enums::Config::Config(types::Config {
        default_p2p_contacts: false,
        preload_featured_stickers: false,
        revoke_pm_inbox: false,
        blocked_mode: false,
        force_try_ipv6: false,
        date: requester.date(),
        expires: requester.expiry(),
        // No client is to take this server for the real one.
        test_mode: true,
        this_dc: DC,
        dc_options: vec![only.into()],
        dc_txt_domain_name: String::new(),
        // Zero stands for all that has nothing to do with calls.
        chat_size_max: 0,
        megagroup_size_max: 0,
        forwarded_count_max: 0,
        online_update_period_ms: 0,
        offline_blur_timeout_ms: 0,
        offline_idle_timeout_ms: 0,
        online_cloud_timeout_ms: 0,
        notify_cloud_delay_ms: 0,
        notify_default_delay_ms: 0,
        push_chat_period_ms: 0,
        push_chat_limit: 0,
        edit_time_limit: 0,
        revoke_time_limit: 0,
        revoke_pm_time_limit: 0,
        rating_e_decay: 0,
        stickers_recent_limit: 0,
        channels_read_media_period: 0,
        tmp_sessions: None,
        call_receive_timeout_ms: 0,
        call_ring_timeout_ms: 0,
        call_connect_timeout_ms: 0,
        call_packet_timeout_ms: 0,
        me_url_prefix: "https://t.me/".to_owned(),
        autoupdate_url_prefix: None,
        gif_search_username: None,
        venue_search_username: None,
        img_search_username: None,
        static_maps_provider: None,
        caption_length_max: 0,
        message_length_max: 0,
        webfile_dc_id: DC,
        suggested_lang_code: None,
        lang_pack_version: None,
        base_lang_pack_version: None,
        reactions_default: None,
        autologin_token: None,
    })
}

/// Those of the users that one answer shows.
fn shown(users: &[UserId]) -> &[UserId] {
    users.get(..limits::SHOWN_USERS).unwrap_or(users)
}

fn read_users(reader: &mut Reader<'_>, requester: Requester) -> Result<Vec<UserId>, ReadError> {
    reader.boxed_vector("users", 4, |reader| requester.read_user(reader))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_answer_shows_so_many_users() {
        let users: Vec<_> = (1..=1000).map(UserId::new).collect();
        assert_eq!(shown(&users).len(), limits::SHOWN_USERS);
        assert_eq!(shown(&users[..3]).len(), 3);
    }
}
