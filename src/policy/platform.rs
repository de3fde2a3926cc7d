//! Whether a machine started as its vendor approved.

use super::{PcrReference, PcrRule, PlatformFact};
use crate::token::{Digest, PcrSelection, Platform};

impl PcrRule {
    /// The PCRs that the rule watches; `None` where there are none or one is not to be watched, as in no rule that was
    /// checked.
    pub fn selection(&self) -> Option<PcrSelection> {
        PcrSelection::new(self.pcrs.iter().copied()).filter(|pcrs| !pcrs.is_empty())
    }

    /// What verified quotes say about the platform of a machine whose lease names `named`: `shown` has the digest of each
    /// selection of PCRs that was quoted.
    ///
    /// A lease that names no PCRs, or others than this rule, gives no reference. Where it names these and nothing was quoted
    /// over them, the platform differs.
    pub fn judge(
        &self,
        named: Option<&Platform>,
        shown: &[(PcrSelection, Digest)],
    ) -> PlatformFact {
        let Some(named) = named.filter(|named| Some(named.pcrs) == self.selection()) else {
            return PlatformFact::NoReference;
        };
        let shown = shown.iter().find(|(pcrs, _)| *pcrs == named.pcrs);
        let is = |approved: &Digest| shown.is_some_and(|(_, digest)| digest == approved);
        let matches = match (&self.reference, &named.reference) {
            (PcrReference::Activation, None) => return PlatformFact::NoReference,
            (PcrReference::Activation, Some(reference)) => is(reference),
            (PcrReference::List(approved), _) => approved.iter().any(is),
        };
        match matches {
            true => PlatformFact::Matches,
            false => PlatformFact::Differs,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{PcrApproval, PcrChange};

    fn digest(of: &str) -> Digest {
        Digest::of(&[of.as_bytes()])
    }

    fn pcrs(pcrs: &[u8]) -> PcrSelection {
        PcrSelection::new(pcrs.iter().copied()).expect("all below 16")
    }

    fn rule(reference: PcrReference) -> PcrRule {
        PcrRule {
            pcrs: [0, 7].into(),
            reference,
            on_change: PcrChange::Limited,
            approval: PcrApproval::Manual,
        }
    }

    fn named(selected: &[u8], reference: Option<&str>) -> Option<Platform> {
        Some(Platform {
            pcrs: pcrs(selected),
            reference: reference.map(digest),
        })
    }

    #[test]
    fn the_lease_names_what_was_approved_last() {
        let rule = rule(PcrReference::Activation);
        let judge = |named: Option<Platform>, shown: &[(PcrSelection, Digest)]| {
            rule.judge(named.as_ref(), shown)
        };
        let shown = [(pcrs(&[1]), digest("a")), (pcrs(&[0, 7]), digest("b"))];
        for (platform, fact) in [
            (named(&[0, 7], Some("b")), PlatformFact::Matches),
            (named(&[0, 7], Some("a")), PlatformFact::Differs),
            (named(&[0, 7], None), PlatformFact::NoReference),
            // The rule watched others when the lease was issued.
            (named(&[1], Some("a")), PlatformFact::NoReference),
            (None, PlatformFact::NoReference),
        ] {
            assert_eq!(judge(platform, &shown), fact, "{platform:?}");
        }
        let nothing_of_it = [(pcrs(&[0]), digest("b"))];
        assert_eq!(
            judge(named(&[0, 7], Some("b")), &nothing_of_it),
            PlatformFact::Differs
        );
    }

    #[test]
    fn a_list_approves_what_it_holds_whatever_the_lease_names() {
        let rule = rule(PcrReference::List(vec![digest("b"), digest("c")]));
        let judge = |named: Option<Platform>, shown: &str| {
            rule.judge(named.as_ref(), &[(pcrs(&[0, 7]), digest(shown))])
        };
        for reference in [None, Some("a")] {
            let platform = named(&[0, 7], reference);
            assert_eq!(judge(platform, "b"), PlatformFact::Matches);
            assert_eq!(judge(platform, "c"), PlatformFact::Matches);
            assert_eq!(judge(platform, "a"), PlatformFact::Differs);
        }
        assert_eq!(judge(None, "b"), PlatformFact::NoReference);
    }
}
