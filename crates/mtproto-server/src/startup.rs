//! Plausible answers to what clients ask before they do anything: of all that this server does not have there is nothing.

use confcall_join::api::{PeerLabel, RpcError};
use confcall_server::tl::write_users;
use confcall_state::UserId;
use confcall_state::tl::{Reader, Writer};
use grammers_tl_types::{Identifiable, Serializable as _, enums, functions, types};

use crate::mtproto::query::unreadable;
use crate::requester::{DC, Requester};

/// Answers a method of this id, whose arguments the reader stands before; `None` if it is another one.
pub(crate) fn answer(
    id: u32,
    reader: &mut Reader<'_>,
    requester: Requester,
    labels: impl FnOnce(&[UserId]) -> Vec<PeerLabel>,
) -> Option<Result<Vec<u8>, RpcError>> {
    Some(Ok(match id {
        functions::users::GetFullUser::CONSTRUCTOR_ID => match requester.read_user(reader) {
            Ok(user) => full_user(user, &labels(&[user]), requester),
            Err(_) => return Some(Err(unreadable())),
        },
        functions::updates::GetDifference::CONSTRUCTOR_ID => {
            let (date, seq) = (requester.date(), 0);
            let nothing = types::updates::DifferenceEmpty { date, seq };
            enums::updates::Difference::Empty(nothing).to_bytes()
        }
        functions::help::GetPromoData::CONSTRUCTOR_ID => {
            let expires = requester.expiry();
            let nothing = types::help::PromoDataEmpty { expires };
            enums::help::PromoData::Empty(nothing).to_bytes()
        }
        functions::help::GetTermsOfServiceUpdate::CONSTRUCTOR_ID => {
            let expires = requester.expiry();
            let nothing = types::help::TermsOfServiceUpdateEmpty { expires };
            enums::help::TermsOfServiceUpdate::Empty(nothing).to_bytes()
        }
        functions::messages::GetPinnedDialogs::CONSTRUCTOR_ID
        | functions::messages::GetPeerDialogs::CONSTRUCTOR_ID => {
            enums::messages::PeerDialogs::Dialogs(types::messages::PeerDialogs {
                dialogs: Vec::new(),
                messages: Vec::new(),
                chats: Vec::new(),
                users: Vec::new(),
                state: requester.state(),
            })
            .to_bytes()
        }
        _ => return nothing(id).map(Ok),
    }))
}

/// The answer that is the same for everybody at any time.
fn nothing(id: u32) -> Option<Vec<u8>> {
    Some(match id {
        functions::updates::GetChannelDifference::CONSTRUCTOR_ID => {
            let nothing = types::updates::ChannelDifferenceEmpty {
                r#final: true,
                // Channels have had no event but their beginning.
                pts: 1,
                timeout: None,
            };
            enums::updates::ChannelDifference::Empty(nothing).to_bytes()
        }
        functions::help::GetNearestDc::CONSTRUCTOR_ID => enums::NearestDc::Dc(types::NearestDc {
            country: String::new(),
            this_dc: DC,
            nearest_dc: DC,
        })
        .to_bytes(),
        functions::help::GetCdnConfig::CONSTRUCTOR_ID => {
            let public_keys = Vec::new();
            enums::CdnConfig::Config(types::CdnConfig { public_keys }).to_bytes()
        }
        functions::help::GetPeerColors::CONSTRUCTOR_ID
        | functions::help::GetPeerProfileColors::CONSTRUCTOR_ID => {
            enums::help::PeerColors::NotModified.to_bytes()
        }
        functions::help::GetTimezonesList::CONSTRUCTOR_ID => {
            enums::help::TimezonesList::NotModified.to_bytes()
        }
        functions::help::GetCountriesList::CONSTRUCTOR_ID => {
            enums::help::CountriesList::NotModified.to_bytes()
        }
        functions::langpack::GetLangPack::CONSTRUCTOR_ID
        | functions::langpack::GetDifference::CONSTRUCTOR_ID => {
            enums::LangPackDifference::Difference(types::LangPackDifference {
                lang_code: "en".to_owned(),
                from_version: 0,
                version: 0,
                strings: Vec::new(),
            })
            .to_bytes()
        }
        functions::messages::GetDialogs::CONSTRUCTOR_ID => {
            enums::messages::Dialogs::Dialogs(types::messages::Dialogs {
                dialogs: Vec::new(),
                messages: Vec::new(),
                chats: Vec::new(),
                users: Vec::new(),
            })
            .to_bytes()
        }
        functions::messages::GetDialogFilters::CONSTRUCTOR_ID => {
            enums::messages::DialogFilters::Filters(types::messages::DialogFilters {
                tags_enabled: false,
                filters: Vec::new(),
            })
            .to_bytes()
        }
        functions::messages::GetAvailableReactions::CONSTRUCTOR_ID => {
            enums::messages::AvailableReactions::NotModified.to_bytes()
        }
        functions::contacts::GetContacts::CONSTRUCTOR_ID => {
            enums::contacts::Contacts::Contacts(types::contacts::Contacts {
                contacts: Vec::new(),
                saved_count: 0,
                users: Vec::new(),
            })
            .to_bytes()
        }
        functions::contacts::GetTopPeers::CONSTRUCTOR_ID => {
            enums::contacts::TopPeers::Disabled.to_bytes()
        }
        functions::contacts::GetStatuses::CONSTRUCTOR_ID
        | functions::langpack::GetStrings::CONSTRUCTOR_ID
        | functions::langpack::GetLanguages::CONSTRUCTOR_ID
        | functions::messages::GetSuggestedDialogFilters::CONSTRUCTOR_ID => empty_vector(),
        functions::account::GetNotifySettings::CONSTRUCTOR_ID => {
            Writer::encode(write_notify_settings)
        }
        functions::account::UpdateStatus::CONSTRUCTOR_ID
        | functions::account::RegisterDevice::CONSTRUCTOR_ID
        | functions::account::UnregisterDevice::CONSTRUCTOR_ID
        | functions::help::SaveAppLog::CONSTRUCTOR_ID => true.to_bytes(),
        _ => return None,
    })
}

