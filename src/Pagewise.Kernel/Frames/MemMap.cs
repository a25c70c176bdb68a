using System.Runtime.CompilerServices;
using Pagewise.Kernel.Hardware;
using Pagewise.NativeMemory;

namespace Pagewise.Kernel.Frames;

/// <summary>All frames of a machine: Linux's mem_map, with the bytes behind it.</summary>
public sealed class MemMap : IDisposable
{
    private readonly NativeArray<PageFrame> _frames;

    /// <summary>Describes the frames of a memory.</summary>
    public MemMap(PhysicalMemory memory)
    {
        Memory = memory;
        _frames = new NativeArray<PageFrame>(memory.SizeBytes >> Pfn.Shift);
        _frames.PreferLargePages();
    }

    /// <summary>The bytes.</summary>
    public PhysicalMemory Memory { get; }

    /// <summary>The number of frames.</summary>
    public uint Count => Memory.FrameCount;

    /// <summary>One frame.</summary>
    public ref PageFrame this[uint pfn]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ref _frames[pfn];
    }

    /// <summary>Tells the host's CPU that what is known of a frame will be looked at soon. Changes nothing in the model.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Prefetch(uint pfn) => _frames.Prefetch(pfn);

    /// <summary>Makes a frame's bytes zero (clear_page); free when they are already.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Clear(uint pfn)
    {
        ref PageFrame frame = ref _frames[pfn];
        if ((frame.Flags & PageFlags.HasData) != 0)
            ClearData(pfn);
    }

    /// <summary>Copies a frame's bytes (copy_page); a source that holds nothing only clears the destination.</summary>
    public void Copy(uint destination, uint source)
    {
        if ((_frames[source].Flags & PageFlags.HasData) == 0)
        {
            Clear(destination);
            return;
        }

        Memory.Frame(source).CopyTo(Memory.Frame(destination));
        _frames[destination].Flags |= PageFlags.HasData;
    }

    /// <summary>The frame's bytes, for writing.</summary>
    public Span<byte> Write(uint pfn)
    {
        _frames[pfn].Flags |= PageFlags.HasData;
        return Memory.Frame(pfn);
    }

    /// <summary>The head of the huge page a frame belongs to, or the frame itself (compound_head).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint Head(uint pfn) => (_frames[pfn].Flags & PageFlags.Tail) != 0 ? pfn & ~(HugePage.Frames - 1) : pfn;

    /// <inheritdoc/>
    public void Dispose() => _frames.Dispose();

    private void ClearData(uint pfn)
    {
        Memory.Frame(pfn).Clear();
        _frames[pfn].Flags &= ~PageFlags.HasData;
    }
}
