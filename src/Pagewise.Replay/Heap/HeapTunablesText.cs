using Pagewise.Malloc;

namespace Pagewise.Replay.Heap;

/// <summary>Values of <c>GLIBC_TUNABLES</c> as text: what-ifs change one and print what to copy.</summary>
public static class HeapTunablesText
{
    private const string Prefix = "glibc.malloc.";

    /// <summary>The value with one tunable set anew, or taken out.</summary>
    /// <param name="tunables">A value of <c>GLIBC_TUNABLES</c>.</param>
    /// <param name="name">The tunable, without <c>glibc.malloc.</c>.</param>
    /// <param name="value">Its value; null takes it out, so that glibc's default holds.</param>
    public static string With(string tunables, string name, string? value)
    {
        ArgumentNullException.ThrowIfNull(tunables);
        var pairs = new List<string>();
        foreach (string pair in tunables.Split(':', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!pair.StartsWith($"{Prefix}{name}=", StringComparison.Ordinal))
                pairs.Add(pair);
        }

        if (value is not null)
            pairs.Add($"{Prefix}{name}={value}");
        return string.Join(':', pairs);
    }

    /// <summary>What is wrong with a tunable for a what-if; null when nothing is.</summary>
    /// <param name="name">The tunable, without <c>glibc.malloc.</c>.</param>
    /// <param name="value">Its value; "default" is always right.</param>
    public static string? Fault(string name, string value)
    {
        if (name is "check" or "hugetlb" or "perturb" || !MallocTunables.IsName(name))
            return $"{name}: no tunable of that name can be tried; try arena_max, arena_test, mmap_max, mmap_threshold, mxfast, tcache_count, tcache_max, tcache_unsorted_limit, top_pad or trim_threshold";
        if (value == "default")
            return null;
        bool isHex = value.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        bool isNumber = isHex ? value.Length > 2 && value.Skip(2).All(char.IsAsciiHexDigit) : value.Length > 0 && value.All(char.IsAsciiDigit);
        if (!isNumber)
            return $"{name}={value}: the value must be a number of glibc's, such as 131072 or 0x20000, or default";
        return ReferenceEquals(MallocTunables.Default.With(name, value), MallocTunables.Default) ? $"{name}={value}: glibc does not take that value" : null;
    }
}
