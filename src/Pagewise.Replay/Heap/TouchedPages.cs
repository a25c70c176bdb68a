using System.Runtime.CompilerServices;
using Pagewise.NativeMemory;

namespace Pagewise.Replay.Heap;

/// <summary>
/// Which pages of a heap are resident: those written since they were mapped or given back. The first write of a page is its
/// fault. No page is ever swapped out or huge.
/// </summary>
internal sealed class TouchedPages : IDisposable
{
    private const int PageBits = 12;
    private readonly NativeRange _range;
    private readonly NativeWindow _marks;

    /// <summary>A byte for each page of an address space folded to 2^<paramref name="foldBits"/> bytes.</summary>
    public TouchedPages(int foldBits)
    {
        _range = new NativeRange((1UL << (foldBits - PageBits)) + 4096);
        _marks = new NativeWindow(_range, foldBits - PageBits);
    }

    /// <summary>Resident pages.</summary>
    public long Resident { get; private set; }

    /// <summary>First writes of pages so far.</summary>
    public long Faults { get; private set; }

    /// <summary>Resident pages given back so far, by munmap, madvise or brk.</summary>
    public long Returned { get; private set; }

    /// <summary>Loads and stores that the allocator made so far.</summary>
    public long Accesses { get; set; }

    /// <summary>Bytes that the allocator cleared or copied so far.</summary>
    public ulong BulkBytes { get; set; }

    /// <summary>Pages that count as always there: libc's data.</summary>
    public void Forget() => (Resident, Faults, Accesses, BulkBytes) = (0, 0, 0, 0);

    public bool IsResident(ulong address) => _marks.Read<byte>(address >> PageBits) != 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Touch(ulong address)
    {
        if (_marks.Read<byte>(address >> PageBits) == 0)
            Fault(address);
    }

    public void Touch(ulong address, ulong lengthBytes)
    {
        if (lengthBytes == 0)
            return;
        ulong last = (address + lengthBytes - 1) >> PageBits;
        for (ulong page = address >> PageBits; page <= last; page++)
            Touch(page << PageBits);
    }

    /// <summary>The whole pages of a range are no longer resident.</summary>
    public void GiveBack(ulong address, ulong lengthBytes)
    {
        ulong end = address + lengthBytes;
        for (ulong page = (address + 4095) >> PageBits; page << PageBits < end; page++)
        {
            if (_marks.Read<byte>(page) == 0)
                continue;
            _marks.Write<byte>(page, 0);
            Resident--;
            Returned++;
        }
    }

    /// <summary>mremap has moved a range: its pages are resident where they are now.</summary>
    public void Move(ulong source, ulong target, ulong lengthBytes)
    {
        for (ulong offset = 0; offset < lengthBytes; offset += 1 << PageBits)
        {
            ulong from = (source + offset) >> PageBits;
            if (_marks.Read<byte>(from) == 0)
                continue;
            _marks.Write<byte>(from, 0);
            _marks.Write<byte>((target + offset) >> PageBits, 1);
        }
    }

    public void Dispose() => _range.Dispose();

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Fault(ulong address)
    {
        _marks.Write<byte>(address >> PageBits, 1);
        Resident++;
        Faults++;
    }
}
