"""The whole suite as two processes side by side: the tests that need Ray, Spark or the service, and the others: `make test`.

Each half has its clusters to itself. What the second prints is shown when it ends, after the first.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile

HALVES = ("not (ray or spark)", "ray or spark")
NOTHING = 5  # pytest's status where no test was selected


def main(arguments: list[str]) -> int:
    """Run both with the same arguments of pytest; 0 where both pass."""
    command = [sys.executable, "-m", "pytest", *arguments, "-m"]
    with tempfile.TemporaryFile() as told:
        second = subprocess.Popen([*command, HALVES[1]], stdout=told, stderr=subprocess.STDOUT)
        try:
            statuses = {subprocess.call([*command, HALVES[0]]), second.wait()}
        finally:
            if second.poll() is None:
                second.terminate()
                second.wait()
            told.seek(0)
            sys.stdout.buffer.write(told.read())
            sys.stdout.flush()
    return max(statuses - {NOTHING}, default=NOTHING)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
