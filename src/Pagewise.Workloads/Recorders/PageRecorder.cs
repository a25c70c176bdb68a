using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Pagewise.Workloads;

/// <summary>
/// Records every memory access and every system call of one run with valgrind's lackey, which prints both into one log,
/// so that they are in order and speak of the same addresses. The addresses are those of valgrind's arrangement, not
/// of Linux's. Not recorded: what the kernel itself reads and writes for the program, forked children and programs
/// that they execute, and which thread made an access.
/// </summary>
public static class PageRecorder
{
    private static readonly string[] Losses =
    [
        "addresses are valgrind's: a mapping lies elsewhere than in a run without valgrind",
        "not recorded: the kernel's own accesses for system calls, forked children, and which thread made an access",
    ];

    /// <summary>Runs a program to its end and writes the recording.</summary>
    /// <param name="options">What to run.</param>
    /// <param name="output">The file; always in <c>.pgw</c> format.</param>
    /// <param name="quality">Brotli's quality, 0 (fast) to 11 (small).</param>
    /// <exception cref="RecorderException">A tool or the program is missing, or valgrind cannot run it.</exception>
    public static RecorderResult Record(RecorderOptions options, string output, int quality = 5)
    {
        string valgrind = RecorderTools.Find("valgrind", "valgrind");
        string? setarch = options.KeepRandomisation ? null : RecorderTools.Find("setarch", "util-linux");
        string program = RecorderTools.FindProgram(options);
        try
        {
            using var writer = new PgwWriter(output, quality);
            RecorderResult result = Record(options, valgrind, setarch, program, writer);
            writer.Complete();
            return result;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new RecorderException($"{output}: cannot be written: {fault.Message.ReplaceLineEndings(" ")}", fault);
        }
    }

    private static RecorderResult Record(RecorderOptions options, string valgrind, string? setarch, string program, PgwWriter writer)
    {
        using var log = new Fifo();
        string[] command =
        [
            valgrind, "--tool=lackey", "--trace-mem=yes", "--trace-syscalls=yes", "--child-silent-after-fork=yes",
            "--vgdb=no", $"--log-file={log.FilePath}", program, .. options.Arguments,
        ];
        if (setarch is not null)
            command = [setarch, "-R", .. command];
        using Process process = RecorderTools.Start(command[0], command.Skip(1), options);
        log.EndWith(process);

        // The pipe holds a small part of what ld.so does before its first system call; valgrind waits for it to be
        // read, so the map is the one at the start.
        if (!log.Await("\nI  "u8))
        {
            process.WaitForExit();
            throw new RecorderException($"{program}: valgrind did not run it; see valgrind's own message above");
        }

        int pid = process.Id;
        writer.Write(Start(pid, program, options, RecorderTools.FirstLine(valgrind, "--version")));
        using RecordingReader reader = RecordingReader.Open(program, log);
        var files = new RecordedFiles(options.WorkingDirectory ?? Environment.CurrentDirectory);
        var batch = new EventBatch();
        while (reader.Read(batch))
        {
            files.Complete(batch);
            writer.Write(batch);
        }

        process.WaitForExit();
        return new RecorderResult(process.ExitCode, Losses);
    }

    /// <summary>What a recording of calls begins with: the header, the execve and the copy of the process after it.</summary>
    private static EventBatch Start(int pid, string program, RecorderOptions options, string version)
    {
        ValgrindMaps maps = ValgrindMaps.Read(File.ReadLines($"/proc/{pid}/maps"));
        var text = new StringBuilder();
        foreach (string line in RecorderTools.Header(program, options, $"{version} lackey"))
            text.Append(line).Append('\n');
        text.Append(CultureInfo.InvariantCulture, $"{pid} execve({Quote(program)}, [{string.Join(", ", options.Arguments.Prepend(program).Select(Quote))}], NULL) = 0\n");
        text.Append(CultureInfo.InvariantCulture, $"#S {pid} exec comm={Comm(program)} threads=1");
        if (ElfImage.TryRead(maps.Program, maps.FirstMap, out ElfImage image))
            text.Append(CultureInfo.InvariantCulture, $" start_code=0x{image.StartCode:x} end_code=0x{image.EndCode:x} start_data=0x{image.StartData:x} end_data=0x{image.EndData:x}");
        if (maps.StartBrk != 0)
            text.Append(CultureInfo.InvariantCulture, $" start_brk=0x{maps.StartBrk:x}");
        text.Append('\n');
        foreach (string line in maps.Lines.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            text.Append(CultureInfo.InvariantCulture, $"#M {pid} {line}\n");
        using RecordingReader reader = RecordingReader.Open(program, new MemoryStream(Encoding.UTF8.GetBytes(text.ToString())));
        var batch = new EventBatch();
        reader.Read(batch);
        return batch;
    }

    private static string Comm(string program)
    {
        // TASK_COMM_LEN is 16 with the ending 0.
        string name = Path.GetFileName(program);
        return name.Length > 15 ? name[..15] : name;
    }

    private static string Quote(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (byte value in Encoding.UTF8.GetBytes(text))
        {
            if (value is (byte)'"' or (byte)'\\')
                quoted.Append('\\').Append((char)value);
            else if (value is < 0x20 or >= 0x7f)
                quoted.Append(CultureInfo.InvariantCulture, $"\\x{value:x2}");
            else
                quoted.Append((char)value);
        }

        return quoted.Append('"').ToString();
    }
}
