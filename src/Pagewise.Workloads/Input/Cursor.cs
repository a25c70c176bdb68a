using System.Runtime.CompilerServices;

namespace Pagewise.Workloads;

/// <summary>A place in a line that a parser moves along.</summary>
/// <param name="text">The line.</param>
/// <param name="lines">Where the line is from, for messages.</param>
internal ref struct Cursor(ReadOnlySpan<byte> text, LineReader lines)
{
    /// <summary>The line.</summary>
    public readonly ReadOnlySpan<byte> Text = text;

    /// <summary>The next byte's place.</summary>
    public int Position = 0;

    private readonly LineReader _lines = lines;

    /// <summary>Whether the line ends here.</summary>
    public readonly bool AtEnd => Position >= Text.Length;

    /// <summary>The next byte, 0 at the end.</summary>
    public readonly byte Next
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (uint)Position < (uint)Text.Length ? Text[Position] : (byte)0;
    }

    /// <summary>What is left.</summary>
    public readonly ReadOnlySpan<byte> Rest => Text[Position..];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryTake(byte value)
    {
        if (Next != value || Position >= Text.Length)
            return false;
        Position++;
        return true;
    }

    public bool TryTake(ReadOnlySpan<byte> value)
    {
        if (!Rest.StartsWith(value))
            return false;
        Position += value.Length;
        return true;
    }

    public void SkipSpaces()
    {
        while (Next == ' ')
            Position++;
    }

    /// <summary>Takes letters, digits and underscores; empty when there are none.</summary>
    public ReadOnlySpan<byte> TakeName()
    {
        int start = Position;
        while (IsNameByte(Next))
            Position++;
        return Text[start..Position];
    }

    /// <summary>Takes a decimal number; false, and nothing taken, when there is none or it does not fit 64 bits.</summary>
    public bool TryTakeDecimal(out ulong value)
    {
        value = 0;
        int at = Position;
        while ((uint)at < (uint)Text.Length)
        {
            uint digit = (uint)Text[at] - '0';
            if (digit > 9)
                break;
            if (value > 1844674407370955160 && (value > 1844674407370955161 || digit > 5))
                return false;
            value = (value * 10) + digit;
            at++;
        }

        bool any = at > Position;
        Position = at;
        return any;
    }

    /// <summary>Takes hexadecimal digits; false, and nothing taken, when there are none or more than 64 bits.</summary>
    public bool TryTakeHexDigits(out ulong value)
    {
        value = 0;
        int at = Position;
        while ((uint)at < (uint)Text.Length)
        {
            int digit = HexDigit(Text[at]);
            if (digit < 0)
                break;
            if (value >> 60 != 0)
                return false;
            value = (value << 4) | (uint)digit;
            at++;
        }

        bool any = at > Position;
        Position = at;
        return any;
    }

    /// <summary>Takes <c>0x…</c> or a decimal number with an optional minus, as its 64-bit pattern.</summary>
    public bool TryTakeNumber(out ulong value)
    {
        int start = Position;
        if (Next == '0' && Position + 1 < Text.Length && Text[Position + 1] == 'x')
        {
            Position += 2;
            if (TryTakeHexDigits(out value))
                return true;
            Position = start;
            return false;
        }

        bool negative = TryTake((byte)'-');
        if (!TryTakeDecimal(out value) || (negative && value > 1UL << 63))
        {
            Position = start;
            return false;
        }

        if (negative)
            value = 0 - value;
        return true;
    }

    /// <summary>Takes <see cref="TryTakeNumber"/>'s number or fails.</summary>
    public ulong TakeNumber(string expected) => TryTakeNumber(out ulong value) ? value : throw Fail(expected);

    /// <summary>Takes a byte or fails.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Expect(byte value, string expected)
    {
        if (!TryTake(value))
            throw Fail(expected);
    }

    /// <summary>A fault at this place.</summary>
    public readonly RecordingException Fail(string expected) => _lines.Fail(Position, expected);

    /// <summary>A hexadecimal digit's value, -1 for another byte.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int HexDigit(byte value)
    {
        uint digit = (uint)value - '0';
        if (digit <= 9)
            return (int)digit;
        digit = ((uint)value | 0x20) - 'a';
        return digit <= 5 ? (int)digit + 10 : -1;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsNameByte(byte value) =>
        (uint)((value | 0x20) - 'a') <= 25 || (uint)(value - '0') <= 9 || value == '_';
}
