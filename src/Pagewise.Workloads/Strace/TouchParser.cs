using Pagewise.Abi;

namespace Pagewise.Workloads;

/// <summary>The two forms of a touch; see <see cref="TouchRecord"/>.</summary>
internal static class TouchParser
{
    /// <summary>Takes the rest of <c>touch(ADDR, LENGTH, W[, STRIDE]) = 0</c> after the opening bracket.</summary>
    public static TouchRecord TakeCall(ref Cursor c)
    {
        var touch = new TouchRecord { StrideBytes = 4096 };
        touch.Address = TakeValue(ref c, "the first address");
        Comma(ref c, "the length");
        touch.LengthBytes = TakeValue(ref c, "the length in bytes");
        Comma(ref c, "R, W or X");
        touch.Kind = TakeKind(ref c);
        c.SkipSpaces();
        if (c.TryTake((byte)','))
        {
            c.SkipSpaces();
            touch.StrideBytes = unchecked((long)c.TakeNumber("the stride in bytes"));
            if (touch.StrideBytes is 0 or long.MinValue)
                throw c.Fail("a stride that is not 0");
            c.SkipSpaces();
        }

        c.Expect((byte)')', "the bracket that ends the arguments");
        CheckRange(ref c, touch);
        c.SkipSpaces();
        c.Expect((byte)'=', "= and the outcome");
        c.SkipSpaces();
        TakeOutcome(ref c, ref touch);
        return touch;
    }

    /// <summary>Takes the rest of <c># touch R|W ADDR = …</c> after the word touch.</summary>
    public static TouchRecord TakeComment(ref Cursor c)
    {
        var touch = new TouchRecord { StrideBytes = 4096, LengthBytes = 1 };
        c.SkipSpaces();
        touch.Kind = TakeKind(ref c);
        c.SkipSpaces();
        touch.Address = c.TakeNumber("the address");
        c.SkipSpaces();
        c.Expect((byte)'=', "= and the outcome");
        c.SkipSpaces();
        TakeOutcome(ref c, ref touch);
        return touch;
    }

    private static void TakeOutcome(ref Cursor c, ref TouchRecord touch)
    {
        if (c.TryTake("-1 "u8))
            TakeSignal(ref c, ref touch);
        else if (c.TryTake("ok"u8) || c.TryTake((byte)'0'))
            touch.Outcome = TouchOutcome.Ok;
        else if (!c.TryTake((byte)'?'))
            TakeSignal(ref c, ref touch);
        c.SkipSpaces();
        if (c.TryTake("minflt+"u8))
        {
            touch.MinorFaults = TakeCount(ref c);
            c.SkipSpaces();
            if (!c.TryTake("majflt+"u8))
                throw c.Fail("majflt+ and a number");
            touch.MajorFaults = TakeCount(ref c);
            touch.HasFaults = true;
        }
        else if (c.TryTake("/*"u8))
        {
            TakeRemark(ref c, ref touch);
        }

        c.SkipSpaces();
        if (!c.AtEnd)
            throw c.Fail("the end of the line");
    }

    // "/* minor N major N, value V */"
    private static void TakeRemark(ref Cursor c, ref TouchRecord touch)
    {
        for (c.SkipSpaces(); !c.TryTake("*/"u8); c.SkipSpaces())
        {
            int start = c.Position;
            ReadOnlySpan<byte> word = c.TakeName();
            c.SkipSpaces();
            if (word.SequenceEqual("minor"u8))
            {
                touch.MinorFaults = TakeCount(ref c);
                touch.HasFaults = true;
            }
            else if (word.SequenceEqual("major"u8))
            {
                touch.MajorFaults = TakeCount(ref c);
            }
            else if (word.SequenceEqual("value"u8))
            {
                touch.Value = c.TakeNumber("the value");
                touch.HasValue = true;
            }
            else if (c.Position == start)
            {
                if (c.AtEnd)
                    throw c.Fail("the comment's */");
                c.Position++;
            }
        }
    }

    private static void TakeSignal(ref Cursor c, ref TouchRecord touch)
    {
        if (c.TryTake("SIGSEGV"u8))
            touch.Outcome = TouchOutcome.SegmentationFault;
        else if (c.TryTake("SIGBUS"u8))
            touch.Outcome = TouchOutcome.BusError;
        else
            throw c.Fail("0, ok, SIGSEGV or SIGBUS");
        c.SkipSpaces();
        if (c.TryTake("code "u8))
            touch.SignalCode = (byte)Math.Min(255, c.TakeNumber("the signal's code"));
        else if (c.TryTake("(SEGV_MAPERR)"u8) || c.TryTake("(BUS_ADRALN)"u8))
            touch.SignalCode = 1;
        else if (c.TryTake("(SEGV_ACCERR)"u8) || c.TryTake("(BUS_ADRERR)"u8))
            touch.SignalCode = 2;
    }

    private static AccessKind TakeKind(ref Cursor c)
    {
        if (c.TryTake((byte)'R'))
            return AccessKind.Read;
        if (c.TryTake((byte)'W'))
            return AccessKind.Write;
        return c.TryTake((byte)'X') ? AccessKind.Execute : throw c.Fail("R, W or X");
    }

    private static uint TakeCount(ref Cursor c)
    {
        ulong count = c.TakeNumber("a count of faults");
        return count <= uint.MaxValue ? (uint)count : throw c.Fail("a count of faults below 2^32");
    }

    private static ulong TakeValue(ref Cursor c, string expected)
    {
        c.SkipSpaces();
        int start = c.Position;
        ulong value = StraceNumber.Take(ref c, out int unknown);
        if (unknown < 0)
            return value;
        c.Position = start;
        throw c.Fail(expected);
    }

    private static void CheckRange(ref Cursor c, in TouchRecord touch)
    {
        if (touch.LengthBytes > 0 && touch.Address + (touch.LengthBytes - 1) < touch.Address)
            throw c.Fail("a range below 2^64");
    }

    private static void Comma(ref Cursor c, string expected)
    {
        c.SkipSpaces();
        if (!c.TryTake((byte)','))
            throw c.Fail($"a comma and {expected}");
        c.SkipSpaces();
    }
}
