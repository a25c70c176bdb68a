using System.Globalization;
using BenchmarkDotNet.Attributes;
using Pagewise.Abi;
using Pagewise.Workloads;

namespace Pagewise.Benchmarks;

/// <summary>
/// lackey text into access runs; time per MiB (300 MB/s is 3.5 ms) of the accesses of <c>examples/python3.pgw</c>. The
/// baseline reads lines, splits and parses.
/// </summary>
[MemoryDiagnoser]
public class WorkloadsLackeyBenchmarks
{
    private const int Mebibytes = 64;

    private readonly EventBatch _batch = new();
    private byte[] _text = [];

    /// <summary>Makes the text.</summary>
    [GlobalSetup]
    public void Setup() => _text = WorkloadsExamples.LackeyText(Mebibytes << 20);

    /// <summary>The reader.</summary>
    [Benchmark(OperationsPerInvoke = Mebibytes)]
    public long Reader() => WorkloadsExamples.ReadAll(_text, _batch);

    /// <summary>ReadLine, Split and Parse into a list of accesses of one page.</summary>
    [Benchmark(Baseline = true, OperationsPerInvoke = Mebibytes)]
    public long SplitAndParse()
    {
        using var lines = new StreamReader(new MemoryStream(_text));
        var runs = new List<AccessRun>();
        while (lines.ReadLine() is { } line)
        {
            string[] fields = line[3..].Split(',');
            ulong address = ulong.Parse(fields[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            ulong last = address + ulong.Parse(fields[1], CultureInfo.InvariantCulture) - 1;
            AccessKind kind = line[0] == 'I' ? AccessKind.Execute : line[1] == 'L' ? AccessKind.Read : AccessKind.Write;
            runs.Add(new AccessRun(address, 1, kind));
            if (last >> 12 != address >> 12)
                runs.Add(new AccessRun(last & ~4095UL, 1, kind));
        }

        return runs.Count;
    }
}
