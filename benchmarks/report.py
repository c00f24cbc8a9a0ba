"""Time and memory of a full report on 2 × 300 participants with the plan's draws.

    python -m benchmarks.report

It must take less than 20 seconds on two cores, and less than 1 GB of memory.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from analysis.simulation.simulate import simulate

SECONDS, MEGABYTES = 20, 1024


def main() -> int:
    """Print both figures; the exit status says whether they are within bounds."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        simulate("info_source", 300, folder / "info_source", seed="benchmark")
        simulate("incentive", 300, folder / "incentive", seed="benchmark")
        exports = [str(folder / "info_source"), str(folder / "incentive")]
        options = ["-o", str(folder / "report"), "--include-bots"]
        start = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "analysis", "report", *exports, *options],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        seconds = time.perf_counter() - start
    # Kilobytes on Linux, bytes on macOS.
    unit = 1024**2 if sys.platform == "darwin" else 1024
    megabytes = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / unit
    print(f"full report on 2 × 300 participants: {seconds:.1f} s, {megabytes:.0f} MB")
    return int(seconds > SECONDS or megabytes > MEGABYTES)


if __name__ == "__main__":
    sys.exit(main())
