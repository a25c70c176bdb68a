using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Pagewise.Reports.Heap;

/// <summary>The JSON forms of the heap's reports: docs/heap-report.md. Addresses and sizes are numbers.</summary>
public static class HeapReportJson
{
    private static readonly HeapReportContext Context = new(new JsonSerializerOptions(HeapReportContext.Default.Options)
    {
        // Paths are shown as they are; the document is not embedded in HTML.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    /// <summary>Writes a report as one JSON document with a newline at its end.</summary>
    public static string Write(HeapReport report) => Serialize(report, Context.HeapReport);

    /// <summary>Writes a heap map.</summary>
    public static string Write(HeapMap map) => Serialize(map, Context.HeapMap);

    /// <summary>Writes why a heap is resident.</summary>
    public static string Write(HeapWhyRss why) => Serialize(why, Context.HeapWhyRss);

    /// <summary>Writes a grid of what-ifs.</summary>
    public static string Write(HeapWhatIfReport report) => Serialize(report, Context.HeapWhatIfReport);

    private static string Serialize<T>(T value, JsonTypeInfo<T> type) => JsonSerializer.Serialize(value, type) + "\n";
}
