using Pagewise.Abi;
using Pagewise.NativeMemory;

namespace Pagewise.Malloc.Flat;

/// <summary>
/// A process's address space for fast replay, without a kernel behind it: a break, a set of mapped ranges, Linux's
/// top-down placement, and host memory for the bytes. Protections, limits and page tables are not kept.
/// </summary>
public sealed class FlatAddressSpace : IDisposable
{
    private const ulong Page = 4096;
    private const ulong PmdSize = 2 * 1024 * 1024;

    private readonly NativeRange _range;
    private readonly NativeWindow _window;
    private readonly ulong _foldBytes;
    private readonly FlatLayout _layout;

    // Mapped ranges in ascending order; neighbours that touch are one.
    private readonly List<(ulong Start, ulong End)> _mapped = new(256);
    private ulong _lowestMapped = ulong.MaxValue;
    private ulong _highestMapped;
    private ulong _highestBreak;

    // qemu's mmap_next_start: where the last mapping was placed.
    private ulong _nextStart;

    /// <summary>An empty address space of the given layout.</summary>
    public FlatAddressSpace(FlatLayout layout)
    {
        ArgumentNullException.ThrowIfNull(layout);
        _layout = layout;
        _foldBytes = 1UL << layout.FoldBits;
        _range = new NativeRange(_foldBytes + Page);
        _window = new NativeWindow(_range, layout.FoldBits);
        Break = layout.StartBreak;
        _highestBreak = Break;
    }

    /// <summary>The bytes.</summary>
    public FlatMemory Memory => new(_window);

    /// <summary>The system calls, answered by this address space alone.</summary>
    public FlatSystemCalls SystemCalls => new(this);

    /// <summary>The break.</summary>
    public ulong Break { get; private set; }

    /// <summary>The mapped ranges, ascending, without the break's.</summary>
    public IReadOnlyList<(ulong Start, ulong End)> Mapped => _mapped;

    /// <summary>brk(2): the new break, or the old one when something is in the way.</summary>
    public ulong MoveBreak(ulong address)
    {
        ulong oldEnd = PageUp(Break);
        if (PageUp(address) <= oldEnd || !Intersects(oldEnd, PageUp(address) + Page))
            _ = TrySetBreak(address);
        return Break;
    }

    /// <summary>Moves the break without asking, as a recording says it moved; false when it cannot be there.</summary>
    public bool TrySetBreak(ulong address)
    {
        ulong oldEnd = PageUp(Break);
        ulong newEnd = PageUp(address);
        if (address < _layout.StartBreak || address > _layout.MmapTop || !FitsFold(_lowestMapped, _highestMapped, Math.Max(_highestBreak, newEnd)))
            return false;
        if (newEnd < oldEnd)
            Discard(newEnd, oldEnd - newEnd);
        Break = address;
        _highestBreak = Math.Max(_highestBreak, newEnd);
        return true;
    }

    /// <summary>mmap(2) of anonymous memory.</summary>
    public SysResult Mmap(ulong address, ulong lengthBytes, MapFlags flags)
    {
        ulong length = PageUp(lengthBytes);
        if (length == 0)
            return lengthBytes == 0 ? Errno.EINVAL : Errno.ENOMEM;
        if ((flags & (MapFlags.Fixed | MapFlags.FixedNoReplace)) != 0)
        {
            if ((flags & MapFlags.FixedNoReplace) != 0 && IsTaken(address, address + length))
                return Errno.EEXIST;
        }
        else
        {
            address &= ~(Page - 1);
            bool hintFits = address != 0 && address <= _layout.MmapTop - length && !IsTaken(address, address + length);
            if (!hintFits && !FindGap(length, out address))
                return Errno.ENOMEM;
        }

        return TryMapAt(address, length) ? SysResult.Of(address) : Errno.ENOMEM;
    }

