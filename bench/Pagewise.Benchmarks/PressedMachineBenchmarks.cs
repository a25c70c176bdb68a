using BenchmarkDotNet.Attributes;

namespace Pagewise.Benchmarks;

/// <summary>Accesses of a program that has less memory than it uses, on a machine that a benchmark describes.</summary>
public abstract class PressedMachineBenchmarks
{
    private PressedMachine _pressed = null!;

    /// <summary>Switches the machine on, stores into every page and lets it come to rest.</summary>
    [GlobalSetup]
    public void Setup() => _pressed = SwitchOn();

    /// <summary>Draws other accesses.</summary>
    [IterationSetup]
    public void Draw() => _pressed.Draw();

    /// <summary>Gives the machine back.</summary>
    [GlobalCleanup]
    public void Cleanup() => _pressed.Dispose();

    /// <summary>The accesses, on the modelled machine.</summary>
    [Benchmark(OperationsPerInvoke = PressedMachine.Accesses)]
    public int Reclaim() => _pressed.Run();

    /// <summary>The accesses that were drawn.</summary>
    private protected ReadOnlySpan<Abi.AccessRun> Runs => _pressed.Runs;

    /// <summary>The machine, come to rest.</summary>
    private protected abstract PressedMachine SwitchOn();
}
