using System.Globalization;

namespace Pagewise.Replay;

/// <summary>Sizes as people write them: "4096", "256 MiB", "1TiB", "512M", "300m" as docker has it, "300Mi" as Kubernetes has it. All units are powers of 1024.</summary>
public static class SizeText
{
    /// <summary>Reads a size in bytes.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out ulong sizeBytes)
    {
        int digits = 0;
        while (digits < text.Length && char.IsAsciiDigit(text[digits]))
            digits++;
        ReadOnlySpan<char> unit = text[digits..].Trim();
        int shift = unit.Length == 0 || unit is "B" ? 0 : unit[1..] is not ("" or "i" or "iB" or "B" or "b") ? -1 : char.ToUpperInvariant(unit[0]) switch
        {
            'K' => 10,
            'M' => 20,
            'G' => 30,
            'T' => 40,
            _ => -1,
        };
        if (shift < 0 || !ulong.TryParse(text[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out sizeBytes) || sizeBytes > ulong.MaxValue >> shift)
        {
            sizeBytes = 0;
            return false;
        }

        sizeBytes <<= shift;
        return true;
    }
}