    /// <summary>mremap(2) with MREMAP_MAYMOVE or no flag.</summary>
    public SysResult Mremap(ulong address, ulong oldLengthBytes, ulong newLengthBytes, bool mayMove)
    {
        ulong oldLength = PageUp(oldLengthBytes);
        ulong newLength = PageUp(newLengthBytes);
        if (newLength == 0)
            return Errno.EINVAL;
        if (_layout.Placement == FlatPlacement.QemuUser)
        {
            return FindNextFit(newLength, out ulong moved) && TryMove(address, oldLength, moved, newLength)
                ? SysResult.Of(moved)
                : Errno.ENOMEM;
        }

        if (newLength <= oldLength)
        {
            Unmap(address + newLength, oldLength - newLength);
            return SysResult.Of(address);
        }

        if (!IsTaken(address + oldLength, address + newLength) && TryMapAt(address + oldLength, newLength - oldLength))
            return SysResult.Of(address);
        return mayMove && FindGap(newLength, out ulong target) && TryMove(address, oldLength, target, newLength)
            ? SysResult.Of(target)
            : Errno.ENOMEM;
    }

    /// <summary>Moves a mapping with its bytes, growing or shrinking it on the way; false when it cannot be there.</summary>
    public bool TryMove(ulong address, ulong oldLengthBytes, ulong target, ulong newLengthBytes)
    {
        if (!TryMapAt(target, newLengthBytes))
            return false;
        MoveBytes(address, target, Math.Min(oldLengthBytes, newLengthBytes));
        Unmap(address, oldLengthBytes);
        return true;
    }

    /// <summary>Maps whole pages at an address, over what was there; false when they cannot be there.</summary>
    public bool TryMapAt(ulong address, ulong lengthBytes)
    {
        ulong length = PageUp(lengthBytes);
        if (length == 0 || address % Page != 0 || address > _layout.MmapTop || length > _layout.MmapTop - address)
            return false;
        ulong lowest = Math.Min(_lowestMapped, address);
        ulong highest = Math.Max(_highestMapped, address + length);
        if (!FitsFold(lowest, highest, _highestBreak))
            return false;
        Unmap(address, length);
        Occupy(address, length);
        (_lowestMapped, _highestMapped) = (lowest, highest);
        return true;
    }

    /// <summary>Whether nothing lies in a range, neither a mapping nor the heap.</summary>
    public bool IsFree(ulong address, ulong lengthBytes) => !IsTaken(address, address + PageUp(lengthBytes));

    /// <summary>Finds where the kernel would put a mapping; it is not made.</summary>
    public bool TryPlace(ulong lengthBytes, out ulong address) => FindGap(PageUp(lengthBytes), out address);

    /// <summary>Notes that something else lies here, whose bytes are of no interest: nothing is placed over it.</summary>
    public void Occupy(ulong address, ulong lengthBytes)
    {
        ulong end = address + PageUp(lengthBytes);
        if (end <= address)
            return;
        int i = FirstEndingAbove(address - 1);
        int last = i;
        ulong start = address;
        while (last < _mapped.Count && _mapped[last].Start <= end)
        {
            start = Math.Min(start, _mapped[last].Start);
            end = Math.Max(end, _mapped[last].End);
            last++;
        }

        _mapped.RemoveRange(i, last - i);
        _mapped.Insert(i, (start, end));
    }

    /// <summary>munmap(2): the range is free and its bytes are gone.</summary>
    public void Unmap(ulong address, ulong lengthBytes)
    {
        ulong end = address + PageUp(lengthBytes);
        if (end <= address)
            return;
        int i = FirstEndingAbove(address);
        while (i < _mapped.Count && _mapped[i].Start < end)
        {
            (ulong start, ulong stop) = _mapped[i];
            _mapped.RemoveAt(i);
            if (start < address)
                _mapped.Insert(i++, (start, address));
            if (stop > end)
                _mapped.Insert(i++, (end, stop));
            ulong from = Math.Max(start, address);
            if (from < _highestMapped && from >= _lowestMapped)
                Discard(from, Math.Min(stop, end) - from);
        }
    }

    /// <summary>madvise(MADV_DONTNEED): whole pages read as zero again.</summary>
    public void Discard(ulong address, ulong lengthBytes)
    {
        ulong offset = _window.OffsetOf(address);
        ulong first = Math.Min(lengthBytes, _foldBytes - offset);
        _range.Discard(offset, first);
        if (lengthBytes > first)
            _range.Discard(0, lengthBytes - first);
    }

