"""Status lists as a reader of draft-ietf-oauth-status-list sees them, who knows nothing of this project.

Written from the draft (sections 4, 5.2 and 6.3) with `cbor2` and `cryptography` alone, and nothing of this folder.
"""

import zlib

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import load_pem_public_key

import json


def verified_claims(data, keys):
    """The claims of a CWT in a COSE_Sign1 (RFC 9052 section 4.4), whose key the protected `kid` names."""
    message = cbor2.loads(data)
    assert isinstance(message, cbor2.CBORTag) and message.tag == 18, "no COSE_Sign1"
    protected, _, payload, signature = message.value
    header = cbor2.loads(protected)
    assert header[1] == -7, "not ES256"
    to_be_signed = cbor2.dumps(["Signature1", protected, b"", payload])
    r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
    keys[header[4]].verify(encode_dss_signature(r, s), to_be_signed, ECDSA(hashes.SHA256()))
    return header, cbor2.loads(payload)


def status_list(data, keys):
    """The claims of a Status List Token, with what the draft requires of them (section 5.2)."""
    header, claims = verified_claims(data, keys)
    assert header[16] == "application/statuslist+cwt", "another typ"
    assert isinstance(claims[2], str) and isinstance(claims[6], int), "no sub or iat"
    assert isinstance(claims.get(4, 0), int) and claims.get(65534, 1) > 0, "exp or ttl of another type"
    assert claims[65533]["bits"] in (1, 2, 4, 8) and isinstance(claims[65533]["lst"], bytes), "no list"
    return claims


def status(claims, index):
    """The value at an index (section 4): the first is in the lowest bits of the first byte."""
    bits, packed = claims[65533]["bits"], zlib.decompress(claims[65533]["lst"])
    per_byte = 8 // bits
    assert index < per_byte * len(packed), "beyond the list"
    return packed[index // per_byte] >> index % per_byte * bits & (1 << bits) - 1


def reference(claims):
    """Where a Referenced Token's status is (section 6.3)."""
    entry = claims[65535]["status_list"]
    assert isinstance(entry["idx"], int) and isinstance(entry["uri"], str), "no reference"
    return entry["uri"], entry["idx"]


# Status values of lists that the index does not know.
EXPECTED = {
    "status_list.statuslist": {0: 0, 7: 1, 1234: 2, 1999: 0},
    "status_list_of_one_bit_entries.statuslist": dict(enumerate([1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1])),
}


def check(folder):
    index = json.loads((folder / "index.json").read_text())
    keys = {
        bytes.fromhex(key["kid"]): load_pem_public_key(key["public"].encode())
        for key in index["keys"].values()
        if "kid" in key
    }
    surprises, read = [], 0
    for path in sorted((folder / "valid").glob("*.statuslist")):
        try:
            claims = status_list(path.read_bytes(), keys)
            found = {at: status(claims, at) for at in EXPECTED.get(path.name, {})}
            assert found == EXPECTED.get(path.name, {}), f"statuses {found}"
            read += 1
        except Exception as error:  # whatever a strange reader stumbles over is a surprise
            surprises.append(f"{path.name}: {error!r}")
    try:
        _, license = verified_claims((folder / "valid/license.license").read_bytes(), keys)
        uri, at = reference(license)
        claims = status_list((folder / "valid/status_list.statuslist").read_bytes(), keys)
        assert claims[2] == uri and status(claims, at) == 2, "the license's status is another"
    except Exception as error:
        surprises.append(f"the license's status: {error!r}")
    return f"{read} read by the IETF draft", surprises
