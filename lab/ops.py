# SPDX-License-Identifier: MIT
"""Turn a recording's workload.log into the player's op list."""
import lzma, os, re

ADVICE = dict(MADV_NORMAL=0, MADV_RANDOM=1, MADV_SEQUENTIAL=2, MADV_WILLNEED=3, MADV_DONTNEED=4, MADV_FREE=8,
              MADV_COLD=20, MADV_PAGEOUT=21)
FADVICE = dict(POSIX_FADV_NORMAL=0, POSIX_FADV_RANDOM=1, POSIX_FADV_SEQUENTIAL=2, POSIX_FADV_DONTNEED=4)
POLICY = dict(MPOL_DEFAULT=0, MPOL_PREFERRED=1, MPOL_BIND=2, MPOL_INTERLEAVE=3)
PROT = dict(PROT_NONE=0, PROT_READ=1, PROT_WRITE=2, PROT_EXEC=4)
MAP = dict(MAP_SHARED=1, MAP_PRIVATE=2, MAP_FIXED=0x10, MAP_ANONYMOUS=0x20, MAP_POPULATE=0x8000, MAP_NORESERVE=0x4000)
OPEN = dict(O_RDONLY=0, O_WRONLY=1, O_RDWR=2, O_CREAT=0o100, O_TRUNC=0o1000)


def read(path):
    return lzma.open(path + ".xz", "rt").read() if not os.path.exists(path) else open(path).read()


def flags(names, table):
    return sum(table[n] for n in names.split("|"))


def workload(addr):                      # below lies the image, above the recorder's own memory
    return 0x100000000000 <= addr < 0x700000000000


def convert(folder, trim):
    """Returns (recorder areas for wlmem, op lines). trim: (zone, free pages, per-CPU pages) to reach just before `before`."""
    lines = read(os.path.join(folder, "workload.log")).split("\n")
    areas, ops, who, maps = [], [], {}, {}
    before = False
    skip_to_after = False                # OOM cases: what children and hog do is built in
    child = None
    for n, line in enumerate(lines):
        m = re.match(r"# process (\d+) comm=(\w+)", line)
        if m:
            pid = int(m[1])
            who[pid] = len(who)
            if who[pid]:
                rest = lines[n:n + 12]
                adj = next((re.search(r'"(-?\d+)"', l)[1] for l in rest if "oom_score_adj>, " in l and before), None)
                if before and adj is not None:
                    a = next(re.search(r"mmap\(0x(\w+), (\d+)", l) for l in rest if " mmap(0x" in l)
                    hog = m[2] == "hog"
                    ops.append(f"0 {'H' if hog else 'C'} {who[pid]} {m[2]} {adj} {a[1]} {int(a[2]) // 4096}")
                    child = pid
                    skip_to_after |= hog
                else:
                    early = next((re.search(r'"(-?\d+)"', l)[1] for l in lines[n:n + 5] if "oom_score_adj>, " in l), 0)
                    ops.append(f"0 k {who[pid]} {m[2]} {early}")
            continue
        m = re.match(r"# snapshot (\w+)", line)
        if m:
            if m[1] == "before":
                ops += [f"0 T {zone} {free} {pcp}" for zone, free, pcp in trim]
                before = True
            if m[1] == "after":
                skip_to_after = False
            if not skip_to_after:
                ops.append(f"0 S {m[1]}")
            continue
        if line.startswith("# faults.rle"):
            ops.append("0 " + ("B" if "begin" in line else "E"))
        if line.startswith("# subcase") and "begin" in line and ops and "0 Q" not in ops:
            ops.append("0 Q")
        line = line.removeprefix("# not-executed ")          # what the dead would have gone on to do
        m = re.match(r"(\d+) (\w+)\((.*)\) = ", line)
        if not m or line.startswith("#") or skip_to_after:
            continue
        pid, call, args = int(m[1]), m[2], m[3]
        i = who.get(pid, 0)
        if child and pid == child:
            continue
        a = [x.strip() for x in args.split(",")]
        if call == "touch":
            addr = int(a[0], 16)
            if workload(addr):
                stride = int(a[3]) // 4096 if len(a) > 3 else 1
                ops.append(f"{i} t {addr:x} {int(a[1]) // 4096} {a[2]} {stride}")
        elif call == "mmap":
            if "MAP_POPULATE" in a[3] and not before and i == 0:
                areas.append(("s" if "MAP_SHARED" in a[3] else "") + a[1])
            elif a[0] != "NULL" and workload(int(a[0], 16)):
                fd = -1 if a[4] == "-1" else int(a[4].split("<")[0])
                ops.append(f"{i} m {int(a[0], 16):x} {int(a[1]):x} {flags(a[2], PROT)} {flags(a[3], MAP)} {fd} {int(a[5], 0):x}")
                maps.setdefault((i, int(a[0], 16)), int(a[1]) // 4096)
        elif call == "madvise":
            if workload(int(a[0], 16)) and a[2] in ADVICE:
                ops.append(f"{i} a {int(a[0], 16):x} {int(a[1]):x} {ADVICE[a[2]]}")
        elif call == "mbind":
            ops.append(f"{i} b {int(a[0], 16):x} {int(a[1]):x} {POLICY[a[2]]} {int(a[3].strip('[]'), 16):x}")
        elif call == "sched_setaffinity":
            ops.append(f"{i} p {a[2].strip('[]')}")
        elif call == "fadvise64":
            ops.append(f"{i} v {a[0].split('<')[0]} {FADVICE[a[3]]}")
        elif call == "openat":
            path = a[1].strip('"')
            if path.startswith("/data/"):
                fd = re.search(r"= (\d+)<", line)[1]
                ops.append(f"{i} o {fd} {flags(a[2], OPEN)} {path}")
        elif call == "close" and "/data/" in args:
            ops.append(f"{i} c {args.split('<')[0]}")
        elif call == "pread64":
            ops.append(f"{i} r {a[0].split('<')[0]} {a[2]} {int(a[3]):x}")
        elif call == "write":
            path = re.search(r"<(.*?)>", args)[1]
            if path.startswith("/data/"):
                ops.append(f"{i} W {a[0].split('<')[0]} {a[2]}")
            elif path.endswith("cgroup.procs"):
                ops.append(f"{i} g {who[int(a[1].strip(chr(34)))]} {path}")
            elif path.startswith("/sys/fs/cgroup"):
                ops.append(f"{i} w {path} " + a[1].strip('"'))
            elif path.endswith("drop_caches"):
                ops.append(f"{i} w {path} 1")
        elif call == "mkdir":
            ops.append(f"{i} d " + a[0].strip('"'))
        elif call in ("fsync", "fdatasync"):
            ops.append(f"{i} f {args.split('<')[0]}")
        elif call == "sync":
            ops.append(f"{i} s")
        elif call == "mlockall":
            ops.append(f"{i} h")
    areas_of = [(w, addr) for w, addr in maps if addr != 0x250000000000]
    if os.path.exists(os.path.join(folder, "pagestates.hot")):
        names = ["pagestates.hot", "pagestates.cold"]
    elif any(w for w, _ in areas_of):
        names = [f"pagestates.v{w - 1}a" for w, _ in areas_of]
    else:
        names = ["pagestates"]
    for name, (w, addr) in zip(names, areas_of):
        ops.append(f"0 P {name} {addr:x} {maps[w, addr]} {w}")
    return areas, ops


if __name__ == "__main__":
    import sys
    mem, lines = convert(sys.argv[1], [])
    print("wlmem=" + ",".join(mem))
    print("\n".join(lines))
