"""Small pictures for covers: PNG of any size, JPEG and WebP, and the variants of each format."""

import base64
import random
import struct
import zlib


def png(width: int = 2, height: int = 3, shade: int = 128) -> bytes:
    """Return a grey PNG picture."""
    return _png(width, height, (b"\0" + bytes([shade]) * width) * height)


def noise(width: int, height: int) -> bytes:
    """Return a PNG of random pixels, which do not compress: about one byte each."""
    return _png(width, height, b"".join(b"\0" + random.randbytes(width) for _ in range(height)))


def _png(
    width: int, height: int, rows: bytes, form: bytes = b"\x08\0\0\0\0", palette: bytes = b""
) -> bytes:
    """A PNG; `form`: bits a sample, colour type, two zeros, whether it is interlaced."""
    chunks = [(b"IHDR", struct.pack(">II", width, height) + form)]
    chunks += [(b"PLTE", palette)] * bool(palette)
    chunks += [(b"IDAT", zlib.compress(rows, 9)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*chunk) for chunk in chunks)


def _chunk(kind: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)


JPEG = base64.b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAFA3PEY8MlBGQUZaVVBfeMiCeG5uePWvuZHI////////////////////"
    "////////////////////////////////wAALCAADAAIBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAAAP/EABQQAQAA"
    "AAAAAAAAAAAAAAAAAAD/2gAIAQEAAD8AP//Z"
)
"""A picture of 2 by 3 pixels."""

WEBP = base64.b64decode("UklGRh4AAABXRUJQVlA4TBEAAAAvAYAAAAdQwAIWsP+BiOh/AAA=")
"""A picture of 2 by 3 pixels."""

BY_TYPE = {"image/png": png(), "image/jpeg": JPEG, "image/webp": WEBP}

_CMYK = base64.b64decode(
    "/9j/7gAOQWRvYmUAZAAAAAAA/9sAQwD/////////////////////////////////////////////////////////////"
    "/////////////////////////8AAFAgAAwACBEMRAE0RAFkRAEsRAP/EABYAAQEBAAAAAAAAAAAAAAAAAAIAA//EABQQ"
    "AQAAAAAAAAAAAAAAAAAAAAD/2gAOBEMATQBZAEsAAD8AhJo//9k="
)
_PROGRESSIVE = base64.b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAP//////////////////////////////////////////////////////////"
    "////////////////////////////wgALCAADAAIBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAAAf/aAAgBAQAAAAE//8QA"
    "FBABAAAAAAAAAAAAAAAAAAAAAP/aAAgBAQABBQJ//8QAFBABAAAAAAAAAAAAAAAAAAAAAP/aAAgBAQAGPwJ//8QAFBAB"
    "AAAAAAAAAAAAAAAAAAAAAP/aAAgBAQABPyF//9oACAEBAAAAEP8A/8QAFBABAAAAAAAAAAAAAAAAAAAAAP/aAAgBAQAB"
    "PxB//9k="
)
_ROTATED = base64.b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/4QAiRXhpZgAATU0AKgAAAAgAAQESAAMAAAABAAYAAAAAAAD/2wBDAP//////////"
    "////////////////////////////////////////////////////////////////////////////wAALCAADAAIBAREA"
    "/8QAFAABAAAAAAAAAAAAAAAAAAAAAf/EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEAAD8AH//Z"
)
_LOSSY = base64.b64decode(
    "UklGRiwAAABXRUJQVlA4ICAAAABwAQCdASoCAAMADMDOJaACdAFAAAD+0MrAkrVmY8cAAA=="
)
_WITH_ALPHA = base64.b64decode(
    "UklGRkYAAABXRUJQVlA4WAoAAAAQAAAAAQAAAgAAQUxQSAcAAAAATU1NTU1NAFZQOCAYAAAAMAEAnQEqAgADAAzAziWk"
    "AANwAP7sHYAA"
)
_ANIMATED = base64.b64decode(
    "UklGRoQAAABXRUJQVlA4WAoAAAACAAAAAQAAAgAAQU5JTQYAAAAAAAAAAABBTk1GKgAAAAAAAAAAAAEAAAIAAGQAAAJW"
    "UDhMEQAAAC8BgAAAB1Ce4hW5/4GI6H8AAEFOTUYmAAAAAAAAAAAAAQAAAgAAZAAAAFZQOEwOAAAALwGAAAAHEBH9D0RE"
    "/wM="
)
VARIANTS = {
    "PNG in colours": ("image/png", _png(2, 3, (b"\0" + b"RGB" * 2) * 3, b"\x08\2\0\0\0")),
    "PNG in colours with alpha": (
        "image/png",
        _png(2, 3, (b"\0" + b"RGBA" * 2) * 3, b"\x08\6\0\0\0"),
    ),
    "PNG in greys with alpha": (
        "image/png",
        _png(2, 3, (b"\0" + b"GA" * 2) * 3, b"\x08\4\0\0\0"),
    ),
    "PNG with a palette": (
        "image/png",
        _png(2, 3, b"\0\0\1" * 3, b"\x08\3\0\0\0", b"RGBrgb"),
    ),
    "PNG in black and white": ("image/png", _png(2, 3, b"\0\x80" * 3, b"\1\0\0\0\0")),
    "PNG of 16 bits": ("image/png", _png(2, 3, (b"\0" + b"ab" * 2) * 3, b"\x10\0\0\0\0")),
    "PNG that is interlaced": ("image/png", _png(2, 3, b"\0a" * 4 + b"\0ab", b"\x08\0\0\0\1")),
    "JPEG for print (CMYK)": ("image/jpeg", _CMYK),
    "JPEG that is progressive": ("image/jpeg", _PROGRESSIVE),
    "JPEG that is rotated by EXIF": ("image/jpeg", _ROTATED),
    "WebP that is lossy": ("image/webp", _LOSSY),
    "WebP with alpha": ("image/webp", _WITH_ALPHA),
    "WebP that is animated": ("image/webp", _ANIMATED),
}
"""Valid pictures of 2 by 3 pixels: the variants of the three formats that people upload."""
