using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using Pagewise.Reports.Locality;
using Pagewise.Reports.Series;
using Pagewise.Reports.Snapshots;

namespace Pagewise.Reports.RunFiles;

/// <summary>
/// Reads a run file, a table at a time or all at once. A file that is none, that a newer Pagewise wrote or that is damaged
/// is told by one line (<see cref="RunFileException"/>), wherever the damage is met.
/// </summary>
public sealed partial class RunFileReader : IDisposable
{
    // A body's size is bounded, so that a damaged one exhausts nothing.
    private const int MostBodyBytes = 1 << 28;
    private const int HeaderBytes = 100;

    private readonly string _path;
    private readonly SqliteConnection _file;

    private RunFileReader(string path, SqliteConnection file)
    {
        _path = path;
        _file = file;
    }

    /// <summary>Opens a run file and checks what it is.</summary>
    /// <exception cref="RunFileException">It is missing, no run file, of another version, or damaged.</exception>
    public static RunFileReader Open(string path)
    {
        CheckHeader(path);
        var place = new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadOnly, Pooling = false };
        var file = new SqliteConnection(place.ToString());
        var reader = new RunFileReader(path, file);
        try
        {
            reader.Guard(() =>
            {
                file.Open();
                return 0;
            });
            reader.CheckTables();
            return reader;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Everything that a file holds.</summary>
    /// <exception cref="RunFileException">It cannot be read.</exception>
    public static RunFile Read(string path)
    {
        using RunFileReader reader = Open(path);
        return new RunFile
        {
            Meta = reader.Meta(),
            Documents = reader.Documents(),
            Samples = reader.Samples(),
            Watermarks = reader.Watermarks(),
            Processes = reader.Processes(),
            Faults = reader.Faults(),
            FaultSites = reader.FaultSites(),
            Heat = reader.Heat(),
            TraceEvents = reader.TraceEvents(),
            Kills = reader.Kills(),
            Scores = reader.Scores(),
            Snapshots = reader.Snapshots(),
            SnapshotVmas = reader.SnapshotVmas(),
            SnapshotFree = reader.SnapshotFree(),
            MissRatios = reader.MissRatios(),
            WorkingSets = reader.WorkingSets(),
        };
    }

    /// <summary>The tables and their columns.</summary>
    public static IReadOnlyList<(string Table, IReadOnlyList<string> Columns)> Tables { get; } =
        [.. RunFileSchema.Tables.Select(table => (table.Table, (IReadOnlyList<string>)ColumnsOf(table.Columns)))];

    /// <summary>The file as it was named.</summary>
    public string File => _path;

    /// <summary>Table meta.</summary>
    public IReadOnlyDictionary<string, string> Meta() => Pairs("meta");

    /// <summary>Table document.</summary>
    public IReadOnlyDictionary<string, string> Documents() => Pairs("document");

    /// <summary>Tables sample, process_sample and vmstat.</summary>
    public IReadOnlyList<RunSample> Samples()
    {
        ILookup<long, RunProcessSample> processes = Rows("process_sample", row => (Id: row.GetInt64(0), Process: new RunProcessSample(row.GetInt32(1), row.GetInt64(2), row.GetInt64(3), row.GetInt64(4))))
            .ToLookup(row => row.Id, row => row.Process);
        ILookup<long, RunVmstat> vmstat = Rows("vmstat", row => (Id: row.GetInt64(0), Counter: new RunVmstat(row.GetString(1), row.GetInt64(2)))).ToLookup(row => row.Id, row => row.Counter);
        return Rows("sample", row =>
        {
            long id = row.GetInt64(0);
            return new RunSample(id, MemoryOf(row), ReclaimOf(row), [.. processes[id]], [.. vmstat[id]]);
        });
    }

    /// <summary>Table watermark.</summary>
    public IReadOnlyList<RunWatermark> Watermarks() => Rows("watermark", row =>
        new RunWatermark(row.GetString(0), row.GetInt32(1), row.GetInt64(2), row.GetInt64(3), row.GetInt64(4), row.GetInt64(5), row.GetInt64(6), row.GetInt64(7)));

    /// <summary>Table process.</summary>
    public IReadOnlyList<RunProcess> Processes() => Rows("process", row =>
        new RunProcess(row.GetInt32(0), row.GetInt32(1), row.GetString(2), row.GetInt64(3), NumberOrNull(row, 4), row.IsDBNull(5) ? null : row.GetString(5)));

    /// <summary>Table fault.</summary>
    public IReadOnlyList<RunFault> Faults() => Rows("fault", row =>
        new RunFault(row.GetInt64(0), row.GetInt32(1), Address(row, 2), row.GetString(3), row.GetInt64(4) != 0, row.GetInt32(5), row.GetInt64(6)));

    /// <summary>Table fault_site.</summary>
    public IReadOnlyList<RunFaultSite> FaultSites() => Rows("fault_site", row => new RunFaultSite(row.GetInt32(0), row.GetString(1), row.GetString(2), row.GetInt64(3)));

    /// <summary>Table heat.</summary>
    public IReadOnlyList<RunHeat> Heat() => Rows("heat", row => new RunHeat(row.GetInt64(0), row.GetInt32(1), Address(row, 2), row.GetInt64(3)));

    /// <summary>Table trace_event.</summary>
    public IReadOnlyList<RunTraceEvent> TraceEvents() => Rows("trace_event", row =>
        new RunTraceEvent(row.GetInt64(0), row.GetInt32(1), row.GetInt32(2), row.GetString(3), row.GetString(4), row.GetString(5)));

    /// <summary>Table kill.</summary>
    public IReadOnlyList<RunKill> Kills() => Rows("kill", row =>
        new RunKill(row.GetInt64(0), row.GetInt32(1), row.GetString(2), NumberOrNull(row, 3), row.GetInt32(4), row.GetString(5)));

    /// <summary>Table score.</summary>
    public IReadOnlyList<RunScore> Scores() => Rows("score", row =>
        new RunScore(row.GetInt64(0), row.GetInt32(1), row.GetString(2), row.GetInt64(3), row.GetInt64(4), row.GetInt64(5), row.GetInt32(6), NumberOrNull(row, 7)));

    /// <summary>Tables snapshot and snapshot_body.</summary>
    public IReadOnlyList<RunSnapshot> Snapshots()
    {
        Dictionary<long, byte[]> bodies = Rows("snapshot_body", row => KeyValuePair.Create(row.GetInt64(0), row.GetFieldValue<byte[]>(1))).ToDictionary();
        return Rows("snapshot", row => new RunSnapshot(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3), row.GetString(4), bodies.GetValueOrDefault(row.GetInt64(0)) ?? []));
    }

