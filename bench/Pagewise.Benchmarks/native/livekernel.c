/* livekernel: what the kernel and CPU that run this program need for the work that Pagewise's benchmarks model.
 * Prints one line a figure, "name nanoseconds", the best of several rounds (the others met an interrupt). 4 KiB pages. */

#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096ul
#define GIB (1ul << 30)

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1e9 + t.tv_nsec;
}

static void figure(const char *name, double nanoseconds)
{
    printf("%s %.3f\n", name, nanoseconds);
    fflush(stdout);
}

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static char *map(size_t length, int protection)
{
    char *p = mmap(NULL, length, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED) die("mmap");
    madvise(p, length, MADV_NOHUGEPAGE);
    return p;
}

static void touch(char *p, size_t length)
{
    for (size_t i = 0; i < length; i += PAGE) p[i] = 1;
}

/* One anonymous write fault: exception, frame, zeroing, page-table entry, return. */
static void first_touch(void)
{
    double best = 1e18;
    for (int round = 0; round < 5; round++) {
        char *p = map(GIB, PROT_READ | PROT_WRITE);
        double start = now();
        touch(p, GIB);
        double each = (now() - start) / (GIB / PAGE);
        if (each < best) best = each;
        munmap(p, GIB);
    }
    figure("first_touch", best);
}

/* mmap + munmap of 64 KiB, never touched. */
static void map_pair(const char *name)
{
    double best = 1e18;
    for (int round = 0; round < 7; round++) {
        int pairs = 50000;
        double start = now();
        for (int i = 0; i < pairs; i++) {
            void *p = mmap(NULL, 16 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            if (p == MAP_FAILED) die("mmap");
            munmap(p, 16 * PAGE);
        }
        double each = (now() - start) / pairs;
        if (each < best) best = each;
    }
    figure(name, best);
}

static void map_pair_with_many(void)
{
    size_t vmas = 60000;
    char *p = map(vmas * PAGE, PROT_NONE);
    for (size_t i = 0; i < vmas; i += 2)
        if (mprotect(p + i * PAGE, PAGE, PROT_READ)) die("mprotect");
    map_pair("map_pair_60000_vmas");
    munmap(p, vmas * PAGE);
}

/* fork() as the parent sees it, with 1 GiB of touched anonymous pages. */
static void fork_one_gib(void)
{
    double best = 1e18;
    char *p = map(GIB, PROT_READ | PROT_WRITE);
    touch(p, GIB);
    for (int round = 0; round < 9; round++) {
        double start = now();
        pid_t child = fork();
        if (child == 0) _exit(0);
        double took = now() - start;
        if (child < 0) die("fork");
        waitpid(child, NULL, 0);
        if (took < best) best = took;
    }
    munmap(p, GIB);
    figure("fork_1_gib", best);
}

/* The address of the next access: a random cache line of a random page among 4 GiB. */
static size_t next(uint64_t *state)
{
    uint64_t x = *state;
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    *state = x;
    return (x >> 20) % (4 * GIB / PAGE) * PAGE + (x & 63) * 64;
}

/* Loads that miss the TLB nearly each time. Those of the first figure do not wait for each other. */
static void random_loads(void)
{
    int loads = 4000000;
    double best = 1e18, best_chained = 1e18;
    char *p = map(4 * GIB, PROT_READ | PROT_WRITE);
    volatile uint64_t sink;
    touch(p, 4 * GIB);
    for (int round = 0; round < 3; round++) {
        uint64_t state = 88172645463325252ul, sum = 0;
        double start = now();
        for (int i = 0; i < loads; i++) sum += (unsigned char)p[next(&state)];
        double each = (now() - start) / loads;
        if (each < best) best = each;
        sink = sum;
        start = now();
        for (int i = 0; i < loads; i++) sum += (unsigned char)p[next(&state) + (sum >> 63)];
        each = (now() - start) / loads;
        if (each < best_chained) best_chained = each;
        sink = sum;
    }
    (void)sink;
    munmap(p, 4 * GIB);
    figure("random_load", best);
    figure("random_load_chained", best_chained);
}

int main(void)
{
    map_pair("map_pair_10_vmas");
    map_pair_with_many();
    first_touch();
    fork_one_gib();
    random_loads();
    return 0;
}
