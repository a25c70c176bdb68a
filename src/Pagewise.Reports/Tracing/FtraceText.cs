using System.Globalization;
using System.Text;

namespace Pagewise.Reports.Tracing;

/// <summary>The text of /sys/kernel/tracing/trace as Linux 6.1 writes it (kernel/trace/trace_output.c).</summary>
public static class FtraceText
{
    /// <summary>The lines above the events.</summary>
    /// <param name="entries">How many events follow.</param>
    /// <param name="cpus">CPUs of the machine.</param>
    public static string Header(long entries, int cpus) => string.Create(CultureInfo.InvariantCulture, $"""
        # tracer: nop
        #
        # entries-in-buffer/entries-written: {entries}/{entries}   #P:{cpus}
        #
        #                                _-----=> irqs-off/BH-disabled
        #                               / _----=> need-resched
        #                              | / _---=> hardirq/softirq
        #                              || / _--=> preempt-depth
        #                              ||| / _-=> migrate-disable
        #                              |||| /     delay
        #           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION
        #              | |         |   |||||     |         |

        """).ReplaceLineEndings("\n");

    /// <summary>An event's line, with its newline.</summary>
    /// <param name="timeNs">When, virtual nanoseconds.</param>
    /// <param name="cpu">On which CPU.</param>
    /// <param name="pid">Who.</param>
    /// <param name="comm">Its name; what would break the line is escaped as /proc does it.</param>
    /// <param name="name">The tracepoint.</param>
    /// <param name="fields">Its fields.</param>
    public static string Line(double timeNs, int cpu, int pid, string comm, string name, string fields)
    {
        long microseconds = (long)(timeNs / 1000);
        return string.Create(CultureInfo.InvariantCulture, $"{Escape(comm),16}-{pid,-7} [{cpu:000}] ..... {microseconds / 1_000_000,5}.{microseconds % 1_000_000:000000}: {name}: {Escape(fields)}\n");
    }

    /// <summary>The format file of a tracepoint.</summary>
    /// <param name="kind">Which.</param>
    public static string Format(TraceKind kind) => $"name: {TraceKinds.NameOf(kind)}\nID: {(int)kind + 1}\nformat:\n\nprint fmt: {TraceKinds.FormatOf(kind)}, REC->fields\n";

    /// <summary>Control characters as \ooo, which leaves a line one line and a terminal unharmed.</summary>
    private static string Escape(string text)
    {
        if (!text.Any(char.IsControl))
            return text;
        var escaped = new StringBuilder();
        foreach (byte octet in Encoding.UTF8.GetBytes(text))
        {
            if (octet is < 0x20 or >= 0x7f)
                escaped.Append('\\').Append(Convert.ToString(octet, 8).PadLeft(3, '0'));
            else
                escaped.Append((char)octet);
        }

        return escaped.ToString();
    }
}
