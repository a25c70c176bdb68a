using System.Diagnostics;
using System.IO.Compression;
using System.Text;

namespace Pagewise.Workloads.Tests.Input;

public sealed class InputTests
{
    private const int Lines = 20_000;
    private static readonly byte[] Text = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, Lines).Select(i => $"{1 + (i % 7)} brk(0x{i:x}000) = 0x{i:x}000\n")));

    public static TheoryData<string> Forms => ["plain", "gz", "br", "zst"];

    [Theory]
    [MemberData(nameof(Forms))]
    public void EveryCompressionIsRead(string form) =>
        Recorded.Read(RecordingReader.Open($"log.{form}", new MemoryStream(Packed(form, Text)))).Counts[EventKind.Call].ShouldBe(Lines);

    [Theory]
    [InlineData("gz")]
    [InlineData("br")]
    [InlineData("zst")]
    public void ACutCompressedRecordingIsOneClearLine(string form)
    {
        byte[] whole = Packed(form, Text);
        foreach (int length in (int[])[whole.Length - 1, whole.Length / 2, 30])
        {
            RecordingException fault = Should.Throw<RecordingException>(() => Recorded.Bytes(whole[..length], $"log.{form}"), $"{form} cut to {length}");
            fault.Message.ShouldNotContain("\n");
            fault.Message.ShouldStartWith($"log.{form}");
        }
    }

    [Fact]
    public void ZstdFramesMayFollowOneAnother()
    {
        byte[] frame = Packed("zst", "1 brk(NULL) = 0x1\n"u8.ToArray());
        Recorded.Bytes([.. frame, .. frame, .. frame]).Counts[EventKind.Call].ShouldBe(3);
    }

    [Fact]
    public void ReadsOfAnySizeGiveTheSameEvents()
    {
        List<string> expected = Recorded.Bytes(Text).Events;
        Recorded.Read(RecordingReader.Open("t", new DribblingStream(new MemoryStream(Text), new Random(1)))).Events.ShouldBe(expected);
        Recorded.Read(RecordingReader.Open("t", new DribblingStream(new MemoryStream(Packed("zst", Text)), new Random(2)))).Events.ShouldBe(expected);
    }

    [Fact]
    public void ALineOfOneGibibyteIsRefusedInLittleMemory()
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        RecordingException fault = Should.Throw<RecordingException>(() =>
            Recorded.Read(RecordingReader.Open("long.strace", new EndlessStream("1 brk(NULL) = 0x1\n1 openat(3, \""u8.ToArray(), (byte)'a', 1L << 30))));
        fault.Line.ShouldBe(2);
        fault.Message.ShouldContain("a line end within 16 MiB");
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(100 << 20);
    }

    [Fact]
    public void AnEmptyRecordingIsNamedAsSuch() =>
        Should.Throw<RecordingException>(() => Recorded.Bytes([], "none.strace")).Message.ShouldBe("none.strace: is empty");

    [Fact]
    public void AFileThatIsNotThereIsNamed()
    {
        Should.Throw<RecordingException>(() => RecordingReader.Open("/nonexistent/x.strace")).Message.ShouldStartWith("/nonexistent/x.strace: cannot be opened: ");
        Should.Throw<RecordingException>(() => RecordingReader.Open("/")).Message.ShouldStartWith("/: cannot be ");
    }

    [Fact]
    public void LinesMayEndInCarriageReturns() =>
        Recorded.Text("1 brk(NULL) = 0x1\r\n\r\n# touch W 0x1 = ok\r\n").Events.ShouldBe(
            ["1 1 Brk brk HasResult 1: 0 0 0 0 0 0 = 1 '-' '-' '-' None ", "3 0 touch Write 1+1 by 4096 = Ok 0 False 0 0 False 0"]);

    [Fact]
    public void ReadingAllocatesNothingPerEvent()
    {
        var batch = new EventBatch();
        // Once for what is made once: columns at their size, statics where the first event of a kind needs them.
        using (RecordingReader first = RecordingReader.Open("t", new MemoryStream(Text)))
        {
            while (first.Read(batch))
                continue;
        }

        // The runtime allocates now and then by itself (types it loads late, code it compiles anew): what reading allocates, it
        // allocates in every pass.
        long least = long.MaxValue;
        for (int pass = 0; pass < 5 && least != 0; pass++)
            least = Math.Min(least, AllocatedByReading(batch));
        least.ShouldBe(0);
    }

    private static long AllocatedByReading(EventBatch batch)
    {
        using RecordingReader reader = RecordingReader.Open("t", new MemoryStream(Text));
        reader.Read(batch).ShouldBeTrue();
        reader.Read(batch).ShouldBeTrue();
        long before = GC.GetAllocatedBytesForCurrentThread();
        long events = 0;
        while (reader.Read(batch))
            events += batch.Events.Count;
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        events.ShouldBeGreaterThan(Lines / 2);
        return allocated;
    }

    private static byte[] Packed(string form, byte[] plain)
    {
        if (form == "plain")
            return plain;
        if (form == "zst")
            return Zstd(plain);
        using var packed = new MemoryStream();
        using (Stream stream = form == "gz" ? new GZipStream(packed, CompressionLevel.Fastest) : new BrotliStream(packed, CompressionLevel.Fastest))
            stream.Write(plain);
        return packed.ToArray();
    }

    private static byte[] Zstd(byte[] plain)
    {
        using Process process = Process.Start(new ProcessStartInfo("zstd", ["-qc"]) { RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false })!;
        using var packed = new MemoryStream();
        Task write = Task.Run(() =>
        {
            process.StandardInput.BaseStream.Write(plain);
            process.StandardInput.Close();
        });
        process.StandardOutput.BaseStream.CopyTo(packed);
        write.Wait();
        process.WaitForExit();
        return packed.ToArray();
    }
}
