//! Texts that are credentials, or for members only.

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng as _;
use confcall::join::Slug;
use confcall::join::api::{AccessHash, ActiveCall, CallId, CallRef};
use confcall::join::api::{DataJson, InputGroupCall, InviteLink};
use confcall::join::engine::Event;
use confcall::join::joining::{IceCredentials, Link};
use confcall::join::message::{DocumentId, EmojiReaction, GroupMessage, RandomId};
use confcall::{Fingerprint, JoinPayload, Target};

use crate::{hides_text, is_shown_as};

#[test]
fn links_and_slugs_are_credentials() {
    let slug = Slug::new("Wx5f-8PqKJk").unwrap();
    is_shown_as(&slug, "Slug(..)");
    let conference = Link::Conference(slug.clone());
    is_shown_as(&conference, "Conference(Slug(..))");
    is_shown_as(&Target::Slug(slug.clone()), "Slug(Slug(..))");
    is_shown_as(&InputGroupCall::Slug(slug), "Slug(Slug(..))");
    let link = InviteLink::new(conference.to_string());
    is_shown_as(&link, "InviteLink(29 bytes)");
    is_shown_as(&Event::Link(link.clone()), "Link(InviteLink(29 bytes))");
    let named = CallRef {
        id: CallId::new(1),
        access_hash: AccessHash::new(2),
    };
    let call = ActiveCall {
        invite_link: Some(link),
        ..ActiveCall::conference(named)
    };
    hides_text(&call, "Wx5f-8PqKJk");
    let video_chat = Link::parse("https://t.me/some?videochat=Wx5f-8PqKJk").unwrap();
    let shown = "VideoChat { username: Username(\"some\"), invite_hash: Some(InviteHash(..)), livestream: false }";
    is_shown_as(&video_chat, shown);
}

#[test]
fn connections_show_no_password() {
    let pwd = "p0q1r2s3t4u5v6w7x8y9z0";
    let credentials = IceCredentials::new("user", pwd).unwrap();
    is_shown_as(&credentials, "IceCredentials { ufrag: \"user\", .. }");
    is_shown_as(&DataJson::new(r#"{"pwd":"secret"}"#), "DataJson(16 bytes)");
    let mut rng = ChaCha20Rng::from_seed([1; 32]);
    let payload = JoinPayload::generate(Fingerprint::sha256([7; 32]), None, &mut rng);
    hides_text(&payload, payload.credentials().pwd());
}

#[test]
fn messages_and_reactions_show_nothing_of_what_they_say() {
    let id = RandomId::new(7).unwrap();
    let message = GroupMessage::new(id, "a text for members", Vec::new()).unwrap();
    is_shown_as(&message, "GroupMessage(7, 18 bytes, 0 entities)");
    is_shown_as(&EmojiReaction::Standard("👍"), "Standard(..)");
    let document_id = DocumentId::new(42);
    is_shown_as(&document_id, "DocumentId(..)");
    let text = "👍";
    is_shown_as(&EmojiReaction::Custom { document_id, text }, "Custom(..)");
}
