/* vmfuzz: makes seeded random memory system calls and accesses on the live kernel and writes each one with its result,
 * in the syntax of strace and of the vm corpus, so that a model can be held against it.
 *
 *   vmfuzz SEED CALLS OPTS LOG DIR
 *
 * LOG becomes fd 3; DIR/fzSEED.ro (fd 4, read only) and DIR/fzSEED.rw (fd 5, read and write) are 5 MiB files.
 * OPTS, any of:
 *   f  more file maps              b  big lengths (GiB, TiB)      u  run as uid and gid 65534
 *   g  MADV_GUARD_INSTALL/REMOVE   s  mseal                       r  RLIMIT_AS, DATA, MEMLOCK, STACK change
 *   h  MADV_HUGEPAGE and 2 MiB work                               p  MAP_POPULATE, MAP_LOCKED, mlockall, MCL_FUTURE
 *   k  fork (lines then carry process numbers)                    m  memfd, ftruncate, System V shared memory
 *   e  ELF-like images, thread stacks                             n  none of the file maps at all
 *   a  the maps after every step, which changes no call (to find what a difference came from)
 *   t  the stack grows by accesses below it                       c  a second thread (CLONE_VM), born and gone many times
 *   z  smaps and smaps_rollup at the end of every process, as comments "# smaps PROCESS LINE"
 *
 * No libc, no heap, no stack beyond what the kernel maps at exec: every page of the image is touched before the first
 * recorded call, so that the program's own faults never count. Process numbers are 1000, 1001, …, inode numbers of
 * files without a disk and shmids count from 1, so that a seed gives the same bytes each time. x86-64 only. */

typedef unsigned long u64;
typedef long i64;
typedef unsigned int u32;
typedef unsigned char u8;

#define PAGE 4096ul
#define MiB (1ul << 20)
#define GiB (1ul << 30)
#define TASK_SIZE 0x7ffffffff000ul

enum {
    SYS_read = 0, SYS_write = 1, SYS_open = 2, SYS_close = 3, SYS_mmap = 9, SYS_mprotect = 10, SYS_munmap = 11,
    SYS_brk = 12, SYS_rt_sigaction = 13, SYS_pipe = 22, SYS_mremap = 25, SYS_msync = 26, SYS_mincore = 27,
    SYS_madvise = 28, SYS_shmget = 29, SYS_shmat = 30, SYS_shmctl = 31, SYS_dup2 = 33, SYS_clone = 56, SYS_wait4 = 61,
    SYS_shmdt = 67, SYS_ftruncate = 77, SYS_unlink = 87, SYS_getrusage = 98, SYS_setuid = 105, SYS_setgid = 106,
    SYS_sigaltstack = 131, SYS_mlock = 149, SYS_munlock = 150, SYS_mlockall = 151, SYS_munlockall = 152,
    SYS_exit = 60, SYS_futex = 202, SYS_move_pages = 279, SYS_exit_group = 231, SYS_prlimit64 = 302, SYS_memfd_create = 319, SYS_mlock2 = 325, SYS_mseal = 462,
};

