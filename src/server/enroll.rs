//! What a machine has to prove before it gets anything: the check list of an activation request.

use p256::ecdsa::VerifyingKey;

use super::refusal::Refusal;
use crate::evidence::handles::Handles;
use crate::evidence::public::{self, Public};
use crate::evidence::{
    Attested, CertifiedObject, ClockInfo, EkHash, EkTrust, EndorsementKey, EnrolledKey, Hierarchy,
    PcrValues, PolicyDigest, PresentedKey, VerifiedCounter, VerifiedQuote, check_storage_root,
    enroll_any, epoch_policy, verify_certify, verify_counter, verify_platform, verify_quote,
};
use crate::protocol::{ActivationBody, ActivationRequest, NonceSource};
use crate::time::Reading;
use crate::token::{Binding, Name, PcrSelection, PublicKey, UtcTime, VendorId};

/// A request whose machine was verified. Only [`verify`] makes one, and nothing is issued without one.
///
/// Whether the machine is *entitled* to what it asks for is another question.
#[derive(Debug)]
pub struct VerifiedRequest {
    request: ActivationRequest,
    enrolled: EnrolledKey,
    binding: Binding,
    reading: Reading,
    platform: Option<PcrValues>,
}

impl VerifiedRequest {
    /// The request.
    pub fn request(&self) -> &ActivationRequest {
        &self.request
    }

    /// The machine's endorsement and attestation keys.
    pub fn enrolled(&self) -> &EnrolledKey {
        &self.enrolled
    }

    /// What a license has to be bound to.
    pub fn binding(&self) -> &Binding {
        &self.binding
    }

    /// The TPM's clock and counts and the activity counter, from one attestation.
    pub fn reading(&self) -> &Reading {
        &self.reading
    }

    /// What PCRs 0 to 15 held, if the request says it.
    pub fn platform(&self) -> Option<&PcrValues> {
        self.platform.as_ref()
    }
}

/// Verifies everything that a request says about its machine, in this order:
///
/// 1. the form of the file, and its signature by the binding key that it names;
/// 2. it is for this vendor, and its nonce is the device's own (no nonce of this service is outstanding);
/// 3. one of the endorsement keys is a TPM's, and a pinned root or an admin vouches for it;
/// 4. the attestation key is a restricted signing key of its TPM ([`enroll_any`] lists 3 and 4);
/// 5. the storage root key follows the rule, is an owner primary, and the attestation key certifies it;
/// 6. the feature parent is what the template makes, an owner primary, and certified;
/// 7. both counters have the expected public areas at the handles of this vendor and slot, under the store key;
/// 8. the sealed seed is a child of that storage root key, opens at the request's epoch alone, and is certified;
/// 9. the quote; and the one over PCRs 0 to 15 with the values that came with it, if there is one;
/// 10. both counters' values, attested after the quotes in the same boot; the epoch's is the one the seed is sealed for.
///
/// All attestations carry this request's qualifying data. That the endorsement and the attestation key live in one TPM is
/// proven when the response, encrypted to both, is opened.
///
/// The caller has established `trust`, and `now` as the time at which revocations and certificates are judged.
///
/// # Errors
/// The first check that fails.
pub fn verify(
    bytes: &[u8],
    vendor: VendorId,
    trust: &EkTrust,
    now: UtcTime,
) -> Result<VerifiedRequest, Refusal> {
    verify_opened(ActivationRequest::open(bytes)?, vendor, trust, now)
}

