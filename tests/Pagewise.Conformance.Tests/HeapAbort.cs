using System.Diagnostics;
using System.Globalization;
using Pagewise.Malloc;
using Pagewise.Malloc.Flat;
using Pagewise.Malloc.Platforms;
using Pagewise.Malloc.Releases;

namespace Pagewise.Conformance.Tests;

/// <summary>Runs the scripts of <c>native/heapabort.c</c>, on this machine's malloc and on the model.</summary>
internal static class HeapAbort
{
    private static readonly Lazy<string> Program = new(Build);

    /// <summary>The live glibc's last words, or "survived".</summary>
    public static string Live(string script, string tunables)
    {
        var start = new ProcessStartInfo(Program.Value, [script]) { UseShellExecute = false, RedirectStandardError = true };
        start.Environment.Clear();
        if (tunables.Length > 0)
            start.Environment["GLIBC_TUNABLES"] = tunables;
        using Process process = Process.Start(start)!;
        string said = process.StandardError.ReadToEnd().TrimEnd();
        process.WaitForExit();
        return said;
    }

    /// <summary>The model's last words, or "survived".</summary>
    public static string Model(string script, string tunables)
    {
        using var space = new FlatAddressSpace(FlatLayout.X8664);
        FlatMemory memory = space.Memory;
        var malloc = new PtMalloc<X8664Abi, Glibc236, FlatMemory, FlatSystemCalls>(
            memory, space.SystemCalls, new MallocOptions { Tunables = MallocTunables.Parse(tunables) });
        var words = new Queue<string>(script.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        ulong[] block = new ulong[100];
        try
        {
            while (words.TryDequeue(out string? op))
            {
                ulong where = op == "b" ? 0 : op == "m" ? Number() : Place();
                switch (op)
                {
                    case "m":
                        block[where] = malloc.Malloc(Number());
                        break;
                    case "r":
                        _ = malloc.Realloc(where, Number());
                        break;
                    case "f":
                        malloc.Free(where);
                        break;
                    case "w":
                        memory.WriteU64(where, Number());
                        break;
                    case "a":
                        memory.WriteU64(where, Place());
                        break;
                    case "p":
                        memory.WriteU64(where, Place() ^ (where >> 12));
                        break;
                    case "k":
                        memory.WriteU64(where, memory.ReadU64(Place()));
                        break;
                    case "b":
                        malloc.ProgramMovedBreak(space.MoveBreak(space.Break + Number()));
                        break;
                    default:
                        throw new ArgumentException($"no operation is called {op}", nameof(script));
                }
            }

            return "survived";
        }
        catch (MallocAbortException abort)
        {
            return abort.Message;
        }

        ulong Number()
        {
            string word = words.Dequeue();
            return word.StartsWith("0x", StringComparison.Ordinal)
                ? ulong.Parse(word[2..], NumberStyles.HexNumber, CultureInfo.InvariantCulture)
                : (ulong)long.Parse(word, CultureInfo.InvariantCulture);
        }

        ulong Place()
        {
            ulong start = block[Number()];
            return start + Number();
        }
    }

    private static string Build()
    {
        string program = Path.Combine(HeapScratch.Folder, "heapabort");
        using Process process = Process.Start(new ProcessStartInfo("cc", ["-O1", "-Wall", "-Wextra", "-Werror", "-Wno-use-after-free", "-fno-builtin", "-o", program,
            Path.Combine(AppContext.BaseDirectory, "native", "heapabort.c")])
        { UseShellExecute = false })!;
        process.WaitForExit();
        return process.ExitCode == 0 ? program : throw new InvalidOperationException("cc cannot build heapabort.c");
    }
}
