using System.Globalization;
using System.Text;
using Pagewise.Abi;

namespace Pagewise.Procfs;

/// <summary>/proc/PID/limits (proc_pid_limits, fs/proc/base.c).</summary>
public static class LimitsFile
{
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

    /// <summary>The file of these limits; what is missing is unlimited.</summary>
    public static string Format(IReadOnlyDictionary<RlimitResource, Rlimit> limits)
    {
        var text = new StringBuilder();
        text.Append($"{"Limit",-25} {"Soft Limit",-20} {"Hard Limit",-20} {"Units",-10}\n");
        foreach ((RlimitResource resource, string name, string unit) in Rows)
        {
            Rlimit limit = limits.GetValueOrDefault(resource, Rlimit.Unlimited);
            text.Append($"{name,-25} {Value(limit.Current),-20} {Value(limit.Maximum),-20} ");
            text.Append(unit.Length > 0 ? $"{unit,-10}\n" : "\n");
        }

        return text.ToString();
    }

    /// <summary>Reads the file; lines it does not know are skipped.</summary>
    public static SortedDictionary<RlimitResource, Rlimit> Parse(string text)
    {
        var limits = new SortedDictionary<RlimitResource, Rlimit>();
        foreach (string line in text.Split('\n'))
        {
            foreach ((RlimitResource resource, string name, _) in Rows)
            {
                if (!line.StartsWith(name, StringComparison.Ordinal))
                    continue;
                string[] values = line[name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
                if (values.Length >= 2 && TryValue(values[0], out ulong soft) && TryValue(values[1], out ulong hard))
                    limits[resource] = new Rlimit(soft, hard);
            }
        }

        return limits;
    }

    private static string Value(ulong limit) =>
        limit == Rlimit.Infinity ? "unlimited" : limit.ToString(CultureInfo.InvariantCulture);

    private static bool TryValue(string text, out ulong value)
    {
        if (text == "unlimited")
        {
            value = Rlimit.Infinity;
            return true;
        }

        return ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
    }
}
