using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Pagewise.Reports.RunFiles;

/// <summary>
/// Adds rows to a table through one prepared statement. A run file has up to 100,000 rows, and a command with parameter
/// objects takes several times as long for each.
/// </summary>
internal sealed class RowInserter : IDisposable
{
    private readonly sqlite3 _file;
    private readonly sqlite3_stmt _insert;

    /// <summary>Prepares to add rows.</summary>
    /// <param name="connection">An open file.</param>
    /// <param name="table">The table's name.</param>
    /// <param name="columns">How many columns it has.</param>
    /// <exception cref="SqliteException">SQLite refuses.</exception>
    public RowInserter(SqliteConnection connection, string table, int columns)
    {
        _file = connection.Handle!;
        string places = string.Join(',', Enumerable.Repeat("?", columns));
        Check(raw.sqlite3_prepare_v2(_file, $"INSERT INTO {table} VALUES({places})", out _insert));
    }

    /// <summary>Adds a row.</summary>
    /// <param name="cells">Its columns: integers of up to 64 bits, doubles, text, bytes or null.</param>
    /// <exception cref="SqliteException">SQLite cannot write it.</exception>
    public void Add(object?[] cells)
    {
        for (int i = 0; i < cells.Length; i++)
            Check(Bind(i + 1, cells[i]));
        int result = raw.sqlite3_step(_insert);
        if (result != raw.SQLITE_DONE)
            Check(result);
        Check(raw.sqlite3_reset(_insert));
    }

    /// <inheritdoc/>
    public void Dispose() => _insert.Dispose();

    private int Bind(int column, object? cell) => cell switch
    {
        null => raw.sqlite3_bind_null(_insert, column),
        long number => raw.sqlite3_bind_int64(_insert, column, number),
        int number => raw.sqlite3_bind_int64(_insert, column, number),
        short number => raw.sqlite3_bind_int64(_insert, column, number),
        uint number => raw.sqlite3_bind_int64(_insert, column, number),
        double number => raw.sqlite3_bind_double(_insert, column, number),
        string text => raw.sqlite3_bind_text(_insert, column, text),
        byte[] bytes => raw.sqlite3_bind_blob(_insert, column, bytes),
        _ => throw new InvalidOperationException($"a run file has no columns of {cell.GetType().Name}"),
    };

    private void Check(int result) => SqliteException.ThrowExceptionForRC(result, _file);
}
