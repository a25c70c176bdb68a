using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Pagewise.Kernel.PageAllocator;
using Pagewise.Workloads.Tests;

namespace Pagewise.Kernel.Tests.PageAllocator;

/// <summary>The kmem tracepoints of a recorded trace, one text line an event.</summary>
internal static partial class RecordedPageTrace
{
    public static List<string> Read(string file)
    {
        var events = new List<string>();
        foreach (string line in Encoding.UTF8.GetString(Oracle.Plain(file)).Split('\n'))
        {
            if (EventPattern().Match(line) is { Success: true } match)
                events.Add($"{match.Groups["name"].Value} {Rest().Replace(match.Groups["rest"].Value, "")}".TrimEnd());
        }

        return events;
    }

    public static bool Is(this string line, string name) => line.StartsWith(name + " ", StringComparison.Ordinal);

    public static uint Pfn(this string line) => uint.Parse(Field(line, "pfn")[2..], NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    public static int Order(this string line) => int.Parse(Field(line, "order"), CultureInfo.InvariantCulture);

    public static MigrateType Type(this string line) => (MigrateType)int.Parse(Field(line, "migratetype"), CultureInfo.InvariantCulture);

    public static Gfp Gfp(this string line)
    {
        Gfp gfp = 0;
        foreach (string name in Field(line, "gfp_flags").Split('|'))
        {
            gfp |= name switch
            {
                "GFP_KERNEL_ACCOUNT" => Kernel.PageAllocator.Gfp.KernelAccount,
                "GFP_HIGHUSER_MOVABLE" => Kernel.PageAllocator.Gfp.HighUserMovable,
                "GFP_NOWAIT" => Kernel.PageAllocator.Gfp.NoWait,
                "__GFP_ZERO" => Kernel.PageAllocator.Gfp.Zero,
                "__GFP_COMP" => Kernel.PageAllocator.Gfp.Comp,
                "__GFP_NOWARN" => Kernel.PageAllocator.Gfp.NoWarn,
                _ => throw new FormatException(name),
            };
        }

        return gfp;
    }

    private static string Field(string line, string name)
    {
        int start = line.IndexOf(name + "=", StringComparison.Ordinal) + name.Length + 1;
        int end = line.IndexOf(' ', start);
        return line[start..(end < 0 ? line.Length : end)];
    }

    [GeneratedRegex(@": (?<name>mm_page_\w+): (?<rest>.*)$")]
    private static partial Regex EventPattern();

    [GeneratedRegex(@"page=\S+ ")]
    private static partial Regex Rest();
}
