use core::fmt;

/// The step that a verification waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// For the commits of all participants.
    Commit,
    /// For the reveals of all participants.
    Reveal,
    /// For the next block: the emoji are known, or there was no block yet.
    End,
}

impl Phase {
    /// The phase in the numbers of the reference: 1 commit, 2 reveal, 0 end.
    pub const fn number(self) -> u8 {
        match self {
            Self::End => 0,
            Self::Commit => 1,
            Self::Reveal => 2,
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Commit => "commit",
            Self::Reveal => "reveal",
            Self::End => "end",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verification::BroadcastError;

    #[test]
    fn phases_have_the_numbers_of_the_reference_and_a_name() {
        let phases = [Phase::End, Phase::Commit, Phase::Reveal].map(|phase| {
            let error = BroadcastError::NotInReveal(phase);
            (phase.number(), error.to_string())
        });
        let expected = [(0, "end"), (1, "commit"), (2, "reveal")];
        let expected =
            expected.map(|(number, name)| (number, format!("a reveal in the phase {name}")));
        assert_eq!(phases, expected);
    }
}
