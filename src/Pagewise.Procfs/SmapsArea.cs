using System.Globalization;
using System.Text;

namespace Pagewise.Procfs;

/// <summary>One area in /proc/PID/smaps, or the sum of all in smaps_rollup.</summary>
/// <param name="Line">Its line of maps.</param>
/// <param name="Sizes">The sizes in the file's order, KiB.</param>
public sealed record SmapsArea(MapsLine Line, IReadOnlyList<ProcfsCounter> Sizes)
{
    private const int NameWidth = 16;
    private const int NumberWidth = 8;
    private const string ThpEligibleName = "THPeligible";
    private const string ProtectionKeyName = "ProtectionKey";
    private const string VmFlagsName = "VmFlags";

    /// <summary>Whether it may get huge pages (THPeligible); null in smaps_rollup and before 5.0.</summary>
    public bool? ThpEligible { get; init; }

    /// <summary>Whether that is written without padding, as before 6.6.</summary>
    public bool HasNarrowThpEligible { get; init; }

    /// <summary>The protection key; null on CPUs that have none.</summary>
    public int? ProtectionKey { get; init; }

    /// <summary>The flags as pairs of letters (show_smap_vma_flags); null in smaps_rollup.</summary>
    public IReadOnlyList<string>? VmFlags { get; init; }

    /// <summary>A size, KiB; null when there is none of that name.</summary>
    public long? this[string name]
    {
        get
        {
            foreach (ProcfsCounter size in Sizes)
            {
                if (size.Name == name)
                    return size.Value;
            }

            return null;
        }
    }

    /// <summary>Takes an area's lines from the front of a file.</summary>
    internal static SmapsArea Parse(ref ProcfsScanner scanner)
    {
        MapsLine line = MapsLine.Take(ref scanner);
        var sizes = new List<ProcfsCounter>();
        var area = new SmapsArea(line, sizes);
        // An area's line begins with a digit or a small letter, its fields with a capital.
        while (!scanner.AtEnd && char.IsAsciiLetterUpper(scanner.Next))
        {
            string name = scanner.Until(':', "a field's name");
            switch (name)
            {
                case ThpEligibleName:
                    int start = scanner.Position;
                    bool eligible = scanner.Number(0, 1) == 1;
                    area = area with { ThpEligible = eligible, HasNarrowThpEligible = scanner.Position - start < NumberWidth };
                    break;
                case ProtectionKeyName:
                    area = area with { ProtectionKey = scanner.Int() };
                    break;
                case VmFlagsName:
                    area = area with { VmFlags = scanner.RestOfLine().Split(' ', StringSplitOptions.RemoveEmptyEntries) };
                    continue;
                default:
                    sizes.Add(new ProcfsCounter(name, scanner.Number()));
                    scanner.Expect(" kB");
                    break;
            }

            scanner.EndOfLine();
        }

        return sizes.Count > 0 ? area : throw scanner.Error("expected \"NAME: NUMBER kB\"");
    }

    /// <summary>Writes the lines.</summary>
    internal void Write(StringBuilder text)
    {
        text.Append(Line).Append('\n');
        foreach (ProcfsCounter size in Sizes)
            text.Append(CultureInfo.InvariantCulture, $"{size.Name + ":",-NameWidth}{size.Value,NumberWidth} kB\n");
        if (ThpEligible is { } eligible)
            text.Append(ThpEligibleName).Append(":    ").Append((eligible ? "1" : "0").PadLeft(HasNarrowThpEligible ? 1 : NumberWidth)).Append('\n');
        if (ProtectionKey is { } key)
            text.Append(CultureInfo.InvariantCulture, $"{ProtectionKeyName + ":",-NameWidth}{key,NumberWidth}\n");
        if (VmFlags is null)
            return;
        text.Append(VmFlagsName).Append(": ");
        foreach (string flag in VmFlags)
            text.Append(flag).Append(' ');
        text.Append('\n');
    }
}