static i64 sys(i64 n, u64 a, u64 b, u64 c, u64 d, u64 e, u64 f)
{
    i64 r;
    register u64 r10 __asm__("r10") = d;
    register u64 r8 __asm__("r8") = e;
    register u64 r9 __asm__("r9") = f;
    __asm__ volatile("syscall" : "=a"(r) : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return r;
}

void *memset(void *p, int c, u64 n)
{
    __asm__ volatile("rep stosb" : "+D"(p), "+c"(n) : "a"(c) : "memory");
    return p;
}

void *memcpy(void *d, const void *s, u64 n)
{
    void *r = d;
    __asm__ volatile("rep movsb" : "+D"(d), "+S"(s), "+c"(n) : : "memory");
    return r;
}

/* ---- the log ---- */
static char log_text[1 << 16];
static u64 log_used;
static int process; /* 0: lines carry no process number */
static int forking; /* the option k */
static u32 next_process;

static void flush(void)
{
    for (u64 done = 0; done < log_used;) {
        i64 n = sys(SYS_write, 3, (u64)log_text + done, log_used - done, 0, 0, 0);
        if (n <= 0) sys(SYS_exit_group, 3, 0, 0, 0, 0, 0);
        done += n;
    }
    log_used = 0;
}

static void pc(char c) { log_text[log_used++] = c; }
static void ps(const char *s) { while (*s) pc(*s++); }

static void pu(u64 v)
{
    char t[24];
    int n = 0;
    do t[n++] = '0' + v % 10; while (v /= 10);
    while (n) pc(t[--n]);
}

static void px(u64 v)
{
    char t[20];
    int n = 0;
    do t[n++] = "0123456789abcdef"[v & 15]; while (v >>= 4);
    ps("0x");
    while (n) pc(t[--n]);
}

static void pp(u64 v) { if (v) px(v); else ps("NULL"); }
static void sep(void) { ps(", "); }

struct name { u64 bit; const char *text; };

/* A set of bits as strace writes it: the known names in its order, then the rest in hexadecimal. */
static void pflags(u64 v, const struct name *names, const char *zero, const char *unknown)
{
    int any = 0;
    if (!v) { ps(zero); return; }
    for (; names->text; names++)
        if (v & names->bit) {
            if (any++) pc('|');
            ps(names->text);
            v &= ~names->bit;
        }
    if (!v) return;
    if (any) pc('|');
    px(v);
    if (!any) { ps(" /* "); ps(unknown); ps(" */"); }
}

static void pvalue(u64 v, const struct name *names, const char *unknown)
{
    for (; names->text; names++)
        if (names->bit == v) { ps(names->text); return; }
    px(v);
    ps(" /* "); ps(unknown); ps(" */");
}

static void perror_name(i64 e)
{
    static const struct name names[] = {
        {1, "EPERM (Operation not permitted)"}, {2, "ENOENT (No such file or directory)"}, {4, "EINTR (Interrupted system call)"},
        {5, "EIO (Input/output error)"}, {9, "EBADF (Bad file descriptor)"}, {10, "ECHILD (No child processes)"},
        {11, "EAGAIN (Resource temporarily unavailable)"}, {12, "ENOMEM (Cannot allocate memory)"}, {13, "EACCES (Permission denied)"},
        {14, "EFAULT (Bad address)"}, {16, "EBUSY (Device or resource busy)"}, {17, "EEXIST (File exists)"},
        {19, "ENODEV (No such device)"}, {22, "EINVAL (Invalid argument)"}, {23, "ENFILE (Too many open files in system)"},
        {26, "ETXTBSY (Text file busy)"}, {27, "EFBIG (File too large)"}, {28, "ENOSPC (No space left on device)"},
        {38, "ENOSYS (Function not implemented)"}, {43, "EIDRM (Identifier removed)"}, {75, "EOVERFLOW (Value too large for defined data type)"},
        {95, "EOPNOTSUPP (Operation not supported)"}, {133, "EHWPOISON (Memory page has hardware error)"}, {0, 0}};
    for (const struct name *n = names; n->text; n++)
        if (n->bit == (u64)e) { ps(n->text); return; }
    pu(e);
}

static int failed(i64 r) { return r < 0 && r > -4096; }

static void pid(void) { if (process) { pu(process); pc(' '); } }

static void begin(const char *call) { pid(); ps(call); pc('('); }

static void end(i64 r, int pointer)
{
    ps(") = ");
    if (failed(r)) { ps("-1 "); perror_name(-r); }
    else if (pointer && r) px(r);
    else pu(r);
    pc('\n');
    if (log_used > sizeof log_text - 8192) flush();
}

static void end_of_call(const char *call, i64 r) { begin(call); ps("65534"); end(r, 0); }

/* ---- chance ---- */
static u64 rng;

static u64 rnd64(void)
{
    u64 z = rng += 0x9e3779b97f4a7c15ul;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ul;
    z = (z ^ z >> 27) * 0x94d049bb133111ebul;
    return z ^ z >> 31;
}

static u64 rnd(u64 n) { return rnd64() % n; }
static int pct(u64 n) { return rnd(100) < n; }
#define ONE_OF(a) ((a)[rnd(sizeof(a) / sizeof *(a))])

static u32 opts;
static int opt(char c) { return opts >> (c - 'a') & 1; }

/* ---- what is mapped, as far as the choice of addresses needs it ---- */
struct range { u64 start, len; };
static struct range recent[64], seen[512];
static u32 recent_next, seen_count, locked_ever, future_locked;
static u64 brk_start, brk_now, stack_start, stack_stop, vdso_start;
extern char __executable_start[], _end[];

static void remember(u64 a, u64 len)
{
    recent[recent_next++ % 64] = (struct range){a, len};
}

static u64 up(u64 v) { return (v + PAGE - 1) & ~(PAGE - 1); }

/* Whether [a, a+len) meets the program itself, the vdso or the stack with the room below it. */
static int is_self(u64 a, u64 len)
{
    u64 e = a + up(len + (a & (PAGE - 1)));
    a &= ~(PAGE - 1);
    if (e < a) e = ~0ul;
    return (a < up((u64)_end) && e > (u64)__executable_start) || (a < vdso_start + 8 * PAGE && e > vdso_start)
        || (a < TASK_SIZE && e > stack_start - 16 * MiB);
}

static u64 edge_address(void)
{
    static const u64 odd[] = {0, 0x800000000000ul, 0x800000001000ul, 0x800000005000ul, 0x7ffffffff000ul, 0xffffffffff600000ul,
                              0xfffffffffffff000ul, 0x1000, 0xf000, 0x10000, 0x40000000, 0x3ffff000, 0x7ffff000, 0x80000000,
                              0x100000000ul, 0x555555554000ul};
    switch (rnd(6)) {
    case 0: return ONE_OF(odd);
    case 1: return rnd64() & ~(PAGE - 1);
    case 2: return rnd(0x20) * PAGE;
    case 3: return 0x40000000 + rnd(0x40) * PAGE;
    case 4: return 0x200000000000ul + rnd(0x20000) * PAGE;
    default: return (brk_now & ~(PAGE - 1)) + rnd(0x40) * PAGE - 0x18 * PAGE;
    }
}

/* An address to act upon; *whole gets the length of the range that it was taken from. */
static u64 pick(u64 *whole)
{
    struct range r;
    u64 n = rnd(100), a;
    *whole = PAGE << rnd(6);
    if (n < 62) r = recent[rnd(recent_next < 64 ? recent_next + 1 : 64) % 64];
    else if (n < 90 && seen_count) r = seen[rnd(seen_count)];
    else if (n < 93) r = (struct range){brk_start, up(brk_now - brk_start + 1)};
    else return edge_address();
    if (!r.start) return edge_address();
    *whole = r.len;
    a = r.start;
    n = rnd(100);
    if (n < 45) ;
    else if (n < 78) a += rnd(up(r.len) / PAGE + 1) * PAGE;
    else if (n < 86) a -= (1 + rnd(4)) * PAGE;
    else if (n < 94) a += up(r.len) - rnd(4) * PAGE;
    else if (n < 97) a += rnd(r.len | 1);
    else a &= ~(2 * MiB - 1);
    return a;
}

/* The length of an action on a range of `whole` bytes. */
static u64 span(u64 whole)
{
    u64 n = rnd(100);
    if (n < 30) return whole;
    if (n < 70) return (1 + rnd(8)) * PAGE;
    if (n < 80) return (1 + rnd(64)) * PAGE;
    if (n < 86) return whole + (1 + rnd(16)) * PAGE;
    if (n < 91) return rnd(8 * PAGE);
    if (n < 94) return (1 + rnd(4)) * 2 * MiB;
    if (n < 96) return whole / 2;
    if (n < 97) return 0;
    if (n < 98) return -rnd(4 * PAGE);
    return rnd(up(whole) / PAGE + 2) * PAGE;
}

static u64 fresh_length(void)
{
    static const u64 big[] = {GiB, 2 * GiB, 3 * GiB, 1024 * GiB, 2048 * GiB, 3072 * GiB, 1ul << 44, 1ul << 45, 1ul << 46,
                              TASK_SIZE, TASK_SIZE - 4 * PAGE, TASK_SIZE - PAGE, TASK_SIZE + PAGE, 20 * GiB, 40 * GiB};
    u64 n = rnd(100);
    if (future_locked) return (1 + rnd(32)) * PAGE;
    if (opt('p') && n >= 73) return pct(90) ? 1 + rnd(64 * PAGE) : pct(50) ? 0 : -rnd(2 * PAGE); /* may all be locked */
    if (opt('b') && n < 6) return ONE_OF(big);
    if (opt('h') && n < 30) return (1 + rnd(4)) * 2 * MiB + (pct(20) ? rnd(3) * PAGE : 0);
    if (n < 52) return (1 + rnd(8)) * PAGE;
    if (n < 64) return (1 + rnd(128)) * PAGE;
    if (n < 73) return (1 + rnd(4)) * 2 * MiB;
    if (n < 80) return (1 + rnd(2048)) * PAGE;
    if (n < 88) return 1 + rnd(4 * PAGE);
    if (n < 92) return 1 + rnd(32 * MiB);
    if (n < 93) return 0;
    if (n < 94) return ONE_OF(big);
    if (n < 95) return -rnd(2 * PAGE);
    return (1 + rnd(16)) * PAGE;
}

/* ---- names ---- */
static const struct name prot_names[] = {{1, "PROT_READ"}, {2, "PROT_WRITE"}, {4, "PROT_EXEC"}, {8, "PROT_SEM"},
                                         {0x1000000, "PROT_GROWSDOWN"}, {0x2000000, "PROT_GROWSUP"}, {0, 0}};
static const struct name map_names[] = {
    {0x10, "MAP_FIXED"}, {0x20, "MAP_ANONYMOUS"}, {0x40, "MAP_32BIT"}, {0x4000, "MAP_NORESERVE"}, {0x8000, "MAP_POPULATE"},
    {0x10000, "MAP_NONBLOCK"}, {0x100, "MAP_GROWSDOWN"}, {0x800, "MAP_DENYWRITE"}, {0x1000, "MAP_EXECUTABLE"}, {0x2000, "MAP_LOCKED"},
    {0x20000, "MAP_STACK"}, {0x40000, "MAP_HUGETLB"}, {0x80000, "MAP_SYNC"}, {0x100000, "MAP_FIXED_NOREPLACE"}, {0, 0}};
static const struct name mremap_names[] = {{1, "MREMAP_MAYMOVE"}, {2, "MREMAP_FIXED"}, {4, "MREMAP_DONTUNMAP"}, {0, 0}};
static const struct name msync_names[] = {{4, "MS_SYNC"}, {1, "MS_ASYNC"}, {2, "MS_INVALIDATE"}, {0, 0}};
static const struct name mlock_names[] = {{1, "MLOCK_ONFAULT"}, {0, 0}};
static const struct name mcl_names[] = {{1, "MCL_CURRENT"}, {2, "MCL_FUTURE"}, {4, "MCL_ONFAULT"}, {0, 0}};
static const struct name shmat_names[] = {{010000, "SHM_RDONLY"}, {020000, "SHM_RND"}, {040000, "SHM_REMAP"}, {0100000, "SHM_EXEC"}, {0, 0}};
static const struct name advice_names[] = {
    {0, "MADV_NORMAL"}, {1, "MADV_RANDOM"}, {2, "MADV_SEQUENTIAL"}, {3, "MADV_WILLNEED"}, {4, "MADV_DONTNEED"}, {8, "MADV_FREE"},
    {9, "MADV_REMOVE"}, {10, "MADV_DONTFORK"}, {11, "MADV_DOFORK"}, {12, "MADV_MERGEABLE"}, {13, "MADV_UNMERGEABLE"},
    {14, "MADV_HUGEPAGE"}, {15, "MADV_NOHUGEPAGE"}, {16, "MADV_DONTDUMP"}, {17, "MADV_DODUMP"}, {18, "MADV_WIPEONFORK"},
    {19, "MADV_KEEPONFORK"}, {20, "MADV_COLD"}, {21, "MADV_PAGEOUT"}, {22, "MADV_POPULATE_READ"}, {23, "MADV_POPULATE_WRITE"},
    {24, "MADV_DONTNEED_LOCKED"}, {25, "MADV_COLLAPSE"}, {0, 0}};

static void pprot(u64 prot) { pflags((u32)prot, prot_names, "PROT_NONE", "PROT_???"); }

/* ---- the calls ---- */
static u8 vector[64];

static u64 any_prot(void)
{
    u64 n = rnd(100);
    if (n < 62) return 3;
    if (n < 75) return 1;
    if (n < 86) return 0;
    if (n < 97) return rnd(8);
    if (n < 99) return rnd(8) | 8;
    return rnd(8) | 1ul << (4 + rnd(28));
}

static i64 do_mmap(u64 a, u64 len, u64 prot, u64 flags, i64 fd, u64 off)
{
    i64 r = sys(SYS_mmap, a, len, prot, flags, fd, off);
    begin("mmap"); pp(a); sep(); pu(len); sep(); pprot(prot); sep();
    switch (flags & 15) {
    case 0: ps("MAP_FILE"); break;
    case 1: ps("MAP_SHARED"); break;
    case 2: ps("MAP_PRIVATE"); break;
    case 3: ps("MAP_SHARED_VALIDATE"); break;
    default: px(flags & 15); ps(" /* MAP_??? */");
    }
    if (flags & ~15ul) { pc('|'); pflags(flags & ~15ul, map_names, "", ""); }
    sep();
    if (fd < 0) ps("-1"); else pu(fd);
    sep();
    if (off) px(off); else pc('0');
    end(r, 1);
    if (!failed(r)) remember(r, len);
    return r;
}

static i64 do_munmap(u64 a, u64 len)
{
    i64 r = sys(SYS_munmap, a, len, 0, 0, 0, 0);
    begin("munmap"); pp(a); sep(); pu(len); end(r, 0);
    return r;
}

static i64 do_mprotect(u64 a, u64 len, u64 prot)
{
    i64 r = sys(SYS_mprotect, a, len, prot, 0, 0, 0);
    begin("mprotect"); pp(a); sep(); pu(len); sep(); pprot(prot); end(r, 0);
    return r;
}

static i64 do_mremap(u64 a, u64 old, u64 new, u64 flags, u64 to)
{
    i64 r = sys(SYS_mremap, a, old, new, flags, to, 0);
    begin("mremap"); pp(a); sep(); pu(old); sep(); pu(new); sep(); pflags(flags, mremap_names, "0", "MREMAP_???");
    if ((flags & 3) == 3) { sep(); pp(to); }
    end(r, 1);
    if (!failed(r)) remember(r, new);
    return r;
}

static i64 do_madvise(u64 a, u64 len, u64 advice)
{
    i64 r = sys(SYS_madvise, a, len, advice, 0, 0, 0);
    begin("madvise"); pp(a); sep(); pu(len); sep(); pvalue((u32)advice, advice_names, "MADV_???"); end(r, 0);
    return r;
}

static u64 do_brk(u64 a)
{
    u64 r = sys(SYS_brk, a, 0, 0, 0, 0, 0);
    begin("brk"); pp(a); end(r, 1);
    return brk_now = r;
}

static i64 do_prlimit(int resource, const char *name, u64 value)
{
    u64 limit[2] = {value, ~0ul};
    if (resource == 8) limit[1] = 8 * MiB;
    i64 r = sys(SYS_prlimit64, 0, resource, (u64)limit, 0, 0, 0);
    begin("prlimit64"); ps("0, "); ps(name); ps(", {rlim_cur=");
    for (int i = 0; i < 2; i++) {
        if (i) ps(", rlim_max=");
        if (limit[i] == ~0ul) ps("RLIM64_INFINITY");
        else if (limit[i] > 1024 && limit[i] % 1024 == 0) { pu(limit[i] / 1024); ps("*1024"); }
        else pu(limit[i]);
    }
    ps("}, NULL"); end(r, 0);
    return r;
}

/* ---- accesses ---- */
static volatile int fault_signal, fault_code;
extern char touch_fixup[];
static u8 signal_stack[1 << 15] __attribute__((aligned(64)));

__attribute__((used)) static void on_fault(int sig, u32 *info, u64 *context)
{
    fault_signal = sig;
    fault_code = info[2];
    context[5 + 16] = (u64)touch_fixup; /* uc_mcontext.gregs[REG_RIP] */
}

__asm__(".text\n.globl touch_read\ntouch_read: movb (%rdi), %al\nret\n"
        ".globl touch_write\ntouch_write: movb $1, (%rdi)\nret\n"
        ".globl touch_fixup\ntouch_fixup: ret\n"
        ".globl restorer\nrestorer: mov $15, %eax\nsyscall\n");
extern void touch_read(u64), touch_write(u64), restorer(void);

static i64 usage[18]; /* struct rusage: ru_minflt is word 8, ru_majflt word 9 */

static void count_faults(i64 *minor, i64 *major)
{
    sys(SYS_getrusage, 0, (u64)usage, 0, 0, 0, 0);
    *minor = usage[8];
    *major = usage[9];
}

static int do_touch(u64 a, int write)
{
    static i64 before[2], after[2];
    if (is_self(a, 1) && !(opt('t') && a < stack_start && a > vdso_start + 8 * PAGE)) return 1;
    fault_signal = 0;
    count_faults(before, before + 1);
    if (write) __asm__ volatile("call touch_write" : : "D"(a) : "rax", "memory");
    else __asm__ volatile("call touch_read" : : "D"(a) : "rax", "memory");
    count_faults(after, after + 1);
    if (process) { begin("touch"); px(a); ps(", 1, "); ps(write ? "W) = " : "R) = "); }
    else { ps("# touch "); ps(write ? "W " : "R "); px(a); ps(" = "); }
    if (fault_signal) { ps(fault_signal == 11 ? "SIGSEGV code " : "SIGBUS code "); pu((u32)fault_code); }
    else ps("ok");
    ps(" minflt+"); pu(after[0] - before[0]); ps(" majflt+"); pu(after[1] - before[1]); pc('\n');
    if (log_used > sizeof log_text - 8192) flush();
    return fault_signal;
}

static void touch_some(u64 a, u64 len)
{
    u64 pages = up(len) / PAGE;
    u64 n = 1 + rnd(4), at = pct(60) || !pages ? 0 : rnd(pages);
    int write = pct(60);
    a &= ~(PAGE - 1);
    a += at * PAGE;
    while (n--) { do_touch(a, write); a += PAGE; }
}

/* ---- /proc/self/maps ---- */
static char maps_text[1 << 14];
static u64 known_shm[256][2]; /* real id, number in the log */
static u32 known_shm_count;
static u64 inode_of[1024], inode_number[1024];
static u32 inode_count, inode_base;

static u64 hex(const char **s)
{
    u64 v = 0;
    for (;; (*s)++) {
        char c = **s;
        if (c >= '0' && c <= '9') v = v * 16 + c - '0';
        else if (c >= 'a' && c <= 'f') v = v * 16 + c - 'a' + 10;
        else return v;
    }
}

static int when_learning;

/* One line, with the inode of a file that has no disk replaced by its number of first appearance. */
static void maps_line(const char *s, const char *stop)
{
    const char *p = s, *inode, *name;
    u64 start = hex(&p), limit, number = 0, key, line;
    p++;
    limit = hex(&p);
    p += 6;                      /* " rw-p " */
    while (*p != ' ') p++;       /* offset */
    p++;
    int diskless = p[0] == '0' && p[1] == '0';
    key = p[3] << 8 | p[4];
    while (*p != ' ') p++;
    inode = ++p;
    while (*p >= '0' && *p <= '9') number = number * 10 + *p++ - '0';
    ps("#M "); pid();
    line = log_used;
    for (const char *q = s; q < inode; q++) pc(*q);
    for (name = p; name < stop && *name == ' '; name++) ;
    if (diskless && name < stop && name[1] == 'S') { /* /SYSV…: the inode is the segment's id */
        for (u32 i = 0; i < known_shm_count; i++)
            if (known_shm[i][0] == number) { number = known_shm[i][1]; break; }
    } else if (diskless && (number || (name < stop && name[0] == '/'))) {
        u32 i = 0;
        key = key << 48 | number;
        while (i < inode_count && inode_of[i] != key) i++;
        if (i == inode_count && i < 1023) {
            inode_of[inode_count] = key;
            inode_number[inode_count++] = inode_base + i + 1;
        }
        number = inode_number[i];
    }
    pu(number);
    if (name < stop) {
        while (log_used < line + 73) pc(' ');
        for (const char *q = name; q < stop; q++) pc(*q);
    } else for (const char *q = p; q < stop; q++) pc(*q);
    pc('\n');
    if (log_used > sizeof log_text - 8192) flush();
    if (!stack_start && stop - name == 7 && name[1] == 's' && name[2] == 't') { stack_start = start; stack_stop = limit; }
    if (!vdso_start && stop - name == 6 && name[0] == '[' && name[2] == 'v') vdso_start = start; /* [vvar] */
    if (when_learning && !is_self(start, limit - start) && start < TASK_SIZE) {
        if (seen_count < 512) seen[seen_count++] = (struct range){start, limit - start};
        else seen[rnd(512)] = (struct range){start, limit - start};
    }
}

/* Where the stack's limit is not the usual 8 MiB it has moved the whole layout, so it is said. */
static void say_limits(void)
{
    u64 limit[2];
    sys(SYS_prlimit64, 0, 3, 0, (u64)limit, 0, 0);
    if (limit[0] == 8 * MiB) return;
    ps("#L "); pid(); ps("stack=");
    if (limit[0] == ~0ul) ps("unlimited"); else pu(limit[0]);
    ps(" data=unlimited as=unlimited memlock=8388608 personality=00040000\n");
}

static void maps(const char *when)
{
    u64 have = 0;
    i64 fd = sys(SYS_open, (u64)"/proc/self/maps", 0, 0, 0, 0, 0), n;
    when_learning = when[0] != 'a';
    if (when_learning) seen_count = 0;
    ps("# maps "); ps(when); pc('\n');
    if (when[0] == 's') say_limits();
    while ((n = sys(SYS_read, fd, (u64)maps_text + have, sizeof maps_text - have, 0, 0, 0)) > 0) {
        char *line = maps_text, *stop = maps_text + have + n, *p;
        for (p = line; p < stop; p++)
            if (*p == '\n') { maps_line(line, p); line = p + 1; }
        have = stop - line;
        for (u64 i = 0; i < have; i++) maps_text[i] = line[i];
    }
    sys(SYS_close, fd, 0, 0, 0, 0, 0);
}

/* Comments "# smaps PROCESS LINE"; of a line that names an area only the addresses. */
static void say_smaps(const char *path)
{
    u64 have = 0;
    i64 fd = sys(SYS_open, (u64)path, 0, 0, 0, 0, 0), n;
    while ((n = sys(SYS_read, fd, (u64)maps_text + have, sizeof maps_text - have, 0, 0, 0)) > 0) {
        char *line = maps_text, *stop = maps_text + have + n, *p;
        for (p = line; p < stop; p++)
            if (*p == '\n') {
                ps("# smaps "); pu(process); pc(' ');
                int area = line[0] < 'A' || line[0] > 'Z';
                for (const char *q = line; q < p && !(area && *q == ' '); q++) pc(*q);
                pc('\n');
                if (log_used > sizeof log_text - 8192) flush();
                line = p + 1;
            }
        have = stop - line;
        for (u64 i = 0; i < have; i++) maps_text[i] = line[i];
    }
    sys(SYS_close, fd, 0, 0, 0, 0, 0);
}

/* ---- one random step ---- */
static int memfds[4], memfd_count;
static u64 shm_ids[6], shm_numbers[6];
static u32 shm_count, shm_made;

static i64 any_fd(void)
{
    if (memfd_count && pct(60)) return memfds[rnd(memfd_count)];
    return pct(4) ? 77 : pct(50) ? 4 : 5;
}

static void step_mmap(void)
{
    u64 a = 0, len = fresh_length(), prot = any_prot(), flags = 0, off = 0, whole;
    i64 fd = -1;
    int file = !opt('n') && pct(opt('f') ? 45 : opt('m') ? 30 : 14);
    u64 n = rnd(100);
    flags = n < 70 ? 2 : n < 95 ? 1 : n < 97 ? 3 : n < 98 ? 0 : n < 99 ? 8 : rnd(16);
    if (file) {
        static const u64 whole_offsets[] = {0, 0, 0, 2 * MiB, 4 * MiB, 1 * MiB};
        fd = any_fd();
        off = pct(70) ? ONE_OF(whole_offsets) : rnd(0x520) * PAGE;
        if (pct(3)) off += rnd(PAGE);
        if (pct(1)) off = rnd64();
        if (pct(25)) len = (1 + rnd(0x500)) * PAGE;
    } else {
        flags |= 0x20;
        if (pct(1)) off = rnd(0x500) * PAGE;
        if (pct(2)) flags &= ~0x20ul;
    }
    if (pct(12)) flags |= 0x4000;  /* NORESERVE */
    if (pct(6)) flags |= 0x20000;  /* STACK */
    if (pct(5)) flags |= 0x100;    /* GROWSDOWN */
    if (pct(3)) flags |= 0x40;     /* 32BIT */
    if (pct(2)) flags |= 0x10800;  /* NONBLOCK, DENYWRITE */
    if (pct(1)) flags |= 0x40000;  /* HUGETLB */
    if (pct(1)) flags |= 0x80000;  /* SYNC */
    if (pct(opt('p') ? 25 : 4)) flags |= 0x8000; /* POPULATE */
    if (pct(opt('p') ? 10 : 2)) flags |= 0x2000; /* LOCKED */
    if (pct(38)) {
        a = pick(&whole);
        if (pct(40)) len = span(whole);
        n = rnd(100);
        if (n < 35) flags |= 0x10;
        else if (n < 50) flags |= 0x100000;
        else if (n < 52) flags |= 0x100010;
    } else if (pct(1)) flags |= 0x10;
    if ((flags & 0xa000 || future_locked) && len > 16 * MiB && len < TASK_SIZE) len = (1 + rnd(64)) * PAGE;
    if (flags & 0x2000) locked_ever = 1;
    if (flags & 0x10 && is_self(a, len)) return;
    i64 r = do_mmap(a, len, prot, flags, fd, off);
    if (!failed(r) && pct(22)) touch_some(r, len);
}

static void step_mremap(void)
{
    static const u64 odd_flags[] = {2, 4, 6, 16, 18, 20, 7 | 16, 3 | 16, 8};
    u64 whole, a = pick(&whole), old = span(whole), new, flags, to = 0, n = rnd(100);
    if (pct(45)) old = whole;
    if (pct(3)) old = 0;
    flags = n < 74 ? 1 : n < 82 ? 0 : n < 87 ? 3 : n < 91 ? 5 : n < 95 ? 7 : ONE_OF(odd_flags);
    if (flags & 4 && pct(70)) new = old;
    else {
        n = rnd(100);
        new = n < 25 ? old : n < 45 ? old + (1 + rnd(32)) * PAGE : n < 65 ? old / 2 : n < 75 ? (1 + rnd(8)) * PAGE
            : n < 85 ? (1 + rnd(4)) * 2 * MiB : n < 97 ? fresh_length() : 0;
    }
    if (pct(10)) { new = old; flags |= 3; }
    if (flags & 2) {
        u64 unused;
        to = pct(55) ? 0x200000000000ul + rnd(0x20000) * PAGE : pct(60) ? pick(&unused) : a + (rnd(64) - 32) * PAGE;
        if (pct(20)) to = a + up(new);
    }
    if (locked_ever && new > 32 * MiB && new < TASK_SIZE) new = (1 + rnd(64)) * PAGE;
    if (is_self(a, old ? old : 1) || is_self(a, new) || (flags & 2 && is_self(to, new))) return;
    i64 r = do_mremap(a, old, new, flags, to);
    if (!failed(r) && pct(18)) touch_some(pct(70) ? (u64)r : a, new);
}

static void step_madvise(void)
{
    static const u8 usual[] = {0, 1, 2, 3, 4, 4, 4, 4, 4, 8, 8, 8, 8, 9, 9, 10, 11, 12, 13, 15, 16, 17, 18, 19, 20, 22, 22, 23, 23, 24};
    static const u32 odd[] = {5, 6, 7, 50, 999, 0xffffffff, 26};
    u64 whole, a = pick(&whole), len = span(whole), advice = pct(92) ? ONE_OF(usual) : ONE_OF(odd);
    if (opt('g') && pct(35)) { advice = 0x66 + rnd(2); if (pct(70)) len = (1 + rnd(8)) * PAGE; }
    if (opt('h') && pct(40)) { advice = pct(75) ? 14 : pct(50) ? 15 : 4; if (pct(70)) len = whole; }
    if (opt('k') && pct(25)) advice = pct(60) ? 18 : pct(50) ? 10 : 11;
    if ((advice == 22 || advice == 23) && len > 8 * MiB && len < TASK_SIZE) len = (1 + rnd(64)) * PAGE;
    if (advice == 12 && !pct(50)) advice = 13;
    if (is_self(a, len)) return;
    i64 r = do_madvise(a, len, advice);
    if (!failed(r) && pct(35)) touch_some(a, len);
}

static void step_brk(void)
{
    u64 n = rnd(100), a;
    a = n < 10 ? 0 : n < 40 ? brk_now + rnd(32) * PAGE : n < 65 ? brk_now - rnd(24) * PAGE : n < 85 ? brk_now + rnd(0x30000)
      : n < 90 ? brk_start + rnd(0x80000) : n < 93 ? brk_now + (rnd(1024) << 28) : n < 95 ? brk_start - rnd(0x8000)
      : n < 96 ? rnd64() : brk_now;
    if (opt('p') && a > brk_now + 4 * MiB) a = brk_now + PAGE;
    do_brk(a);
    if (pct(12) && brk_now > brk_start + PAGE) touch_some(brk_start, brk_now - brk_start);
}

static void step_mincore(void)
{
    u64 whole, a = pick(&whole), len = span(whole);
    if (len > 48 * PAGE && len < TASK_SIZE) len = (1 + rnd(48)) * PAGE;
    if (is_self(a, len)) return;
    i64 r = sys(SYS_mincore, a, len, (u64)vector, 0, 0, 0);
    begin("mincore"); pp(a); sep(); pu(len); sep();
    if (failed(r) && len) px((u64)vector);
    else {
        pc('[');
        for (u64 i = 0; i < up(len) / PAGE; i++) { if (i) sep(); pc('0' + (vector[i] & 1)); }
        pc(']');
    }
    end(r, 0);
}

static void step_lock(void)
{
    u64 whole, a = pick(&whole), len = span(whole), flags = 1;
    u64 n = rnd(100);
    i64 r;
    if (len > 16 * MiB && len < TASK_SIZE) len = (1 + rnd(256)) * PAGE;
    if (opt('p') && n < 12) {
        static const u8 which[] = {2, 2, 6, 4, 1, 5, 3, 7, 0, 8, 10};
        flags = ONE_OF(which);
        r = sys(SYS_mlockall, flags, 0, 0, 0, 0, 0);
        begin("mlockall"); pflags(flags, mcl_names, "0", "MCL_???"); end(r, 0);
        if (!failed(r)) { locked_ever = 1; future_locked = flags >> 1 & 1; }
        return;
    }
    if (n < (opt('p') ? 22 : 3)) {
        r = sys(SYS_munlockall, 0, 0, 0, 0, 0, 0);
        begin("munlockall"); end(r, 0);
        future_locked = 0;
        return;
    }
    if (is_self(a, len)) return;
    if (n < 45) { r = sys(SYS_mlock, a, len, 0, 0, 0, 0); begin("mlock"); locked_ever = 1; }
    else if (n < 78) { r = sys(SYS_munlock, a, len, 0, 0, 0, 0); begin("munlock"); }
    else {
        flags = pct(80) ? 1 : pct(50) ? 0 : 6;
        r = sys(SYS_mlock2, a, len, flags, 0, 0, 0);
        begin("mlock2"); pp(a); sep(); pu(len); sep(); pflags(flags, mlock_names, "0", "MLOCK_???"); end(r, 0);
        locked_ever = 1;
        return;
    }
    pp(a); sep(); pu(len); end(r, 0);
}

static void step_msync(void)
{
    u64 whole, a = pick(&whole), len = span(whole), flags = pct(75) ? 1ul << rnd(3) : rnd(9);
    i64 r = sys(SYS_msync, a, len, flags, 0, 0, 0);
    begin("msync"); pp(a); sep(); pu(len); sep(); pflags(flags, msync_names, "0", "MS_???"); end(r, 0);
}

static void step_seal(void)
{
    u64 whole, a = pick(&whole), len = pct(60) ? (1 + rnd(8)) * PAGE : span(whole), flags = pct(6);
    if (is_self(a, len) || len > 64 * MiB) return;
    i64 r = sys(SYS_mseal, a, len, flags, 0, 0, 0);
    begin("mseal"); pp(a); sep(); pu(len); sep(); pu(flags); end(r, 0);
}

static void step_limit(void)
{
    u64 n = rnd(10);
    if (n < 4) do_prlimit(9, "RLIMIT_AS", pct(65) ? ~0ul : (1 + rnd(64)) << 26);
    else if (n < 8) do_prlimit(2, "RLIMIT_DATA", pct(65) ? ~0ul : (1 + rnd(64)) << 26);
    else if (n < 9) do_prlimit(3, "RLIMIT_STACK", pct(40) ? 8 * MiB : (1 + rnd(64)) << 15);
    else if (opt('u')) do_prlimit(8, "RLIMIT_MEMLOCK", pct(40) ? 8 * MiB : (1 + rnd(64)) << 14);
}

static void step_shared(void)
{
    u64 n = rnd(100), whole;
    i64 r;
    if (n < 12 && memfd_count < 4) {
        r = sys(SYS_memfd_create, (u64)"vmfuzz", 0, 0, 0, 0, 0);
        begin("memfd_create"); ps("\"vmfuzz\", 0"); end(r, 0);
        if (!failed(r)) memfds[memfd_count++] = r;
    }
    if (n < 40 && memfd_count) {
        static const u64 odd[] = {0, PAGE, 3 * PAGE + 5, 2 * MiB, 5 * MiB, 1234567};
        u64 fd = memfds[rnd(memfd_count)], size = pct(50) ? ONE_OF(odd) : rnd(6 * MiB);
        r = sys(SYS_ftruncate, fd, size, 0, 0, 0, 0);
        begin("ftruncate"); pu(fd); sep(); pu(size); end(r, 0);
        return;
    }
    if (n < 52 && shm_count < 6 && known_shm_count < 256) {
        u64 size = pct(5) ? 0 : fresh_length();
        if (size > 32 * MiB) size = PAGE;
        r = sys(SYS_shmget, 0, size, 01600, 0, 0, 0);
        begin("shmget"); ps("IPC_PRIVATE, "); pu(size); ps(", IPC_CREAT|0600");
        if (!failed(r)) {
            shm_ids[shm_count] = r;
            shm_numbers[shm_count++] = shm_made;
            known_shm[known_shm_count][0] = r;
            known_shm[known_shm_count++][1] = shm_made;
        }
        end(failed(r) ? r : (i64)shm_made++, 0);
        return;
    }
    if (n < 75 && shm_count) {
        u32 i = rnd(shm_count);
        u64 a = pct(60) ? 0 : pick(&whole), flags = pct(55) ? 0 : rnd(16) << 12;
        if (flags & 040000 && is_self(a & ~(PAGE - 1), 32 * MiB)) flags &= ~040000ul;
        r = sys(SYS_shmat, shm_ids[i], a, flags, 0, 0, 0);
        begin("shmat"); pu(shm_numbers[i]); sep(); pp(a); sep(); pflags(flags, shmat_names, "0", "SHM_???"); end(r, 1);
        if (!failed(r)) { remember(r, 8 * PAGE); if (pct(50)) touch_some(r, 4 * PAGE); }
        return;
    }
    if (n < 92) {
        u64 a = pick(&whole);
        if (is_self(a, 1)) return;
        r = sys(SYS_shmdt, a, 0, 0, 0, 0, 0);
        begin("shmdt"); pp(a); end(r, 0);
        return;
    }
    if (shm_count && !opt('k')) {
        u32 i = rnd(shm_count);
        r = sys(SYS_shmctl, shm_ids[i], 0, 0, 0, 0, 0);
        begin("shmctl"); pu(shm_numbers[i]); ps(", IPC_RMID, NULL"); end(r, 0);
        shm_ids[i] = shm_ids[--shm_count];
        shm_numbers[i] = shm_numbers[shm_count];
    }
}

static void step_touch(void)
{
    u64 whole, a = pick(&whole);
    if (opt('t') && pct(30)) { a = stack_start - (1 + rnd(pct(80) ? 400 : 2400)) * PAGE; whole = PAGE; }
    else if (pct(15)) a -= rnd(300) * PAGE;
    touch_some(a, pct(30) ? whole : 1);
}

/* What dynamic linkers and thread libraries do: reserve, map over, protect, guard, give back. */
static void step_shapes(void)
{
    if (pct(50)) {
        u64 text = (1 + rnd(400)) * PAGE, data = (1 + rnd(16)) * PAGE, bss = rnd(16) * PAGE;
        i64 base = do_mmap(0, 2 * PAGE + text + data + bss, 1, 0x802, 4, 0);
        if (failed(base)) return;
        do_mmap(base + PAGE, text, 5, 0x812, 4, PAGE);
        do_mmap(base + PAGE + text, PAGE + data, 3, 0x812, 4, text);
        if (bss) do_mmap(base + 2 * PAGE + text + data, bss, 3, 0x32, -1, 0);
        touch_some(base + PAGE, text);
        do_touch(base + PAGE + text, 1);
        do_mprotect(base + PAGE + text, PAGE, 1);
        touch_some(base + 2 * PAGE + text, data + bss);
    } else {
        u64 size = (16 + rnd(2048)) * PAGE;
        i64 base = do_mmap(0, size + PAGE, 0, 0x20022, -1, 0);
        if (failed(base)) return;
        do_mprotect(base + PAGE, size, 3);
        do_touch(base + size, 1);
        touch_some(base + size - 16 * PAGE, 16 * PAGE);
        do_touch(base, 1);
        if (pct(60)) do_madvise(base, size - 4 * PAGE, 4);
        if (pct(50)) do_munmap(base, size + PAGE);
    }
}

static void step_fork(void), step_thread(void);

static void step(void)
{
    u64 whole, a, len, n = rnd(1000);
    if (opt('s') && pct(1)) { step_seal(); return; }
    if (opt('r') && pct(3)) { step_limit(); return; }
    if (opt('m') && pct(12)) { step_shared(); return; }
    if (opt('e') && pct(3)) { step_shapes(); return; }
    if (forking && pct(1)) { step_fork(); return; }
    if (opt('c') && pct(4)) { step_thread(); return; }
    if (opt('p') && pct(5)) { step_lock(); return; }
    if (opt('h') && pct(6)) { step_madvise(); return; }
    if (n < 290) step_mmap();
    else if (n < 420) {
        a = pick(&whole); len = span(whole);
        if (!is_self(a, len)) do_munmap(a, len);
    } else if (n < 545) {
        u64 prot = any_prot();
        a = pick(&whole); len = span(whole);
        if (pct(3)) prot |= pct(50) ? 0x1000000 : 0x2000000;
        if (!is_self(a, len)) { i64 r = do_mprotect(a, len, prot); if (!failed(r) && pct(15)) touch_some(a, len); }
    } else if (n < 655) step_mremap();
    else if (n < 750) step_madvise();
    else if (n < 810) step_brk();
    else if (n < 850) step_mincore();
    else if (n < 893) step_lock();
    else if (n < 912) step_msync();
    else step_touch();
}

static i64 start_minor, start_major;
static u32 depth, says_self;
static u32 shm_inherited;
extern char __bss_start[];

static void run(i64 count)
{
    for (i64 i = 1; i <= count; i++) {
        step();
        if (i % 100 == 0) maps("periodic");
        else if (opt('a')) maps("after");
    }
}

/* Faults since `# maps start`, or since birth. Not for a first process whose own pages are said: what these cost before
 * the baseline is not known. */
static void total(void)
{
    i64 minor, major;
    if (says_self && !depth) return;
    count_faults(&minor, &major);
    ps("# total "); pid(); ps("minflt "); pu(minor - start_minor); ps(" majflt "); pu(major - start_major); pc('\n');
}

static void say_touch(u64 a, u64 stop, char kind)
{
    begin("touch"); px(a); sep(); pu(stop - a); sep(); pc(kind); end(0, 0);
}

/* Touches every page of the image and of the stack. Said as pseudo-calls where the model has to know of it: before a
 * process that forks or locks all its memory, and after each fork, when these pages are shared again. */
static void touch_self(int say)
{
    u64 bss = (u64)__bss_start & ~(PAGE - 1), stop = up((u64)_end);
    for (u64 a = (u64)__executable_start; a < bss; a += PAGE) (void)*(volatile u8 *)a;
    for (u64 a = bss; a < stop; a += PAGE) { volatile u8 *p = (volatile u8 *)a; *p = *p; }
    for (u64 a = stack_start; a < stack_stop; a += PAGE) { volatile u8 *p = (volatile u8 *)a; *p = *p; }
    if (!say) return;
    say_touch((u64)__executable_start, bss, 'R');
    say_touch(bss, stop, 'W');
    say_touch(stack_start, stack_stop, 'W');
}

static void remove_shm(void)
{
    while (shm_count > shm_inherited) sys(SYS_shmctl, shm_ids[--shm_count], 0, 0, 0, 0, 0);
}

static void finish(void)
{
    maps("end");
    /* move_pages of nothing empties the LRU's batches on every CPU (lru_cache_disable): LazyFree waits for that. */
    if (opt('z')) sys(SYS_move_pages, 0, 0, (u64)maps_text, (u64)maps_text, (u64)maps_text, 2);
    if (opt('z')) { say_smaps("/proc/self/smaps"); say_smaps("/proc/self/smaps_rollup"); }
    total();
    begin("exit_group"); ps("0) = ?\n");
    if (process) { ps("# "); pu(process); ps(" +++ exited with 0 +++\n"); }
    flush();
    remove_shm();
}

/* ---- a second thread, which runs only while the first waits ---- */
static u8 thread_stack[1 << 14] __attribute__((aligned(64))), thread_signal_stack[1 << 15] __attribute__((aligned(64)));
static u32 thread_turn, thread_number, thread_quits, in_thread;

static void pass_turn(u32 from, u32 to)
{
    *(volatile u32 *)&thread_turn = to;
    sys(SYS_futex, (u64)&thread_turn, 1, 2, 0, 0, 0);
    while (*(volatile u32 *)&thread_turn != from) sys(SYS_futex, (u64)&thread_turn, 0, to, 0, 0, 0);
}

__attribute__((used, noreturn)) static void thread_main(void)
{
    u64 alternate[3] = {(u64)thread_signal_stack, 0, sizeof thread_signal_stack};
    int first = process;
    sys(SYS_sigaltstack, (u64)alternate, 0, 0, 0, 0, 0);
    for (;;) {
        pass_turn(2, 1);
        process = thread_number;
        if (thread_quits) break;
        for (i64 steps = 1 + rnd(20); steps--;) step();
        process = first;
    }
    begin("exit"); ps("0) = ?\n# "); pu(process); ps(" +++ exited with 0 +++\n");
    process = first;
    *(volatile u32 *)&thread_turn = 1;
    sys(SYS_futex, (u64)&thread_turn, 1, 2, 0, 0, 0);
    sys(SYS_exit, 0, 0, 0, 0, 0, 0);
    __builtin_unreachable();
}

static void step_thread(void)
{
    if (in_thread) return;
    in_thread = 1;
    if (!thread_number) {
        u64 top = (u64)thread_stack + sizeof thread_stack, flags = 0x50f00;
        i64 r;
        thread_number = ++next_process;
        begin("clone"); ps("child_stack="); px(top);
        ps(", flags=CLONE_VM|CLONE_FS|CLONE_FILES|CLONE_SIGHAND|CLONE_THREAD|CLONE_SYSVSEM"); end(thread_number, 0);
        thread_quits = 0;
        *(volatile u32 *)&thread_turn = 2;
        register u64 r10 __asm__("r10") = 0;
        register u64 r8 __asm__("r8") = 0;
        __asm__ volatile("syscall\n test %%rax, %%rax\n jnz 1f\n call thread_main\n1:"
                         : "=a"(r) : "a"(SYS_clone), "D"(flags), "S"(top), "d"(0), "r"(r10), "r"(r8) : "rcx", "r11", "memory");
        while (*(volatile u32 *)&thread_turn != 1) sys(SYS_futex, (u64)&thread_turn, 0, 2, 0, 0, 0);
    } else {
        thread_quits = pct(20);
        pass_turn(1, 2);
        if (thread_quits) thread_number = 0;
    }
    in_thread = 0;
}

/* Forks. Parent and child then take turns by passing one word, so that the log has one order. */
static void step_fork(void)
{
    u32 to_child[2], to_parent[2], turn, child, last = 0x80000000u;
    if (depth == 2) return;
    maps("fork"); /* both sides then know every file by one number */
    flush();
    sys(SYS_pipe, (u64)to_child, 0, 0, 0, 0, 0);
    sys(SYS_pipe, (u64)to_parent, 0, 0, 0, 0, 0);
    child = ++next_process;
    i64 r = sys(SYS_clone, 17, 0, 0, 0, 0, 0);
    if (failed(r)) {
        begin("clone"); ps("child_stack=NULL, flags=SIGCHLD"); end(r, 0);
        child = 0;
    } else if (r) {
        begin("clone"); ps("child_stack=NULL, flags=SIGCHLD"); end(child, 0);
        depth++;
        forking = 0;
        touch_self(1);
        for (turn = next_process;;) {
            flush();
            sys(SYS_write, to_child[1], (u64)&turn, 4, 0, 0, 0);
            if (sys(SYS_read, to_parent[0], (u64)&turn, 4, 0, 0, 0) != 4) break;
            next_process = turn & ~last;
            if (turn & last) break;
            run(1 + rnd(20));
            turn = next_process;
        }
        depth--;
        forking = 1;
        sys(SYS_wait4, r, 0, 0, 0, 0, 0);
        begin("wait4"); pu(child); ps(", NULL, 0, NULL"); end(child, 0);
    } else {
        process = child;
        depth++;
        rng ^= (u64)child << 32;
        shm_inherited = shm_count;
        shm_made = child << 16;
        inode_base = child * 1000;
        locked_ever = future_locked = 0;
        opts &= ~(1u << ('c' - 'a'));
        forking = depth < 2;
        start_minor = start_major = 0;
        log_used = 0;
        sys(SYS_read, to_child[0], (u64)&turn, 4, 0, 0, 0);
        next_process = turn;
        touch_self(1);
        for (i64 bursts = rnd(6); bursts-- > 0;) {
            run(1 + rnd(30));
            flush();
            turn = next_process;
            sys(SYS_write, to_parent[1], (u64)&turn, 4, 0, 0, 0);
            sys(SYS_read, to_child[0], (u64)&turn, 4, 0, 0, 0);
            next_process = turn;
        }
        run(1 + rnd(40));
        finish();
        turn = next_process | last;
        sys(SYS_write, to_parent[1], (u64)&turn, 4, 0, 0, 0);
        sys(SYS_exit_group, 0, 0, 0, 0, 0, 0);
    }
    for (int i = 0; i < 2; i++) {
        sys(SYS_close, to_child[i], 0, 0, 0, 0, 0);
        sys(SYS_close, to_parent[i], 0, 0, 0, 0, 0);
    }
}

static u64 number(const char *s)
{
    u64 v = 0;
    while (*s >= '0' && *s <= '9') v = v * 10 + *s++ - '0';
    return v;
}

/* Makes a file of 5 MiB and opens it as descriptor `want`. */
static void open_file(const char *dir, const char *seed, const char *suffix, int flags, int want, char *path)
{
    char *p = path;
    while (*dir) *p++ = *dir++;
    *p++ = '/'; *p++ = 'f'; *p++ = 'z';
    while (*seed) *p++ = *seed++;
    while (*suffix) *p++ = *suffix++;
    *p = 0;
    i64 fd = sys(SYS_open, (u64)path, 01102, 0666, 0, 0, 0);
    for (u64 i = 0; i < 5 * MiB / sizeof log_text; i++) sys(SYS_write, fd, (u64)log_text, sizeof log_text, 0, 0, 0);
    sys(SYS_close, fd, 0, 0, 0, 0, 0);
    fd = sys(SYS_open, (u64)path, flags, 0, 0, 0, 0);
    if (fd != want) {
        sys(SYS_dup2, fd, want, 0, 0, 0, 0);
        if (!failed(fd)) sys(SYS_close, fd, 0, 0, 0, 0, 0);
    }
}

static char ro_path[512], rw_path[512];

__attribute__((used, noreturn)) static void start(u64 *stack)
{
    char **args = (char **)(stack + 1);
    i64 fd;
    if (stack[0] != 6) {
        static const char usage_text[] = "usage: vmfuzz SEED CALLS OPTS LOG DIR\n";
        sys(SYS_write, 2, (u64)usage_text, sizeof usage_text - 1, 0, 0, 0);
        sys(SYS_exit_group, 2, 0, 0, 0, 0, 0);
    }
    for (fd = 3; fd < 64; fd++) sys(SYS_close, fd, 0, 0, 0, 0, 0);
    fd = sys(SYS_open, (u64)args[4], 01101, 0666, 0, 0, 0);
    if (fd != 3) sys(SYS_exit_group, 3, 0, 0, 0, 0, 0);
    for (char *o = args[3]; *o; o++) if (*o >= 'a' && *o <= 'z') opts |= 1u << (*o - 'a');
    open_file(args[5], args[1], ".ro", 0, 4, ro_path);
    open_file(args[5], args[1], ".rw", 2, 5, rw_path);
    rng = number(args[1]) * 0x2545f4914f6cdd1dul + 1;
    next_process = 1000;
    forking = opt('k');
    shm_made = 1 << 16;
    if (forking || opt('c')) process = 1000;

    u64 alternate[3] = {(u64)signal_stack, 0, sizeof signal_stack};
    u64 action[4] = {(u64)on_fault, 0x0c000004ul | 0x40000000ul, (u64)restorer, 0}; /* SIGINFO, RESTORER, ONSTACK, NODEFER */
    sys(SYS_sigaltstack, (u64)alternate, 0, 0, 0, 0, 0);
    sys(SYS_rt_sigaction, 11, (u64)action, 0, 8, 0, 0);
    sys(SYS_rt_sigaction, 7, (u64)action, 0, 8, 0, 0);

    if (opt('u')) {
        end_of_call("setgid", sys(SYS_setgid, 65534, 0, 0, 0, 0, 0));
        end_of_call("setuid", sys(SYS_setuid, 65534, 0, 0, 0, 0, 0));
    }
    ps("# vmfuzz seed "); ps(args[1]); ps(" calls "); ps(args[2]); ps(" opts "); ps(args[3]); pc('\n');
    u64 header = log_used;
    maps("start");          /* finds the stack and the vdso … */
    log_used = header;
    inode_count = 0;
    touch_self(0);          /* … touches all of itself … */
    maps("start");          /* … and says the same again, now without a fault. */
    count_faults(&start_minor, &start_major);
    says_self = opt('k') || opt('p') || opt('c') || opt('z');
    if (says_self) touch_self(1);
    brk_start = do_brk(0);
    run(number(args[2]));
    finish();
    sys(SYS_unlink, (u64)ro_path, 0, 0, 0, 0, 0);
    sys(SYS_unlink, (u64)rw_path, 0, 0, 0, 0, 0);
    sys(SYS_exit_group, 0, 0, 0, 0, 0, 0);
    __builtin_unreachable();
}

__asm__(".globl _start\n_start: mov %rsp, %rdi\nand $-16, %rsp\ncall start\n");
