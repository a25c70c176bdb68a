namespace Pagewise.Workloads;

/// <summary>Numbers as strace writes them: <c>0x1000</c>, <c>0644</c>, <c>8192*1024</c>, <c>A|B|0x40</c>, <c>21&lt;&lt;C</c>, <c>makedev(…)</c>.</summary>
internal static class StraceNumber
{
    private const int NestingLimit = 16;

    /// <summary>Takes a number.</summary>
    /// <param name="c">Where it stands.</param>
    /// <param name="unknown">Where in the line a symbol without a known value stands, or -1.</param>
    /// <returns>Its 64-bit pattern; a symbol that is not known counts as 0.</returns>
    public static ulong Take(ref Cursor c, out int unknown)
    {
        unknown = -1;
        return TakeSum(ref c, ref unknown, 0);
    }

    private static ulong TakeSum(ref Cursor c, ref int unknown, int depth)
    {
        ulong value = 0;
        do
        {
            ulong term = TakeTerm(ref c, ref unknown, depth);
            while (true)
            {
                if (c.TryTake((byte)'*'))
                    term = unchecked(term * TakeTerm(ref c, ref unknown, depth));
                else if (c.TryTake("<<"u8))
                    term <<= (int)Math.Min(63, TakeTerm(ref c, ref unknown, depth));
                else
                    break;
            }

            value |= term;
            // "0x8 /* MAP_??? */|MAP_ANONYMOUS"
            if (c.Next == ' ' && c.Rest.StartsWith(" /*"u8))
                StraceText.SkipComment(ref c);
        }
        while (c.TryTake((byte)'|'));
        return value;
    }

    private static ulong TakeTerm(ref Cursor c, ref int unknown, int depth)
    {
        byte next = c.Next;
        if (next is >= (byte)'0' and <= (byte)'9' or (byte)'-')
        {
            if (next == '0' && c.Position + 1 < c.Text.Length && c.Text[c.Position + 1] is >= (byte)'0' and <= (byte)'7')
                return TakeOctal(ref c);
            return c.TakeNumber("a number of at most 64 bits");
        }

        if (next is (byte)'~' or (byte)'(')
        {
            if (depth == NestingLimit)
                throw c.Fail($"at most {NestingLimit} nested brackets");
            c.Position++;
            if (next == '~')
                return ~TakeTerm(ref c, ref unknown, depth + 1);
            ulong value = TakeSum(ref c, ref unknown, depth + 1);
            c.Expect((byte)')', "the closing bracket");
            return value;
        }

        int start = c.Position;
        ReadOnlySpan<byte> name = c.TakeName();
        if (name.IsEmpty)
            throw c.Fail("a value");
        if (c.Next == '(')
            return TakeFunction(ref c, name, ref unknown, start, depth);
        if (name.SequenceEqual("NULL"u8))
            return 0;
        if (StraceSymbols.TryGet(name, out ulong symbol))
            return symbol;
        unknown = start;
        return 0;
    }

    private static ulong TakeFunction(ref Cursor c, ReadOnlySpan<byte> name, ref int unknown, int start, int depth)
    {
        if (!name.SequenceEqual("makedev"u8) || depth == NestingLimit)
        {
            unknown = start;
            c.Position++;
            do
                StraceText.SkipValue(ref c);
            while (c.TryTake((byte)','));
            c.Expect((byte)')', "the closing bracket");
            return 0;
        }

        c.Position++;
        ulong major = TakeSum(ref c, ref unknown, depth + 1);
        c.Expect((byte)',', "makedev's minor number");
        c.SkipSpaces();
        ulong minor = TakeSum(ref c, ref unknown, depth + 1);
        c.Expect((byte)')', "the closing bracket");
        return ((major & 0xfffff000) << 32) | ((major & 0xfff) << 8) | ((minor & 0xffffff00) << 12) | (minor & 0xff);
    }

    private static ulong TakeOctal(ref Cursor c)
    {
        ulong value = 0;
        while (c.Next is >= (byte)'0' and <= (byte)'7')
        {
            if (value >> 61 != 0)
                throw c.Fail("a number of at most 64 bits");
            value = (value << 3) | (uint)(c.Next - '0');
            c.Position++;
        }

        return value;
    }
}
