/*
 * heapfuzz SEED CALLS OPTS: a seeded random program over this machine's malloc. It writes each call of the malloc
 * family, with its result, to descriptor 3 in the syntax of heap recordings, and what malloc_info and malloc_stats print
 * to descriptor 4. Calls that libc itself makes (for threads) are written too, for the functions are interposed here.
 *
 * OPTS: t tiny blocks, l large blocks, m around the mmap threshold, a much alignment, o mallopt and malloc_trim,
 *       s the program moves the break and maps pages over it, T four threads that come and go, taking turns.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <gnu/libc-version.h>
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void __libc_free(void *);
extern void *__libc_memalign(size_t, size_t);
extern void *__libc_valloc(size_t);
extern void *__libc_pvalloc(size_t);

#define SLOTS 1500
#define THREADS 4
#define STACK (256 * 1024)

static char out[1 << 20];
static size_t outlen;
static uint64_t rng;
static long calls, wanted;
static const char *opts;
static struct { void *p; size_t n; } slot[SLOTS];
static char *lastbrk;
static int logging;
static __thread int tid = 1;

static void flush(void)
{
	for (size_t at = 0; at < outlen;) {
		ssize_t n = write(3, out + at, outlen - at);
		if (n <= 0)
			_exit(3);
		at += n;
	}
	outlen = 0;
}

static void put(const char *s)
{
	while (*s)
		out[outlen++] = *s++;
}

static void dec(uint64_t v)
{
	char b[24];
	int i = 24;
	do
		b[--i] = '0' + v % 10;
	while (v /= 10);
	memcpy(out + outlen, b + i, 24 - i);
	outlen += 24 - i;
}

static void hex(uint64_t v)
{
	char b[20];
	int i = 20;
	if (v == 0) {
		put("0");
		return;
	}
	do
		b[--i] = "0123456789abcdef"[v & 15];
	while (v >>= 4);
	put("0x");
	memcpy(out + outlen, b + i, 20 - i);
	outlen += 20 - i;
}

static void begin(const char *call)
{
	if (outlen > sizeof out - 4096)
		flush();
	put("[");
	dec(tid);
	put("] ");
	put(call);
	put("(");
}

static void moved(void)
{
	char *now = sbrk(0);
	if (now != lastbrk) {
		put("# brk ");
		hex((uintptr_t)now);
		put("\n");
		lastbrk = now;
	}
}

static void mallinfo_line(void)
{
	struct mallinfo2 m = mallinfo2();
	struct { const char *name; size_t value; } f[] = {
		{" arena=", m.arena}, {" ordblks=", m.ordblks}, {" smblks=", m.smblks}, {" hblks=", m.hblks},
		{" hblkhd=", m.hblkhd}, {" usmblks=", m.usmblks}, {" fsmblks=", m.fsmblks}, {" uordblks=", m.uordblks},
		{" fordblks=", m.fordblks}, {" keepcost=", m.keepcost},
	};
	put("# mallinfo2 after_call=");
	dec(calls);
	for (unsigned i = 0; i < sizeof f / sizeof *f; i++) {
		put(f[i].name);
		dec(f[i].value);
	}
	put("\n");
}

static void done(const char *error)
{
	if (error) {
		put(" ");
		put(error);
	}
	put("\n");
	moved();
	if (++calls % 5000 == 0)
		mallinfo_line();
}

static void *result(void *p)
{
	put(") = ");
	hex((uintptr_t)p);
	done(NULL);
	return p;
}

static void number(uint64_t v)
{
	put(") = ");
	dec(v);
	done(NULL);
}

#define ONE(name, a) (begin(name), dec(a))
#define TWO(name, a, b) (begin(name), dec(a), put(", "), dec(b))

void *malloc(size_t n)
{
	void *p = __libc_malloc(n);
	if (!logging)
		return p;
	ONE("malloc", n);
	return result(p);
}

void *calloc(size_t n, size_t size)
{
	void *p = __libc_calloc(n, size);
	if (!logging)
		return p;
	TWO("calloc", n, size);
	return result(p);
}

void *realloc(void *old, size_t n)
{
	uintptr_t was = (uintptr_t)old;
	void *p = __libc_realloc(old, n);
	if (!logging)
		return p;
	begin("realloc"), hex(was), put(", "), dec(n);
	return result(p);
}

void free(void *p)
{
	uintptr_t was = (uintptr_t)p;
	__libc_free(p);
	if (!logging)
		return;
	begin("free"), hex(was);
	put(") = <void>");
	done(NULL);
}

static uint64_t next(void)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return rng * 0x2545f4914f6cdd1dull >> 16;
}

static uint64_t below(uint64_t n) { return next() % n; }
static int has(char c) { return strchr(opts, c) != NULL; }

static size_t size(void)
{
	uint64_t dice = below(100);
	if (has('t'))
		return dice < 97 ? below(600) : below(3000);
	if (has('l'))
		return dice < 50 ? below(1 << (10 + below(8))) : below(2500);
	if (has('m') && dice < 12)
		return 100000 + below(300000);
	if (has('m') && dice < 13)
		return below(3 << 20);
	if (dice < 70)
		return below(300);
	if (dice < 95)
		return below(1 << (9 + below(6)));
	return below(70000);
}

static void scribble(void *p, size_t n)
{
	size_t k = n < 48 ? n : 48;
	for (size_t i = 0; i < k; i++)
		((unsigned char *)p)[i] = next();
	if (n > 4096)
		((unsigned char *)p)[n - 1] = 1;
}

static void take(int i, void *p, size_t n)
{
	slot[i].p = p;
	slot[i].n = n;
	if (p)
		scribble(p, n);
}

static void aligned(int i, size_t n)
{
	size_t align = 1ull << below(below(8) ? 10 : 18);
	void *p = NULL;
	switch (below(5)) {
	case 0:
		if (below(4) == 0)
			align += below(align);
		p = __libc_memalign(align, n);
		TWO("memalign", align, n);
		result(p);
		break;
	case 1: {
		if (below(3) == 0)
			align += below(3);
		int e = posix_memalign(&p, align, n);
		TWO("posix_memalign", align, n);
		put(") = ");
		hex(e ? 0 : (uintptr_t)p);
		done(e == EINVAL ? "EINVAL" : e ? "ENOMEM" : NULL);
		if (e)
			p = NULL;
		break;
	}
	case 2:
		p = aligned_alloc(align, n);
		TWO("aligned_alloc", align, n);
		result(p);
		break;
	case 3:
		p = __libc_valloc(n);
		ONE("valloc", n);
		result(p);
		break;
	default:
		p = __libc_pvalloc(n);
		ONE("pvalloc", n);
		n = (n + 4095) & ~4095ull;
		result(p);
		break;
	}
	take(i, p, n);
}

static void option(void)
{
	static const int param[] = {M_MXFAST, M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_THRESHOLD, M_MMAP_MAX, M_CHECK_ACTION, M_PERTURB, 99};
	int p = param[below(8)];
	int v = p == M_MXFAST ? (int)below(200) : p == M_MMAP_MAX ? (int)below(100)
		: p == M_TOP_PAD ? (int)below(300000) : p == M_MMAP_THRESHOLD ? 4000 + (int)below(400000)
		: p == M_PERTURB ? (int)below(3) * 85 : (int)below(400000);
	int r = mallopt(p, v);
	begin("mallopt");
	if (p < 0)
		put("-");
	dec(p < 0 ? -p : p);
	put(", ");
	dec(v);
	number(r);
}

/* The program's own calls: malloc finds the break elsewhere, or a page in its way. */
static void foreign(void)
{
	if (below(2)) {
		char *now = sbrk(below(3) ? 4096 * (1 + below(20)) : 1 + below(100));
		if (now == (void *)-1)
			return;
		lastbrk = sbrk(0);
		put("# brk ");
		hex((uintptr_t)lastbrk);
		put(" (moved outside recorded calls)\n");
	} else {
		char *at = (char *)(((uintptr_t)sbrk(0) + 4095 + 4096 * (1 + below(16))) & ~4095ull);
		void *p = mmap(at, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
		if (p == MAP_FAILED)
			return;
		begin("SYS_mmap");
		hex((uintptr_t)at);
		put(", 4096, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED_NOREPLACE, -1, 0) = ");
		hex((uintptr_t)p);
		put("\n");
	}
}

static void print_info(void)
{
	put("# malloc_info\n");
	malloc_info(0, stderr);
	malloc_stats();
	fflush(stderr);
}

static void step(void)
{
	int i = below(SLOTS);
	uint64_t dice = below(1000);
	if (dice == 0 && has('s'))
		foreign();
	else if (dice < 3 && has('o'))
		option();
	else if (dice < 5 && has('o')) {
		size_t pad = below(2) ? 0 : below(200000);
		int r = malloc_trim(pad);
		ONE("malloc_trim", pad);
		number(r);
	} else if (dice < 8) {
		size_t n = (1ull << 47) + below(1 << 20);
		void *p = dice & 1 ? malloc(n) : below(2) ? malloc(SIZE_MAX - below(100)) : calloc(1 << 20, n);
		if (p)
			_exit(4);
	} else if (slot[i].p == NULL) {
		size_t n = size();
		if (has('a') ? dice < 400 : dice < 20)
			aligned(i, n);
		else if (dice < 800)
			take(i, malloc(n), n);
		else {
			size_t k = 1 + below(8);
			void *p = calloc(k, n);
			for (size_t b = 0; p && b < k * n && b < 256; b++)
				if (((char *)p)[b])
					_exit(5);
			take(i, p, k * n);
		}
	} else if (dice < 300) {
		size_t n = size();
		void *p = realloc(slot[i].p, n);
		if (p || n == 0)
			take(i, p, n);
	} else if (dice < 320) {
		size_t n = malloc_usable_size(slot[i].p);
		begin("malloc_usable_size"), hex((uintptr_t)slot[i].p);
		number(n);
	} else {
		void *p = slot[i].p;
		slot[i].p = NULL;
		free(p);
	}
}

/* ---- threads take turns: whoever has the turn runs, everybody else sleeps ------------------------------------- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int turn;
static pthread_t thread[THREADS];
static int alive[THREADS], ending[THREADS], nexttid = 1;
static char stack[THREADS][STACK] __attribute__((aligned(4096)));

static void give(int to, int me)
{
	pthread_mutex_lock(&lock);
	turn = to;
	pthread_cond_broadcast(&changed);
	while (turn != me)
		pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
}

static void *run(void *arg)
{
	int me = (int)(intptr_t)arg;
	tid = ++nexttid;
	pthread_mutex_lock(&lock);
	while (turn != me)
		pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
	while (!ending[me - 1]) {
		for (long n = 1 + below(60); n > 0; n--)
			step();
		give(0, me);
	}
	put("# [");
	dec(tid);
	put("] thread-exit\n");
	pthread_mutex_lock(&lock);
	turn = 0;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
	return NULL;
}

static void threads(void)
{
	int i = below(THREADS);
	if (!alive[i]) {
		pthread_attr_t attr;
		pthread_attr_init(&attr);
		pthread_attr_setstack(&attr, stack[i], STACK);
		ending[i] = 0;
		if (pthread_create(&thread[i], &attr, run, (void *)(intptr_t)(i + 1)))
			_exit(6);
		alive[i] = 1;
	}
	if (below(400) == 0)
		ending[i] = 1;
	give(i + 1, 0);
	if (ending[i]) {
		pthread_join(thread[i], NULL);
		alive[i] = 0;
	}
}

static void maps(void)
{
	static char text[65536];
	int fd = open("/proc/self/maps", O_RDONLY);
	size_t have = 0;
	ssize_t n;
	while ((n = read(fd, text + have, sizeof text - 1 - have)) > 0)
		have += n;
	close(fd);
	text[have] = 0;
	for (char *line = text; *line;) {
		char *end = strchr(line, '\n');
		*end = 0;
		put("#M ");
		put(line);
		put("\n");
		line = end + 1;
	}
}

int main(int argc, char **argv)
{
	static char errbuf[1 << 16];
	if (argc != 4)
		return 2;
	rng = strtoull(argv[1], NULL, 10) * 0x9e3779b97f4a7c15ull + 1;
	wanted = strtol(argv[2], NULL, 10);
	opts = argv[3];
	dup2(4, 2);
	setvbuf(stderr, errbuf, _IOFBF, sizeof errbuf);
	lastbrk = sbrk(0);
	put("# program: heapfuzz ");
	put(argv[1]), put(" "), put(argv[2]), put(" "), put(opts);
	put("\n# glibc ");
	put(gnu_get_libc_version());
	put(sizeof(void *) == 8 ? " word 64 x86_64" : " word 32 i386");
	put("\n# GLIBC_TUNABLES=");
	put(getenv("GLIBC_TUNABLES") ? getenv("GLIBC_TUNABLES") : "");
	put("\n# heap start (sbrk(0) at first call) ");
	hex((uintptr_t)lastbrk);
	put("\n");
	maps();
	logging = 1;
	while (calls < wanted) {
		long before = calls;
		if (has('T') && below(60) == 0)
			threads();
		else
			step();
		if (before / 20000 != calls / 20000)
			print_info();
	}
	print_info();
	logging = 0;
	flush();
	_exit(0);
}
