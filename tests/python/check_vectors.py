#!/usr/bin/env python3
"""Reads the test vectors with an independent COSE implementation.

    check_vectors.py tests/vectors

Every valid file must verify (or decrypt), decode strictly and hold the claims that the index names;
every invalid one must be refused. Prints one summary line; exits with 1 on any surprise.

The signature and the decryption are those of the `cwt` package. What `docs/token-format.md` asks of
a reader beyond that (one encoding, headers, claims, issuers) is written down again here, from the
document and not from the Rust code.
"""

import json
import sys
from hashlib import sha256
from pathlib import Path

import cbor2
from cwt import COSE, COSEKey
from cwt.exceptions import CWTError

sys.dont_write_bytecode = True  # leave no cache beside the sources
from claims import CLAIMS, check_map
from strict import Refused, decode, encode

ES256, A256GCM = -7, 3
ALG, KID, IV, TYP = 1, 4, 5, 16
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
RESPONSE_LABELS = {-70001, -70002, -70003}


class Vectors:
    def __init__(self, folder):
        self.folder = folder
        index = json.loads((folder / "index.json").read_text())
        self.keys = index["keys"]
        self.entries = index["vectors"]
        self.by_file = {entry["file"]: entry for entry in self.entries}
        self.name_of_kid = {key["kid"]: name for name, key in self.keys.items() if "kid" in key}

    def read(self, entry):
        """The claims of a file (or its opaque payload), if everything about it is right."""
        data = (self.folder / entry["file"]).read_bytes()
        if len(data) > entry["size_limit"]:
            raise Refused("too large")
        tag, items = open_envelope(data)
        trust = entry["trust"]
        if tag == 16:
            return self.unseal(entry, data, items, trust["key"])
        kid = check_sign1(entry, items)
        if "bundle" in trust:
            return self.issued(entry, data, kid, items[2], self.by_file[trust["bundle"]])
        if "key" in trust:
            self.verify(entry, data, kid, [trust["key"]])
            return items[2]
        return self.bundle(entry, data, kid, items[2])

    def bundle(self, entry, data, kid, payload):
        """A trust bundle: signed by a root of the program, or following a held bundle."""
        trust = entry["trust"]
        held = None
        if "after" in trust:
            held_entry = self.by_file[trust["after"]]
            held = self.read(held_entry)
            roots = [self.root_of(held_entry)]
            if -70007 in held:
                roots.append(self.name_of_point(held[-70007]))
        else:
            roots = trust["roots"][-1:]
        self.verify(entry, data, kid, roots)
        claims = check_claims(entry, payload)
        if claims[1] != self.vendor():
            raise Refused("another vendor")
        if held and claims[-70014] <= held[-70014]:
            if data != (self.folder / trust["after"]).read_bytes():
                raise Refused("not newer than the bundle held")
        return claims

    def issued(self, entry, data, kid, payload, bundle_entry):
        """A token that an issuer of the trust bundle signed."""
        bundle = self.read(bundle_entry)
        found = [key for key in bundle[-70028] if self.kid_of_point(key[2]) == kid]
        if not found or found[0][4] != 1:
            raise Refused("not signed by an issuer")
        issuer = found[0]
        self.verify(entry, data, kid, [self.name_of_kid[kid.hex()]])
        claims = check_claims(entry, payload)
        if claims[1] != bundle[1]:
            raise Refused("another vendor")
        if not issuer[8] <= claims[6] < issuer[10]:
            raise Refused("the issuer was not valid then")
        if 12 in issuer and claims[6] >= issuer[12]:
            raise Refused("the issuer was cut off")
        if 6 in issuer and claims.get(3) != issuer[6]:
            raise Refused("the issuer is one of another product")
        return claims

    def verify(self, entry, data, kid, names):
        """The signature, by one of these keys."""
        names = [name for name in names if self.keys[name]["kid"] == kid.hex()]
        if not names:
            raise Refused("signed by another key")
        key = COSEKey.from_pem(self.keys[names[0]]["public"], kid=kid, alg="ES256")
        COSE.new(verify_kid=True).decode(data, key)

    def unseal(self, entry, data, items, name):
        check_encrypt0(entry, items)
        aad = bytes.fromhex(entry["external_aad"])
        secret = bytes.fromhex(self.keys[name].get("secret", "00" * 32))
        key = COSEKey.from_symmetric_key(secret, alg="A256GCM")
        return COSE.new().decode(data, key, external_aad=aad)

    def root_of(self, entry):
        """The root that signed a valid bundle."""
        _, items = open_envelope((self.folder / entry["file"]).read_bytes())
        return self.name_of_kid[check_sign1(entry, items).hex()]

    def vendor(self):
        """The vendor id, from the first root."""
        return sha256(b"counterfoil/v1/vendor" + self.point("root")).digest()[:16].hex()

    def point(self, name):
        key = COSEKey.from_pem(self.keys[name]["public"]).to_dict()
        return b"\x04" + key[-2] + key[-3]

    def kid_of_point(self, cose_key):
        return sha256(b"\x04" + cose_key[-2] + cose_key[-3]).digest()[:8]

    def name_of_point(self, cose_key):
        return self.name_of_kid[self.kid_of_point(cose_key).hex()]


