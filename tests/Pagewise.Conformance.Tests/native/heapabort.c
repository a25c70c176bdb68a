/*
 * heapabort SCRIPT: runs a small script over this machine's malloc, to see with which message it dies.
 * Words between blanks; blocks have numbers; offsets are in bytes from the block:
 *   m I N        block I = malloc(N)            r I OFF N    realloc(block I + OFF, N)
 *   f I OFF      free(block I + OFF)            w I OFF V    word at block I + OFF = V
 *   a I OFF J K  word = address of block J + K  p I OFF J K  the same, as safe-linking stores it
 *   k I OFF J K  word = word at block J + K     b N          sbrk(N)
 */
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

static char *block[100];
static char *at;

static long number(void)
{
	return strtol(at, &at, 0);
}

static void **place(void)
{
	long i = number();
	return (void **)(block[i] + number());
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	for (at = argv[1]; *at;) {
		char op = *at++;
		void **where;
		switch (op) {
		case 'm': {
			long i = number();
			block[i] = malloc(number());
			break;
		}
		case 'r': {
			where = place();
			void *volatile moved = realloc(where, number());
			(void)moved;
			break;
		}
		case 'f':
			free(place());
			break;
		case 'w':
			where = place();
			*where = (void *)(intptr_t)number();
			break;
		case 'a':
			where = place();
			*where = place();
			break;
		case 'p':
			where = place();
			*where = (void *)((uintptr_t)place() ^ ((uintptr_t)where >> 12));
			break;
		case 'k':
			where = place();
			*where = *place();
			break;
		case 'b':
			sbrk(number());
			break;
		default:
			break;
		}
	}
	static const char survived[] = "survived\n";
	(void)!write(2, survived, sizeof survived - 1);
	return 0;
}
