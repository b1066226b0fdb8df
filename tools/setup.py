"""Make the environments that the Makefile's targets need; standard library only.

usage: setup.py {run,test,bench,lock}

Bootstraps uv inside the project, finds (or lets uv fetch) Python 3.10 for Rasa and 3.11 or later for the
rest, and installs both from hash-pinned lock files. Done work is remembered by the hash of its lock file,
so a second call takes well under a second. Every failure is one sentence and exit status 1.
"""

import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / ".venv-tools"
NEEDED_GIB = {"app": 1, "engine": 5, "bench": 5}
BROWSER_PACKAGES = ["chromium", "fonts-noto-cjk"]
APP_VERSIONS = ["3.13", "3.12", "3.11"]
ENGINE_VERSIONS = ["3.10"]
WINDOWS = os.name == "nt"


class SetupError(Exception):
    """Something the person at the keyboard can mend; the text says how."""


def main():
    what = sys.argv[1] if len(sys.argv) == 2 else ""
    steps = {"run": set_up_run, "test": set_up_test, "bench": set_up_bench, "lock": write_locks}
    if what not in steps:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        steps[what]()
    except SetupError as error:
        print(f"madoguchi: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("madoguchi: stopped; run the same command again to go on.", file=sys.stderr)
        return 130
    return 0


def set_up_run():
    make_environment(".venv", "app", APP_VERSIONS, "app", also_done_by=["dev"], project=True)
    make_environment(
        ".venv-engine", "engine", ENGINE_VERSIONS, "engine", also_done_by=["engine-dev"]
    )


def set_up_test():
    make_environment(".venv", "app", APP_VERSIONS, "dev", project=True)
    make_environment(".venv-engine", "engine", ENGINE_VERSIONS, "engine-dev")
    ensure_browser()


def set_up_bench():
    set_up_run()
    make_environment(".venv-bench", "bench", ENGINE_VERSIONS, "bench")


def write_locks():
    """Resolve requirements/*.in again; the sub-sets are constrained to agree with each other."""
    uv = ensure_uv()
    pairs = [
        ("uv", "3.8", None),
        ("app", "3.11", None),
        ("dev", "3.11", "app"),
        ("engine", "3.10", None),
        ("engine-dev", "3.10", "engine"),
        ("bench", "3.10", "engine"),
    ]
    for name, version, constraint in pairs:
        say(f"locking requirements/{name}.txt")
        command = [uv, "pip", "compile", "--quiet", "--universal", "--python-version", version]
        command += ["--generate-hashes", "--no-header", "--no-annotate", "--upgrade"]
        command += [f"requirements/{name}.in", "-o", f"requirements/{name}.txt"]
        if name in ("app", "dev"):
            command += ["--override", "requirements/overrides"]
        if constraint:
            command += ["-c", f"requirements/{constraint}.txt"]
        run(command, f"locking {name}")


def make_environment(folder, kind, versions, lock, also_done_by=(), project=False):
    """Create ``folder`` with one of ``versions`` and install ``requirements/<lock>.txt`` into it."""
    target = ROOT / folder
    stamp = target / "installed-lock"
    wanted = fingerprint(lock, project)
    accepted = {wanted, *(fingerprint(name, project) for name in also_done_by)}
    if stamp.is_file() and stamp.read_text() in accepted and python_of(target).exists():
        return
    check_disk(NEEDED_GIB[kind])
    uv = ensure_uv()
    if not python_of(target).exists():
        interpreter = find_python(versions) or fetch_python(uv, versions[-1])
        say(f"creating {folder} with {interpreter}")
        run(
            [uv, "venv", "--quiet", "--clear", "--python", interpreter, str(target)],
            f"creating {folder}",
        )
    say(f"installing requirements/{lock}.txt into {folder} (the first time takes a few minutes)")
    install = [uv, "pip", "install", "--python", str(python_of(target))]
    install += [] if sys.stdout.isatty() else ["--quiet"]
    # A lock is complete; without --no-deps the installer would ask for what overrides leaves out.
    exact = ["--require-hashes", "--no-deps", "-r", f"requirements/{lock}.txt"]
    if kind == "app":
        exact.append("--compile-bytecode")  # else each command starts half a second later at first
    run([*install, *exact], f"installing {lock}.txt")
    if project:
        run(
            [*install, "--quiet", "--no-deps", "--no-build-isolation", "-e", "."],
            "installing the project",
        )
    stamp.write_text(wanted)


def fingerprint(lock, project):
    parts = [(ROOT / "requirements" / f"{lock}.txt").read_bytes(), str(ROOT).encode()]
    if project:
        parts.append((ROOT / "pyproject.toml").read_bytes())
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def ensure_uv():
    """Install uv from its lock into the project, with nothing but this Python's venv and pip."""
    uv = TOOLS / ("Scripts/uv.exe" if WINDOWS else "bin/uv")
    stamp = TOOLS / "installed-lock"
    wanted = fingerprint("uv", False)
    if uv.exists() and stamp.is_file() and stamp.read_text() == wanted:
        return str(uv)
    say("installing uv into .venv-tools")
    if subprocess.run(
        [sys.executable, "-c", "import ensurepip, venv"], capture_output=True
    ).returncode:
        apt_install(["python3-venv"], "this Python has no venv module")
    run([sys.executable, "-m", "venv", "--clear", str(TOOLS)], "creating .venv-tools")
    pip = [str(python_of(TOOLS)), "-m", "pip", "install", "--quiet", "--require-hashes"]
    run([*pip, "-r", "requirements/uv.txt"], "installing uv")
    stamp.write_text(wanted)
    return str(uv)


def find_python(versions):
    """Return the first interpreter that really runs as one of ``versions``, best version first.

    A pyenv shim stands on PATH for every version but fails for those that are not selected, so each
    candidate is asked, and pyenv's own folder is looked into as well.
    """
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    for version in versions:
        candidates = [shutil.which(f"python{version}"), sys.executable]
        candidates += sorted(map(str, pyenv.glob(f"{version}.*/bin/python")), reverse=True)
        for candidate in filter(None, candidates):
            if version_of(candidate) == version:
                return real_path(candidate)
    return None


def version_of(interpreter):
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        asked = subprocess.run(
            [interpreter, "-c", code], capture_output=True, text=True, timeout=20
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return asked.stdout.strip() if asked.returncode == 0 else None


def real_path(interpreter):
    code = "import sys; print(sys.executable)"
    return subprocess.run([interpreter, "-c", code], capture_output=True, text=True).stdout.strip()


def fetch_python(uv, version):
    say(f"no Python {version} found; letting uv fetch one")
    fetched = subprocess.run([uv, "python", "install", version], cwd=ROOT)
    if fetched.returncode:
        raise SetupError(
            f"Python {version} is needed and could neither be found nor fetched; "
            f"install it (for example with pyenv: pyenv install {version}) and run this again."
        )
    return version


def ensure_browser():
    if find_browser():
        return
    apt_install(BROWSER_PACKAGES, "the browser tests need Chromium")
    if not find_browser():
        raise SetupError("Chromium is needed for the browser tests; install it and run this again.")


def find_browser():
    return next(
        filter(None, map(shutil.which, ["chromium", "chromium-browser", "google-chrome"])), None
    )


def apt_install(packages, why):
    """Install Debian packages where that is possible; otherwise name them."""
    names = " ".join(packages)
    if not shutil.which("apt-get"):
        raise SetupError(
            f"{why}; install {names} (or your system's equivalent) and run this again."
        )
    if os.geteuid() != 0:
        raise SetupError(f"{why}; run 'sudo apt-get install {names}' and then this again.")
    say(f"{why}: installing {names}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    run(["apt-get", "update", "-qq"], "apt-get update", environment)
    run(["apt-get", "install", "-y", "-qq", *packages], f"installing {names}", environment)


def check_disk(gib):
    free = shutil.disk_usage(ROOT).free / 2**30
    if free < gib:
        raise SetupError(f"{gib} GiB of free disk are needed in {ROOT}, {free:.1f} GiB are there.")


def python_of(folder):
    return folder / ("Scripts/python.exe" if WINDOWS else "bin/python")


def run(command, what, environment=None):
    result = subprocess.run(command, cwd=ROOT, env=environment)
    if result.returncode:
        raise SetupError(
            f"{what} failed (see above); mend the cause and run the same command again."
        )


def say(text):
    print(f"[{time.strftime('%H:%M:%S')}] {text}", flush=True)


if __name__ == "__main__":
    if sys.version_info < (3, 8):  # the user's python3 may be older than ours
        sys.exit("madoguchi: Python 3.8 or later is needed to start the set-up.")
    if platform.system() == "Windows":
        sys.exit("madoguchi: use Linux, macOS or WSL; native Windows is not supported.")
    if not re.fullmatch(r"[\x21-\x7e]+", str(ROOT)):
        sys.exit(
            f"madoguchi: move the project to a path without spaces or Japanese characters: {ROOT}"
        )
    sys.exit(main())
