using System.Text;
using Pagewise.Reports.RunFiles;

namespace Pagewise.Reports.Exports;

/// <summary>The tables of a run file as comma-separated values (RFC 4180, UTF-8, lines end in LF), a file each; snapshots as JSON files.</summary>
internal static class CsvTables
{
    /// <summary>Writes TABLE.csv for each table but snapshot_body, which becomes snapshot-ID.json.</summary>
    public static void Write(RunFileReader reader, string directory)
    {
        foreach ((string table, IReadOnlyList<string> columns) in RunFileReader.Tables)
        {
            if (table == "snapshot_body")
                continue;
            using var file = new StreamWriter(Path.Combine(directory, table + ".csv")) { NewLine = "\n" };
            file.WriteLine(string.Join(',', columns));
            foreach (IReadOnlyList<string?> row in reader.RawRows(table))
                file.WriteLine(string.Join(',', row.Select(Quoted)));
        }

        foreach (RunSnapshot snapshot in reader.Snapshots())
            File.WriteAllBytes(Path.Combine(directory, $"snapshot-{snapshot.Id}.json"), Snapshots.MachineSnapshotJson.Write(reader.Snapshot(snapshot)));
    }

    /// <summary>A field: in quotes where it must be. NULL is an empty field, an empty text is "".</summary>
    internal static string Quoted(string? value)
    {
        if (value is null)
            return "";
        if (value.Length > 0 && value.AsSpan().IndexOfAny(",\"\r\n") < 0)
            return value;
        return new StringBuilder("\"").Append(value.Replace("\"", "\"\"", StringComparison.Ordinal)).Append('"').ToString();
    }
}
