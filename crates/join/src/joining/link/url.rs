use std::borrow::Cow;

/// The parts of a text that is read as a URL, as they stand in it.
///
/// ```text
/// scheme: // authority / path ? query # fragment
/// ```
///
/// This is as much of a URL as a link to a call has: hosts are compared in ASCII, and no part is made canonical.
#[derive(Clone, Copy, Debug)]
pub(super) struct Url<'a> {
    /// `None` for a text that starts with its host.
    pub(super) scheme: Option<&'a str>,
    pub(super) authority: &'a str,
    pub(super) path: &'a str,
    query: &'a str,
    fragment: &'a str,
}

impl<'a> Url<'a> {
    pub(super) fn split(text: &'a str) -> Self {
        // From the end: a `?` in the fragment is none of the query, and a `/` in the query none of the path.
        let (text, fragment) = text.split_once('#').unwrap_or((text, ""));
        let (text, query) = text.split_once('?').unwrap_or((text, ""));
        let (scheme, text) = split_scheme(text);
        let path = text.find('/').unwrap_or(text.len());
        let (authority, path) = text.split_at(path);
        Self {
            scheme,
            authority,
            path,
            query,
            fragment,
        }
    }

    /// The host and the port, if the authority is no more than that.
    pub(super) fn host_and_port(&self) -> Option<(&'a str, Option<&'a str>)> {
        match self.authority.split_once(':') {
            _ if self.authority.contains('@') => None,
            Some((host, port)) => Some((host, Some(port))),
            None => Some((self.authority, None)),
        }
    }

    /// The parts of the path without their escapes; slashes at its ends do not count.
    pub(super) fn segments(&self) -> impl Iterator<Item = Cow<'a, str>> {
        let path = Some(self.path.trim_matches('/')).filter(|path| !path.is_empty());
        path.into_iter()
            .flat_map(|path| path.split('/').map(without_escapes))
    }

    /// The value of a parameter of the query; empty if it has none.
    pub(super) fn parameter(&self, name: &str) -> Option<Cow<'a, str>> {
        parameter(self.query, name)
    }

    /// The value of a parameter behind the `?` of the fragment, where web applications keep theirs.
    pub(super) fn fragment_parameter(&self, name: &str) -> Option<Cow<'a, str>> {
        let (_, query) = self.fragment.split_once('?')?;
        parameter(query, name)
    }
}

/// The scheme is in front of `://`; that of an application also of `:` alone, which could be a port's otherwise.
fn split_scheme(text: &str) -> (Option<&str>, &str) {
    let is_scheme = |start: &str| start.bytes().all(|byte| byte.is_ascii_alphanumeric());
    match text.split_once(':') {
        Some((start, rest)) if is_scheme(start) => match rest.strip_prefix("//") {
            Some(rest) => (Some(start), rest),
            None if start.eq_ignore_ascii_case("tg") => (Some(start), rest),
            None => (None, text),
        },
        _ => (None, text),
    }
}

fn parameter<'a>(query: &'a str, name: &str) -> Option<Cow<'a, str>> {
    let mut pairs = query.split('&');
    pairs.find_map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (key == name).then(|| match value.contains('+') {
            true => Cow::Owned(without_escapes(&value.replace('+', " ")).into_owned()),
            false => without_escapes(value),
        })
    })
}

/// The text with its percent-escapes replaced; what is no escape, or escapes no UTF-8, stays.
fn without_escapes(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let escape = (*first == b'%')
            .then(|| after.split_at_checked(2))
            .flatten();
        match escape.and_then(|(digits, after)| Some((byte_of(digits)?, after))) {
            Some((byte, after)) => {
                bytes.push(byte);
                rest = after;
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).map_or(Cow::Borrowed(text), Cow::Owned)
}

fn byte_of(digits: &[u8]) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let &[high, low] = digits else {
        return None;
    };
    u8::try_from(digit(high)? << 4 | digit(low)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_split_at_its_first_signs() {
        let url = Url::split("https://h:1/a/b/?q=1&r#f?g=2");
        assert_eq!(url.scheme, Some("https"));
        assert_eq!(url.host_and_port(), Some(("h", Some("1"))));
        assert_eq!(url.segments().collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(Url::split("h/").segments().count(), 0);
        assert_eq!(url.parameter("q").as_deref(), Some("1"));
        assert_eq!(url.parameter("r").as_deref(), Some(""));
        assert_eq!(url.parameter("g"), None);
        assert_eq!(url.fragment_parameter("g").as_deref(), Some("2"));
        assert_eq!(Url::split("https://user@h").host_and_port(), None);
    }

    #[test]
    fn only_the_scheme_of_the_application_needs_no_slashes() {
        let schemes = [
            "tg:call",
            "TG://call",
            "t.me:443/a",
            "h:443/a",
            "a.b?c=d://e",
        ];
        let found = schemes.map(|text| Url::split(text).scheme);
        assert_eq!(found, [Some("tg"), Some("TG"), None, None, None]);
    }

    #[test]
    fn an_escape_is_replaced_and_what_is_none_stays() {
        for (text, expected) in [
            ("a%62%2fc", "ab/c"),
            ("%", "%"),
            ("%6", "%6"),
            ("%zz%41", "%zzA"),
            ("%c3%a9", "é"),
            ("%ff", "%ff"),
        ] {
            assert_eq!(without_escapes(text), expected);
        }
        assert_eq!(parameter("a=b+c%20d", "a").as_deref(), Some("b c d"));
    }
}
