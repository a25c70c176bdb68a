using Pagewise.Abi;

namespace Pagewise.Replay;

/// <summary>How often each system call was made, and how often it failed.</summary>
public sealed class CallCounts
{
    private readonly SortedDictionary<Sysno, (long Calls, long Errors)> _counts = [];

    /// <summary>The counts, in order of call number.</summary>
    public IReadOnlyDictionary<Sysno, (long Calls, long Errors)> All => _counts;

    /// <summary>Counts one call.</summary>
    public void Add(Sysno call, bool failed)
    {
        (long calls, long errors) = _counts.GetValueOrDefault(call);
        _counts[call] = (calls + 1, errors + (failed ? 1 : 0));
    }
}
