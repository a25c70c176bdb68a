using System.Globalization;
using Pagewise.Kernel;

namespace Pagewise.Procfs;

/// <summary>/proc/uptime (uptime_proc_show, fs/proc/uptime.c); reading and writing give the same bytes.</summary>
/// <param name="UpCentiseconds">Hundredths of a second since boot.</param>
/// <param name="IdleCentiseconds">Hundredths of a second that CPUs were idle, all together.</param>
public readonly record struct Uptime(ulong UpCentiseconds, ulong IdleCentiseconds)
{
    /// <summary>The file's name under /proc.</summary>
    public const string FileName = "uptime";

    private const long NanosecondsPerCentisecond = 10_000_000;

    /// <summary>Reads the file's text.</summary>
    /// <exception cref="ProcfsException">The text is not an uptime.</exception>
    public static Uptime Parse(string text)
    {
        var scanner = new ProcfsScanner(FileName, text);
        var uptime = new Uptime(Centiseconds(ref scanner), Centiseconds(ref scanner));
        scanner.EndOfLine();
        return scanner.AtEnd ? uptime : throw scanner.Error("expected the end of the file");
    }

    /// <summary>What a modelled machine shows: its virtual time. One CPU runs at a time, the others are idle.</summary>
    public static Uptime Of(Machine machine)
    {
        ulong up = (ulong)machine.NowNs / NanosecondsPerCentisecond;
        return new Uptime(up, up * (ulong)(machine.Spec.Cpus - 1));
    }

    /// <summary>The file's text.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{UpCentiseconds / 100}.{UpCentiseconds % 100:d2} {IdleCentiseconds / 100}.{IdleCentiseconds % 100:d2}\n");

    private static ulong Centiseconds(ref ProcfsScanner scanner)
    {
        ulong seconds = (ulong)scanner.Number(0, long.MaxValue / 100);
        scanner.Expect(".");
        int start = scanner.Position;
        ulong hundredths = scanner.Unsigned();
        return hundredths < 100 && scanner.Position - start == 2 ? (seconds * 100) + hundredths : throw scanner.Error("expected two digits", start);
    }
}
