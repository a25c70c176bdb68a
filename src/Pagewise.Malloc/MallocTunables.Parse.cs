using Pagewise.Malloc.Releases;

namespace Pagewise.Malloc;

/// <content>Reads tunables as glibc's dynamic loader does (elf/dl-tunables.c).</content>
public sealed partial record MallocTunables
{
    /// <summary>
    /// Reads the value of <c>GLIBC_TUNABLES</c>: name=value pairs between colons. Unknown names and values out of range
    /// are passed over without a word, as glibc does; the last of two equal names wins.
    /// </summary>
    public static MallocTunables Parse(string? glibcTunables) => Default.With(glibcTunables);

    /// <summary>Reads the value of <c>GLIBC_TUNABLES</c> as a release does (<see cref="IGlibcRelease.TunablesAreChecked"/>).</summary>
    public static MallocTunables Parse<TRelease>(string? glibcTunables)
        where TRelease : struct, IGlibcRelease => TRelease.TunablesAreChecked ? ParseChecked(glibcTunables ?? "") : Parse(glibcTunables);

    /// <summary>
    /// Reads what an environment sets: <c>GLIBC_TUNABLES</c>, and for what it leaves unset the old variables
    /// (<c>MALLOC_ARENA_MAX</c>, <c>MALLOC_TOP_PAD_</c> …), the first of equal names.
    /// </summary>
    public static MallocTunables FromEnvironment(IEnumerable<KeyValuePair<string, string>> environment)
    {
        ArgumentNullException.ThrowIfNull(environment);
        MallocTunables aliases = Default;
        MallocTunables tunables = Default;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach ((string name, string value) in environment)
        {
            if (name == "GLIBC_TUNABLES")
                tunables = tunables.With(value);
            else if (seen.Add(name) && NameOfAlias(name) is { } tunable)
                aliases = aliases.With(tunable, value);
        }

        return new MallocTunables
        {
            TopPad = tunables.TopPad ?? aliases.TopPad,
            Perturb = tunables.Perturb ?? aliases.Perturb,
            MmapMax = tunables.MmapMax ?? aliases.MmapMax,
            MmapThreshold = tunables.MmapThreshold ?? aliases.MmapThreshold,
            TrimThreshold = tunables.TrimThreshold ?? aliases.TrimThreshold,
            ArenaMax = tunables.ArenaMax ?? aliases.ArenaMax,
            ArenaTest = tunables.ArenaTest ?? aliases.ArenaTest,
            TcacheMax = tunables.TcacheMax,
            TcacheCount = tunables.TcacheCount,
            TcacheUnsortedLimit = tunables.TcacheUnsortedLimit,
            Mxfast = tunables.Mxfast,
            Hugetlb = tunables.Hugetlb,
        };
    }

    /// <summary>The same tunables with one of them set from its text; unchanged when glibc would not take it.</summary>
    /// <param name="name">Its name, with or without <c>glibc.malloc.</c> in front.</param>
    /// <param name="text">The value: decimal, 0x hexadecimal or 0 octal; what follows the digits is not read.</param>
    public MallocTunables With(string name, string text)
    {
        ArgumentNullException.ThrowIfNull(name);
        const string Prefix = "glibc.malloc.";
        ulong value = Strtoul(text);
        return (name.StartsWith(Prefix, StringComparison.Ordinal) ? name[Prefix.Length..] : name) switch
        {
            "top_pad" => this with { TopPad = value },
            "perturb" when value <= 0xff => this with { Perturb = (int)value },
            "mmap_max" when value <= int.MaxValue => this with { MmapMax = (int)value },
            "mmap_threshold" => this with { MmapThreshold = value },
            "trim_threshold" => this with { TrimThreshold = value },
            "arena_max" when value >= 1 => this with { ArenaMax = value },
            "arena_test" when value >= 1 => this with { ArenaTest = value },
            "tcache_max" => this with { TcacheMax = value },
            "tcache_count" => this with { TcacheCount = value },
            "tcache_unsorted_limit" => this with { TcacheUnsortedLimit = value },
            "mxfast" => this with { Mxfast = value },
            "hugetlb" => this with { Hugetlb = value },
            _ => this,
        };
    }

