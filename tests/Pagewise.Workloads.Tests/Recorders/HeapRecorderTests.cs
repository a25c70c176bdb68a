using System.Globalization;
using System.Text.RegularExpressions;

namespace Pagewise.Workloads.Tests.Recorders;

public partial class HeapRecorderTests
{
    private const string Threads = """
        #include <pthread.h>
        #include <stdlib.h>
        static void *work(void *a)
        {
            unsigned s = (unsigned)(long)a;
            void *p[64] = {0};
            for (int i = 0; i < 3000; i++) {
                s = s * 1103515245 + 12345;
                int k = (s >> 8) % 64;
                size_t n = (s >> 16) % 3000;
                if ((s & 15) == 0) n *= 100;
                if (s & 32) { p[k] = realloc(p[k], n + 1); continue; }
                free(p[k]);
                p[k] = (s & 64) ? calloc(n, 1) : malloc(n);
            }
            for (int i = 0; i < 64; i++) free(p[i]);
            return 0;
        }
        int main(void)
        {
            for (int r = 0; r < 3; r++) {
                pthread_t t[4];
                for (long i = 0; i < 4; i++) pthread_create(&t[i], 0, work, (void *)(i + r * 7));
                for (int i = 0; i < 4; i++) pthread_join(t[i], 0);
            }
            return 0;
        }
        """;

    [Fact]
    public void EveryCallOfEveryThreadIsRecordedInAnOrderThatCanHaveBeen()
    {
        using var program = new CompiledProgram(Threads);
        HeapRecorderResult result = program.RecordHeap("app.txt");

        result.ExitStatus.ShouldBe(0);
        HeapRecording recording = result.Recordings.ShouldHaveSingleItem();
        string[] lines = File.ReadAllLines(recording.File);
        lines[0].ShouldBe("# malloc trace 1; recorder heaprec.c");
        lines.ShouldContain(line => line.StartsWith("# program: " + program.Program, StringComparison.Ordinal));
        lines.ShouldContain(line => line.StartsWith("# glibc 2.", StringComparison.Ordinal));
        lines.ShouldContain(line => line.StartsWith("# heap start (sbrk(0) at first call) 0x", StringComparison.Ordinal));
        lines.Count(line => line.EndsWith("] thread-exit", StringComparison.Ordinal)).ShouldBe(12);
        lines.ShouldContain(line => line.StartsWith("# end: ", StringComparison.Ordinal) && line.EndsWith("; unlogged 0", StringComparison.Ordinal));
        lines.ShouldContain(line => line.EndsWith("[stack]", StringComparison.Ordinal));
        lines.ShouldContain(line => line.Contains("SYS_mprotect(", StringComparison.Ordinal) && line.EndsWith("/* in malloc */", StringComparison.Ordinal));
        lines.ShouldContain(line => line.Contains("MAP_STACK", StringComparison.Ordinal) && !line.EndsWith("/* in malloc */", StringComparison.Ordinal));
        BlocksAreTakenOnceAndFreedOnce(lines).ShouldBeGreaterThan(3000);
    }

    [Fact]
    public void APgwRecordingHoldsTheSameCalls()
    {
        using var program = new CompiledProgram("""
            #include <stdlib.h>
            int main(void)
            {
                for (int i = 0; i < 30000; i++) free(malloc(i % 5000));
                void *p;
                return posix_memalign(&p, 3, 10) == 22 && posix_memalign(&p, 64, 10) == 0 ? 7 : 1;
            }
            """);
        HeapRecorderResult text = program.RecordHeap("app.txt");
        HeapRecorderResult binary = program.RecordHeap("app.pgw");

        text.ExitStatus.ShouldBe(7);
        binary.ExitStatus.ShouldBe(7);
        binary.Recordings[0].Calls.ShouldBe(text.Recordings[0].Calls);
        List<string> calls = Calls(text);
        Calls(binary).ShouldBe(calls);
        calls[^2].ShouldStartWith("PosixMemalign 3 10 = 0 EINVAL");
        calls[^1].ShouldStartWith("PosixMemalign 64 10 = ");
    }

    [Fact]
    public void AForkedChildsRecordingBeginsWithItsParentsHistory()
    {
        using var program = new CompiledProgram("""
            #include <stdlib.h>
            #include <sys/wait.h>
            #include <unistd.h>
            int main(int n, char **args)
            {
                if (n > 1) { free(malloc(4444)); return 0; }
                void *block = malloc(1111);
                if (fork() == 0) { free(block); malloc(2222); _exit(0); }
                wait(0);
                if (fork() == 0) execl(args[0], args[0], "again", (char *)0);
                wait(0);
                malloc(3333);
                return 0;
            }
            """);
        HeapRecorderResult result = program.RecordHeap("app.txt");

        result.Recordings.Count.ShouldBe(4);
        string[] own = File.ReadAllLines(result.Recordings[0].File);
        own.ShouldContain(line => line.Contains("malloc(3333)", StringComparison.Ordinal));
        own.ShouldNotContain(line => line.Contains("malloc(2222)", StringComparison.Ordinal));
        string[] child = File.ReadAllLines(result.Recordings[1].File);
        child[0].ShouldBe(own[0]);
        int block = Array.FindIndex(child, line => line.Contains("malloc(1111)", StringComparison.Ordinal));
        int fork = Array.FindIndex(child, line => line.StartsWith("# forked from ", StringComparison.Ordinal));
        int last = Array.FindIndex(child, line => line.Contains("malloc(2222)", StringComparison.Ordinal));
        (block < fork && fork < last).ShouldBeTrue();
        result.Recordings[3].Program.ShouldEndWith("again");
        string[] image = File.ReadAllLines(result.Recordings[3].File);
        image.ShouldContain(line => line.Contains("malloc(4444)", StringComparison.Ordinal));
        image.ShouldNotContain(line => line.Contains("malloc(1111)", StringComparison.Ordinal));
    }

