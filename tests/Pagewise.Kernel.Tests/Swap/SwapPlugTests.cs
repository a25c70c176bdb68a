using Pagewise.Abi;
using Pagewise.Kernel.Block;
using Pagewise.Kernel.Swap;
using Pagewise.Kernel.Tests.Tasks;

namespace Pagewise.Kernel.Tests.Swap;

/// <summary>Which requests become of pages that are written one after the other.</summary>
public sealed class SwapPlugTests
{
    private const ulong Base = 0x10_0000_0000;
    private const int Pages = 8192;

    [Theory]
    [InlineData(254)] // virtio-blk with a queue of 256
    [InlineData(128)]
    [InlineData(20)]
    public void ARequestHasNoMorePagesThanTheDeviceTakesParts(int maxSegments)
    {
        using Machine machine = UnderPressure(maxSegments);
        ref readonly BlockDevice disk = ref machine.BlockDevices[0];
        disk.SectorsWritten.ShouldBe((ulong)machine.VmStat.PswpOut * BlockDevices.SectorsPerPage);
        (disk.Writes * maxSegments).ShouldBeGreaterThanOrEqualTo(machine.VmStat.PswpOut);
        machine.Validate();
    }

    [Fact]
    public void TheMorePartsTheFewerRequests()
    {
        using Machine few = UnderPressure(8);
        using Machine many = UnderPressure(254);
        few.BlockDevices[0].Writes.ShouldBeGreaterThan(2 * many.BlockDevices[0].Writes);
    }

    [Fact]
    public void MadvisedPagesOfOneRunOfSlotsAreAsFewRequestsAsTheDeviceAllows()
    {
        using Machine machine = Create(128, 64, out int task);
        for (int page = 0; page < 320; page++)
            machine.WriteMemory(task, Base + ((ulong)page << 12), [1]).IsResolved.ShouldBeTrue();
        machine.SystemCalls.Madvise(task, Base, 320 << 12, Madvice.PageOut).IsError.ShouldBeFalse();
        machine.BlockDevices.Drain();
        machine.VmStat.PswpOut.ShouldBe(320);
        machine.BlockDevices[0].Writes.ShouldBe(3);
        machine.Validate();
    }

    // Writes that pages of a task, of direct reclaim and of kswapd take turns in.
    private static Machine UnderPressure(int maxSegments)
    {
        Machine machine = Create(maxSegments, 12, out int task);
        for (int page = 0; page < Pages; page++)
            machine.WriteMemory(task, Base + ((ulong)page << 12), BitConverter.GetBytes(page)).IsResolved.ShouldBeTrue();
        machine.BlockDevices.Drain();
        machine.VmStat.PswpOut.ShouldBeGreaterThan(Pages / 2);
        Span<byte> bytes = stackalloc byte[4];
        for (int page = 0; page < Pages; page += 100)
        {
            machine.ReadMemory(task, Base + ((ulong)page << 12), bytes).IsResolved.ShouldBeTrue();
            BitConverter.ToInt32(bytes).ShouldBe(page);
        }

        return machine;
    }

    private static Machine Create(int maxSegments, ulong mebibytes, out int task)
    {
        Machine machine = Machine.Create(new MachineSpec
        {
            MemoryBytes = mebibytes << 20,
            Cpus = 1,
            OvercommitMemory = 1,
            PageCluster = 0,
            BlockDevices = [BlockDeviceSpec.Find("nvme")! with { MaxSegments = maxSegments }],
            SwapBytes = (ulong)Pages << 12,
            SwapAreas = [new SwapAreaSpec(Pages + 1)],
        });
        task = Programs.Run(machine, Programs.Static(machine));
        machine.SystemCalls.Mmap(task, Base, (ulong)Pages << 12, Prot.Read | Prot.Write, MapFlags.Private | MapFlags.Anonymous | MapFlags.Fixed, -1, 0).Address.ShouldBe(Base);
        return machine;
    }
}