/// Checks 2 to 10 of [`verify`].
pub(super) fn verify_opened(
    request: ActivationRequest,
    vendor: VendorId,
    trust: &EkTrust,
    now: UtcTime,
) -> Result<VerifiedRequest, Refusal> {
    let body = request.body();
    if body.vendor != vendor {
        return Err(Refusal::OtherVendor {
            expected: vendor,
            found: body.vendor,
        });
    }
    if body.nonce_source != NonceSource::Device {
        return Err(Refusal::UnknownNonce);
    }
    let enrolled = enroll_any(&presented(body), &body.ak_public, trust, now)?;
    let certified = Certifier {
        enrolled: &enrolled,
        qualifying: request.qualifying_data(),
    };

    let srk = certified.storage_root(&body.srk_public, &request.proofs().srk)?;
    certified.feature_parent(
        &body.feature_parent_public,
        &request.proofs().feature_parent,
    )?;
    let (epoch_index, activity_index) = counter_names(&request)?;
    let seed = certified.seed(
        &body.seed_public,
        &request.proofs().seed,
        &srk,
        &epoch_policy(&epoch_index, body.epoch),
    )?;
    let (quotes, platform) = certified.quotes(&request)?;
    let (epoch, reading) = certified.counters(&request, &quotes, &epoch_index, &activity_index)?;
    if epoch != body.epoch {
        return Err(Refusal::EpochMoved {
            sealed: body.epoch,
            counter: epoch,
        });
    }
    let binding = Binding {
        confirmation_key: body.binding_key.clone(),
        ak: *enrolled.ak().name(),
        srk: *srk.name(),
        seed: *seed.name(),
        epoch_index,
        activity_index,
        epoch,
        store: body.store,
    };
    Ok(VerifiedRequest {
        enrolled,
        binding,
        reading,
        platform,
        request,
    })
}

/// The endorsement keys of a request. What came with one of them beside its own certificate may belong to the chain of another.
fn presented(body: &ActivationBody) -> Vec<PresentedKey> {
    let chains: Vec<&Vec<u8>> = body
        .endorsements()
        .flat_map(|(_, certificates)| certificates.iter().skip(1))
        .collect();
    body.endorsements()
        .map(|(public, certificates)| PresentedKey {
            public: public.to_vec(),
            certificates: match certificates.first() {
                Some(own) => [own].into_iter().chain(chains.clone()).cloned().collect(),
                None => Vec::new(),
            },
        })
        .collect()
}

/// The hashes of the endorsement keys that a request presents.
pub(super) fn presented_hashes(request: &ActivationRequest) -> Vec<EkHash> {
    let keys = request.body().endorsements();
    keys.filter_map(|(public, _)| Some(EndorsementKey::from_public(public).ok()?.hash()))
        .collect()
}

/// What certifies objects, and over which data.
struct Certifier<'a> {
    enrolled: &'a EnrolledKey,
    qualifying: [u8; 32],
}

