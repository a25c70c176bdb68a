using System.Text;
using Pagewise.Abi;

namespace Pagewise.Workloads.Tests.Recorders;

/// <summary>The recorders on real programs of this machine; alone, because one test changes PATH.</summary>
[Collection(nameof(RecorderTests))]
[CollectionDefinition(nameof(RecorderTests), DisableParallelization = true)]
public sealed class RecorderTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("pagewise-test-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("a.strace")]
    [InlineData("a.pgw")]
    public void ASystemCallRecordingBeginsWithTheProgramAndHoldsItsMaps(string name)
    {
        string path = Path.Combine(_folder.FullName, name);
        RecorderResult result = SystemCallRecorder.Record(new RecorderOptions("sh", ["-c", "true & wait; /bin/true; exit 3"]), path);
        result.ExitStatus.ShouldBe(3);
        _folder.GetFiles().Select(file => file.Name).ShouldBe([name], "nothing is left beside the recording");
        var calls = new List<Sysno>();
        var notes = new List<(NoteKind Kind, int Tid, string Body)>();
        Read(path, (batch, item) =>
        {
            if (item.Kind == EventKind.Call)
                calls.Add(batch.Calls[item.Index].Sysno);
            else
                notes.Add((batch.Notes[item.Index].Kind, item.Tid, Encoding.UTF8.GetString(batch.Body(batch.Notes[item.Index]))));
        });
        calls[0].ShouldBe(Sysno.Execve);
        calls.Count(call => call == Sysno.Execve).ShouldBe(2);
        calls.Count(call => call is Sysno.Fork or Sysno.Vfork or Sysno.Clone or Sysno.Clone3).ShouldBe(2);
        calls.Count(call => call == Sysno.ExitGroup).ShouldBe(3);
        notes.Count(note => note.Kind == NoteKind.Exited).ShouldBe(3);
        notes.ShouldNotContain(note => note.Kind == NoteKind.NoCopy);
        notes.Count(note => note.Kind == NoteKind.Stat && note.Body.StartsWith("exec comm=", StringComparison.Ordinal)).ShouldBe(2);
        notes.Count(note => note.Kind == NoteKind.Stat && note.Body.StartsWith("exit comm=", StringComparison.Ordinal)).ShouldBe(3);
        notes.ShouldContain(note => note.Kind == NoteKind.Limits && note.Body.Contains("personality=00040000", StringComparison.Ordinal));
        notes.Count(note => note.Kind == NoteKind.Map && note.Body.Contains("[stack]", StringComparison.Ordinal)).ShouldBe(5);
        notes[1].Kind.ShouldBe(NoteKind.Kernel);
    }

    [Theory]
    [InlineData(0, "true")]
    [InlineData(3, "sh", "-c", "/bin/echo hello | cat; (exit 4); exit 3")]
    public void EveryAccessOfAPageRecordingFallsIntoAMapping(int status, string program, params string[] arguments)
    {
        string path = Path.Combine(_folder.FullName, "pages.pgw");
        PageRecorder.Record(new RecorderOptions(program, arguments), path).ExitStatus.ShouldBe(status);
        _folder.GetFiles().Select(file => file.Name).ShouldBe(["pages.pgw"]);
        CheckMapped(path, atLeast: 50_000);
    }

    [Fact]
    public void FilesOfAPageRecordingAreThoseThatLinksLeadTo()
    {
        string path = Path.Combine(_folder.FullName, "true.pgw");
        PageRecorder.Record(new RecorderOptions("true", []), path);
        var sizes = new Dictionary<string, long>();
        Read(path, (batch, item) =>
        {
            if (item.Kind != EventKind.Call)
                return;
            CallRecord call = batch.Calls[item.Index];
            if (call.Sysno == Sysno.Newfstatat && batch.FileStatus(call).HasSize && call.FdPath != 0)
                sizes[batch.Strings.GetString(call.FdPath)] = batch.FileStatus(call).SizeBytes;
        });
        sizes.ShouldNotBeEmpty();
        foreach ((string file, long size) in sizes)
        {
            new FileInfo(file).LinkTarget.ShouldBeNull(file);
            size.ShouldBe(new FileInfo(file).Length, file);
        }

        sizes.Keys.ShouldContain(file => file.Contains("libc.so", StringComparison.Ordinal));
    }

    [Fact]
    public void EveryAccessOfTheShippedExampleFallsIntoAMapping()
    {
        string path = Examples("python3.pgw");
        new FileInfo(path).Length.ShouldBeLessThan(8 << 20);
        CheckMapped(path, atLeast: 20_000_000);
    }

    [Fact]
    public void TheShippedTextExamplesAreRead()
    {
        Recorded student = Recorded.Read(RecordingReader.Open(Examples("student.touch.log")));
        student.Counts[EventKind.Touch].ShouldBe(10);
        Recorded ls = Recorded.Read(RecordingReader.Open(Examples("ls.strace")));
        ls.Counts[EventKind.Call].ShouldBeGreaterThan(100);
        ls.UnknownCalls.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void AProgramThatIsNotThereIsNamed(bool pages)
    {
        string path = Path.Combine(_folder.FullName, "x.pgw");
        foreach (string program in (string[])["no-such-program-here", "./no/such", "/etc/passwd"])
        {
            var options = new RecorderOptions(program, []);
            RecorderException fault = Should.Throw<RecorderException>(() => pages ? PageRecorder.Record(options, path) : SystemCallRecorder.Record(options, path));
            fault.Message.ShouldStartWith($"{program}: no such program");
        }

        _folder.GetFiles().ShouldBeEmpty();
    }

    [Fact]
    public void AMissingToolIsNamedWithItsPackage()
    {
        string path = Path.Combine(_folder.FullName, "x.pgw");
        string? before = Environment.GetEnvironmentVariable("PATH");
        try
        {
            Environment.SetEnvironmentVariable("PATH", _folder.FullName);
            Should.Throw<RecorderException>(() => SystemCallRecorder.Record(new RecorderOptions("/bin/true", []), path))
                .Message.ShouldBe("record needs strace: install the package strace");
            Should.Throw<RecorderException>(() => PageRecorder.Record(new RecorderOptions("/bin/true", []), path))
                .Message.ShouldBe("record needs valgrind: install the package valgrind");
        }
        finally
        {
            Environment.SetEnvironmentVariable("PATH", before);
        }
    }

    private static void CheckMapped(string path, long atLeast)
    {
        var mapped = new MappedRanges();
        using RecordingReader reader = RecordingReader.Open(path);
        var batch = new EventBatch();
        while (reader.Read(batch))
            mapped.Take(batch);
        mapped.Outside.ShouldBe(0, $"{mapped.FirstOutside:x}");
        mapped.Inside.ShouldBeGreaterThan(atLeast);
    }

    private static void Read(string path, Action<EventBatch, Event> take)
    {
        using RecordingReader reader = RecordingReader.Open(path);
        var batch = new EventBatch();
        while (reader.Read(batch))
        {
            foreach (Event item in batch.Events.Span)
                take(batch, item);
        }
    }

    private static string Examples(string name)
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string path = Path.Combine(folder.FullName, "examples", name);
            if (File.Exists(path))
                return path;
        }

        throw new FileNotFoundException(name);
    }
}
