"""A disk that a test may fill, empty and make read-only, where this user may mount one."""

from __future__ import annotations

import os
import subprocess
from contextlib import contextmanager, suppress

SIZE = 4 * 1024 * 1024


class SmallDisk:
    """A file system of its own, four megabytes small."""

    def __init__(self, folder):
        self.folder = folder
        self._ballast = folder / "ballast"

    def fill(self, leave=0):
        """Leave no room at all, or so many bytes."""
        with suppress(OSError), self._ballast.open("ab", buffering=0) as file:
            while True:
                file.write(b"\0" * 4096)
        os.truncate(self._ballast, self._ballast.stat().st_size - leave)

    def free(self):
        self._ballast.unlink()

    def make_read_only(self):
        _mount("-o", "remount,ro", self.folder)

    def make_writable(self):
        _mount("-o", "remount,rw", self.folder)


@contextmanager
def small_disk(folder):
    """Yield a disk, or None where this user may not mount one."""
    folder.mkdir()
    try:
        _mount("-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", folder)
    except (OSError, subprocess.CalledProcessError):
        yield None
        return
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def _mount(*arguments):
    if os.geteuid() != 0:
        raise PermissionError
    subprocess.run(["mount", *arguments], check=True, capture_output=True)
