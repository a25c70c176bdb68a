using System.Globalization;
using Pagewise.Kernel;
using Pagewise.Replay.Machines;

namespace Pagewise.Replay.Sweeping;

/// <summary>One setting of a machine that a sweep varies, with the values it takes: <c>memory=128M..1G:64M</c>, <c>vm.swappiness=0,60,100</c>.</summary>
public sealed class SweepAxis
{
    /// <summary>Values of an axis, and machines of a sweep, at most.</summary>
    public const int MostValues = 10_000;

    private readonly MachineSetting _setting;

    private SweepAxis(MachineSetting setting, IReadOnlyList<string> values)
    {
        _setting = setting;
        Values = values;
    }

    /// <summary>The setting's key.</summary>
    public string Key => _setting.Key;

    /// <summary>The values as text, in their order.</summary>
    public IReadOnlyList<string> Values { get; }

    /// <summary>Reads <c>KEY=VALUE,…</c>, where a value may be a range <c>FIRST..LAST:STEP</c> of numbers or sizes.</summary>
    /// <exception cref="MachineFileException">The text is wrong; the message says what is expected.</exception>
    public static SweepAxis Parse(string text)
    {
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        if (equals <= 0)
            throw Wrong(text, "expected key=values, such as memory=128M..1G:64M or vm.swappiness=0,60,100");
        string key = text[..equals].Trim();
        MachineSetting setting = MachineSetting.Find(key) ?? throw Wrong(text, $"unknown key '{key}'; {MachineSetting.Meant(key, MachineSetting.All.Select(known => known.Key), "docs/machines.md has them all")}");
        var values = new List<string>();
        foreach (string word in text[(equals + 1)..].Split(','))
            Add(text, word.Trim(), values);
        foreach (string value in values)
        {
            if (setting.TryApply(new MachineSpec(), value) is null)
                throw Wrong(text, $"'{value}': expected {setting.Expects}");
        }

        return new SweepAxis(setting, values);
    }

    /// <summary>The machine with one of the values.</summary>
    public MachineSpec Apply(MachineSpec spec, string value) => _setting.TryApply(spec, value) ?? throw Wrong($"{Key}={value}", $"expected {_setting.Expects}");

    private static void Add(string text, string word, List<string> values)
    {
        int dots = word.IndexOf("..", StringComparison.Ordinal);
        if (dots < 0)
        {
            values.Add(word);
            return;
        }

        int colon = word.IndexOf(':', dots);
        if (colon < 0
            || !SizeText.TryParse(word.AsSpan(0, dots).Trim(), out ulong first)
            || !SizeText.TryParse(word.AsSpan(dots + 2, colon - dots - 2).Trim(), out ulong last)
            || !SizeText.TryParse(word.AsSpan(colon + 1).Trim(), out ulong step)
            || step == 0 || last < first)
        {
            throw Wrong(text, $"'{word}': expected a range FIRST..LAST:STEP, such as 128M..1G:64M or 0..200:20");
        }

        if ((last - first) / step >= MostValues)
            throw Wrong(text, $"'{word}': more than {MostValues} values");
        bool isSize = word.Any(char.IsAsciiLetter);
        for (ulong count = (last - first) / step, i = 0; i <= count; i++)
            values.Add(isSize ? SizeOf(first + (i * step)) : (first + (i * step)).ToString(CultureInfo.InvariantCulture));
    }

    // "128M": the largest unit of which it is a whole number.
    private static string SizeOf(ulong bytes)
    {
        int unit = 0;
        while (unit < 4 && bytes != 0 && bytes % 1024 == 0)
        {
            bytes /= 1024;
            unit++;
        }

        return bytes.ToString(CultureInfo.InvariantCulture) + (unit == 0 ? "" : "KMGT"[unit - 1]);
    }

    private static MachineFileException Wrong(string text, string message) => new($"--vary {text}", message);
}
