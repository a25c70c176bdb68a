using Pagewise.Kernel.Hardware;

namespace Pagewise.Replay;

/// <summary>What the replay keeps beside an address space: where recorded addresses lie, and what was called in it.</summary>
public sealed class ReplaySpace
{
    /// <summary>A fresh address space.</summary>
    public ReplaySpace() => Addresses = new AddressMap();

    /// <summary>The address space of a forked child.</summary>
    public ReplaySpace(ReplaySpace parent)
    {
        Addresses = new AddressMap(parent.Addresses);
        RecordedStartBrk = parent.RecordedStartBrk;
        ModelStartBrk = parent.ModelStartBrk;
        Program = parent.Program;
        UnseenRanges = parent.UnseenRanges;
    }

    /// <summary>Where recorded addresses lie in the model.</summary>
    public AddressMap Addresses { get; }

    /// <summary>System calls made in it.</summary>
    public CallCounts Calls { get; } = new();

    /// <summary>The program's path or name, as execve gave it; empty where the recording begins later.</summary>
    public string Program { get; set; } = "";

    /// <summary>What the MMUs did for it.</summary>
    public TlbCounters Translation;

    /// <summary>Whether any access was replayed in it.</summary>
    public bool HasAccesses { get; set; }

    /// <summary>Stack pages adopted from a copy of the maps: grown by faults that the recording does not show.</summary>
    public ulong AdoptedStackPages { get; set; }

    /// <summary>
    /// The areas of a program that ran before the recording began: which of their pages it had touched is not
    /// recorded. Empty for a program whose execve was recorded.
    /// </summary>
    public IReadOnlyList<(ulong Start, ulong End)> UnseenRanges { get; set; } = [];

    /// <summary>Faults that the model took to start such a program; recorders count from there or from the first event.</summary>
    public long UnseenFaults { get; set; }

    /// <summary>
    /// Whether the program is a stand-in, for the recording does not show it: its first break is then the recorded one.
    /// </summary>
    public bool IsStandIn { get; set; }

    /// <summary>The break that the recording started from; null until it shows.</summary>
    public ulong? RecordedStartBrk { get; set; }

    /// <summary>The break that the model started from when <see cref="RecordedStartBrk"/> was seen.</summary>
    public ulong ModelStartBrk { get; set; }
}
