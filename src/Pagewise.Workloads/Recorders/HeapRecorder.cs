using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Pagewise.Workloads;

/// <summary>
/// Records every call of the malloc family that a program and its children make, with threads, results and malloc's own
/// system calls, by preloading <c>native/heaprec.c</c>. A recording for each process image that called malloc.
/// </summary>
public static class HeapRecorder
{
    /// <summary>Runs a program to its end and writes its recordings.</summary>
    /// <param name="options">What to run.</param>
    /// <param name="output">
    /// The program's own recording: <c>.pgw</c> for Pagewise's binary, any other name for text. Those of other processes
    /// and earlier images stand beside it, with the process's number before the extension.
    /// </param>
    /// <exception cref="RecorderException">There is no C compiler or no such program, or nothing was recorded.</exception>
    public static HeapRecorderResult Record(RecorderOptions options, string output)
    {
        string program = RecorderTools.FindProgram(options);
        string library = HeapRecorderLibrary.Build();
        string? folder = null;
        try
        {
            folder = Directory.CreateTempSubdirectory("pagewise-heap-").FullName;
            // Children may run as other users.
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(folder, (UnixFileMode)0b111_111_111);
            var warnings = new List<string>();
            (int pid, int status) = Run(options, program, library, folder, warnings);
            List<HeapRecording> recordings = Keep(folder, pid, output, warnings);
            if (recordings.Count == 0)
                throw new RecorderException($"{options.Program}: no call was recorded: it is statically linked, has another C library, or runs as another user");
            return new HeapRecorderResult(status, recordings, warnings);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new RecorderException($"{output}: cannot be written: {fault.Message.ReplaceLineEndings(" ")}", fault);
        }
        finally
        {
            if (folder is not null)
                Directory.Delete(folder, recursive: true);
        }
    }

    private static (int Pid, int ExitStatus) Run(RecorderOptions options, string program, string library, string folder, List<string> warnings)
    {
        string env = RecorderTools.Find("env", "coreutils");
        string? preload = Environment.GetEnvironmentVariable("LD_PRELOAD");
        var command = new List<string>
        {
            env, $"PAGEWISE_HEAP_DIR={folder}", string.IsNullOrEmpty(preload) ? $"LD_PRELOAD={library}" : $"LD_PRELOAD={library}:{preload}", program,
        };
        command.AddRange(options.Arguments);
        if (!options.KeepRandomisation)
        {
            // Containers may forbid it; the recording is sound all the same, only not the same twice.
            if (RecorderTools.TryFind("setarch", out string? setarch) && Runs(setarch))
                command.InsertRange(0, [setarch, "-R"]);
            else
                warnings.Add("address space randomisation could not be turned off (setarch -R)");
        }

        using Process process = RecorderTools.Start(command[0], command.Skip(1), options);
        // Ctrl-C is the program's to handle: what it did until then is recorded.
        ConsoleCancelEventHandler stay = (_, key) => key.Cancel = true;
        Console.CancelKeyPress += stay;
        try
        {
            process.WaitForExit();
        }
        finally
        {
            Console.CancelKeyPress -= stay;
        }

        return (process.Id, process.ExitCode);
    }

    private static bool Runs(string setarch)
    {
        using Process? process = Process.Start(
            new ProcessStartInfo(setarch, ["-R", "true"]) { UseShellExecute = false, RedirectStandardError = true, RedirectStandardOutput = true });
        process?.WaitForExit();
        return process?.ExitCode == 0;
    }

    private static List<HeapRecording> Keep(string folder, int pid, string output, List<string> warnings)
    {
        var recordings = new List<HeapRecording>();
        List<RawHeapFile> files = RawHeapFile.All(folder);
        // The program's own is the last image of the process that was started: wrappers such as nice come before it.
        int own = files.FindLastIndex(file => file.Pid == pid);
        if (own >= 0)
        {
            RawHeapFile file = files[own];
            files.RemoveAt(own);
            files.Insert(0, file);
        }

        foreach (RawHeapFile file in files)
        {
            string path = recordings.Count == 0 ? output : BesideName(output, file);
            HeapRecording recording = Write(file, path, warnings);
            if (recording.Calls > 0)
                recordings.Add(recording);
            else if (path != output)
                File.Delete(path);
        }

        if (recordings.Count == 0)
            File.Delete(output);
        return recordings;
    }

    private static string BesideName(string output, RawHeapFile file)
    {
        string extension = Path.GetExtension(output);
        string image = file.Image == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $".{file.Image}");
        return string.Create(CultureInfo.InvariantCulture, $"{output[..^extension.Length]}.{file.Pid}{image}{extension}");
    }

    private static HeapRecording Write(RawHeapFile file, string path, List<string> warnings)
    {
        if (!path.EndsWith(".pgw", StringComparison.Ordinal))
        {
            using Stream source = file.Open();
            using FileStream target = File.Create(path);
            source.CopyTo(target);
        }

        using RecordingReader reader = RecordingReader.Open(path, file.Open());
        using PgwWriter? writer = path.EndsWith(".pgw", StringComparison.Ordinal) ? new PgwWriter(path, isHeap: true) : null;
        var batch = new EventBatch();
        long calls = 0;
        string program = "";
        while (reader.Read(batch))
        {
            writer?.Write(batch);
            calls += batch.HeapCalls.Count;
            foreach (NoteRecord note in batch.Notes.Span)
            {
                string body = Encoding.UTF8.GetString(batch.Body(note));
                if (note.Kind == NoteKind.HeapProgram)
                    program = body;
                else if (body.StartsWith("warning: ", StringComparison.Ordinal))
                    warnings.Add($"{Path.GetFileName(path)}: {body["warning: ".Length..]}");
            }
        }

        writer?.Complete();
        return new HeapRecording(path, file.Pid, program, calls);
    }
}
