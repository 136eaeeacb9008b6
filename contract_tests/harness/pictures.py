"""Small pictures, made here: PNG of any size, one JPEG, one WebP."""

import base64
import random
import struct
import zlib


def png(width: int = 2, height: int = 3, shade: int = 128) -> bytes:
    return _png(width, height, (b"\0" + bytes([shade]) * width) * height)


def noise(width: int, height: int) -> bytes:
    """A PNG of about a byte for each pixel, which nothing makes smaller."""
    return _png(width, height, b"".join(b"\0" + random.randbytes(width) for _ in range(height)))


def _png(width: int, height: int, rows: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*chunk) for chunk in chunks)


def _chunk(kind: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)


JPEG = base64.b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAFA3PEY8MlBGQUZaVVBfeMiCeG5uePWvuZHI////////////////////"
    "////////////////////////////////wAALCAADAAIBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAAAP/EABQQAQAA"
    "AAAAAAAAAAAAAAAAAAD/2gAIAQEAAD8AP//Z"
)
"""2 by 3 pixels."""

WEBP = base64.b64decode("UklGRh4AAABXRUJQVlA4TBEAAAAvAYAAAAdQwAIWsP+BiOh/AAA=")
"""2 by 3 pixels."""

BY_TYPE = {"image/png": png(), "image/jpeg": JPEG, "image/webp": WEBP}