/// A user of whom nothing is known but the name, written by hand: of some fifty fields that can be missing, all are.
fn full_user(user: UserId, labels: &[PeerLabel], requester: Requester) -> Vec<u8> {
    Writer::encode(|writer| {
        writer.u32(types::users::UserFull::CONSTRUCTOR_ID);
        writer.u32(requester.layer.id(types::UserFull::CONSTRUCTOR_ID));
        writer.u32(0);
        writer.u32(0);
        writer.i64(user.value());
        writer.u32(types::PeerSettings::CONSTRUCTOR_ID);
        writer.u32(0);
        write_notify_settings(writer);
        writer.count(0);
        writer.raw(&empty_vector());
        writer.raw(&write_users(labels, requester.occasion()));
    })
}

/// A vector without elements, which is the same of any type.
fn empty_vector() -> Vec<u8> {
    Vec::<i32>::new().to_bytes()
}

fn write_notify_settings(writer: &mut Writer) {
    writer.u32(types::PeerNotifySettings::CONSTRUCTOR_ID);
    writer.u32(0);
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use confcall_join::api::{AccessHash, Peer};
    use confcall_server::tl::Layer;
    use grammers_tl_types::{Deserializable, RemoteCall};

    use super::*;
    use crate::api;

    const ALICE: UserId = UserId::new(7);

    /// What a client reads of the answer to a method.
    fn ask<F: RemoteCall>(method: &F) -> F::Return {
        let requester = Requester {
            user: ALICE,
            address: "127.0.0.1:443".parse().unwrap(),
            layer: Layer::Newest,
            now: Duration::from_secs(1_700_000_000),
        };
        let label = |users: &[UserId]| {
            let label = |user: &UserId| PeerLabel {
                peer: Peer::User(*user),
                name: "Alice".to_owned(),
                username: None,
                access_hash: Some(AccessHash::new(5)),
                photo: None,
            };
            users.iter().map(label).collect()
        };
        let answer = api::answer(&method.to_bytes(), requester, label);
        let answer = answer.expect("the method is served").unwrap();
        F::Return::from_bytes(&answer).unwrap()
    }

    #[test]
    fn nothing_was_missed() {
        let difference = ask(&functions::updates::GetDifference {
            pts: 1,
            pts_limit: None,
            pts_total_limit: None,
            date: 1,
            qts: 0,
            qts_limit: None,
        });
        let nothing = types::updates::DifferenceEmpty {
            date: 1_700_000_000,
            seq: 0,
        };
        assert_eq!(difference, nothing.into());
        let enums::updates::State::State(state) = ask(&functions::updates::GetState {});
        // A client with a later one takes what comes for old.
        assert_eq!((state.pts, state.qts, state.seq), (0, 0, 0));
        let channel = ask(&functions::updates::GetChannelDifference {
            force: false,
            channel: enums::InputChannel::Empty,
            filter: enums::ChannelMessagesFilter::Empty,
            pts: 1,
            limit: 10,
        });
        let enums::updates::ChannelDifference::Empty(nothing) = channel else {
            panic!("{channel:?}")
        };
        assert!(nothing.r#final);
    }

    #[test]
    fn a_client_that_starts_is_told_who_it_is() {
        let full = ask(&functions::users::GetFullUser {
            id: enums::InputUser::UserSelf,
        });
        let enums::users::UserFull::Full(full) = full;
        let enums::UserFull::Full(about) = full.full_user;
        assert_eq!(about.id, ALICE.value());
        let [enums::User::User(user)] = &full.users[..] else {
            panic!("{:?}", full.users)
        };
        assert_eq!((user.id, user.is_self), (ALICE.value(), true));
    }

    #[test]
    fn there_is_nothing_of_what_this_server_does_not_have() {
        let lang = || ("android".to_owned(), "en".to_owned());
        let (lang_pack, lang_code) = lang();
        let pack = ask(&functions::langpack::GetLangPack {
            lang_pack,
            lang_code,
        });
        let enums::LangPackDifference::Difference(pack) = pack;
        assert!(pack.strings.is_empty());
        let (lang_pack, lang_code) = lang();
        let keys = Vec::new();
        let strings = functions::langpack::GetStrings {
            lang_pack,
            lang_code,
            keys,
        };
        assert!(ask(&strings).is_empty());
        let dialogs = ask(&functions::messages::GetDialogs {
            exclude_pinned: false,
            folder_id: None,
            offset_date: 0,
            offset_id: 0,
            offset_peer: enums::InputPeer::Empty,
            limit: 10,
            hash: 0,
        });
        assert!(
            matches!(dialogs, enums::messages::Dialogs::Dialogs(all) if all.dialogs.is_empty())
        );
        let enums::CdnConfig::Config(cdn) = ask(&functions::help::GetCdnConfig {});
        assert!(cdn.public_keys.is_empty());
        let enums::NearestDc::Dc(nearest) = ask(&functions::help::GetNearestDc {});
        assert_eq!((nearest.this_dc, nearest.nearest_dc), (DC, DC));
        assert!(ask(&functions::account::UpdateStatus { offline: false }));
        assert!(ask(&functions::contacts::GetStatuses {}).is_empty());
    }
}
