using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Pagewise.Procfs.Oom;

/// <summary>A zone's line in a report (show_free_areas, mm/show_mem.c), in KiB.</summary>
/// <param name="Node">The node; 0 where the line does not name one.</param>
/// <param name="Name">The zone.</param>
/// <param name="FreeKib">Free memory.</param>
/// <param name="MinKib">The min watermark.</param>
/// <param name="LowKib">The low watermark.</param>
/// <param name="HighKib">The high watermark.</param>
/// <param name="ManagedKib">What the buddy allocator manages; null in very old reports.</param>
/// <param name="LowmemReservePages">What is kept from allocations that could use a higher zone, by the zone they could use; empty until its line is read.</param>
public sealed record OomZone(int Node, string Name, long FreeKib, long MinKib, long LowKib, long HighKib, long? ManagedKib, IReadOnlyList<long> LowmemReservePages)
{
    /// <summary>All frames of the zone in KiB; null in very old reports.</summary>
    public long? PresentKib { get; init; }

    private const string Reserve = "lowmem_reserve[]:";

    /// <summary>Reads a zone's line, such as "Node 0 DMA32 free:1608kB boost:0kB min:1620kB …".</summary>
    public static bool TryParse(string message, [NotNullWhen(true)] out OomZone? zone)
    {
        zone = null;
        int free = message.IndexOf(" free:", StringComparison.Ordinal);
        if (free < 1 || NamedNumber.After(message, " free:") is not { } freeKib || NamedNumber.After(message, " min:") is not { } min
            || NamedNumber.After(message, " low:") is not { } low || NamedNumber.After(message, " high:") is not { } high)
            return false;
        string[] words = message[..free].Split(' ');
        int node = 0;
        if (words is ["Node", var number, var name] && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out node))
            words = [name];
        if (words.Length != 1)
            return false;
        zone = new OomZone(node, words[0], freeKib, min, low, high, NamedNumber.After(message, " managed:"), []) { PresentKib = NamedNumber.After(message, " present:") };
        return true;
    }

    /// <summary>Reads the line after a zone's.</summary>
    public static bool TryReserve(string message, out IReadOnlyList<long> pages)
    {
        var numbers = new List<long>();
        pages = numbers;
        if (!message.StartsWith(Reserve, StringComparison.Ordinal))
            return false;
        foreach (string word in message[Reserve.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!long.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out long number))
                return false;
            numbers.Add(number);
        }

        return true;
    }
}
