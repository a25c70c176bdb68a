using Pagewise.Replay.Heap;
using Pagewise.Workloads;

namespace Pagewise.Replay.Tests.Heap;

/// <summary>Programs recorded here and now, replayed on the model: the recorder and the model agree on every result.</summary>
public class LiveRecordingTests
{
    private const string Threads = """
        #include <malloc.h>
        #include <pthread.h>
        #include <stdlib.h>
        static void *work(void *a)
        {
            unsigned s = (unsigned)(long)a;
            void *p[200] = {0};
            for (int i = 0; i < 20000; i++) {
                s = s * 1103515245 + 12345;
                int k = (s >> 8) % 200;
                size_t n = (s >> 16) % 2500;
                if ((s & 63) == 0) n *= 200;
                switch (s >> 30) {
                case 0: p[k] = realloc(p[k], n + 1); break;
                case 1: free(p[k]); p[k] = calloc(n, 1); break;
                case 2: free(p[k]); p[k] = n & 1 ? memalign(64, n) : valloc(n); break;
                default: free(p[k]); p[k] = malloc(n);
                }
            }
            for (int i = 0; i < 100; i++) free(p[i]);
            return 0;
        }
        int main(void)
        {
            mallopt(M_ARENA_TEST, 3);
            for (int r = 0; r < 3; r++) {
                pthread_t t[6];
                for (long i = 0; i < 6; i++) pthread_create(&t[i], 0, work, (void *)(i + r * 7));
                for (int i = 0; i < 6; i++) pthread_join(t[i], 0);
                malloc_trim(0);
            }
            return 0;
        }
        """;

    public static TheoryData<string, string[]> Programs { get; } = Installed();

    [Theory]
    [MemberData(nameof(Programs))]
    public void AProgramsHeapIsReproducedCallByCall(string program, string[] arguments) => RecordAndCheck(program, arguments);

    [Fact]
    public void ThreadsWithArenasOfTheirOwnAreReproducedCallByCall()
    {
        using var program = new RecordedProgram(Threads);
        HeapCheckResult result = RecordAndCheck(program.Program, []);
        result.Calls.ShouldBeGreaterThan(360_000);
    }

    [Fact]
    public void AChildThatAThreadForksIsReproducedWithTheArenasThatAreFreeThen()
    {
        using var program = new RecordedProgram("""
            #include <pthread.h>
            #include <stdlib.h>
            #include <sys/wait.h>
            #include <unistd.h>
            static void *sub(void *a) { void *p = malloc(300); return malloc(70000); }
            static void *idle(void *a) { malloc(100); usleep(400000); return 0; }
            static void *work(void *a)
            {
                void *p = malloc(5000);
                if (fork() == 0) {
                    malloc(5000);
                    free(p);
                    pthread_t t, u;
                    pthread_create(&t, 0, sub, 0);
                    pthread_join(t, 0);
                    pthread_create(&t, 0, sub, 0);
                    pthread_create(&u, 0, sub, 0);
                    pthread_join(t, 0);
                    pthread_join(u, 0);
                    malloc(7000);
                    _exit(0);
                }
                wait(0);
                return 0;
            }
            int main(void)
            {
                pthread_t i, t;
                malloc(10);
                pthread_create(&i, 0, idle, 0);
                usleep(100000);
                pthread_create(&t, 0, work, 0);
                pthread_join(t, 0);
                pthread_join(i, 0);
                return 0;
            }
            """);
        HeapRecorderResult recorded = HeapRecorder.Record(new RecorderOptions(program.Program, []), Path.Combine(program.Folder, "app.pgw"));

        recorded.Recordings.Count.ShouldBe(2);
        foreach (HeapRecording recording in recorded.Recordings)
        {
            HeapCheckResult result = HeapChecker.Check(recording.File);
            result.Differences.Take(5).ShouldBeEmpty(recording.File);
            result.Warnings.ShouldBeEmpty();
            Scripts.Replay(HeapScript.Read(recording.File)).Different.ShouldBe(0);
        }
    }

    private static HeapCheckResult RecordAndCheck(string program, string[] arguments)
    {
        string output = Path.Combine(Path.GetTempPath(), $"pagewise-test-{Guid.NewGuid():n}.pgw");
        try
        {
            HeapRecorderResult recorded = HeapRecorder.Record(new RecorderOptions(program, arguments), output);
            recorded.ExitStatus.ShouldBe(0);
            recorded.Warnings.ShouldBeEmpty();
            HeapCheckResult result = HeapChecker.Check(recorded.Recordings[0].File);

            result.Differences.Take(5).ShouldBeEmpty();
            result.DifferenceCount.ShouldBe(0);
            result.Warnings.ShouldBeEmpty();
            result.Calls.ShouldBeGreaterThan(10);
            return result;
        }
        finally
        {
            File.Delete(output);
        }
    }

    // Programs of most systems; the ones that are not here cannot be recorded here.
    private static TheoryData<string, string[]> Installed()
    {
        (string Program, string[] Arguments)[] programs =
        [
            ("sh", ["-c", "exec ls -lR /usr/include > /dev/null"]),
            ("sqlite3", [":memory:", "create table t(a integer primary key, b text); with recursive n(i) as (select 1 union all select i+1 from n where i<20000) insert into t select i, 'row '||i||hex(i*i) from n; create index tb on t(b); select count(*), sum(length(b)) from t where b like '%F%';"]),
            ("perl", ["-e", "my %h; $h{\"k$_\"} = 'v' x ($_ % 50) for 1..20000; my @a = sort keys %h; delete @h{@a[0..9000]}; print scalar(keys %h);"]),
            ("/usr/bin/python3", ["-E", "-s", "-c", "import threading,json,zlib\ndef f(n):\n  x=[]\n  for i in range(300):\n    x.append(zlib.compress(bytes(range(256))*(i%40)*n)); x.append(json.dumps({str(k):[k]*n for k in range(20)})); del x[:i%3]\nt=[threading.Thread(target=f,args=(n,)) for n in (1,2,3)]\n[a.start() for a in t]; [a.join() for a in t]"]),
        ];
        var data = new TheoryData<string, string[]>();
        foreach ((string program, string[] arguments) in programs)
        {
            if (((string[])["/usr/bin", "/bin", ""]).Any(folder => File.Exists(Path.Combine(folder, program))))
                data.Add(program, arguments);
        }

        return data;
    }
}
