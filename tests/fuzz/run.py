"""Fuzz with atheris for a bounded time: `python tests/fuzz/run.py parser 60` one target, `run.py all 60` each of them.

What was found worth keeping stays in build/fuzz, so that runs add up. An input that breaks an invariant is
left there as `parser-crash-…`, and `run.py parser FILE` tries it again.
"""

import subprocess
import sys
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).parents[2]
CORPUS = ROOT / "build" / "fuzz"

# Octets: what one datagram holds, and seconds for one input, which is a thousand times what the worst takes.
LONGEST = 65_507
SLOWEST = 20


def main() -> None:
    """Fuzz for so many seconds, or try one input."""
    # In place of this script's folder, whose names are none for the top level.
    sys.path[:1] = [str(ROOT), str(ROOT / "tests")]
    name, what = sys.argv[1:]
    if name == "all":
        _each(what)
    else:
        _one(name, what)


def _each(seconds: str) -> None:
    """One after the other, each in a process of its own: libFuzzer ends the one that it runs in."""
    from fuzz.targets import NAMES

    for name in NAMES:
        print(f"{name}: {seconds} s", flush=True)
        ended = subprocess.run(
            [sys.executable, __file__, name, seconds], capture_output=True, text=True, check=False
        )
        if ended.returncode:
            sys.exit(
                f"{ended.stdout}{ended.stderr}\n{name} has failed; if an input did it, it is in {CORPUS}"
            )
        print(
            "".join(line for line in ended.stderr.splitlines(keepends=True) if line.startswith("Done")),
            end="",
        )


def _one(name: str, what: str) -> None:
    # An extra that only `make fuzz` has.
    import atheris

    with atheris.instrument_imports(include=["bridge"]):
        from fuzz.targets import load

        target = load(name)
    if not what.isdigit():
        target.check(Path(what).read_bytes())
        return
    sys.addaudithook(_forbid)
    folder = CORPUS / name
    folder.mkdir(parents=True, exist_ok=True)
    for seed in target.seeds():
        (folder / sha256(seed).hexdigest()[:16]).write_bytes(seed)
    options = [f"-max_total_time={what}", f"-max_len={LONGEST}", f"-timeout={SLOWEST}"]
    options += [f"-artifact_prefix={CORPUS}/{name}-", str(folder)]
    atheris.Setup([sys.argv[0], *options], target.check)
    atheris.Fuzz()


def _forbid(event: str, args: tuple[object, ...]) -> None:
    """No input makes us connect, look up a name, or start a program."""
    if event in ("socket.connect", "socket.getaddrinfo", "subprocess.Popen", "os.system", "urllib.Request"):
        raise AssertionError(f"{event} {args}")


if __name__ == "__main__":
    main()
