//! What a person reads: a message and the next step for each reason, with dates filled in.
//!
//! One file a language. A text names no part of the machinery; a test holds the list of words that may not occur.

mod english;

use super::{Reason, Words};
use crate::token::UtcTime;
use std::time::Duration;

/// What is said for a reason, with `{blanks}`.
pub(super) struct Text {
    pub(super) message: &'static str,
    /// Empty where there is nothing to do.
    pub(super) step: &'static str,
}

/// What the blanks of a text are filled with.
pub(super) struct Blanks<'a> {
    pub(super) now: UtcTime,
    pub(super) renew_by: Option<UtcTime>,
    pub(super) offline_until: Option<UtcTime>,
    pub(super) starts: Option<UtcTime>,
    pub(super) expires: Option<UtcTime>,
    pub(super) support: Option<&'a str>,
}

/// The blanks that words may have.
pub(super) const BLANKS: [&str; 5] = [
    "{renew_by}",
    "{offline_until}",
    "{starts}",
    "{expires}",
    "{support}",
];

/// What stands where a blank is meant and is none: the rest of `words` from the first brace that belongs to none.
pub(super) fn unknown_blank(words: &str) -> Option<&str> {
    let brace = words.find(['{', '}'])?;
    let rest = &words[brace..];
    match BLANKS.iter().find(|blank| rest.starts_with(*blank)) {
        Some(blank) => unknown_blank(&rest[blank.len()..]),
        None => {
            let end = rest.find('}').map_or(rest.len(), |end| end + 1);
            Some(&rest[..end])
        }
    }
}

/// The message for `reason`: the vendor's `own` words, else the built-in ones.
pub(super) fn message(reason: Reason, own: Option<&Words>, blanks: &Blanks<'_>) -> String {
    match own {
        Some(own) => fill(&own.message, blanks),
        None => fill(english::text(reason).message, blanks),
    }
}

/// The next steps for `reason`: the vendor's `own` words, else the built-in ones.
pub(super) fn steps(reason: Reason, own: Option<&Words>, blanks: &Blanks<'_>) -> Vec<String> {
    let step = match own.and_then(|own| own.step.as_deref()) {
        Some(step) => step,
        None => english::text(reason).step,
    };
    if step.is_empty() {
        Vec::new()
    } else {
        vec![fill(step, blanks)]
    }
}

fn fill(text: &str, blanks: &Blanks<'_>) -> String {
    let date = |date: Option<UtcTime>| match date {
        Some(date) => english::date(date, is_near(date, blanks.now)),
        None => english::SOME_DATE.to_owned(),
    };
    text.replace("{renew_by}", &date(blanks.renew_by))
        .replace("{offline_until}", &date(blanks.offline_until))
        .replace("{starts}", &date(blanks.starts))
        .replace("{expires}", &date(blanks.expires))
        .replace("{support}", blanks.support.unwrap_or(english::VENDOR))
}

/// Whether the hour matters, since the day alone would be too coarse.
fn is_near(date: UtcTime, now: UtcTime) -> bool {
    const TWO_DAYS: Duration = Duration::from_secs(2 * 24 * 60 * 60);
    date <= now.plus(TWO_DAYS) && now <= date.plus(TWO_DAYS)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Words of the machinery, which mean nothing to the person in front of it.
    const JARGON: [&str; 32] = [
        "ak",
        "anchor",
        "attestation",
        "bitmap",
        "cbor",
        "charge",
        "class",
        "cose",
        "counter",
        "ek",
        "epoch",
        "evidence",
        "floor",
        "heartbeat",
        "lease",
        "manifest",
        "nonce",
        "nv",
        "pcr",
        "quote",
        "reset",
        "seal",
        "sealed",
        "seed",
        "sequence",
        "signature",
        "srk",
        "standing",
        "state",
        "status",
        "token",
        "tpm",
    ];

    fn blanks() -> Blanks<'static> {
        let day = |day: u64| UtcTime::from_unix(1_772_323_200 + day * 86_400).ok();
        Blanks {
            now: UtcTime::from_unix(1_772_323_200).expect("1 March 2026"),
            renew_by: day(2),
            offline_until: day(9),
            starts: day(31),
            expires: day(0),
            support: Some("help@example.com"),
        }
    }

    fn everything_said(reason: Reason, blanks: &Blanks<'_>) -> String {
        [
            vec![message(reason, None, blanks)],
            steps(reason, None, blanks),
        ]
        .concat()
        .join(" ")
    }

    #[test]
    fn no_text_holds_jargon_or_an_unfilled_blank() {
        for reason in Reason::all() {
            let said = everything_said(reason, &blanks());
            assert!(!said.contains(['{', '}']), "{reason}: {said}");
            for word in said.split(|c: char| !c.is_alphanumeric()) {
                assert!(
                    !JARGON.contains(&word.to_lowercase().as_str()),
                    "{reason} says {word:?}: {said}"
                );
            }
        }
    }

    #[test]
    fn every_reason_has_a_sentence_and_every_urgent_one_a_step() {
        for reason in Reason::all() {
            let blanks = blanks();
            let sentence = message(reason, None, &blanks);
            assert!(
                sentence.ends_with('.') && sentence.starts_with(char::is_uppercase),
                "{reason}: {sentence}"
            );
            assert!(
                !reason.is_urgent() || !steps(reason, None, &blanks).is_empty(),
                "{reason} leaves the person alone"
            );
        }
    }

    #[test]
    fn no_two_reasons_say_the_same() {
        let said: std::collections::BTreeSet<_> = Reason::all()
            .map(|reason| everything_said(reason, &blanks()))
            .collect();
        assert_eq!(said.len(), Reason::all().len());
    }

    #[test]
    fn dates_are_written_for_people_and_near_ones_with_the_hour() {
        assert_eq!(
            steps(Reason::OfflineGrace, None, &blanks())[0]
                .matches("10 March 2026")
                .count(),
            1
        );
        assert!(
            steps(Reason::RenewalDue, None, &blanks())[0].contains("3 March 2026 at 00:00 UTC")
        );
    }

    #[test]
    fn a_missing_date_or_contact_still_gives_a_sentence() {
        let blanks = Blanks {
            renew_by: None,
            offline_until: None,
            starts: None,
            expires: None,
            support: None,
            ..blanks()
        };
        for reason in Reason::all() {
            assert!(
                !everything_said(reason, &blanks).contains(['{', '}']),
                "{reason}"
            );
        }
        assert!(steps(Reason::LicenseRevoked, None, &blanks)[0].contains("the vendor"));
    }
}
