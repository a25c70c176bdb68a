using System.IO.Compression;
using Microsoft.Data.Sqlite;
using Pagewise.Reports.Locality;
using Pagewise.Reports.RunFiles;
using Pagewise.Reports.Series;
using Pagewise.Reports.Snapshots;

namespace Pagewise.Reports.Tests.RunFiles;

/// <summary>Run files are written whole, the same each time, and read back; a damaged one is told by one line.</summary>
public sealed class RunFileTests : IDisposable
{
    private const string Hostile = "a'\"; DROP TABLE meta; --\n</script>\u001b[31m\u2028";

    private readonly string _folder = Directory.CreateTempSubdirectory("pagewise-test-").FullName;

    private string Place => Path.Combine(_folder, "run.db");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void WhatWasWrittenIsReadBack()
    {
        RunFile run = Some();
        RunFileWriter.Write(Place, run);
        RunFile read = RunFileReader.Read(Place);
        read.Meta.ShouldBe(run.Meta);
        read.Documents.ShouldBe(run.Documents);
        read.Samples.Count.ShouldBe(1);
        read.Samples[0].Memory.ShouldBe(run.Samples[0].Memory);
        read.Samples[0].Reclaim.ShouldBe(run.Samples[0].Reclaim);
        read.Samples[0].Processes.ShouldBe(run.Samples[0].Processes);
        read.Samples[0].Vmstat.ShouldBe(run.Samples[0].Vmstat);
        read.Watermarks.ShouldBe(run.Watermarks);
        read.Processes.ShouldBe(run.Processes);
        read.Faults.ShouldBe(run.Faults);
        read.FaultSites.ShouldBe(run.FaultSites);
        read.Heat.ShouldBe(run.Heat);
        read.TraceEvents.ShouldBe(run.TraceEvents);
        read.Kills.ShouldBe(run.Kills);
        read.Scores.ShouldBe(run.Scores);
        read.Snapshots.Single().Body.ShouldBe(run.Snapshots[0].Body);
        using RunFileReader reader = RunFileReader.Open(Place);
        reader.Snapshot(read.Snapshots[0]).Line.ShouldBe(6);
        read.SnapshotVmas.ShouldBe(run.SnapshotVmas);
        read.SnapshotFree.ShouldBe(run.SnapshotFree);
        read.MissRatios.ShouldBe(run.MissRatios);
        read.WorkingSets.ShouldBe(run.WorkingSets);
    }

    [Fact]
    public void TheSameRunGivesTheSameBytes()
    {
        RunFileWriter.Write(Place, Some());
        byte[] first = File.ReadAllBytes(Place);
        RunFileWriter.Write(Place, Some());
        File.ReadAllBytes(Place).ShouldBe(first);
        Directory.GetFiles(_folder).ShouldBe([Place]);
    }

    [Fact]
    public void AFileThatCannotBeWrittenLeavesTheOldOneAndNothingElse()
    {
        RunFileWriter.Write(Place, Some());
        byte[] first = File.ReadAllBytes(Place);
        RunFile broken = Some() with { Meta = new Dictionary<string, string> { ["key"] = null! } };
        Should.Throw<RunFileException>(() => RunFileWriter.Write(Place, broken)).Message.ShouldContain("cannot be written");
        File.ReadAllBytes(Place).ShouldBe(first);
        Directory.GetFiles(_folder).ShouldBe([Place]);
    }

    [Theory]
    [InlineData("text", "is no run file")]
    [InlineData("empty", "is no run file")]
    [InlineData("sqlite", "is an SQLite file, but no run file")]
    [InlineData("version", "has version 99 of the tables")]
    [InlineData("missing", "no such file")]
    [InlineData("folder", "cannot be read")]
    [InlineData("table", "table heat is not as it should be")]
    public void WhatIsNoRunFileIsToldInOneLine(string what, string message)
    {
        string path = Place;
        switch (what)
        {
            case "text":
                File.WriteAllText(path, new string('x', 4096));
                break;
            case "empty":
                File.WriteAllText(path, "");
                break;
            case "sqlite":
                Change(path, "CREATE TABLE some(thing)");
                break;
            case "version":
                RunFileWriter.Write(path, Some());
                Change(path, "PRAGMA user_version=99");
                break;
            case "folder":
                path = _folder;
                break;
            case "table":
                RunFileWriter.Write(path, Some());
                Change(path, "ALTER TABLE heat RENAME COLUMN region TO place");
                break;
        }

        RunFileException exception = Should.Throw<RunFileException>(() => RunFileReader.Read(path));
        exception.Message.ShouldStartWith(path);
        exception.Message.ShouldContain(message);
        exception.Message.ShouldNotContain("\n");
    }

