using System.Globalization;
using System.Text;
using Pagewise.Reports.RunFiles;

namespace Pagewise.Reports.Exports;

/// <summary>A machine's /proc as metrics in the OpenMetrics text format 1.0, under node_exporter's names.</summary>
internal static class OpenMetricsText
{
    private const int KiB = 1024;

    /// <summary>The text.</summary>
    public static string Write(RunProc proc)
    {
        var text = new StringBuilder();
        Meminfo(text, proc.Files.GetValueOrDefault("meminfo") ?? "");
        Vmstat(text, proc.Files.GetValueOrDefault("vmstat") ?? "");
        Pressure(text, "memory", proc.Files.GetValueOrDefault("pressure/memory") ?? "", hasFull: true);
        Pressure(text, "io", proc.Files.GetValueOrDefault("pressure/io") ?? "", hasFull: true);
        return text.Append("# EOF\n").ToString();
    }

    // "Active(anon):    123 kB" is node_memory_Active_anon_bytes; a line without a unit has no _bytes.
    private static void Meminfo(StringBuilder text, string file)
    {
        foreach (string line in file.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words.Length < 2 || !long.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out long value))
                continue;
            bool isBytes = words.Length > 2 && words[2] == "kB";
            string name = "node_memory_" + Name(words[0].TrimEnd(':')) + (isBytes ? "_bytes" : "");
            Gauge(text, name, "gauge", "Memory information field " + words[0].TrimEnd(':') + ".", isBytes ? value * KiB : value);
        }
    }

    private static void Vmstat(StringBuilder text, string file)
    {
        foreach (string line in file.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] words = line.Split(' ');
            if (words.Length == 2 && ulong.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out ulong value))
                Gauge(text, "node_vmstat_" + Name(words[0]), "unknown", $"/proc/vmstat information field {words[0]}.", value);
        }
    }

    // "some avg10=0.00 avg60=0.00 avg300=0.00 total=123": total is microseconds.
    private static void Pressure(StringBuilder text, string what, string file, bool hasFull)
    {
        foreach (string line in file.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            int at = line.IndexOf("total=", StringComparison.Ordinal);
            bool isFull = line.StartsWith("full", StringComparison.Ordinal);
            if (at < 0 || (isFull && !hasFull) || !long.TryParse(line[(at + 6)..], NumberStyles.None, CultureInfo.InvariantCulture, out long microseconds))
                continue;
            string name = $"node_pressure_{what}_{(isFull ? "stalled" : "waiting")}_seconds";
            text.Append(CultureInfo.InvariantCulture, $"# TYPE {name} counter\n# UNIT {name} seconds\n# HELP {name} Total time in seconds {(isFull ? "no process could make progress" : "processes have waited")} due to {what} congestion.\n{name}_total {microseconds / 1e6}\n");
        }
    }

    private static void Gauge(StringBuilder text, string name, string type, string help, IFormattable value) =>
        text.Append(CultureInfo.InvariantCulture, $"# TYPE {name} {type}\n# HELP {name} {help}\n{name} {value}\n");

    // node_exporter: brackets become an underscore before, what else is no letter or digit an underscore.
    private static string Name(string field)
    {
        var name = new StringBuilder();
        foreach (char letter in field.TrimEnd(')'))
            name.Append(char.IsAsciiLetterOrDigit(letter) ? letter : '_');
        return name.ToString();
    }
}
