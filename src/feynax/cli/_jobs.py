"""How JAX is started for a command, in one process or as one of several."""

import os
import socket
import subprocess
import sys
import traceback

_HEARTBEAT = 20  # seconds after which a host that has vanished is given up
_job = {"processes": 1}


def in_job() -> bool:
    """Whether this process is one of several of a job."""
    return _job["processes"] > 1


def start_jax(
    devices: int = 1, processes: int = 1, rank: int = 0, coordinator: str | None = None
) -> None:
    """Start JAX: so many CPU devices, a cache of compiled programs, and the other processes."""
    from .._checks import check, check_count

    check_count("processes", processes)
    check(0 <= rank < processes, "rank", f"lie between 0 and {processes - 1}", rank)
    import jax

    if devices > 1:
        jax.config.update("jax_num_cpu_devices", devices)
    if jax.config.values["jax_compilation_cache_dir"] is None:
        import pooch

        jax.config.update("jax_compilation_cache_dir", str(pooch.os_cache("feynax") / "jax"))
        # Making a network compiles a hundred tiny programs: together they cost seconds.
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
        jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
    if processes == 1:
        return
    check(coordinator is not None, "coordinator", "be HOST:PORT of rank 0", coordinator)
    _job["processes"] = processes
    sys.excepthook = _end_hard
    jax.distributed.initialize(
        coordinator,
        processes,
        rank,
        initialization_timeout=120,
        heartbeat_timeout_seconds=_HEARTBEAT,
    )


def spawn(tokens: list[str], processes: int) -> int:
    """Run this command again as several local processes; return the first exit code that is not 0.

    A process that ends early ends the others: their next collective fails.
    """
    from .._checks import check_count

    check_count("spawn", processes)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    start = [sys.executable, "-m", "feynax.cli", *tokens, "--coordinator", address]
    ranks = [
        [*start, "--processes", str(processes), "--rank", str(rank)] for rank in range(processes)
    ]
    children = [subprocess.Popen(command) for command in ranks]
    try:
        codes = [child.wait() for child in children]
    except KeyboardInterrupt:
        codes = [child.wait() for child in children]
        raise
    return next((code if code > 0 else 1 for code in codes if code), 0)


def _end_hard(kind, err, trace) -> None:
    """End at once: the usual exit would wait for processes that wait for this one."""
    traceback.print_exception(kind, err, trace)
    sys.stderr.flush()
    os._exit(1)
