using System.Text.Json;
using Microsoft.Data.Sqlite;
using Pagewise.Reports.Snapshots;

namespace Pagewise.Reports.RunFiles;

/// <content>What the views take of a file: whole tables and snapshots as JSON.</content>
public sealed partial class RunFileReader
{
    /// <summary>A snapshot's JSON, read and written again: whatever the file holds, what comes of it is a snapshot.</summary>
    /// <exception cref="RunFileException">Its body is damaged.</exception>
    public byte[] SnapshotJson(RunSnapshot snapshot) => MachineSnapshotJson.Write(Snapshot(snapshot));

    /// <summary>Writes a table as an object of columns, each an array.</summary>
    /// <param name="table">The table.</param>
    /// <param name="most">Of more rows than this every second, third … is written.</param>
    /// <param name="ids">Of a table whose first column is an id, the rows that are written; null: all.</param>
    /// <param name="json">Where to.</param>
    /// <exception cref="RunFileException">The table is damaged; what was written is not whole.</exception>
    internal void WriteColumns(string table, long most, IReadOnlySet<long>? ids, Utf8JsonWriter json)
    {
        (string[] names, List<object?>[] columns) = Guard(() => Columns(table, most, ids));
        json.WriteStartObject();
        for (int column = 0; column < names.Length; column++)
        {
            json.WriteStartArray(names[column]);
            foreach (object? value in columns[column])
            {
                switch (value)
                {
                    case long number:
                        json.WriteNumberValue(number);
                        break;
                    case string text:
                        json.WriteStringValue(text);
                        break;
                    default:
                        json.WriteNullValue();
                        break;
                }
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private (string[] Names, List<object?>[] Columns) Columns(string table, long most, IReadOnlySet<long>? ids)
    {
        using SqliteCommand query = _file.CreateCommand();
        query.CommandText = $"SELECT count(*) FROM {table}";
        long step = Math.Max(1, ((long)query.ExecuteScalar()! + most - 1) / most);
        query.CommandText = $"SELECT * FROM {table} ORDER BY rowid";
        using SqliteDataReader row = query.ExecuteReader();
        string[] names = [.. Enumerable.Range(0, row.FieldCount).Select(row.GetName)];
        List<object?>[] columns = [.. names.Select(_ => new List<object?>())];
        for (long index = 0; row.Read(); index++)
        {
            if (index % step != 0 || ids?.Contains(row.GetInt64(0)) == false)
                continue;
            for (int column = 0; column < names.Length; column++)
                columns[column].Add(row.IsDBNull(column) ? null : row.GetValue(column));
        }

        return (names, columns);
    }
}
