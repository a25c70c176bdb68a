namespace Pagewise.Workloads.Tests.Heap;

public class LtraceReaderTests
{
    [Fact]
    public void CallsOfAllThreadsAreReadAndTheirEnds()
    {
        HeapLog log = HeapLog.Sample("ltrace.txt");

        log.Format.ShouldBe(RecordingFormat.Ltrace);
        log.Lacks.ShouldContain("posix_memalign");
        log.Lacks.ShouldContain("inside libraries");
        log.Calls.ShouldBe(
        [
            "2 [18025] Malloc 24 = 0x56105006c2a0",
            "3 [18025] Malloc 100000 = 0x56105006c2c0",
            "4 [18025] Malloc 200000 = 0x7f29f7782010",
            "5 [18025] PosixMemalign 64 1000 = ?",
            "6 [18025] Memalign 4096 100 = 0x561050085000",
            "7 [18025] Realloc 0x56105006c2a0 3000 = 0x561050085070",
            "8 [18025] Free 0x56105006c2c0",
            "9 [18025] Malloc 60 = 0x561050084970",
            "10 [18025] Realloc 0x7f29f7782010 400000 = 0x7f29f7720010",
            "13 [18026] Malloc 6 = 0x7f29f0000b70",
            "14 [18026] Calloc 30 40 = 0x7f29f0000b90",
            "15 [18026] Realloc 0x7f29f0000b90 5000 = 0x7f29f0000b90",
            "16 [18026] Free 0x7f29f0000b70",
            "17 [18026] ThreadExit",
            "19 [18025] Free 0x7f29f0000b90",
            "20 [18025] Free 0x561050085000",
            "21 [18025] Free 0x5610500849c0",
            "22 [18025] Free 0x7f29f7720010",
            "23 [18025] Realloc 0x561050085070 0 = 0",
            "24 [18025] ThreadExit",
        ]);
    }

    [Fact]
    public void OperatorsNewAndDeleteAroundMallocAndFreeCountOnce()
    {
        HeapLog log = HeapLog.Sample("ltrace-cpp.txt");

        log.Calls.Count(call => call.Contains("Malloc", StringComparison.Ordinal)).ShouldBe(9);
        log.Calls.Count(call => call.Contains("Free", StringComparison.Ordinal)).ShouldBe(10);
        log.Calls[0].ShouldBe("2 [19260] Malloc 41 = 0x564c8b47feb0");
        log.Calls.ShouldNotContain(call => call.Contains("0x564c8b47ff60", StringComparison.Ordinal) && call.StartsWith("35 ", StringComparison.Ordinal), "the copied string was cut");
    }

    [Theory]
    [InlineData("ltrace-times.txt", "1 [19281] Malloc 24 = 0x55fc9726a2a0", 12)]
    [InlineData("ltrace-libc.txt", "1 [19269] Malloc 41 = 0x56044bc64eb0", 22)]
    public void TimesPlacesAndLibrariesMayStandBeforeACall(string sample, string first, int calls)
    {
        HeapLog log = HeapLog.Sample(sample);

        log.Format.ShouldBe(RecordingFormat.Ltrace);
        log.Calls[0].ShouldBe(first);
        log.Calls.Count.ShouldBe(calls);
    }

    [Fact]
    public void LinesWithoutAPidAreOneThreads()
    {
        HeapLog log = HeapLog.Text("""
            puts("malloc(3)") = 10
            sample->malloc(24)                               = 0x562b9a5dc2a0
            sample->operator new(unsigned long)(41, 0x7ffcb8213238, 0, 0) = 0x562b9a5dc300
            sample->strdup("a\"b\n\001c") = 0x562b9a5dc400
            sample->reallocarray(0x562b9a5dc400, 3, 7) = 0x562b9a5dc500
            sample->malloc(-1) = 0
            """);

        log.Calls.ShouldBe(
        [
            "2 [1] Malloc 24 = 0x562b9a5dc2a0", "3 [1] Malloc 41 = 0x562b9a5dc300", "4 [1] Malloc 7 = 0x562b9a5dc400",
            "5 [1] Realloc 0x562b9a5dc400 21 = 0x562b9a5dc500", "6 [1] Malloc 0xffffffffffffffff = 0",
        ]);
    }

    [Fact]
    public void AForkedChildsCallsAreOfAnotherHeap()
    {
        HeapLog log = HeapLog.Text("""
            10 malloc(24) = 0x1000
            10 fork() = 11
            11 malloc(24) = 0x2000
            10 malloc(24) = 0x2000
            """);

        log.Calls.ShouldBe(["1 [10] Malloc 24 = 4096", "4 [10] Malloc 24 = 8192"]);
    }

    [Fact]
    public void ADamagedCallIsNamedByItsPlace() =>
        Should.Throw<RecordingException>(() => HeapLog.Text("10 malloc(24) = 0x1000\n10 realloc(0x1000 7) = 0x1000\n"))
            .Message.ShouldBe("test.log:2:18: expected a comma and the next argument");

    [Fact]
    public void StraceTextIsNotTakenForLtraces()
    {
        using RecordingReader reader = RecordingReader.Open(
            "test.strace", new MemoryStream("10 write(1, \"malloc(24)\", 10) = 10\n10 brk(NULL) = 0x1000\n"u8.ToArray()));
        reader.Format.ShouldBe(RecordingFormat.Strace);
    }

    [Fact]
    public void ACommandInStracesHeadingIsNoCall()
    {
        using RecordingReader reader = RecordingReader.Open(
            "test.strace", new MemoryStream("# vm log 1: /usr/bin/perl -e my @a=(1..5);\n10 brk(NULL) = 0x1000\n"u8.ToArray()));
        reader.Format.ShouldBe(RecordingFormat.Strace);
    }
}
