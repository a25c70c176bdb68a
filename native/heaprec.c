/*
 * heaprec: a preload library that writes down every call of the malloc family, in the order in which the calls take
 * effect, with thread, arguments and result, and the memory system calls of the process in between: those that malloc
 * makes are marked.
 *
 *     PAGEWISE_HEAP_DIR=/some/folder LD_PRELOAD=/path/heaprec.so program ...
 *
 * writes a text file for each process and each program image, heap.PID.N. `pagewise record --heap` does this and packs
 * the files.
 *
 * It must not disturb the heap that it watches. So it allocates nothing: the line being written stands in a window of
 * the output file, mapped once at the start and moved over the file in place. What is written is in the file at once,
 * whatever ends the process; the call that does not return (an abort inside free) stands there with the result "?".
 *
 * One lock is held over the real call and its line, so the order is exact and no arena is ever contended.
 *
 * malloc makes its system calls inside libc, where no symbol can be interposed. The few places in libc and ld.so that
 * load the number of a memory call into eax and execute `syscall` are therefore sent through a stub here (x86-64 only;
 * elsewhere, and where that is refused, the header says so and only moves of the break are seen).
 *
 * A thread's tcache is given back by calls that cannot be interposed either, after the last destructor. The thread
 * keeps the lock until the kernel has buried it, so nothing of another thread comes between.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <gnu/libc-version.h>
#include <limits.h>
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))
#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)

enum {
    CHUNK = 512 << 10,        /* the window moves over the file by this much and is twice as large: below 2 MiB, from
                                 where on Linux would align it and so move what is mapped later */
    LINE_MAX_BYTES = 512,     /* no line but those of the header is longer */
    CHECKPOINT = 10000,       /* calls between two mallinfo2 lines, but at least CHECKPOINT_COST for each free chunk: */
    CHECKPOINT_COST = 64,     /* mallinfo2 walks them all */
    SITES_MAX = 16,           /* patched system call sites */
    FAST_KEYS = 32,           /* TSD keys whose slots lie in the thread itself: setting one allocates nothing */
};

/* ---- system calls of its own: never through libc, whose sites are patched ------------------------------------- */

#if defined(__x86_64__)
#define WITH_SITES 1
#define ARCHITECTURE "x86_64"
static inline long sys6(long number, long a, long b, long c, long d, long e, long f)
{
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    long result;
    __asm__ volatile("syscall" : "=a"(result)
                     : "0"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "memory");
    return result;
}
#else
#define WITH_SITES 0
#if defined(__i386__)
#define ARCHITECTURE "i386"
#elif defined(__aarch64__)
#define ARCHITECTURE "aarch64"
#elif defined(__arm__)
#define ARCHITECTURE "armv7l"
#else
#define ARCHITECTURE "other"
#endif
#ifndef SYS_mmap
#define SYS_mmap SYS_mmap2
#endif
static inline long sys6(long number, long a, long b, long c, long d, long e, long f)
{
    int saved = errno;
    long result = syscall(number, a, b, c, d, e, f);
    if (result == -1)
        result = -errno;
    errno = saved;
    return result;
}
#endif

static inline bool failed(long result) { return (unsigned long)result > (unsigned long)-4096; }

/* ---- state ----------------------------------------------------------------------------------------------------- */

static struct {
    uint32_t lock;            /* 0 free, 1 held, 2 held and waited for, 3 held by a thread that is dying */
    bool off;                 /* nothing can be written any more, or must not be */
    bool has_sites;
    char *window;             /* 2 * CHUNK bytes of the file, from window_base on */
    uint64_t window_base;
    size_t at;                /* where in the window the next line begins */
    size_t pending;           /* length of the unfinished call's text that stands at `at`, or 0 */
    uint64_t calls, unlogged;
    uint64_t next_checkpoint; /* in calls */
    int threads;              /* numbers given */
    int dying;                /* the thread that holds the lock in state 3, until its thread-exit line is written */
    uintptr_t brk;            /* the break that the file knows */
    char path[PATH_MAX];
    size_t folder_length;
    char stem[64];            /* heap.PID.N */
} st;

static uint32_t ready;                        /* 0 not begun, 1 beginning, 2 recording */
static pthread_key_t key;
static bool has_key;
static pthread_mutex_t grave;                 /* robust: held by a dying thread until it is dead */

/* The kernel clears this page in a forked child, so a child is known at its first call even without fork(). */
static struct { char same_process; char pad[4095]; } page __attribute__((aligned(4096)));

static __thread int my_number __attribute__((tls_model("initial-exec")));
static __thread int my_depth __attribute__((tls_model("initial-exec")));   /* > 0: this thread holds the lock */
static __thread int my_rounds __attribute__((tls_model("initial-exec")));  /* rounds of TSD destructors so far */

static void *(*real_malloc)(size_t);
static void *(*real_calloc)(size_t, size_t);
static void *(*real_realloc)(void *, size_t);
static void (*real_free)(void *);
static void *(*real_memalign)(size_t, size_t);
static void *(*real_aligned_alloc)(size_t, size_t);
static int (*real_posix_memalign)(void **, size_t, size_t);
static void *(*real_valloc)(size_t);
static void *(*real_pvalloc)(size_t);
static int (*real_malloc_trim)(size_t);
static int (*real_mallopt)(int, int);
static size_t (*real_malloc_usable_size)(void *);

extern void *__curbrk __attribute__((weak));
extern char __libc_single_threaded __attribute__((weak));
#if __GLIBC_PREREQ(2, 33)
extern struct mallinfo2 mallinfo2(void) __attribute__((weak));
#endif

static inline uintptr_t break_now(void) { return &__curbrk ? (uintptr_t)__curbrk : (uintptr_t)sbrk(0); }

