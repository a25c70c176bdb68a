using System.Globalization;

namespace Pagewise.Procfs.Oom;

/// <summary>
/// The lines of a report that stand for themselves: a cgroup's counters (mem_cgroup_print_oom_meminfo), the machine's memory
/// (show_mem), the task that asked, the end. Which report they belong to is <see cref="OomReportReader"/>'s to say.
/// </summary>
internal static class OomReportFigures
{
    /// <summary>The line that the machine's memory begins with.</summary>
    public const string MemInfo = "Mem-Info:";

    /// <summary>Whether a line is one of these; what it says is noted in the report.</summary>
    public static bool Take(OomReport report, string message) => Cgroup(report, message) || Machine(report, message);

    /// <summary>Whether a line names the victim as Linux did before 5.1: "Kill process … or sacrifice child".</summary>
    public static bool IsChoice(string message) =>
        message.Contains(": Kill process ", StringComparison.Ordinal) && message.EndsWith(" or sacrifice child", StringComparison.Ordinal);

    /// <summary>Lines of a cgroup's limit and of the end.</summary>
    private static bool Cgroup(OomReport report, string message)
    {
        int usage = message.IndexOf(": usage ", StringComparison.Ordinal);
        if (usage is > 0 and < 12 && NamedNumber.After(message, ": usage ") is { } used && NamedNumber.After(message, ", limit ") is { } limit)
        {
            report.Limits.Add(new OomLimit(message[..usage], used, limit, NamedNumber.After(message, "failcnt ") ?? 0));
            return true;
        }

        const string stats = "Memory cgroup stats for ";
        if (message.StartsWith(stats, StringComparison.Ordinal))
        {
            string path = message[stats.Length..];
            int colon = path.IndexOf(": ", StringComparison.Ordinal);
            report.Memcg ??= colon < 0 ? path.TrimEnd(':') : path[..colon];
            return true;
        }

        const string killed = " killed as a result of limit of ";
        int result = message.IndexOf(killed, StringComparison.Ordinal);
        if (result > 0)
        {
            report.Memcg ??= message[(result + killed.Length)..];
            return true;
        }

        const string group = " are going to be killed due to memory.oom.group set";
        if (message.StartsWith("Tasks in ", StringComparison.Ordinal) && message.EndsWith(group, StringComparison.Ordinal))
        {
            report.Group = message["Tasks in ".Length..^group.Length];
            return true;
        }

        if (message.StartsWith("Kernel panic - not syncing: Out of memory", StringComparison.Ordinal)
            || message.StartsWith("Kernel panic - not syncing: System is deadlocked on memory", StringComparison.Ordinal)
            || message.StartsWith("Out of memory and no killable processes", StringComparison.Ordinal))
        {
            report.Outcome = message;
            return true;
        }

        return false;
    }

    /// <summary>Lines of the machine's memory (show_mem) and of the task that asked.</summary>
    private static bool Machine(OomReport report, string message)
    {
        if (OomZone.TryParse(message, out OomZone? zone))
        {
            report.Zones.Add(zone);
            return true;
        }

        if (OomZone.TryReserve(message, out IReadOnlyList<long> reserve))
        {
            if (report.Zones.Count > 0)
                report.Zones[^1] = report.Zones[^1] with { LowmemReservePages = reserve };
            return true;
        }

        if (message.StartsWith("CPU: ", StringComparison.Ordinal) && message.Contains(" Comm: ", StringComparison.Ordinal))
        {
            // A warning's "CPU:" line between has another task's name.
            if (report.InvokerPid != 0 || (report.Invocation is { } call && !message.Contains($" Comm: {call.Comm} ", StringComparison.Ordinal)))
                return false;
            report.InvokerPid = (int)Math.Clamp(NamedNumber.After(message, "PID: ") ?? 0, 0, int.MaxValue);
            string[] words = message.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            int build = Array.FindLastIndex(words, word => word.StartsWith('#'));
            if (build > 0 && char.IsAsciiDigit(words[build - 1][0]))
                report.Release = words[build - 1];
            return true;
        }

        return TakeNumber(message, " pages RAM", value => report.RamPages = value)
            || TakeNumber(message, " pages reserved", value => report.ReservedPages = value)
            || TakeNumber(message, "Free swap  = ", value => report.FreeSwapKib = value)
            || TakeNumber(message, "Total swap = ", value => report.TotalSwapKib = value)
            || IsOther(message);
    }

    private static bool TakeNumber(string message, string name, Action<long> set)
    {
        ReadOnlySpan<char> number = message;
        if (name[0] == ' ')
        {
            if (!message.EndsWith(name, StringComparison.Ordinal))
                return false;
            number = number[..^name.Length];
        }
        else
        {
            if (!message.StartsWith(name, StringComparison.Ordinal) || !message.EndsWith("kB", StringComparison.Ordinal))
                return false;
            number = number[name.Length..^2];
        }

        if (!long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out long value) || value > 1L << 52)
            return false;
        set(value);
        return true;
    }

    /// <summary>Other lines that a report consists of; nothing is read from them.</summary>
    private static bool IsOther(string message) =>
        message is MemInfo or "Call Trace:" or " <TASK>" or " </TASK>" or "Tasks state (memory values in pages):" or "Unreclaimable slab info:"
        || message.StartsWith("oom_reaper: reaped process ", StringComparison.Ordinal)
        || message.StartsWith("Node ", StringComparison.Ordinal)
        || message.StartsWith("Hardware name: ", StringComparison.Ordinal)
        || message.StartsWith("active_anon:", StringComparison.Ordinal)
        || message.StartsWith(" active_file:", StringComparison.Ordinal)
        || message.EndsWith(" total pagecache pages", StringComparison.Ordinal)
        || message.EndsWith(" pages in swap cache", StringComparison.Ordinal)
        || message.EndsWith(" pages HighMem/MovableOnly", StringComparison.Ordinal)
        || message.EndsWith(" pages hwpoisoned", StringComparison.Ordinal);
}
