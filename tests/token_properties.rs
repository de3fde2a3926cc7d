//! Properties that hold for all tokens: what is altered is refused, what is read is what was
//! written, and nothing that arrives makes the reader panic.

#[path = "support/vectors/mod.rs"]
mod vectors;

use std::sync::OnceLock;

use counterfoil::protocol::SealedResponse;
use counterfoil::token::cose::{self, Kind, Sealed};
use counterfoil::token::*;
use proptest::collection::{btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use vectors::fixture::{self, EXTERNAL_AAD, Key, bundle};
use vectors::{all, valid};

#[test]
fn any_flipped_bit_in_a_license_is_refused() {
    refuses_every_flipped_bit(&valid::license(), |bytes| {
        License::verify(bytes, &bundle()).is_ok()
    });
}

#[test]
fn any_flipped_bit_in_a_lease_is_refused() {
    refuses_every_flipped_bit(&valid::lease(), |bytes| {
        Lease::verify(bytes, &bundle()).is_ok()
    });
}

#[test]
fn any_flipped_bit_in_a_sealed_state_is_refused() {
    let open =
        |bytes: &[u8]| cose::unseal(Kind::State, &Key::State.scalar(), EXTERNAL_AAD, bytes).is_ok();
    refuses_every_flipped_bit(&valid::state(), open);
}

#[test]
fn any_flipped_bit_in_a_response_is_refused() {
    let secret = Key::Credential.scalar();
    let open = |bytes: &[u8]| {
        SealedResponse::parse(bytes)
            .and_then(|it| it.open(&secret))
            .is_ok()
    };
    refuses_every_flipped_bit(&valid::response(), open);
}

fn refuses_every_flipped_bit(valid: &[u8], accepts: impl Fn(&[u8]) -> bool) {
    assert!(accepts(valid));
    for bit in 0..valid.len() * 8 {
        let mut flipped = valid.to_vec();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(!accepts(&flipped), "bit {bit}");
    }
}

#[test]
fn a_file_of_one_kind_is_no_file_of_another() {
    for vector in all().into_iter().filter(|vector| vector.error.is_none()) {
        for kind in Kind::ALL.into_iter().filter(|kind| *kind != vector.kind) {
            assert!(
                cose::open(kind, &vector.bytes).is_err(),
                "{} as {kind}",
                vector.name
            );
            assert!(
                Sealed::parse(kind, &vector.bytes).is_err(),
                "{} as {kind}",
                vector.name
            );
        }
    }
}

/// Everything that reads bytes of unknown origin.
fn read_all(bytes: &[u8]) {
    let _ = inspect::describe(bytes);
    let _ = TrustBundle::verify(bytes, &fixture::anchor(&[Key::Root]));
    let _ = License::verify(bytes, &bundle());
    let _ = Lease::verify(bytes, &bundle());
    let _ = Manifest::verify(bytes, &bundle());
    let _ = StatusList::verify(bytes, &bundle());
    for kind in Kind::ALL {
        let _ = cose::open(kind, bytes);
        let _ = Sealed::parse(kind, bytes).map(|sealed| sealed.decrypt(&[0; 32], &[]));
    }
}

static FILES: OnceLock<Vec<Vec<u8>>> = OnceLock::new();

/// One change to a file.
#[derive(Debug, Clone)]
enum Mutation {
    Replace(prop::sample::Index, u8),
    Insert(prop::sample::Index, u8),
    Remove(prop::sample::Index),
    Cut(prop::sample::Index),
    Repeat(prop::sample::Index, prop::sample::Index),
}

impl Mutation {
    fn apply(&self, bytes: &mut Vec<u8>) {
        let length = bytes.len().max(1);
        match self {
            _ if bytes.is_empty() => {}
            Self::Replace(at, byte) => bytes[at.index(length)] = *byte,
            Self::Insert(at, byte) => bytes.insert(at.index(length), *byte),
            Self::Remove(at) => drop(bytes.remove(at.index(length))),
            Self::Cut(at) => bytes.truncate(at.index(length)),
            Self::Repeat(from, to) => {
                let piece = bytes[from.index(length)..].to_vec();
                let to = to.index(length);
                bytes.splice(to..to, piece);
            }
        }
    }
}

fn mutations() -> impl Strategy<Value = Vec<Mutation>> {
    let at = || any::<prop::sample::Index>();
    let one = prop_oneof![
        (at(), any::<u8>()).prop_map(|(at, byte)| Mutation::Replace(at, byte)),
        (at(), any::<u8>()).prop_map(|(at, byte)| Mutation::Insert(at, byte)),
        at().prop_map(Mutation::Remove),
        at().prop_map(Mutation::Cut),
        (at(), at()).prop_map(|(from, to)| Mutation::Repeat(from, to)),
    ];
    vec(one, 1..4)
}

fn name() -> impl Strategy<Value = String> {
    "[a-zé][a-z0-9. -]{0,15}"
}

fn time() -> impl Strategy<Value = UtcTime> {
    // Within the validity of the fixture's issuer.
    (1_735_689_600u64..1_893_456_000)
        .prop_map(|seconds| UtcTime::from_unix(seconds).expect("is before 9999"))
}

prop_compose! {
    fn licenses()(
        product in name(), edition in name(), features in btree_set(name(), 0..10),
        min in option::of(name()), max in option::of(name()),
        issued_at in time(), not_before in time(), days in option::of(1u64..10_000),
        ids: ([u8; 8], [u8; 16], [u8; 16]), epoch: u64, index: u64,
        class in prop::sample::select(DeviceClass::ALL.to_vec()),
    ) -> License {
        let day = std::time::Duration::from_secs(86_400);
        let base = fixture::license();
        License {
            license_id: LicenseId::new(ids.0),
            token_id: TokenId::new(ids.1),
            binding: Binding { epoch, store: StoreId::new(ids.2), ..base.binding },
            expires_at: days.map(|days| not_before.plus(day * days as u32)),
            versions: VersionRange { min, max },
            status: StatusRef { index, ..base.status },
            product, edition, features, issued_at, not_before, class,
            ..base
        }
    }
}

prop_compose! {
    fn platforms()(pcrs in vec(0u8..16, 1..16), reference in option::of(any::<[u8; 32]>())) -> Platform {
        Platform {
            pcrs: PcrSelection::new(pcrs).expect("all below 16"),
            reference: reference.map(Digest::new),
        }
    }
}

prop_compose! {
    fn leases()(
        issued_at in time(), seconds in 1u64..100_000_000, utc in time(),
        numbers: [u64; 9], resets: u32, restarts: u32, restarts_allowed in 1u32..,
        digest: [u8; 32], feature_approval in option::of(vec(any::<u8>(), 0..=Lease::APPROVAL_LIMIT)),
        platform in option::of(platforms()), correction: Option<u64>,
    ) -> Lease {
        let [sequence, epoch, charge_ms, clock_ms, activity, window_s, budget_ms, unclean_loss_ms, heartbeat_ms] = numbers;
        Lease {
            expires_at: issued_at.plus(std::time::Duration::from_secs(seconds)),
            renew_after: RenewAfter { at: utc, charge_ms },
            anchor: Anchor { utc, clock_ms, reset_count: resets, restart_count: restarts, activity },
            manifest: ManifestRef { version: sequence, digest: Digest::new(digest) },
            sequence, epoch, issued_at, window_s, budget_ms, unclean_loss_ms, heartbeat_ms,
            restarts_allowed, feature_approval, platform, correction,
            ..fixture::lease()
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_license_reads_as_it_was_written(license in licenses()) {
        let bytes = license.sign(&Key::Issuer.signing()).unwrap();
        let verified = License::verify(&bytes, &bundle()).unwrap();
        prop_assert_eq!(&*verified, &license);
        prop_assert_eq!(verified.bytes(), &bytes);
        prop_assert_eq!(verified.digest(), Digest::of(&[&bytes]));
    }

    #[test]
    fn any_lease_reads_as_it_was_written(lease in leases()) {
        let bytes = lease.sign(&Key::Issuer.signing()).unwrap();
        prop_assert_eq!(&*Lease::verify(&bytes, &bundle()).unwrap(), &lease);
    }

    #[test]
    fn any_status_list_reads_as_it_was_written(statuses in vec(0u64..3, 1..200)) {
        let mut list = fixture::status_list();
        let known = [Status::Valid, Status::Invalid, Status::Suspended];
        for (index, status) in statuses.iter().enumerate() {
            list.set(index as u64, known[*status as usize]).unwrap();
        }
        let bytes = list.sign(&Key::Issuer.signing()).unwrap();
        let read = StatusList::verify(&bytes, &bundle()).unwrap();
        for (index, status) in statuses.iter().enumerate() {
            prop_assert_eq!(read.status(index as u64), Some(known[*status as usize]));
        }
    }

    #[test]
    fn random_bytes_never_panic(bytes in vec(any::<u8>(), 0..400), cose: bool) {
        // Half of them start as an envelope does.
        read_all(&[if cose { &[0xd2, 0x84][..] } else { &[] }, &bytes].concat());
    }

    #[test]
    fn mutated_files_never_panic(vector: prop::sample::Index, mutations in mutations()) {
        let files = FILES.get_or_init(|| all().into_iter().map(|vector| vector.bytes).collect());
        let mut bytes = files[vector.index(files.len())].clone();
        mutations.iter().for_each(|mutation| mutation.apply(&mut bytes));
        read_all(&bytes);
    }

    #[test]
    fn mutated_content_under_a_good_signature_never_panics(lease: bool, mutations in mutations()) {
        let (kind, file) = match lease {
            true => (Kind::Lease, valid::lease()),
            false => (Kind::License, valid::license()),
        };
        let mut payload = cose::open(kind, &file).unwrap().unverified_payload().to_vec();
        mutations.iter().for_each(|mutation| mutation.apply(&mut payload));
        if let Ok(bytes) = cose::sign(kind, &Key::Issuer.signing(), &payload) {
            read_all(&bytes);
        }
    }
}
