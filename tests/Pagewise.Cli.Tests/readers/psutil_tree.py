"""Prints as JSON what psutil reads from a /proc tree: psutil_tree.py DIRECTORY."""
import json
import sys

import psutil

psutil.PROCFS_PATH = sys.argv[1]


def process(one):
    inner = one._proc  # the public class also asks the live system whether the process still is the same
    return {
        "name": inner.name(),
        "cmdline": inner.cmdline(),
        "exe": inner.exe(),
        "ppid": inner.ppid(),
        "status": str(inner.status()),
        "threads": [thread.id for thread in inner.threads()],
        "num_threads": inner.num_threads(),
        "uid": inner.uids().real,
        "memory": inner.memory_full_info()._asdict(),
        "maps": [
            {"addr": line[0], "perms": line[1], "path": line[2], "rss": line[3], "size": line[4], "pss": line[5], "referenced": line[10], "swap": line[12]}
            for line in inner.memory_maps()
        ],
    }


print(json.dumps({
    "virtual_memory": psutil.virtual_memory()._asdict(),
    "swap_memory": psutil.swap_memory()._asdict(),
    "cpus": len(psutil.cpu_times(percpu=True)),
    "boot_time": psutil.boot_time(),
    "pids": psutil.pids(),
    "processes": {pid: process(psutil.Process(pid)) for pid in psutil.pids()},
}))
