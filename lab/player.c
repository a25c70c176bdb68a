// SPDX-License-Identifier: MIT
// Guest side of the lab: as PID 1 it prepares the machine, as "wl" it plays one workload and records it.
// Everything it learns stays in mlocked memory until the end and leaves through a virtio-serial port, so that
// recording takes no page cache and no swap. The op list comes in through the same port.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define FD_BASE 20                       // fd N of the workload is our fd FD_BASE + N
#define LEN(a) (sizeof(a) / sizeof *(a))

// ---------------------------------------------------------------- PID 1

static void die(const char *what)
{
    dprintf(2, "LAB FAILED: %s: %s\n", what, strerror(errno));
    char *log = mmap(NULL, 1 << 16, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int n = log == MAP_FAILED ? 0 : klogctl(3, log, 1 << 16);
    if (n > 0 && write(2, log, n) < 0)
        _exit(1);
    sync();
    reboot(RB_POWER_OFF);
    _exit(1);
}

static int put(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY);
    ssize_t n = fd < 0 ? -1 : write(fd, text, strlen(text));
    if (fd >= 0)
        close(fd);
    return n < 0 ? -1 : 0;
}

// vm.page-cluster=0,vm.swappiness=0 -> /proc/sys/vm/page-cluster ...
static void sysctls(char *list)
{
    for (char *save, *s = strtok_r(list, ",", &save); s; s = strtok_r(NULL, ",", &save)) {
        char path[128] = "/proc/sys/", *eq = strchr(s, '=');
        *eq = 0;
        strcat(path, s);
        for (char *p = path; *p; p++)
            if (*p == '.')
                *p = '/';
        if (put(path, eq + 1))
            die(path);
    }
}

// Shape the shmem part of the start: the recorded guests had a shell mapped and part of the files read twice.
// hot: pages of /pad to read twice (-> active list); mapped: pages of /pad to keep mapped and touched.
static void shape(int hot, int mapped)
{
    static char page[4096];
    int fd = open("/pad", O_RDONLY);
    if (fd < 0)
        die("/pad");
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < hot; i++)
            if (pread(fd, page, 1, (off_t)i * 4096) != 1)
                break;
    if (mapped) {
        volatile char *m = mmap(NULL, (size_t)mapped * 4096, PROT_READ, MAP_PRIVATE, fd, 0);
        for (int i = 0; i < mapped; i++)
            (void)m[(size_t)i * 4096];
    }
    close(fd);
    char *shell = mmap(NULL, 6 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (int i = 0; i < 6; i++)          // its data: 6 pages more than this program has
        shell[i * 4096] = 1;
}

static int port(int flags)               // the number is that of the virtio device: 0 without disks, 1 with one ...
{
    for (int i = 0, fd; i < 4; i++) {
        char path[32];
        sprintf(path, "/dev/vport%dp1", i);
        if ((fd = open(path, flags)) >= 0)
            return fd;
    }
    return -1;
}

