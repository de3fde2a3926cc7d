//! A vendor with its keys and one of each token, as data.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use counterfoil::token::*;

/// What binds the states of the vectors: store, epoch 4, activity 7.
pub(crate) const EXTERNAL_AAD: &[u8] = b"PPPPPPPPPPPPPPPP\0\0\0\0\0\0\0\x04\0\0\0\0\0\0\0\x07";
/// What binds the sealed license: store, epoch 4, its path.
pub(crate) const LICENSE_AAD: &[u8] =
    b"PPPPPPPPPPPPPPPP\0\0\0\0\0\0\0\x04licenses/1c1c1c1c1c1c1c1c.license";

/// The keys, each of a scalar that repeats one byte.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Key {
    /// The vendor's first root.
    Root,
    /// The root it announced.
    SecondRoot,
    /// A root of somebody else.
    StrangeRoot,
    /// The present issuer.
    Issuer,
    /// Valid in 2024 only.
    RotatedOut,
    /// Compromised on 2026-03-01.
    CutOff,
    /// May sign for `other-product` only.
    OtherProduct,
    /// May sign for `cad-suite` only.
    OwnProduct,
    /// A policy key.
    Policy,
    /// In no bundle.
    Unknown,
    /// A store's binding key.
    Binding,
    /// A store's store key.
    Store,
    /// The secret of a credential's response (no key pair).
    Credential,
    /// A store's state key (no key pair).
    State,
}

impl Key {
    pub(crate) const ALL: [Self; 14] = [
        Self::Root,
        Self::SecondRoot,
        Self::StrangeRoot,
        Self::Issuer,
        Self::RotatedOut,
        Self::CutOff,
        Self::OtherProduct,
        Self::OwnProduct,
        Self::Policy,
        Self::Unknown,
        Self::Binding,
        Self::Store,
        Self::Credential,
        Self::State,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::SecondRoot => "second_root",
            Self::StrangeRoot => "strange_root",
            Self::Issuer => "issuer",
            Self::RotatedOut => "issuer_rotated_out",
            Self::CutOff => "issuer_cut_off",
            Self::OtherProduct => "issuer_of_other_product",
            Self::OwnProduct => "issuer_of_own_product",
            Self::Policy => "policy",
            Self::Unknown => "unknown",
            Self::Binding => "binding",
            Self::Store => "store",
            Self::Credential => "credential",
            Self::State => "state",
        }
    }

    pub(crate) fn is_secret(self) -> bool {
        matches!(self, Self::Credential | Self::State)
    }

    pub(crate) fn scalar(self) -> [u8; 32] {
        [0x11 + self as u8; 32]
    }

    pub(crate) fn signing(self) -> SigningKey {
        SigningKey::from_scalar(&self.scalar()).expect("is below the order")
    }

    fn public(self) -> PublicKey {
        self.signing().public().clone()
    }
}

pub(crate) fn at(text: &str) -> UtcTime {
    text.parse().expect("is a date")
}

/// The trust anchor with these roots.
pub(crate) fn anchor(roots: &[Key]) -> TrustAnchor {
    let pem: String = roots.iter().map(|root| root.public().to_pem()).collect();
    TrustAnchor::from_pem(&pem).expect("is PEM")
}

pub(crate) fn vendor() -> VendorId {
    VendorId::of_root(&Key::Root.public())
}

/// The bundle that verifies all vectors signed by issuers.
pub(crate) fn bundle() -> VerifiedBundle {
    static BUNDLE: OnceLock<VerifiedBundle> = OnceLock::new();
    let verify = || {
        let bytes = trust_bundle()
            .sign(&Key::Root.signing())
            .expect("can be signed");
        TrustBundle::verify(&bytes, &anchor(&[Key::Root])).expect("is valid")
    };
    BUNDLE.get_or_init(verify).clone()
}

