"""Starting a process that can't outlive its parent and doesn't run as root where it must not."""

import ctypes
import importlib.util
import os
import pwd
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from io import BufferedWriter
from pathlib import Path

CLONE_NEWUSER = 0x10000000
PR_SET_PDEATHSIG = 1
UNPRIVILEGED_ID = 1000

_libc = ctypes.CDLL(None, use_errno=True)


def spawn(
    command: Sequence[str | Path],
    *,
    stop_signal: signal.Signals = signal.SIGTERM,
    not_as_root: bool = False,
    log: Path | int | None = None,
    env: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Start `command` in a session of its own; it gets `stop_signal` when this process dies, however that happens.

    What it prints goes to the file `log`, or into a pipe if that is `subprocess.PIPE`.
    """
    become_ordinary = leaving_root() if not_as_root else None
    parent = os.getpid()

    def prepare() -> None:
        # The kernel forgets the death signal when a process changes its user, so this comes after that change; and
        # the parent may have died before it was set, so that is looked at afterwards.
        if become_ordinary:
            become_ordinary()
        end_with_parent(parent, stop_signal)

    output = open(log, "ab") if isinstance(log, Path) else log
    try:
        return subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output if output is None else subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=prepare,
            env=env,
        )
    finally:
        if isinstance(output, BufferedWriter):
            output.close()


def end_with_parent(parent: int, number: signal.Signals) -> None:
    """In a child of this process: get the signal when it dies; ends at once when it is dead already."""
    _libc.prctl(PR_SET_PDEATHSIG, number)
    if os.getppid() != parent:
        os._exit(1)


@cache
def leaving_root() -> Callable[[], None] | None:
    """How a child of root becomes an ordinary user: in a user namespace, or as `nobody` where those are forbidden."""
    if os.getuid() != 0:
        return None
    child = os.fork()
    if child == 0:
        try:
            enter_user_namespace()
        except OSError:
            os._exit(1)
        os._exit(0)
    return enter_user_namespace if os.waitpid(child, 0)[1] == 0 else become_nobody


def enter_user_namespace() -> None:
    """Be an ordinary user in a namespace of one's own; files still belong to the user outside."""
    user, group = os.getuid(), os.getgid()
    if _libc.unshare(CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{UNPRIVILEGED_ID} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{UNPRIVILEGED_ID} {group} 1")


def become_nobody() -> None:
    """Be the user `nobody` for good."""
    nobody = pwd.getpwnam("nobody")
    os.setgroups([])
    os.setgid(nobody.pw_gid)
    os.setuid(nobody.pw_uid)


def package_folder(package: str) -> Path:
    """Where an installed package lies, without running its code."""
    spec = importlib.util.find_spec(package)
    return Path(next(iter((spec and spec.submodule_search_locations) or ["/nonexistent"])))


def give_to_ordinary_user(folder: Path) -> None:
    """Make a folder that the embedded servers may write to, and nobody else may enter."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    if folder.stat().st_uid not in {os.getuid(), pwd.getpwnam("nobody").pw_uid}:
        raise SystemExit(f"{folder} belongs to somebody else. Set DATA_DIR to a folder of your own.")
    if leaving_root() is become_nobody:
        nobody = pwd.getpwnam("nobody")
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