def open_envelope(data):
    value = decode(data, tags=(16, 18))
    if not isinstance(value, cbor2.CBORTag):
        raise Refused("no COSE tag")
    items = value.value
    length = {18: 4, 16: 3}[value.tag]
    if not isinstance(items, list) or len(items) != length:
        raise Refused("not a COSE structure")
    protected, unprotected = items[:2]
    if not isinstance(protected, bytes) or not isinstance(unprotected, dict):
        raise Refused("not COSE headers")
    if not all(isinstance(item, bytes) for item in items[2:]):
        raise Refused("content or signature is not a byte string")
    return value.tag, items


def check_sign1(entry, items):
    """Headers and form of the signature; returns the key id."""
    header = decode(items[0])
    if not isinstance(header, dict) or set(header) != {ALG, KID, TYP} or items[1]:
        raise Refused("other headers than alg, kid and typ")
    if header[ALG] != ES256 or header[TYP] != entry["content_type"]:
        raise Refused("another algorithm or kind")
    if not isinstance(header[KID], bytes) or len(header[KID]) != 8:
        raise Refused("no key id")
    signature = items[3]
    if len(signature) != 64 or int.from_bytes(signature[32:], "big") > P256_ORDER // 2:
        raise Refused("not a canonical signature")
    return header[KID]


def check_encrypt0(entry, items):
    header = decode(items[0])
    extra = RESPONSE_LABELS if entry["kind"] == "activation-response" else set()
    if not isinstance(header, dict) or set(header) != {ALG, TYP} | extra:
        raise Refused("other headers than the kind has")
    if header[ALG] != A256GCM or header[TYP] != entry["content_type"]:
        raise Refused("another algorithm or kind")
    if set(items[1]) != {IV} or len(items[1][IV]) != 12:
        raise Refused("no nonce of 12 bytes alone")


def check_claims(entry, payload):
    claims = decode(payload)
    check_map(claims, CLAIMS[entry["kind"]])
    return claims


def surprise(vectors, entry):
    """What is unexpected about a file, or None."""
    try:
        content = vectors.read(entry)
    except (Refused, CWTError, ValueError) as error:
        return None if entry["error"] else f"refused: {error}"
    if entry["error"]:
        return f"accepted, but should be refused: {entry['error']}"
    for key, expected in (entry["claims"] or {}).items():
        found = content.get(int(key))
        if (found.hex() if isinstance(found, bytes) else found) != expected:
            return f"claim {key} is {found!r}, not {expected!r}"
    return None


def main(folder):
    vectors = Vectors(Path(folder))
    files = {str(path.relative_to(folder)) for path in Path(folder).glob("*/*")}
    surprises = [(file, "not in the index") for file in sorted(files ^ set(vectors.by_file))]
    for entry in vectors.entries:
        found = surprise(vectors, entry)
        if found:
            surprises.append((entry["file"], found))
    for file, what in surprises:
        print(f"{file}: {what}")
    invalid = sum(1 for entry in vectors.entries if entry["error"])
    valid = len(vectors.entries) - invalid
    print(f"vectors: {valid} valid, {invalid} invalid, {len(surprises)} surprises")
    return 1 if surprises or not valid or not invalid else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1]))
