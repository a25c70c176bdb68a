using System.Globalization;

namespace Pagewise.Reports;

/// <summary>How numbers read in reports: the same everywhere, whatever the host's language.</summary>
public static class Text
{
    private static readonly string[] Units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

    /// <summary>"1,234,567".</summary>
    public static string Count(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>"0x7ffff7fc0000".</summary>
    public static string Address(ulong value) => "0x" + value.ToString("x", CultureInfo.InvariantCulture);

    /// <summary>"4 KiB", "2.5 MiB": exact where it is a whole number of its unit, else one decimal.</summary>
    public static string Size(ulong bytes)
    {
        int unit = 0;
        double value = bytes;
        while (value >= 1024 && unit < Units.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        string format = value == Math.Floor(value) ? "0" : "0.0";
        return value.ToString(format, CultureInfo.InvariantCulture) + " " + Units[unit];
    }

    /// <summary>"12 ns", "3.4 µs", "5.6 ms", "7.8 s".</summary>
    public static string Time(double ns) => ns switch
    {
        < 1e3 => Number(ns) + " ns",
        < 1e6 => Number(ns / 1e3) + " µs",
        < 1e9 => Number(ns / 1e6) + " ms",
        _ => Number(ns / 1e9) + " s",
    };

    /// <summary>"12.3 %"; "–" of nothing.</summary>
    public static string Share(double part, double whole) =>
        whole <= 0 ? "–" : (100 * part / whole).ToString("0.0", CultureInfo.InvariantCulture) + " %";

    private static string Number(double value) => value.ToString(value < 10 ? "0.00" : value < 100 ? "0.0" : "0", CultureInfo.InvariantCulture);
}
