using System.Globalization;
using System.Text;

namespace Pagewise.Workloads;

/// <summary>The <c>#S</c>, <c>#L</c>, <c>#V</c> and <c>#M</c> lines of <c>oracle/README.md</c>, from /proc of a process that is held.</summary>
internal static class ProcessCopy
{
    private static readonly string[] StatusFields =
        ["VmPeak", "VmSize", "VmLck", "VmPin", "VmHWM", "VmRSS", "VmData", "VmStk", "VmExe", "VmLib", "VmPTE", "VmSwap"];

    /// <summary>Copies a process that a tracer holds.</summary>
    /// <param name="tid">The task.</param>
    /// <param name="moment">"exec" or "exit".</param>
    /// <returns>The lines; or one <c>#!</c> line when the process was not held all the while.</returns>
    public static string Take(int tid, string moment)
    {
        var text = new StringBuilder();
        try
        {
            string[] stat = ReadStat(tid, out string comm);
            if (stat[0] != "t")
                return Missing(tid, moment);
            text.Append(CultureInfo.InvariantCulture, $"#S {tid} {moment} comm={comm} threads={stat[17]} minflt={stat[7]} majflt={stat[9]} vsize={stat[20]} rss={stat[21]}");
            text.Append(CultureInfo.InvariantCulture, $" start_code={Hex(stat[23])} end_code={Hex(stat[24])} start_stack={Hex(stat[25])} start_data={Hex(stat[42])} end_data={Hex(stat[43])}");
            text.Append(CultureInfo.InvariantCulture, $" start_brk={Hex(stat[44])} arg_start={Hex(stat[45])} env_end={Hex(stat[48])}\n");
            if (moment == "exec")
                AppendLimits(tid, text);
            AppendStatus(tid, text);
            AppendMaps(tid, text);
            return ReadStat(tid, out _)[0] == "t" ? text.ToString() : Missing(tid, moment);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or IndexOutOfRangeException)
        {
            return Missing(tid, moment);
        }
    }

    private static string Missing(int tid, string moment) => $"#! {tid} no copy of this {moment}: the process was not held long enough\n";

    /// <summary>The fields after the name: [0] is the state, field 3 of proc(5).</summary>
    private static string[] ReadStat(int tid, out string comm)
    {
        string stat = File.ReadAllText($"/proc/{tid}/stat");
        int open = stat.IndexOf('(', StringComparison.Ordinal);
        int close = stat.LastIndexOf(')');
        comm = stat[(open + 1)..close];
        return stat[(close + 2)..].Split(' ');
    }

    private static string Hex(string number) => $"0x{ulong.Parse(number, CultureInfo.InvariantCulture):x}";

    private static void AppendLimits(int tid, StringBuilder text)
    {
        text.Append(CultureInfo.InvariantCulture, $"#L {tid}");
        string[] limits = File.ReadAllLines($"/proc/{tid}/limits");
        AppendLimit(limits, "Max stack size", "stack", text);
        AppendLimit(limits, "Max data size", "data", text);
        AppendLimit(limits, "Max address space", "as", text);
        AppendLimit(limits, "Max locked memory", "memlock", text);
        text.Append(CultureInfo.InvariantCulture, $" personality={File.ReadAllText($"/proc/{tid}/personality").Trim()}\n");
    }

    private static void AppendLimit(string[] limits, string title, string name, StringBuilder text)
    {
        string line = limits.First(line => line.StartsWith(title, StringComparison.Ordinal));
        text.Append(CultureInfo.InvariantCulture, $" {name}={line[title.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0]}");
    }

    private static void AppendStatus(int tid, StringBuilder text)
    {
        text.Append(CultureInfo.InvariantCulture, $"#V {tid}");
        Dictionary<string, string> status = File.ReadAllLines($"/proc/{tid}/status")
            .Select(line => line.Split(':', 2))
            .Where(pair => pair.Length == 2)
            .ToDictionary(pair => pair[0], pair => pair[1].Trim().Split(' ')[0]);
        foreach (string field in StatusFields)
        {
            if (status.TryGetValue(field, out string? value))
                text.Append(CultureInfo.InvariantCulture, $" {field}={value}");
        }

        text.Append('\n');
    }

    private static void AppendMaps(int tid, StringBuilder text)
    {
        foreach (string line in File.ReadLines($"/proc/{tid}/maps"))
            text.Append(CultureInfo.InvariantCulture, $"#M {tid} {line}\n");
    }
}
