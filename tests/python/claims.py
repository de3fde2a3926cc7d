"""The claims of each kind of token, as docs/token-format.md lists them."""

import zlib

from fields import (
    DIGEST,
    TIME,
    U32,
    Fields,
    a_map,
    bytes_of,
    bytes_up_to,
    any_bytes,
    cose_key,
    hex_id,
    list_of,
    may,
    must,
    name,
    one_of,
    typed,
    uint,
)
from strict import Refused


def sorted_names(value):
    list_of(name())(value)
    encoded = [item.encode() for item in value]
    if encoded != sorted(set(encoded)):
        raise Refused("invalid_field", "names not sorted, or one twice")


def tpm_name(value):
    bytes_of(34)(value)
    if value[:2] != b"\x00\x0b":
        raise Refused("out_of_range", "not a SHA-256 Name")


def keys(value):
    list_of(a_map(BUNDLE_KEY))(value)
    points = [(key[2][-2], key[2][-3]) for key in value]
    if len(set(points)) != len(points) or len(points) > 64:
        raise Refused("invalid_field", "a key twice, or too many")


def members(value, *required):
    """A map of the IETF draft: text keys alone, unknown ones ignored."""
    typed(value, dict, "a map")
    if not all(isinstance(key, str) for key in value):
        raise Refused("key_type")
    for key in required:
        if key not in value:
            raise Refused("missing", key)


def pcrs(value):
    uint(1 << 16)(value)
    if value == 0:
        raise Refused("invalid_field", "no PCR")


def status_ref(value):
    members(value, "status_list")
    entry = value["status_list"]
    members(entry, "idx", "uri")
    uint()(entry["idx"])
    name(128)(entry["uri"])


def status_list(value):
    members(value, "bits", "lst")
    one_of(1, 2, 4, 8)(value["bits"])
    any_bytes(value["lst"])
    stream = zlib.decompressobj()
    try:
        inflated = stream.decompress(value["lst"], (1 << 18) + 1)
    except zlib.error as error:
        raise Refused("invalid_field", str(error)) from error
    if len(inflated) > 1 << 18 or not stream.eof or stream.unused_data:
        raise Refused("invalid_field", "not one zlib stream of bounded size")


def ends_after(start, end):
    def rule(value):
        if end in value and value[end] <= value[start]:
            raise Refused("invalid_field", "ends before it starts")

    return rule


def a_restart_allowed(value):
    if value[-70022][8] == 0:
        raise Refused("invalid_field", "no restart allowed")


VENDOR, LICENSE_ID, TOKEN_ID, STORE = hex_id(16), hex_id(8), bytes_of(16), bytes_of(16)
CNF = a_map({1: must(cose_key)})

BINDING = {key: must(tpm_name) for key in range(1, 6)} | {6: must(uint()), 7: must(STORE)}
BUNDLE_KEY = Fields(
    {2: must(cose_key), 4: must(one_of(1, 2)), 6: may(name()), 8: must(TIME), 10: must(TIME), 12: may(TIME)},
    ends_after(8, 10),
)
LIMITS = {2: must(uint()), 4: must(uint()), 6: must(uint()), 8: must(U32), 10: must(uint())}
ANCHOR = {1: must(TIME), 2: must(uint()), 3: must(U32), 4: must(U32), 5: must(uint())}

CLAIMS = {
    "license": Fields(
        {
            1: must(VENDOR),
            2: must(LICENSE_ID),
            3: must(name()),
            4: may(TIME),
            5: must(TIME),
            6: must(TIME),
            7: must(TOKEN_ID),
            8: must(CNF),
            65535: must(status_ref),
            -70001: must(name()),
            -70002: must(a_map(BINDING)),
            -70004: must(sorted_names),
            -70006: must(a_map({2: may(name()), 4: may(name())})),
            -70008: must(name()),
            -70010: must(one_of(1, 2, 3, 4)),
        },
        ends_after(5, 4),
    ),
    "lease": Fields(
        {
            1: must(VENDOR),
            2: must(LICENSE_ID),
            3: must(name()),
            4: must(TIME),
            6: must(TIME),
            7: must(TOKEN_ID),
            8: must(CNF),
            -70005: may(bytes_up_to(256)),
            -70009: must(a_map({1: must(TIME), 3: must(uint())})),
            -70011: may(uint()),
            -70012: must(TOKEN_ID),
            -70014: must(uint()),
            -70016: must(STORE),
            -70018: must(uint()),
            -70020: must(a_map(ANCHOR)),
            -70022: must(a_map(LIMITS)),
            -70024: must(a_map({2: must(uint()), 4: must(DIGEST)})),
            -70030: may(a_map({2: must(pcrs), 4: may(DIGEST)})),
        },
        ends_after(6, 4),
        a_restart_allowed,
    ),
    "manifest": Fields(
        {
            1: must(VENDOR),
            3: must(name()),
            4: must(TIME),
            5: must(TIME),
            6: must(TIME),
            -70008: must(name()),
            -70014: must(uint()),
            -70026: must(any_bytes),
        },
        ends_after(5, 4),
    ),
    "trust-bundle": Fields(
        {
            1: must(VENDOR),
            6: must(TIME),
            -70003: must(name()),
            -70007: may(cose_key),
            -70014: must(uint(1 << 32)),
            -70028: must(keys),
        }
    ),
    "status-list": Fields(
        {
            1: must(VENDOR),
            2: must(name(128)),
            3: may(name()),
            4: must(TIME),
            6: must(TIME),
            65533: must(status_list),
            65534: may(uint()),
        },
        ends_after(6, 4),
    ),
}
