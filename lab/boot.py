# SPDX-License-Identifier: MIT
"""Build the initramfs and the disks of a case and boot it once under QEMU TCG."""
import gzip, json, os, random, re, socket, struct, subprocess, tempfile, time
import ops as oplist

HERE = os.path.dirname(os.path.abspath(__file__))
KERNEL = "6.1.0-56-amd64"
MODULES = {
    "base": ["drivers/virtio/virtio_ring", "drivers/virtio/virtio", "drivers/virtio/virtio_pci_legacy_dev",
             "drivers/virtio/virtio_pci_modern_dev", "drivers/virtio/virtio_pci", "drivers/block/virtio_blk",
             "drivers/char/virtio_console"],
    "ext4": ["lib/crc16", "fs/mbcache", "fs/jbd2/jbd2", "crypto/crc32c_generic", "fs/ext4/ext4"],
}
# The recorded initramfs: 1424 pages on tmpfs, of which a shell had 447 mapped; 2260 KiB packed (565 pages, freed
# at boot, so they set the early watermarks).
SHMEM, MAPPED, PACKED = 1424, 447, 565 * 4096


def work():
    path = os.environ.get("LAB_WORK", "/var/tmp/pagewise-lab")
    os.makedirs(path, exist_ok=True)
    return path


def sh(*cmd, **kw):
    return subprocess.run(cmd, check=True, stdout=subprocess.DEVNULL, **kw)


def kernel():
    """Unpacks Debian's kernel package once; returns its root."""
    root = os.path.join(work(), "kernel")
    if not os.path.exists(root + "/boot"):
        deb = [f for f in os.listdir(work()) if f.startswith("linux-image-" + KERNEL)]
        if not deb:
            sh("apt-get", "download", "linux-image-" + KERNEL, cwd=work())
            deb = [f for f in os.listdir(work()) if f.startswith("linux-image-" + KERNEL)]
        sh("dpkg-deb", "-x", os.path.join(work(), deb[0]), root)
    return root


def player():
    exe, src = os.path.join(work(), "player"), os.path.join(HERE, "player.c")
    if not os.path.exists(exe) or os.path.getmtime(exe) < os.path.getmtime(src):
        sh("gcc", "-O2", "-Wall", "-Wextra", "-static", "-s", "-o", exe, src)
    return open(exe, "rb").read()


def module(path):
    """A module without its debug sections and signature."""
    out = os.path.join(work(), os.path.basename(path))
    if not os.path.exists(out):
        sh("strip", "-g", "-o", out, path)
    return open(out, "rb").read()


def cpio(entries):
    def record(name, mode, data):
        head = [len(blob), mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name) + 1, 0]
        text = b"070701" + b"".join(b"%08X" % h for h in head) + name.encode() + b"\0"
        return text + b"\0" * (-len(text) % 4) + data + b"\0" * (-len(data) % 4)
    blob = b""
    for entry in entries + [("TRAILER!!!", 0, b"")]:
        blob += record(*entry)
    return blob


