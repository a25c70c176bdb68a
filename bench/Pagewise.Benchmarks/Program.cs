using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Running;

namespace Pagewise.Benchmarks;

/// <summary>Runs the benchmarks named on the command line: <c>dotnet run -c Release --project bench/Pagewise.Benchmarks -- --filter '*'</c>.</summary>
internal static class Program
{
    private static void Main(string[] args) => BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(
        args, DefaultConfig.Instance.AddColumn(new LiveKernelColumn(ratio: false), new LiveKernelColumn(ratio: true)));
}
