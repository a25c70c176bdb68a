using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Running;

namespace Pagewise.Benchmarks;

/// <summary>
/// Runs the benchmarks named on the command line: <c>dotnet run -c Release --project bench/Pagewise.Benchmarks -- --filter
/// '*'</c>; or, with <c>malloc FILE…</c>, heap recordings against this machine's glibc.
/// </summary>
internal static class Program
{
    private static int Main(string[] args)
    {
        if (args is ["malloc", .. string[] recordings])
            return MallocReplay.Run(recordings);
        _ = BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(
            args, DefaultConfig.Instance.AddColumn(StatisticColumn.Min, new LiveKernelColumn(ratio: false), new LiveKernelColumn(ratio: true)));
        return 0;
    }
}
