/*
 * heapreplay FILE: makes the calls of a heap trace on this machine's malloc and prints how long a call took.
 * FILE is an array of struct op; kinds are those of Pagewise.Replay.Heap.HeapOpKind, and the last op's slot is the
 * number of slots.
 */
#include <fcntl.h>
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>

struct op {
	uint64_t bytes, other;
	int32_t slot, oldslot;
	uint8_t kind;
};

static void *take(void *p)
{
	__asm__ volatile("" : "+r"(p) : : "memory");
	return p;
}

int main(int argc, char **argv)
{
	struct stat st;
	int fd = open(argc > 1 ? argv[1] : "", O_RDONLY);
	if (fd < 0 || fstat(fd, &st) != 0)
		return 2;
	struct op *op = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
	long count = st.st_size / sizeof *op - 1;
	size_t table = ((size_t)op[count].slot + 1) * sizeof(void *);
	void **block = mmap(NULL, table, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	struct timespec a, b;
	clock_gettime(CLOCK_MONOTONIC, &a);
	for (long i = 0; i < count; i++) {
		void **slot = &block[op[i].slot];
		switch (op[i].kind) {
		case 1: *slot = take(malloc(op[i].bytes)); break;
		case 2: *slot = take(calloc(1, op[i].bytes)); break;
		case 3: *slot = take(realloc(block[op[i].oldslot], op[i].bytes)); break;
		case 4: free(*slot); *slot = NULL; break;
		case 5: case 6: *slot = take(memalign(op[i].other, op[i].bytes)); break;
		case 7: if (posix_memalign(slot, op[i].other, op[i].bytes)) *slot = NULL; break;
		case 8: *slot = take(valloc(op[i].bytes)); break;
		case 9: *slot = take(pvalloc(op[i].bytes)); break;
		case 10: malloc_trim(op[i].bytes); break;
		case 11: mallopt((int)op[i].other, (int)op[i].bytes); break;
		default: break;
		}
	}
	clock_gettime(CLOCK_MONOTONIC, &b);
	printf("%.3f\n", ((b.tv_sec - a.tv_sec) * 1e9 + (b.tv_nsec - a.tv_nsec)) / count);
	return 0;
}
