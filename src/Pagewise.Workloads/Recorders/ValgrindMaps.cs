using System.Globalization;
using System.Text;

namespace Pagewise.Workloads;

/// <summary>
/// The program's own part of a process under valgrind, from its /proc/PID/maps before the first instruction: valgrind's
/// image and data lie in the same address space and are left out, but for its code, where the program's calls of a few
/// C library functions are led.
/// </summary>
internal sealed class ValgrindMaps
{
    // valgrind's own arrangement (its aspacem): its image from 0x58000000, its memory from 0x1002000000 up to the
    // program's stack, which ends below 0x2000000000.
    private const ulong ToolStart = 0x58000000;
    private const ulong ToolMemory = 0x1002000000;
    private const ulong StackFloor = 0x1f00000000;
    private const ulong ClientEnd = 0x2000000000;

    private readonly StringBuilder _lines = new();

    private ValgrindMaps()
    {
    }

    /// <summary>The map lines, each ended.</summary>
    public string Lines => _lines.ToString();

    /// <summary>Where the program's break starts; 0 when the map does not show it.</summary>
    public ulong StartBrk { get; private set; }

    /// <summary>The program's file.</summary>
    public string Program { get; private set; } = "";

    /// <summary>Where the program's first mapping starts.</summary>
    public ulong FirstMap { get; private set; }

    /// <summary>Sorts the lines of /proc/PID/maps.</summary>
    public static ValgrindMaps Read(IEnumerable<string> lines)
    {
        var maps = new ValgrindMaps();
        foreach (string line in lines)
            maps.Add(line);
        return maps;
    }

    private void Add(string line)
    {
        int dash = line.IndexOf('-', StringComparison.Ordinal);
        int space = line.IndexOf(' ', StringComparison.Ordinal);
        ulong start = ulong.Parse(line.AsSpan(0, dash), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        ulong end = ulong.Parse(line.AsSpan(dash + 1, space - dash - 1), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        string protection = line.Substring(space + 1, 4);
        int path = line.IndexOf('/', StringComparison.Ordinal);
        if (start >= ClientEnd || end > ClientEnd)
            return;
        if (start >= ToolMemory)
        {
            if (start >= StackFloor)
                AddStack(line[..space], line[space..]);
            return;
        }

        bool isTool = path >= 0 && line[path..].Contains("/valgrind/", StringComparison.Ordinal);
        bool isBreak = path < 0 && protection == "rwxp" && start < ToolStart;
        if (isBreak && StartBrk == 0)
        {
            // valgrind makes the break's first page at once; Linux makes none before the first brk.
            StartBrk = start;
            return;
        }

        if (path < 0 && start >= ToolStart)
            return;
        if (isTool && protection != "r-xp")
            return;
        if (Program.Length == 0 && path >= 0)
        {
            Program = line[path..];
            FirstMap = start;
        }

        _lines.Append(line).Append('\n');
    }

    private void AddStack(string range, string rest) => _lines.Append(range).Append(rest.TrimEnd().PadRight(47)).Append(" [stack]\n");
}
