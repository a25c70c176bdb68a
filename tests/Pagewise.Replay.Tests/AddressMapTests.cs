namespace Pagewise.Replay.Tests;

public sealed class AddressMapTests
{
    [Fact]
    public void WhatNoIntervalCoversStandsForItself()
    {
        var map = new AddressMap();
        map.IsIdentity.ShouldBeTrue();
        map.Translate(0x1234).ShouldBe(0x1234ul);
        map.Add(0x5000, 0x5000, 0x1000);
        map.IsIdentity.ShouldBeTrue();
    }

    [Fact]
    public void ALaterIntervalCutsAnEarlierOne()
    {
        var map = new AddressMap();
        map.Add(0x1000, 0x100000, 0x4000);
        map.Add(0x2000, 0x200000, 0x1000);
        map.Translate(0x1fff).ShouldBe(0x100ffful);
        map.Translate(0x2000).ShouldBe(0x200000ul);
        map.Translate(0x3000).ShouldBe(0x102000ul);
        map.Translate(0x5000).ShouldBe(0x5000ul);
        map.PieceEnd(0x1000).ShouldBe(0x2000ul);
        map.PieceEnd(0x0).ShouldBe(0x1000ul);
        map.TranslateBack(0x200010).ShouldBe(0x2010ul);
    }

    [Fact]
    public void AnIntervalMayReachTheTopOfTheAddressSpace()
    {
        var map = new AddressMap();
        map.Add(ulong.MaxValue - 0xfff, 0x1000, 0x2000);
        map.Translate(ulong.MaxValue - 1).ShouldBe(0x1ffeul);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void RandomChangesGiveWhatAnArrayOfPagesGives(int seed)
    {
        const int pages = 64;
        var random = new Random(seed);
        var map = new AddressMap();
        ulong[] naive = new ulong[pages];
        for (int i = 0; i < pages; i++)
            naive[i] = (ulong)i << 12;
        for (int step = 0; step < 3000; step++)
        {
            int start = random.Next(pages), length = random.Next(1, pages - start + 1);
            if (random.Next(3) == 0)
            {
                map.Remove((ulong)start << 12, (ulong)(start + length) << 12);
                for (int i = start; i < start + length; i++)
                    naive[i] = (ulong)i << 12;
            }
            else
            {
                ulong target = (ulong)random.Next(4) << 20 | ((ulong)start << 12);
                map.Add((ulong)start << 12, target, (ulong)length << 12);
                for (int i = start; i < start + length; i++)
                    naive[i] = target + ((ulong)(i - start) << 12);
            }

            for (int i = 0; i < pages; i++)
                map.Translate(((ulong)i << 12) + 7).ShouldBe(naive[i] + 7, $"seed {seed} step {step} page {i}");
            int from = random.Next(pages);
            ulong piece = map.PieceEnd((ulong)from << 12);
            for (int i = from; i < pages && (ulong)i << 12 < piece; i++)
                (naive[i] - ((ulong)i << 12)).ShouldBe(naive[from] - ((ulong)from << 12));
        }
    }
}
