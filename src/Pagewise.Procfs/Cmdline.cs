using System.Text;
using Pagewise.Kernel;

namespace Pagewise.Procfs;

/// <summary>
/// /proc/PID/cmdline (get_mm_cmdline, fs/proc/base.c): the arguments, each ended by a zero byte; reading and writing give
/// the same bytes. A program that overwrites its arguments shows what it wrote, maybe without a zero byte at the end.
/// </summary>
/// <param name="Arguments">The arguments; none for a kernel thread.</param>
/// <param name="IsEnded">Whether the last one is ended by a zero byte.</param>
public sealed record Cmdline(IReadOnlyList<string> Arguments, bool IsEnded = true)
{
    /// <summary>The file's name under /proc/PID.</summary>
    public const string FileName = "cmdline";

    private const char End = '\0';

    /// <summary>Reads the file's text: every text is one.</summary>
    public static Cmdline Parse(string text)
    {
        if (text.Length == 0)
            return new Cmdline([]);
        bool isEnded = text[^1] == End;
        return new Cmdline((isEnded ? text[..^1] : text).Split(End), isEnded);
    }

    /// <summary>What a modelled process shows: its name. Recordings say how long the arguments are, not what they are.</summary>
    public static Cmdline Of(Machine machine, int task) => new([machine.Tasks.CommOf(task)]);

    /// <summary>The file's text.</summary>
    public override string ToString()
    {
        var text = new StringBuilder().AppendJoin(End, Arguments);
        return Arguments.Count > 0 && IsEnded ? text.Append(End).ToString() : text.ToString();
    }
}
