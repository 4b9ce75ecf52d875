"""Take the very steps of the Dockerfile in an empty root and start what comes of them with everything read-only but ``/data``.

    sudo python scripts/check_image.py [--quick] [--weights "first"]

No Docker is needed: the root is a folder that sees this machine's system and Python (in the place of the base image), each ``RUN``
runs inside of it, and the command is started there as the image's user, without network, as ``docker run --read-only`` does it. It
must become healthy by the ``HEALTHCHECK``, answer a request, and end by SIGTERM with status 0. ``--quick`` takes this
interpreter's packages in the place of ``pip install``. Needs Linux, the administrator's rights (namespaces are made) and util-linux.
"""

from __future__ import annotations

import argparse
import ctypes
import fcntl
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from scripts import dockerfile  # noqa: E402

SYSTEM = ("usr", "bin", "sbin", "lib", "lib64", "etc")
"""What the base image would bring."""
BASE_PATH = "/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"
PASSED = re.compile(r"PIP_.*|.*_proxy|.*_PROXY|SSL_CERT_FILE|REQUESTS_CA_BUNDLE")
"""Variables of this machine that a build may need to reach a package registry."""
HEALTHY_S = 180
_NEW_NETWORK = 0x40000000


def main() -> int:
    """Build and start in namespaces of their own, which end with the process that was in them; then delete the folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="this interpreter's packages instead of pip install")
    parser.add_argument("--weights", default="", metavar="NAMES", help="the build argument WEIGHTS")
    parser.add_argument(
        "--torch-index", metavar="URL", help="the build argument TORCH_INDEX (default: pip's own settings)"
    )
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.inside:
        return _inside(args)
    if sys.platform != "linux" or os.geteuid() != 0 or shutil.which("unshare") is None:
        print("this check needs Linux, root and unshare (util-linux)", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="aigc-image-") as work:
        namespaces = ["unshare", "--mount", "--pid", "--fork", "--kill-child"]
        return subprocess.run([*namespaces, sys.executable, __file__, *sys.argv[1:], "--inside", work]).returncode


def _inside(args: argparse.Namespace) -> int:
    image = Image(args.inside)
    arguments = {"TORCH_INDEX": args.torch_index or "", "WEIGHTS": args.weights}
    began = time.monotonic()
    image.build(dockerfile.instructions(ROOT / "Dockerfile"), arguments, quick=args.quick)
    print(f"built in {time.monotonic() - began:.0f} s", flush=True)
    return image.start()


class Image:
    """A root in a folder, and the settings that instructions leave.

    Args:
        work: An empty folder. Only a process in a mount namespace of its own may make an image in it.
    """

    def __init__(self, work: Path) -> None:
        self.root, self._work = work / "root", work
        self._environment = {"PATH": BASE_PATH}
        self._arguments: dict[str, str] = {}
        self._folder, self._user, self._volume = "/", "0:0", ""
        self._health: list[str] = []
        self._command: list[str] = []
        passed = {name: value for name, value in os.environ.items() if PASSED.fullmatch(name)}
        self._passed = {**_settings_of_pip(), **passed}
        self._set_up()

    # --- building -----------------------------------------------------------------------------------------------------

    def _set_up(self) -> None:
        layers = self._work / "layers"
        for folder in (self.root, layers):
            folder.mkdir()
        self._work.chmod(0o755)
        _mount("--bind", self.root, self.root)
        _mount("-t", "tmpfs", "tmpfs", layers)
        for name in SYSTEM:
            if Path("/", name).is_symlink():
                (self.root / name).symlink_to(os.readlink(Path("/", name)))
            elif Path("/", name).is_dir():
                self._overlay(Path("/", name))
        prefix = Path(sys.base_prefix)
        if prefix != Path("/usr"):
            _mount("--bind", "--read-only", prefix, self.root / "usr/local")
            self._show(prefix)  # where its libraries are looked for
        for name in ("proc", "dev", "tmp"):
            (self.root / name).mkdir()
        _mount("-t", "proc", "proc", self.root / "proc")
        _mount("--rbind", "/dev", self.root / "dev")
        for path in _paths(self._passed.values()):
            self._show(path)

    def _overlay(self, folder: Path) -> None:
        """The machine's folder, in which steps may write without changing it."""
        upper, scratch = (self._work / "layers" / f"{folder.name}-{what}" for what in ("upper", "work"))
        for made in (self.root / folder.name, upper, scratch):
            made.mkdir()
        layers = f"lowerdir={folder},upperdir={upper},workdir={scratch}"
        _mount("-t", "overlay", "overlay", "-o", layers, self.root / folder.name)

    def _show(self, path: Path) -> None:
        """The machine's folder or file at its own place."""
        inside = self.root / path.relative_to("/")
        if inside.exists():
            return
        target = inside if path.is_dir() else inside.parent
        target.mkdir(parents=True, exist_ok=True)
        if not path.is_dir():
            inside.touch()
        _mount("--bind", "--read-only", path, inside)

    def build(self, steps: Iterable[dockerfile.Instruction], arguments: Mapping[str, str], *, quick: bool) -> None:
        """Take the steps.

        Args:
            quick: Show this interpreter's packages where ``pip install`` would run.
        """
        for name, text in steps:
            value = dockerfile.expanded(text, {**self._arguments, **self._environment})
            match name:
                case "ARG":
                    given = dockerfile.assignments(value)
                    self._arguments |= {key: arguments.get(key, default) for key, default in given.items()}
                case "ENV":
                    self._environment |= dockerfile.assignments(value)
                case "WORKDIR":
                    self._folder = value
                    (self.root / value.strip("/")).mkdir(parents=True, exist_ok=True)
                case "COPY":
                    self._copy(value.split()[0])
                case "USER":
                    self._user = value
                case "VOLUME":
                    self._volume = value
                case "HEALTHCHECK":
                    self._health = dockerfile.command(text)
                case "CMD":
                    self._command = dockerfile.command(text)
                case "RUN" if quick and "pip install" in text:
                    self._show_packages()
                case "RUN":
                    print(f"+ {text}", flush=True)
                    self._run(["/bin/sh", "-c", text], check=True)

    def _copy(self, pattern: str) -> None:
        into = self.root / self._folder.strip("/")
        for path in dockerfile.context(ROOT):
            if pattern == "." or path.match(pattern):
                (into / path).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(ROOT / path, into / path)

    def _show_packages(self) -> None:
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        here = Path(sys.prefix, "lib", version, "site-packages")
        _mount("--bind", "--read-only", here, self.root / "opt/venv/lib" / version / "site-packages")

    def _run(self, words: list[str], *, check: bool = False) -> subprocess.CompletedProcess[str]:
        return subprocess.run(self._inside_of(words), env=self._seen(building=check), text=True, check=check)

    def _inside_of(self, words: list[str]) -> list[str]:
        changed = ["/bin/sh", "-c", 'cd "$0" && exec "$@"', self._folder, *words]
        return ["chroot", f"--userspec={self._user}", "--groups=", str(self.root), *changed]

    def _seen(self, *, building: bool) -> dict[str, str]:
        return {**self._passed, **self._arguments, **self._environment} if building else self._environment

    # --- running ------------------------------------------------------------------------------------------------------

    def start(self) -> int:
        """Start the command as ``docker run --read-only --network none`` would; 0 if it does what it must."""
        volume, place = self._work / "volume", self.root / self._volume.strip("/")
        subprocess.run(["cp", "--archive", place, volume], check=True)  # a new volume holds what the image has there
        _make_read_only(self.root)
        _mount("--bind", volume, place)
        _leave_the_network()
        with subprocess.Popen(self._inside_of(self._command), env=self._seen(building=False)) as app:
            try:
                faults = [*self._faults(app), *_end(app)]
            finally:
                app.kill()
        written = sum(1 for file in volume.rglob("*") if file.is_file())
        print(f"{written} files in {self._volume}: {', '.join(sorted(path.name for path in volume.iterdir()))}")
        for fault in faults:
            print(f"FAULT: {fault}")
        return 1 if faults else 0

    def _faults(self, app: subprocess.Popen[bytes]) -> list[str]:
        began = time.monotonic()
        while subprocess.run(
            self._inside_of(self._health), env=self._seen(building=False), capture_output=True
        ).returncode:
            if app.poll() is not None or time.monotonic() - began > HEALTHY_S:
                return ["it did not become healthy"]
            time.sleep(1)
        print(f"healthy after {time.monotonic() - began:.1f} s", flush=True)
        faults = [] if _asks() else ["it does not answer a request"]
        if (self.root / "proc" / str(app.pid)).stat().st_uid == 0:
            faults.append("it runs as the administrator")
        places = [place for place in ("/", "/app", "/opt", "/etc", "/usr", "/tmp") if self._is_writable(place)]
        return faults + ([f"it can write to {', '.join(places)}"] if places else [])

    def _is_writable(self, place: str) -> bool:
        """Whether even the administrator could write there."""
        trial = self.root / place.strip("/") / ".trial"
        try:
            trial.touch()
        except OSError:
            return False
        trial.unlink()
        return True


