"""A disk that takes its time: every fsync of a process waits a little longer."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

SOURCE = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <time.h>
#include <unistd.h>

static void wait_a_little(void) {
    struct timespec pause = {0, MILLISECONDS * 1000000L};
    nanosleep(&pause, NULL);
}

int fsync(int file) {
    static int (*real)(int);
    if (!real) real = (int (*)(int)) dlsym(RTLD_NEXT, "fsync");
    wait_a_little();
    return real(file);
}

int fdatasync(int file) {
    static int (*real)(int);
    if (!real) real = (int (*)(int)) dlsym(RTLD_NEXT, "fdatasync");
    wait_a_little();
    return real(file);
}
"""


def environment(folder: Path, milliseconds: int) -> dict[str, str] | None:
    """What makes a process's fsync slower by so much; None: there is no C compiler."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        return None
    folder.chmod(0o755)  # PostgreSQL runs as another user
    source, library = folder / "slow.c", folder / "slow.so"
    source.write_text(SOURCE)
    define = f"-DMILLISECONDS={milliseconds}"
    command = [compiler, "-shared", "-fPIC", "-O1", define, source, "-o", library, "-ldl"]
    subprocess.run(command, check=True, timeout=60)
    library.chmod(0o755)
    return {"LD_PRELOAD": str(library)}
