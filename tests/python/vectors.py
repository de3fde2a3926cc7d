"""Reads a file of the vectors as docs/token-format.md says, in the order that it says."""

import json
from hashlib import sha256

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cwt import COSEKey

from claims import CLAIMS
from envelope import REQUEST_ID, SEALED, Envelope
from fields import check_map
from messages import BODY, EVIDENCE, REQUEST, RESPONSE
from strict import Refused, decode_map

CONTENT_TYPES = {
    "license": "application/vnd.counterfoil.license+cwt",
    "lease": "application/vnd.counterfoil.lease+cwt",
    "manifest": "application/vnd.counterfoil.manifest+cwt",
    "trust-bundle": "application/vnd.counterfoil.trust-bundle+cwt",
    "status-list": "application/statuslist+cwt",
    "activation-request": "application/vnd.counterfoil.activation-request+cose",
    "activation-response": "application/vnd.counterfoil.activation-response+cose",
    "evidence": "application/vnd.counterfoil.evidence+cose",
    "release-order": "application/vnd.counterfoil.release-order+cose",
    "receipt": "application/vnd.counterfoil.receipt+cose",
    "renewal-request": "application/vnd.counterfoil.renewal-request+cose",
    "store-binding": "application/vnd.counterfoil.store-binding+cose",
    "state": "application/vnd.counterfoil.state+cose",
    "sealed-artifact": "application/vnd.counterfoil.sealed-artifact+cose",
}
LIMITS = dict.fromkeys(CONTENT_TYPES, 65536) | {
    "license": 1024,
    "lease": 1024,
    "trust-bundle": 16384,
    "status-list": 1048576,
    "activation-response": 262144,
    "evidence": 262144,
    "release-order": 4096,
    "store-binding": 16384,
    "state": 1048576,
    "sealed-artifact": 1048832,
}


def opened(kind, data):
    return Envelope(data, kind, CONTENT_TYPES[kind], LIMITS[kind])


def key_id(point):
    return sha256(point).digest()[:8]


def cose_point(cose_key):
    return b"\x04" + cose_key[-2] + cose_key[-3]


def pem_point(pem):
    key = COSEKey.from_pem(pem).to_dict()
    return b"\x04" + key[-2] + key[-3]


def vendor_id(first_root):
    return sha256(b"counterfoil/v1/vendor" + pem_point(first_root)).digest()[:16]


def expand(secret, salt, info, length=32):
    """HKDF-SHA256."""
    return HKDF(algorithm=hashes.SHA256(), length=length, salt=salt, info=info).derive(secret)


def pem_of(point):
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    key = EllipticCurvePublicKey.from_encoded_point(SECP256R1(), point)
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def signed_by(envelope, point):
    if envelope.kid != key_id(point):
        raise Refused("wrong_key")
    return envelope.verify(pem_of(point))


def claims_of(kind, payload):
    claims = decode_map(payload, LIMITS[kind])
    check_map(claims, CLAIMS[kind])
    return claims


class Bundle:
    """A trust bundle that a root signed."""

    def __init__(self, data, roots, vendor, held=None):
        envelope = opened("trust-bundle", data)
        signer = [root for root in roots if key_id(root) == envelope.kid]
        if not signer:
            raise Refused("wrong_root")
        self.root = signer[0]
        self.claims = claims_of("trust-bundle", envelope.verify(pem_of(self.root)))
        self.data = data
        if self.claims[1] != vendor:
            raise Refused("wrong_vendor")
        if held and self.claims[-70014] <= held.claims[-70014] and data != held.data:
            raise Refused("not_newer")

    def successors(self):
        """The roots that may sign the next one."""
        announced = [cose_point(self.claims[-70007])] if -70007 in self.claims else []
        return [self.root, *announced]

    def issued(self, kind, data):
        """The claims of a token that an issuer of this bundle signed."""
        envelope = opened(kind, data)
        found = [key for key in self.claims[-70028] if key_id(cose_point(key[2])) == envelope.kid]
        if not found:
            raise Refused("issuer_unknown")
        issuer = found[0]
        if issuer[4] != 1:
            raise Refused("issuer_wrong_purpose")
        claims = claims_of(kind, envelope.verify(pem_of(cose_point(issuer[2]))))
        if claims[1] != self.claims[1]:
            raise Refused("wrong_vendor")
        if not issuer[8] <= claims[6] < issuer[10]:
            raise Refused("issuer_not_valid_then")
        if 12 in issuer and claims[6] >= issuer[12]:
            raise Refused("issuer_cut_off")
        if 6 in issuer and claims.get(3) != issuer[6]:
            raise Refused("issuer_wrong_product")
        return claims


class Request:
    """An activation request whose own binding key signed it."""

    def __init__(self, data):
        envelope = opened("activation-request", data)
        self.payload = decode_map(envelope.payload, LIMITS["activation-request"])
        self.body_bytes = self.payload.get(2, b"")
        self.body = decode_map(self.body_bytes, LIMITS["activation-request"])
        if self.body.get(2) != 1:
            raise Refused("format")
        check_map({key: value for key, value in self.body.items() if key != 2}, BODY)
        signed_by(envelope, self.body[38])
        check_map(self.payload, REQUEST)
        self.id = sha256(self.body_bytes).digest()


def response(data, secret):
    """The content of a response, opened with the credential's secret."""
    envelope = opened("activation-response", data)
    request = envelope.extras[REQUEST_ID]
    if len(request) != 32:
        raise Refused("missing_header")
    key = expand(secret, None, b"counterfoil/v1/response" + request)
    content = decode_map(envelope.unseal(key), LIMITS["activation-response"])
    check_map(content, RESPONSE)
    if content[2] != request:
        raise Refused("other_request")
    return content


class Vectors:
    """The generated vectors, by their index."""

    def __init__(self, folder):
        self.folder = folder
        index = json.loads((folder / "index.json").read_text())
        self.keys = index["keys"]
        self.entries = index["vectors"]
        self.by_file = {entry["file"]: entry for entry in self.entries}

    def data(self, entry):
        return (self.folder / entry["file"]).read_bytes()

    def point(self, name):
        return pem_point(self.keys[name]["public"])

    def read(self, entry):
        """The claims or the plain content of a file, if everything about it is right."""
        kind, trust, data = entry["kind"], entry["trust"], self.data(entry)
        if CONTENT_TYPES[kind] != entry["content_type"] or LIMITS[kind] != entry["size_limit"]:
            raise AssertionError("the index and the document disagree about the kind")
        if kind == "trust-bundle":
            return self.bundle(entry).claims
        if "bundle" in trust:
            return self.bundle(self.by_file[trust["bundle"]]).issued(kind, data)
        if kind == "activation-request":
            return Request(data).payload
        if kind == "activation-response":
            return response(data, self.secret(trust["key"]))
        envelope = opened(kind, data)
        if kind in SEALED:
            return envelope.unseal(self.secret(trust["key"]), bytes.fromhex(entry["external_aad"]))
        if kind == "evidence":
            check_map(decode_map(envelope.payload), EVIDENCE)
        return signed_by(envelope, self.point(trust["key"]))

    def bundle(self, entry):
        """A trust bundle: signed by a root of the program, or following a held bundle."""
        trust, data = entry["trust"], self.data(entry)
        vendor = vendor_id(self.keys["root"]["public"]).hex()
        if "after" not in trust:
            return Bundle(data, [self.point(trust["roots"][-1])], vendor)
        held = self.bundle(self.by_file[trust["after"]])
        return Bundle(data, held.successors(), vendor, held)

    def secret(self, name):
        return bytes.fromhex(self.keys[name].get("secret", "00" * 32))