    private void MoveBytes(ulong source, ulong target, ulong lengthBytes)
    {
        while (lengthBytes > 0)
        {
            ulong from = _window.OffsetOf(source);
            ulong to = _window.OffsetOf(target);
            ulong length = Math.Min(PageUp(lengthBytes), _foldBytes - Math.Max(from, to));
            _range.MovePages(from, to, length);
            source += length;
            target += length;
            lengthBytes -= Math.Min(lengthBytes, length);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _range.Dispose();

    private static ulong PageUp(ulong value) => (value + Page - 1) & ~(Page - 1);

    private bool IsTaken(ulong start, ulong end) =>
        Intersects(start, end) || (start < PageUp(Break) && end > _layout.StartBreak && PageUp(Break) > _layout.StartBreak);

    private bool Intersects(ulong start, ulong end)
    {
        int i = FirstEndingAbove(start);
        return i < _mapped.Count && _mapped[i].Start < end;
    }

    private int FirstEndingAbove(ulong address)
    {
        int low = 0;
        int high = _mapped.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_mapped[middle].End > address)
                high = middle;
            else
                low = middle + 1;
        }

        return low;
    }

    // The highest gap that is long enough. Lengths that are whole multiples of 2 MiB are placed on a multiple of 2 MiB,
    // inside a gap that much longer (thp_get_unmapped_area, Linux 6.7 and later).
    private bool FindGap(ulong length, out ulong address)
    {
        if (_layout.Placement == FlatPlacement.QemuUser)
            return FindNextFit(length, out address);
        if (_layout.AlignsHugeMappings && length % PmdSize == 0 && FindTopDown(length + PmdSize, out address))
        {
            ulong misalign = (0 - address) & (PmdSize - 1);
            address += misalign == 0 ? PmdSize : misalign;
            return true;
        }

        return FindTopDown(length, out address);
    }

    private bool FindTopDown(ulong length, out ulong address)
    {
        ulong end = _layout.MmapTop;
        for (int i = _mapped.Count - 1; i >= -1; i--)
        {
            ulong low = i >= 0 ? _mapped[i].End : Math.Max(PageUp(Break), _layout.MmapBottom);
            if (low < end && end - low >= length)
            {
                address = end - length;
                return true;
            }

            if (i >= 0)
                end = Math.Min(end, _mapped[i].Start);
        }

        address = 0;
        return false;
    }

    private bool FindNextFit(ulong length, out ulong address)
    {
        if (_nextStart == 0)
            _nextStart = _mapped.Count > 0 ? _mapped[0].Start : _layout.MmapTop;
        ulong end = Math.Min(_nextStart + length, _layout.MmapTop);
        while (end >= length + _layout.MmapBottom)
        {
            address = end - length;
            if (!IsTaken(address, end))
            {
                _nextStart = address;
                return true;
            }

            int i = FirstEndingAbove(address);
            end = i < _mapped.Count && _mapped[i].Start < end ? _mapped[i].Start : _layout.StartBreak;
        }

        address = 0;
        return false;
    }

    // Whether the ranges that carry bytes fall on different bytes of the fold.
    private bool FitsFold(ulong lowest, ulong highest, ulong highestBreak)
    {
        if (_layout.MmapTop <= _foldBytes)
            return highest <= _foldBytes && highestBreak <= _foldBytes;
        ulong mapped = highest > lowest ? highest - lowest : 0;
        ulong broken = highestBreak - _layout.StartBreak;
        if (mapped > _foldBytes || broken > _foldBytes || mapped + broken > _foldBytes)
            return false;

        // Seen from where the mappings begin, the break's range must begin behind them and end before the fold does.
        ulong breakStart = (_layout.StartBreak - lowest) & (_foldBytes - 1);
        return mapped == 0 || broken == 0 || (breakStart >= mapped && breakStart + broken <= _foldBytes);
    }
}
