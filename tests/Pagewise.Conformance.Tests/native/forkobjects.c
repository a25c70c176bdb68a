// Forks children that do nothing, and notes what /proc says before and while they are there.
//   forkobjects CHILDREN FILE
// FILE gets three parts, each ended by a line with a dot: /proc/self/smaps, /proc/slabinfo before, /proc/slabinfo after.
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static char text[1 << 18];

static void copy(const char *name, int out)
{
    int in = open(name, O_RDONLY);
    if (in < 0)
        exit(2);
    for (ssize_t got; (got = read(in, text, sizeof text)) > 0;)
        if (write(out, text, got) != got)
            exit(3);
    close(in);
    if (write(out, ".\n", 2) != 2)
        exit(3);
}

int main(int count, char **arguments)
{
    if (count != 3)
        return 1;
    int children = atoi(arguments[1]);
    pid_t *pids = calloc(children, sizeof *pids);
    int out = open(arguments[2], O_CREAT | O_TRUNC | O_WRONLY, 0600);
    if (out < 0 || pids == NULL)
        return 2;
    copy("/proc/self/smaps", out);
    copy("/proc/slabinfo", out);
    int made = 0;
    for (; made < children; made++) {
        pids[made] = fork();
        if (pids[made] == 0) {
            pause();
            _exit(0);
        }
        if (pids[made] < 0)
            break;
    }
    copy("/proc/slabinfo", out);
    for (int i = 0; i < made; i++)
        kill(pids[i], SIGKILL);
    for (int i = 0; i < made; i++)
        waitpid(pids[i], NULL, 0);
    return made == children ? 0 : 4;
}
