using System.Diagnostics;
using System.IO.Compression;
using System.Text;

namespace Pagewise.Workloads.Tests;

/// <summary>
/// Damaged recordings: every one is read to its end or refused by a <see cref="RecordingException"/> of one line;
/// nothing else may come out, in bounded time and memory.
/// </summary>
public sealed class MutationTests
{
    private const long MemoryLimit = 1L << 30;
    private static readonly Lazy<List<(string Name, byte[] Bytes)>> Originals = new(Load);

    [Fact]
    public void TenThousandDamagedRecordingsAreReadOrRefused() => Run(seed: 1, cases: 10_000);

    [Fact]
    [Trait("Category", "Slow")]
    public void TwoHundredThousandDamagedRecordingsAreReadOrRefused() => Run(seed: 2, cases: 200_000);

    private static void Run(int seed, int cases)
    {
        int refused = 0;
        var batch = new EventBatch();
        for (int i = 0; i < cases; i++)
        {
            var random = new Random(HashCode(seed, i));
            (string name, byte[] original) = Originals.Value[random.Next(Originals.Value.Count)];
            // Every other .pgw is damaged inside a block whose checksum is right again: what a hostile file may hold.
            byte[] damaged = name.EndsWith(".pgw", StringComparison.Ordinal) && i % 2 == 0
                ? PgwRepacker.WithDamagedBlocks(original, plain => Damage(plain, random))
                : Damage(original, random);
            var clock = Stopwatch.StartNew();
            try
            {
                using RecordingReader reader = RecordingReader.Open(name, new MemoryStream(damaged));
                while (reader.Read(batch))
                    Walk(batch);
            }
            catch (RecordingException fault)
            {
                refused++;
                fault.Message.ShouldNotContain("\n", Case.Sensitive, $"seed {seed} case {i}");
            }
            catch (Exception fault)
            {
                throw new InvalidOperationException($"{name}, seed {seed} case {i}", fault);
            }

            clock.ElapsedMilliseconds.ShouldBeLessThan(20_000, $"seed {seed} case {i}");
        }

        refused.ShouldBeInRange(cases / 10, cases);
        Process.GetCurrentProcess().PeakWorkingSet64.ShouldBeLessThan(MemoryLimit);
    }

    // Touches everything that an event points to.
    private static void Walk(EventBatch batch)
    {
        long sum = 0;
        foreach (ref readonly CallRecord call in batch.Calls.Span)
        {
            sum += batch.PayloadBytes(call).Length + batch.Strings[call.Path].Length + batch.Strings[call.FdPath].Length + batch.Strings[call.Name].Length;
            sum += batch.FileStatus(call).SizeBytes + (long)batch.CloneArguments(call).Flags + (batch.Limits(call).HasNew ? 1 : 0);
            foreach (int word in batch.ArgumentVector(call))
                sum += batch.Strings[word].Length;
        }

        foreach (ref readonly NoteRecord note in batch.Notes.Span)
            sum += batch.Line(note).Length + batch.Body(note).Length;
        foreach (ref readonly TouchRecord touch in batch.Touches.Span)
            sum += (long)touch.AccessCount + (long)touch.AddressAt(0);
        foreach (Event item in batch.Events.Span)
            sum += item.Count;
        sum.ShouldNotBe(long.MinValue);
    }

    private static byte[] Damage(byte[] original, Random random)
    {
        var bytes = new List<byte>(original);
        for (int rounds = random.Next(1, 4); rounds > 0; rounds--)
        {
            int at = random.Next(bytes.Count + 1);
            int length = Math.Min(random.Next(1, 1 << random.Next(1, 12)), bytes.Count - at);
            switch (random.Next(8))
            {
                case 0:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
                case 1:
                    bytes.RemoveRange(at, length);
                    break;
                case 2:
                    bytes.InsertRange(at, bytes.GetRange(at, length));
                    break;
                case 3:
                    var noise = new byte[random.Next(1, 300)];
                    random.NextBytes(noise);
                    bytes.InsertRange(at, noise);
                    break;
                case 4:
                    bytes.InsertRange(at, Encoding.ASCII.GetBytes(Words[random.Next(Words.Length)]));
                    break;
                default:
                    for (int flips = random.Next(1, 9); flips > 0 && bytes.Count > 0; flips--)
                        bytes[random.Next(bytes.Count)] ^= (byte)(1 << random.Next(8));
                    break;
            }
        }

        return [.. bytes];
    }

