use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng;
use proptest::prelude::*;

use super::*;
use crate::api::Semantics;
use crate::limits;

const FINGERPRINT: &str = "00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:\
                           10:11:12:13:14:15:16:17:18:19:1A:1B:1C:1D:1E:1F";

/// A valid payload in which `replaced` is replaced by `by`.
fn with(replaced: &str, by: &str) -> String {
    let valid = format!(
        r#"{{"ssrc": -5, "ufrag": "abcd", "pwd": "0123456789012345678901",
            "fingerprints": [{{"hash": "sha-256", "fingerprint": "{FINGERPRINT}", "setup": "passive"}}],
            "ssrc-groups": [{{"semantics": "FID", "sources": [7, -8]}}]}}"#
    );
    assert!(valid.contains(replaced), "{replaced}");
    valid.replace(replaced, by)
}

fn refused(replaced: &str, by: &str) -> PayloadError {
    JoinPayload::from_json(&with(replaced, by)).unwrap_err()
}

fn digest() -> [u8; 32] {
    core::array::from_fn(|i| i as u8)
}

#[test]
fn a_payload_is_read_with_every_field() {
    let payload = JoinPayload::from_json(&with("-5", "-5")).unwrap();
    assert_eq!(payload.ssrc().signed(), -5);
    assert_eq!(payload.ssrc().value(), 4_294_967_291);
    assert_eq!(payload.credentials().ufrag(), "abcd");
    assert_eq!(payload.credentials().pwd(), "0123456789012345678901");
    assert_eq!(payload.fingerprints(), [Fingerprint::sha256(digest())]);
    let sources: Vec<_> = payload.sources().map(Ssrc::signed).collect();
    assert_eq!(sources, [-5, 7, -8]);
    assert_eq!(
        payload.ssrc_groups()[0].semantics(),
        Semantics::FlowIdentification
    );
}

#[test]
fn the_ssrc_is_written_signed() {
    let credentials = IceCredentials::new("abcd", "0123456789012345678901").unwrap();
    let fingerprints = vec![Fingerprint::sha256(digest())];
    let ssrc = Ssrc::new(u32::MAX).unwrap();
    let payload = JoinPayload::new(ssrc, credentials, fingerprints, vec![]).unwrap();
    let expected = format!(
        r#"{{"ssrc":-1,"ufrag":"abcd","pwd":"0123456789012345678901","fingerprints":[{{"hash":"sha-256","fingerprint":"{FINGERPRINT}","setup":"passive"}}]}}"#
    );
    let written: serde_json::Value = serde_json::from_str(&payload.to_json()).unwrap();
    assert_eq!(
        written,
        serde_json::from_str::<serde_json::Value>(&expected).unwrap()
    );
}

