using Pagewise.Abi;

namespace Pagewise.Kernel.PageCache;

/// <summary>
/// An error of write-back that each open file is told once (errseq_t, lib/errseq.c): the errno, whether anybody has seen
/// it, and a count of those that were seen.
/// </summary>
public static class Errseq
{
    private const uint ErrnoMask = 0xfff;
    private const uint Seen = 0x1000;
    private const uint CountStep = 0x2000;

    /// <summary>Notes an error (errseq_set).</summary>
    public static void Set(ref uint sequence, Errno error)
    {
        uint changed = (sequence & ~(ErrnoMask | Seen)) | (uint)error;
        // Only what somebody looked at has to look different.
        if ((sequence & Seen) != 0)
            changed += CountStep;
        sequence = changed;
    }

    /// <summary>Where somebody begins to watch (errseq_sample): an error that nobody has seen yet is still to be told.</summary>
    public static uint Sample(uint sequence) => (sequence & Seen) == 0 ? 0 : sequence;

    /// <summary>What happened since somebody looked last (errseq_check_and_advance).</summary>
    public static Errno CheckAndAdvance(ref uint sequence, ref uint since)
    {
        if (sequence == since)
            return Errno.None;
        sequence |= Seen;
        since = sequence;
        return (Errno)(int)(sequence & ErrnoMask);
    }
}
