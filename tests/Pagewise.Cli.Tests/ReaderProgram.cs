using System.Diagnostics;

namespace Pagewise.Cli.Tests;

/// <summary>Programs of other people that read /proc.</summary>
internal static class ReaderProgram
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    /// <summary>A program's path; null when it is not on PATH.</summary>
    public static string? Find(string name) =>
        Environment.GetEnvironmentVariable("PATH")?.Split(':').Append("/usr/bin").Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);

    /// <summary>A python3 that has a module: Debian's before one of the user's own; null when none has.</summary>
    public static string? PythonWith(string module) =>
        new[] { "/usr/bin/python3", Find("python3") }.FirstOrDefault(python => python is not null && File.Exists(python) && Run(python, ["-c", "import " + module]).Status == 0);

    /// <summary>What a program prints; it must end well.</summary>
    public static string Output(string program, params string[] words)
    {
        (int status, string output, string error) = Run(program, words);
        status.ShouldBe(0, error);
        error.ShouldBeEmpty();
        return output;
    }

    private static (int Status, string Output, string Error) Run(string program, string[] words)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, words)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        })!;
        process.StandardInput.Close();
        Task<string> error = process.StandardError.ReadToEndAsync();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        if (!process.WaitForExit(Patience))
            process.Kill();
        process.WaitForExit();
        return (process.ExitCode, output.Result, error.Result);
    }
}
