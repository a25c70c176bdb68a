namespace Pagewise.Reports.Exports;

/// <summary>Names from recordings in formats of lines.</summary>
internal static class OneLine
{
    /// <summary>The name with each control character as a question mark: it can neither end a line nor reach a terminal.</summary>
    public static string Of(string name) => string.Create(name.Length, name, (letters, text) =>
    {
        for (int i = 0; i < letters.Length; i++)
            letters[i] = char.IsControl(text[i]) || text[i] is '\u2028' or '\u2029' ? '?' : text[i];
    });
}
