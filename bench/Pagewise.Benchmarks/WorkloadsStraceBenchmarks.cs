using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using BenchmarkDotNet.Attributes;
using Pagewise.Workloads;

namespace Pagewise.Benchmarks;

/// <summary>
/// strace text into calls; time per MiB (150 MB/s is 7.0 ms, and the 1 MiB is of <c>examples/ls.strace</c>). The
/// baseline is what one writes first: a regular expression for the line, Split for arguments and flags.
/// </summary>
[MemoryDiagnoser]
public partial class WorkloadsStraceBenchmarks
{
    private const int Mebibytes = 16;

    private readonly EventBatch _batch = new();
    private byte[] _text = [];

    /// <summary>Makes the text.</summary>
    [GlobalSetup]
    public void Setup() => _text = WorkloadsExamples.StraceText(Mebibytes << 20);

    /// <summary>The reader, every argument decoded to its number.</summary>
    [Benchmark(OperationsPerInvoke = Mebibytes)]
    public long Reader() => WorkloadsExamples.ReadAll(_text, _batch);

    /// <summary>Regex and Split; the arguments stay text, only the result becomes a number.</summary>
    [Benchmark(Baseline = true, OperationsPerInvoke = Mebibytes)]
    public long RegexAndSplit()
    {
        using var lines = new StreamReader(new MemoryStream(_text), Encoding.Latin1);
        long sum = 0;
        while (lines.ReadLine() is { } line)
        {
            Match match = Call().Match(line);
            if (!match.Success)
                continue;
            foreach (string argument in match.Groups["arguments"].Value.Split(", "))
                sum += argument.Split('|').Length;
            string result = match.Groups["result"].Value;
            if (result.StartsWith("0x", StringComparison.Ordinal))
                sum += long.Parse(result.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        }

        return sum;
    }

    [GeneratedRegex(@"^(?<pid>\d+) +(?<name>\w+)\((?<arguments>.*)\) += (?<result>\S+)", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex Call();
}
