use std::borrow::Cow;

use confcall_join::api::Request;
use confcall_state::tl::ReadError;
use grammers_tl_types::{Identifiable as _, functions::phone};

/// `phone.toggleGroupCallSettings` of layer 214, without the two last fields.
const TOGGLE_SETTINGS: [u8; 4] = 0x74bb_b43d_u32.to_le_bytes();
/// `phone.getGroupCallStreamRtmpUrl` of layer 214, without flags.
const STREAM_URL: [u8; 4] = 0xdeb3_abbf_u32.to_le_bytes();

/// Reads a request about group calls in the form of any layer that a client can speak.
///
/// # Errors
///
/// [`ReadError`] as [`Request::from_tl`]; places are those of the newest form.
pub fn read_request(bytes: &[u8]) -> Result<Request, ReadError> {
    Request::from_tl(&in_newest_form(bytes))
}

fn in_newest_form(bytes: &[u8]) -> Cow<'_, [u8]> {
    let (head, fields) = match bytes.split_first_chunk() {
        Some((&TOGGLE_SETTINGS, fields)) => (
            [phone::ToggleGroupCallSettings::CONSTRUCTOR_ID].to_vec(),
            fields,
        ),
        Some((&STREAM_URL, fields)) => (
            [phone::GetGroupCallStreamRtmpUrl::CONSTRUCTOR_ID, 0].to_vec(),
            fields,
        ),
        _ => return Cow::Borrowed(bytes),
    };
    let head = head.into_iter().flat_map(u32::to_le_bytes);
    head.chain(fields.iter().copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use confcall_join::api::{
        AccessHash, CallId, ChatId, GetGroupCallStreamRtmpUrl, InputGroupCall, InputPeer,
        ToggleGroupCallSettings,
    };

    /// The bytes of a request under the id that it had, with its fields as they were.
    fn older(id: [u8; 4], request: &Request, skipped: usize) -> Vec<u8> {
        let newest = request.to_tl();
        [&id, newest.get(4 + skipped..).unwrap()].concat()
    }

    #[test]
    fn requests_of_an_older_layer_are_read() {
        let call = InputGroupCall::Id {
            id: CallId::new(1),
            access_hash: AccessHash::new(2),
        };
        let settings = Request::from(ToggleGroupCallSettings {
            join_muted: Some(true),
            ..ToggleGroupCallSettings::revoke_link(call)
        });
        let url = Request::from(GetGroupCallStreamRtmpUrl {
            live_story: false,
            peer: InputPeer::Chat(ChatId::new(3)),
            revoke: true,
        });
        for (older, expected) in [
            (older([0x3d, 0xb4, 0xbb, 0x74], &settings, 0), &settings),
            // It had no flags.
            (older([0xbf, 0xab, 0xb3, 0xde], &url, 4), &url),
        ] {
            assert_eq!(read_request(&older).as_ref(), Ok(expected));
            assert!(read_request(&older[..older.len() - 4]).is_err());
        }
        for request in [settings, url] {
            assert_eq!(read_request(&request.to_tl()), Ok(request));
        }
    }
}
