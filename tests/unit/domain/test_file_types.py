"""What a file is, from its first bytes."""

from __future__ import annotations

import pytest

from webcare.domain.file_types import ENDINGS, file_type


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        (b"RIFF\0\0\0\0WAVEfmt ", "audio/wav"),
        (b"%PDF-1.7", "application/pdf"),
        (b"OggS\0", "audio/ogg"),
        (b"#!AMR\n", "audio/amr"),
        (b"ID3\4", "audio/mpeg"),
        (b"\xff\xf1", "audio/aac"),
        (b"\0\0\0\x20ftypisom", "video/mp4"),
        (b"\0\0\0\x20ftypM4A ", "audio/mp4"),
        (b"\0\0\0\x20ftyp3gp4", "video/3gpp"),
        (b"\0\0\0\x14ftypqt  ", "video/quicktime"),
    ],
)
def test_a_file_that_is_kept(content, name):
    assert file_type(content) == name
    assert name in ENDINGS


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<svg xmlns=",
        b"<!DOCTYPE html>",
        b"  %PDF-1.7",
        b"PK\3\4",
        b"MZ",
        b"RIFF\0\0\0\0AVI ",
        b"\0\0\0\x18ftypheic",
        b"BM",
        b"plain words",
        b"\xef\xbb\xbf<html>",
    ],
)
def test_a_file_that_is_not(content):
    assert file_type(content) is None
