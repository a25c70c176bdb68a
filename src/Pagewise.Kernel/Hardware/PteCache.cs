using System.Numerics;
using System.Runtime.CompilerServices;
using Pagewise.NativeMemory;

namespace Pagewise.Kernel.Hardware;

/// <summary>
/// Where a walk finds an entry: three levels of data caches that hold lines of page tables, so that a walk costs what its
/// locality earns. Simplified: direct-mapped, filled from memory level by level, and the program's own data takes no room
/// in them.
/// </summary>
public sealed class PteCache : IDisposable
{
    /// <summary>Bytes of a cache line.</summary>
    public const int LineBytes = 64;

    private readonly NativeArray<uint> _tags;
    private readonly int _tagShift;
    private readonly uint _firstMask;
    private readonly uint _secondMask;
    private readonly uint _lastMask;
    private readonly uint _secondStart;
    private readonly uint _lastStart;

    /// <summary>Makes empty caches of the given three sizes, each rounded down to a power of two of lines, the first at least 8 KiB and the smallest.</summary>
    public PteCache(IReadOnlyList<int> cacheBytes)
    {
        if (cacheBytes.Count != 3 || cacheBytes[0] < 8192 || cacheBytes[0] > cacheBytes[1] || cacheBytes[0] > cacheBytes[2])
            throw new ArgumentException($"data caches of {string.Join(", ", cacheBytes)} bytes: three are modelled, the first from 8192 bytes and the smallest", nameof(cacheBytes));
        uint firstLines = Lines(cacheBytes[0]);
        uint secondLines = Lines(cacheBytes[1]);
        uint lastLines = Lines(cacheBytes[2]);
        _tagShift = BitOperations.Log2(firstLines);
        _firstMask = firstLines - 1;
        _secondMask = secondLines - 1;
        _lastMask = lastLines - 1;
        _secondStart = firstLines;
        _lastStart = firstLines + secondLines;
        _tags = new NativeArray<uint>((ulong)_lastStart + lastLines);
        _tags.PreferLargePages();
    }

    /// <summary>Reads the line of a physical address, and keeps it in every level up to the one that had it.</summary>
    /// <returns>The level it was found in, from 0; 3 for memory.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Read(ulong physicalAddress)
    {
        // Where an entry is found is chance, so that branches on it would be mispredicted: masks instead.
        ulong line = physicalAddress / LineBytes;
        uint tag = (uint)(line >> _tagShift) + 1;
        ref uint first = ref _tags[(uint)line & _firstMask];
        ref uint second = ref _tags[((uint)line & _secondMask) + _secondStart];
        ref uint last = ref _tags[((uint)line & _lastMask) + _lastStart];
        uint inFirst = first ^ tag;
        uint inSecond = second ^ tag;
        uint inLast = last ^ tag;
        uint missFirst = OnesUnlessZero(inFirst);
        uint missSecond = missFirst & OnesUnlessZero(inSecond);
        uint missLast = missSecond & OnesUnlessZero(inLast);
        first = tag;
        second ^= inSecond & missFirst;
        last ^= inLast & missSecond;
        return -(int)(missFirst + missSecond + missLast);
    }

    /// <summary><see cref="Read"/> of an entry far above the last level: those are few and nearly always in the first cache.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int ReadUpper(ulong physicalAddress)
    {
        ulong line = physicalAddress / LineBytes;
        return _tags[(uint)line & _firstMask] == (uint)(line >> _tagShift) + 1 ? 0 : ReadFarther(physicalAddress);
    }

    /// <summary>Tells the host that the line of a physical address will be read soon; changes nothing in the model.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Prefetch(ulong physicalAddress) => _tags.Prefetch(((uint)(physicalAddress / LineBytes) & _lastMask) + _lastStart);

    /// <inheritdoc/>
    public void Dispose() => _tags.Dispose();

    [MethodImpl(MethodImplOptions.NoInlining)]
    private int ReadFarther(ulong physicalAddress) => Read(physicalAddress);

    private static uint Lines(int bytes) => BitOperations.RoundUpToPowerOf2(((uint)bytes / LineBytes / 2) + 1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint OnesUnlessZero(uint value) => (uint)((int)(value | (0 - value)) >> 31);
}
