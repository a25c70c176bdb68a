using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Pagewise.Reports.Run;

/// <summary>The JSON form of a report: docs/json.md. Addresses and sizes are numbers; the text is UTF-8, indented.</summary>
public static class RunReportJson
{
    private static readonly RunReportContext Context = new(new JsonSerializerOptions(RunReportContext.Default.Options)
    {
        // Paths are shown as they are; the document is not embedded in HTML.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    /// <summary>Writes a report as one JSON document with a newline at its end.</summary>
    public static string Write(RunReport report) => JsonSerializer.Serialize(report, Context.RunReport) + "\n";
}
