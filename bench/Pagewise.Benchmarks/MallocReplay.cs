using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Pagewise.Malloc;
using Pagewise.Malloc.Flat;
using Pagewise.Malloc.Platforms;
using Pagewise.Malloc.Releases;
using Pagewise.Replay.Heap;

namespace Pagewise.Benchmarks;

/// <summary>
/// Replays heap recordings from memory on the modelled allocator and, turn by turn in the same run, on this machine's
/// glibc (<c>native/heapreplay.c</c>, a fresh process each time): <c>dotnet run -c Release --project
/// bench/Pagewise.Benchmarks -- malloc FILE…</c>. The best of many turns is printed: other work on the machine only adds.
/// </summary>
internal static class MallocReplay
{
    private const int Turns = 120;

    /// <summary>Measures each recording and prints one line for it.</summary>
    public static int Run(IReadOnlyList<string> files)
    {
        string program = Path.Combine(Path.GetTempPath(), $"pagewise-heapreplay-{Environment.ProcessId}");
        string ops = program + ".ops";
        try
        {
            _ = Execute("cc", "-O2", "-o", program, Path.Combine(AppContext.BaseDirectory, "native", "heapreplay.c"));
            foreach (string file in files)
                Measure(file, program, ops);
            return 0;
        }
        finally
        {
            File.Delete(program);
            File.Delete(ops);
        }
    }

    // What native/heapreplay.c reads: struct op.
    private struct Op
    {
        public ulong Bytes;
        public ulong Alignment;
        public int Slot;
        public int OldSlot;
        public HeapOpKind Kind;
    }

    private static void Measure(string file, string program, string opsFile)
    {
        HeapScript script = HeapScript.Read(file);
        var ops = new Op[script.Count + 1];
        for (long i = 0; i < script.Count; i++)
        {
            HeapOp op = script[i];
            bool aligned = op.Kind is HeapOpKind.Memalign or HeapOpKind.AlignedAlloc or HeapOpKind.PosixMemalign;
            ops[i] = new Op
            {
                Bytes = op.Arg,
                Alignment = aligned ? script.Alignments[(int)op.Aux] : op.Aux,
                Slot = op.Slot,
                OldSlot = op.Kind == HeapOpKind.Realloc ? (int)op.Aux : 0,
                Kind = op.Kind,
            };
        }

        ops[^1].Slot = script.SlotEnd;
        using (FileStream stream = File.Create(opsFile))
            stream.Write(MemoryMarshal.AsBytes(ops.AsSpan()));
        double live = double.MaxValue;
        double model = double.MaxValue;
        long allocated = 0;
        ReadOnlySpan<Op> calls = ops.AsSpan(0, ops.Length - 1);
        for (int turn = 0; turn < Turns; turn++)
        {
            live = Math.Min(live, double.Parse(Execute(program, opsFile), CultureInfo.InvariantCulture));
            model = Math.Min(model, Replay<Glibc236>(script, calls, out allocated));
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{Path.GetFileName(file)}: {script.Count} calls; glibc {live:f1} ns a call, Pagewise {model:f1} ns, ratio {model / live:f2}; {allocated} managed bytes"));
        CompareReleases(script, ops);
    }

    private static void CompareReleases(HeapScript script, Op[] ops)
    {
        string[] releases = ["2.31", "2.32", "2.33", "2.34", "2.36", "2.37", "2.38", "2.39", "2.41", "2.42", "2.42-branch", "2.43"];
        double[] best = new double[releases.Length];
        Array.Fill(best, double.MaxValue);
        var turns = new ReleaseTurn(script, ops);
        for (int turn = 0; turn < Turns; turn++)
        {
            for (int i = 0; i < releases.Length; i++)
                best[i] = Math.Min(best[i], AllocatorModels.Visit("x86_64", releases[i], turns)!.Value);
        }

        double reference = best[Array.IndexOf(releases, "2.36")];
        Console.WriteLine("  " + string.Join("; ", releases.Select((release, i) =>
            string.Create(CultureInfo.InvariantCulture, $"{release} {best[i]:f1} ns, {best[i] / reference:f2}"))));
    }

    private sealed class ReleaseTurn(HeapScript script, Op[] ops) : IAllocatorVisitor<StrongBox<double>>
    {
        public StrongBox<double> Visit<TAbi, TRelease>()
            where TAbi : struct, IMallocAbi
            where TRelease : struct, IGlibcRelease => new(Replay<TRelease>(script, ops.AsSpan(0, ops.Length - 1), out _));
    }

    private static double Replay<TRelease>(HeapScript script, ReadOnlySpan<Op> calls, out long allocatedBytes)
        where TRelease : struct, IGlibcRelease
    {
        using FlatAddressSpace space = script.Prologue.CreateAddressSpace(placedByQemu: false);
        var malloc = new PtMalloc<X8664Abi, TRelease, FlatMemory, FlatSystemCalls>(
            space.Memory, space.SystemCalls, script.Prologue.CreateOptions<TRelease>());
        ulong[] blocks = new ulong[script.SlotEnd];
        long before = GC.GetAllocatedBytesForCurrentThread();
        long start = Stopwatch.GetTimestamp();
        foreach (ref readonly Op op in calls)
        {
            ref ulong block = ref blocks[op.Slot];
            switch (op.Kind)
            {
                case HeapOpKind.Malloc:
                    block = malloc.Malloc(op.Bytes);
                    break;
                case HeapOpKind.Free:
                    malloc.Free(block);
                    block = 0;
                    break;
                case HeapOpKind.Calloc:
                    block = malloc.Calloc(1, op.Bytes);
                    break;
                case HeapOpKind.Realloc:
                    block = malloc.Realloc(blocks[op.OldSlot], op.Bytes);
                    break;
                default:
                    Rare(malloc, op, ref block);
                    break;
            }
        }

        double nanoseconds = Stopwatch.GetElapsedTime(start).TotalNanoseconds;
        allocatedBytes = GC.GetAllocatedBytesForCurrentThread() - before;
        return nanoseconds / calls.Length;
    }

    private static void Rare<TRelease>(PtMalloc<X8664Abi, TRelease, FlatMemory, FlatSystemCalls> malloc, in Op op, ref ulong block)
        where TRelease : struct, IGlibcRelease
    {
        switch (op.Kind)
        {
            case HeapOpKind.Memalign or HeapOpKind.AlignedAlloc:
                block = malloc.Memalign(op.Alignment, op.Bytes);
                break;
            case HeapOpKind.PosixMemalign:
                _ = malloc.PosixMemalign(op.Alignment, op.Bytes, out block);
                break;
            case HeapOpKind.Valloc:
                block = malloc.Valloc(op.Bytes);
                break;
            case HeapOpKind.Pvalloc:
                block = malloc.Pvalloc(op.Bytes);
                break;
            case HeapOpKind.MallocTrim:
                _ = malloc.MallocTrim(op.Bytes);
                break;
            case HeapOpKind.Mallopt:
                _ = malloc.Mallopt((int)op.Alignment, (int)(long)op.Bytes);
                break;
        }
    }

    private static string Execute(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardOutput = true })!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{program} ended with {process.ExitCode}");
    }
}
