namespace Pagewise.Workloads.Tests.Heap;

public class HeaptrackReaderTests
{
    [Fact]
    public void ARawFilesBlocksAndCommandLineAreRead()
    {
        HeapLog log = HeapLog.Sample("heaptrack.raw.zst");

        log.Format.ShouldBe(RecordingFormat.Heaptrack);
        log.Program.ShouldBe("./sample");
        log.Lacks.ShouldContain("realloc (shown as free and malloc)");
        log.Calls.Take(3).ShouldBe(["20 [1] Malloc 72704 = 0x55b62cacc530", "25 [1] Malloc 24 = 0x55b62cade1d0", "27 [1] Malloc 100000 = 0x55b62cade2b0"]);
        log.Calls.Count(call => call.Contains("Malloc", StringComparison.Ordinal)).ShouldBe(12);
        log.Calls.Count(call => call.Contains("Free", StringComparison.Ordinal)).ShouldBe(10);
    }

    [Fact]
    public void TheInterpretedFormHasNoAddressesAndIsRefused() =>
        Should.Throw<RecordingException>(() => HeapLog.Sample("heaptrack-interpreted.zst"))
            .Message.ShouldEndWith("is heaptrack's interpreted form, which has no addresses; record with heaptrack --raw");

    [Fact]
    public void ACutLineIsNamedByItsPlace() =>
        Should.Throw<RecordingException>(() => HeapLog.Text("v 10400 3\n+ 18 1 55b62cade1d0\n+ 18 2"))
            .Message.ShouldBe("test.log:3:7: expected a space and the address; the file is cut here");
}
