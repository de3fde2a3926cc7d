"""The content of requests, responses and evidence, as docs/token-format.md lists it."""

from fields import (
    DIGEST,
    U32,
    a_map,
    any_bytes,
    any_text,
    bytes_of,
    has_control,
    list_of,
    may,
    must,
    one_of,
    point,
    some_of,
    uint,
)
from strict import Refused


def product(value):
    """A name, or nothing."""
    any_text(value)
    if len(value.encode()) > 64 or has_control(value):
        raise Refused("out_of_range", "no name of a product")


ID8, ID16 = bytes_of(8), bytes_of(16)
ATTESTED = {2: must(any_bytes), 4: must(any_bytes)}
COUNTER_PROOF = {2: must(a_map(ATTESTED)), 4: may(uint())}
PLATFORM_QUOTE = {2: must(a_map(ATTESTED)), 4: must(list_of(DIGEST, 16))}

BODY = {
    4: must(ID8),
    6: must(product),
    8: must(DIGEST),
    10: must(one_of(0, 1)),
    12: must(ID16),
    14: must(ID16),
    16: must(U32),
    18: must(uint()),
    20: must(any_bytes),
    22: must(list_of(any_bytes)),
    24: must(any_bytes),
    26: must(any_bytes),
    28: must(any_bytes),
    30: must(any_bytes),
    32: must(any_bytes),
    34: must(any_bytes),
    36: must(point),
    38: must(point),
    39: must(a_map({1: must(any_text), 3: must(any_text), 5: must(uint())})),
    41: may(DIGEST),
    43: must(any_text),
    49: may(some_of(ID16)),
}

PROOFS = {
    2: must(a_map(ATTESTED)),
    4: must(a_map(ATTESTED)),
    6: must(a_map(ATTESTED)),
    8: must(a_map(COUNTER_PROOF)),
    10: must(a_map(COUNTER_PROOF)),
    12: must(a_map(ATTESTED)),
    13: may(a_map(PLATFORM_QUOTE)),
}

REQUEST = {2: must(any_bytes), 4: must(a_map(PROOFS)), 6: must(DIGEST)}

RESPONSE = {
    2: must(DIGEST),
    4: must(any_bytes),
    6: must(any_bytes),
    8: must(any_bytes),
    10: must(any_bytes),
    11: must(list_of(any_bytes)),
}

COVERED = {2: must(DIGEST), 4: must(DIGEST)}
SUBJECT = {2: must(list_of(a_map(COVERED))), 4: must(DIGEST), 6: must(list_of(DIGEST))}

EVIDENCE = {
    2: must(a_map(SUBJECT)),
    4: must(a_map(ATTESTED)),
    6: must(a_map(COUNTER_PROOF)),
    8: must(any_bytes),
    10: must(list_of(a_map({2: must(any_bytes), 4: must(any_bytes)}))),
    12: may(some_of(a_map(ATTESTED))),
}
