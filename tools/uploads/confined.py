"""Take from this process what a decoder of untrusted bytes never needs.

Memory, time and processor have an end; nothing can be written, nothing started, and nothing sent:
the kernel refuses sockets, other programs, and every way to change a file (seccomp). It needs no
rights to do so, and none of it can be undone.
"""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import socket
import struct

_MEMORY_BYTES = 2 << 30
_CPU_S = 30

# Of seccomp(2), prctl(2) and linux/audit.h.
_NO_NEW_PRIVILEGES, _SET_SECCOMP, _MODE_FILTER = 38, 22, 2
_ALLOW, _REFUSE, _KILL = 0x7FFF0000, 0x00050000 | 1, 0x80000000  # REFUSE: EPERM
_LOAD, _IF_EQUAL, _IF_ABOVE, _IF_ANY, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER_AT, _MACHINE_AT, _FLAGS_AT = 0, 4, 16 + 2 * 8  # of seccomp_data; flags: third argument
_X32 = 0x40000000

# Machine -> its name for the kernel, openat, and what is refused.
_CALLS = {
    "x86_64": (
        0xC000003E,
        257,
        {
            "socket": 41, "connect": 42, "sendto": 44, "bind": 49, "listen": 50, "socketpair": 53,
            "ptrace": 101, "execve": 59, "execveat": 322, "fork": 57, "vfork": 58, "open": 2,
            "creat": 85, "openat2": 437, "truncate": 76, "ftruncate": 77, "rename": 82,
            "renameat": 264, "renameat2": 316, "mkdir": 83, "mkdirat": 258, "rmdir": 84,
            "link": 86, "linkat": 265, "unlink": 87, "unlinkat": 263, "symlink": 88,
            "symlinkat": 266, "chmod": 90, "fchmod": 91, "fchmodat": 268, "mount": 165,
            "kill": 62, "tkill": 200, "process_vm_writev": 311, "io_uring_setup": 425,
            "bpf": 321, "pidfd_open": 434,
        },
    ),
    "aarch64": (
        0xC00000B7,
        56,
        {
            "socket": 198, "socketpair": 199, "bind": 200, "listen": 201, "connect": 203,
            "sendto": 206, "ptrace": 117, "execve": 221, "execveat": 281, "openat2": 437,
            "truncate": 45, "ftruncate": 46, "renameat": 38, "renameat2": 276, "mkdirat": 34,
            "linkat": 37, "unlinkat": 35, "symlinkat": 36, "fchmod": 52, "fchmodat": 53,
            "mount": 40, "kill": 129, "tkill": 130, "process_vm_writev": 271,
            "io_uring_setup": 425, "bpf": 280, "pidfd_open": 434,
        },
    ),
}  # fmt: skip


class CannotConfine(Exception):
    """This machine does not offer it: nothing is decoded here."""


def confine(*, memory_bytes: int = _MEMORY_BYTES, cpu_s: int = _CPU_S) -> None:
    """Give it all up, for good. Everything that is needed must be imported before.

    Raises
    ------
    CannotConfine : the kernel refuses, or is of a machine that is not known here.
    """
    for what, most in (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_CPU, cpu_s),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 32),
    ):
        resource.setrlimit(what, (most, most))
    if platform.machine() not in _CALLS:
        raise CannotConfine(f"nobody knows the system calls of {platform.machine()} here")
    _filter(*_CALLS[platform.machine()])
    if _can_send():
        raise CannotConfine("the kernel lets it open a socket all the same")


def _filter(machine: int, openat: int, refused: dict[str, int]) -> None:
    """A program of the kernel's own small machine: each call is looked up in the list."""
    numbers = sorted(set(refused.values()))
    steps = [
        (_LOAD, 0, 0, _MACHINE_AT),
        (_IF_EQUAL, 1, 0, machine),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER_AT),
        (_IF_ABOVE, 0, 1, _X32),
        (_RETURN, 0, 0, _KILL),
        (_IF_EQUAL, 0, 4, openat),  # any flag that would write, make or empty a file
        (_LOAD, 0, 0, _FLAGS_AT),
        (_IF_ANY, 0, 1, os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC),
        (_RETURN, 0, 0, _REFUSE),
        (_RETURN, 0, 0, _ALLOW),
    ]
    for number in numbers:
        steps += [(_IF_EQUAL, 0, 1, number), (_RETURN, 0, 0, _REFUSE)]
    steps.append((_RETURN, 0, 0, _ALLOW))
    packed = b"".join(struct.pack("HBBI", *step) for step in steps)
    program = ctypes.create_string_buffer(packed, len(packed))
    about = struct.pack("HxxxxxxP", len(steps), ctypes.addressof(program))
    kernel = ctypes.CDLL(None, use_errno=True)
    zero = ctypes.c_ulong(0)
    if kernel.prctl(_NO_NEW_PRIVILEGES, ctypes.c_ulong(1), zero, zero, zero) != 0:
        raise CannotConfine(os.strerror(ctypes.get_errno()))
    if kernel.prctl(_SET_SECCOMP, ctypes.c_ulong(_MODE_FILTER), about, zero, zero) != 0:
        raise CannotConfine(os.strerror(ctypes.get_errno()))


def _can_send() -> bool:
    try:
        socket.socket().close()
    except OSError:
        return False
    return True
