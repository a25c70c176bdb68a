using Pagewise.Kernel.PageAllocator;

namespace Pagewise.Kernel.Tests.PageAllocator;

/// <summary>Notes what an allocator asks for, and reclaims as a test says.</summary>
internal sealed class RecordedPressure : IMemoryPressure
{
    public List<string> Steps { get; } = [];

    public List<int> Woken { get; } = [];

    public Func<long> Reclaim { get; init; } = () => 0;

    public void WakeKswapd(int zone, Gfp gfp, int order, ZoneType highest)
    {
        Woken.Add(zone);
        Steps.Add("kswapd");
    }

    public long DirectReclaim(in AllocContext context, Gfp gfp, int order)
    {
        Steps.Add("reclaim");
        return Reclaim();
    }

    public long ReclaimablePages(int zone) => 10_000;

    public bool OutOfMemory(in AllocContext context, Gfp gfp, int order)
    {
        Steps.Add("oom");
        return false;
    }
}
