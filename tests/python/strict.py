"""Deterministic CBOR (RFC 8949 section 4.2.1): one value, one encoding, and one name for each way to miss it."""

SIZES = {24: 1, 25: 2, 26: 4, 27: 8}


class Refused(Exception):
    """A file is not what it should be; `name` is the error's name in the index."""

    def __init__(self, name, text=""):
        super().__init__(f"{name} {text}".strip())
        self.name = name


class Tagged:
    """An outermost tag and its content."""

    def __init__(self, tag, value):
        self.tag = tag
        self.value = value


class Map(list):
    """The pairs of a map as they came, so that a key that is there twice shows."""


def scan(data, depth=8, tag=None, size=None):
    """The value in `data` with maps as pairs; size, types, lengths and depth are checked on the way.

    With `tag` the value must start with it and may hold null; no other tag is accepted.
    """
    if size is not None and len(data) > size:
        raise Refused("too_large")
    reader = Reader(data)
    if tag is not None and reader.head() != (6, tag):
        raise Refused("tag")
    value = reader.item(depth, tag is not None)
    if reader.at != len(data):
        raise Refused("trailing_bytes")
    return value


class Reader:
    def __init__(self, data):
        self.data = data
        self.at = 0

    def take(self, length):
        taken = self.data[self.at : self.at + length]
        if len(taken) != length:
            raise Refused("truncated")
        self.at += length
        return taken

    def head(self):
        initial = self.take(1)[0]
        major, low = initial >> 5, initial & 0x1F
        if low < 24:
            return major, low
        if low in SIZES:
            if major == 7:
                raise Refused("unsupported")
            return major, int.from_bytes(self.take(SIZES[low]), "big")
        raise Refused("indefinite_length" if low == 31 else "malformed")

    def item(self, depth, null):
        major, argument = self.head()
        if major == 0:
            return argument
        if major == 1:
            return -1 - argument
        if major == 2:
            return self.take(argument)
        if major == 3:
            return Text(self.take(argument))
        if major == 6:
            raise Refused("tag")
        if major == 7:
            if argument in (20, 21):
                return argument == 21
            if argument == 22 and null:
                return None
            raise Refused("unsupported")
        if depth == 0:
            raise Refused("too_deep")
        count = argument if major == 4 else 2 * argument
        if count > len(self.data) - self.at:
            raise Refused("truncated")
        items = [self.item(depth - 1, null) for _ in range(count)]
        return items if major == 4 else Map(zip(items[::2], items[1::2]))


class Text(bytes):
    """A text string whose UTF-8 was not looked at yet."""


def finished(value):
    """Texts as texts and maps as dicts; a key that is there twice is refused."""
    if isinstance(value, Text):
        try:
            return value.decode()
        except UnicodeDecodeError as error:
            raise Refused("malformed", str(error)) from error
    if isinstance(value, Map):
        pairs = [(finished(key), finished(item)) for key, item in value]
        # True and 1 are one key to a dict; no format of ours has a boolean for a key.
        if not all(isinstance(key, (int, str, bytes)) for key, _ in pairs):
            raise Refused("key_type")
        if len({(type(key), key) for key, _ in pairs}) != len(pairs):
            raise Refused("duplicate_key")
        return dict(pairs)
    if isinstance(value, list):
        return [finished(item) for item in value]
    return value


def decode(data, size=1 << 20, depth=8):
    """The one value in `data`."""
    value = finished(scan(data, depth, size=size))
    if encode(value) != data:
        raise Refused("not_deterministic")
    return value


def decode_map(data, size=1 << 20):
    """The one map with integer keys in `data`."""
    value = decode(data, size)
    if not isinstance(value, dict):
        raise Refused("not_a_map")
    return value


def encode(value):
    """The deterministic encoding."""
    if value is None:
        return b"\xf6"
    if isinstance(value, bool):
        return b"\xf5" if value else b"\xf4"
    if isinstance(value, int):
        return head(0, value) if value >= 0 else head(1, -1 - value)
    if isinstance(value, bytes):
        return head(2, len(value)) + value
    if isinstance(value, str):
        text = value.encode()
        return head(3, len(text)) + text
    if isinstance(value, (list, tuple)):
        return head(4, len(value)) + b"".join(encode(item) for item in value)
    if isinstance(value, dict):
        fields = sorted((encode(key), encode(item)) for key, item in value.items())
        return head(5, len(fields)) + b"".join(key + item for key, item in fields)
    raise TypeError(f"a value of type {type(value).__name__}")


def head(major, argument):
    if argument < 24:
        return bytes([major << 5 | argument])
    for information, size in SIZES.items():
        if argument < 1 << 8 * size:
            return bytes([major << 5 | information]) + argument.to_bytes(size, "big")
    raise ValueError("an integer beyond 64 bits")