    /// <summary>What a snapshot shows.</summary>
    /// <exception cref="RunFileException">Its body is damaged.</exception>
    public MachineSnapshot Snapshot(RunSnapshot snapshot) => Guard(() =>
    {
        using var packed = new BrotliStream(new MemoryStream(snapshot.Body), CompressionMode.Decompress);
        var text = new MemoryStream();
        byte[] piece = new byte[1 << 16];
        for (int read; (read = packed.Read(piece)) > 0;)
        {
            if (text.Length + read > MostBodyBytes)
                throw new InvalidDataException("a snapshot is longer than any can be");
            text.Write(piece, 0, read);
        }

        return MachineSnapshotJson.Read(text.GetBuffer().AsSpan(0, (int)text.Length));
    });

    /// <summary>Table snapshot_vma.</summary>
    public IReadOnlyList<RunSnapshotVma> SnapshotVmas() => Rows("snapshot_vma", row =>
        new RunSnapshotVma(row.GetInt64(0), row.GetInt32(1), Address(row, 2), Address(row, 3), row.GetString(4), row.GetInt64(5), row.GetString(6), row.GetInt64(7), row.GetInt64(8)));

    /// <summary>Table snapshot_free.</summary>
    public IReadOnlyList<RunSnapshotFree> SnapshotFree() => Rows("snapshot_free", row =>
        new RunSnapshotFree(row.GetInt64(0), row.GetInt32(1), row.GetString(2), row.GetInt32(3), row.GetString(4), row.GetInt64(5)));

