using System.Globalization;
using Pagewise.Kernel;
using Pagewise.Kernel.Hardware;

namespace Pagewise.Procfs;

/// <summary>/proc/pressure/memory and /proc/pressure/io (psi_show, kernel/sched/psi.c); reading and writing give the same bytes.</summary>
/// <param name="Some">Somebody stalled.</param>
/// <param name="Full">Nobody could go on.</param>
public sealed record PressureFile(PressureLine Some, PressureLine Full)
{
    /// <summary>The names under /proc.</summary>
    public const string MemoryName = "pressure/memory", IoName = "pressure/io";

    /// <summary>Reads the file's text.</summary>
    /// <param name="name">The file's name, for messages.</param>
    /// <param name="text">The text.</param>
    /// <exception cref="ProcfsException">The text is no such file.</exception>
    public static PressureFile Parse(string name, string text)
    {
        var scanner = new ProcfsScanner(name, text);
        PressureLine some = Line(ref scanner, "some");
        PressureLine full = Line(ref scanner, "full");
        return scanner.AtEnd ? new PressureFile(some, full) : throw scanner.Error("expected the end of the file");
    }

    /// <summary>What a modelled machine shows of memory.</summary>
    public static PressureFile MemoryOf(Machine machine) => Of(machine, psi => (psi.MemorySome, psi.MemoryFull));

    /// <summary>What a cgroup shows in memory.pressure.</summary>
    /// <param name="psi">Its stalls, accounted up to now; null: there were none.</param>
    public static PressureFile MemoryOf(PsiGroup? psi) =>
        psi is null ? new PressureFile(new PressureLine(0, 0, 0, 0), new PressureLine(0, 0, 0, 0)) : new PressureFile(Line(psi.MemorySome), Line(psi.MemoryFull));

    /// <summary>What it shows of its devices.</summary>
    public static PressureFile IoOf(Machine machine) => Of(machine, psi => (psi.IoSome, psi.IoFull));

    /// <summary>The file's text.</summary>
    public override string ToString() => $"some {Some}\nfull {Full}\n";

    private static PressureFile Of(Machine machine, Func<PsiGroup, (PsiLine Some, PsiLine Full)> lines)
    {
        machine.Events.Psi.Update();
        (PsiLine some, PsiLine full) = lines(machine.Events.Psi);
        return new PressureFile(Line(some), Line(full));
    }

    private static PressureLine Line(PsiLine line) => new(Percent(line.Avg10), Percent(line.Avg60), Percent(line.Avg300), (long)(line.TotalNs / 1000));

    // LOAD_INT and LOAD_FRAC: two digits, cut.
    private static decimal Percent(long average) => (average / PsiLine.One) + ((average % PsiLine.One * 100 / PsiLine.One) / 100m);

    private static PressureLine Line(ref ProcfsScanner scanner, string kind)
    {
        scanner.Expect(kind + " avg10=");
        decimal avg10 = Average(ref scanner);
        scanner.Expect("avg60=");
        decimal avg60 = Average(ref scanner);
        scanner.Expect("avg300=");
        decimal avg300 = Average(ref scanner);
        scanner.Expect("total=");
        long total = scanner.Number();
        scanner.EndOfLine();
        return new PressureLine(avg10, avg60, avg300, total);
    }

    private static decimal Average(ref ProcfsScanner scanner)
    {
        int start = scanner.Position;
        string word = scanner.Until(' ', "a percentage");
        return decimal.TryParse(word, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal value) && value.ToString("0.00", CultureInfo.InvariantCulture) == word
            ? value
            : throw scanner.Error("expected a percentage with two digits, such as 12.34", start);
    }
}
