using System.Globalization;

namespace Pagewise.Replay;

/// <summary>Sizes as people write them: "4096", "256 MiB", "1TiB", "512M". All units are powers of 1024.</summary>
public static class SizeText
{
    /// <summary>Reads a size in bytes.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out ulong sizeBytes)
    {
        int digits = 0;
        while (digits < text.Length && char.IsAsciiDigit(text[digits]))
            digits++;
        int shift = text[digits..].Trim() switch
        {
            "" or "B" => 0,
            "KiB" or "K" or "k" => 10,
            "MiB" or "M" => 20,
            "GiB" or "G" => 30,
            "TiB" or "T" => 40,
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
