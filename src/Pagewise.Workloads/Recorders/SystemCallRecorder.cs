using System.Diagnostics;
using System.Text;

namespace Pagewise.Workloads;

/// <summary>
/// Records a program's memory, process and file calls with <c>strace -f -y</c>, and after each execve and before each
/// exit_group a copy of the process from /proc. For the copies strace holds the process (its delay injection); a copy
/// that was not taken in the stop is not kept and a <c>#!</c> line says so. The first call recorded is the program's
/// own execve.
/// </summary>
public static class SystemCallRecorder
{
    private const int HoldMicroseconds = 50_000;

    // The families that decide about memory and processes, and the calls that say which file a mapping has.
    private const string Calls =
        "%memory,%process,?open,openat,?creat,close,?stat,?lstat,fstat,?newfstatat,?statx,read,pread64,lseek,dup,?dup2,dup3,fcntl," +
        "prlimit64,?getrlimit,?setrlimit,?arch_prctl,prctl,memfd_create,ftruncate,fallocate,?unlink,unlinkat,?shmget,?shmctl,set_tid_address";

    /// <summary>Runs a program to its end and writes the recording.</summary>
    /// <param name="options">What to run.</param>
    /// <param name="output">The file: <c>.pgw</c> for Pagewise's binary, any other name for strace text.</param>
    /// <exception cref="RecorderException">A tool or the program is missing, or strace may not trace.</exception>
    public static RecorderResult Record(RecorderOptions options, string output)
    {
        string strace = RecorderTools.Find("strace", "strace");
        string starter = options.KeepRandomisation ? RecorderTools.Find("env", "coreutils") : RecorderTools.Find("setarch", "util-linux");
        string program = RecorderTools.FindProgram(options);
        string text = $"{output}.{Environment.ProcessId}.log.part";
        try
        {
            RecorderResult result = RecordText(options, strace, starter, program, text);
            if (!output.EndsWith(".pgw", StringComparison.Ordinal))
            {
                File.Move(text, output, overwrite: true);
                return result;
            }

            using RecordingReader reader = RecordingReader.Open(text);
            PgwWriter.Convert(reader, output);
            return result;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new RecorderException($"{output}: cannot be written: {fault.Message.ReplaceLineEndings(" ")}", fault);
        }
        finally
        {
            File.Delete(text);
        }
    }

    private static RecorderResult RecordText(RecorderOptions options, string strace, string starter, string program, string text)
    {
        using var file = new StreamWriter(text, append: false, new UTF8Encoding(false)) { NewLine = "\n" };
        foreach (string line in RecorderTools.Header(program, options, RecorderTools.FirstLine(strace, "-V").Replace("-- version ", "", StringComparison.Ordinal)))
            file.WriteLine(line);
        file.Flush();
        using var log = new Fifo();
        string[] hold =
        [
            "-e", $"inject=execve:delay_exit={HoldMicroseconds}",
            "-e", $"inject=exit_group:delay_enter={HoldMicroseconds}",
        ];
        string[] start = options.KeepRandomisation ? [starter, program] : [starter, "-R", program];
        using Process process = RecorderTools.Start(
            strace,
            [.. (string[])["-f", "-y", "-a", "1", "-s", "64", "-o", log.FilePath, "-e", $"trace={Calls}"], .. hold, "--", .. start, .. options.Arguments],
            options);
        log.EndWith(process);
        var copier = new StraceLogCopier(log, file.BaseStream);
        copier.Copy();
        process.WaitForExit();
        if (!copier.SawProgram)
            throw new RecorderException($"{program}: strace did not see it start; see strace's own message above");
        return new RecorderResult(process.ExitCode, copier.Warnings);
    }
}
