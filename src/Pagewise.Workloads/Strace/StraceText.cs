using System.Buffers;

namespace Pagewise.Workloads;

/// <summary>The pieces of strace's notation that are not numbers: strings, file annotations, values to be skipped.</summary>
internal static class StraceText
{
    private static readonly SearchValues<byte> StringEnds = SearchValues.Create("\"\\"u8);
    private static readonly SearchValues<byte> ValueEnds = SearchValues.Create(",()[]{}\"<"u8);

    /// <summary>Takes a string in quotes, undoing strace's escapes, into <paramref name="destination"/>.</summary>
    /// <returns>Whether strace cut it (<c>"..."...</c>).</returns>
    public static bool TakeString(ref Cursor c, Column<byte> destination)
    {
        c.Expect((byte)'"', "a string in quotes");
        while (true)
        {
            int run = c.Rest.IndexOfAny(StringEnds);
            if (run < 0)
            {
                c.Position = c.Text.Length;
                throw c.Fail("the string's closing quote");
            }

            c.Rest[..run].CopyTo(destination.AddMany(run));
            c.Position += run;
            if (c.TryTake((byte)'"'))
                return c.TryTake("..."u8);
            c.Position++;
            destination.Add(TakeEscape(ref c));
        }
    }

    /// <summary>Passes over a string in quotes and, where strace cut it, its <c>...</c>.</summary>
    public static void SkipString(ref Cursor c)
    {
        c.Expect((byte)'"', "a string in quotes");
        while (true)
        {
            int run = c.Rest.IndexOfAny(StringEnds);
            if (run < 0)
            {
                c.Position = c.Text.Length;
                throw c.Fail("the string's closing quote");
            }

            c.Position += run;
            if (c.TryTake((byte)'"'))
            {
                _ = c.TryTake("..."u8);
                return;
            }

            c.Position = Math.Min(c.Position + 2, c.Text.Length);
        }
    }

    /// <summary>
    /// Takes a descriptor's <c>&lt;file&gt;</c>, which may nest (<c>-yy</c>) and may hold an arrow (sockets).
    /// </summary>
    public static ReadOnlySpan<byte> TakeAnnotation(ref Cursor c)
    {
        int start = ++c.Position;
        for (int depth = 1; ;)
        {
            int run = c.Rest.IndexOfAny((byte)'<', (byte)'>');
            if (run < 0)
                break;
            c.Position += run + 1;
            if (c.Text[c.Position - 1] == '<')
                depth++;
            else if (!IsArrow(ref c) && --depth == 0)
                return c.Text[start..(c.Position - 1)];
        }

        c.Position = c.Text.Length;
        throw c.Fail("the > that ends the descriptor's file");
    }

    // "->" within a socket's addresses goes on; after the name of a file such as /etc/group- the annotation ends.
    private static bool IsArrow(ref Cursor c) =>
        c.Text[c.Position - 2] == '-' && c.Position < c.Text.Length && c.Text[c.Position] is not ((byte)',' or (byte)')' or (byte)'(' or (byte)' ');

    /// <summary>Passes over a value of any form, up to the comma or bracket that ends it.</summary>
    public static void SkipValue(ref Cursor c)
    {
        int depth = 0;
        while (true)
        {
            int run = c.Rest.IndexOfAny(ValueEnds);
            if (run < 0)
            {
                c.Position = c.Text.Length;
                throw c.Fail("the value's end");
            }

            c.Position += run;
            switch (c.Next)
            {
                case (byte)'"':
                    SkipString(ref c);
                    continue;
                case (byte)'<':
                    // A shift, a descriptor's file, or the mark of a call that was cut short.
                    if (c.Rest.StartsWith("<<"u8))
                        c.Position += 2;
                    else if (depth == 0 && c.Rest.StartsWith("<unfinished"u8))
                        return;
                    else
                        TakeAnnotation(ref c);
                    continue;
                case (byte)'(' or (byte)'[' or (byte)'{':
                    depth++;
                    break;
                case (byte)',':
                    if (depth == 0)
                        return;
                    break;
                default:
                    if (depth-- == 0)
                        return;
                    break;
            }

            c.Position++;
        }
    }

    /// <summary>Passes over spaces and <c>/* … */</c>.</summary>
    public static void SkipComment(ref Cursor c)
    {
        c.SkipSpaces();
        while (c.TryTake("/*"u8))
        {
            int end = c.Rest.IndexOf("*/"u8);
            if (end < 0)
            {
                c.Position = c.Text.Length;
                throw c.Fail("the comment's */");
            }

            c.Position += end + 2;
            c.SkipSpaces();
        }
    }

    private static byte TakeEscape(ref Cursor c)
    {
        byte letter = c.Next;
        if (c.AtEnd)
            throw c.Fail("an escaped character");
        if (letter is >= (byte)'0' and <= (byte)'7')
        {
            int value = 0;
            for (int digits = 0; digits < 3 && c.Next is >= (byte)'0' and <= (byte)'7'; digits++)
            {
                value = (value * 8) + c.Next - '0';
                c.Position++;
            }

            return (byte)value;
        }

        c.Position++;
        if (letter == 'x')
        {
            int high = Cursor.HexDigit(c.Next);
            if (high < 0)
                throw c.Fail("two hexadecimal digits");
            c.Position++;
            int low = Cursor.HexDigit(c.Next);
            if (low < 0)
                throw c.Fail("two hexadecimal digits");
            c.Position++;
            return (byte)((high << 4) | low);
        }

        return letter switch
        {
            (byte)'n' => (byte)'\n',
            (byte)'t' => (byte)'\t',
            (byte)'r' => (byte)'\r',
            (byte)'v' => (byte)'\v',
            (byte)'f' => (byte)'\f',
            _ => letter,
        };
    }
}
