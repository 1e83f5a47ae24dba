"""Asks the advisory service of the Python Package Index for known weaknesses in what the lock file pins.

Ends with 0 if none is known, with 1 if there are some, and with 2 if the service cannot be asked: then nothing has been
audited, which is not the same as nothing found.
"""

import json
import subprocess
import sys
from pathlib import Path

LOCK = Path(__file__).parents[2] / "systemd/debian/requirements.lock"


def main() -> int:
    """Run pip-audit, and tell what it found."""
    options = [
        "--disable-pip",
        "--require-hashes",
        "--format",
        "json",
        "--progress-spinner",
        "off",
        "--timeout",
        "30",
    ]
    command = [sys.executable, "-m", "pip_audit", *options, "--requirement", str(LOCK)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except ValueError:
        print(f"The advisory service cannot be reached, so nothing was audited. {_last_line(done.stderr)}")
        return 2
    unknown = [package for package in packages if "skip_reason" in package]
    weak = [package for package in packages if package.get("vulns")]
    for package in weak:
        for one in package["vulns"]:
            mended = ", ".join(one["fix_versions"]) or "no version yet"
            print(f"{package['name']} {package['version']}: {one['id']}, mended in {mended}")
    if unknown:
        print(
            f"The advisory service does not answer for {len(unknown)} of {len(packages)} packages: not audited."
        )
    print(f"{len(packages) - len(unknown)} packages audited, {len(weak)} with known weaknesses.")
    return 1 if weak else 2 if unknown else 0


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["It said nothing."])[-1][:300]


if __name__ == "__main__":
    sys.exit(main())
