using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace Pagewise.Benchmarks;

/// <summary>
/// The live kernel's own figures, measured in the same run as the model's: compiles <c>native/livekernel.c</c> with the
/// system's C compiler, runs it once and keeps nanoseconds by name.
/// </summary>
public static class LiveKernel
{
    private static readonly Lazy<Dictionary<string, double>> Measured = new(Measure);

    /// <summary>Why there are no figures (no Linux, no compiler); null when there are.</summary>
    public static string? Unavailable { get; private set; }

    /// <summary>The figure in nanoseconds, or null where it could not be measured.</summary>
    /// <param name="figure">A name that <c>livekernel</c> prints.</param>
    public static double? Nanoseconds(string figure) => Measured.Value.TryGetValue(figure, out double value) ? value : null;

    private static Dictionary<string, double> Measure()
    {
        var figures = new Dictionary<string, double>(StringComparer.Ordinal);
        if (!OperatingSystem.IsLinux())
        {
            Unavailable = "the live figures need Linux";
            return figures;
        }

        string source = Path.Combine(AppContext.BaseDirectory, "native", "livekernel.c");
        string program = Path.Combine(Path.GetTempPath(), $"pagewise-livekernel-{Environment.ProcessId}");
        try
        {
            // Static: a process of about ten VMAs, as the figure's name says. Not every system has a static libc.
            if (Run("cc", "-O2", "-static", "-o", program, source) is null && Run("cc", "-O2", "-o", program, source) is null)
                return figures;
            foreach (string line in Run(program)?.Split('\n', StringSplitOptions.RemoveEmptyEntries) ?? [])
            {
                int space = line.IndexOf(' ');
                figures[line[..space]] = double.Parse(line[(space + 1)..], CultureInfo.InvariantCulture);
            }

            Unavailable = null;
        }
        finally
        {
            File.Delete(program);
        }

        return figures;
    }

    private static string? Run(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments)
            {
                UseShellExecute = false,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            Task<string> errors = process.StandardError.ReadToEndAsync();
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            if (process.ExitCode == 0)
                return output;
            Unavailable = $"{program} ended with {process.ExitCode}: {errors.Result.Trim()}";
        }
        catch (Win32Exception exception)
        {
            Unavailable = $"{program} could not be started: {exception.Message}";
        }

        return null;
    }
}