impl Certifier<'_> {
    fn storage_root(&self, area: &[u8], proof: &Attested) -> Result<CertifiedObject, Refusal> {
        let public = parse("storage root key", area)?;
        check_storage_root(&public)?;
        self.owner_primary("storage root key", &public, proof)
    }

    fn feature_parent(&self, area: &[u8], proof: &Attested) -> Result<(), Refusal> {
        const OBJECT: &str = "feature parent";
        let public = parse(OBJECT, area)?;
        expect_template(OBJECT, &public, &public::feature_parent_template())?;
        self.owner_primary(OBJECT, &public, proof).map(drop)
    }

    /// A key that TPM2_Clear ends: one of another hierarchy would outlive it, or live under a seed that others can change.
    fn owner_primary(
        &self,
        object: &'static str,
        public: &Public,
        proof: &Attested,
    ) -> Result<CertifiedObject, Refusal> {
        let certified = self.certify(object, public, proof)?;
        match certified.is_primary_of(Hierarchy::Owner) {
            true => Ok(certified),
            false => Err(Refusal::Object {
                object,
                problem: "is not a primary object of the owner hierarchy",
            }),
        }
    }

    fn seed(
        &self,
        area: &[u8],
        proof: &Attested,
        srk: &CertifiedObject,
        policy: &PolicyDigest,
    ) -> Result<CertifiedObject, Refusal> {
        const OBJECT: &str = "sealed seed";
        let public = parse(OBJECT, area)?;
        expect_template(OBJECT, &public, &public::sealed_template(policy))?;
        let seed = self.certify(OBJECT, &public, proof)?;
        match seed.is_child_of(srk) {
            true => Ok(seed),
            false => Err(Refusal::Object {
                object: OBJECT,
                problem: "is not a child of the storage root key",
            }),
        }
    }

    fn certify(
        &self,
        object: &'static str,
        public: &Public,
        proof: &Attested,
    ) -> Result<CertifiedObject, Refusal> {
        let name = public.name().ok_or(Refusal::Object {
            object,
            problem: "has a Name that is not of SHA-256",
        })?;
        verify_certify(self.enrolled.ak(), proof, &name, &self.qualifying)
            .map_err(|source| Refusal::Certification { object, source })
    }

    /// The request's quotes, and the values of the PCRs that one of them is over.
    fn quotes(
        &self,
        request: &ActivationRequest,
    ) -> Result<(Vec<VerifiedQuote>, Option<PcrValues>), Refusal> {
        let (ak, proofs) = (self.enrolled.ak(), request.proofs());
        let quote = verify_quote(ak, &proofs.quote, &self.qualifying, PcrSelection::NONE)?;
        let Some(platform) = &proofs.platform else {
            return Ok((vec![quote], None));
        };
        let (over_pcrs, values) =
            verify_platform(ak, platform, &self.qualifying).map_err(Refusal::Platform)?;
        Ok((vec![quote, over_pcrs], Some(values)))
    }

    /// The epoch, and the machine's reading: quotes and counters are of one boot, the quotes first.
    fn counters(
        &self,
        request: &ActivationRequest,
        quotes: &[VerifiedQuote],
        epoch_index: &Name,
        activity_index: &Name,
    ) -> Result<(u64, Reading), Refusal> {
        let (ak, proofs) = (self.enrolled.ak(), request.proofs());
        let verify = |counter, proof, index| {
            let verified = verify_counter(ak, proof, index, &self.qualifying)
                .map_err(|source| Refusal::Counter { counter, source })?;
            match quotes.iter().all(|quote| verified.follows(quote)) {
                true => Ok(verified),
                false => Err(Refusal::OtherMoment { counter }),
            }
        };
        let epoch: VerifiedCounter = verify("epoch", &proofs.epoch, epoch_index)?;
        let activity = verify("activity", &proofs.activity, activity_index)?;
        let clock: ClockInfo = *activity.clock();
        Ok((
            epoch.value(),
            Reading {
                clock,
                activity: activity.value(),
            },
        ))
    }
}

/// The Names of both counters, whose public areas must be the ones that this vendor, slot and store key give.
fn counter_names(request: &ActivationRequest) -> Result<(Name, Name), Refusal> {
    let body = request.body();
    let handles = Handles::new(body.vendor, body.slot);
    let store_key = key_name(&body.store_key)?;
    let check = |counter, area: &[u8], handle| {
        let expected = public::counter_public(handle, &store_key);
        match area == expected {
            true => Ok(public::counter_name(handle, &store_key)),
            false => Err(Refusal::CounterArea { counter }),
        }
    };
    Ok((
        check("epoch", &body.epoch_index, handles.epoch_index)?,
        check("activity", &body.activity_index, handles.activity_index)?,
    ))
}

/// The Name that a software key has in policies.
fn key_name(key: &PublicKey) -> Result<Name, Refusal> {
    const OBJECT: &str = "store key";
    let key = VerifyingKey::from_sec1_bytes(key.sec1()).map_err(|_| Refusal::Object {
        object: OBJECT,
        problem: "is no point on P-256",
    })?;
    parse(OBJECT, &public::verification_key_public(&key))?
        .name()
        .ok_or(Refusal::Object {
            object: OBJECT,
            problem: "has no SHA-256 Name",
        })
}

fn parse(object: &'static str, area: &[u8]) -> Result<Public, Refusal> {
    Public::parse(area).map_err(|source| Refusal::Malformed { object, source })
}

fn expect_template(object: &'static str, public: &Public, template: &[u8]) -> Result<(), Refusal> {
    match public.is_made_from(template) {
        true => Ok(()),
        false => Err(Refusal::Object {
            object,
            problem: "differs from what this program makes",
        }),
    }
}
