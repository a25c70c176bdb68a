using System.Globalization;
using Pagewise.Kernel.Hardware;
using Pagewise.Replay.Heap;

namespace Pagewise.Replay.Tests.Heap;

/// <summary>What-ifs and residence against the real thing: the same program run here with those tunables.</summary>
public class LiveWhatIfTests
{
    private const string Mixed = """
        #include <stdlib.h>
        #include <string.h>
        int main(int n, char **args)
        {
            static void *p[500];
            unsigned s = 7;
            for (int i = 0; i < 60000; i++) {
                s = s * 1103515245 + 12345;
                int k = (s >> 8) % 500;
                size_t size = (s >> 16) % 900;
                if ((s & 31) == 0) size *= 50;
                if ((s & 1023) == 1) size += 200000;
                if (s & 64) { p[k] = realloc(p[k], size + 1); continue; }
                free(p[k]);
                p[k] = (s & 128) ? calloc(size, 1) : malloc(size);
            }
            for (int i = 0; i < 500; i += 2) free(p[i]);
            return 0;
        }
        """;

    // Writes what it takes, frees most of it, and leaves what /proc says is resident of its heap.
    private const string Resident = """
        #include <fcntl.h>
        #include <stdlib.h>
        #include <string.h>
        #include <unistd.h>
        static char text[1 << 20];
        int main(int n, char **args)
        {
            static void *p[20000];
            unsigned s = 11;
            for (int i = 0; i < 20000; i++) {
                s = s * 1103515245 + 12345;
                size_t size = (s >> 16) % 600;
                if ((s & 127) == 0) size *= 100;
                p[i] = malloc(size);
                memset(p[i], 1, size);
            }
            for (int i = 0; i < 20000; i++) if (i % 100) free(p[i]);
            for (int i = 0; i < 20000; i += 300) { free(p[i]); p[i] = malloc(3000); memset(p[i], 1, 3000); }
            int f = open("/proc/self/smaps", O_RDONLY);
            size_t length = 0;
            ssize_t got;
            while ((got = read(f, text + length, sizeof text - 1 - length)) > 0) length += got;
            char *heap = strstr(text, "[heap]");
            char *rss = strstr(heap, "Rss:");
            char *end = strchr(rss, '\n');
            char path[4096];
            strcpy(path, args[1]);
            strcat(path, "/rss");
            int out = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
            write(out, rss + 4, end - rss - 4);
            return 0;
        }
        """;

    [Theory]
    [InlineData("glibc.malloc.tcache_count=0")]
    [InlineData("glibc.malloc.tcache_count=20:glibc.malloc.mxfast=0")]
    [InlineData("glibc.malloc.mmap_threshold=20000:glibc.malloc.trim_threshold=8192")]
    [InlineData("glibc.malloc.top_pad=0:glibc.malloc.mmap_max=0")]
    public void AWhatIfIsWhatTheProgramDoesWithThoseTunables(string tunables)
    {
        using var program = new RecordedProgram(Mixed);
        HeapScript plain = program.RecordScript("plain.pgw");
        HeapScript tuned = program.RecordScript("tuned.pgw", $"GLIBC_TUNABLES={tunables}");
        tuned.Prologue.Tunables.ShouldBe(tunables);
        using var replay = HeapReplayer.Create(tuned, new HeapReplayOptions());
        replay.Run();
        HeapTotals real = replay.Totals;
        real.Different.ShouldBe(0);

        HeapTotals trial = HeapWhatIf.Run(plain, new HeapReplayOptions(), [new HeapSetting(plain.Release, tunables)], plain.Count, CpuPreset.Find("skylake")!.Costs)[0].Totals;
        trial.SystemCalls.ShouldBe(real.SystemCalls);
        (trial with { Different = 0, FirstDifferentStep = 0 }).ShouldBe(real);
        trial.Different.ShouldBeGreaterThan(0, "the tunables change something");
    }

    [Fact]
    public void TheResidentHeapIsThatOfTheRealProcess()
    {
        using var program = new RecordedProgram(Resident);
        HeapScript script = program.RecordScript("app.pgw");
        string[] rss = File.ReadAllText(Path.Combine(program.Folder, "rss")).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        rss[1].ShouldBe("kB");
        using var replay = HeapReplayer.Create(script, new HeapReplayOptions());
        replay.Run();

        replay.Totals.MmappedBytes.ShouldBe(0UL);
        (replay.Totals.ResidentBytes / 1024).ShouldBe(ulong.Parse(rss[0], CultureInfo.InvariantCulture));
    }

    [Fact]
    public void MallocInfoIsWhatTheProgramPrints()
    {
        using var program = new RecordedProgram("""
            #include <malloc.h>
            #include <stdio.h>
            #include <stdlib.h>
            #include <string.h>
            #include <pthread.h>
            static char buffer[1 << 16];
            static void *p[300];
            static void *work(void *a)
            {
                for (int i = 0; i < 200; i++) { void *q = malloc(i * 37); if (i & 1) free(q); }
                return 0;
            }
            int main(int n, char **args)
            {
                char path[4096];
                strcpy(path, args[1]);
                strcat(path, "/info");
                FILE *out = fopen(path, "w");
                setvbuf(out, buffer, _IOFBF, sizeof buffer);
                for (int r = 0; r < 3; r++) { pthread_t t; pthread_create(&t, 0, work, 0); pthread_join(t, 0); }
                for (int i = 0; i < 3000; i++) { free(p[i % 300]); p[i % 300] = malloc(i * 7919 % 5000); }
                for (int i = 0; i < 300; i += 3) { free(p[i]); p[i] = 0; }
                p[0] = malloc(300000);
                malloc_info(0, out);
                fflush(out);
                _exit(0);
            }
            """);
        HeapScript script = program.RecordScript("app.pgw");
        using var replay = HeapReplayer.Create(script, new HeapReplayOptions());
        replay.Run();

        replay.MallocInfo().ShouldBe(File.ReadAllText(Path.Combine(program.Folder, "info")));
    }
}
