using System.Globalization;

namespace Pagewise.Replay.Recorded;

/// <summary>The <c>key=value</c> fields of a <c>#S</c>, <c>#L</c> or <c>#V</c> note, in the note's order.</summary>
public sealed class RecordedFields
{
    private readonly List<KeyValuePair<string, string>> _fields = [];

    /// <summary>Reads the fields of a note's body; words without a "=" continue the value before them (a comm with spaces).</summary>
    public RecordedFields(string body)
    {
        foreach (string word in body.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            int equals = word.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0)
                _fields.Add(KeyValuePair.Create(word[..equals], word[(equals + 1)..]));
            else if (_fields.Count > 0)
                _fields[^1] = KeyValuePair.Create(_fields[^1].Key, _fields[^1].Value + " " + word);
        }
    }

    /// <summary>The fields in order.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> All => _fields;

    /// <summary>A field's text, or null when the note lacks it.</summary>
    public string? Text(string key)
    {
        foreach (KeyValuePair<string, string> field in _fields)
        {
            if (field.Key == key)
                return field.Value;
        }

        return null;
    }

    /// <summary>A field's number, decimal or with 0x; "unlimited" is the largest. Null when the note lacks it or it is no number.</summary>
    public ulong? Number(string key) => Text(key) is { } text && TryNumber(text, out ulong value) ? value : null;

    internal static bool TryNumber(string text, out ulong value)
    {
        if (text.StartsWith("0x", StringComparison.Ordinal))
            return ulong.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
        if (text == "unlimited")
        {
            value = ulong.MaxValue;
            return true;
        }

        return ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
    }
}