def _asks() -> bool:
    """One picture through the endpoint."""
    from gradio_client import Client

    try:
        made = Client("http://127.0.0.1:7860", verbose=False).predict(model="faces-gan-128", count=1, api_name="/faces")
    except Exception as error:
        print(f"the request failed: {error}")
        return False
    return bool(made[-1]["model"] == "faces-gan-128")


def _end(app: subprocess.Popen[bytes]) -> list[str]:
    """End it as ``docker stop`` does."""
    if app.poll() is not None:
        return ["it ended by itself"]
    app.send_signal(signal.SIGTERM)
    try:
        status = app.wait(60)
    except subprocess.TimeoutExpired:
        return ["it does not end by SIGTERM"]
    return [] if status == 0 else [f"it ended with status {status}"]


def _mount(*words: str | Path) -> None:
    subprocess.run(["mount", *map(str, words)], check=True)


def _make_read_only(root: Path) -> None:
    """Every mount at or below the root but those of the kernel."""
    mounts = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
    for place in mounts:
        inside = Path(place)
        if inside == root or (inside.is_relative_to(root) and inside.relative_to(root).parts[0] not in ("proc", "dev")):
            _mount("-o", "remount,bind,ro", place)


def _leave_the_network() -> None:
    """From now on this process has a loopback of its own and nothing else."""
    if ctypes.CDLL(None, use_errno=True).unshare(_NEW_NETWORK) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        up = struct.pack("16sh14x", b"lo", 0x1 | 0x40)  # IFF_UP | IFF_RUNNING
        fcntl.ioctl(control, 0x8914, up)  # SIOCSIFFLAGS


def _settings_of_pip() -> dict[str, str]:
    """The settings of this machine's pip, as variables: its files are the administrator's and not seen inside."""
    words = [sys.executable, "-m", "pip", "config", "list"]
    told = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    pairs = re.findall(r"^(?:global|install)\.([\w-]+)='(.*)'$", told, re.MULTILINE)
    return {f"PIP_{name.upper().replace('-', '_')}": value for name, value in pairs}


def _paths(settings: Iterable[str]) -> list[Path]:
    """Folders and files of this machine that settings name, such as wheels at hand; those of its system are seen anyway."""
    found = (Path(name) for text in settings for name in re.findall(r"(?:file://)?(/[\w./-]+)", text))
    named = (path.parent if path.name == "simple" else path for path in found)  # an index's files lie beside it
    seen = tuple(Path("/", name) for name in SYSTEM)
    return [path for path in dict.fromkeys(named) if path.exists() and not any(map(path.is_relative_to, seen))]


if __name__ == "__main__":
    sys.exit(main())
