//! What some customers get, `[[allowance]]`.

use super::super::{Allowance, Subject};
use super::table::Table;

/// Reads the allowance at `place`.
pub(super) fn read((place, mut table): (usize, Table<'_>)) -> Allowance {
    let segment = table.string("segment");
    let license = table.string("license");
    let user = table.string("user");
    let subject = match (segment, license, user) {
        (Some(segment), None, None) => Some(Subject::Segment(segment)),
        (None, Some(license), None) => match license.parse() {
            Ok(license) => Some(Subject::License(license)),
            Err(error) => {
                table.fault("license", format!("is {license:?}"), error.to_string());
                None
            }
        },
        (None, None, Some(user)) => Some(Subject::User(user)),
        (None, None, None) => {
            table.refuse(
                "is for nobody",
                "say for whom, with one of `segment`, `license` and `user`",
            );
            None
        }
        _ => {
            table.refuse(
                "is for several at once",
                "keep one of `segment`, `license` and `user`, and write an allowance for each",
            );
            None
        }
    };
    let allowance = Allowance {
        // A stand-in for a subject that is faulty, so that the others keep their places.
        subject: subject.unwrap_or_else(|| Subject::Segment(format!("segment-{place}"))),
        window_days: table.integer("window_days"),
        seats_extra: table.integer("seats_extra"),
        moves_per_year: table.integer("moves_per_year"),
    };
    table.finish();
    allowance
}
