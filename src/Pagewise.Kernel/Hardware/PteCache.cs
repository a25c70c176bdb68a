using System.Numerics;
using Pagewise.NativeMemory;

namespace Pagewise.Kernel.Hardware;

/// <summary>
/// Where a walk finds an entry: data caches that hold lines of page tables, so that a walk costs what its locality
/// earns. Simplified: direct-mapped, inclusive, and the program's own data takes no room in them.
/// </summary>
public sealed class PteCache : IDisposable
{
    /// <summary>Bytes of a cache line.</summary>
    public const int LineBytes = 64;

    private readonly NativeArray<uint>[] _levels;
    private readonly int[] _indexBits;

    /// <summary>Makes empty caches of the given sizes, rounded down to a power of two of lines.</summary>
    public PteCache(IReadOnlyList<int> cacheBytes)
    {
        _levels = new NativeArray<uint>[cacheBytes.Count];
        _indexBits = new int[cacheBytes.Count];
        for (int i = 0; i < cacheBytes.Count; i++)
        {
            _indexBits[i] = BitOperations.Log2((uint)Math.Max(1, cacheBytes[i] / LineBytes));
            _levels[i] = new NativeArray<uint>(1UL << _indexBits[i]);
        }
    }

    /// <summary>Reads the line of a physical address.</summary>
    /// <returns>The level it was found in, from 0; the number of levels for memory.</returns>
    public int Read(ulong physicalAddress)
    {
        ulong line = physicalAddress / LineBytes;
        int level = 0;
        for (; level < _levels.Length; level++)
        {
            ref uint tag = ref _levels[level][(uint)line & ((1u << _indexBits[level]) - 1)];
            uint wanted = (uint)(line >> _indexBits[level]) + 1;
            if (tag == wanted)
                break;
            tag = wanted;
        }

        return level;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (NativeArray<uint> level in _levels)
            level.Dispose();
    }
}
