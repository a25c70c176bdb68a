using Pagewise.Abi;
using Pagewise.Malloc.Flat;
using Pagewise.Malloc.Platforms;
using Pagewise.Malloc.Releases;

namespace Pagewise.Malloc.Tests;

/// <summary>A seeded random program that checks what it gets and validates the heap after every call.</summary>
internal sealed class RandomProgram<TAbi, TRelease>(Heap<TAbi, TRelease> heap, int seed, int threads, int maxBytes)
    where TAbi : struct, IMallocAbi
    where TRelease : struct, IGlibcRelease
{
    private readonly Random _random = new(seed);
    private readonly SortedDictionary<ulong, Block> _live = [];
    private readonly List<ulong> _addresses = [];

    private readonly record struct Block(ulong Bytes, ulong Stamp);

    public void Run(int calls)
    {
        PtMalloc<TAbi, TRelease, FlatMemory, FlatSystemCalls> malloc = heap.Malloc;
        for (int i = 0; i < calls; i++)
        {
            if (threads > 1)
                malloc.SwitchThread(_random.Next(threads));
            Step(malloc);
            malloc.Validate();
            malloc.Mallinfo2().UordBlks.ShouldBeLessThanOrEqualTo(malloc.Mallinfo2().Arena);
        }

        foreach (ulong address in _addresses.ToArray())
            Free(malloc, address);
        malloc.Validate();
        malloc.MallocInfo().ShouldEndWith("</malloc>\n");
    }

    private void Step(PtMalloc<TAbi, TRelease, FlatMemory, FlatSystemCalls> malloc)
    {
        int dice = _random.Next(100);
        if (_addresses.Count > 400)
            dice = 45;
        ulong bytes = Bytes();
        if (dice < 30)
            Take(malloc.Malloc(bytes), bytes, TAbi.MallocAlignment);
        else if (dice < 40)
            TakeCleared(malloc, bytes);
        else if (dice < 75)
            Free(malloc, Pick());
        else if (dice < 88)
            Realloc(malloc, Pick(), bytes);
        else if (dice < 96)
            TakeAligned(malloc, bytes);
        else if (dice < 98 && threads > 1 && malloc.CurrentThread != 0)
            malloc.ThreadExit();
        else
            malloc.MallocTrim((ulong)_random.Next(20_000)).ShouldBeInRange(0, 1);
    }

    private ulong Bytes() => (ulong)(_random.Next(4) == 0 ? _random.Next(maxBytes) : _random.Next(Math.Min(maxBytes, 200)));

    private ulong Pick() => _addresses.Count == 0 ? 0 : _addresses[_random.Next(_addresses.Count)];

    private void Take(ulong mem, ulong bytes, ulong alignment)
    {
        mem.ShouldNotBe(0UL);
        (mem % alignment).ShouldBe(0UL);
        heap.Malloc.MallocUsableSize(mem).ShouldBeGreaterThanOrEqualTo(bytes);
        bytes = heap.Malloc.MallocUsableSize(mem);
        foreach ((ulong start, Block block) in _live)
            (mem + bytes <= start || start + block.Bytes <= mem).ShouldBeTrue($"{mem:x}+{bytes} overlaps {start:x}+{block.Bytes}");
        ulong stamp = (ulong)_random.NextInt64();
        _live.Add(mem, new Block(bytes, stamp));
        _addresses.Add(mem);
        Write(mem, bytes, stamp);
    }

    private void TakeCleared(PtMalloc<TAbi, TRelease, FlatMemory, FlatSystemCalls> malloc, ulong bytes)
    {
        ulong count = (ulong)_random.Next(1, 9);
        ulong mem = malloc.Calloc(count, bytes / count);
        for (ulong at = 0; at + 4 <= bytes / count * count; at += 4)
            heap.Space.Memory.ReadU32(mem + at).ShouldBe(0u);
        Take(mem, bytes / count * count, TAbi.MallocAlignment);
    }

    private void TakeAligned(PtMalloc<TAbi, TRelease, FlatMemory, FlatSystemCalls> malloc, ulong bytes)
    {
        ulong alignment = 8UL << _random.Next(11);
        switch (_random.Next(4))
        {
            case 0:
                Take(malloc.Memalign(alignment - 1, bytes), bytes, Math.Max(alignment, TAbi.MallocAlignment));
                break;
            case 1:
                malloc.PosixMemalign(alignment, bytes, out ulong mem).ShouldBe(Errno.None);
                Take(mem, bytes, alignment);
                break;
            case 2:
                Take(malloc.Valloc(bytes), bytes, 4096);
                break;
            default:
                Take(malloc.Pvalloc(bytes), (bytes + 4095) & ~4095UL, 4096);
                break;
        }
    }

    private void Realloc(PtMalloc<TAbi, TRelease, FlatMemory, FlatSystemCalls> malloc, ulong mem, ulong bytes)
    {
        bytes = Math.Max(bytes, 1);
        if (mem == 0)
            return;
        Block old = _live[mem];
        Check(mem, Math.Min(old.Bytes, 4096), old.Stamp);
        _live.Remove(mem);
        _addresses.Remove(mem);
        ulong moved = malloc.Realloc(mem, bytes);
        Check(moved, Math.Min(old.Bytes, bytes), old.Stamp);
        Take(moved, bytes, 1);
    }

    private void Free(PtMalloc<TAbi, TRelease, FlatMemory, FlatSystemCalls> malloc, ulong mem)
    {
        if (mem == 0)
            return;
        Block block = _live[mem];
        Check(mem, block.Bytes, block.Stamp);
        _live.Remove(mem);
        _addresses.Remove(mem);
        malloc.Free(mem);
    }

    private void Write(ulong mem, ulong bytes, ulong stamp)
    {
        for (ulong at = 0; at + 4 <= bytes; at += 4)
            heap.Space.Memory.WriteU32(mem + at, (uint)(stamp ^ at));
    }

    private void Check(ulong mem, ulong bytes, ulong stamp)
    {
        for (ulong at = 0; at + 4 <= bytes; at += 4)
        {
            if (heap.Space.Memory.ReadU32(mem + at) != (uint)(stamp ^ at))
                throw new InvalidOperationException($"block {mem:x}+{bytes} was overwritten at {at}");
        }
    }
}