    [Fact]
    public void AColumnAddedLaterIsPassedOver()
    {
        RunFileWriter.Write(Place, Some());
        Change(Place, "ALTER TABLE heat ADD COLUMN more INTEGER");
        RunFileReader.Read(Place).Heat.ShouldBe(Some().Heat);
    }

    /// <summary>Damage gives one line or, where it hit a value, another value; never anything else.</summary>
    [Fact]
    public void DamagedFilesNeverCrash()
    {
        RunFileWriter.Write(Place, Some());
        byte[] whole = File.ReadAllBytes(Place);
        var random = new Random(4);
        string damaged = Path.Combine(_folder, "damaged.db");
        int refused = 0;
        for (int round = 0; round < 600; round++)
        {
            byte[] bytes = [.. whole];
            if (round % 3 == 0)
            {
                bytes = bytes[..random.Next(bytes.Length)];
            }
            else
            {
                for (int flips = random.Next(1, 40); flips > 0; flips--)
                    bytes[random.Next(round % 3 == 1 ? bytes.Length : 512)] ^= (byte)(1 << random.Next(8));
            }

            File.WriteAllBytes(damaged, bytes);
            try
            {
                RunFile run = RunFileReader.Read(damaged);
                using RunFileReader reader = RunFileReader.Open(damaged);
                foreach (RunSnapshot snapshot in run.Snapshots)
                    _ = reader.Snapshot(snapshot);
            }
            catch (RunFileException exception)
            {
                exception.Message.ShouldNotContain("\n");
                refused++;
            }
        }

        refused.ShouldBeGreaterThan(200);
    }

    private static void Change(string path, string sql)
    {
        using var file = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        file.Open();
        using SqliteCommand command = file.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static byte[] SnapshotBody()
    {
        var packed = new MemoryStream();
        using (var brotli = new BrotliStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            brotli.Write(MachineSnapshotJson.Write(Snapshot()));
        return packed.ToArray();
    }

    private static MachineSnapshot Snapshot() => new() { TimeNs = 4, Line = 6, Reason = "time", PageTableLevels = 4, PageTableEntryBytes = 8, Spaces = [], Zones = [], Frames = new Runs() };

    private static RunFile Some() => new()
    {
        Meta = new SortedDictionary<string, string>(StringComparer.Ordinal) { ["recording"] = Hostile, ["schema_version"] = "1" },
        Documents = new SortedDictionary<string, string>(StringComparer.Ordinal) { ["report"] = "{}", ["dmesg"] = Hostile },
        Samples = [new RunSample(1, new MemorySample { TimeNs = 5, Free = 6, Dirty = 7, ScanDirect = 8 }, new ReclaimSample { StealDirect = 9, KernelStackKib = 10 }, [new RunProcessSample(3, 4, 5, 6)], [new RunVmstat("pgfault", 77)])],
        Watermarks = [new RunWatermark("Normal", 0, 1, 2, 3, 4, 5, 6)],
        Processes = [new RunProcess(3, 0, Hostile, 0, null, null), new RunProcess(4, 3, "b", 5, 9, "oom")],
        Faults = [new RunFault(1, 3, 0x7fff_ffff_f000, "anonymous", false, 1, 500), new RunFault(2, 3, 0xffff_8000_0000_0000, "segv_maperr", false, 0, 5)],
        FaultSites = [new RunFaultSite(3, Hostile, "file", 12)],
        Heat = [new RunHeat(1, 3, 0x3fff, 128)],
        TraceEvents = [new RunTraceEvent(1, 0, 3, Hostile, "mm_vmscan_kswapd_wake", "nid=0 order=0")],
        Kills = [new RunKill(8, 4, "b", null, -5, "Out of memory")],
        Scores = [new RunScore(8, 4, "b", 1, 2, 3, -5, 6), new RunScore(8, 5, "c", 1, 2, 3, -1000, null)],
        Snapshots = [new RunSnapshot(1, 4, 5, 6, "time", SnapshotBody())],
        SnapshotVmas = [new RunSnapshotVma(1, 3, 0x1000, 0x2000, "rw-p", 0x73, Hostile, 1, 0)],
        SnapshotFree = [new RunSnapshotFree(1, 0, "Normal", 3, "Movable", 17)],
        MissRatios = [new MissRatioPoint(1, 2, 3)],
        WorkingSets = [new WorkingSet(10_000, 1, 2, 3)],
    };
}
