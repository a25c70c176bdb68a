namespace Pagewise.Abi;

/// <summary>A Linux release, such as 6.1 or 6.18. Ordered by release.</summary>
/// <param name="Major">The first number.</param>
/// <param name="Minor">The second number.</param>
public readonly record struct KernelVersion(int Major, int Minor) : IComparable<KernelVersion>
{
    /// <summary>Reads "6.18", "6.18.44" or "6.1.0-18-amd64"; false where the text names no release.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out KernelVersion version)
    {
        version = default;
        int dot = text.IndexOf('.');
        if (dot <= 0 || dot > 4 || !int.TryParse(text[..dot], out int major) || major < 0)
            return false;
        ReadOnlySpan<char> rest = text[(dot + 1)..];
        int end = 0;
        while (end < rest.Length && char.IsAsciiDigit(rest[end]))
            end++;
        if (end is 0 or > 4 || !int.TryParse(rest[..end], out int minor))
            return false;
        version = new KernelVersion(major, minor);
        return true;
    }

    /// <inheritdoc/>
    public int CompareTo(KernelVersion other) => Major != other.Major ? Major.CompareTo(other.Major) : Minor.CompareTo(other.Minor);

    /// <summary>Earlier than.</summary>
    public static bool operator <(KernelVersion left, KernelVersion right) => left.CompareTo(right) < 0;

    /// <summary>Later than.</summary>
    public static bool operator >(KernelVersion left, KernelVersion right) => left.CompareTo(right) > 0;

    /// <summary>Not later than.</summary>
    public static bool operator <=(KernelVersion left, KernelVersion right) => left.CompareTo(right) <= 0;

    /// <summary>Not earlier than.</summary>
    public static bool operator >=(KernelVersion left, KernelVersion right) => left.CompareTo(right) >= 0;

    /// <inheritdoc/>
    public override string ToString() => $"{Major}.{Minor}";
}
