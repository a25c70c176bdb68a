namespace Pagewise.NativeMemory.Tests;

public class ArenaTests
{
    [Fact]
    public void IndicesStartAtOneAndFreedOnesComeBackLastFirst()
    {
        using var arena = new Arena<long>(8);
        int first = arena.Allocate(), second = arena.Allocate();
        (first, second).ShouldBe((1, 2));

        arena.Free(first);
        arena.Free(second);

        arena.Allocate().ShouldBe(second);
        arena.Allocate().ShouldBe(first);
        arena.Allocate().ShouldBe(3);
    }

    [Fact]
    public void AnElementIsZeroWhenItIsHandedOutAgain()
    {
        using var arena = new Arena<long>(1);
        int index = arena.Allocate();
        arena[index] = -1;
        arena.Free(index);

        arena[arena.Allocate()].ShouldBe(0);
    }

    [Fact]
    public void AFullArenaHandsOutZero()
    {
        using var arena = new Arena<long>(2);
        arena.Allocate();
        arena.Allocate();

        arena.Allocate().ShouldBe(0);
        arena.Count.ShouldBe(2);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void RandomUseAgreesWithANaiveModel(int seed)
    {
        var random = new Random(seed);
        using var arena = new Arena<int>(500);
        var live = new SortedDictionary<int, int>();
        for (int step = 0; step < 20_000; step++)
        {
            if (random.Next(2) == 0)
            {
                int index = arena.Allocate();
                if (live.Count == 500)
                {
                    index.ShouldBe(0);
                    continue;
                }

                live.ContainsKey(index).ShouldBeFalse();
                arena[index].ShouldBe(0);
                live[index] = arena[index] = step + 1;
            }
            else if (live.Count > 0)
            {
                int index = live.Keys.ElementAt(random.Next(live.Count));
                arena[index].ShouldBe(live[index]);
                arena.Free(index);
                live.Remove(index);
            }

            arena.Count.ShouldBe(live.Count);
        }
    }
}