def pages(data):
    return -(-len(data) // 4096)


def initramfs(ext4, links=0):
    """Size both unpacked and packed as the recorded one, with one file of zeros and noise."""
    path = os.path.join(work(), f"initramfs.{'ext4' if ext4 else 'base'}.{links}")
    if os.path.exists(path) and os.path.getmtime(path) > os.path.getmtime(os.path.join(HERE, "player.c")):
        return path
    base = os.path.join(kernel(), "lib/modules", KERNEL, "kernel")
    files = [("m", 0o40755, b""), ("bin", 0o40755, b""), ("bin/wl", 0o100755, player()), ("init", 0o120777, b"bin/wl")]
    files += [(f"bin/{i:03}", 0o120777, b"wl") for i in range(links)]
    files += [(f"m/{i:02}", 0o100644, module(f"{base}/{m}.ko"))
              for i, m in enumerate(MODULES["base"] + (MODULES["ext4"] if ext4 else []))]
    used = sum(pages(d) for _, mode, d in files if mode >> 12 == 8)
    pad = (SHMEM - used) * 4096
    noise = random.Random(1).randbytes(pad)
    fewest, most = 0, pad
    while fewest < most:                 # most noise that still packs into PACKED bytes
        n = (fewest + most + 1) // 2
        blob = gzip.compress(cpio(files + [("pad", 0o100644, noise[:n] + bytes(pad - n))]), 6, mtime=0)
        fewest, most = (n, most) if len(blob) <= PACKED else (fewest, n - 1)
    blob = gzip.compress(cpio(files + [("pad", 0o100644, noise[:fewest] + bytes(pad - fewest))]), 6, mtime=0)
    open(path, "wb").write(blob + bytes(PACKED - len(blob)))
    print(f"initramfs: {used} pages used, {pad // 4096} of padding, {len(blob)} bytes packed")
    return path


def swap(mib):
    path = os.path.join(work(), f"swap{mib}.img")
    if not os.path.exists(path):
        sh("truncate", "-s", f"{mib}M", path)
        sh("/sbin/mkswap", path, stderr=subprocess.DEVNULL)
    return path


def ext4(mib, names):
    """names: file name -> bytes. Without journal, as recorded."""
    path = os.path.join(work(), f"ext4.{mib}.{'.'.join(names)}.img")
    if not os.path.exists(path):
        with tempfile.TemporaryDirectory(dir=work()) as folder:
            for name, size in names.items():
                with open(os.path.join(folder, name), "wb") as f:
                    for k in range(0, size, 1 << 20):
                        f.write((b"%015d\n" % k) * (min(1 << 20, size - k) // 16))
            sh("truncate", "-s", f"{mib}M", path + ".new")
            sh("/sbin/mke2fs", "-q", "-t", "ext4", "-b", "4096", "-O", "^has_journal", "-m", "0", "-d", folder, path + ".new")
            os.rename(path + ".new", path)
    return path


def zones(folder):
    """Zone -> (free pages, pages on the per-CPU lists) at `before`."""
    free, zone = {}, None
    for line in open(os.path.join(folder, "before.zoneinfo")):
        m = re.match(r"Node 0, zone\s+(\w+)", line)
        zone = m[1] if m else zone
        m = re.match(r"\s+pages free\s+(\d+)", line)
        if m:
            free[zone] = (int(m[1]), 0)
        m = re.match(r"\s+count:\s+(\d+)", line)
        if m:
            free[zone] = (free[zone][0], int(m[1]))
    return free


def sysctls(case):
    cmdline = case.get("kernel_command_line") or ""
    m = re.search(r"wlsys=(\S+)", cmdline)
    return m[1] if m else case.get("sysctls", "")


def boot(folder, out, *, offset=0, hot=None, slack=0, icount=False, trace="", cpu="1", links=0, probe=False, timeout=180):
    """One boot of the recording in `folder` into `out`.

    offset: free pages of DMA32 more (+) or fewer (-) than recorded; hot: initramfs pages to read twice;
    slack: mlocked pages to leave out, so that the zone can be trimmed to what was recorded; probe: only up to `before`;
    trace: tracepoints to switch on at boot (trace_event=), whose text becomes trace.txt.
    """
    case = json.load(open(os.path.join(folder, "case.json")))
    os.makedirs(out, exist_ok=True)
    free, pcp = zones(folder)["DMA32"]
    want = [] if "-numa" in case["machine"] else [("DMA32", free + offset, pcp)]
    areas, ops = oplist.convert(folder, want)
    # Room to trim: less of the recorder's first area, which is mlocked and so not on a list that reclaim scans.
    areas[0] = str(int(areas[0]) - slack * 4096)
    if probe:
        ops = ops[:ops.index("0 S before") + 1]
    machine = case["machine"]
    memory, cpus = re.search(r"-m (\w+)", machine)[1], re.search(r"-smp (\w+)", machine)[1]
    drives, files = [], False
    env = case.get("kernel_command_line") or ("console=ttyS0 quiet loglevel=1 rdinit=/init panic=-1 nokaslr norandmaps tsc=reliable "
        "mitigations=off log_buf_len=1M transparent_hugepage=never wlfile=vda wlrw=1 wlsys=" + sysctls(case))
    for d in case["drives"]:
        if "swap" in d:
            drives.append((swap(int(re.search(r"(\d+) MiB", d)[1])), "on"))
        else:
            files = True
            if "read-only" in d:
                drives.append((ext4(560, {"big": 536870912}), "on"))
            else:
                drives.append((ext4(384, {"f48": 48 << 20}), "on"))
    env += f" wlmem={','.join(areas)} wlmapped={MAPPED} wlhot={hot or 0} wlpids=60"
    if "cgroup" in open(os.path.join(folder, "README.md")).read() or "memcg" in folder:
        env += " wlcg=1"
    if trace:
        env += f" trace_event={trace} trace_buf_size=1500K wltrace=1"
    sock = os.path.join(work(), f"port.{os.getpid()}")
    cmd = ["nice", "-n", "-5", "taskset", "-c", cpu, "qemu-system-x86_64", "-accel", "tcg", "-cpu", "max", "-M", "pc", "-m", memory,
           "-smp", cpus, "-nodefaults", "-display", "none", "-serial", "stdio", "-no-reboot",
           "-kernel", os.path.join(kernel(), "boot/vmlinuz-" + KERNEL), "-initrd", initramfs(files, links), "-append", env]
    if icount:
        cmd += ["-icount", "shift=auto"]
    for i, mib in enumerate(re.findall(r"-numa [^ ]+ \((\d+) MiB\)", machine)):
        cmd += ["-object", f"memory-backend-ram,id=m{i},size={mib}M", "-numa", f"node,nodeid={i},cpus={i},memdev=m{i}"]
    for i, (path, snap) in enumerate(drives):
        cmd += ["-drive", f"file={path},format=raw,if=none,id=d{i},snapshot={snap}", "-device", f"virtio-blk-pci,drive=d{i}"]
    cmd += ["-device", "virtio-serial-pci", "-chardev", f"socket,id=port,path={sock},server=on,wait=off",
            "-device", "virtserialport,chardev=port"]
    load = open("/proc/loadavg").read().split()[0]
    start, busy = time.time(), steal()
    q = subprocess.Popen(cmd, stdout=open(os.path.join(out, "console"), "wb"), stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
    for _ in range(100):
        try:
            s = socket.socket(socket.AF_UNIX)
            s.connect(sock)
            break
        except OSError:
            time.sleep(0.05)
    s.settimeout(timeout)
    data = bytearray()
    try:
        text = ("\n".join(ops) + "\nEND\n").encode()
        s.sendall(text)
        while not data.endswith(b"end\n") or b"=== 0000000000 end\n" not in data[-40:]:
            part = s.recv(1 << 20)
            if not part:
                break
            data += part
        q.wait(30)
    except (OSError, subprocess.TimeoutExpired) as e:
        print("boot:", e)
    finally:
        s.close()
        if q.poll() is None:
            q.kill()
            q.wait()
        if os.path.exists(sock):
            os.unlink(sock)
    note = dict(wall_s=round(time.time() - start, 1), load=load, steal_ticks=steal() - busy, offset=offset, slack=slack, icount=icount)
    json.dump(note, open(os.path.join(out, "boot.json"), "w"))
    unpack(bytes(data), out)
    return note


def steal():
    return int(open("/proc/stat").readline().split()[8])


def unpack(data, out):
    pos = 0
    while (m := re.compile(rb"=== (\d{10}) (\S+)\n").match(data, pos)):
        end = m.end() + int(m[1])
        name = m[2].decode()
        body = data[m.end():end]
        mode = "ab" if name in ("trim.txt", "trace.txt") else "wb"
        if name == "faults.raw":
            name, body = "faults.rle", rle(body.decode()).encode()
        open(os.path.join(out, name), mode).write(body)
        pos = end


def rle(text):
    lines = [f"{m.start()} {len(m[0])} {m[1]}" for m in re.finditer(r"(.)\1*", text)]
    return "\n".join(lines) + "\n"
