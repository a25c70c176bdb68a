using Pagewise.Kernel.Block;
using Pagewise.Kernel.Hardware;

namespace Pagewise.Kernel.Tests.Block;

public sealed class BlockDevicesTests
{
    private static readonly BlockDeviceSpec Disk = new("disk")
    {
        ReadLatencyNs = 1000,
        WriteLatencyNs = 500,
        ReadBytesPerSecond = 4096e6, // a page a microsecond
        WriteBytesPerSecond = 2048e6,
        QueueDepth = 2,
    };

    [Fact]
    public void LatenciesOverlapAndBytesFollowOneAnother()
    {
        using Rig rig = new(Disk);
        rig.Devices.Submit(0, BlockOp.Read, 0, 1).ShouldBe(2000);
        rig.Devices.Submit(0, BlockOp.Read, 0, 4).ShouldBe(6000);
    }

    [Fact]
    public void ARequestBeyondTheQueuesDepthWaitsForAPlace()
    {
        using Rig rig = new(Disk);
        rig.Devices.Submit(0, BlockOp.Read, 0, 1);
        rig.Devices.Submit(0, BlockOp.Read, 0, 1);
        rig.Devices.Submit(0, BlockOp.Read, 0, 1).ShouldBe(2000 + 1000 + 1000);
    }

    [Fact]
    public void ReadsAndWritesHaveTheirOwnChannels()
    {
        using Rig rig = new(Disk);
        rig.Devices.Submit(0, BlockOp.Write, 0, 8).ShouldBe(500 + 16000);
        rig.Devices.Submit(0, BlockOp.Read, 0, 1).ShouldBe(2000);
    }

    [Fact]
    public void OnlyARequestThatDoesNotFollowTheOneBeforeItSeeks()
    {
        using Rig rig = new(Disk with { SeekNs = 10_000, QueueDepth = 1 });
        rig.Devices.Submit(0, BlockOp.Read, 800, 1).ShouldBe(12_000);
        rig.Devices.Submit(0, BlockOp.Read, 808, 1).ShouldBe(14_000);
        rig.Devices.Submit(0, BlockOp.Read, 0, 1).ShouldBe(26_000);
    }

    [Fact]
    public void ReadsSpreadOverTheirRangeTheSameEachTime()
    {
        double[] first = Reads();
        first.ShouldAllBe(took => took >= 1000 && took < 11_000);
        first.Average().ShouldBeInRange(5000, 7000);
        first.Min().ShouldBeLessThan(2000);
        first.Max().ShouldBeGreaterThan(10_000);
        Reads().ShouldBe(first);

        static double[] Reads()
        {
            using Rig rig = new(Disk with { ReadSpreadNs = 10_000, ReadBytesPerSecond = double.PositiveInfinity, QueueDepth = 1 });
            double[] took = new double[200];
            double before = 0;
            for (int i = 0; i < took.Length; i++)
            {
                double done = rig.Devices.Submit(0, BlockOp.Read, 0, 1);
                took[i] = done - before;
                before = done;
            }

            return took;
        }
    }

    [Fact]
    public void WaitingPassesTimeAndCompletionsComeInTheirOrder()
    {
        using Rig rig = new(Disk);
        double last = 0;
        for (int i = 0; i < 6; i++)
            last = rig.Devices.Submit(0, i == 3 ? BlockOp.Write : BlockOp.Read, (ulong)i * 8, 1, rig.Completion, i);
        rig.Devices.InFlight.ShouldBe(6);
        rig.Events.WaitUntil(2500);
        rig.Done.ShouldBe([0]);
        rig.Clock.NowNs.ShouldBe(2500);
        rig.Devices.Drain();
        rig.Done.ShouldBe([0, 1, 2, 3, 4, 5], ignoreOrder: true);
        rig.DoneAt.ShouldBe([.. rig.DoneAt.Order()]);
        rig.Clock.NowNs.ShouldBe(rig.DoneAt[^1]);
        rig.Devices[0].Reads.ShouldBe(5);
        rig.Devices[0].SectorsWritten.ShouldBe(8UL);
        rig.Devices[0].InFlight.ShouldBe(0);
        last.ShouldBeLessThanOrEqualTo(rig.Clock.NowNs);
    }

    [Fact]
    public void PresetsArePossibleAndFoundByName()
    {
        foreach (BlockDeviceSpec preset in BlockDeviceSpec.Presets)
        {
            preset.Problem().ShouldBeNull();
            BlockDeviceSpec.Find(preset.Name).ShouldBeSameAs(preset);
        }

        BlockDeviceSpec.Find("floppy").ShouldBeNull();
        (Disk with { QueueDepth = 0 }).Problem().ShouldNotBeNull();
        (Disk with { ReadBytesPerSecond = double.NaN }).Problem().ShouldNotBeNull();
    }

    private sealed class Rig : IBlockCompletion, IDisposable
    {
        public Rig(BlockDeviceSpec disk)
        {
            Clock = new Clock(new CostTable());
            Events = new EventQueue(Clock);
            Devices = new BlockDevices(Clock, Events, [disk]);
            Completion = Devices.Register(this);
        }

        public Clock Clock { get; }

        public EventQueue Events { get; }

        public BlockDevices Devices { get; }

        public int Completion { get; }

        public List<int> Done { get; } = [];

        public List<double> DoneAt { get; } = [];

        public void Complete(int argument)
        {
            Done.Add(argument);
            DoneAt.Add(Clock.NowNs);
        }

        public void Dispose()
        {
            Devices.Dispose();
            Events.Dispose();
        }
    }
}
