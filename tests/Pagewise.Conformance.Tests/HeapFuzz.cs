using System.Diagnostics;
using System.Text;
using Pagewise.Replay.Heap;
using Pagewise.Workloads;

namespace Pagewise.Conformance.Tests;

/// <summary>Builds <c>native/heapfuzz.c</c>, runs its seeded random programs on this machine's malloc, and compares.</summary>
internal static class HeapFuzz
{
    private static readonly Lazy<string> Program = new(Build);
    private static readonly Lazy<string> LiveRelease = new(AskRelease);

    /// <summary>Runs a program and replays its recording on the model.</summary>
    /// <param name="seed">The seed.</param>
    /// <param name="calls">How many calls.</param>
    /// <param name="opts">heapfuzz's options.</param>
    /// <param name="tunables">GLIBC_TUNABLES; empty for none.</param>
    public static HeapFuzzResult Compare(int seed, int calls, string opts, string tunables)
    {
        string stem = Path.Combine(HeapScratch.Folder, $"{seed}-{opts}-{Math.Abs(tunables.GetHashCode(StringComparison.Ordinal))}");
        (string log, string info) = ($"{stem}.txt", $"{stem}.info");
        string environment = tunables.Length > 0 ? $"GLIBC_TUNABLES={tunables}" : "";
        Execute("/bin/sh", ["-c", $"exec env -i {environment} \"$(command -v setarch)\" -R \"$0\" {seed} {calls} '{opts}' 3>\"$1\" 4>\"$2\"", Program.Value, log, info]);
        try
        {
            var model = new StringBuilder();
            using RecordingReader reader = RecordingReader.Open(log);
            HeapCheckResult check = HeapChecker.Check(reader, observe: (note, heap) =>
            {
                if (note.StartsWith("malloc_info", StringComparison.Ordinal))
                    model.Append(heap.MallocInfo()).Append(heap.MallocStats());
            });
            return new HeapFuzzResult(check, model.ToString(), File.ReadAllText(info));
        }
        finally
        {
            File.Delete(log);
            File.Delete(info);
        }
    }

    /// <summary>The release of this machine's glibc, as recordings name it.</summary>
    public static string Release() => LiveRelease.Value;

    private static string AskRelease()
    {
        string log = Path.Combine(HeapScratch.Folder, "release.txt");
        Execute("/bin/sh", ["-c", "exec \"$0\" 1 1 '' 3>\"$1\" 4>/dev/null", Program.Value, log]);
        string line = File.ReadLines(log).First(l => l.StartsWith("# glibc ", StringComparison.Ordinal));
        File.Delete(log);
        return line.Split(' ')[2];
    }

    private static string Build()
    {
        string program = Path.Combine(HeapScratch.Folder, "heapfuzz");
        Execute("cc", ["-O2", "-Wall", "-Wextra", "-Werror", "-Wno-alloc-size-larger-than", "-fno-builtin",
            "-o", program, Path.Combine(AppContext.BaseDirectory, "native", "heapfuzz.c"), "-lpthread"]);
        return program;
    }

    private static void Execute(string program, string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardError = true })!;
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}: {errors}");
    }
}
