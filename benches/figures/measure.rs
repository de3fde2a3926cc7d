//! Medians, and the work that others are compared with: one verification of an ECDSA signature.

use std::hint::black_box;
use std::time::{Duration, Instant};

use ecdsa::signature::{Signer as _, Verifier as _};
use p256::NistP256;

/// What runs for as long as this gives a median that can be trusted.
const LONG_ENOUGH: Duration = Duration::from_millis(1500);
const AT_LEAST: usize = 15;

/// Takes samples until there are enough.
pub(crate) fn samples<T>(mut sample: impl FnMut() -> T) -> Vec<T> {
    sample();
    let begin = Instant::now();
    let mut samples = Vec::new();
    while samples.len() < AT_LEAST || begin.elapsed() < LONG_ENOUGH {
        samples.push(sample());
    }
    samples
}

pub(crate) fn time<T>(work: impl FnOnce() -> T) -> Duration {
    let begin = Instant::now();
    black_box(work());
    begin.elapsed()
}

pub(crate) fn median(times: impl IntoIterator<Item = Duration>) -> Duration {
    let mut times: Vec<Duration> = times.into_iter().collect();
    times.sort_unstable();
    times[times.len() / 2]
}

/// The median of `work`, and that of one bare verification, taken in turns so that both see the same machine.
pub(crate) fn beside_verification<T>(mut work: impl FnMut() -> T) -> (Duration, Duration) {
    let bare = BareVerification::new();
    let pairs = samples(|| (time(&mut work), bare.time()));
    (
        median(pairs.iter().map(|pair| pair.0)),
        median(pairs.iter().map(|pair| pair.1)),
    )
}

/// One verification of an ES256 signature with a key that was read before, and nothing else.
pub(crate) struct BareVerification {
    key: ecdsa::VerifyingKey<NistP256>,
    signature: ecdsa::Signature<NistP256>,
}

/// As long as what a TPM signs in a quote.
const MESSAGE: [u8; 145] = [0x5a; 145];

impl BareVerification {
    pub(crate) fn new() -> Self {
        let key = ecdsa::SigningKey::<NistP256>::from_slice(&[7; 32]).unwrap();
        Self {
            key: *key.verifying_key(),
            signature: key.sign(&MESSAGE),
        }
    }

    pub(crate) fn time(&self) -> Duration {
        time(|| {
            self.key
                .verify(black_box(&MESSAGE), &self.signature)
                .unwrap()
        })
    }
}
