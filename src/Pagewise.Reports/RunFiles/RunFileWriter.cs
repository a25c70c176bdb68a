using Microsoft.Data.Sqlite;

namespace Pagewise.Reports.RunFiles;

/// <summary>
/// Writes run files: whole or not at all, for they are made beside their place and moved there. The same content gives
/// the same bytes.
/// </summary>
public static class RunFileWriter
{
    /// <summary>Finds out before a long run whether there is a place for its file.</summary>
    /// <param name="path">Where it shall be.</param>
    /// <exception cref="RunFileException">It is a directory, or lies in none.</exception>
    public static void CheckPlace(string path)
    {
        string full = Path.GetFullPath(path);
        if (Directory.Exists(full))
            throw new RunFileException(path, "cannot be written: it is a directory");
        if (!Directory.Exists(Path.GetDirectoryName(full)))
            throw new RunFileException(path, "cannot be written: no such directory");
    }

    /// <summary>Writes a file, in the place of an older one.</summary>
    /// <param name="path">Where.</param>
    /// <param name="run">What.</param>
    /// <exception cref="RunFileException">It cannot be written; an older file is as it was.</exception>
    public static void Write(string path, RunFile run)
    {
        CheckPlace(path);
        string full = Path.GetFullPath(path);
        string draft = Path.Combine(Path.GetDirectoryName(full)!, $".{Path.GetFileName(full)}.{Environment.ProcessId}");
        try
        {
            File.Delete(draft);
            Fill(draft, run);
            File.Move(draft, full, overwrite: true);
        }
        catch (Exception exception) when (exception is SqliteException or IOException or UnauthorizedAccessException)
        {
            if (File.Exists(draft))
                File.Delete(draft);
            throw new RunFileException(path, $"cannot be written: {exception.Message}", exception);
        }
    }

    private static void Fill(string draft, RunFile run)
    {
        var place = new SqliteConnectionStringBuilder { DataSource = draft, Pooling = false };
        using var file = new SqliteConnection(place.ToString());
        file.Open();
        // Nobody reads the draft before it is whole, so it needs no journal.
        Execute(file, $"PRAGMA page_size={RunFileSchema.PageBytes}; PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA locking_mode=EXCLUSIVE; PRAGMA application_id={RunFileSchema.ApplicationId}; PRAGMA user_version={RunFileSchema.Version}; BEGIN");
        foreach ((string table, string columns) in RunFileSchema.Tables)
            Execute(file, $"CREATE TABLE {table}({columns})");
        // Rows are only added, so there are no gaps that VACUUM would close.
        new Tables(file).Add(run);
        Execute(file, "COMMIT");
    }

    private static void Execute(SqliteConnection file, string sql)
    {
        using SqliteCommand command = file.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private sealed class Tables(SqliteConnection file)
    {
        public void Add(RunFile run)
        {
            Add("meta", run.Meta.OrderBy(fact => fact.Key, StringComparer.Ordinal), fact => [fact.Key, fact.Value]);
            Add("document", run.Documents.OrderBy(document => document.Key, StringComparer.Ordinal), document => [document.Key, document.Value]);
            Add("sample", run.Samples, sample => [sample.Id, .. RunFileSchema.SampleColumns.Select(column => (object?)column.Of(sample.Memory, sample.Reclaim))]);
            Add("process_sample", run.Samples.SelectMany(sample => sample.Processes.Select(process => (sample.Id, process))), row => [row.Id, row.process.Pid, row.process.RssPages, row.process.SwapPages, row.process.Faults]);
            Add("vmstat", run.Samples.SelectMany(sample => sample.Vmstat.Select(counter => (sample.Id, counter))), row => [row.Id, row.counter.Name, row.counter.Value]);
            Add("watermark", run.Watermarks, zone => [zone.Zone, zone.Node, zone.Min, zone.Low, zone.High, zone.Managed, zone.StartPfn, zone.Spanned]);
            Add("process", run.Processes, process => [process.Pid, process.Parent, process.Name, process.StartNs, process.EndNs, process.EndReason]);
            Add("fault", run.Faults, fault => [fault.TimeNs, fault.Pid, Signed(fault.Address), fault.Kind, fault.IsMajor ? 1 : 0, fault.Pages, fault.CostNs]);
            Add("fault_site", run.FaultSites, site => [site.Pid, site.VmaName, site.Kind, site.Count]);
            Add("heat", run.Heat, heat => [heat.SampleId, heat.Pid, Signed(heat.Region), heat.Accesses]);
            Add("trace_event", run.TraceEvents, fired => [fired.TimeNs, fired.Cpu, fired.Pid, fired.Comm, fired.Name, fired.Fields]);
            Add("kill", run.Kills, kill => [kill.TimeNs, kill.Pid, kill.Name, kill.Points, kill.OomScoreAdj, kill.Reason]);
            Add("score", run.Scores, score => [score.KillTimeNs, score.Pid, score.Name, score.RssPages, score.SwapPages, score.PageTablePages, score.OomScoreAdj, score.Points]);
            Add("snapshot", run.Snapshots, snapshot => [snapshot.Id, snapshot.TimeNs, snapshot.Event, snapshot.Line, snapshot.Reason]);
            Add("snapshot_body", run.Snapshots, snapshot => [snapshot.Id, snapshot.Body]);
            Add("snapshot_vma", run.SnapshotVmas, area => [area.SnapshotId, area.Pid, Signed(area.Start), Signed(area.End), area.Prot, area.Offset, area.Name, area.RssPages, area.SwapPages]);
            Add("snapshot_free", run.SnapshotFree, free => [free.SnapshotId, free.Node, free.Zone, free.Order, free.MigrateType, free.Blocks]);
            Add("miss_ratio", run.MissRatios, point => [point.Pages, point.Misses, point.Accesses]);
            Add("working_set", run.WorkingSets, set => [set.WindowNs, set.P50, set.P90, set.P99]);
        }

        // SQLite's integers are signed: an address from 2^63 on is its bit pattern.
        private static long Signed(ulong value) => unchecked((long)value);

        private void Add<T>(string table, IEnumerable<T> rows, Func<T, object?[]> values)
        {
            RowInserter? insert = null;
            foreach (T row in rows)
            {
                object?[] cells = values(row);
                insert ??= new RowInserter(file, table, cells.Length);
                insert.Add(cells);
            }

            insert?.Dispose();
        }
    }
}
