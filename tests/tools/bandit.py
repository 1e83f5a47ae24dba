"""Judges what bandit finds in the program: each finding needs a reason, at its line or here.

Ruff has bandit's tests too, so that a reason stands once, where the code is: `# noqa: S608 - names of ours` is also the
answer to bandit's B608. Here are the reasons for what only bandit asks. Ends with 1 if a finding has none.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
REASONS = {
    # Of modules. What is done with them is judged where it is done.
    ("B404", "bridge/commands/install_files.py"): "asks systemctl for its version",
    (
        "B405",
        "bridge/",
    ): "written with it; what strangers send is read by bridge.pidf alone, which lets no DTD pass (S314)",
    # Of calls that ruff finds harmless.
    ("B603", "bridge/commands/install_files.py"): "no shell, and no argument from outside",
}
_NOQA = re.compile(r"# noqa:.*\bS(\d{3})\b.*[-(] *\w+")


def reason_for(finding: dict[str, object]) -> str | None:
    """Why a finding is none; None where nobody has said it."""
    test, path, first = str(finding["test_id"]), str(finding["filename"]), int(str(finding["line_number"]))
    lines = (ROOT / path).read_text().splitlines()
    last = max([first, *finding["line_range"]])  # type: ignore[misc] # JSON
    for line in lines[first - 1 : last]:
        if any(number == test[1:] for number in _NOQA.findall(line)):
            return line.split("# noqa:")[1].strip()
    return next(
        (why for (what, where), why in REASONS.items() if what == test and path.startswith(where)), None
    )


def main() -> int:
    """Run bandit, and print what has no reason."""
    command = [sys.executable, "-m", "bandit", "--quiet", "--recursive", "--format", "json", "bridge"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    found = json.loads(done.stdout)
    open_ = [finding for finding in found["results"] if reason_for(finding) is None]
    for finding in open_:
        print("{filename}:{line_number}: {test_id} {issue_text}".format(**finding))
    for error in found["errors"]:
        print("{filename}: {reason}".format(**error))
    print(f"bandit: {len(found['results'])} findings, {len(open_)} of them without a reason.")
    return 1 if open_ or found["errors"] else 0


if __name__ == "__main__":
    sys.exit(main())
