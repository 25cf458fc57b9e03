/// What an SFU has counted since its start, and the connections that it has now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SfuCounters {
    /// Connections of members, whether they were ever used or not.
    pub connections: u64,
    /// Those that are connected.
    pub connected: u64,
    /// Datagrams that came.
    pub received: u64,
    /// Bytes that came.
    pub received_bytes: u64,
    /// Datagrams that were sent.
    pub sent: u64,
    /// Bytes that were sent.
    pub sent_bytes: u64,
    /// RTP packets that were passed on, each once for each receiver.
    pub forwarded: u64,
    /// Key frames that were asked for.
    pub key_frames: u64,
    /// Datagrams that were dropped: of no format that is known.
    pub unreadable: u64,
    /// Dropped: from an address that answered no check.
    pub strangers: u64,
    /// Dropped: checks of another name or password, or from one address too many.
    pub unauthenticated: u64,
    /// Dropped: beyond the rate of one connection.
    pub too_many: u64,
    /// Dropped: RTP of a source that the join payload does not have, or of a codec that is not its own.
    pub undeclared: u64,
    /// Dropped: packets that have no room in a datagram on the way on.
    pub too_long: u64,
    /// Packets that were not passed on: of a member who may not speak, or of a camera that is off.
    pub not_allowed: u64,
    /// Not passed on: of a speaker for whom there was no place.
    pub crowded: u64,
    /// Not sent: to an address whose last answer to a check is too old.
    pub without_consent: u64,
    /// Messages of data channels that were too long, or none that are known.
    pub bad_messages: u64,
    /// Datagrams that chaos lost.
    pub lost: u64,
}

impl SfuCounters {
    /// What was dropped or not passed on, by name and reason.
    pub fn dropped(&self) -> [(&'static str, u64); 11] {
        [
            ("unreadable", self.unreadable),
            ("strangers", self.strangers),
            ("unauthenticated", self.unauthenticated),
            ("too_many", self.too_many),
            ("undeclared", self.undeclared),
            ("too_long", self.too_long),
            ("not_allowed", self.not_allowed),
            ("crowded", self.crowded),
            ("without_consent", self.without_consent),
            ("bad_messages", self.bad_messages),
            ("lost", self.lost),
        ]
    }
}
