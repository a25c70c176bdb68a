using Pagewise.Kernel;

namespace Pagewise.Procfs;

/// <summary>/proc/PID/comm (comm_show, fs/proc/base.c): the task's name; reading and writing give the same bytes.</summary>
/// <param name="Name">The name. 15 bytes at most for a program; kernel threads may show more.</param>
public sealed record Comm(string Name)
{
    /// <summary>The file's name under /proc/PID.</summary>
    public const string FileName = "comm";

    /// <summary>Reads the file's text.</summary>
    /// <exception cref="ProcfsException">The text does not end with a newline.</exception>
    public static Comm Parse(string text)
    {
        var scanner = new ProcfsScanner(FileName, text);
        string name = scanner.UntilLast("\n", "a name");
        return scanner.AtEnd ? new Comm(name) : throw scanner.Error("expected the end of the file");
    }

    /// <summary>What a modelled task shows.</summary>
    public static Comm Of(Machine machine, int task) => new(machine.Tasks.CommOf(task));

    /// <summary>The file's text.</summary>
    public override string ToString() => Name + "\n";
}
