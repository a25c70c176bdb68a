# SPDX-License-Identifier: MIT
"""Metrics of expect.tsv (definitions: README of the recordings), computed from a folder in the recordings' layout."""
import glob, lzma, os, re


def text(path):
    if os.path.exists(path):
        return open(path, errors="replace").read()
    return lzma.open(path + ".xz", "rt").read() if os.path.exists(path + ".xz") else None


class Run:
    """One recording or boot. `like`: the recording whose workload.log gives the order of snapshots."""

    def __init__(self, folder, like):
        self.folder = folder
        self.vmstat = {}
        for f in glob.glob(folder + "/*.vmstat"):
            self.vmstat[os.path.basename(f)[:-7]] = {k: int(v) for k, v in (l.split() for l in open(f))}
        log = text(like + "/workload.log")
        self.tags, self.span, pos = [], {}, 0
        logging = False
        for line in log.split("\n"):
            m = re.match(r"# snapshot (\w+)", line)
            if m:
                self.tags.append(m[1])
                self.span[m[1]] = pos
            if line.startswith("# faults.rle"):
                logging = "begin" in line
            m = re.match(r"\d+ touch\(\w+, (\d+)", line)
            if m and logging:
                pos += int(m[1]) // 4096
        self.faults = self.expand(text(folder + "/faults.rle"))
        self.subcases = self.calls(log)
        self.reports = self.oom(text(folder + "/dmesg"))

    @staticmethod
    def expand(rle):
        if rle is None:
            return ""
        return "".join(l.split()[2] * int(l.split()[1]) for l in rle.split("\n") if l and l[0].isdigit())

    @staticmethod
    def calls(log):
        """Sub-case -> first and last row of series.csv (one row for each call but fstat)."""
        spans, name, n = {}, None, 0
        for line in log.split("\n"):
            m = re.match(r"# subcase (\w+) (begin|end)", line)
            if m:
                if m[2] == "begin":
                    name, first = m[1], n
                else:
                    spans[name] = (first, n)
            if re.match(r"\d+ (openat|write|close|fsync|fdatasync|sync)\(", line) and name:
                n += 1
        return spans

    @staticmethod
    def oom(dmesg):
        """Per report: hog page (from the user registers of the report's stack), zones' free pages, victim."""
        reports = []
        for block in re.split(r"\n(?=[^\n]* invoked oom-killer)", dmesg or "")[1:]:
            r = {}
            regs = [int(x, 16) for x in re.findall(r"\b[A-Z0-9]{2,3}: ([0-9a-f]{16})\b", block)]
            page = [x - 0x210000000000 >> 12 for x in regs if 0x210000000000 <= x < 0x210040000000]
            if page:
                r["hog_pages"] = max(page) if len(set(page)) > 1 else page[0]
            for m in re.finditer(r"Node 0 (DMA\d*) free:(\d+)kB", block):
                r[f"zone.n0.{m[1]}.free"] = int(m[2]) // 4
            m = re.search(r"Killed process \d+ \((\w+)\)", block)
            r["victim"] = m[1] if m else None
            reports.append(r)
        return reports

    def diff(self, tag, name, step=False):
        at = self.vmstat[tag]
        base = self.vmstat["before"]
        if step:
            base = self.vmstat[self.tags[self.tags.index(tag) - 1]]

        def sub(n):
            return at[n] - base[n]
        if name in ("pgscan_total", "pgsteal_total"):
            return sub(name[:-5] + "kswapd") + sub(name[:-5] + "direct")
        if name == "allocstall_total":
            return sum(sub(n) for n in at if n.startswith("allocstall_"))
        if name == "kswapd_share":
            k, d = sub("pgsteal_kswapd"), sub("pgsteal_direct")
            return k / (k + d) if k + d else 0
        return sub(name)

    def pages(self, area):
        t = text(f"{self.folder}/pagestates{'.' + area if area else ''}")
        if not t:
            return None
        return {k: int(v) for k, v in (x.split("=") for x in t.strip().split("\n")[-1].split() if "=" in x)}

    def zone(self, tag, zone, field):
        t = text(f"{self.folder}/{tag}.zoneinfo") or ""
        m = re.search(rf"zone\s+{zone}\n(.*?)(?=\nNode|\Z)", t, re.S)
        m = m and re.search(rf"pages free\s+(\d+)" if field == "free" else rf"\s{field}:?\s+(\d+)", m[1])
        return int(m[1]) if m else None

    def cgroup(self, tag, metric):
        t = text(f"{self.folder}/{tag}.cgroup")
        if t is None:
            return None
        files = {}
        for block in t.split("## ")[1:]:
            head, _, body = block.partition("\n")
            path, name = head.split()
            files[path, name] = body.strip()
        m = re.match(r"cgroup\.(.*?)\.((?:memory|cgroup)\..*)", metric)
        path = "." if m[1] == "/" else m[1]
        rest = m[2]
        for (p, name), body in files.items():
            if p != path or not (rest == name or rest.startswith(name + ".")):
                continue
            if rest == name:
                return int(body) if body.isdigit() else body
            key = rest[len(name) + 1:]
            rows = dict(l.split(None, 1) for l in body.split("\n") if " " in l)
            if key in rows and rows[key].isdigit():
                return int(rows[key])
        return None

    def value(self, at, metric):
        """None if this program does not compute the metric or the boot has no data for it."""
        try:
            if metric.startswith("cgroup."):
                return self.cgroup(at, metric)
            if m := re.match(r"report(\d+)", at):
                return self.reports[int(m[1]) - 1].get(metric)
            if m := re.match(r"victim\.(\d+)", metric):
                return self.reports[int(m[1]) - 1]["victim"]
            if metric == "reports":
                return len(self.reports)
            if metric == "accesses":
                return len(self.faults)
            if metric.startswith("faults."):
                kind = {"minor": "m", "major": "M", "none": "."}.get(metric.split(".")[1])
                part = self.faults
                if metric.endswith(".step"):
                    i = self.tags.index(at)
                    part = part[self.span[self.tags[i - 1]]:self.span[at]]
                return part.count(kind) if kind else sum(c.isdigit() for c in part)
            if metric.startswith("pages."):
                m = re.match(r"pages\.([^.]+)(?:\.(\w+))?$", metric)
                t = self.pages(m[2])
                return None if t is None else sum(t.get(c, 0) for c in m[1].split("+"))
            if metric.startswith("zone.n0."):
                _, _, zone, field = metric.split(".", 3)
                return self.zone(at, zone, field)
            if metric.startswith("max_nr_") and at in self.subcases:
                column = {"max_nr_dirty": 6, "max_nr_writeback": 7}[metric]
                rows = [l.split(",") for l in text(self.folder + "/series.csv").split("\n") if l]
                first, last = self.subcases[at]
                return max(int(r[column]) for r in rows[first:last])
            if at not in self.vmstat:
                return None
            if metric == "free_pages":
                return self.vmstat[at]["nr_free_pages"]
            if metric == "free_plus_pcp":
                def total(tag):
                    t = text(f"{self.folder}/{tag}.zoneinfo")
                    return self.vmstat[tag]["nr_free_pages"] + sum(int(x) for x in re.findall(r"count:\s+(\d+)", t))
                return total(at) - total("before")
            if metric.endswith("_end"):
                return self.vmstat[at].get(metric[:-4])
            if metric.endswith(".step"):
                return self.diff(at, metric[:-5], True)
            return self.diff(at, metric)
        except (KeyError, IndexError, ValueError, TypeError):
            return None