/* ---- text ------------------------------------------------------------------------------------------------------ */

static inline char *put(char *p, const char *text)
{
    while (*text)
        *p++ = *text++;
    return p;
}

static inline char *put_decimal(char *p, uint64_t value)
{
    char digits[20];
    int n = 0;
    do
        digits[n++] = (char)('0' + value % 10);
    while ((value /= 10) != 0);
    while (n > 0)
        *p++ = digits[--n];
    return p;
}

static inline char *put_hex(char *p, uint64_t value)
{
    *p++ = '0';
    *p++ = 'x';
    int shift = value == 0 ? 0 : (63 - __builtin_clzll(value)) & ~3;
    for (; shift >= 0; shift -= 4)
        *p++ = "0123456789abcdef"[(value >> shift) & 15];
    return p;
}

static inline char *put_pointer(char *p, const void *pointer)
{
    if (pointer)
        return put_hex(p, (uintptr_t)pointer);
    *p++ = '0';
    return p;
}

/* ---- the file -------------------------------------------------------------------------------------------------- */

/* Puts 2 * CHUNK bytes of the file from st.window_base on under the window. The file is opened anew each time: a
   descriptor kept open might be closed, or reused, by the program. */
static bool map_window(int create)
{
    long fd = sys6(SYS_openat, AT_FDCWD, (long)st.path, O_RDWR | O_CLOEXEC | create, 0666, 0, 0);
    if (failed(fd))
        return false;
    bool ok = false;
    uint64_t end = st.window_base + 2 * CHUNK;
#if defined(__LP64__)
    /* Real blocks, not a hole: a full disk must end the recording and not the program. */
    long space = sys6(SYS_fallocate, fd, 0, 0, (long)end, 0, 0);
    if (space == -EOPNOTSUPP || space == -ENOSYS)
        space = sys6(SYS_ftruncate, fd, (long)end, 0, 0, 0, 0);
    if (!failed(space)) {
        long at = sys6(SYS_mmap, (long)st.window, 2 * CHUNK, PROT_READ | PROT_WRITE,
                       MAP_SHARED | (st.window ? MAP_FIXED : 0), fd, (long)st.window_base);
        ok = !failed(at);
        if (ok)
            st.window = (char *)at;
    }
#else
    if (ftruncate64((int)fd, (off64_t)end) == 0) {
        void *at = mmap64(st.window, 2 * CHUNK, PROT_READ | PROT_WRITE, MAP_SHARED | (st.window ? MAP_FIXED : 0),
                          (int)fd, (off64_t)st.window_base);
        ok = at != MAP_FAILED;
        if (ok)
            st.window = at;
    }
#endif
    sys6(SYS_close, fd, 0, 0, 0, 0, 0);
    return ok;
}

/* Moves the window on when its first half is full, so that a line always finds room behind st.at. */
static inline bool have_room(void)
{
    if (UNLIKELY(st.off))
        return false;
    if (LIKELY(st.at < CHUNK))
        return true;
    st.window_base += CHUNK;
    st.at -= CHUNK;
    if (map_window(0))
        return true;
    /* The old half is still under the window: its last line ends before the break. */
    st.window_base -= CHUNK;
    st.at += CHUNK;
    st.off = true;
    char *p = put(st.window + st.at, "# end: the recorder could not enlarge its file; calls ");
    p = put_decimal(p, st.calls);
    p = put(p, "; unlogged 0\n");
    st.at = (size_t)(p - st.window);
    return false;
}

static void put_line(const char *line, size_t length)
{
    if (!have_room())
        return;
    char *p = st.window + st.at;
    if (st.pending > 0) {
        for (size_t i = st.pending + 2; i-- > 0;)
            p[length + i] = p[i];
    }
    for (size_t i = 0; i < length; i++)
        p[i] = line[i];
    st.at += length;
}

/* /proc/self/maps, each line after "#M ". */
static void put_maps(void)
{
    static char buffer[4096];
    long fd = sys6(SYS_openat, AT_FDCWD, (long)"/proc/self/maps", O_RDONLY | O_CLOEXEC, 0, 0, 0);
    if (failed(fd))
        return;
    bool start = true;
    long got;
    while ((got = sys6(SYS_read, fd, (long)buffer, sizeof buffer, 0, 0, 0)) > 0) {
        for (long i = 0; i < got; i++) {
            if (start)
                put_line("#M ", 3);
            if (!have_room())
                break;
            st.window[st.at++] = buffer[i];
            start = buffer[i] == '\n';
        }
    }
    sys6(SYS_close, fd, 0, 0, 0, 0, 0);
}

static void put_mallinfo(bool final)
{
#if __GLIBC_PREREQ(2, 33)
    if (!mallinfo2)
        return;
    struct mallinfo2 m = mallinfo2();
    static const char *const names[] = {
        " arena=", " ordblks=", " smblks=", " hblks=", " hblkhd=", " usmblks=", " fsmblks=", " uordblks=", " fordblks=",
        " keepcost=",
    };
    const size_t values[] = {
        m.arena, m.ordblks, m.smblks, m.hblks, m.hblkhd, m.usmblks, m.fsmblks, m.uordblks, m.fordblks, m.keepcost,
    };
    char line[LINE_MAX_BYTES];
    char *p = put(line, final ? "# mallinfo2 final after_call=" : "# mallinfo2 after_call=");
    p = put_decimal(p, st.calls);
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        p = put_decimal(put(p, names[i]), values[i]);
    *p++ = '\n';
    put_line(line, (size_t)(p - line));
    uint64_t wait = CHECKPOINT_COST * (uint64_t)(m.ordblks + m.smblks);
    st.next_checkpoint = st.calls + CHECKPOINT + wait - wait % CHECKPOINT;
#else
    (void)final;
#endif
}