pub(crate) fn trust_bundle() -> TrustBundle {
    let entry = |key: Key, purpose| BundleKey {
        key: key.public(),
        purpose,
        product: None,
        not_before: at("2025-01-01T00:00:00Z"),
        not_after: at("2030-01-01T00:00:00Z"),
        cut_off: None,
    };
    let issuer = |key| entry(key, KeyPurpose::Issuer);
    TrustBundle {
        vendor: vendor(),
        vendor_name: "Example Software".into(),
        sequence: 3,
        issued_at: at("2026-01-02T00:00:00Z"),
        keys: vec![
            issuer(Key::Issuer),
            BundleKey {
                not_before: at("2024-01-01T00:00:00Z"),
                not_after: at("2025-01-01T00:00:00Z"),
                ..issuer(Key::RotatedOut)
            },
            BundleKey {
                cut_off: Some(at("2026-03-01T00:00:00Z")),
                ..issuer(Key::CutOff)
            },
            BundleKey {
                product: Some("other-product".into()),
                ..issuer(Key::OtherProduct)
            },
            BundleKey {
                product: Some("cad-suite".into()),
                ..issuer(Key::OwnProduct)
            },
            BundleKey {
                product: Some("cad-suite".into()),
                ..entry(Key::Policy, KeyPurpose::Policy)
            },
        ],
        next_root: Some(Key::SecondRoot.public()),
    }
}

pub(crate) fn license() -> License {
    License {
        issuer: vendor(),
        license_id: LicenseId::new([0x1c; 8]),
        product: "cad-suite".into(),
        issued_at: at("2026-03-01T12:00:00Z"),
        not_before: at("2026-03-01T00:00:00Z"),
        expires_at: Some(at("2027-03-01T00:00:00Z")),
        token_id: TokenId::new([0xc1; 16]),
        binding: Binding {
            confirmation_key: Key::Binding.public(),
            ak: name(b"attestation key"),
            srk: name(b"storage root key"),
            seed: name(b"seed"),
            epoch_index: name(b"epoch counter"),
            activity_index: name(b"activity counter"),
            epoch: 4,
            store: StoreId::new([0x50; 16]),
        },
        edition: "professional".into(),
        features: BTreeSet::from(["export", "render", "simulate"].map(String::from)),
        versions: VersionRange {
            min: Some("3.0".into()),
            max: Some("5.99".into()),
        },
        manifest_line: "desktop".into(),
        status: StatusRef {
            list: "https://license.example.com/status/1".into(),
            index: 1234,
        },
        class: DeviceClass::Hardware,
    }
}

pub(crate) fn lease() -> Lease {
    let license = license();
    Lease {
        issuer: vendor(),
        license_id: license.license_id,
        product: license.product,
        license: license.token_id,
        token_id: TokenId::new([0xc2; 16]),
        sequence: 12,
        confirmation_key: license.binding.confirmation_key,
        store: license.binding.store,
        epoch: license.binding.epoch,
        issued_at: at("2026-03-01T12:00:00Z"),
        expires_at: at("2026-04-01T12:00:00Z"),
        renew_after: RenewAfter {
            at: at("2026-03-15T12:00:00Z"),
            charge_ms: 1_300_000_000,
        },
        anchor: Anchor {
            utc: at("2026-03-01T11:59:58Z"),
            clock_ms: 987_654_321,
            reset_count: 31,
            restart_count: 2,
            activity: 7,
        },
        window_s: 30 * 86_400,
        budget_ms: 3_340_000_000,
        unclean_loss_ms: 1 << 22,
        restarts_allowed: 10,
        heartbeat_ms: 300_000,
        manifest: ManifestRef {
            version: 8,
            digest: Digest::of(&[b"manifest"]),
        },
        feature_approval: None,
        platform: None,
        correction: None,
    }
}

pub(crate) fn manifest() -> Manifest {
    Manifest {
        issuer: vendor(),
        product: "cad-suite".into(),
        line: "desktop".into(),
        version: 8,
        issued_at: at("2026-02-01T00:00:00Z"),
        not_before: at("2026-02-01T00:00:00Z"),
        expires_at: at("2027-02-01T00:00:00Z"),
        rules: vec![0xa0],
    }
}

pub(crate) fn status_list() -> StatusList {
    let (issued_at, expires_at) = (at("2026-03-01T00:00:00Z"), at("2026-03-08T00:00:00Z"));
    let uri = license().status.list;
    let mut list = StatusList::new(vendor(), uri, issued_at, expires_at, 2000);
    list.set(7, Status::Invalid).expect("fits");
    list.set(1234, Status::Suspended).expect("fits");
    list
}

fn name(public_area: &[u8]) -> Name {
    Name::of_digest(&Digest::of(&[public_area]))
}
