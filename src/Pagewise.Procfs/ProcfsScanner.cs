using System.Globalization;
using System.Text;

namespace Pagewise.Procfs;

/// <summary>
/// A cursor over the text of a /proc file: takes words, numbers and fixed text from the front, and says by line and
/// column where the text is not what was expected.
/// </summary>
/// <param name="file">The file's name, for errors.</param>
/// <param name="text">Its text.</param>
internal ref struct ProcfsScanner(string file, string text)
{
    private const int LongestQuote = 40;
    private const string Blanks = " \t";

    private int _at;

    /// <summary>Whether all was taken.</summary>
    public readonly bool AtEnd => _at == text.Length;

    /// <summary>Where the cursor stands; see <see cref="Error(string, int)"/>.</summary>
    public readonly int Position => _at;

    /// <summary>The next character; the end reads as a newline.</summary>
    public readonly char Next => _at < text.Length ? text[_at] : '\n';

    /// <summary>Passes over spaces and tabs.</summary>
    public void Spaces()
    {
        while (_at < text.Length && Blanks.Contains(text[_at], StringComparison.Ordinal))
            _at++;
    }

    /// <summary>Takes fixed text if it stands here.</summary>
    public bool Skip(string literal)
    {
        if (!text.AsSpan(_at).StartsWith(literal))
            return false;
        _at += literal.Length;
        return true;
    }

    /// <summary>Takes fixed text.</summary>
    public void Expect(string literal)
    {
        if (!Skip(literal))
            throw Error($"expected \"{literal.Trim()}\"");
    }

    /// <summary>Takes words with blanks before each if they all stand here, and the last is followed by a blank or the line's end.</summary>
    public bool SkipWords(params ReadOnlySpan<string> words)
    {
        int start = _at;
        foreach (string word in words)
        {
            Spaces();
            if (Skip(word) && (Next == '\n' || Blanks.Contains(Next, StringComparison.Ordinal)))
                continue;
            _at = start;
            return false;
        }

        return true;
    }

    /// <summary>Takes words with blanks before each.</summary>
    public void ExpectWords(params ReadOnlySpan<string> words)
    {
        if (SkipWords(words))
            return;
        Spaces();
        throw Error($"expected \"{string.Join(' ', words.ToArray())}\"");
    }

    /// <summary>Takes what stands before a blank or the line's end, blanks before it passed over.</summary>
    /// <param name="what">What it is, for errors.</param>
    public string Word(string what)
    {
        Spaces();
        int start = _at;
        while (Next != '\n' && !Blanks.Contains(Next, StringComparison.Ordinal))
            _at++;
        return _at > start ? text[start.._at] : throw Error($"expected {what}");
    }

    /// <summary>Takes what stands on this line before a character, and the character.</summary>
    /// <param name="end">The character.</param>
    /// <param name="what">What stands before it, for errors.</param>
    public string Until(char end, string what)
    {
        int length = text.AsSpan(_at).IndexOfAny(end, '\n');
        if (length <= 0 || text[_at + length] != end)
            throw Error($"expected {what} and \"{end}\"");
        string found = text.Substring(_at, length);
        _at += length + 1;
        return found;
    }

    /// <summary>Takes what stands before the last place where a text stands, and the text.</summary>
    /// <param name="end">The text.</param>
    /// <param name="what">What stands before it, for errors.</param>
    public string UntilLast(string end, string what)
    {
        int length = text.AsSpan(_at).LastIndexOf(end);
        if (length < 0)
            throw Error($"expected {what} and \"{end.Trim()}\"");
        string found = text.Substring(_at, length);
        _at += length + end.Length;
        return found;
    }

    /// <summary>Takes the rest of the line and its newline.</summary>
    public string RestOfLine()
    {
        int length = text.AsSpan(_at).IndexOf('\n');
        if (length < 0)
        {
            _at = text.Length;
            throw Error("expected the line's end");
        }

        string found = text.Substring(_at, length);
        _at += length + 1;
        return found;
    }

    /// <summary>Takes a newline.</summary>
    public void EndOfLine()
    {
        if (!Skip("\n"))
            throw Error("expected the line's end");
    }

    /// <summary>Takes a newline, blanks before it passed over.</summary>
    public void EndOfPaddedLine()
    {
        Spaces();
        EndOfLine();
    }

    /// <summary>Takes a number of 64 bits without a sign, blanks before it passed over.</summary>
    public ulong Unsigned()
    {
        Spaces();
        int start = _at;
        _at += Digits();
        return ulong.TryParse(text.AsSpan(start, _at - start), NumberStyles.None, CultureInfo.InvariantCulture, out ulong value)
            ? value
            : throw NoNumber("a number from 0 to 18446744073709551615", start);
    }

    /// <summary>Takes a number of 64 bits, maybe with a minus sign, blanks before it passed over.</summary>
    public long Signed() => Number(long.MinValue);

    /// <summary>Takes a number, blanks before it passed over.</summary>
    /// <param name="least">The least that it can be.</param>
    /// <param name="most">The most that it can be.</param>
    public long Number(long least = 0, long most = long.MaxValue)
    {
        Spaces();
        int start = _at;
        return TrySigned(out long value) && value >= least && value <= most ? value : throw NoNumber($"a number from {least} to {most}", start);
    }

    /// <summary>Takes a number of 32 bits that is not negative, blanks before it passed over.</summary>
    public int Int() => (int)Number(0, int.MaxValue);

    /// <summary>Takes "Node N, zone NAME".</summary>
    public (int Node, string Name) NodeAndZone()
    {
        ExpectWords("Node");
        int node = Int();
        Expect(",");
        ExpectWords("zone");
        return (node, Word("a zone's name"));
    }

    /// <summary>The error of what stands at the cursor.</summary>
    public readonly ProcfsException Error(string message) => Error(message, _at);

    /// <summary>The error of what stands at a position. The message may quote the file: it is made fit for one line of a terminal.</summary>
    public readonly ProcfsException Error(string message, int position)
    {
        ReadOnlySpan<char> before = text.AsSpan(0, position);
        return new ProcfsException(file, before.Count('\n') + 1, position - before.LastIndexOf('\n'), Printable(message));
    }

    private bool TrySigned(out long value)
    {
        int start = _at;
        if (Next == '-')
            _at++;
        _at += Digits();
        return long.TryParse(text.AsSpan(start, _at - start), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value);
    }

    private readonly int Digits()
    {
        int length = text.AsSpan(_at).IndexOfAnyExceptInRange('0', '9');
        return length < 0 ? text.Length - _at : length;
    }

    private readonly ProcfsException NoNumber(string expected, int start)
    {
        int end = start;
        while (end < text.Length && end < start + LongestQuote && text[end] != '\n' && !Blanks.Contains(text[end], StringComparison.Ordinal))
            end++;
        string quote = text[start..end];
        return Error(quote.Length == 0 ? $"expected {expected}" : $"expected {expected}, found \"{quote}\"", start);
    }

    private static string Printable(string message)
    {
        var printable = new StringBuilder(message.Length);
        foreach (char letter in message)
            printable.Append(char.IsControl(letter) ? '?' : letter);
        return printable.ToString();
    }
}
