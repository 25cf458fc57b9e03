use confcall_join::Ssrc;
use confcall_join::api::{GroupCallParticipant, ParticipantVideo, SsrcGroup};
use grammers_tl_types::enums;
use grammers_tl_types::types::{
    GroupCallParticipantVideo, GroupCallParticipantVideoSourceGroup as Group,
};

use super::call::read_peer;

/// Participants of a roster, or changes of them.
pub(super) fn read_participants(
    participants: &[enums::GroupCallParticipant],
) -> Vec<GroupCallParticipant> {
    participants.iter().map(read_participant).collect()
}

fn read_participant(participant: &enums::GroupCallParticipant) -> GroupCallParticipant {
    let enums::GroupCallParticipant::Participant(participant) = participant;
    GroupCallParticipant {
        peer: read_peer(&participant.peer),
        date: participant.date,
        source: Ssrc::from_signed(participant.source),
        video: participant.video.as_ref().map(read_video),
        presentation: participant.presentation.as_ref().map(read_video),
        own: participant.is_self,
        muted: participant.muted,
        just_joined: participant.just_joined,
        left: participant.left,
        versioned: participant.versioned,
        min: participant.min,
    }
}

fn read_video(video: &enums::GroupCallParticipantVideo) -> ParticipantVideo {
    let enums::GroupCallParticipantVideo::Video(GroupCallParticipantVideo {
        paused,
        endpoint,
        source_groups,
        audio_source,
    }) = video;
    ParticipantVideo {
        paused: *paused,
        endpoint: endpoint.clone(),
        source_groups: source_groups.iter().filter_map(read_group).collect(),
        audio_source: audio_source.and_then(Ssrc::from_signed),
    }
}

/// A group of sources; `None` if the sources cannot be one, or are to each other what we do not know.
fn read_group(group: &enums::GroupCallParticipantVideoSourceGroup) -> Option<SsrcGroup> {
    let enums::GroupCallParticipantVideoSourceGroup::Group(Group { semantics, sources }) = group;
    let sources = sources.iter().map(|&source| Ssrc::from_signed(source));
    let sources = sources.collect::<Option<Vec<_>>>()?;
    SsrcGroup::try_from((semantics.clone(), sources)).ok()
}
