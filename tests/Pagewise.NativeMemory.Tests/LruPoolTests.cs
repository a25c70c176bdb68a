namespace Pagewise.NativeMemory.Tests;

public sealed class LruPoolTests
{
    private const int Ways = 72;

    /// <summary>The clock of uses has 24 bits; what is oldest stays oldest when it starts over.</summary>
    [Fact]
    public void TheOrderOfUseOutlivesTheClock()
    {
        using NativeRange range = new(LruPool.SizeBytes(Ways));
        LruPool pool = new(range, Ways);
        for (ulong tag = 1; tag < Ways; tag++)
            pool.Insert(tag, tag, tag * 10);
        ulong used = Ways / 2;
        for (int i = 0; i < (1 << 24) + 1000; i++)
        {
            if (pool.FindAtHint(used, used) != used * 10)
                throw new InvalidOperationException($"lost after {i} uses");
        }

        pool.Insert(Ways, Ways, 1);
        for (ulong tag = 1; tag < Ways; tag++)
        {
            if (tag == used)
                continue;
            pool.Peek(tag).ShouldBe(tag * 10);
            pool.Insert(1000 + tag, tag, 1);
            pool.Peek(tag).ShouldBe(0UL, $"{tag} was the oldest");
        }

        pool.Peek(used).ShouldBe(used * 10);
    }

    [Fact]
    public void AHintThatLeadsElsewhereIsAMissThatFindMakesGood()
    {
        using NativeRange range = new(LruPool.SizeBytes(Ways));
        LruPool pool = new(range, Ways);
        pool.Insert(7, 1, 70);
        pool.Insert(8, 257, 80);
        pool.FindAtHint(7, 1).ShouldBe(0UL);
        pool.Find(7, 1).ShouldBe(70UL);
        pool.FindAtHint(7, 1).ShouldBe(70UL);
        pool.RemoveAll(ulong.MaxValue, 7);
        pool.Find(7, 1).ShouldBe(0UL);
        pool.Clear();
        pool.Find(8, 257).ShouldBe(0UL);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(257)]
    public void WidthsBeyondAHintAreRefused(int ways)
    {
        using NativeRange range = new(1 << 20);
        Should.Throw<ArgumentOutOfRangeException>(() => new LruPool(range, ways));
    }
}