def expectations(folder):
    for line in open(folder + "/expect.tsv").read().split("\n")[1:]:
        f = line.split("\t")
        if len(f) >= 5:
            yield f


def number(s):
    try:
        return float(s)
    except ValueError:
        return s


def within(value, expected, tolerance):
    e = number(expected)
    if isinstance(e, str) or isinstance(value, str):
        return str(value) == expected
    if tolerance.startswith("±"):
        return abs(value - e) <= float(tolerance[1:]) + 1e-9
    return abs(value - e) <= float(tolerance or 0) * abs(e) + 1e-9


def alike(a, b):
    """Share of accesses with the same kind of fault; digits (a stray fault of the recorder) count as minor."""
    n = max(len(a), len(b))
    norm = [re.sub(r"\d", "m", x) for x in (a, b)]
    return sum(x == y for x, y in zip(*norm)) / n if n else 1.0


def show(v):
    return f"{v:.4f}".rstrip("0").rstrip(".") if isinstance(v, float) else str(v)


def table(recording, boots):
    """Rows: at, metric, kind, expected, tolerance, lowest, highest, boots within, boots with a value."""
    rows = []
    for at, metric, kind, expected, tolerance, *_ in expectations(recording):
        values = [v for b in boots if (v := b.value(at, metric)) is not None]
        if not values:
            rows.append((at, metric, kind, expected, tolerance, None, None, 0, 0))
            continue
        if any(isinstance(v, str) for v in values):
            lo = hi = "/".join(sorted({str(v) for v in values}))
        else:
            lo, hi = min(values), max(values)
        ok = sum(within(v, expected, tolerance) for v in values) if kind != "informative" else 0
        rows.append((at, metric, kind, expected, tolerance, lo, hi, ok, len(values)))
    return rows


def as_expect(recording, boot):
    """expect.tsv of a boot: the recording's lines and tolerances with the boot's own values."""
    out = ["at\tmetric\tkind\texpected\ttolerance\tnote"]
    for at, metric, kind, expected, tolerance, *_ in expectations(recording):
        v = boot.value(at, metric)
        if v is not None:
            out.append(f"{at}\t{metric}\t{kind}\t{show(v)}\t{tolerance}\tboot of the lab")
    return "\n".join(out) + "\n"
