using System.Globalization;

namespace Pagewise.Procfs;

/// <summary>Reads the text of /proc/zoneinfo, line by line.</summary>
internal sealed class ZoneinfoReader(string text)
{
    private readonly string[] _lines = text.Split('\n');
    private int _next;

    public List<ZoneinfoZone> Read()
    {
        var zones = new List<ZoneinfoZone>();
        while (_next < _lines.Length && _lines[_next].Length > 0)
            zones.Add(Zone());
        if (_next != _lines.Length - 1)
            throw Wrong(_next < _lines.Length ? "expected the end of the file" : "the last line has no end");
        if (zones.Count == 0)
            throw Wrong("expected \"Node N, zone NAME\"");
        return zones;
    }

    private ZoneinfoZone Zone()
    {
        string[] head = Words();
        if (head is not ["Node", var node, "zone", var name] || !node.EndsWith(',') || !int.TryParse(node[..^1], CultureInfo.InvariantCulture, out int number))
            throw Wrong("expected \"Node N, zone NAME\"");
        var zone = new ZoneinfoZone(number, name);
        Advance();
        if (Words() is ["per-node", "stats"])
        {
            Advance();
            zone = zone with { NodeStats = Stats() };
        }

        zone = zone with
        {
            Free = Field("pages", "free"),
            Boost = Optional("boost"),
            Min = Field("min"),
            Low = Field("low"),
            High = Field("high"),
            Promo = Optional("promo"),
            Spanned = Field("spanned"),
            Present = Field("present"),
            Managed = Field("managed"),
            Cma = Optional("cma"),
            Protection = Protection(),
        };
        if (Words() is [] or ["Node", ..])
            return zone;
        zone = zone with { Stats = Stats() };
        if (Words() is not ["pagesets"])
            throw Wrong("expected \"pagesets\"");
        Advance();
        var sets = new List<ZoneinfoPageset>();
        while (Words() is ["cpu:", ..])
        {
            sets.Add(new ZoneinfoPageset(
                Int("cpu:"), Int("count:"), Int("high:"), Int("batch:"), OptionalInt("high_min:"), OptionalInt("high_max:"), Int("vm", "stats", "threshold:")));
        }

        return zone with { Pagesets = sets, NodeUnreclaimable = Int("node_unreclaimable:"), StartPfn = Pfn("start_pfn:") };
    }

    private List<ProcfsCounter> Stats()
    {
        var stats = new List<ProcfsCounter>();
        while (Words() is [var name, var value] && long.TryParse(value, CultureInfo.InvariantCulture, out long number))
        {
            stats.Add(new ProcfsCounter(name, number));
            Advance();
        }

        return stats;
    }

    private List<long> Protection()
    {
        string line = _next < _lines.Length ? _lines[_next].Trim() : "";
        const string Start = "protection: (";
        if (!line.StartsWith(Start, StringComparison.Ordinal) || !line.EndsWith(')'))
            throw Wrong("expected \"protection: (…)\"");
        var numbers = new List<long>();
        foreach (string part in line[Start.Length..^1].Split(", "))
        {
            if (!long.TryParse(part, CultureInfo.InvariantCulture, out long number))
                throw Wrong($"expected a number, found \"{part}\"");
            numbers.Add(number);
        }

        Advance();
        return numbers;
    }

    private int Int(params ReadOnlySpan<string> names)
    {
        long value = Field(names);
        return value is >= int.MinValue and <= int.MaxValue ? (int)value : throw Wrong($"{value} does not fit in 32 bits");
    }

    private uint Pfn(string name)
    {
        long value = Field(name);
        return value is >= 0 and <= uint.MaxValue ? (uint)value : throw Wrong($"{value} is no frame number");
    }

    private int? OptionalInt(string name) => Words() is [var first, _] && first == name ? Int(name) : null;

    private long? Optional(string name) => Words() is [var first, _] && first == name ? Field(name) : null;

    private long Field(params ReadOnlySpan<string> names)
    {
        string[] words = Words();
        if (words.Length != names.Length + 1 || !names.SequenceEqual(words.AsSpan(0, names.Length)))
            throw Wrong($"expected \"{string.Join(' ', names.ToArray())} NUMBER\"");
        if (!long.TryParse(words[^1], CultureInfo.InvariantCulture, out long value))
            throw Wrong($"expected a number, found \"{words[^1]}\"");
        Advance();
        return value;
    }

    private string[] Words() => _next < _lines.Length ? _lines[_next].Split(' ', StringSplitOptions.RemoveEmptyEntries) : [];

    private void Advance() => _next++;

    private ProcfsException Wrong(string message) => new(Zoneinfo.FileName, Math.Min(_next, _lines.Length - 1) + 1, message);
}
