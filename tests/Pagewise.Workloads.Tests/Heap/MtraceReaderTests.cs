namespace Pagewise.Workloads.Tests.Heap;

public class MtraceReaderTests
{
    [Fact]
    public void BlocksTakenFreedAndResizedAreRead()
    {
        HeapLog log = HeapLog.Sample("mtrace.txt");

        log.Format.ShouldBe(RecordingFormat.Mtrace);
        log.Lacks.ShouldContain("threads");
        log.Lacks.ShouldContain("calloc");
        log.Calls.Take(8).ShouldBe(
        [
            "2 [1] Malloc 24 = 0x55cbfa8162a0", "3 [1] Malloc 100000 = 0x55cbfa8164a0", "4 [1] Malloc 200000 = 0x7f1be78f8010",
            "5 [1] Malloc 1000 = 0x55cbfa82eb80", "6 [1] Malloc 100 = 0x55cbfa82f000", "8 [1] Realloc 0x55cbfa8162a0 3000 = 0x55cbfa82f070",
            "9 [1] Free 0x55cbfa8164a0", "10 [1] Malloc 60 = 0x55cbfa82efb0",
        ]);
        log.Calls.Count.ShouldBe(20);
    }

    [Fact]
    public void AFailedReallocIsReadAsOne() =>
        HeapLog.Text("= Start\n@ a:[0x1] + 0x10 0x18\n@ a:[0x1] ! 0x10 0xffffffff\n@ (x) [0x2] + (nil) 0x7\n").Calls.ShouldBe(
            ["2 [1] Malloc 24 = 16", "3 [1] Realloc 16 4294967295 = 0", "4 [1] Malloc 7 = 0"]);

    [Fact]
    public void AnotherLineIsNamedByItsPlace() =>
        Should.Throw<RecordingException>(() => HeapLog.Text("= Start\n@ a:[0x1] * 0x10\n"))
            .Message.ShouldBe("test.log:2:11: expected @ and a place, or one of + - < > !");
}
