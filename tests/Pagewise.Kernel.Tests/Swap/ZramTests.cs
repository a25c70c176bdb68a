using System.Buffers.Binary;
using Pagewise.Kernel.Swap;

namespace Pagewise.Kernel.Tests.Swap;

/// <summary>What compressed pages take: the figures are those of zram in a guest with Linux 6.1 (mm_stat).</summary>
public sealed class ZramTests
{
    private const ulong Base = 0x1000_0000;

    [Fact]
    public void APageWithOneWordCompressesToAsManyBytesAsLzoRleMakesOfIt()
    {
        byte[] page = new byte[4096];
        BinaryPrimitives.WriteUInt64LittleEndian(page, 0x2000_0012_3000);

        LzoRle.LengthOf(page).ShouldBe(42);
        new Random(1).NextBytes(page);
        LzoRle.LengthOf(page).ShouldBeGreaterThan(4096);
        for (int i = 0; i < page.Length; i++)
            page[i] = (byte)(i % 40);
        LzoRle.LengthOf(page).ShouldBeLessThan(120);
    }

    [Fact]
    public void TwoThousandSmallObjectsTakeThirtyTwoFramesAndGiveThemBack()
    {
        using Machine machine = Machine.Create(new MachineSpec { MemoryBytes = 16 << 20 });
        ulong free = machine.Allocator.FreePageCount;
        using var pool = new ZsPool(machine.Allocator);
        int[] zspages = new int[2000];
        for (int i = 0; i < zspages.Length; i++)
            zspages[i] = pool.Allocate(42);

        pool.Frames.ShouldBe(32);
        int huge = pool.Allocate(4096);
        pool.Allocate(pool.HugeBytes).ShouldNotBe(huge);
        pool.Frames.ShouldBe(34);
        new Random(2).Shuffle(zspages);
        foreach (int zspage in zspages)
            pool.Free(zspage);
        pool.Frames.ShouldBe(2);
        machine.Allocator.DrainAllPages();
        machine.Allocator.FreePageCount.ShouldBe(free - 2);
    }

    [Fact]
    public void ObjectsOfAllLengthsTakeNoMoreThanTheirClassAllows()
    {
        using Machine machine = Machine.Create(new MachineSpec { MemoryBytes = 64 << 20 });
        using var pool = new ZsPool(machine.Allocator);
        var random = new Random(3);
        List<int> kept = [];
        long bytes = 0;
        for (int i = 0; i < 4000; i++)
        {
            int length = random.Next(1, pool.HugeBytes);
            bytes += length;
            kept.Add(pool.Allocate(length));
        }

        pool.Frames.ShouldBeInRange(bytes >> 12, (bytes * 5 / 4) >> 12);
        foreach (int zspage in kept)
            pool.Free(zspage);
        pool.Frames.ShouldBe(0);
        machine.Validate();
    }

    [Fact]
    public void PagesInZramTakeMemoryUntilTheyComeBack()
    {
        using Machine machine = Machine.Create(new MachineSpec
        {
            MemoryBytes = 8 << 20,
            SwapBytes = 32 << 20,
            SwapAreas = [new SwapAreaSpec((32 << 8) + 1) { IsSynchronous = true }],
            Cpus = 1,
        });
        TestSpace space = new(machine);
        const ulong pages = 4096;
        space.Map(Base, pages);
        for (ulong page = 0; page < pages; page++)
            space.WriteBytes(Base + (page << 12), 1, 2, 3, (byte)page, (byte)(page >> 8));

        long swapped = space.Space.Rss.SwapEntries;
        swapped.ShouldBeGreaterThan(2000);
        machine.Swap.CompressedFrames.ShouldBeInRange(swapped / 85, (swapped / 64) + 4);
        for (ulong page = 0; page < pages; page++)
            space.ReadBytes(Base + (page << 12), 5).ShouldBe(new byte[] { 1, 2, 3, (byte)page, (byte)(page >> 8) });
        machine.Validate();
    }
}
