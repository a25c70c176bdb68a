using Pagewise.Kernel.Oom;
using Pagewise.Kernel.PageAllocator;

namespace Pagewise.Kernel.Tests.Oom;

/// <summary>Notes what the OOM killer tells.</summary>
internal sealed class OomKillerTestSink : IOomSink, IAllocationFailureSink
{
    public Machine? Machine { get; set; }

    public List<int> Kills { get; } = [];

    public List<OomDump> Dumps { get; } = [];

    public List<string> Reasons { get; } = [];

    public int FailedAllocations { get; private set; }

    public void Dumped(OomDump dump)
    {
        Dumps.Add(dump);
        foreach (int task in dump.Tasks)
            Machine!.Tasks.Tasks[task].Mm.ShouldNotBe(0);
    }

    public void Killed(int task, string reason)
    {
        Kills.Add(Machine!.Tasks.Tasks[task].Tgid);
        Reasons.Add(reason);
    }

    public void KillsGroup(string path) => Reasons.Add(path);

    public void Reaped(int task) => Reasons.Add("reaped");

    public void Panicked(string message) => Reasons.Add(message);

    public void PageAllocationFailure(in AllocationFailure failure) => FailedAllocations++;
}
