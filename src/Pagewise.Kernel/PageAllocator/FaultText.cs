using System.Globalization;
using System.Runtime.CompilerServices;

namespace Pagewise.Kernel.PageAllocator;

/// <summary>A walker's message, which is put together only when something is wrong: walkers run after every step of long tests.</summary>
[InterpolatedStringHandler]
internal ref struct FaultText
{
    private DefaultInterpolatedStringHandler _text;

    /// <summary>Begins a message.</summary>
    /// <param name="literalLength">Letters that stand in it anyway.</param>
    /// <param name="formattedCount">Values in it.</param>
    /// <param name="holds">Whether all is well.</param>
    /// <param name="isNeeded">Whether the rest is worth evaluating.</param>
    public FaultText(int literalLength, int formattedCount, bool holds, out bool isNeeded)
    {
        isNeeded = !holds;
        _text = holds ? default : new DefaultInterpolatedStringHandler(literalLength, formattedCount, CultureInfo.InvariantCulture);
    }

    /// <summary>Adds letters.</summary>
    public void AppendLiteral(string text) => _text.AppendLiteral(text);

    /// <summary>Adds a value.</summary>
    public void AppendFormatted<T>(T value) => _text.AppendFormatted(value);

    /// <summary>Adds a value in a format.</summary>
    public void AppendFormatted<T>(T value, string? format) => _text.AppendFormatted(value, format);

    /// <summary>The message.</summary>
    public string Take() => _text.ToStringAndClear();
}
