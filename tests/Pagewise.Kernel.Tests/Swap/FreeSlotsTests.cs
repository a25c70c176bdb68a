using Pagewise.Kernel.Swap;

namespace Pagewise.Kernel.Tests.Swap;

/// <summary>The index of free slots answers as a look at each slot would.</summary>
public sealed class FreeSlotsTests
{
    private const uint Cluster = 512;

    [Theory]
    [InlineData(1, 5000)]
    [InlineData(2, 8192)]
    [InlineData(3, 700)]
    [InlineData(4, 513)]
    [InlineData(5, 2)]
    [InlineData(6, 40_001)]
    public void TheFirstFreeSlotAndTheFirstFreeRunAreThoseFoundOneByOne(int seed, uint count)
    {
        var random = new Random(seed);
        using var free = new FreeSlots(count);
        bool[] isUsed = new bool[count];
        isUsed[0] = true;
        for (int step = 0; step < 600; step++)
        {
            // Runs, some as long as a cluster or nearly so, so that there are long free ones too.
            uint first = (uint)random.Next(1, (int)count);
            uint end = (uint)Math.Min(count, first + random.Next(1, random.Next(2) == 0 ? 1200 : 40));
            bool takes = random.Next(2) == 0;
            for (uint slot = first; slot < end; slot++)
            {
                if (isUsed[slot] == takes)
                    continue;
                isUsed[slot] = takes;
                if (takes)
                    free.Take(slot);
                else
                    free.Release(slot);
            }

            uint from = (uint)random.Next(1, (int)count);
            uint to = (uint)random.Next((int)from, (int)count);
            free.FirstFree(from, to).ShouldBe(FirstFree(isUsed, from, to));
            free.FirstRun(Cluster).ShouldBe(FirstRun(isUsed, Cluster));
            free[first].ShouldBe(!isUsed[first]);
        }
    }

    private static uint FirstFree(bool[] isUsed, uint first, uint last)
    {
        for (uint slot = first; slot <= last; slot++)
        {
            if (!isUsed[slot])
                return slot;
        }

        return 0;
    }

    private static uint FirstRun(bool[] isUsed, uint length)
    {
        uint run = 0;
        for (uint slot = 1; slot < isUsed.Length; slot++)
        {
            run = isUsed[slot] ? 0 : run + 1;
            if (run == length)
                return slot - length + 1;
        }

        return 0;
    }
}
