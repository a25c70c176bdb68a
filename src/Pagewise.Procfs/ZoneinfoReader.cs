namespace Pagewise.Procfs;

/// <summary>Reads the text of /proc/zoneinfo, line by line.</summary>
internal ref struct ZoneinfoReader(string text)
{
    private ProcfsScanner _scanner = new(Zoneinfo.FileName, text);

    public List<ZoneinfoZone> Read()
    {
        var zones = new List<ZoneinfoZone>();
        do
            zones.Add(Zone());
        while (!_scanner.AtEnd);
        return zones;
    }

    private ZoneinfoZone Zone()
    {
        (int node, string name) = _scanner.NodeAndZone();
        _scanner.EndOfPaddedLine();
        var zone = new ZoneinfoZone(node, name);
        if (_scanner.SkipWords("per-node", "stats"))
        {
            _scanner.EndOfPaddedLine();
            zone = zone with { NodeStats = Stats("pages") };
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
        if (_scanner.AtEnd || _scanner.Next == 'N')
            return zone;
        zone = zone with { Stats = Stats("pagesets") };
        _scanner.ExpectWords("pagesets");
        _scanner.EndOfPaddedLine();
        var sets = new List<ZoneinfoPageset>();
        while (_scanner.SkipWords("cpu:"))
            sets.Add(Pageset());
        return zone with { Pagesets = sets, NodeUnreclaimable = Int("node_unreclaimable:"), StartPfn = Pfn("start_pfn:") };
    }

    private ZoneinfoPageset Pageset()
    {
        int cpu = _scanner.Int();
        _scanner.EndOfPaddedLine();
        (int count, int high, int batch) = (Int("count:"), Int("high:"), Int("batch:"));
        int? highMin = null, highMax = null;
        if (_scanner.SkipWords("high_min:"))
        {
            highMin = _scanner.Int();
            _scanner.EndOfPaddedLine();
            highMax = Int("high_max:");
        }

        return new ZoneinfoPageset(cpu, count, high, batch, highMin, highMax, Int("vm", "stats", "threshold:"));
    }

    /// <summary>Lines "NAME NUMBER" up to the one that begins with a word.</summary>
    private List<ProcfsCounter> Stats(string last)
    {
        var stats = new List<ProcfsCounter>();
        while (true)
        {
            ProcfsScanner line = _scanner;
            string name = _scanner.Word("a counter's name");
            if (name == last)
            {
                _scanner = line;
                return stats;
            }

            // A counter beyond the sign bit has raced below 0.
            stats.Add(new ProcfsCounter(name, unchecked((long)_scanner.Unsigned())));
            _scanner.EndOfPaddedLine();
        }
    }

    private List<long> Protection()
    {
        _scanner.ExpectWords("protection:");
        _scanner.Spaces();
        _scanner.Expect("(");
        var numbers = new List<long>();
        do
            numbers.Add(_scanner.Number());
        while (_scanner.Skip(","));
        _scanner.Expect(")");
        _scanner.EndOfPaddedLine();
        return numbers;
    }

    private int Int(params ReadOnlySpan<string> names)
    {
        _scanner.ExpectWords(names);
        int value = _scanner.Int();
        _scanner.EndOfPaddedLine();
        return value;
    }

    private uint Pfn(string name)
    {
        _scanner.ExpectWords(name);
        uint value = (uint)_scanner.Number(0, uint.MaxValue);
        _scanner.EndOfPaddedLine();
        return value;
    }

    private long? Optional(string name) => _scanner.SkipWords(name) ? Value() : null;

    private long Field(params ReadOnlySpan<string> names)
    {
        _scanner.ExpectWords(names);
        return Value();
    }

    private long Value()
    {
        long value = _scanner.Number();
        _scanner.EndOfPaddedLine();
        return value;
    }
}