    private static readonly string[] Words =
    [
        "99999999999999999999", "0xffffffffffffffff", "18446744073709551615", "-1", "0x", "\n", "(", "((((((((((((((((((((((((((((((", "{", "[", "\"", "<", "<unfinished ...>",
        "<... mmap resumed>", " = ", "\\", "/*", "|", "~~~~~~~~~~~~~~~~~~~~~~~~", "<<", "makedev(", "\0", "# vm log 1:", "# touch ", "touch(", " /* minor ", "[pid ", "strace: Process 1 attached",
    ];

    private static int HashCode(int seed, int i) => unchecked((seed * 1_000_003) + i);

    /// <summary>Small stretches of every format, plain, compressed and as .pgw.</summary>
    private static List<(string Name, byte[] Bytes)> Load()
    {
        var originals = new List<(string, byte[])>();
        foreach (string file in Oracle.Files("vm", "*.zst").Concat(["heap/ld.txt.zst", "heap/mt-xz-T4.txt.zst", "guest/oom_swap64/workload.log", "heap/i386-stress-mix-1.txt.zst"]))
        {
            byte[] plain = Oracle.Plain(file);
            foreach (int start in (int[])[0, plain.Length / 3, plain.Length / 2])
            {
                byte[] part = Lines(plain, start, 6000);
                originals.Add((file, part));
                using var packed = new MemoryStream();
                using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
                    gzip.Write(part);
                originals.Add(($"{file}.gz", packed.ToArray()));
                originals.Add(($"{file}.pgw", Pgw(part)));
            }

            byte[] zstd = File.ReadAllBytes(Path.Combine(Oracle.Folder, file));
            if (zstd.Length < 8000)
                originals.Add((file, zstd));
        }

        foreach (string sample in Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "data", "heap")).Order(StringComparer.Ordinal))
        {
            byte[] bytes = File.ReadAllBytes(sample);
            originals.Add((Path.GetFileName(sample), bytes.Length > 8000 ? bytes[..8000] : bytes));
        }

        byte[] lackey = Encoding.ASCII.GetBytes(
            string.Concat(Enumerable.Range(0, 200).Select(i => $"I  040{i % 7}{i:x4},3\n S 1ffe{i * 77:x6},8\n")) +
            "SYSCALL[77,1](9) sys_mmap ( 0x0, 8192, 3, 34, 4294967295, 0 ) --> [pre-success] Success(0x4835000) I  04001000,3\n" +
            "SYSCALL[77,1](257) sys_openat ( 4294967196, 0x40(/lib/libc.so.6), 524288 ) --> [async] ... \nSYSCALL[77,1](257) ... [async] --> Success(0x3) \n");
        originals.Add(("lackey.log", lackey));
        originals.Add(("lackey.pgw", Pgw(lackey)));
        return originals;
    }

    private static byte[] Lines(byte[] text, int start, int length)
    {
        int from = start == 0 ? 0 : Array.IndexOf(text, (byte)'\n', start) + 1;
        int to = Math.Min(text.Length, from + length);
        int end = Array.LastIndexOf(text, (byte)'\n', to - 1, to - from) + 1;
        return text[from..Math.Max(from + 1, end)];
    }

    private static byte[] Pgw(byte[] text)
    {
        using var stream = new MemoryStream();
        using RecordingReader reader = RecordingReader.Open("t", new MemoryStream(text));
        using var writer = new PgwWriter(stream);
        var batch = new EventBatch();
        while (reader.Read(batch))
            writer.Write(batch);
        writer.Complete();
        return stream.ToArray();
    }
}
