use confcall_join::Ssrc;
use confcall_join::api::{GroupCallParticipant, ParticipantVideo, Peer, SsrcGroup};
use grammers_tl_types::{enums, types};

use super::Layer;
use super::people::write_head;

/// Writes the entries of a roster as a vector.
pub(super) fn write_all(participants: &[GroupCallParticipant], layer: Layer, to: &mut Vec<u8>) {
    write_head(participants.len(), to);
    for one in participants {
        layer.write(&participant(one), to);
    }
}

/// A user, group or channel.
pub(super) fn peer(peer: Peer) -> enums::Peer {
    match peer {
        Peer::User(id) => enums::Peer::User(types::PeerUser {
            user_id: id.value(),
        }),
        Peer::Chat(id) => enums::Peer::Chat(types::PeerChat {
            chat_id: id.value(),
        }),
        Peer::Channel(id) => enums::Peer::Channel(types::PeerChannel {
            channel_id: id.value(),
        }),
    }
}

fn participant(participant: &GroupCallParticipant) -> types::GroupCallParticipant {
    types::GroupCallParticipant {
        muted: participant.muted,
        left: participant.left,
        can_self_unmute: participant.can_self_unmute,
        just_joined: participant.just_joined,
        versioned: participant.versioned,
        min: participant.min,
        muted_by_you: participant.muted_by_you,
        volume_by_admin: participant.volume_by_admin,
        is_self: participant.own,
        video_joined: participant.video_joined,
        peer: peer(participant.peer),
        date: participant.date,
        active_date: participant.active_date,
        source: participant.source.map(Ssrc::signed).unwrap_or_default(),
        volume: participant.volume,
        about: participant.about.clone(),
        raise_hand_rating: participant.raise_hand_rating,
        video: participant.video.as_ref().map(video),
        presentation: participant.presentation.as_ref().map(video),
        paid_stars_total: None,
    }
}

fn video(video: &ParticipantVideo) -> enums::GroupCallParticipantVideo {
    enums::GroupCallParticipantVideo::Video(types::GroupCallParticipantVideo {
        paused: video.paused,
        endpoint: video.endpoint.clone(),
        source_groups: video.source_groups.iter().map(group).collect(),
        audio_source: video.audio_source.map(Ssrc::signed),
    })
}

fn group(group: &SsrcGroup) -> enums::GroupCallParticipantVideoSourceGroup {
    enums::GroupCallParticipantVideoSourceGroup::Group(
        types::GroupCallParticipantVideoSourceGroup {
            semantics: group.semantics().as_str().to_owned(),
            sources: signed(group.sources()),
        },
    )
}

/// Media sources as the API writes them.
pub(super) fn signed(sources: &[Ssrc]) -> Vec<i32> {
    sources.iter().map(|source| source.signed()).collect()
}
