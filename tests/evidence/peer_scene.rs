//! A simulated TPM with an attestation key and a counter.

use crate::software_tpm::{signing_key, sized, vendor};
use crate::tpm_commands::ENDORSEMENT;
use crate::tpm2_tools::Peer;
use counterfoil::evidence::handles::Handles;
use counterfoil::evidence::public::{
    ak_template, counter_definition, counter_name, verification_key_public,
};
use counterfoil::evidence::{AttestationKey, Attested, Name, Public};
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};

pub(crate) fn handles() -> Handles {
    Handles::new(vendor(), 0)
}

pub(crate) fn store_key() -> SigningKey {
    signing_key(3)
}

pub(crate) fn store_key_name() -> Name {
    Public::parse(&verification_key_public(store_key().verifying_key()))
        .unwrap()
        .name()
        .unwrap()
}

/// Increments a counter under the store key's signature over the TPM's nonce.
pub(crate) fn increment(peer: &Peer, index: u32) {
    let public = verification_key_public(store_key().verifying_key());
    peer.write("store.pub", &sized(&public));
    peer.call("tpm2_loadexternal", "-C o -u store.pub -c store.ctx");
    peer.call("tpm2_startauthsession", "-S policy.ctx --policy-session");
    let arguments = "-S policy.ctx -g sha256 -c store.ctx -x -t 0";
    peer.call(
        "tpm2_policysigned",
        &format!("{arguments} --raw-data to-sign"),
    );
    let signature: Signature = store_key().sign(&peer.read("to-sign"));
    peer.write("signature", signature.to_der().as_bytes());
    peer.call(
        "tpm2_policysigned",
        &format!("{arguments} -s signature -f ecdsa"),
    );
    peer.call(
        "tpm2_nvincrement",
        &format!("-C {index:#x} -P session:policy.ctx {index:#x}"),
    );
    peer.call("tpm2_flushcontext", "policy.ctx");
    peer.call("tpm2_flushcontext", "-t");
}

/// Defines the epoch counter and increments it twice.
pub(crate) fn create_counter(peer: &Peer) -> Name {
    let index = handles().epoch_index;
    peer.commands()
        .define_index(&counter_definition(index, &store_key_name()));
    increment(peer, index);
    increment(peer, index);
    counter_name(index, &store_key_name())
}

/// Creates the attestation key at its persistent handle.
pub(crate) fn create_ak(peer: &Peer) -> AttestationKey {
    let (handle, public) = peer
        .commands()
        .create_primary(ENDORSEMENT, &ak_template(vendor()));
    peer.commands().persist(handle, handles().ak);
    AttestationKey::from_public(&public).unwrap()
}

pub(crate) fn attested(peer: &Peer, attest: &str, signature: &str) -> Attested {
    Attested {
        attest: peer.read(attest),
        signature: peer.read(signature),
    }
}
