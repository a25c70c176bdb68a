using System.Text.Encodings.Web;
using System.Text.Json;

namespace Pagewise.Reports.Oom;

/// <summary>The JSON form of answers: docs/oom.md. Sizes are pages of 4 KiB.</summary>
public static class OomAnswerJson
{
    private static readonly OomAnswerContext Context = new(new JsonSerializerOptions(OomAnswerContext.Default.Options)
    {
        // Names are shown as they are; the document is not embedded in HTML.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    /// <summary>Writes answers as one JSON document with a newline at its end.</summary>
    public static string Write(IReadOnlyList<OomAnswer> answers) => JsonSerializer.Serialize(answers, Context.IReadOnlyListOomAnswer) + "\n";
}
