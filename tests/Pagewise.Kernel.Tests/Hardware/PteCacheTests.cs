using Pagewise.Kernel.Hardware;

namespace Pagewise.Kernel.Tests.Hardware;

public sealed class PteCacheTests
{
    [Theory]
    [InlineData(32 << 10, 256 << 10, 8 << 20, 1)]
    [InlineData(8 << 10, 8 << 10, 8 << 10, 2)]
    [InlineData(40_000, 500_000, 3_000_000, 3)]
    public void LinesAreFoundWhereANaiveCacheOfThreeLevelsFindsThem(int first, int second, int last, int seed)
    {
        int[] sizes = [first, second, last];
        using PteCache cache = new(sizes);
        ulong[] lines = [.. sizes.Select(size => 1UL << (int)Math.Log2(size / PteCache.LineBytes))];
        Dictionary<ulong, ulong>[] naive = [[], [], []];
        Random random = new(seed);
        for (int step = 0; step < 100_000; step++)
        {
            ulong near = random.Next(3) == 0 ? (ulong)random.NextInt64((long)PhysicalMemory.MaxBytes) : (ulong)random.Next(last);
            ulong line = near / PteCache.LineBytes;
            int level = 0;
            while (level < 3 && !(naive[level].TryGetValue(line % lines[level], out ulong kept) && kept == line))
                naive[level][line % lines[level++]] = line;
            cache.Read(near).ShouldBe(level, $"seed {seed}, step {step}");
        }
    }

    [Fact]
    public void CachesThatCannotBeToldApartAreRefused()
    {
        Should.Throw<ArgumentException>(() => new PteCache([32 << 10, 256 << 10]));
        Should.Throw<ArgumentException>(() => new PteCache([4096, 256 << 10, 8 << 20]));
        Should.Throw<ArgumentException>(() => new PteCache([32 << 10, 16 << 10, 8 << 20]));
    }
}
