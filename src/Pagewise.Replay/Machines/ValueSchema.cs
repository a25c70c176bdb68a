using System.Text.Json.Nodes;

namespace Pagewise.Replay.Machines;

/// <summary>JSON schemas of values, as editors check them. A schema may allow more than the parser, which also knows ranges; never less.</summary>
internal static class ValueSchema
{
    private const string SizePattern = "^[0-9]+ *(B|[KMGTkmgt](i|iB|B|b)?)?$";

    /// <summary>One of some words.</summary>
    public static JsonObject OneOf(params IEnumerable<string> words) => new() { ["enum"] = new JsonArray([.. words.Select(word => JsonValue.Create(word))]) };

    /// <summary>One of some numbers.</summary>
    public static JsonObject OneOfNumbers(IEnumerable<int> numbers) => new() { ["enum"] = new JsonArray([.. numbers.Select(number => JsonValue.Create(number))]) };

    /// <summary>A whole number.</summary>
    public static JsonObject Integer(ulong least, ulong most) => new() { ["type"] = "integer", ["minimum"] = least, ["maximum"] = most };

    /// <summary>A number, with a fraction or without.</summary>
    public static JsonObject Number(ulong least, ulong most) => new() { ["type"] = "number", ["minimum"] = least, ["maximum"] = most };

    /// <summary>true or false.</summary>
    public static JsonObject Boolean() => new() { ["type"] = "boolean" };

    /// <summary>Bytes, or a size such as 256 MiB; and a word that stands for one.</summary>
    public static JsonObject Size(params string[] words)
    {
        JsonObject[] choices = [new() { ["type"] = "integer", ["minimum"] = 0 }, Text(SizePattern)];
        return Any(words.Length == 0 ? choices : [.. choices, OneOf(words)]);
    }

    /// <summary>A text of a form.</summary>
    public static JsonObject Text(string pattern) => new() { ["type"] = "string", ["pattern"] = pattern };

    /// <summary>A number, or a text of a form: what YAML takes for a number may be either.</summary>
    public static JsonObject NumberOrText(string pattern) => Any(new JsonObject { ["type"] = "number" }, Text(pattern));

    /// <summary>One of several.</summary>
    public static JsonObject Any(params JsonObject[] choices) => new() { ["anyOf"] = new JsonArray([.. choices]) };
}
