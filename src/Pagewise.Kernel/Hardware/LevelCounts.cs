using System.Runtime.CompilerServices;

namespace Pagewise.Kernel.Hardware;

/// <summary>A count for each of up to eight levels.</summary>
[InlineArray(8)]
public struct LevelCounts
{
    private long _first;

    /// <summary>The sum.</summary>
    public readonly long Total
    {
        get
        {
            long total = 0;
            foreach (long count in this)
                total += count;
            return total;
        }
    }

    /// <summary>Counts one more at a level, 0 to 7.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Count(int level) => this[level & 7]++;

    /// <summary>Adds other counts, level by level.</summary>
    public void Add(in LevelCounts other)
    {
        for (int level = 0; level < 8; level++)
            this[level] += other[level];
    }

    /// <summary>Takes other counts away, level by level.</summary>
    public void Subtract(in LevelCounts other)
    {
        for (int level = 0; level < 8; level++)
            this[level] -= other[level];
    }
}
