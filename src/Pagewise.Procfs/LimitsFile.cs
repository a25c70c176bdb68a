using System.Globalization;
using System.Text;
using Pagewise.Abi;
using Pagewise.Kernel.Tasks;

namespace Pagewise.Procfs;

/// <summary>/proc/PID/limits (proc_pid_limits, fs/proc/base.c); reading and writing give the same bytes.</summary>
/// <param name="Limits">All limits; what is missing is written as unlimited.</param>
public sealed record LimitsFile(IReadOnlyDictionary<RlimitResource, Rlimit> Limits)
{
    /// <summary>The file's name under /proc/PID.</summary>
    public const string FileName = "limits";

    private const string Unlimited = "unlimited";

    private static readonly (RlimitResource Resource, string Name, string Unit)[] Rows =
    [
        (RlimitResource.Cpu, "Max cpu time", "seconds"),
        (RlimitResource.FileSize, "Max file size", "bytes"),
        (RlimitResource.Data, "Max data size", "bytes"),
        (RlimitResource.Stack, "Max stack size", "bytes"),
        (RlimitResource.Core, "Max core file size", "bytes"),
        (RlimitResource.Rss, "Max resident set", "bytes"),
        (RlimitResource.Processes, "Max processes", "processes"),
        (RlimitResource.OpenFiles, "Max open files", "files"),
        (RlimitResource.MemLock, "Max locked memory", "bytes"),
        (RlimitResource.AddressSpace, "Max address space", "bytes"),
        (RlimitResource.Locks, "Max file locks", "locks"),
        (RlimitResource.SignalsPending, "Max pending signals", "signals"),
        (RlimitResource.MessageQueue, "Max msgqueue size", "bytes"),
        (RlimitResource.Nice, "Max nice priority", ""),
        (RlimitResource.RealtimePriority, "Max realtime priority", ""),
        (RlimitResource.RealtimeTime, "Max realtime timeout", "us"),
    ];

    /// <summary>What a modelled process shows.</summary>
    public static LimitsFile Of(in TaskStruct leader)
    {
        var limits = new SortedDictionary<RlimitResource, Rlimit>();
        foreach ((RlimitResource resource, _, _) in Rows)
            limits[resource] = leader.Limits[(int)resource];
        return new LimitsFile(limits);
    }

    /// <summary>Reads the file's text.</summary>
    /// <exception cref="ProcfsException">The text is not a limits file.</exception>
    public static LimitsFile Parse(string text)
    {
        var scanner = new ProcfsScanner(FileName, text);
        scanner.ExpectWords("Limit", "Soft", "Limit", "Hard", "Limit", "Units");
        scanner.EndOfPaddedLine();
        var limits = new SortedDictionary<RlimitResource, Rlimit>();
        foreach ((RlimitResource resource, string name, string unit) in Rows)
        {
            scanner.Expect(name);
            limits[resource] = new Rlimit(Value(ref scanner), Value(ref scanner));
            scanner.Spaces();
            scanner.Expect(unit);
            scanner.EndOfPaddedLine();
        }

        return scanner.AtEnd ? new LimitsFile(limits) : throw scanner.Error("expected the end of the file");
    }

    /// <summary>The file's text.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        text.Append($"{"Limit",-25} {"Soft Limit",-20} {"Hard Limit",-20} {"Units",-10}\n");
        foreach ((RlimitResource resource, string name, string unit) in Rows)
        {
            Rlimit limit = Limits.TryGetValue(resource, out Rlimit found) ? found : Rlimit.Unlimited;
            text.Append($"{name,-25} {Value(limit.Current),-20} {Value(limit.Maximum),-20} ");
            text.Append(unit.Length > 0 ? $"{unit,-10}\n" : "\n");
        }

        return text.ToString();
    }

    private static string Value(ulong limit) => limit == Rlimit.Infinity ? Unlimited : limit.ToString(CultureInfo.InvariantCulture);

    private static ulong Value(ref ProcfsScanner scanner) => scanner.SkipWords(Unlimited) ? Rlimit.Infinity : scanner.Unsigned();
}