/* ---- the lock -------------------------------------------------------------------------------------------------- */

static inline bool single_threaded(void) { return &__libc_single_threaded && __libc_single_threaded; }

static void become_child(bool forked_here);

/* Libc still frees some blocks of a thread's own by ordinary calls before it gives the tcache back. The line therefore
   waits for the first system call outside a recorded call, or for the thread's end. */
static void put_thread_exit(void)
{
    char line[64];
    char *p = put_decimal(put(line, "# ["), (uint64_t)st.dying);
    p = put(p, "] thread-exit\n");
    st.dying = 0;
    put_line(line, (size_t)(p - line));
}

/* The lock was left by a thread on its way out: wait until the kernel has buried it. */
static void bury(void)
{
    int result = pthread_mutex_lock(&grave);
    if (result == EOWNERDEAD) {
        pthread_mutex_consistent(&grave);
        if (st.dying)
            put_thread_exit();
        __atomic_store_n(&st.lock, 0, __ATOMIC_RELEASE);
    }
    if (result == 0 || result == EOWNERDEAD)
        pthread_mutex_unlock(&grave);
}

static __attribute__((noinline)) void lock_slowly(uint32_t seen)
{
    for (;;) {
        if (seen == 3) {
            bury();
            seen = 0;
        } else {
            if (seen == 2 || __atomic_compare_exchange_n(&st.lock, &seen, 2, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
                if (seen == 0)
                    return;
                sys6(SYS_futex, (long)&st.lock, 128 /* FUTEX_WAIT_PRIVATE */, 2, 0, 0, 0);
            } else {
                continue;
            }
            seen = 0;
        }
        /* A waiter cannot know whether others wait, so it holds the lock as "waited for". */
        if (__atomic_compare_exchange_n(&st.lock, &seen, 2, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
            return;
    }
}

/* False when this thread has the lock already (a signal handler inside malloc): the call is then only counted. */
static inline bool enter(void)
{
    if (UNLIKELY(my_depth > 0)) {
        if (my_rounds < PTHREAD_DESTRUCTOR_ITERATIONS || my_depth > 1) {
            st.unlogged++;
            return false;
        }
        my_depth++;
        return true;
    }
    if (single_threaded() && LIKELY(st.lock == 0)) {
        st.lock = 1;
    } else {
        uint32_t seen = 0;
        if (!__atomic_compare_exchange_n(&st.lock, &seen, 1, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
            lock_slowly(seen);
    }
    my_depth = 1;
    if (UNLIKELY(!page.same_process))
        become_child(false);
    return true;
}

static inline void leave(void)
{
    if (UNLIKELY(--my_depth > 0))
        return;
    if (single_threaded())
        st.lock = 0;
    else if (__atomic_exchange_n(&st.lock, 0, __ATOMIC_RELEASE) == 2)
        sys6(SYS_futex, (long)&st.lock, 129 /* FUTEX_WAKE_PRIVATE */, 1, 0, 0, 0);
}

/* Runs in each of libc's rounds of TSD destructors; in the last one the thread takes the lock for good. What it still
   frees afterwards is written as its own. */
static void thread_ends(void *value)
{
    if (++my_rounds < PTHREAD_DESTRUCTOR_ITERATIONS) {
        pthread_setspecific(key, value);
        return;
    }
    if (st.off || !enter())
        return;
    if (pthread_mutex_lock(&grave) != 0) {
        leave();
        return;
    }
    st.dying = my_number;
    /* Whoever waits in the kernel must look again. */
    if (__atomic_exchange_n(&st.lock, 3, __ATOMIC_RELEASE) == 2)
        sys6(SYS_futex, (long)&st.lock, 129, INT_MAX, 0, 0, 0);
}

static void before_fork(void) { (void)enter(); }
static void after_fork_in_parent(void) { leave(); }
static void after_fork_in_child(void)
{
    become_child(true);
    leave();
}

/* ---- malloc's system calls ------------------------------------------------------------------------------------- */

#if WITH_SITES

static const char *const errno_names[] = {
    [EPERM] = "EPERM", [ENOENT] = "ENOENT", [EINTR] = "EINTR", [EIO] = "EIO", [ENXIO] = "ENXIO", [EBADF] = "EBADF",
    [EAGAIN] = "EAGAIN", [ENOMEM] = "ENOMEM", [EACCES] = "EACCES", [EFAULT] = "EFAULT", [EBUSY] = "EBUSY",
    [EEXIST] = "EEXIST", [ENODEV] = "ENODEV", [EINVAL] = "EINVAL", [ENFILE] = "ENFILE", [EMFILE] = "EMFILE",
    [ETXTBSY] = "ETXTBSY", [ENOSPC] = "ENOSPC", [ENOSYS] = "ENOSYS", [EOVERFLOW] = "EOVERFLOW",
    [EOPNOTSUPP] = "EOPNOTSUPP", [EHWPOISON] = "EHWPOISON",
};

struct name { unsigned value; const char *text; };

static const struct name prot_names[] = {
    {PROT_READ, "PROT_READ"}, {PROT_WRITE, "PROT_WRITE"}, {PROT_EXEC, "PROT_EXEC"}, {PROT_GROWSDOWN, "PROT_GROWSDOWN"},
    {PROT_GROWSUP, "PROT_GROWSUP"}, {0, 0},
};

static const struct name map_names[] = {
    {MAP_FIXED, "MAP_FIXED"}, {MAP_ANONYMOUS, "MAP_ANONYMOUS"}, {MAP_32BIT, "MAP_32BIT"},
    {MAP_NORESERVE, "MAP_NORESERVE"}, {MAP_POPULATE, "MAP_POPULATE"}, {MAP_NONBLOCK, "MAP_NONBLOCK"},
    {MAP_GROWSDOWN, "MAP_GROWSDOWN"}, {MAP_DENYWRITE, "MAP_DENYWRITE"}, {MAP_EXECUTABLE, "MAP_EXECUTABLE"},
    {MAP_LOCKED, "MAP_LOCKED"}, {MAP_STACK, "MAP_STACK"}, {MAP_HUGETLB, "MAP_HUGETLB"}, {MAP_SYNC, "MAP_SYNC"},
    {MAP_FIXED_NOREPLACE, "MAP_FIXED_NOREPLACE"}, {0, 0},
};

static const struct name mremap_names[] = {
    {MREMAP_MAYMOVE, "MREMAP_MAYMOVE"}, {MREMAP_FIXED, "MREMAP_FIXED"}, {4 /* 5.7 */, "MREMAP_DONTUNMAP"}, {0, 0},
};

static const struct name advice_names[] = {
    {0, "MADV_NORMAL"}, {1, "MADV_RANDOM"}, {2, "MADV_SEQUENTIAL"}, {3, "MADV_WILLNEED"}, {4, "MADV_DONTNEED"},
    {8, "MADV_FREE"}, {9, "MADV_REMOVE"}, {10, "MADV_DONTFORK"}, {11, "MADV_DOFORK"}, {12, "MADV_MERGEABLE"},
    {13, "MADV_UNMERGEABLE"}, {14, "MADV_HUGEPAGE"}, {15, "MADV_NOHUGEPAGE"}, {16, "MADV_DONTDUMP"},
    {17, "MADV_DODUMP"}, {18, "MADV_WIPEONFORK"}, {19, "MADV_KEEPONFORK"}, {20, "MADV_COLD"}, {21, "MADV_PAGEOUT"},
    {22, "MADV_POPULATE_READ"}, {23, "MADV_POPULATE_WRITE"}, {25, "MADV_COLLAPSE"}, {0, 0},
};

/* Names of the bits joined by |, the bits without a name as one number. */
static char *put_bits(char *p, const struct name *names, unsigned bits, const char *none)
{
    char *start = p;
    for (; names->text; names++) {
        if ((bits & names->value) == 0)
            continue;
        if (p != start)
            *p++ = '|';
        p = put(p, names->text);
        bits &= ~names->value;
    }
    if (bits != 0) {
        if (p != start)
            *p++ = '|';
        return put_hex(p, bits);
    }
    return p != start ? p : put(p, none);
}

static char *put_map_flags(char *p, unsigned flags)
{
    static const char *const kinds[] = {"0", "MAP_SHARED", "MAP_PRIVATE", "MAP_SHARED_VALIDATE"};
    p = put(p, (flags & 15) < 4 ? kinds[flags & 15] : kinds[0]);
    unsigned rest = (flags & 15) < 4 ? flags & ~15u : flags;
    if (rest == 0)
        return p;
    *p++ = '|';
    return put_bits(p, map_names, rest, "");
}

static char *put_advice(char *p, unsigned advice)
{
    for (const struct name *name = advice_names; name->text; name++) {
        if (name->value == advice)
            return put(p, name->text);
    }
    return put_hex(p, advice);
}

static char *put_address(char *p, long address) { return address ? put_hex(p, (uint64_t)address) : put(p, "NULL"); }

/* Address and length: how all of these calls but brk begin. */
static char *put_range(char *p, const char *name, const long *args)
{
    p = put_address(put(p, name), args[0]);
    return put_decimal(put(p, ", "), (uint64_t)args[1]);
}

static char *put_system_call(char *p, long number, const long *args)
{
    switch (number) {
    case SYS_brk:
        return put_address(put(p, "brk("), args[0]);
    case SYS_mmap:
        p = put_bits(put(put_range(p, "mmap(", args), ", "), prot_names, (unsigned)args[2], "PROT_NONE");
        p = put_map_flags(put(p, ", "), (unsigned)args[3]);
        p = put(p, (int)args[4] < 0 ? ", -" : ", ");
        p = put_decimal(p, (uint64_t)((int)args[4] < 0 ? -(int64_t)(int)args[4] : (int)args[4]));
        p = put(p, ", ");
        return args[5] ? put_hex(p, (uint64_t)args[5]) : put(p, "0");
    case SYS_munmap:
        return put_range(p, "munmap(", args);
    case SYS_mprotect:
        return put_bits(put(put_range(p, "mprotect(", args), ", "), prot_names, (unsigned)args[2], "PROT_NONE");
    case SYS_mremap:
        p = put_decimal(put(put_range(p, "mremap(", args), ", "), (uint64_t)args[2]);
        p = put_bits(put(p, ", "), mremap_names, (unsigned)args[3], "0");
        return (args[3] & (MREMAP_FIXED | 4)) ? put_hex(put(p, ", "), (uint64_t)args[4]) : p;
    default:
        return put_advice(put(put_range(p, "madvise(", args), ", "), (unsigned)args[2]);
    }
}

static void put_call_line(long number, const long *args, long result)
{
    bool in_malloc = st.pending > 0;
    if (st.dying && !in_malloc)
        put_thread_exit();
    char line[LINE_MAX_BYTES];
    char *p = line;
    bool moved = number == SYS_brk && !in_malloc && (uintptr_t)result != st.brk && args[0] != 0;
    bool exiting = my_rounds >= PTHREAD_DESTRUCTOR_ITERATIONS;
    if (moved && !exiting)
        p = put(put_hex(put(p, "# brk "), (uint64_t)result), " (moved outside recorded calls)\n");
    p = put(put_decimal(put(p, "["), (uint64_t)(my_number ? my_number : 1)), "] SYS_");
    p = put(put_system_call(p, number, args), ") = ");
    if (failed(result)) {
        size_t error = (size_t)-result;
        bool known = error < sizeof errno_names / sizeof *errno_names && errno_names[error];
        p = put(put(p, "-1 "), known ? errno_names[error] : "EINVAL");
    } else if (number == SYS_brk || number == SYS_mmap || number == SYS_mremap) {
        p = put_hex(p, (uint64_t)result);
    } else {
        p = put_decimal(p, (uint64_t)result);
    }
    if (in_malloc)
        p = put(p, " /* in malloc */");
    *p++ = '\n';
    if (moved && exiting)
        p = put(put_hex(put(p, "# brk "), (uint64_t)result), "\n");
    if (moved)
        st.brk = (uintptr_t)result;
    put_line(line, (size_t)(p - line));
}

static struct site { uint8_t *place; long number; } sites[SITES_MAX];
__attribute__((visibility("hidden"))) uint8_t *heaprec_return_to[SITES_MAX];
extern const char heaprec_stubs[] __attribute__((visibility("hidden")));

/* What a patched site executes instead of `syscall`. */
__attribute__((visibility("hidden"), used)) long heaprec_syscall(long site, const long *args)
{
    long number = sites[site].number;
    bool inside = my_depth > 0;
    if (ready != 2 || st.off || (!inside && !enter()))
        return sys6(number, args[0], args[1], args[2], args[3], args[4], args[5]);
    long result = sys6(number, args[0], args[1], args[2], args[3], args[4], args[5]);
    put_call_line(number, args, result);
    if (!inside)
        leave();
    return result;
}

/* A stub for each site, 32 bytes apart. As after the instruction itself every register but rax, rcx and r11 is as it
   was; the red zone is stepped over. */
__asm__(".text\n"
        ".balign 32\n"
        ".hidden heaprec_stubs\n"
        "heaprec_stubs:\n"
        ".set site, 0\n"
        ".rept 16\n"
        "    .balign 32\n"
        "    lea -128(%rsp), %rsp\n"
        "    push $site\n"
        "    call heaprec_enter_stub\n"
        "    lea 136(%rsp), %rsp\n"
        "    jmp *heaprec_return_to + 8 * site(%rip)\n"
        "    .set site, site + 1\n"
        ".endr\n"
        "heaprec_enter_stub:\n"
        "    push %rbp\n"
        "    mov %rsp, %rbp\n"
        "    push %r9\n"
        "    push %r8\n"
        "    push %r10\n"
        "    push %rdx\n"
        "    push %rsi\n"
        "    push %rdi\n"
        "    mov %rsp, %rsi\n"
        "    mov 16(%rbp), %rdi\n"
        "    sub $512, %rsp\n"
        "    and $-64, %rsp\n"
        "    fxsave64 (%rsp)\n"
        "    call heaprec_syscall\n"
        "    fxrstor64 (%rsp)\n"
        "    lea -48(%rbp), %rsp\n"
        "    pop %rdi\n"
        "    pop %rsi\n"
        "    pop %rdx\n"
        "    pop %r10\n"
        "    pop %r8\n"
        "    pop %r9\n"
        "    pop %rbp\n"
        "    ret\n");

static bool is_memory_call(uint32_t number)
{
    return number == SYS_mmap || number == SYS_mprotect || number == SYS_munmap || number == SYS_brk ||
           number == SYS_mremap || number == SYS_madvise;
}

/* Sends every `mov $number, %eax; syscall` of a memory call in a text mapping to a stub; returns a bit for each number
   that was found. */
static unsigned patch_text(uint8_t *start, uint8_t *end, size_t *used)
{
    unsigned found = 0;
    for (uint8_t *p = start; p + 7 <= end && *used < SITES_MAX; p++) {
        if (p[0] != 0xb8 || p[5] != 0x0f || p[6] != 0x05)
            continue;
        uint32_t number = p[1] | (uint32_t)p[2] << 8 | (uint32_t)p[3] << 16 | (uint32_t)p[4] << 24;
        const char *stub = heaprec_stubs + 32 * *used;
        ptrdiff_t distance = stub - (const char *)(p + 5);
        if (!is_memory_call(number) || distance != (int32_t)distance)
            continue;
        uint8_t *first = (uint8_t *)((uintptr_t)p & ~4095UL);
        size_t length = (size_t)(p + 7 - first);
        if (failed(sys6(SYS_mprotect, (long)first, (long)length, PROT_READ | PROT_WRITE, 0, 0, 0)))
            return 0;
        sites[*used].place = p;
        sites[*used].number = number;
        heaprec_return_to[*used] = p + 7;
        p[0] = 0xe9;
        for (int i = 0; i < 4; i++)
            p[1 + i] = (uint8_t)((uint32_t)distance >> (8 * i));
        p[5] = 0x66;
        p[6] = 0x90;
        sys6(SYS_mprotect, (long)first, (long)length, PROT_READ | PROT_EXEC, 0, 0, 0);
        found |= number == SYS_mmap ? 1 : number == SYS_munmap ? 2 : number == SYS_mprotect ? 4
               : number == SYS_brk ? 8 : number == SYS_mremap ? 16 : 32;
        ++*used;
        p += 6;
    }
    return found;
}

static const char *take_hex(const char *p, const char *end, uintptr_t *value)
{
    *value = 0;
    for (; p < end; p++) {
        unsigned digit = *p >= 'a' ? (unsigned)(*p - 'a') + 10 : (unsigned)(*p - '0');
        if (digit > 15)
            break;
        *value = *value << 4 | digit;
    }
    return p;
}

/* Patches libc's and ld.so's text, found in /proc/self/maps. True when malloc's calls are all caught. */
static bool patch_sites(void)
{
    static char maps[128 << 10];
    long fd = sys6(SYS_openat, AT_FDCWD, (long)"/proc/self/maps", O_RDONLY | O_CLOEXEC, 0, 0, 0);
    if (failed(fd))
        return false;
    size_t length = 0;
    long got;
    while (length < sizeof maps && (got = sys6(SYS_read, fd, (long)(maps + length), (long)(sizeof maps - length), 0, 0, 0)) > 0)
        length += (size_t)got;
    sys6(SYS_close, fd, 0, 0, 0, 0, 0);

    uintptr_t in_libc = (uintptr_t)real_malloc;
    uintptr_t in_loader = getauxval(AT_BASE);
    unsigned found = 0;
    size_t used = 0;
    bool loader = false;
    for (const char *p = maps, *end = maps + length; p < end;) {
        uintptr_t start, stop;
        p = take_hex(p, end, &start);
        p = take_hex(p + 1, end, &stop);
        bool text = p + 4 < end && p[1] == 'r' && p[3] == 'x';
        loader = loader || (in_loader >= start && in_loader < stop);
        if (text && in_libc >= start && in_libc < stop) {
            found |= patch_text((uint8_t *)start, (uint8_t *)stop, &used);
        } else if (text && loader) {
            (void)patch_text((uint8_t *)start, (uint8_t *)stop, &used);
            loader = false;
        }
        while (p < end && *p++ != '\n')
            continue;
    }
    return found == 63;
}

#endif

/* ---- the beginning --------------------------------------------------------------------------------------------- */

/* dlsym of old releases allocates: such calls, before there is a real malloc to call, are served from here. */
static char early[4096] __attribute__((aligned(16)));
static size_t early_used;

static void *early_alloc(size_t bytes)
{
    size_t at = early_used;
    bytes = (bytes + 15) & ~(size_t)15;
    if (bytes > sizeof early - at)
        return NULL;
    early_used = at + bytes;
    return early + at;
}

static inline bool is_early(const void *p) { return (const char *)p >= early && (const char *)p < early + sizeof early; }

/* Opens heap.PID.N with the first N that is free: an exec'ed image is a new file of the same process. */
static bool open_file(void)
{
    for (int n = 0; n < 10000; n++) {
        char *p = put(st.stem, "heap.");
        p = put_decimal(p, (uint64_t)sys6(SYS_getpid, 0, 0, 0, 0, 0, 0));
        p = put_decimal(put(p, "."), (uint64_t)n);
        *p = 0;
        *put(st.path + st.folder_length, st.stem) = 0;
        st.window_base = 0;
        st.at = 0;
        if (map_window(O_CREAT | O_EXCL))
            return true;
        if (sys6(SYS_faccessat, AT_FDCWD, (long)st.path, F_OK, 0, 0, 0) != 0)
            return false;
    }
    return false;
}

/* The command line with spaces for its NULs and semicolons for line ends. */
static void put_program(void)
{
    static char buffer[4096];
    char line[LINE_MAX_BYTES];
    char *p = put(line, "# program: ");
    long got = sys6(SYS_readlinkat, AT_FDCWD, (long)"/proc/self/exe", (long)buffer, 256, 0, 0);
    for (long i = 0; i < got; i++)
        *p++ = buffer[i];
    put_line(line, (size_t)(p - line));
    long fd = sys6(SYS_openat, AT_FDCWD, (long)"/proc/self/cmdline", O_RDONLY | O_CLOEXEC, 0, 0, 0);
    got = failed(fd) ? 0 : sys6(SYS_read, fd, (long)buffer, sizeof buffer, 0, 0, 0);
    long i = 0;
    while (i < got && buffer[i] != 0)
        i++;
    while (got > 0 && buffer[got - 1] == 0)
        got--;
    for (; i < got && have_room(); i++) {
        char c = buffer[i];
        st.window[st.at++] = c == 0 ? ' ' : c == '\n' || c == '\r' ? ';' : c;
    }
    if (!failed(fd))
        sys6(SYS_close, fd, 0, 0, 0, 0, 0);
    put_line("\n", 1);
}

/* The tunables in force: the variable, and for what it does not name the old variables, first come first served. */
static void put_tunables(void)
{
    static const char *const aliases[][2] = {
        {"MALLOC_TOP_PAD_", "top_pad"}, {"MALLOC_PERTURB_", "perturb"}, {"MALLOC_MMAP_MAX_", "mmap_max"},
        {"MALLOC_MMAP_THRESHOLD_", "mmap_threshold"}, {"MALLOC_TRIM_THRESHOLD_", "trim_threshold"},
        {"MALLOC_ARENA_MAX", "arena_max"}, {"MALLOC_ARENA_TEST", "arena_test"},
    };
    char line[4 * LINE_MAX_BYTES];
    char *limit = line + 3 * LINE_MAX_BYTES;
    char *p = put(line, "# GLIBC_TUNABLES=");
    char *value = p;
    const char *tunables = getenv("GLIBC_TUNABLES");
    for (; tunables && *tunables && p < limit; tunables++)
        *p++ = *tunables == '\n' ? ' ' : *tunables;
    *p = 0;
    for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++) {
        const char *text = getenv(aliases[i][0]);
        char name[64];
        char *n = put(put(name, "glibc.malloc."), aliases[i][1]);
        *n++ = '=';
        *n = 0;
        if (!text || strlen(text) > 32 || p >= limit || strstr(value, name))
            continue;
        if (p != value)
            *p++ = ':';
        p = put(put(p, name), text);
        *p = 0;
    }
    *p++ = '\n';
    put_line(line, (size_t)(p - line));
}

static void put_text(const char *text) { put_line(text, strlen(text)); }

static void put_header(void)
{
    char line[LINE_MAX_BYTES];
    put_text("# malloc trace 1; recorder heaprec.c\n");
    put_program();
    char *p = put(put(line, "# glibc "), gnu_get_libc_version());
    p = put_decimal(put(p, " word "), 8 * sizeof(void *));
    p = put(p, " " ARCHITECTURE "\n");
    put_line(line, (size_t)(p - line));
    put_tunables();
    uintptr_t start = (uintptr_t)sbrk(0);
    st.brk = start;
    st.next_checkpoint = CHECKPOINT;
    p = put_hex(put(line, "# heap start (sbrk(0) at first call) "), start);
    *p++ = '\n';
    put_line(line, (size_t)(p - line));
    cpu_set_t cpus;
    if (sched_getaffinity(0, sizeof cpus, &cpus) == 0) {
        p = put_decimal(put(line, "# cpus "), (uint64_t)CPU_COUNT(&cpus));
        *p++ = '\n';
        put_line(line, (size_t)(p - line));
    }
    Dl_info mine, libc;
    if (dladdr((void *)real_malloc, &mine) && dladdr((void *)gnu_get_libc_version, &libc) && mine.dli_fbase != libc.dli_fbase) {
        put_text("# warning: malloc is not glibc's here but that of ");
        put_text(mine.dli_fname);
        put_text("\n");
    }
    if (!st.has_sites)
        put_text("# warning: the system calls inside malloc are not recorded here (only moves of the break)\n");
    if (!has_key)
        put_text("# warning: the ends of threads are not recorded here\n");
    put_maps();
}

#define FIND(name) (*(void **)&real_##name = dlsym(RTLD_NEXT, #name))

static __attribute__((noinline)) bool begin(void)
{
    if (ready == 1)
        return false;
    ready = 1;
    FIND(malloc), FIND(calloc), FIND(realloc), FIND(free), FIND(memalign), FIND(aligned_alloc), FIND(posix_memalign);
    FIND(valloc), FIND(pvalloc), FIND(malloc_trim), FIND(mallopt), FIND(malloc_usable_size);
    const char *folder = getenv("PAGEWISE_HEAP_DIR");
    size_t length = folder ? strlen(folder) : 0;
    st.off = length == 0 || length > sizeof st.path - 64;
    if (!st.off) {
        char *p = put(st.path, folder);
        *p++ = '/';
        st.folder_length = (size_t)(p - st.path);
        st.off = !open_file();
    }
    if (!st.off) {
        page.same_process = 1;
        sys6(SYS_madvise, (long)&page, sizeof page, 18 /* MADV_WIPEONFORK */, 0, 0, 0);
        pthread_mutexattr_t robust;
        pthread_mutexattr_init(&robust);
        pthread_mutexattr_setrobust(&robust, PTHREAD_MUTEX_ROBUST);
        pthread_mutex_init(&grave, &robust);
        has_key = pthread_key_create(&key, thread_ends) == 0 && key < FAST_KEYS;
        pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
#if WITH_SITES
        st.has_sites = patch_sites();
#endif
        put_header();
    }
    __atomic_store_n(&ready, 2, __ATOMIC_RELEASE);
    return true;
}

static inline bool recording(void) { return LIKELY(ready == 2) || begin(); }

/* A forked child goes on in a file of its own, which says where in its parent's the history stands that it shares. */
static void become_child(bool forked_here)
{
    if (page.same_process && !forked_here)
        return;
    char parent[sizeof st.stem];
    *put(parent, st.stem) = 0;
    uint64_t shared = st.window_base + st.at;
    page.same_process = 1;
    st.lock = forked_here ? 1 : st.lock;
    st.pending = 0;
    st.off = st.off || !open_file();
    if (st.off)
        return;
    char line[LINE_MAX_BYTES];
    char *p = put(put(line, "# forked from "), parent);
    p = put_decimal(put(p, " at byte "), shared);
    p = put_decimal(put(p, " by ["), (uint64_t)(my_number ? my_number : 1));
    p = put(p, "]\n");
    put_line(line, (size_t)(p - line));
}

/* Before the first thread, if no call has come yet. */
__attribute__((constructor)) static void start(void) { (void)recording(); }

__attribute__((destructor)) static void finish(void)
{
    if (ready != 2 || st.off || !enter())
        return;
    char line[LINE_MAX_BYTES];
    char *p = put(line, "# end: recorder's destructor (lines after this, if any, come from later exit handlers); calls ");
    p = put_decimal(put(put_decimal(p, st.calls), "; unlogged "), st.unlogged);
    p = put(put_hex(put(p, "\n# final sbrk(0) "), break_now()), "\n");
    put_line(line, (size_t)(p - line));
    put_mallinfo(true);
    put_maps();
    leave();
}

/* ---- the calls ------------------------------------------------------------------------------------------------- */

/* Begins a line: "[tid] name(". The caller appends the arguments and hands the end to `called`. */
static inline char *calling(const char *name)
{
    if (UNLIKELY(my_number == 0)) {
        my_number = ++st.threads;
        if (has_key)
            pthread_setspecific(key, &st);
    }
    uintptr_t brk = break_now();
    if (UNLIKELY(brk != st.brk)) {
        char line[LINE_MAX_BYTES];
        char *p = put(put_hex(put(line, "# brk "), brk), " (moved outside recorded calls)\n");
        put_line(line, (size_t)(p - line));
        st.brk = brk;
    }
    if (!have_room())
        return NULL;
    char *p = st.window + st.at;
    *p++ = '[';
    p = put_decimal(p, (uint64_t)my_number);
    *p++ = ']';
    *p++ = ' ';
    return put(p, name);
}

/* The text up to " = " is there: should the call not return, "?" is its result. */
static inline void called(char *p)
{
    p = put(p, ") = ");
    st.pending = (size_t)(p - (st.window + st.at));
    p[0] = '?';
    p[1] = '\n';
}

/* Where the result goes: system calls may have moved the unfinished line. */
static inline char *result_place(void) { return st.window + st.at + st.pending; }

static inline void returned(char *p)
{
    *p++ = '\n';
    st.at = (size_t)(p - st.window);
    st.pending = 0;
    st.calls++;
    uintptr_t brk = break_now();
    if (UNLIKELY(brk != st.brk)) {
        char line[LINE_MAX_BYTES];
        p = put_hex(put(line, "# brk "), brk);
        *p++ = '\n';
        put_line(line, (size_t)(p - line));
        st.brk = brk;
    }
    if (UNLIKELY(st.calls == st.next_checkpoint))
        put_mallinfo(false);
}

/* A call with one or two arguments, each already formatted by its own expression. */
#define RECORD(type, name, first, call, result)             \
    do {                                                    \
        if (UNLIKELY(!enter()))                             \
            return call;                                    \
        char *p_ = calling(#name "(");                      \
        if (LIKELY(p_ != NULL)) {                           \
            char *p = p_;                                   \
            first;                                          \
            called(p);                                      \
        }                                                   \
        type value = call;                                  \
        if (LIKELY(p_ != NULL)) {                           \
            int error_ = errno;                             \
            char *p = result_place();                       \
            result;                                         \
            returned(p);                                    \
            errno = error_;                                 \
        }                                                   \
        leave();                                            \
        return value;                                       \
    } while (0)

#define ARG(value) p = put_decimal(p, (uint64_t)(value))
#define ARG2(value) *p++ = ',', *p++ = ' ', p = put_decimal(p, (uint64_t)(value))
#define PTR(value) p = put_pointer(p, (value))
#define NUM(value) p = put_decimal(p, (uint64_t)(value))

EXPORT void *malloc(size_t bytes)
{
    if (!recording())
        return real_malloc ? real_malloc(bytes) : early_alloc(bytes);
    RECORD(void *, malloc, ARG(bytes), real_malloc(bytes), PTR(value));
}

EXPORT void *calloc(size_t count, size_t bytes)
{
    if (!recording())
        return real_calloc ? real_calloc(count, bytes) : early_alloc(count * bytes);
    RECORD(void *, calloc, (ARG(count), ARG2(bytes)), real_calloc(count, bytes), PTR(value));
}

EXPORT void *realloc(void *block, size_t bytes)
{
    if (!recording())
        return real_realloc ? real_realloc(block, bytes) : NULL;
    if (UNLIKELY(is_early(block))) {
        void *moved = malloc(bytes);
        size_t held = (size_t)(early + sizeof early - (char *)block);
        return moved ? memcpy(moved, block, held < bytes ? held : bytes) : NULL;
    }
    RECORD(void *, realloc, (PTR(block), ARG2(bytes)), real_realloc(block, bytes), PTR(value));
}

EXPORT void free(void *block)
{
    if (UNLIKELY(is_early(block)))
        return;
    if (!recording()) {
        if (real_free)
            real_free(block);
        return;
    }
    if (UNLIKELY(!enter())) {
        real_free(block);
        return;
    }
    char *p = calling("free(");
    if (LIKELY(p != NULL))
        called(put_pointer(p, block));
    real_free(block);
    if (LIKELY(p != NULL))
        returned(put(result_place(), "<void>"));
    leave();
}

EXPORT void *memalign(size_t alignment, size_t bytes)
{
    if (!recording())
        return NULL;
    RECORD(void *, memalign, (ARG(alignment), ARG2(bytes)), real_memalign(alignment, bytes), PTR(value));
}

EXPORT void *aligned_alloc(size_t alignment, size_t bytes)
{
    if (!recording())
        return NULL;
    RECORD(void *, aligned_alloc, (ARG(alignment), ARG2(bytes)), real_aligned_alloc(alignment, bytes), PTR(value));
}

EXPORT int posix_memalign(void **stored, size_t alignment, size_t bytes)
{
    if (!recording())
        return ENOMEM;
    RECORD(int, posix_memalign, (ARG(alignment), ARG2(bytes)), real_posix_memalign(stored, alignment, bytes),
           p = value == 0 ? put_pointer(p, *stored) : put(p, value == EINVAL ? "0 EINVAL" : "0 ENOMEM"));
}

EXPORT void *valloc(size_t bytes)
{
    if (!recording())
        return NULL;
    RECORD(void *, valloc, ARG(bytes), real_valloc(bytes), PTR(value));
}

EXPORT void *pvalloc(size_t bytes)
{
    if (!recording())
        return NULL;
    RECORD(void *, pvalloc, ARG(bytes), real_pvalloc(bytes), PTR(value));
}

EXPORT int malloc_trim(size_t pad)
{
    if (!recording())
        return 0;
    RECORD(int, malloc_trim, ARG(pad), real_malloc_trim(pad), NUM(value));
}

EXPORT int mallopt(int parameter, int number)
{
    if (!recording())
        return 0;
    RECORD(int, mallopt,
           (p = parameter < 0 ? put_decimal(put(p, "-"), (uint64_t)-(int64_t)parameter) : put_decimal(p, (uint64_t)parameter),
            p = put(p, number < 0 ? ", -" : ", "), p = put_decimal(p, (uint64_t)(number < 0 ? -(int64_t)number : number))),
           real_mallopt(parameter, number), NUM(value));
}

EXPORT size_t malloc_usable_size(void *block)
{
    if (!recording())
        return 0;
    RECORD(size_t, malloc_usable_size, PTR(block), real_malloc_usable_size(block), NUM(value));
}