static void init(void)
{
    char *e;
    mkdir("/proc", 0755), mount("proc", "/proc", "proc", 0, NULL);
    mkdir("/sys", 0755), mount("sysfs", "/sys", "sysfs", 0, NULL);
    mkdir("/dev", 0755), mount("dev", "/dev", "devtmpfs", 0, NULL);
    for (int i = 0; i < 16; i++) {       // modules are named /m/00, /m/01 ... in load order
        char path[16];
        sprintf(path, "/m/%02d", i);
        int fd = open(path, O_RDONLY);
        if (fd < 0)
            continue;
        if (syscall(SYS_finit_module, fd, "", 0) && errno != EEXIST)
            die(path);
        close(fd);
    }
    for (int i = 0, fd; i < 500 && (fd = port(O_PATH), fd < 0 || close(fd)); i++)
        usleep(10000);
    // Reading this file makes the kernel compute the zones' protection anew (the recordings read all sysctls).
    int fd = open("/proc/sys/vm/lowmem_reserve_ratio", O_RDONLY);
    char ratio[64];
    if (fd < 0 || read(fd, ratio, sizeof ratio) < 0)
        die("lowmem_reserve_ratio");
    close(fd);
    if ((e = getenv("wllru")))
        put("/sys/kernel/mm/lru_gen/enabled", e);
    if ((e = getenv("wlsys")))
        sysctls(e);
    if ((e = getenv("wlswap"))) {
        char path[32] = "/dev/";
        if (swapon(strcat(path, e), 0))
            die(path);
    }
    if ((e = getenv("wlfile"))) {
        char path[32] = "/dev/";
        int ro = !getenv("wlrw");
        mkdir("/data", 0755);
        if (mount(strcat(path, e), "/data", "ext4", MS_NOATIME | (ro ? MS_RDONLY : 0), NULL))
            die(path);
    }
    if (getenv("wlcg")) {
        mkdir("/t", 0755), mount("tmpfs", "/t", "tmpfs", 0, NULL);
        if (mount("cgroup2", "/sys/fs/cgroup", "cgroup2", 0, NULL))
            die("cgroup2");
    }
    for (int n = getenv("wlpids") ? atoi(getenv("wlpids")) : 0; n > 0; n--) {
        pid_t p = fork();                // age the PIDs and the slabs as a shell script would
        if (!p)
            _exit(0);
        waitpid(p, NULL, 0);
    }
    shape(getenv("wlhot") ? atoi(getenv("wlhot")) : 0, getenv("wlmapped") ? atoi(getenv("wlmapped")) : 0);
    pid_t p = fork();
    if (!p) {
        execl("/bin/wl", "/bin/wl", "play", NULL);
        die("execl");
    }
    int status;
    while (waitpid(p, &status, 0) < 0)
        ;
    dprintf(2, "LAB DONE %d\n", status);
    reboot(RB_POWER_OFF);
}

// ---------------------------------------------------------------- recorder memory

struct area { char *p; size_t len; int shared, used; };
static struct area areas[12];
static int nareas;

static char *out, *outp, *ops, *series, *seriesp, *faults, *buf;
static size_t outlen, bufsize;
// Shared with the workers: accesses logged so far, whether to log, page the hog is about to write.
static struct shared { volatile uint64_t n, recording, progress; } *sh;

