using System.Globalization;
using Pagewise.Kernel.PageAllocator;

namespace Pagewise.Replay.Machines;

/// <summary>Reads the values of machine files. What is wrong is a <see cref="FormatException"/>, which <see cref="MachineSetting.TryApply"/> catches.</summary>
internal static class MachineValues
{
    /// <summary>Up to five numbers; as with the kernel's own sysctl fewer than there are zones change only the first ones.</summary>
    public static int[] Ratios(string text)
    {
        string[] words = text.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        int[] ratios = [.. new PageAllocatorSysctls().LowmemReserveRatio];
        if (words.Length == 0 || words.Length > ratios.Length)
            throw new FormatException();
        for (int i = 0; i < words.Length; i++)
            ratios[i] = (int)Number(words[i], 0, int.MaxValue);
        return ratios;
    }

    /// <summary>true or false.</summary>
    public static bool Boolean(string text) => text switch { "true" => true, "false" => false, _ => throw new FormatException() };

    /// <summary>A whole number in a range.</summary>
    public static ulong Number(string text, ulong low, ulong high) =>
        ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong value) && value >= low && value <= high
            ? value
            : throw new FormatException();

    /// <summary>A size in a range, in bytes.</summary>
    public static ulong Size(string text, ulong low, ulong high) =>
        SizeText.TryParse(text, out ulong value) && value >= low && value <= high ? value : throw new FormatException();

    /// <summary>A time in nanoseconds: "80 us", "8.3ms", "250" for nanoseconds; at most 1000 s.</summary>
    public static double Time(string text)
    {
        (double number, string unit) = Split(text);
        double factor = unit switch { "" or "ns" => 1, "us" or "µs" => 1e3, "ms" => 1e6, "s" => 1e9, _ => throw new FormatException() };
        return number * factor is >= 0 and <= 1e12 and var time ? time : throw new FormatException();
    }

    /// <summary>Bytes a second: "550 MB/s", "1.5GB/s", "200MiB/s", or a plain number.</summary>
    public static double Rate(string text)
    {
        (double number, string unit) = Split(text.EndsWith("/s", StringComparison.Ordinal) ? text[..^2] : text);
        double factor = unit switch
        {
            "" or "B" => 1,
            "kB" or "KB" or "k" or "K" => 1e3,
            "MB" or "M" => 1e6,
            "GB" or "G" => 1e9,
            "KiB" => 1L << 10,
            "MiB" => 1L << 20,
            "GiB" => 1L << 30,
            _ => throw new FormatException(),
        };
        return number * factor is > 0 and <= 1e15 and var rate ? rate : throw new FormatException();
    }

    private static (double Number, string Unit) Split(string text)
    {
        int digits = 0;
        while (digits < text.Length && (char.IsAsciiDigit(text[digits]) || text[digits] == '.'))
            digits++;
        return double.TryParse(text.AsSpan(0, digits), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number)
            ? (number, text[digits..].Trim())
            : throw new FormatException();
    }
}