    [Fact]
    public void TheCallThatEndsTheProgramStandsWithoutAResult()
    {
        using var program = new CompiledProgram("""
            #include <stdlib.h>
            #include <unistd.h>
            int main(void)
            {
                close(2);
                char *p = malloc(50);
                free(p);
                free(p);
                return 0;
            }
            """);
        HeapRecorderResult result = program.RecordHeap("app.txt");

        result.ExitStatus.ShouldBe(134);
        File.ReadAllLines(result.Recordings[0].File)[^1].ShouldMatch("""^\[1\] free\(0x[0-9a-f]+\) = \?$""");
    }

    [Fact]
    public void CallsOfAKilledProgramAreKeptToTheLast()
    {
        using var program = new CompiledProgram("""
            #include <signal.h>
            #include <stdlib.h>
            int main(void)
            {
                for (int i = 0; i < 100000; i++) free(malloc(i));
                malloc(123456789);
                raise(SIGKILL);
                return 0;
            }
            """);
        HeapRecorderResult result = program.RecordHeap("app.txt");

        result.ExitStatus.ShouldBe(137);
        File.ReadAllLines(result.Recordings[0].File)[^1].ShouldStartWith("[1] malloc(123456789) = 0x");
    }

    [Fact]
    public void TunablesOfTheOldVariablesAreStated()
    {
        using var program = new CompiledProgram("""
            #include <stdlib.h>
            int main(void) { return malloc(1) == 0; }
            """);
        HeapRecorderResult result = HeapRecorder.Record(
            new RecorderOptions("env", ["MALLOC_ARENA_MAX=3", "MALLOC_TOP_PAD_=8192", "GLIBC_TUNABLES=glibc.malloc.tcache_count=0:glibc.malloc.arena_max=2", program.Program]),
            program.Output("app.txt"));

        File.ReadAllLines(result.Recordings[0].File).ShouldContain(
            "# GLIBC_TUNABLES=glibc.malloc.tcache_count=0:glibc.malloc.arena_max=2:glibc.malloc.top_pad=8192");
    }

    [Fact]
    public void AMissingProgramIsOneClearLine()
    {
        string output = Path.Combine(Path.GetTempPath(), "pagewise-none.txt");
        Should.Throw<RecorderException>(() => HeapRecorder.Record(new RecorderOptions("/no/such/program", []), output))
            .Message.ShouldBe("/no/such/program: no such program, or it is not executable");
        File.Exists(output).ShouldBeFalse();
    }

    private static List<string> Calls(HeapRecorderResult result)
    {
        using RecordingReader reader = RecordingReader.Open(result.Recordings[0].File);
        var batch = new EventBatch();
        var calls = new List<string>();
        while (reader.Read(batch))
        {
            foreach (HeapCallRecord call in batch.HeapCalls.Span)
                calls.Add($"{call.Function} {call.Arg0} {call.Arg1} = {call.Result} {call.Error}");
        }

        return calls;
    }

    // A naive heap: what is handed out must not be live, what is freed must be.
    private static int BlocksAreTakenOnceAndFreedOnce(string[] lines)
    {
        var live = new HashSet<ulong>();
        int blocks = 0;
        foreach (string line in lines)
        {
            Match match = Call().Match(line);
            if (!match.Success)
                continue;
            string name = match.Groups[1].Value;
            ulong first = Number(match.Groups[2].Value.Split(',')[0]);
            if (name is "free" or "realloc" && first != 0)
                live.Remove(first).ShouldBeTrue(line);
            ulong result = name == "free" ? 0 : Number(match.Groups[3].Value);
            if (result != 0)
            {
                live.Add(result).ShouldBeTrue(line);
                blocks++;
            }
        }

        return blocks;
    }

    private static ulong Number(string text) => text.StartsWith("0x", StringComparison.Ordinal)
        ? ulong.Parse(text[2..], NumberStyles.HexNumber, CultureInfo.InvariantCulture)
        : ulong.Parse(text, CultureInfo.InvariantCulture);

    [GeneratedRegex("""^\[\d+\] (malloc|calloc|realloc|free)\(([^)]*)\) = (\S+)$""")]
    private static partial Regex Call();
}
