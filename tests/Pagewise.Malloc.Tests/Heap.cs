using Pagewise.Malloc.Flat;
using Pagewise.Malloc.Platforms;
using Pagewise.Malloc.Releases;

namespace Pagewise.Malloc.Tests;

/// <summary>An allocator over flat memory, ready for calls.</summary>
internal sealed class Heap<TAbi, TRelease> : IDisposable
    where TAbi : struct, IMallocAbi
    where TRelease : struct, IGlibcRelease
{
    public Heap(string tunables = "", int cpus = 2)
    {
        bool wide = TAbi.SizeSz == 8;
        Space = new FlatAddressSpace(wide ? FlatLayout.X8664 : FlatLayout.I386);
        Malloc = new PtMalloc<TAbi, TRelease, FlatMemory, FlatSystemCalls>(Space.Memory, Space.SystemCalls, new MallocOptions
        {
            MainArenaAddress = wide ? 0x7ffff7fff000UL : 0xf7fff000,
            Cpus = cpus,
            Tunables = MallocTunables.Parse(tunables),
        });
    }

    public FlatAddressSpace Space { get; }

    public PtMalloc<TAbi, TRelease, FlatMemory, FlatSystemCalls> Malloc { get; }

    /// <summary>Writes a word of the program's, where a bug in it would.</summary>
    public void Poke(ulong address, ulong value)
    {
        if (TAbi.SizeSz == 8)
            Space.Memory.WriteU64(address, value);
        else
            Space.Memory.WriteU32(address, (uint)value);
    }

    public ulong Peek(ulong address) => TAbi.SizeSz == 8 ? Space.Memory.ReadU64(address) : Space.Memory.ReadU32(address);

    public void Dispose() => Space.Dispose();
}
