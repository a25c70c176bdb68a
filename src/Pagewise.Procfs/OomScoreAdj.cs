using System.Globalization;
using Pagewise.Kernel.Oom;
using Pagewise.Kernel.Tasks;

namespace Pagewise.Procfs;

/// <summary>/proc/PID/oom_score_adj (oom_score_adj_read, fs/proc/base.c); reading and writing give the same bytes.</summary>
/// <param name="Value">−1000 to 1000, in thousandths of the memory that there is.</param>
public readonly record struct OomScoreAdj(short Value)
{
    /// <summary>The file's name under /proc/PID.</summary>
    public const string FileName = "oom_score_adj";

    /// <summary>Reads the file's text.</summary>
    /// <exception cref="ProcfsException">The text is not an oom_score_adj.</exception>
    public static OomScoreAdj Parse(string text)
    {
        var scanner = new ProcfsScanner(FileName, text);
        short value = (short)scanner.Number(OomBadness.ScoreAdjMin, OomBadness.ScoreAdjMax);
        scanner.EndOfLine();
        return scanner.AtEnd ? new OomScoreAdj(value) : throw scanner.Error("expected the end of the file");
    }

    /// <summary>What a modelled process shows.</summary>
    public static OomScoreAdj Of(in TaskStruct leader) => new(leader.OomScoreAdj);

    /// <summary>The file's text.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Value}\n");
}
