using System.Text.Json;
using Pagewise.Reports.RunFiles;

namespace Pagewise.Reports.Views;

/// <summary>
/// What the views are given of a run (docs/views.md): the run file's tables as columns, its documents, and its snapshots.
/// What a page would not carry is reduced here: rows are thinned evenly.
/// </summary>
public static class ViewDocument
{
    /// <summary>The document's form.</summary>
    public const string Schema = "pagewise.view/1";

    private const int MostRows = 200_000;

    // Tables that no view draws stay in the file.
    private static readonly string[] Tables =
    [
        "sample", "process_sample", "watermark", "process", "fault_site", "heat", "kill", "score", "snapshot", "miss_ratio", "working_set",
    ];

    /// <summary>Writes the document of a run file.</summary>
    /// <param name="file">The run file.</param>
    /// <param name="snapshots">The snapshots that go into it, by their place in the file; null: all are listed, none is in it.</param>
    /// <param name="more">Facts beside the file's meta.</param>
    /// <param name="stream">Where to, as UTF-8.</param>
    /// <exception cref="RunFileException">The file is damaged.</exception>
    public static void Write(RunFileReader file, IReadOnlyList<RunSnapshot>? snapshots, IReadOnlyDictionary<string, string> more, Stream stream)
    {
        using var json = new Utf8JsonWriter(stream);
        json.WriteStartObject();
        json.WriteString("schema", Schema);
        json.WriteStartObject("meta");
        foreach ((string key, string value) in file.Meta().Concat(more))
            json.WriteString(key, value);
        json.WriteEndObject();
        IReadOnlySet<long>? kept = snapshots?.Select(snapshot => snapshot.Id).ToHashSet();
        json.WriteStartObject("tables");
        foreach (string table in Tables)
        {
            json.WritePropertyName(table);
            file.WriteColumns(table, MostRows, table == "snapshot" ? kept : null, json);
        }

        json.WriteEndObject();
        WriteDocuments(file, json);
        json.WriteStartArray("snapshots");
        foreach (RunSnapshot snapshot in snapshots ?? [])
            json.WriteRawValue(file.SnapshotJson(snapshot), skipInputValidation: true);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteDocuments(RunFileReader file, Utf8JsonWriter json)
    {
        json.WriteStartObject("documents");
        foreach ((string name, string body) in file.Documents())
        {
            json.WritePropertyName(name);
            if (IsJson(body))
                json.WriteRawValue(body);
            else
                json.WriteStringValue(body);
        }

        json.WriteEndObject();
    }

    private static bool IsJson(string body)
    {
        if (!body.StartsWith('{'))
            return false;
        try
        {
            using var parsed = JsonDocument.Parse(body);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
