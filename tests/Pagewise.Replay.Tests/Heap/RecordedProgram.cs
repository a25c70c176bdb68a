using System.Diagnostics;
using Pagewise.Replay.Heap;
using Pagewise.Workloads;

namespace Pagewise.Replay.Tests.Heap;

/// <summary>A C program built for a test, whose heap is recorded here and now.</summary>
internal sealed class RecordedProgram : IDisposable
{
    public RecordedProgram(string code)
    {
        Folder = Directory.CreateTempSubdirectory("pagewise-test-").FullName;
        Program = Path.Combine(Folder, "program");
        string source = Program + ".c";
        File.WriteAllText(source, code);
        using Process compiler = Process.Start("cc", ["-O1", "-fno-builtin", "-w", "-pthread", "-o", Program, source]);
        compiler.WaitForExit();
        compiler.ExitCode.ShouldBe(0);
    }

    public string Folder { get; }

    public string Program { get; }

    /// <summary>Records it, with words of the environment in front, and returns the file.</summary>
    public string Record(string name, params string[] environment)
    {
        HeapRecorderResult result = HeapRecorder.Record(new RecorderOptions("env", [.. environment, Program, Folder]), Path.Combine(Folder, name));
        result.ExitStatus.ShouldBe(0);
        result.Warnings.ShouldBeEmpty();
        return result.Recordings[0].File;
    }

    public HeapScript RecordScript(string name, params string[] environment) => HeapScript.Read(Record(name, environment));

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
