using Pagewise.Kernel.Hardware;

namespace Pagewise.Kernel.Tests.Hardware;

public sealed class TlbArrayTests
{
    [Theory]
    [InlineData(64, 4, 1)]
    [InlineData(1536, 12, 2)]
    [InlineData(48, 48, 3)]
    [InlineData(1280, 5, 4)]
    [InlineData(72, 72, 6)]
    [InlineData(3072, 24, 7)]
    [InlineData(32, 2, 8)]
    [InlineData(1, 1, 5)]
    public void AnArrayKeepsWhatANaiveListOfEachSetKeeps(int entries, int ways, int seed)
    {
        TlbArrayGeometry geometry = new(entries, ways);
        using TlbArray array = new(geometry);
        NaiveTlb naive = new(geometry);
        Random random = new(seed);
        for (int step = 0; step < 40_000; step++)
        {
            ushort asid = (ushort)random.Next(1, 4);
            TlbKey key = new((ulong)random.Next(entries * 2) << 12, asid, indexBits: 9);
            ulong tag = key.Tag(1);
            ulong number = key.Number(1);
            switch (random.Next(100))
            {
                case < 55:
                    array.Find(tag, number).ShouldBe(naive.Find(tag, number), $"seed {seed}, step {step}");
                    break;
                case < 95:
                    ulong data = (ulong)random.Next(1, int.MaxValue);
                    array.Insert(tag, number, data);
                    naive.Insert(tag, number, data);
                    array.TryFind(tag, number).ShouldBe(data);
                    break;
                case < 99:
                    array.Remove(tag, number);
                    naive.Remove(tag, number);
                    break;
                default:
                    if (random.Next(10) == 0)
                    {
                        array.Clear();
                        naive.Clear();
                    }
                    else
                    {
                        array.RemoveAsid(asid);
                        naive.RemoveAsid(asid);
                    }

                    break;
            }
        }
    }

    [Fact]
    public void EveryPresetMakesAMachine()
    {
        foreach (CpuPreset preset in CpuPreset.All)
        {
            using Machine machine = Machine.Create(new MachineSpec { MemoryBytes = 16 << 20, Cpu = preset.Name });
            TestSpace space = new(machine);
            space.Map(0x1000_0000, 4);
            space.Write(0x1000_0000).IsResolved.ShouldBeTrue();
            space.Write(0x1000_0000).IsResolved.ShouldBeTrue();
            TlbCounters done = machine.TotalTlbCounters();
            bool hasTlb = preset.L1Data.Pages4K.Entries > 0;
            done.L1DataHits.ShouldBe(hasTlb ? 1 : 0, preset.Name);
            done.Walks.ShouldBe(hasTlb ? 2 : 3, preset.Name);
            done.FaultingWalks.ShouldBe(1, preset.Name);
        }
    }
}