static void area(size_t len, int shared)
{
    struct area *a = &areas[nareas++];
    a->len = len, a->shared = shared;
    a->p = mmap(NULL, len, PROT_READ | PROT_WRITE,
                (shared ? MAP_SHARED : MAP_PRIVATE) | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (a->p == MAP_FAILED)
        die("recorder area");
    if (mlock(a->p, len))
        die("mlock");
    if (!shared)
        madvise(a->p, len, MADV_DONTFORK);
}

static char *pick(size_t min, size_t *len)
{
    for (int i = 0; i < nareas; i++)
        if (!areas[i].used && !areas[i].shared && areas[i].len >= min) {
            areas[i].used = 1;
            if (len)
                *len = areas[i].len;
            return areas[i].p;
        }
    return NULL;
}

// ---------------------------------------------------------------- snapshots

static int refresh_fd, vmstat_fd, port_fd;
static char groups[8][32];
static int ngroups;

static void section(const char *tag, const char *ext, const char *path)
{
    char *head = outp;
    if (outp + 200000 > out + outlen)
        return;
    outp += sprintf(outp, "=== %010d %s.%s\n", 0, tag, ext);
    char *start = outp;
    int fd = open(path, O_RDONLY);
    for (ssize_t n; fd >= 0 && (n = read(fd, outp, 65536)) > 0;)
        outp += n;
    if (fd >= 0)
        close(fd);
    head[4 + sprintf(head + 4, "%010d", (int)(outp - start))] = ' ';
}

static void cgroups(const char *tag)
{
    static const char *const files[] = { "memory.current", "memory.peak", "memory.max", "memory.high", "memory.low", "memory.min",
        "memory.swap.current", "memory.swap.max", "memory.oom.group", "memory.events", "memory.events.local",
        "memory.swap.events", "memory.pressure", "memory.stat", "cgroup.stat", "cgroup.procs" };
    char *head = outp;
    outp += sprintf(outp, "=== %010d %s.cgroup\n", 0, tag);
    char *start = outp;
    for (int g = -1; g < ngroups; g++)
        for (size_t i = 0; i < LEN(files); i++) {
            char path[96];
            sprintf(path, "/sys/fs/cgroup/%s/%s", g < 0 ? "." : groups[g], files[i]);
            int fd = open(path, O_RDONLY);
            if (fd < 0)
                continue;
            outp += sprintf(outp, "## %s %s\n", g < 0 ? "." : groups[g], files[i]);
            for (ssize_t n; (n = read(fd, outp, 16384)) > 0;)
                outp += n;
            close(fd);
        }
    head[4 + sprintf(head + 4, "%010d", (int)(outp - start))] = ' ';
}

static void refresh(void)
{
    if (write(refresh_fd, "1", 1) != 1)
        die("stat_refresh");
}

static void snapshot(const char *tag, int only_vmstat)
{
    refresh();
    section(tag, "vmstat", "/proc/vmstat");
    if (only_vmstat)
        return;
    section(tag, "zoneinfo", "/proc/zoneinfo");
    section(tag, "meminfo", "/proc/meminfo");
    if (!strcmp(tag, "before") || !strcmp(tag, "after")) {
        section(tag, "buddyinfo", "/proc/buddyinfo");
        section(tag, "pagetypeinfo", "/proc/pagetypeinfo");
        section(tag, "swaps", "/proc/swaps");
        section(tag, "status", "/proc/self/status");
    }
    if (getenv("wlcg"))
        cgroups(tag);
}

// A number of one zone: "pages free", "count:" (pages on the per-CPU lists).
static long zone_number(const char *zone, const char *what)
{
    refresh();
    int fd = open("/proc/zoneinfo", O_RDONLY);
    size_t n = 0;
    for (ssize_t r; (r = read(fd, buf + n, bufsize - 1 - n)) > 0;)
        n += r;
    close(fd);
    buf[n] = 0;
    for (char *p = buf; (p = strstr(p, "zone ")); p++) {
        char *name = p + 5 + strspn(p + 5, " ");
        if (!strncmp(name, zone, strlen(zone)) && name[strlen(zone)] == '\n')
            return strtol(strstr(name, what) + strlen(what), NULL, 10);
    }
    return -1;
}

// Bring a zone to the wanted pages on the per-CPU lists (by mapping pages and giving them back) and the wanted free
// pages (by filling a pipe: kernel pages, unmovable, on no LRU list).
static void trim(const char *zone, long want, long pcp)
{
    int p[2];
    long taken = 0, extra = 0, free = zone_number(zone, "pages free"), count = zone_number(zone, "count:");
    char *o = outp;
    outp += sprintf(outp, "=== %010d trim.txt\n", 0);
    char *start = outp;
    outp += sprintf(outp, "%s free %ld wanted %ld, per-CPU %ld wanted %ld\n", zone, free, want, count, pcp);
    long slots = 256;
    while (slots < free - want + 64)
        slots *= 2;
    if (pipe2(p, O_CLOEXEC | O_NONBLOCK) || fcntl(p[1], F_SETPIPE_SZ, slots * 4096) < 0)
        die("pipe for trimming");
    for (int round = 0; round < 200; round++) {
        count = zone_number(zone, "count:");
        free = zone_number(zone, "pages free");
        if (count < pcp - 1 && extra < 20) {
            long n = pcp - count + extra++;
            char *m = mmap(NULL, n * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
            munmap(m, n * 4096);
        } else if (free > want) {
            long n = free - want > 64 ? 64 : free - want;
            if (taken + n > slots || write(p[1], areas[0].p, (size_t)n * 4096) != n * 4096)
                break;
            taken += n;
        } else
            break;
    }
    outp += sprintf(outp, "%s now %ld, per-CPU %ld, pipe pages %ld\n", zone, free, count, taken);
    o[4 + sprintf(o + 4, "%010d", (int)(outp - start))] = ' ';
}

// vmstat fields every 64 accesses, as the recordings did: it costs the guest the same kernel time.
static const char *const fields[] = { "nr_free_pages", "nr_inactive_anon", "nr_active_anon", "nr_inactive_file", "nr_active_file",
    "nr_dirty", "nr_writeback", "pgscan_kswapd", "pgscan_direct", "pgsteal_kswapd", "pgsteal_direct", "pswpin", "pswpout",
    "workingset_refault_anon", "workingset_activate_anon", "pgactivate", "pgdeactivate", "pgmajfault",
    "kswapd_low_wmark_hit_quickly", "kswapd_high_wmark_hit_quickly", "pageoutrun" };
static size_t series_len;

static void sample(unsigned long index)
{
    ssize_t n = pread(vmstat_fd, buf, bufsize - 1, 0);
    if (n <= 0 || seriesp + 300 > series + series_len)
        return;
    buf[n] = 0;
    seriesp += sprintf(seriesp, "%lu", index);
    size_t f = 0;
    for (char *line = buf; f < LEN(fields) && line; line = strchr(line, '\n')) {   // vmstat's order is ours
        line += *line == '\n';
        size_t l = strlen(fields[f]);
        if (!strncmp(line, fields[f], l) && line[l] == ' ') {
            char *v = line + l + 1;
            *seriesp++ = ',';
            while (*v >= '0' && *v <= '9')
                *seriesp++ = *v++;
            f++;
        }
    }
    *seriesp++ = '\n';
}

// ---------------------------------------------------------------- the workload

static int every_call;

static inline void one(volatile uint64_t *p, int write, struct rusage *old)
{
    struct rusage now;
    if (write)
        *p = (uint64_t)(uintptr_t)p;
    else
        (void)*p;
    if (!sh->recording)
        return;
    getrusage(RUSAGE_SELF, &now);
    long minor = now.ru_minflt - old->ru_minflt, major = now.ru_majflt - old->ru_majflt;
    faults[sh->n++] = major ? 'M' : minor == 0 ? '.' : minor == 1 ? 'm' : (char)('0' + (minor > 9 ? 9 : minor));
    *old = now;
}

static void touch(uint64_t addr, long pages, int write, long stride)
{
    struct rusage old;
    if (sh->recording)
        getrusage(RUSAGE_SELF, &old);
    for (long i = 0; i < pages; i++) {
        if (series && sh->recording && sh->n % 64 == 0) {
            sample(sh->n);
            getrusage(RUSAGE_SELF, &old);
        }
        one((volatile uint64_t *)(addr + (uint64_t)(i * stride) * 4096), write, &old);
    }
}

static pid_t pids[16];
static int to[16], from[16], dead[16];

static void wall(int fd, const void *p, size_t n)
{
    while (n) {
        ssize_t w = write(fd, p, n);
        if (w <= 0)
            die("write");
        p = (const char *)p + w;
        n -= w;
    }
}

static void step(char *line);

static void set_adj(long adj)
{
    char t[16];
    sprintf(t, "%ld", adj);
    put("/proc/self/oom_score_adj", t);
}

// A worker that gets its ops through a pipe; as in the recordings it first copies and mlocks all it needs itself.
static void worker(int index, const char *name, long adj)
{
    int a[2], b[2];
    char comm[16];                       // name lies in memory that a child does not get
    snprintf(comm, sizeof comm, "%s", name);
    if (pipe2(a, 0) || pipe2(b, 0))
        die("pipe");
    pid_t p = fork();
    if (p) {
        pids[index] = p, to[index] = a[1], from[index] = b[0];
        close(a[0]), close(b[1]);
        char c;
        if (read(b[0], &c, 1) != 1)
            die("worker");
        return;
    }
    prctl(PR_SET_NAME, comm);
    if (adj)
        set_adj(adj);
    char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    mlock(page, 4096);
    extern char __executable_start, etext, __data_start, _end;
    uintptr_t data = (uintptr_t)&__data_start & ~4095UL, stack = ((uintptr_t)&page & ~4095UL) - 12288;
    for (volatile char *d = &__executable_start; d < &etext; d += 4096)
        (void)*d;                        // map the program: its page table is not the cgroup's
    for (volatile char *d = (char *)data; d < &_end; d += 4096)
        *d = *d;                         // copy now what fork shares
    for (int i = 0; i < 4; i++)
        *(volatile char *)(stack + i * 4096) = *(volatile char *)(stack + i * 4096);
    for (int i = 0; i < nareas; i++)     // shared areas: map them now, too
        for (size_t k = 0; areas[i].shared && k < areas[i].len; k += 4096)
            *(volatile char *)(areas[i].p + k) = *(volatile char *)(areas[i].p + k);
    mlock((void *)data, (uintptr_t)&_end - data);
    mlock((void *)stack, 16384);
    series = NULL;
    buf = page, bufsize = 4096;
    for (;;) {
        char c = 'r';
        if (write(b[1], &c, 1) != 1)
            _exit(1);
        ssize_t n = read(a[0], page, 4095);
        if (n <= 0)
            _exit(0);
        page[n] = 0;
        step(page);
    }
}

// Children and hog of the OOM cases: they run by themselves and are ended by the kernel.
static pid_t victim(const char *name, long adj, uint64_t addr, long pages, long step_pages)
{
    int p[2];
    char c = 'r';
    if (pipe2(p, 0))
        die("pipe");
    pid_t child = fork();
    if (!child) {
        munlockall();
        set_adj(adj);
        prctl(PR_SET_NAME, name);
        char *m = mmap((void *)addr, (size_t)pages * 4096, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (step_pages) {
            close(p[0]), close(p[1]);
            for (long i = 0; i < pages; i++) {
                sh->progress = i;        // the page about to be written
                *(volatile char *)(m + i * 4096) = 1;
            }
        } else {
            for (long i = 0; i < pages; i++)
                *(volatile char *)(m + i * 4096) = 1;
            if (write(p[1], &c, 1) != 1)
                _exit(1);
        }
        for (;;)
            pause();
    }
    if (!step_pages && read(p[0], &c, 1) != 1)
        die("victim");
    close(p[0]), close(p[1]);
    return child;
}

static char names[16][8];

static void watch(int hog)
{
    int deaths = 0;
    for (;;) {
        int status;
        pid_t p = waitpid(-1, &status, WNOHANG);
        if (p > 0) {
            char tag[16];
            sprintf(tag, "death%d", ++deaths);
            for (int i = 0; i < 16; i++)
                if (pids[i] == p) {
                    seriesp += sprintf(seriesp, "death %d: pid %d name %s hog_pages %lu\n", deaths, (int)p, names[i],
                                       (unsigned long)sh->progress);
                    pids[i] = 0;
                }
            snapshot(tag, 1);
            if (!pids[hog])
                break;
            continue;
        }
        struct timespec t = { 0, 20000000 };
        nanosleep(&t, NULL);
    }
    for (int i = 0; i < 16; i++)
        if (pids[i])
            kill(pids[i], SIGKILL);
    while (wait(NULL) > 0)
        ;
}

static char *arg(char **p)               // next word of the line
{
    char *w = *p + strspn(*p, " ");
    *p = w + strcspn(w, " ");
    if (**p)
        *(*p)++ = 0;
    return w;
}
#define HEX(p) strtoull(arg(p), NULL, 16)
#define DEC(p) strtol(arg(p), NULL, 10)

static void pagestates(const char *tag, uint64_t addr, long pages, pid_t pid)
{
    char path[32];
    sprintf(path, "/proc/%d/pagemap", (int)pid);
    int map = open(path, O_RDONLY), flags = open("/proc/kpageflags", O_RDONLY);
    long total[256] = { 0 }, run = 0, first = 0;
    char last = 0, *head = outp;
    outp += sprintf(outp, "=== %010d %s\n", 0, tag);
    char *start = outp;
    for (long i = 0; i <= pages; i++) {
        uint64_t e = 0, f = 0;
        char c = '-';
        if (i < pages && pread(map, &e, 8, (addr / 4096 + i) * 8) == 8) {
            if (e >> 63 & 1) {
                if (pread(flags, &f, 8, (e & ((1ULL << 55) - 1)) * 8) != 8)
                    f = 0;
                c = f >> 24 & 1 ? 'z' : f >> 18 & 1 ? 'u' : !(f >> 5 & 1) ? 'x'
                    : f >> 6 & 1 ? (f >> 2 & 1 ? 'A' : 'a') : (f >> 2 & 1 ? 'I' : 'i');
            } else if (e >> 62 & 1)
                c = 'S';
            total[(unsigned char)c]++;
        }
        if (i == pages || c != last) {
            if (run)
                outp += sprintf(outp, "%ld %ld %c\n", first, run, last);
            first = i, run = 0, last = c;
        }
        run++;
    }
    outp += sprintf(outp, "totals");
    for (int c = 0; c < 256; c++)
        if (total[c])
            outp += sprintf(outp, " %c=%ld", c, total[c]);
    *outp++ = '\n';
    head[4 + sprintf(head + 4, "%010d", (int)(outp - start))] = ' ';
    close(map), close(flags);
}

// One op: "WHO OP args". WHO 0 is the recorder; others are workers, who get the line through their pipe.
static void step(char *line)
{
    static int me;
    char *p = line;
    int who = (int)strtol(p, &p, 10);
    if (who != me && getpid() != pids[who]) {
        char c;
        if (!to[who]) {                  // we are the worker itself
            me = who;
        } else {
            size_t n = strlen(line);
            if (!dead[who])              // killed for want of memory, before or by this op
                dead[who] = write(to[who], line, n) != (ssize_t)n || read(from[who], &c, 1) != 1;
            return;
        }
    }
    char op = *arg(&p);
    switch (op) {
    case 't': { uint64_t a = HEX(&p); long n = DEC(&p); int w = *arg(&p) == 'W'; touch(a, n, w, DEC(&p)); break; }
    case 'r': { int fd = DEC(&p); long len = DEC(&p); off_t off = HEX(&p);
                if (pread(FD_BASE + fd, buf, len, off) != len)
                    die("pread64");
                break; }
    case 'm': { uint64_t a = HEX(&p), l = HEX(&p); int prot = DEC(&p), flags = DEC(&p), fd = DEC(&p); off_t off = HEX(&p);
                if (mmap((void *)a, l, prot, flags, fd < 0 ? -1 : FD_BASE + fd, off) == MAP_FAILED)
                    die("mmap");
                break; }
    case 'a': { uint64_t a = HEX(&p), l = HEX(&p); madvise((void *)a, l, DEC(&p)); break; }
    case 'b': { uint64_t a = HEX(&p), l = HEX(&p); int mode = DEC(&p); unsigned long nodes = HEX(&p);
                if (syscall(SYS_mbind, a, l, mode, &nodes, 8, 0))
                    die("mbind");
                break; }
    case 'p': { cpu_set_t set; CPU_ZERO(&set); CPU_SET(DEC(&p), &set); sched_setaffinity(0, sizeof set, &set); break; }
    case 'v': { int fd = DEC(&p); posix_fadvise(FD_BASE + fd, 0, 0, DEC(&p)); break; }
    case 'o': { int fd = DEC(&p), flags = DEC(&p); char *path = arg(&p); int f = open(path, flags, 0644);
                if (f < 0 || dup2(f, FD_BASE + fd) < 0) die(path);
                close(f); break; }
    case 'c': close(FD_BASE + (int)DEC(&p)); break;
    case 'W': { int fd = DEC(&p); long len = DEC(&p); if (write(FD_BASE + fd, areas[0].p, len) != len) die("write"); break; }
    case 'f': fsync(FD_BASE + (int)DEC(&p)); break;
    case 's': sync(); break;
    case 'w': { char *path = arg(&p); if (put(path, arg(&p)) && errno != EAGAIN) die(path); break; }
    case 'd': { char *path = arg(&p); if (mkdir(path, 0755)) die(path); strcpy(groups[ngroups++], strrchr(path, '/') + 1); break; }
    case 'g': { char t[16]; sprintf(t, "%d", (int)pids[DEC(&p)]); char *path = arg(&p); if (put(path, t)) die(path); break; }
    case 'k': { int i = DEC(&p); char *name = arg(&p); worker(i, name, DEC(&p)); break; }
    case 'h': {                          // the recorded program had 301 pages of data more than this one
        size_t l = 301 * 4096;
        char *m = mmap(NULL, l, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        for (size_t i = 0; i < l; i += 4096)
            m[i] = 1;
        set_adj(-1000);
        mlockall(MCL_CURRENT);
        break; }
    case 'C': case 'H': {
        int i = DEC(&p); char *name = arg(&p); strcpy(names[i], name);
        long adj = DEC(&p); uint64_t a = HEX(&p); long n = DEC(&p);
        pids[i] = victim(names[i], adj, a, n, op == 'H');
        if (op == 'H')
            watch(i);
        break; }
    case 'B': sh->recording = 1; break;
    case 'E': sh->recording = 0; break;
    case 'S': snapshot(arg(&p), 0); break;
    case 'Q': every_call = 1; break;     // refresh and sample after every call (wb_*)
    case 'T': { char *zone = arg(&p); long want = DEC(&p); trim(zone, want, DEC(&p)); break; }
    case 'P': { char *tag = arg(&p); uint64_t a = HEX(&p); long n = DEC(&p); int i = DEC(&p);
                pagestates(tag, a, n, i ? pids[i] : getpid()); break; }
    default: errno = 0; die(line);
    }
    if (every_call && strchr("oWcfs", op)) {
        static unsigned long calls;
        refresh();
        sample(calls++);
    }
}

static void play(void)
{
    signal(SIGPIPE, SIG_IGN);            // a worker may be dead when its next op comes
    // wlmem: the recorder's areas in the recording's order, sN = shared
    char *save, *list = getenv("wlmem");
    for (char *s = strtok_r(list, ",", &save); s; s = strtok_r(NULL, ",", &save))
        area(strtoul(s + (*s == 's'), NULL, 10), *s == 's');
    size_t opslen;                       // press_* have less: an area of 1 MiB (less what is trimmed), then halves
    if (!(out = outp = pick(2 << 20, &outlen)))
        out = outp = pick(1 << 19, &outlen);
    if (!(ops = pick(1 << 20, &opslen)))
        ops = pick(1 << 19, &opslen);
    if (!ops)
        die("no room for the ops");
    series = seriesp = pick(500000, &series_len);
    for (int i = 0; i < nareas; i++)     // the fault log is shared if the case has workers
        if (areas[i].shared && areas[i].len > 100000)
            faults = areas[i].p, areas[i].used = 1;
    if (!faults)
        faults = pick(100000, NULL);
    buf = pick(16384, &bufsize);
    for (int i = 0; i < nareas; i++)
        if (areas[i].shared && !areas[i].used)
            sh = (void *)areas[i].p;
    if (!sh)
        sh = (void *)(faults + 90000);
    refresh_fd = open("/proc/sys/vm/stat_refresh", O_WRONLY);
    vmstat_fd = open("/proc/vmstat", O_RDONLY);
    port_fd = port(O_RDWR);
    if (port_fd < 0)
        die("virtio-serial port");
    size_t n = 0;
    for (ssize_t r; (r = read(port_fd, ops + n, opslen - n - 1)) >= 0;) {
        n += r;
        if (n >= 4 && !memcmp(ops + n - 4, "END\n", 4))
            break;
        if (!r)
            usleep(1000);
    }
    ops[n] = 0;
    if (faults == areas[0].p)
        die("no room for the fault log");
    for (char *line = ops; strncmp(line, "END", 3);) {
        char *end = strchr(line, '\n');
        *end = 0;
        step(line);
        line = end + 1;
    }
    char head[64];
    wall(port_fd, out, outp - out);
    wall(port_fd, head, sprintf(head, "=== %010d faults.raw\n", (int)sh->n));
    wall(port_fd, faults, sh->n);
    if (series) {
        wall(port_fd, head, sprintf(head, "=== %010d series.csv\n", (int)(seriesp - series)));
        wall(port_fd, series, seriesp - series);
    }
    int k = klogctl(3, out, outlen);
    wall(port_fd, head, sprintf(head, "=== %010d dmesg\n", k));
    wall(port_fd, out, k);
    if (getenv("wltrace")) {
        mkdir("/tr", 0755), mount("tracefs", "/tr", "tracefs", 0, NULL);
        int fd = open("/tr/trace", O_RDONLY);
        for (ssize_t got; fd >= 0 && (got = read(fd, out, 65536)) > 0;) {
            wall(port_fd, head, sprintf(head, "=== %010d trace.txt\n", (int)got));
            wall(port_fd, out, got);
        }
    }
    wall(port_fd, head, sprintf(head, "=== %010d end\n", 0));
    for (int i = 0; i < 16; i++)
        if (to[i])
            kill(pids[i], SIGKILL);
    _exit(0);
}

int main(int argc, char **argv)
{
    (void)argv;
    if (argc > 1 && getpid() != 1)
        play();
    init();
}
