//! Round trips of what leads to the calls of chats, and of streams.

use confcall_join::api::{
    AccessHash, CallId, CallRef, ChannelId, ChatId, FilePart, FullChat, InviteLink, JoinAsPeers,
    LiveStories, LiveStory, Method, Peer, PeerLabel, ResolvedPeer, RtmpUrl, StoryId, StreamChannel,
    StreamKey,
};
use confcall_state::UserId;
use confcall_transport::tl::read_response;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::schema::check_older;
use super::tests::seen;
use super::*;

fn user() -> impl Strategy<Value = Peer> {
    any::<i64>().prop_map(|id| Peer::User(UserId::new(id)))
}

fn chat() -> impl Strategy<Value = Peer> {
    any::<(i64, bool)>().prop_map(|(id, is_basic)| match is_basic {
        true => Peer::Chat(ChatId::new(id)),
        false => Peer::Channel(ChannelId::new(id)),
    })
}

fn peer() -> impl Strategy<Value = Peer> {
    prop_oneof![user(), chat()]
}

fn label(of: impl Strategy<Value = Peer>) -> impl Strategy<Value = PeerLabel> {
    let names = any::<(String, Option<String>, Option<i64>)>();
    (of, names).prop_map(|(peer, (name, username, access_hash))| {
        // A basic group has a title alone.
        let is_basic = matches!(peer, Peer::Chat(_));
        PeerLabel {
            peer,
            name,
            username: username.filter(|_| !is_basic),
            access_hash: access_hash.filter(|_| !is_basic).map(AccessHash::new),
            photo: None,
        }
    })
}

/// Users before chats, as a reader has them.
fn labels() -> impl Strategy<Value = Vec<PeerLabel>> {
    (vec(label(user()), 0..3), vec(label(chat()), 1..3))
        .prop_map(|(users, chats)| users.into_iter().chain(chats).collect())
}

fn call() -> impl Strategy<Value = CallRef> {
    any::<(i64, i64)>().prop_map(|(id, access_hash)| CallRef {
        id: CallId::new(id),
        access_hash: AccessHash::new(access_hash),
    })
}

fn stories() -> impl Strategy<Value = LiveStories> {
    let story = (any::<(i32, bool)>(), call()).prop_map(|((id, rtmp_stream), call)| LiveStory {
        id: StoryId::new(id),
        call,
        rtmp_stream,
    });
    let stories = (vec(story, 0..3), labels());
    stories.prop_map(|(live, labels)| LiveStories { live, labels })
}

fn response() -> impl Strategy<Value = (Method, Response)> {
    let channel =
        any::<(i32, i32, i64)>().prop_map(|(channel, scale, last_timestamp_ms)| StreamChannel {
            channel,
            scale,
            last_timestamp_ms,
        });
    prop_oneof![
        (peer(), labels()).prop_map(|(peer, labels)| {
            let found = ResolvedPeer { peer, labels };
            (Method::ResolveUsername, found.into())
        }),
        (option::of(call()), option::of(peer()), labels()).prop_map(
            |(call, default_join_as, labels)| {
                let chat = FullChat {
                    call,
                    default_join_as,
                    labels,
                };
                (Method::GetFullChannel, chat.into())
            }
        ),
        (stories(), any::<bool>()).prop_map(|(stories, of_peer)| match of_peer {
            true => (Method::GetPeerStories, stories.into()),
            false => (Method::GetStoriesById, stories.into()),
        }),
        (vec(peer(), 0..3), labels()).prop_map(|(peers, labels)| {
            let answer = JoinAsPeers { peers, labels };
            (Method::GetGroupCallJoinAs, answer.into())
        }),
        ".*".prop_map(|link| (Method::ExportGroupCallInvite, InviteLink::new(link).into())),
        vec(channel, 0..3)
            .prop_map(|channels| (Method::GetGroupCallStreamChannels, channels.into())),
        any::<(String, String)>().prop_map(|(url, key)| {
            let key = StreamKey::new(key);
            (
                Method::GetGroupCallStreamRtmpUrl,
                RtmpUrl { url, key }.into(),
            )
        }),
        vec(any::<u8>(), 0..300).prop_map(|part| (Method::GetFile, FilePart::Bytes(part).into())),
    ]
}

proptest! {
    #[test]
    fn a_client_reads_the_answer_about_a_chat_that_was_given(
        (method, response) in response(),
        viewer: i64,
        date: i32,
    ) {
        let viewer = UserId::new(viewer);
        let bytes = write_response(method, &response, seen(viewer, date)).unwrap();
        check_older(&bytes, seen(viewer, date), |occasion| {
            write_response(method, &response, occasion).unwrap()
        });
        prop_assert_eq!(read_response(method, &bytes, viewer), Ok(response));
    }
}
