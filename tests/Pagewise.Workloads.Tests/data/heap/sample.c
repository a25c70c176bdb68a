#include <malloc.h>
#include <mcheck.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *work(void *arg)
{
    char *text = strdup(arg);
    void *block = calloc(30, 40);
    block = realloc(block, 5000);
    free(text);
    return block;
}

int main(int argc, char **argv)
{
    mtrace();
    char *a = malloc(24);
    char *b = malloc(100000);
    char *c = malloc(200000);
    void *p = 0;
    posix_memalign(&p, 64, 1000);
    void *m = memalign(4096, 100);
    a = realloc(a, 3000);
    free(b);
    b = malloc(60);
    c = realloc(c, 400000);
    pthread_t thread;
    void *result;
    pthread_create(&thread, 0, work, "hello");
    pthread_join(thread, &result);
    free(result);
    free(m);
    free(p);
    free(c);
    realloc(a, 0);
    if (argc > 1)
        free(b);
    return 0;
}