    /// <summary>Whether glibc.malloc has a tunable of this name (without the prefix).</summary>
    public static bool IsName(string name) => name is "top_pad" or "perturb" or "mmap_max" or "mmap_threshold"
        or "trim_threshold" or "arena_max" or "arena_test" or "tcache_max" or "tcache_count" or "tcache_unsorted_limit"
        or "mxfast" or "hugetlb" or "check";

    private static MallocTunables ParseChecked(string text)
    {
        MallocTunables result = Default;
        for (int start = 0; start < text.Length;)
        {
            int end = text.AsSpan(start).IndexOfAny('=', ':');
            if (end < 0)
                return Default;
            string name = text.Substring(start, end);
            start += end + 1;
            if (text[start - 1] == ':')
                continue;
            end = text.AsSpan(start).IndexOfAny('=', ':');
            if (end >= 0 && text[start + end] == '=')
                return Default;
            string value = end < 0 ? text[start..] : text.Substring(start, end);
            if (name.StartsWith("glibc.malloc.", StringComparison.Ordinal) && IsNumber(value))
                result = result.With(name, value);
            if (end < 0)
                return result;
            start += end + 1;
            if (start == text.Length)
                return Default;
        }

        return result;
    }

    private MallocTunables With(string? glibcTunables)
    {
        MallocTunables result = this;
        foreach (string pair in (glibcTunables ?? "").Split(':'))
        {
            int equals = pair.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0 && pair.StartsWith("glibc.malloc.", StringComparison.Ordinal))
                result = result.With(pair[..equals], pair[(equals + 1)..]);
        }

        return result;
    }

    private static string? NameOfAlias(string variable) => variable switch
    {
        "MALLOC_TOP_PAD_" => "top_pad",
        "MALLOC_PERTURB_" => "perturb",
        "MALLOC_MMAP_MAX_" => "mmap_max",
        "MALLOC_MMAP_THRESHOLD_" => "mmap_threshold",
        "MALLOC_TRIM_THRESHOLD_" => "trim_threshold",
        "MALLOC_ARENA_MAX" => "arena_max",
        "MALLOC_ARENA_TEST" => "arena_test",
        _ => null,
    };

    // Whether the loader's strtoul reads it to its end.
    private static bool IsNumber(string text)
    {
        _ = Strtoul(text, out int read);
        return read == text.Length;
    }

    private static ulong Strtoul(string text) => Strtoul(text, out _);

    // The loader's own strtoul (_dl_strtoul): blanks, a sign, 0x or 0; an overflow gives the largest value, and reading ends.
    private static ulong Strtoul(string text, out int read)
    {
        int i = 0;
        while (i < text.Length && text[i] is ' ' or '\t')
            i++;
        bool negative = i < text.Length && text[i] == '-';
        if (i < text.Length && text[i] is '-' or '+')
            i++;
        ulong radix = 10;
        if (i < text.Length && text[i] == '0')
        {
            bool hex = i + 1 < text.Length && text[i + 1] is 'x' or 'X';
            radix = hex ? 16UL : 8;
            i += hex ? 2 : 0;
        }

        UInt128 value = 0;
        for (; i < text.Length && char.IsAsciiHexDigit(text[i]); i++)
        {
            ulong digit = (ulong)Convert.ToInt32(text[i].ToString(), 16);
            if (digit >= radix)
                break;
            value = (value * radix) + digit;
            if (value > ulong.MaxValue)
            {
                read = i;
                return ulong.MaxValue;
            }
        }

        read = i;
        return negative ? 0 - (ulong)value : (ulong)value;
    }
}
