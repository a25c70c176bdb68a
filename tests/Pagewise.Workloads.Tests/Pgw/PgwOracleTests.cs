namespace Pagewise.Workloads.Tests.Pgw;

public sealed class PgwOracleTests
{
    public static TheoryData<string> Files =>
        new(Oracle.Files("vm", "*.zst").Concat(["heap/ld.txt.zst", "heap/mt-xz-T4.txt.zst", "heap/git-log.txt.zst", "guest/oom_swap64/workload.log"]));

    [Theory]
    [MemberData(nameof(Files))]
    public void ARecordingConvertedAndReadBackHasTheSameEvents(string file)
    {
        string path = Path.Combine(Oracle.Folder, file);
        Recorded text = Recorded.Read(RecordingReader.Open(path));
        using var stream = new MemoryStream();
        using (RecordingReader reader = RecordingReader.Open(path))
        using (var writer = new PgwWriter(stream))
        {
            var batch = new EventBatch();
            while (reader.Read(batch))
                writer.Write(batch);
            writer.Complete();
        }

        Recorded binary = Recorded.Bytes(stream.ToArray());
        binary.Events.ShouldBe(text.Events);
        binary.UnknownCalls.ShouldBe(text.UnknownCalls);
    }
}
