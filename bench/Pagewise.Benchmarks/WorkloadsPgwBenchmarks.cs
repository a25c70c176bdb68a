using System.IO.Compression;
using System.Runtime.InteropServices;
using BenchmarkDotNet.Attributes;
using Pagewise.Abi;
using Pagewise.Workloads;

namespace Pagewise.Benchmarks;

/// <summary>
/// <c>examples/python3.pgw</c> into access runs; time per access (200 million a second is 5.0 ns). The baseline is the
/// same runs as plain structs through the same compression.
/// </summary>
[MemoryDiagnoser]
public class WorkloadsPgwBenchmarks
{
    private const int Accesses = 36_753_927;

    private readonly EventBatch _batch = new();
    private byte[] _pgw = [];
    private byte[] _structs = [];

    /// <summary>Loads the recording and packs it the plain way; the number of accesses is fixed for the time per access.</summary>
    [GlobalSetup]
    public void Setup()
    {
        _pgw = File.ReadAllBytes(WorkloadsExamples.Find("python3.pgw"));
        using RecordingReader reader = RecordingReader.Open("python3.pgw", new MemoryStream(_pgw));
        using var packed = new MemoryStream();
        long accesses = 0;
        using (var brotli = new BrotliStream(packed, CompressionLevel.Optimal))
        {
            while (reader.Read(_batch))
            {
                brotli.Write(MemoryMarshal.AsBytes(_batch.AccessRuns.Span));
                foreach (ref readonly AccessRun run in _batch.AccessRuns.Span)
                    accesses += run.Count;
            }
        }

        _structs = packed.ToArray();
        if (accesses != Accesses)
            throw new InvalidOperationException($"examples/python3.pgw has {accesses} accesses, the benchmark says {Accesses}");
    }

    /// <summary>The reader.</summary>
    [Benchmark(OperationsPerInvoke = Accesses)]
    public long Reader() => WorkloadsExamples.ReadAll(_pgw, _batch);

    /// <summary>Structs as they lie in memory, through Brotli.</summary>
    [Benchmark(Baseline = true, OperationsPerInvoke = Accesses)]
    public long BrotliOfStructs()
    {
        using var brotli = new BrotliStream(new MemoryStream(_structs), CompressionMode.Decompress);
        var bytes = new byte[1 << 20];
        long accesses = 0;
        int length;
        while ((length = brotli.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)) > 0)
        {
            foreach (ref readonly AccessRun run in MemoryMarshal.Cast<byte, AccessRun>(bytes.AsSpan(0, length)))
                accesses += run.Count;
        }

        return accesses;
    }
}
