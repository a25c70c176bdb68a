using System.Text;
using Pagewise.Abi;
using Pagewise.Kernel.PageAllocator;
using Pagewise.Kernel.Slab;
using Pagewise.Kernel.Tests.PageAllocator;
using Pagewise.Procfs;
using Pagewise.Workloads.Tests;

namespace Pagewise.Kernel.Tests.Slab;

public class KmemCacheTests
{
    [Fact]
    public void SlabsOfTheGuestAreCutAsItsSlabinfoSays() =>
        Expect(Slabinfo.Parse(Encoding.UTF8.GetString(Oracle.Plain("guest/idle/slabinfo"))), new KernelVersion(6, 1), cpus: 1);

    [Fact]
    public void SlabsOfThisHostAreCutAsItsSlabinfoSays()
    {
        Assert.SkipUnless(CanRead("/proc/slabinfo") && KernelVersion.TryParse(File.ReadAllText("/proc/sys/kernel/osrelease"), out _), "no readable /proc/slabinfo here");
        KernelVersion.TryParse(File.ReadAllText("/proc/sys/kernel/osrelease"), out KernelVersion kernel).ShouldBeTrue();
        string text = File.ReadAllText("/proc/slabinfo");
        var info = Slabinfo.Parse(text);
        info.ToString().ShouldBe(text);
        Expect(info, kernel, Environment.ProcessorCount);
    }

    [Fact]
    public void ASlabinfoComesBack()
    {
        string text = Encoding.UTF8.GetString(Oracle.Plain("guest/idle/slabinfo"));
        Slabinfo.Parse(text).ToString().ShouldBe(text);
    }

    [Theory]
    [InlineData(100, 104, false)]
    [InlineData(100, 128, true)]
    [InlineData(20, 32, true)]
    [InlineData(65, 128, true)]
    public void ObjectsAreAligned(int bytes, int size, bool cacheLine) =>
        SlabLayout.Of(bytes, 0, cacheLine, new KernelVersion(6, 1), 1).Size.ShouldBe(size);

    [Fact]
    public void AnObjectFreedIsTheNextOneTaken()
    {
        using Guest guest = Guest.Plain(64, new KernelVersion(6, 1));
        using KmemCache cache = Cache(guest, 192);
        ulong first = cache.Allocate(Gfp.Kernel);
        ulong second = cache.Allocate(Gfp.Kernel);
        cache.AddressOf(second).ShouldBe(cache.AddressOf(first) + 192);
        cache.Free(first);
        cache.Allocate(Gfp.Kernel).ShouldBe(first);
        (cache.Slabs, cache.Pages, cache.Objects, cache.InUse).ShouldBe((1, 1, 21, 2));
    }

    [Fact]
    public void ReclaimThatTakesObjectsItselfLeavesNoSlabBehind()
    {
        using Guest guest = Guest.Plain(16, new KernelVersion(6, 1));
        using KmemCache cache = Cache(guest, 192);
        var items = new List<ulong>();
        Stack<uint> taken = guest.TakeAll();
        int times = 0;
        guest.Pages.Pressure = new RecordedPressure
        {
            Reclaim = () =>
            {
                times++;
                guest.Pages.FreePages(taken.Pop(), 0);
                items.Add(cache.Allocate(Gfp.Atomic));
                guest.Pages.FreePages(taken.Pop(), 0);
                guest.Pages.FreePages(taken.Pop(), 0);
                return 3;
            },
        };
        while (times < 5)
            items.Add(cache.Allocate(Gfp.Kernel));
        items.ShouldNotContain(0u);
        cache.Validate(items);
        foreach (ulong item in items)
            cache.Free(item);
        cache.Shrink();
        cache.Pages.ShouldBe(0);
    }

    [Fact]
    public void WithoutMemoryThereIsNoObjectAndAfterwardsAllPagesComeBack()
    {
        using Guest guest = Guest.Plain(16, new KernelVersion(6, 18));
        ulong free = guest.Pages.FreePageCount;
        using KmemCache cache = Cache(guest, 2048);
        var taken = new List<ulong>();
        for (ulong item = cache.Allocate(Gfp.Kernel); item != 0; item = cache.Allocate(Gfp.Kernel))
            taken.Add(item);
        cache.Validate(taken);
        cache.Pages.ShouldBeGreaterThan(3000);
        foreach (ulong item in taken)
            cache.Free(item);
        cache.Shrink();
        cache.Pages.ShouldBe(0);
        guest.Pages.FreePageCount.ShouldBe(free);
        guest.Pages.Validate();
    }

    [Theory]
    [InlineData(8, 1)]
    [InlineData(152, 1)]
    [InlineData(584, 18)]
    [InlineData(8448, 1)]
    [InlineData(4096, 18)]
    public void RandomTakingAndGivingKeepsEveryObjectOnce(int bytes, int minor)
    {
        using Guest guest = new(MemoryLayout.I440fx([32UL << 20, 32UL << 20], 4), new KernelVersion(6, minor));
        ulong free = guest.Pages.FreePageCount;
        using KmemCache cache = Cache(guest, bytes, cpus: 4);
        var random = new Random(bytes);
        var taken = new List<ulong>();
        for (int step = 0; step < 20000; step++)
        {
            guest.Pages.CurrentCpu = random.Next(4);
            bool takes = random.Next(1000) < (step / 4000 % 2 == 0 ? 600 : 400);
            if (takes || taken.Count == 0)
            {
                ulong item = cache.Allocate(Gfp.Kernel);
                if (item != 0)
                    taken.Add(item);
            }
            else
            {
                int index = random.Next(taken.Count);
                cache.Free(taken[index]);
                taken[index] = taken[^1];
                taken.RemoveAt(taken.Count - 1);
            }

            if (step % 1000 == 0)
                cache.Validate(taken);
        }

        cache.Validate(taken);
        cache.ActiveObjects.ShouldBeInRange(taken.Count, cache.Objects);
        foreach (ulong item in taken)
            cache.Free(item);
        cache.Shrink();
        cache.Validate([]);
        guest.Pages.FreePageCount.ShouldBe(free);
        guest.Pages.Validate();
    }

    private static KmemCache Cache(Guest guest, int bytes, int cpus = 1) =>
        new(1, new KmemCacheSpec("test", bytes, 0, SlabFlags.None), SlabLayout.Of(bytes, 0, cacheLineAligned: false, guest.Zones.Kernel, cpus), guest.Pages, guest.Frames, guest.Stat);

    private static void Expect(Slabinfo info, KernelVersion kernel, int cpus)
    {
        info.Caches.Count.ShouldBeGreaterThan(50);
        foreach (SlabinfoCache cache in info.Caches)
        {
            SlabLayout layout = SlabLayout.Of(cache.SizeBytes, 0, cacheLineAligned: false, kernel, cpus);
            (layout.Size, layout.ObjectsPerSlab, layout.PagesPerSlab).ShouldBe((cache.SizeBytes, cache.ObjectsPerSlab, cache.PagesPerSlab), cache.Name);
        }
    }

    private static bool CanRead(string path)
    {
        try
        {
            return File.ReadAllText(path).Length > 0;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
