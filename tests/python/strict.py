"""Deterministic CBOR (RFC 8949 section 4.2.1): one value, one encoding."""

import io

import cbor2


class Refused(Exception):
    """A file is not what it should be."""


def decode(data, tags=()):
    """The one value in `data`; only an outermost tag of `tags` is allowed."""
    stream = io.BytesIO(data)
    try:
        value = cbor2.CBORDecoder(stream, tag_hook=lambda _, tag: tag).decode()
    except (cbor2.CBORDecodeError, RecursionError) as error:
        raise Refused(f"malformed CBOR: {error}") from error
    if stream.read(1):
        raise Refused("trailing bytes")
    if isinstance(value, cbor2.CBORTag) and value.tag in tags:
        again = head(6, value.tag) + encode(value.value)
    else:
        again = encode(value)
    if again != data:
        raise Refused("not deterministically encoded, or a duplicate key")
    return value


def encode(value, depth=8):
    """The deterministic encoding; refuses all types that are not used."""
    if isinstance(value, bool):
        return b"\xf5" if value else b"\xf4"
    if isinstance(value, int):
        return head(0, value) if value >= 0 else head(1, -1 - value)
    if isinstance(value, bytes):
        return head(2, len(value)) + value
    if isinstance(value, str):
        text = value.encode()
        return head(3, len(text)) + text
    if not depth:
        raise Refused("nested too deep")
    if isinstance(value, (list, tuple)):
        return head(4, len(value)) + b"".join(encode(item, depth - 1) for item in value)
    if isinstance(value, dict):
        fields = sorted((encode(key, depth - 1), encode(item, depth - 1)) for key, item in value.items())
        return head(5, len(fields)) + b"".join(key + item for key, item in fields)
    raise Refused(f"a value of type {type(value).__name__}")


def head(major, argument):
    if argument < 24:
        return bytes([major << 5 | argument])
    for size, information in ((1, 24), (2, 25), (4, 26), (8, 27)):
        if argument < 1 << 8 * size:
            return bytes([major << 5 | information]) + argument.to_bytes(size, "big")
    raise Refused("an integer beyond 64 bits")
