using System.Diagnostics;

namespace Pagewise.Conformance.Tests;

/// <summary>Builds <c>native/vmfuzz.c</c> and records its seeded random calls on the live kernel.</summary>
internal static class VmFuzz
{
    private const int Attempts = 5;

    private static readonly string[] CompilerOptions =
    [
        "-O2", "-static", "-nostdlib", "-nostartfiles", "-ffreestanding", "-fno-builtin", "-fno-stack-protector", "-fno-pie", "-no-pie",
        "-fno-asynchronous-unwind-tables", "-fcf-protection=none", "-Wall", "-Wextra", "-Werror", "-Wl,--build-id=none",
    ];

    private static readonly Lazy<string> Program = new(Build);

    /// <summary>
    /// Records a seed. What Linux leaves to chance (a writeback, a fault that another CPU delays) is not the model's to
    /// repeat, so a recording counts only when a second run of the seed wrote the same, but for what is not compared.
    /// </summary>
    /// <returns>The path of the recording.</returns>
    public static string Record(int seed, int calls, string opts)
    {
        lock (OneAtATime)
            return RecordAlone(seed, calls, opts);
    }

    // Runs share a scratch folder, and test classes run side by side.
    private static readonly Lock OneAtATime = new();

    private static string RecordAlone(int seed, int calls, string opts)
    {
        string log = Path.Combine(LiveMachine.Scratch, $"fuzz-{seed}{(opts.Length > 0 ? "-" + opts : "")}.log");
        string[] last = Run(seed, calls, opts);
        string difference = "";
        for (int attempt = 1; attempt < Attempts; attempt++)
        {
            string[] again = Run(seed, calls, opts);
            int at = FirstDifference(last, again, opts.Contains('k', StringComparison.Ordinal));
            if (at < 0)
            {
                File.WriteAllLines(log, [LiveMachine.Header(), .. again]);
                return log;
            }

            difference = $"line {at + 1}: '{(at < last.Length ? last[at] : "")}', then '{(at < again.Length ? again[at] : "")}'";
            last = again;
        }

        throw new InvalidOperationException($"the live kernel never repeated itself in {Attempts} runs: vmfuzz {seed} {calls} '{opts}'; {difference}");
    }

    // Where processes fork, smaps' Referenced tells marks of folios that outlive a run; it is not compared there (SmapsComparison).
    private static int FirstDifference(string[] one, string[] other, bool forks)
    {
        for (int i = 0; i < Math.Max(one.Length, other.Length); i++)
        {
            if (i >= one.Length || i >= other.Length || (one[i] != other[i] && !(forks && IsReferenced(one[i]) && IsReferenced(other[i]))))
                return i;
        }

        return -1;
    }

    private static bool IsReferenced(string line) => line.StartsWith("# smaps ", StringComparison.Ordinal) && line.Contains(" Referenced:", StringComparison.Ordinal);

    private static string[] Run(int seed, int calls, string opts)
    {
        string log = Path.Combine(LiveMachine.Scratch, "run.log");
        // The limits that the model assumes, whatever this shell had; no environment, for it lies on the stack.
        Execute("/bin/sh", ["-c", $"ulimit -S -s 8192; ulimit -S -l 8192; exec env -i \"$(command -v setarch)\" -R \"$0\" {seed} {calls} '{opts}' \"$1\" \"$2\"",
            Program.Value, log, LiveMachine.Scratch]);
        foreach (string file in Directory.GetFiles(LiveMachine.Scratch, "fz*"))
            File.Delete(file);
        string[] lines = File.ReadAllLines(log);
        // The two files are made anew each time, with new inode numbers.
        for (int i = 0; i < lines.Length; i++)
        {
            if (lines[i].Contains("/fz", StringComparison.Ordinal) && lines[i].StartsWith("#M", StringComparison.Ordinal))
                lines[i] = WithoutInode(lines[i]);
        }

        return lines;
    }

    // "#M 7ffff… rw-s 00000000 fe:00 11788382      /tmp/fz2.rw" with the number of the inode replaced by a fixed one.
    private static string WithoutInode(string line)
    {
        int path = line.IndexOf('/');
        string[] fields = line[..path].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        fields[^1] = line.EndsWith(".ro", StringComparison.Ordinal) ? "4" : "5";
        return $"{string.Join(' ', fields)} {line[path..]}";
    }

    private static string Build()
    {
        string program = Path.Combine(LiveMachine.Scratch, "vmfuzz");
        Execute("cc", [.. CompilerOptions, "-o", program, Path.Combine(AppContext.BaseDirectory, "native", "vmfuzz.c")]);
        // Its pages are clean, as those of a program that was not built a moment ago: smaps tells.
        using FileStream built = File.OpenWrite(program);
        built.Flush(flushToDisk: true);
        return program;
    }

    internal static void Execute(string program, string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardError = true,
        })!;
        process.StandardInput.Close();
        string errors = process.StandardError.ReadToEnd();
        if (!process.WaitForExit(TimeSpan.FromMinutes(2)))
            process.Kill(entireProcessTree: true);
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}: {errors}");
    }
}
