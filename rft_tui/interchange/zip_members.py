"""Members of a ZIP archive from anybody: read one at a time into memory, bounded; nothing is unpacked to a disk."""

from __future__ import annotations

import importlib
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from rft_tui.datasets.rows import LINE_LIMIT
from rft_tui.errors import InputError
from rft_tui.safetext import one_line

MOST_MEMBERS = 200_000
"""Members of one archive."""

MOST_BYTES = 8 * 1024**3
"""Unpacked bytes of all members together."""

HIGHEST_RATIO = 500
"""How many times larger than the archive its members may be; text seldom shrinks to a fiftieth."""

_SMALL = 256 * 1024**2
_ZSTD = 93
_LOCAL_HEADER = struct.Struct("<4s22xHH")
_ENCRYPTED = 0x1
_PACKINGS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, _ZSTD})
"""The others say themselves how much memory unpacking takes."""


class ZipMembers:
    """An open archive; its names are only labels, whatever paths they look like."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._zip = zipfile.ZipFile(path)
        except OSError as error:
            raise InputError(f"{one_line(str(path))}: cannot be read: {error.strerror}") from error
        except (zipfile.BadZipFile, ValueError, NotImplementedError, struct.error, UnicodeDecodeError) as error:
            raise self._bad("", f"the archive is cut off, or none: {one_line(str(error), 120)}") from error
        self._members = {one.filename: one for one in self._zip.infolist()}
        total = sum(one.file_size for one in self._zip.infolist())
        packed = max(1, path.stat().st_size)
        if len(self._members) > MOST_MEMBERS or total > MOST_BYTES or total > max(_SMALL, HIGHEST_RATIO * packed):
            self._zip.close()
            raise self._bad("", f"{len(self._members):,} members of {total:,} bytes unpacked are more than is read")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._zip.close()

    @property
    def names(self) -> list[str]:
        """The names of all members, in the order of the archive."""
        return list(self._members)

    def read(self, name: str, *, limit: int = LINE_LIMIT) -> bytes:
        """The bytes of a member. Raises InputError naming it where they are damaged or more than `limit`."""
        info = self._members[name]
        if info.file_size > limit:
            raise self._bad(name, f"it has {info.file_size:,} bytes; at most {limit // 1024**2} MB are read")
        if info.flag_bits & _ENCRYPTED:
            raise self._bad(name, "it is encrypted")
        if info.compress_type not in _PACKINGS:
            raise self._bad(name, f"it is packed in an unknown way: number {info.compress_type}")
        try:
            if info.compress_type == _ZSTD:
                data = self._zstd(info, limit)
            else:
                with self._zip.open(info) as member:
                    data = member.read(limit + 1)
        except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error, struct.error) as error:
            raise self._bad(name, f"it is damaged: {one_line(str(error), 120)}") from error
        except NotImplementedError as error:
            raise self._bad(name, f"it cannot be unpacked: {one_line(str(error), 80)}") from error
        if len(data) > limit or len(data) != info.file_size:
            raise self._bad(name, "it does not have the size that the archive says")
        return data

    def _zstd(self, info: zipfile.ZipInfo, limit: int) -> bytes:
        unpack = zstd_unpacker()
        if unpack is None:
            raise InputError(
                f"{one_line(str(self._path))}: the log is packed with Zstandard, which this Python cannot read",
                hint="pip install backports.zstd (or zstandard), or write it anew: inspect log convert --to json.",
            )
        with self._path.open("rb") as stream:
            stream.seek(info.header_offset)
            sign, name_length, extra_length = _LOCAL_HEADER.unpack(stream.read(_LOCAL_HEADER.size))
            if sign != b"PK\x03\x04":
                raise zipfile.BadZipFile("no local header")
            stream.seek(name_length + extra_length, 1)
            packed = stream.read(min(info.compress_size, limit))
        data = unpack(packed, limit + 1)
        if zlib.crc32(data) != info.CRC:
            raise zipfile.BadZipFile("its checksum is wrong")
        return data

    def _bad(self, name: str, said: str) -> InputError:
        where = f", {one_line(name, 120)}" if name else ""
        return InputError(
            f"{one_line(str(self._path))}{where}: {said}", hint="Nothing was imported; correct the file first."
        )


def zstd_unpacker() -> Callable[[bytes, int], bytes] | None:
    """A function that unpacks at most so many bytes: Python's own from 3.14 on, else a library's; None without one."""
    for name in ("compression.zstd", "backports.zstd"):
        try:
            module: Any = importlib.import_module(name)
        except ImportError:
            continue
        return lambda data, most: _plain(module, data, most)
    try:
        library: Any = importlib.import_module("zstandard")
    except ImportError:
        return None
    return lambda data, most: _streamed(library, data, most)


def _plain(module: Any, data: bytes, most: int) -> bytes:
    try:
        return bytes(module.ZstdDecompressor().decompress(data, max_length=most))
    except module.ZstdError as error:
        raise ValueError(str(error)) from error


def _streamed(library: Any, data: bytes, most: int) -> bytes:
    try:
        with library.ZstdDecompressor().stream_reader(data) as reader:
            return bytes(reader.read(most))
    except library.ZstdError as error:
        raise ValueError(str(error)) from error