    /// <summary>Table miss_ratio.</summary>
    public IReadOnlyList<MissRatioPoint> MissRatios() => Rows("miss_ratio", row => new MissRatioPoint(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2)));

    /// <summary>Table working_set.</summary>
    public IReadOnlyList<WorkingSet> WorkingSets() => Rows("working_set", row => new WorkingSet(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3)));

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    /// <summary>A table's rows as text; null is NULL, bytes are hexadecimal.</summary>
    /// <param name="table">One of <see cref="Tables"/>.</param>
    internal IReadOnlyList<IReadOnlyList<string?>> RawRows(string table)
    {
        int columns = Tables.Single(known => known.Table == table).Columns.Count;
        return Rows(table, row =>
        {
            string?[] cells = new string?[columns];
            for (int i = 0; i < columns; i++)
                cells[i] = row.IsDBNull(i) ? null : row.GetValue(i) is byte[] bytes ? Convert.ToHexStringLower(bytes) : Convert.ToString(row.GetValue(i), CultureInfo.InvariantCulture);
            return cells;
        });
    }

    private static string[] ColumnsOf(string columns) => [.. columns.Split(", ").Select(column => column.Split(' ')[0].Trim('"'))];

    private static void CheckHeader(string path)
    {
        byte[] header = new byte[HeaderBytes];
        try
        {
            using FileStream file = System.IO.File.OpenRead(path);
            if (file.ReadAtLeast(header, HeaderBytes, throwOnEndOfStream: false) < HeaderBytes || !header.AsSpan().StartsWith("SQLite format 3\0"u8))
                throw new RunFileException(path, "is no run file: pagewise run RECORDING -o FILE.db writes one");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            string problem = exception is FileNotFoundException or DirectoryNotFoundException ? "no such file" : $"cannot be read: {exception.Message}";
            throw new RunFileException(path, problem, exception);
        }

        if (BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(68)) != RunFileSchema.ApplicationId)
            throw new RunFileException(path, "is an SQLite file, but no run file");
        int version = BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(60));
        if (version != RunFileSchema.Version)
            throw new RunFileException(path, string.Create(CultureInfo.InvariantCulture, $"has version {version} of the tables; this Pagewise reads version {RunFileSchema.Version}: run the recording again"));
    }

    /// <summary>Each table is there with its columns.</summary>
    private void CheckTables()
    {
        foreach ((string table, string columns) in RunFileSchema.Tables)
        {
            string[] wanted = ColumnsOf(columns);
            string[] found = Guard(() =>
            {
                var names = new List<string>();
                using SqliteCommand query = _file.CreateCommand();
                query.CommandText = $"PRAGMA table_info({table})";
                using SqliteDataReader row = query.ExecuteReader();
                while (row.Read())
                    names.Add(row.GetString(1));
                return names.ToArray();
            });
            if (!found.Take(wanted.Length).SequenceEqual(wanted, StringComparer.Ordinal))
                throw new RunFileException(_path, $"is damaged: table {table} is not as it should be");
        }
    }

    private SortedDictionary<string, string> Pairs(string table)
    {
        var pairs = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach ((string name, string text) in Rows(table, row => (row.GetString(0), row.GetString(1))))
            pairs[name] = text;
        return pairs;
    }

    private List<T> Rows<T>(string table, Func<SqliteDataReader, T> take) => Guard(() =>
    {
        var rows = new List<T>();
        using SqliteCommand query = _file.CreateCommand();
        query.CommandText = $"SELECT * FROM {table} ORDER BY rowid";
        using SqliteDataReader row = query.ExecuteReader();
        while (row.Read())
            rows.Add(take(row));
        return rows;
    });

    // What a damaged file may lead SQLite, or whoever reads its values, to.
    private T Guard<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception exception) when (exception is SqliteException or InvalidCastException or InvalidOperationException or FormatException
            or OverflowException or ArgumentException or IndexOutOfRangeException or IOException or InvalidDataException or JsonException)
        {
            throw new RunFileException(_path, $"is damaged: {exception.Message}", exception);
        }
    }

    private static long? NumberOrNull(SqliteDataReader row, int column) => row.IsDBNull(column) ? null : row.GetInt64(column);

    private static ulong Address(SqliteDataReader row, int column) => unchecked((ulong)row.GetInt64(column));

    private static MemorySample MemoryOf(SqliteDataReader row) => new()
    {
        TimeNs = At(row, "time_ns"),
        Free = At(row, "free"),
        InactiveAnon = At(row, "inactive_anon"),
        ActiveAnon = At(row, "active_anon"),
        InactiveFile = At(row, "inactive_file"),
        ActiveFile = At(row, "active_file"),
        Unevictable = At(row, "unevictable"),
        SwapUsed = At(row, "swap_used"),
        Dirty = At(row, "dirty"),
        Writeback = At(row, "writeback"),
        Faults = At(row, "faults"),
        MajorFaults = At(row, "major_faults"),
        Refaults = At(row, "refaults"),
        KswapdRuns = At(row, "kswapd_runs"),
        ScanKswapd = At(row, "scan_kswapd"),
        ScanDirect = At(row, "scan_direct"),
    };

    private static ReclaimSample ReclaimOf(SqliteDataReader row) => new()
    {
        StealKswapd = At(row, "steal_kswapd"),
        StealDirect = At(row, "steal_direct"),
        Activate = At(row, "activate"),
        Deactivate = At(row, "deactivate"),
        Refill = At(row, "refill"),
        Rotated = At(row, "rotated"),
        AllocStalls = At(row, "allocstall"),
        PswpIn = At(row, "pswpin"),
        PswpOut = At(row, "pswpout"),
        MemorySomeNs = At(row, "psi_memory_some_ns"),
        MemoryFullNs = At(row, "psi_memory_full_ns"),
        IoSomeNs = At(row, "psi_io_some_ns"),
        AnonPages = At(row, "anon_pages"),
        FilePages = At(row, "file_pages"),
        Shmem = At(row, "shmem"),
        Slab = At(row, "slab"),
        PageTables = At(row, "page_tables"),
        KernelStackKib = At(row, "kernel_stack_kib"),
    };

    private static long At(SqliteDataReader row, string column) => row.GetInt64(row.GetOrdinal(column));
}