#[test]
fn a_payload_without_ssrc_is_refused_before_the_server_calls_it_a_duplicate() {
    assert_eq!(refused(r#""ssrc": -5,"#, ""), PayloadError::MissingSsrc);
    assert_eq!(refused("-5", "null"), PayloadError::MissingSsrc);
}

#[test]
fn a_zero_ssrc_is_refused() {
    for zero in ["0", "-0"] {
        let error = refused("-5", zero);
        let field = "ssrc";
        // JSON's -0 is not a whole number to the parser.
        let expected = [
            PayloadError::ZeroSource { field },
            PayloadError::NotSigned32 { field },
        ];
        assert!(expected.contains(&error), "{zero}: {error}");
    }
    let field = "ssrc-groups.sources";
    assert_eq!(
        refused("[7, -8]", "[0, 7]"),
        PayloadError::ZeroSource { field }
    );
}

#[test]
fn an_ssrc_that_is_no_signed_number_is_refused() {
    for number in [
        "2147483648",
        "4294967295",
        "-2147483649",
        "99999999999999999999",
        "1.0",
        "1e3",
        "\"5\"",
        "true",
        "[5]",
    ] {
        let field = "ssrc";
        assert_eq!(
            refused("-5", number),
            PayloadError::NotSigned32 { field },
            "{number}"
        );
    }
    for number in ["2147483647", "-2147483648", "1"] {
        assert!(
            JoinPayload::from_json(&with("-5", number)).is_ok(),
            "{number}"
        );
    }
}

#[test]
fn each_missing_or_mistyped_field_is_named() {
    for (replaced, by, field) in [
        (r#""ufrag""#, r#""x""#, "ufrag"),
        (r#""pwd""#, r#""x""#, "pwd"),
        (r#""fingerprints""#, r#""x""#, "fingerprints"),
        (r#""hash""#, r#""x""#, "fingerprints.hash"),
        (r#""fingerprint""#, r#""x""#, "fingerprints.fingerprint"),
        (r#""setup""#, r#""x""#, "fingerprints.setup"),
        (r#""semantics""#, r#""x""#, "ssrc-groups.semantics"),
        (r#""sources""#, r#""x""#, "ssrc-groups.sources"),
    ] {
        assert_eq!(refused(replaced, by), PayloadError::Missing { field });
    }
    let expected = "a string";
    let field = "ufrag";
    assert_eq!(
        refused(r#""abcd""#, "7"),
        PayloadError::WrongType { field, expected }
    );
    let expected = "a list";
    let field = "ssrc-groups.sources";
    assert_eq!(
        refused("[7, -8]", "{}"),
        PayloadError::WrongType { field, expected }
    );
}

#[test]
fn bad_values_are_refused_by_their_rule() {
    let (field, min, max, length) = ("ufrag", 4, 256, 3);
    let short = IceError::Length {
        field,
        min,
        max,
        length,
    };
    assert_eq!(refused("abcd", "abc"), PayloadError::Ice(short));
    assert_eq!(refused("FID", "SIM2"), PayloadError::UnknownSemantics);
    assert_eq!(
        refused("sha-256", "md5"),
        PayloadError::Fingerprint(FingerprintError::UnknownHash)
    );
    let (hash, size) = (FingerprintHash::Sha256, 31);
    let cut = FingerprintError::Size { hash, size };
    assert_eq!(refused(":1F", ""), PayloadError::Fingerprint(cut));
    let source_id = Ssrc::new(7).unwrap();
    let repeated = SsrcGroupError::Repeated { source_id };
    assert_eq!(refused("-8", "7"), PayloadError::SsrcGroup(repeated));
}

#[test]
fn a_list_of_no_groups_is_taken_as_a_payload_without_video() {
    let groups = r#"[{"semantics": "FID", "sources": [7, -8]}]"#;
    for written in ["[]", "null"] {
        let payload = JoinPayload::from_json(&with(groups, written)).unwrap();
        assert!(payload.ssrc_groups().is_empty());
        assert!(!payload.to_json().contains("ssrc-groups"));
    }
}

#[test]
fn empty_lists_are_refused() {
    let field = "ssrc-groups.sources";
    assert_eq!(refused("[7, -8]", "[]"), PayloadError::Empty { field });
    let (ssrc, credentials) = {
        let payload = JoinPayload::from_json(&with("-5", "-5")).unwrap();
        (payload.ssrc(), payload.credentials().clone())
    };
    let field = "fingerprints";
    let error = PayloadError::Empty { field };
    assert_eq!(
        JoinPayload::new(ssrc, credentials, vec![], vec![]),
        Err(error)
    );
}

#[test]
fn unknown_fields_are_ignored_and_repeated_ones_refused() {
    let more = with("\"ssrc\": -5", "\"ssrc\": -5, \"more\": [{}]");
    assert_eq!(
        JoinPayload::from_json(&more),
        JoinPayload::from_json(&with("-5", "-5"))
    );
    let twice = refused("\"ssrc\": -5", "\"ssrc\": -5, \"ssrc\": -6");
    assert!(matches!(twice, PayloadError::NotAnObject { .. }), "{twice}");
}

#[test]
fn a_text_that_is_no_object_is_refused() {
    for text in ["", "{", "7", "null", "\"x\"", "{} {}", "[-5]"] {
        let error = JoinPayload::from_json(text).unwrap_err();
        assert!(
            matches!(error, PayloadError::NotAnObject { .. }),
            "{text}: {error}"
        );
    }
    let long = " ".repeat(limits::PAYLOAD_BYTES + 1);
    let length = long.len();
    assert_eq!(
        JoinPayload::from_json(&long),
        Err(PayloadError::TooLong { length })
    );
    let deep = "[".repeat(limits::PAYLOAD_BYTES);
    assert!(JoinPayload::from_json(&deep).is_err());
}

#[test]
fn debug_does_not_show_the_pwd() {
    let payload = JoinPayload::from_json(&with("-5", "-5")).unwrap();
    let shown = format!("{payload:?} {:?}", payload.to_params());
    assert!(!shown.contains(payload.credentials().pwd()), "{shown}");
}

#[test]
fn new_sources_keep_the_credentials_and_the_shape() {
    let mut rng = ChaCha20Rng::seed_from_u64(5);
    let fingerprint = Fingerprint::sha256(digest());
    let old = JoinPayload::generate(fingerprint, Some(VideoLayers::Three), &mut rng);
    let new = old.clone().with_new_sources(&mut rng);
    assert_eq!(new.credentials(), old.credentials());
    assert_eq!(new.fingerprints(), old.fingerprints());
    assert!(
        new.sources()
            .all(|source| old.sources().all(|old| old != source))
    );
    // Two places hold the same source after exactly if they did before.
    let pairs: Vec<_> = old.sources().zip(new.sources()).collect();
    for left in &pairs {
        for right in &pairs {
            assert_eq!(left.0 == right.0, left.1 == right.1);
        }
    }
}

#[test]
fn a_viewers_payload_has_no_groups() {
    let mut rng = ChaCha20Rng::seed_from_u64(6);
    let fingerprint = Fingerprint::sha256(digest());
    let payload = JoinPayload::generate(fingerprint, Some(VideoLayers::Two), &mut rng);
    assert!(payload.to_json().contains("ssrc-groups"));
    assert!(
        !payload
            .without_ssrc_groups()
            .to_json()
            .contains("ssrc-groups")
    );
}

proptest! {
    #[test]
    fn a_drawn_payload_is_read_back(seed: u64, digest: [u8; 32], layers in 0..4) {
        let video = match layers {
            0 => None,
            1 => Some(VideoLayers::One),
            2 => Some(VideoLayers::Two),
            _ => Some(VideoLayers::Three),
        };
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let payload = JoinPayload::generate(Fingerprint::sha256(digest), video, &mut rng);
        prop_assert_eq!(JoinPayload::from_json(&payload.to_json()), Ok(payload));
    }

    #[test]
    fn an_arbitrary_text_is_read_or_refused(text: String) {
        let _ = JoinPayload::from_json(&text);
    }

    #[test]
    fn a_payload_cut_or_changed_anywhere_is_read_or_refused(at: prop::sample::Index, by: char) {
        let mut characters: Vec<char> = with("-5", "-5").chars().collect();
        let at = at.index(characters.len());
        characters[at] = by;
        let _ = JoinPayload::from_json(&characters.iter().collect::<String>());
        let cut: String = characters[..at].iter().collect();
        prop_assert!(JoinPayload::from_json(&cut).is_err());
    }
}
