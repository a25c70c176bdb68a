using System.Diagnostics;

namespace Pagewise.Workloads.Tests.Recorders;

/// <summary>A C program built for a test, in a folder of its own.</summary>
internal sealed class CompiledProgram : IDisposable
{
    public CompiledProgram(string code)
    {
        Folder = Directory.CreateTempSubdirectory("pagewise-test-").FullName;
        Program = Path.Combine(Folder, "program");
        string source = Program + ".c";
        File.WriteAllText(source, code);
        using Process compiler = Process.Start(new ProcessStartInfo("cc", ["-O1", "-fno-builtin", "-w", "-pthread", "-o", Program, source]) { UseShellExecute = false, RedirectStandardError = true })!;
        string messages = compiler.StandardError.ReadToEnd();
        compiler.WaitForExit();
        compiler.ExitCode.ShouldBe(0, messages);
    }

    public string Folder { get; }

    public string Program { get; }

    public string Output(string name) => Path.Combine(Folder, name);

    public HeapRecorderResult RecordHeap(string output, params string[] arguments) =>
        HeapRecorder.Record(new RecorderOptions(Program, arguments), Output(output));

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
