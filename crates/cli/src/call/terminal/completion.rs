use super::super::user_command;

/// The words by which commands can act.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in super::super) struct Words {
    /// The others in the call.
    pub(in super::super) users: Vec<String>,
    /// Those as whom we may take part, as far as they were listed.
    pub(in super::super) own_peers: Vec<String>,
}

impl Words {
    /// Those that a command takes.
    fn of(&self, command: &str) -> &[String] {
        match command {
            "as" => &self.own_peers,
            command if user_command::takes_users(command) => &self.users,
            _ => &[],
        }
    }
}

/// The effect of a Tab at the end of a line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Completion {
    Nothing,
    /// Another line.
    Line(String),
    /// The words that it can become.
    Choices(Vec<String>),
}

/// Completes the last word of a line: a command, or one of the words that the command takes.
pub(super) fn complete(line: &str, known: &Words) -> Completion {
    let Some(command) = line.strip_prefix('/') else {
        return Completion::Nothing;
    };
    let (word, words) = match command.split_once(' ') {
        None => (command, user_command::names().map(str::to_owned).collect()),
        Some((command, rest)) => (last_word(rest), known.of(command).to_vec()),
    };
    let before = line.strip_suffix(word).unwrap_or_default();
    among(before, word, words)
}

/// The word at the end of a text, which begins with a quote if it has spaces.
fn last_word(text: &str) -> &str {
    let mut is_quoted = false;
    let mut start = 0;
    for (at, character) in text.char_indices() {
        match character {
            '"' => is_quoted = !is_quoted,
            ' ' if !is_quoted => start = at.saturating_add(1),
            _ => {}
        }
    }
    text.get(start..).unwrap_or_default()
}

/// Completes a word, after what is before it, to one of these, whatever their case and whether they stand in quotes.
fn among(before: &str, word: &str, words: Vec<String>) -> Completion {
    let begun = plain(word);
    let mut choices: Vec<_> = words
        .into_iter()
        .filter(|one| plain(one).starts_with(&begun))
        .filter(|one| one.starts_with('"') || !word.starts_with('"'))
        .collect();
    choices.sort_unstable();
    let (Some(first), Some(last)) = (choices.first(), choices.last()) else {
        return Completion::Nothing;
    };
    if choices.len() == 1 {
        return Completion::Line(format!("{before}{first} "));
    }
    // Of words in order, what the first and the last begin with is what all begin with.
    let pairs = first.chars().zip(last.chars());
    let common = pairs.take_while(|(a, b)| a == b).map(|(a, _)| a);
    let common: String = common.collect();
    match common.len() > word.len() {
        true => Completion::Line(format!("{before}{common}")),
        false => Completion::Choices(choices),
    }
}

/// A word as it is compared.
fn plain(word: &str) -> String {
    word.trim_start_matches('"').to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn completed(line: &str) -> Completion {
        complete(line, &users(&["21", "22", "3"]))
    }

    fn becomes(line: &str) -> Completion {
        Completion::Line(line.to_owned())
    }

    #[test]
    fn a_command_is_completed_to_the_only_one_or_as_far_as_all_agree() {
        assert_eq!(completed("/ki"), becomes("/kick "));
        let all = ["record", "rejoin", "remind", "revoke"];
        assert_eq!(completed("/re"), choices(&all));
        assert_eq!(completed("/xyz"), Completion::Nothing);
        assert_eq!(completed("ki"), Completion::Nothing);
    }

    #[test]
    fn users_are_completed_where_a_command_takes_them() {
        assert_eq!(completed("/kick 3"), becomes("/kick 3 "));
        assert_eq!(completed("/kick 3 2"), choices(&["21", "22"]));
        assert_eq!(completed("/seal 3 2"), Completion::Nothing);
    }

    #[test]
    fn a_name_with_a_space_is_completed_in_quotes() {
        let users = users(&["\"Bob Smith\"", "2"]);
        for line in ["/kick \"", "/kick \"Bob S", "/kick b"] {
            assert_eq!(complete(line, &users), becomes("/kick \"Bob Smith\" "));
        }
        let second = complete("/kick 2 \"Bo", &users);
        assert_eq!(second, becomes("/kick 2 \"Bob Smith\" "));
    }

    #[test]
    fn those_as_whom_one_may_take_part_are_completed_once_they_were_listed() {
        assert_eq!(completed("/as "), Completion::Nothing);
        let known = Words {
            own_peers: owned(&["me", "502", "\"Harbour News\""]),
            ..users(&["Harold"])
        };
        assert_eq!(
            complete("/as Har", &known),
            becomes("/as \"Harbour News\" ")
        );
        assert_eq!(complete("/as m", &known), becomes("/as me "));
        assert_eq!(complete("/kick Har", &known), becomes("/kick Harold "));
    }

    fn owned(words: &[&str]) -> Vec<String> {
        words.iter().map(|&word| word.to_owned()).collect()
    }

    fn users(words: &[&str]) -> Words {
        Words {
            users: owned(words),
            ..Words::default()
        }
    }

    fn choices(words: &[&str]) -> Completion {
        Completion::Choices(owned(words))
    }
}
