using Pagewise.Abi;

namespace Pagewise.Workloads.Tests.Pgw;

public sealed class PgwTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void RandomEventsComeBackAsTheyWere(int seed)
    {
        var random = new Random(seed);
        var batch = new EventBatch();
        var expected = new List<string>();
        using var stream = new MemoryStream();
        using (var writer = new PgwWriter(stream, random.Next(12)))
        {
            for (int i = 0; i < 40; i++)
            {
                RandomBatch.Fill(batch, random);
                expected.AddRange(Recorded.Describe(batch));
                writer.Write(batch);
            }

            writer.Complete();
        }

        Recorded.Bytes(stream.ToArray()).Events.ShouldBe(expected, $"seed {seed}");
    }

    [Fact]
    public void EveryRunLengthAndDistanceComesBack()
    {
        var batch = new EventBatch();
        uint[] counts = [1, 2, 6, 7, 8, 9, 253, 254, 255, 256, 65535, uint.MaxValue];
        ulong[] distances = [0, 1, 127, 128, 255, 32767, 32768, 65536, int.MaxValue, 1UL << 31, 1UL << 32, 1UL << 47, 1UL << 63, ulong.MaxValue, ulong.MaxValue - 127, ulong.MaxValue - 128];
        ulong address = 0;
        foreach (AccessKind kind in Enum.GetValues<AccessKind>())
        {
            foreach (uint count in counts)
            {
                foreach (ulong distance in distances)
                    batch.AccessRuns.Add(new AccessRun(address += distance, count, kind));
            }
        }

        batch.Events.Add(new Event(EventKind.Access, 0, batch.AccessRuns.Count, 5, 1));
        AccessRun[] expected = batch.AccessRuns.Span.ToArray();
        using RecordingReader reader = RecordingReader.Open("t", new MemoryStream(Written(batch)));
        var back = new EventBatch();
        reader.Read(back).ShouldBeTrue();
        back.AccessRuns.Span.ToArray().ShouldBe(expected);
    }

    [Fact]
    public void RunsBeyondTheTablesSlotsComeBack()
    {
        // 200,000 distinct runs with others from near and far between them: the table goes round three times.
        var random = new Random(10);
        var runs = new List<AccessRun>();
        for (int i = 0; i < 200_000; i++)
        {
            runs.Add(new AccessRun((ulong)i * 64, 1 + ((uint)i % 9), (AccessKind)(i % 3)));
            if (i % 2 == 0)
                runs.Add(runs[random.Next(runs.Count)]);
            if (i % 3 == 0)
                runs.Add(runs[Math.Max(0, runs.Count - random.Next(60_000, 100_000))]);
        }

        var batch = new EventBatch();
        using var stream = new MemoryStream();
        using (var writer = new PgwWriter(stream, 1))
        {
            foreach (AccessRun[] part in runs.Chunk(7777))
            {
                batch.Clear();
                foreach (AccessRun run in part)
                    batch.AccessRuns.Add(run);
                batch.Events.Add(new Event(EventKind.Access, 0, part.Length, 0, 1));
                writer.Write(batch);
            }

            writer.Complete();
        }

        var back = new List<AccessRun>();
        using RecordingReader reader = RecordingReader.Open("t", new MemoryStream(stream.ToArray()));
        while (reader.Read(batch))
            back.AddRange(batch.AccessRuns.Span);
        back.ShouldBe(runs);
    }

    [Fact]
    public void AFileCutAnywhereIsKnownForOne()
    {
        byte[] whole = Written(RandomBatch.New(new Random(4)));
        // Every place in the file's and the first block's head, and every 41st after that.
        for (int length = 1; length < whole.Length; length += length < 64 ? 1 : 41)
        {
            byte[] cut = whole[..length];
            Should.Throw<RecordingException>(() => Recorded.Bytes(cut), $"{length} of {whole.Length} bytes").Message.ShouldNotContain("\n");
        }
    }

    [Fact]
    public void AFlippedBitIsFound()
    {
        byte[] whole = Written(RandomBatch.New(new Random(5)));
        var random = new Random(6);
        for (int i = 0; i < 2000; i++)
        {
            byte[] damaged = [.. whole];
            damaged[random.Next(whole.Length)] ^= (byte)(1 << random.Next(8));
            Should.Throw<RecordingException>(() => Recorded.Bytes(damaged));
        }
    }

    [Fact]
    public void BytesAfterTheEndAreRefused()
    {
        byte[] whole = Written(RandomBatch.New(new Random(7)));
        Should.Throw<RecordingException>(() => Recorded.Bytes([.. whole, 0])).Message.ShouldContain("after the end");
    }

    [Fact]
    public void ALaterVersionIsNamed()
    {
        byte[] file = Written(RandomBatch.New(new Random(8)));
        file[4] = 9;
        Should.Throw<RecordingException>(() => Recorded.Bytes(file)).Message.ShouldContain("version 9");
    }

    [Fact]
    public void AFileAppearsOnlyWhenItIsComplete()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("pagewise-test-");
        string path = Path.Combine(folder.FullName, "a.pgw");
        using (var abandoned = new PgwWriter(path))
        {
            abandoned.Write(RandomBatch.New(new Random(9)));
            File.Exists(path).ShouldBeFalse();
        }

        folder.GetFiles().ShouldBeEmpty();
        using (var writer = new PgwWriter(path))
        {
            writer.Write(RandomBatch.New(new Random(9)));
            writer.Complete();
        }

        folder.GetFiles().Select(file => file.Name).ShouldBe(["a.pgw"]);
        using (RecordingReader bad = RecordingReader.Open("bad.strace", new MemoryStream("1 brk(NULL) = 0\nnonsense"u8.ToArray())))
            Should.Throw<RecordingException>(() => PgwWriter.Convert(bad, path));
        Recorded.Read(RecordingReader.Open(path)).Events.Count.ShouldBeGreaterThan(10, "the older file is still there");
        folder.Delete(recursive: true);
    }

    [Fact]
    public void EventsOutOfTheirColumnsOrderAreRefused()
    {
        var batch = new EventBatch();
        batch.Touches.Add(default);
        batch.Events.Add(new Event(EventKind.Touch, 1, 1, 0, 0));
        using var writer = new PgwWriter(new MemoryStream());
        Should.Throw<ArgumentException>(() => writer.Write(batch));
    }

    private static byte[] Written(EventBatch batch)
    {
        using var stream = new MemoryStream();
        using var writer = new PgwWriter(stream);
        writer.Write(batch);
        writer.Complete();
        return stream.ToArray();
    }
}
